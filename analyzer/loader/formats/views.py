"""A framework's tensor as a view of a volume, and what follows from its axes alone: no layer is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from analyzer.loader.formats.arranging import Base, Unarranged
from analyzer.loader.formats.digits import (
    BATCH,
    Digit,
    Undivided,
    divided,
    joined,
    refined,
    size_of,
)
from analyzer.loader.formats.sheet import Written
from analyzer.record import Record
from analyzer.volume import AXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.formats.digits import Digits


class Tensor(Record):
    """A view of a volume. `axes` has the digits of each axis; an axis of one cell has none, or a digit of size 1.

    Such a digit of size 1 says which axis of the volume it is, for what is broadcast along it.
    """

    base: Base
    axes: Sequence[Digits]

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of its axes, the batch counted as 1."""
        return tuple(map(size_of, self.axes))

    @property
    def rank(self) -> int:
        """The number of its axes, the batch included."""
        return len(self.axes)

    @property
    def size(self) -> int:
        """Its elements for one sample."""
        return prod(self.shape)

    @property
    def batch(self) -> int | None:
        """The axis that has the batch; None where none has."""
        return next((axis for axis, digits in enumerate(self.axes) if BATCH in digits), None)

    def is_batch(self, axis: int) -> bool:
        """Whether an axis is the batch and nothing else."""
        return BATCH in self.axes[axis] and size_of(self.axes[axis]) == 1

    def at(self, axis: int) -> int:
        """An axis counted from the front: −1 is the last one. Raises `IndexError` where the tensor does not have it."""
        return range(self.rank)[axis]


def comes_before(x: Tensor, one: int, other: int) -> bool:
    """Whether one axis of a tensor comes before another one in the volume that it is a view of."""
    if x.base.written is None or size_of(x.axes[one]) == 1 or size_of(x.axes[other]) == 1:
        return False
    places = [min((digit.axis, -digit.stride) for digit in joined(x.axes[axis])) for axis in (one, other)]
    return places[0] < places[1]


def ordered(digits: Digits) -> Digits:
    """Digits in the order of the volume's axes: equal for two that are made of the same cells in another order."""
    return joined(sorted(digits, key=lambda digit: (digit.axis, -digit.stride)))


def blocks(old: Sequence[int], new: Sequence[int]) -> tuple[list[list[int]], list[list[int]]]:
    """The smallest runs of axes of two shapes that have as many cells: places of the old axes, sizes of the new ones.

    >>> blocks((1, 64, 8, 7), (1, 64, 7, 8))
    ([[0, 1], [2, 3]], [[1, 64], [7, 8]])
    """
    places: list[list[int]] = [[]]
    sizes: list[list[int]] = [[]]
    waiting = list(reversed(new))
    before = after = 1
    for place, size in enumerate(old):
        if before == after and before > 1:
            places.append([])
            sizes.append([])
            before = after = 1
        places[-1].append(place)
        before *= size
        while waiting and (after < before or waiting[-1] == 1):
            after *= waiting[-1]
            sizes[-1].append(waiting.pop())
    sizes[-1] += reversed(waiting)
    return places, sizes


def any_batch(xs: Sequence[Tensor], but: int | None = None) -> int | None:
    """The axis of several tensors that has the batch; None where none has, and where it is the axis `but`."""
    found = next((x.batch for x in xs if x.batch is not None), None)
    return None if found == but else found


def slower(xs: Sequence[Tensor]) -> int:
    """The size of the digits in front of the batch, in the axis that has it."""
    digits = next((x.axes[x.batch] for x in xs if x.batch is not None), (BATCH,))
    return size_of(digits[: digits.index(BATCH)])


