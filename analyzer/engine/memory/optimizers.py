"""Optimizers: the state that they keep beside the parameters, and what a step makes besides, in bytes.

A step runs over all parameters at once (`foreach`, torch's choice on CUDA), one after the other (`loop`), or in one
kernel that makes nothing (`fused`). In a loop the names of Python hold a parameter's tensors until the next one's replace
them, so the one before counts too.

Source: torch 2.13.0, `torch.optim`, measured for each of them in benchmarks/memory_accuracy.py; Lion as
lucidrains/lion-pytorch, which torch lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.engine.memory.settings import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Shapes of the trained parameters, a tuple of axis sizes each.
    Shapes: TypeAlias = Sequence[tuple[int, ...]]

#: How a step may run.
STEPS = ("foreach", "loop", "fused")

#: Bytes of the counter of steps that some optimizers keep for each parameter, on the CPU.
_COUNTER = 4


class Optimizer:
    """An optimizer by what it keeps and makes, in numbers for each number of the parameters.

    `words` of state, and whether it counts the steps of each tensor. What a step makes: `foreach` without and with
    weight decay; `loop`, of the parameter at hand, without and with it, and `left` of the one before. `fused`: whether
    torch has a kernel that makes nothing.
    """

    __slots__ = ("counts", "foreach", "fused", "left", "loop", "words")

    def __init__(
        self,
        words: int,
        *,
        foreach: tuple[int, int],
        loop: tuple[int, int],
        left: int = 0,
        counts: bool = False,
        fused: bool = True,
    ) -> None:
        self.words = words
        self.counts = counts
        self.foreach = foreach
        self.loop = loop
        self.left = left
        self.fused = fused

    def state(self, shapes: Shapes, width: int) -> list[int]:
        """The tensors of state for parameters of these shapes, `width` bytes a number; counters are on the CPU's side."""
        sizes = [prod(shape) * width for shape in shapes]
        return [*sizes * self.words, *([_COUNTER] * len(shapes) if self.counts else [])]

    def made(self, shapes: Shapes, width: int, run: Run) -> list[int]:
        """The tensors that are alive at once where a step makes the most, in bytes."""
        sizes = [prod(shape) * width for shape in shapes]
        decays = 1 if run.weight_decay else 0
        if run.step == "fused" or not sizes:
            return []
        if run.step == "foreach":
            return sizes * self.foreach[decays]
        times, before = self.loop[decays], [0, *sizes]
        last = max(range(len(sizes)), key=lambda n: times * sizes[n] + self.left * before[n])
        return [size for size in [sizes[last]] * times + [before[last]] * self.left if size]


class _Adafactor(Optimizer):
    """A mean square for each row and each column of the last two axes; for a vector one for each number."""

    def state(self, shapes: Shapes, width: int) -> list[int]:
        factors = [count * width for shape in shapes for count in _factors(shape)]
        return [*factors, *[_COUNTER] * len(shapes)]

    def made(self, shapes: Shapes, width: int, run: Run) -> list[int]:
        if run.step == "foreach":
            return self._together(shapes, width)
        return self._in_turn(shapes, width)

    def _together(self, shapes: Shapes, width: int) -> list[int]:
        """Matrices, then vectors, or the other way round, as the first of them comes; a group's updates outlive it."""
        most: list[int] = []
        before: list[int] = []
        for vectors in sorted(
            {len(shape) == 1 for shape in shapes}, key=lambda kind: kind is not (len(shapes[0]) == 1)
        ):
            group = [shape for shape in shapes if (len(shape) == 1) is vectors]
            sizes = [prod(shape) * width for shape in group]
            stages = [[*before, *sizes], [*sizes, width]]
            if not vectors:
                for axes in (slice(-1), slice(-2)):
                    stages.append([*before, *[prod(shape[axes]) * width for shape in group]])
                stages[0].extend(prod(shape[:-2]) * width for shape in group)
                stages.append([*before, *[prod(shape[:-2]) * shape[-1] * width for shape in group]])
            most = max(most, *stages, key=sum)
            before = sizes
        return most

    def _in_turn(self, shapes: Shapes, width: int) -> list[int]:
        """One parameter after the other; the names of the loop keep their last tensors until the next replace them."""
        update = squares = rows = columns = 0
        most: list[int] = []
        for shape in shapes:
            size = prod(shape) * width
            if len(shape) > 1:
                now_rows, now_columns = (count * width for count in _factors(shape))
                lead = prod(shape[:-2]) * width
                stages = [[update, squares, rows, columns, now_rows], [update, squares, now_rows, columns, now_columns]]
                rows, columns = now_rows, now_columns
                stages.append([update, squares, rows, columns, size, lead])
            else:
                stages = [[update, max(squares, size), rows, columns, size]]
                squares = size
            update = size
            most = max(most, *stages, [update, squares, rows, columns, width], key=sum)
        return [size for size in most if size]


def _factors(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of row and column means; a vector has one for each of its numbers."""
    if len(shape) == 1:
        return shape
    size = prod(shape)
    return size // shape[-1], size // shape[-2]


#: The optimizers by name. Adam's decayed gradients are gone before it takes roots; AdamW's and Lion's decay makes
#: nothing.
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
