"""Volumes whose elements were moved to other axes: where the axes of the receptive field went.

A volume's elements lie row by row, in the order in which its sizes are written, the depth last. A `reshape` cuts that
row into other axes, and a `permute` changes the order of the axes. So each axis of the volume now is a mixed-radix
number, whose digits are parts of the axes of the volume before: of 6 rows and 4 columns made into 24 tokens, token t
has the row ⌊t/4⌋ and the column t mod 4.

>>> from analyzer.engine.axis_field import AxisField
>>> tokens = moved(Arranged.of([AxisField(0, [0], [0]), AxisField(1, [0], [0])], Volume((6, 4), 3)), (0, 1, 2), (24, 3))
>>> rows, columns = settled(tokens, (6, 4))
>>> rows.at(9), columns.at(9)
((2, 2), (1, 1))

Source: Keras Reshape and Permute; torch.reshape and permute of volumes with the depth last (torch 2.13.0).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from analyzer.engine.axis_field import AxisField, constant, extent, listed
from analyzer.record import Record
from analyzer.volume import Volume

# The most cells of the earlier volume that are looked at for one cell of the volume now.
_MOST = 4096


class Digit(Record, eq=True):
    """A part of an axis of the earlier volume: index = Σ digit·weight, with `size` values of the digit."""

    axis: int
    weight: int
    size: int


class Arranged(Record):
    """A volume whose elements are those of an earlier one.

    fields   the field of the earlier volume on each axis of the network's input, and `before`, that volume
    axes     for each axis of the volume now its digits, the slowest first; the last axis is the depth
    """

    fields: Sequence[AxisField]
    before: Volume
    axes: tuple[tuple[Digit, ...], ...]

    @classmethod
    def of(cls, fields: Sequence[AxisField], volume: Volume) -> Arranged:
        """A volume as it is."""
        digits = (Digit(axis, 1, size) for axis, size in enumerate(volume.sizes))
        return cls(fields, volume, tuple((digit,) if digit.size > 1 else () for digit in digits))

    @property
    def even(self) -> bool:
        """Whether all planes of a cell see the same cells of the input."""
        seen = {field.axis for field in self.fields if field.axis is not None}
        return not any(digit.axis in seen for digit in self.axes[-1])

    @property
    def depth_whole(self) -> bool:
        """Whether the depth now is that of the earlier volume."""
        depth = len(self.before.spatial)
        return self.axes[-1] == ((Digit(depth, 1, self.before.depth),) if self.before.depth > 1 else ())

    def with_depth(self, depth: int) -> Arranged:
        """The volume that a layer puts out which keeps each cell's place, where the depth is whole."""
        whole = (Digit(len(self.before.spatial), 1, depth),) if depth > 1 else ()
        return Arranged(self.fields, Volume(self.before.spatial, depth), (*self.axes[:-1], whole))

    def extents(self, sizes: Sequence[int]) -> list[AxisField]:
        """The cells that all of it sees together, on input axes of these sizes."""
        return [together(field, self.before, size) for field, size in zip(self.fields, sizes, strict=True)]


def moved(arranged: Arranged, order: Sequence[int], sizes: Sequence[int]) -> Arranged | None:
    """The volume with its axes in another order, and its row of elements then cut into axes of these sizes.

    None where a size cuts through a digit: of 6 rows, 4 cells an axis.
    """
    row = _joined([digit for axis in order for digit in arranged.axes[axis]])[::-1]
    axes = []
    for size in sizes:
        axis: list[Digit] = []
        while size > 1:
            digit = row.pop()
            if size % digit.size == 0:
                axis.append(digit)
                size //= digit.size
            elif digit.size % size == 0:
                rest = digit.size // size
                axis.append(Digit(digit.axis, digit.weight * rest, size))
                row.append(Digit(digit.axis, digit.weight, rest))
                size = 1
            else:
                return None
        axes.append(tuple(axis))
    return Arranged(arranged.fields, arranged.before, tuple(axes))


def _joined(digits: Sequence[Digit]) -> list[Digit]:
    """The digits, with neighbours that are one number again put together."""
    found: list[Digit] = []
    for digit in digits:
        last = found[-1] if found else None
        if last is not None and last.axis == digit.axis and last.weight == digit.weight * digit.size:
            found[-1] = Digit(digit.axis, digit.weight, last.size * digit.size)
        else:
            found.append(digit)
    return found


def settled(arranged: Arranged, sizes: Sequence[int]) -> list[AxisField] | None:
    """The field of the volume as it is now, on input axes of these sizes; None where there is none.

    There is none where a part of an axis lies on two axes now, or where there are too many cells.
    """
    found = []
    for field, size in zip(arranged.fields, sizes, strict=True):
        now = _settled(field, arranged, size)
        if now is None:
            return None
        found.append(now)
    return found


def _settled(field: AxisField, arranged: Arranged, size: int) -> AxisField | None:
    if field.axis is None or field.whole:
        return field
    *spatial, depth = arranged.axes
    free = [digit for digit in depth if digit.axis == field.axis]
    places = [place for place, axis in enumerate(spatial) if any(digit.axis == field.axis for digit in axis)]
    alone = arranged.before.spatial[field.axis] == 1
    if not places and alone and (spatial or arranged.before.positions == 1):  # nothing came together
        low, high = field.at(0)
        return AxisField(None, [low], [high], step=0, ragged=low > high, real=field.real)
    if not places:
        return together(field, arranged.before, size)
    if len(places) > 1 or (len(free) > 1 and field.ragged):
        return None
    place = places[0]
    axis = spatial[place]
    if len(axis) == 1 and axis[0] == Digit(field.axis, 1, arranged.before.spatial[field.axis]):
        return _renamed(field, place)
    length = 1
    for digit in axis:
        length *= digit.size
    if length > _MOST:
        return None
    found = listed(place, (_seen(field, base, free) for base in _indices(axis, field.axis)), length)
    if found is not None:
        found.real = field.real
    return found


def _indices(axis: Sequence[Digit], which: int) -> Iterator[int]:
    """The part of the earlier axis number `which` in each index of an axis now, from 0 on."""
    weights = [digit.weight if digit.axis == which else 0 for digit in axis]
    for digits in product(*(range(digit.size) for digit in axis)):
        yield sum(value * weight for value, weight in zip(digits, weights, strict=True))


def _seen(field: AxisField, base: int, free: Sequence[Digit]) -> tuple[int, int]:
    """What a cell sees whose planes are the earlier cells from `base` on, with all values of the free digits."""
    last = base + sum((digit.size - 1) * digit.weight for digit in free)
    return field.seen(base, last, free[0].weight if len(free) == 1 else 1)


def _renamed(field: AxisField, axis: int) -> AxisField:
    """The field on another axis of the output."""
    if field.axis == axis:
        return field
    return AxisField(axis, field.first, field.last, field.period, field.step, ragged=field.ragged, real=field.real)


def together(field: AxisField, volume: Volume, size: int) -> AxisField:
    """What all cells of a volume with this field see together, on an input axis of this size, without padding."""
    if field.whole:
        return field
    return constant(*extent(field, 0, 0 if field.axis is None else volume.spatial[field.axis] - 1, size), size)
