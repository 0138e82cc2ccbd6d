"""Optimizers: the state that they keep beside the parameters, and the tensors that a step makes, in bytes.

A step runs over all parameters at once (`foreach`, torch's choice on CUDA), over one after the other (`loop`), or in
one kernel that makes nothing (`fused`). In a loop Python's variables keep a parameter's tensors alive until those of
the next parameter replace them, so those of the previous parameter count too.
>>> OPTIMIZERS["adam"].state([(10, 5), (5,)], width=4)  # two moments of each tensor, then a counter for each
[200, 20, 200, 20, 4, 4]

Source: torch 2.13.0, `torch.optim`, each measured in benchmarks/memory_accuracy.py; Lion, which torch lacks, as
lucidrains/lion-pytorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Shapes of the trained parameters, a tuple of axis sizes each.
    Shapes: TypeAlias = Sequence[tuple[int, ...]]
    #: A tensor that a step makes: its bytes, and the place of its parameter among those of the step.
    Made: TypeAlias = tuple[int, int]

#: How a step may run.
STEPS = ("foreach", "loop", "fused")

#: Bytes of the counter of steps that some optimizers keep for each parameter.
_COUNTER = 4


class Optimizer(Record):
    """An optimizer by its state and the tensors that a step makes, both in numbers for each number of the parameters.

    words    its state
    foreach  made by a `foreach` step, without and with weight decay
    loop     made by a `loop` step for the parameter at hand, without and with weight decay
    left     alive from the previous parameter of a `loop` step
    counts   whether it counts the steps of each tensor
    fused    whether torch has a kernel that makes nothing
    """

    words: int
    foreach: tuple[int, int]
    loop: tuple[int, int]
    left: int = 0
    counts: bool = False
    fused: bool = True

    def state(self, shapes: Shapes, width: int, *, counters: bool = True) -> list[int]:
        """The bytes of each tensor of state, for parameters of these shapes and `width` bytes a number.

        Without `counters` those lie in another memory.
        """
        sizes = [prod(shape) * width for shape in shapes]
        return [*sizes * self.words, *([_COUNTER] * len(shapes) if self.counts and counters else [])]

    def made(self, shapes: Shapes, width: int, step: str, *, decays: bool) -> list[int]:
        """The bytes of each tensor that is alive when a step makes the most."""
        return [size for size, _ in self.tensors(shapes, width, step, decays)]

    def places(self, shapes: Shapes, width: int, step: str, *, decays: bool) -> list[int]:
        """The place in `shapes` of the parameter that each tensor of `made` is for.

        >>> OPTIMIZERS["adam"].places([(10, 5), (5,)], 4, "foreach", decays=False)
        [0, 1]
        """
        return [place for _, place in self.tensors(shapes, width, step, decays)]

    def tensors(self, shapes: Shapes, width: int, step: str, decays: bool) -> list[Made]:
        """The tensors of `made`, each with the place of its parameter."""
        sizes = [(prod(shape) * width, place) for place, shape in enumerate(shapes)]
        if step == "fused" or not sizes:
            return []
        if step == "foreach":
            return sizes * self.foreach[decays]
        times, before = self.loop[decays], [(0, 0), *sizes]
        last = max(range(len(sizes)), key=lambda n: times * sizes[n][0] + self.left * before[n][0])
        return [one for one in [sizes[last]] * times + [before[last]] * self.left if one[0]]


class _Adafactor(Optimizer):
    """Keeps a mean square for each row and each column of the last two axes, for a vector one for each number."""

    def state(self, shapes: Shapes, width: int, *, counters: bool = True) -> list[int]:
        factors = [count * width for shape in shapes for count in _factors(shape)]
        return [*factors, *([_COUNTER] * len(shapes) if counters else [])]

    def tensors(self, shapes: Shapes, width: int, step: str, decays: bool) -> list[Made]:
        if step == "foreach":
            return self._together(shapes, width)
        return self._in_turn(shapes, width)

    def _together(self, shapes: Shapes, width: int) -> list[Made]:
        """All matrices at once and all vectors at once, in the order of the first of each.

        The updates of the first group stay alive during the second.
        """
        most: list[Made] = []
        before: list[Made] = []
        for vectors in sorted(
            {len(shape) == 1 for shape in shapes}, key=lambda kind: kind is not (len(shapes[0]) == 1)
        ):
            group = [(shape, place) for place, shape in enumerate(shapes) if (len(shape) == 1) is vectors]
            sizes = [(prod(shape) * width, place) for shape, place in group]
            # For the means of all rows.
            beside = [] if vectors else [(prod(shape[:-2]) * width, place) for shape, place in group]
            most = max(most, [*before, *sizes, *beside], [*sizes, (width, group[-1][1])], key=_total)
            before = sizes
        return most

    def _in_turn(self, shapes: Shapes, width: int) -> list[Made]:
        """One parameter after the other; the loop's variables keep their tensors alive until the next replace them."""
        update = squares = rows = columns = (0, 0)
        most: list[Made] = []
        for place, shape in enumerate(shapes):
            size = prod(shape) * width, place
            if len(shape) > 1:
                now_rows, now_columns = ((count * width, place) for count in _factors(shape))
                lead = prod(shape[:-2]) * width, place
                stages = [[update, squares, rows, columns, now_rows], [update, squares, now_rows, columns, now_columns]]
                rows, columns = now_rows, now_columns
                stages.append([update, squares, rows, columns, size, lead])
            else:
                stages = [[update, max(squares, size), rows, columns, size]]
                squares = size
            update = size
            most = max(most, *stages, [update, squares, rows, columns, (width, place)], key=_total)
        return [one for one in most if one[0]]


def _total(made: Sequence[Made]) -> int:
    """The bytes of several tensors."""
    return sum(size for size, _ in made)


def _factors(shape: tuple[int, ...]) -> tuple[int, ...]:
    """How many row means and column means there are; a vector has one for each of its numbers."""
    if len(shape) == 1:
        return shape
    size = prod(shape)
    return size // shape[-1], size // shape[-2]


#: The optimizers by name. Adam frees its decayed gradients before it takes roots. The decay of AdamW and Lion makes no
#: tensor.
OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(0, foreach=(0, 1), loop=(0, 1)),
    "momentum": Optimizer(1, foreach=(0, 1), loop=(0, 1)),
    "nesterov": Optimizer(1, foreach=(0, 1), loop=(1, 2)),
    "adam": Optimizer(2, foreach=(1, 1), loop=(2, 3), left=1, counts=True),
    "adamw": Optimizer(2, foreach=(1, 1), loop=(2, 2), left=1, counts=True),
    "rmsprop": Optimizer(1, foreach=(1, 2), loop=(1, 2), left=1, counts=True, fused=False),
    "adagrad": Optimizer(1, foreach=(2, 2), loop=(1, 2), left=1, counts=True),
    "adafactor": _Adafactor(0, foreach=(1, 1), loop=(1, 1), counts=True, fused=False),
    "lion": Optimizer(1, foreach=(1, 1), loop=(2, 2), fused=False),
}