def spread(parameters: Mapping[str, Any], rank: int) -> dict[str, Any]:
    """The parameters of a window over `rank` axes as those of one with another axis before them, of one cell."""
    found = dict(parameters)
    for name, one in (("kernel", 1), ("stride", 1), ("dilation", 1), ("output_padding", 0), ("padding", 0)):
        value = found.get(name)
        if isinstance(value, int):
            found[name] = [one, *[value] * rank]
        elif isinstance(value, (list, tuple)):
            found[name] = [one, *value]
    return found


def before_batch(digits: Digits) -> tuple[int, Digits]:
    """The size of the digits of an axis that are in front of the batch, and the batch, where the axis has it."""
    return (size_of(digits[: digits.index(BATCH)]), (BATCH,)) if BATCH in digits else (1, ())


def sizes_of(digits: Sequence[Digit], size: int, shape: list[int], samples: int) -> tuple[Sequence[int], int | None]:
    """The sizes of a reshape of one sample, −1 replaced, and the axis that a batch of N samples was taken out of.

    Raises `Unarranged` where none fit.
    """
    known = prod(n for n in shape if n != -1)
    if -1 in shape:
        open_axis = shape.index(-1)
        counted = digits[:1] == [BATCH] and shape[0] == 1  # a shape that was calculated of one sample
        for times in (1, samples) if counted else (samples, 1):
            if known and size * times % known == 0:
                found = [*shape[:open_axis], size * times // known, *shape[open_axis + 1 :]]
                batch = None if times == 1 else axis_of_samples(digits, found, times)
                if times == 1 or batch is not None:
                    return of_one_sample(found, batch, times), batch
        raise Unarranged
    if known == size:
        return shape, None
    batch = None if known % size else axis_of_samples(digits, shape, known // size)
    if batch is None:
        raise Unarranged
    return of_one_sample(shape, batch, known // size), batch


def of_one_sample(shape: Sequence[int], batch: int | None, samples: int) -> list[int]:
    return [n // samples if axis == batch else n for axis, n in enumerate(shape)]


def axis_of_samples(digits: Sequence[Digit], shape: Sequence[int], samples: int) -> int | None:
    """The axis that the batch lies in, of a shape of all samples; None where it lies in none.

    Row by row, the batch is behind the digits in front of it. Without a batch it is the first axis that N divides.
    """
    slower = size_of(digits[: digits.index(BATCH)]) if BATCH in digits else None
    before = 1
    for axis, n in enumerate(shape):
        inside = slower is None or (slower % before == 0 and n % (slower // before * samples) == 0)
        if n % samples == 0 and inside:
            return axis
        before *= n
    return None


def with_batch(axes: list[Digits], batch: int | None) -> list[Digits]:
    """The axes of a reshape; where the batch is known to be the end of one, it is no part of the next."""
    if batch is None or BATCH in axes[batch] or not any(BATCH in digits for digits in axes):
        return axes
    without = [tuple(digit for digit in digits if digit != BATCH) for digits in axes]
    without[batch] = (*without[batch], BATCH)
    return without


def marked(x: Tensor, axes: list[Digits]) -> list[Digits]:
    """The axes of a reshape; where the first and last ones are those of before, axes of one cell keep their digits."""
    for order in (1, -1):
        for place in range(min(len(axes), x.rank)):
            at = place if order == 1 else -1 - place
            if size_of(axes[at]) != size_of(x.axes[at]):
                break
            if not axes[at] or axes[at] == (BATCH,):
                axes[at] = x.axes[at] if (BATCH in axes[at]) == (BATCH in x.axes[at]) else axes[at]
    return axes


def first_of(group: Digits, digit: Digit) -> Digit | None:
    """The most significant digit of a group, as large as `digit`; None where it is smaller, or not divided there."""
    first = group[0]
    if first.size % digit.size:
        return None
    return Digit(first.axis, first.stride * (first.size // digit.size), digit.size)


def layout_of(x: Tensor, shape: Sequence[int]) -> list[Digits] | None:
    """The axes of a tensor's volume, as digits of the tensor's axes, broadcast to a shape; None where some lack."""
    at: dict[Digit, Digit] = {}
    marks: dict[int, int] = {}
    for axis, digits in enumerate(x.axes):
        stride = 1
        for digit in reversed(digits):
            if digit.size > 1:
                at[digit] = Digit(axis, stride, digit.size)
                stride *= digit.size
            elif digit != BATCH:
                marks[digit.axis] = axis
    try:
        groups, _ = refined(x.base.groups, [(digit,) for digit in at])
    except Undivided:
        return None
    layout: list[Digits] = []
    for place, group in enumerate(groups):
        if not group and place in marks and shape[marks[place]] > 1:
            layout.append((Digit(marks[place], 1, shape[marks[place]]),))
            continue
        if any(digit not in at for digit in group):
            return None
        layout.append(joined(at[digit] for digit in group) or ((Digit(marks[place], 1, 1),) if place in marks else ()))
    covered = {axis: prod(d.size for g in layout for d in g if d.axis == axis) for axis in range(len(shape))}
    return layout if all(covered[axis] == size for axis, size in enumerate(shape)) else None


def has_axis(layout: Sequence[Digits], axis: int) -> bool:
    """Whether one axis of a layout is a whole axis of the tensor, and nothing else."""
    return any({digit.axis for digit in group} == {axis} for group in layout) and (
        sum(digit.axis == axis for group in layout for digit in group) == 1
    )


def framed(made: Written, layout: Sequence[Digits], shape: Sequence[int], batch: int | None, slower: int = 1) -> Tensor:
    """The tensor of this shape over a volume whose axes are the digits of a layout.

    `slower` is the size of the digits that are in front of the batch in its axis.
    """
    parts: list[list[tuple[int, Digit]]] = [[] for _ in shape]
    for place, group in enumerate(layout):
        stride = size_of(group)
        for digit in group:
            stride //= digit.size
            parts[digit.axis].append((digit.stride, Digit(place, stride, digit.size)))
    axes: list[Digits] = []
    for axis, found in enumerate(parts):
        digits = [digit for _, digit in sorted(found, key=lambda pair: -pair[0])]
        own = joined(digits) or tuple(digits[:1])
        if axis == batch:
            front, behind = divided(own, [slower, size_of(own) // slower]) if slower > 1 else ((), own)
            own = (*front, BATCH, *behind)
        axes.append(own)
    return Tensor(Base.of(made), axes)


def fewer(groups: list[list[int]], most: int, keep: Sequence[int] = ()) -> list[list[int]]:
    """At most so many groups: neighbours are put together from the front, those of `keep` stay by themselves."""
    while len(groups) > most:
        place = next((at for at in range(len(groups) - 1) if not {*groups[at], *groups[at + 1]} & set(keep)), None)
        if place is None:
            raise Unarranged
        groups = [*groups[:place], groups[place] + groups[place + 1], *groups[place + 2 :]]
    return groups


def places_of(groups: Sequence[Digits], digits: Sequence[Digits]) -> list[int] | None:
    """Which of the groups have these digits and no others; None where one has only some of them."""
    try:
        divided_groups, parts = refined(groups, digits)
    except Undivided:
        return None
    inside = {digit for part in parts for digit in part}
    if any(0 < sum(digit in inside for digit in group) < len(group) for group in divided_groups):
        return None
    return [at for at, group in enumerate(divided_groups) if group and group[0] in inside]


def reduction(op: str, named: Sequence[int], axes: int) -> tuple[str, dict[str, Any]]:
    """The type and the parameters of a reduction over these axes of a volume."""
    names = [(*AXES[axes - 1], "depth")[at] for at in named]
    spatial = axes > 1 and names == list(AXES[axes - 1])
    if spatial and op in ("mean", "max"):
        return ("global_avg_pool" if op == "mean" else "global_max_pool"), {}
    if op == "mean":
        return "mean", {"axis": names}
    return "reduce", {"op": op, "axis": names}
