"""The receptive field along one axis of a network's input, and what the layers do to it.

A field is a pair of functions of the output cell u: the first and the last input cell that it sees; cells in the
padding count. Along a path of windows both are u·stride + constant. After transposed or resampled layers they repeat
with a period of q output cells, and each period is `step` input cells further on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice, pairwise
from math import gcd

from analyzer.layers.readings import Reading
from analyzer.record import Record

# The most phases that are kept. With more, and where paths of different strides meet, the real cells are listed; with
# more cells than this the field stays unknown.
_MOST = 4096

# The most taps that a window over a ragged field looks at.
_MOST_TAPS = 1 << 17


class AxisField(Record):
    """The field along one input axis.

    Output cell u = period·t + k of axis number `axis` sees the cells from first[k] + step·t to last[k] + step·t; it
    sees none where the first is beyond the last.

    axis    the number of the output's axis; None where every output cell sees the same
    period  0 where the real cells are listed one by one
    whole   whether every output cell sees the whole axis
    ragged  whether some cells see nothing, or begin or end before those in front of them
    real    the first and the last input cell that are not padding, where a part of the input was cut off
    """

    axis: int | None
    first: list[int]
    last: list[int]
    period: int = 1
    step: int = 1
    whole: bool = False
    ragged: bool = False
    real: tuple[int, int] | None = None

    def at(self, cell: int) -> tuple[int, int]:
        """The first and the last input cell that one output cell sees."""
        if not self.period:
            cell = min(max(cell, 0), len(self.first) - 1)
            return self.first[cell], self.last[cell]
        t, k = divmod(cell, self.period)
        return self.first[k] + self.step * t, self.last[k] + self.step * t

    def seen(self, low: int, high: int, spread: int = 1) -> tuple[int, int]:
        """The first and the last input cell that the output cells from `low` to `high`, `spread` apart, see."""
        if not self.period:  # cells beyond the real ones are padding
            end = len(self.first) - 1
            low += max(-(low // spread), 0) * spread
            high -= max((high - end + spread - 1) // spread, 0) * spread
        if low <= high and not self.ragged:
            return self.at(low)[0], self.at(high)[1]
        # The cells that an output cell sees repeat with the period, further on: the first and the last period decide.
        cells = range(low, high + 1, spread)
        most = self.period or len(self.first)
        near = [self.at(cell) for cell in cells[:most]]
        far = near if len(cells) <= most else [self.at(cell) for cell in cells[-most:]]
        first = min((first for first, last in near if first <= last), default=None)
        if first is None:
            return _nothing(self.at(low)[0])
        return first, max(last for first, last in far if first <= last)


def _nothing(cell: int) -> tuple[int, int]:
    """What an output cell sees that sees nothing: it begins at `cell` and ends before it."""
    return cell, cell - 1


def extent(field: AxisField, begin: int, end: int, size: int) -> tuple[int, int]:
    """The first and the last of the `size` input cells that the output cells from `begin` to `end` see together.

    Cells in the padding do not count.
    """
    first, last = field.real or (0, size - 1)
    if not field.ragged and begin < end:  # leave out the cells that see nothing but padding
        from bisect import bisect_left, bisect_right

        cells = range(begin, end + 1)
        begin += min(bisect_left(cells, first, key=lambda u: field.at(u)[1]), end - begin)
        end = max(begin, cells[0] + bisect_right(cells, last, key=lambda u: field.at(u)[0]) - 1)
    low, high = field.seen(begin, end)
    return max(low, first, 0), min(high, last, size - 1)


def covers(field: AxisField, length: int, size: int) -> bool:
    """Whether each of `length` output cells sees all of the `size` input cells."""
    if field.real is not None and (field.real[0] > 0 or field.real[1] < size - 1):
        return False
    if field.axis is None or (len(field.first) == 1 and not field.step):
        length = 1
    if not field.ragged:  # the last cell begins last, and the first ends first
        return field.at(length - 1)[0] <= 0 and field.at(0)[1] >= size - 1
    cells = range(min(length, field.period or length))
    return all(field.at(u)[0] <= 0 and field.at(u)[1] >= size - 1 for u in (*cells, length - 1))


def constant(low: int, high: int, size: int) -> AxisField:
    """The field of output cells that all see the cells from `low` to `high` of an axis with `size` cells."""
    return AxisField(None, [low], [high], step=0, whole=low <= 0 and high >= size - 1, ragged=low > high)


def listed(axis: int, cells: Iterator[tuple[int, int]], length: int) -> AxisField | None:
    """The field of `length` output cells that see these input cells; None where they are too many."""
    return _tabled(axis, cells, 0, 0, length)


def compose(field: AxisField, reading: Reading, axis: int, length: int) -> AxisField | None:
    """The field of `length` output cells that read cells which have `field`; None beyond the limit."""
    if reading.through is not None:
        between = 0 if field.period else (len(field.first) - 1) * reading.through.divisor + 1
        through = compose(field, reading.through, axis, between)
        if through is None:
            return None
        field = through
    scale, divisor = reading.scale, reading.divisor
    if field.period == 1 and divisor == 1 and not field.ragged:
        step = field.step
        return AxisField(
            axis, [field.first[0] + step * reading.low], [field.last[0] + step * reading.high], step=step * scale
        )
    period = step = 0
    if field.period:
        turns = field.period // gcd(scale, field.period)
        period, step = divisor * turns, field.step * (scale * turns // field.period)
    if field.ragged:
        taps = (reading.high - reading.low) // (divisor * reading.spread) + 1
        if min(taps, field.period or len(field.first)) * (period or length) > _MOST_TAPS:
            return None
    seen = (
        field.seen((scale * u + reading.low) // divisor, (scale * u + reading.high) // divisor, reading.spread)
        for u in count()
    )
    return _tabled(axis, seen, period, step, length)


def _tabled(
    axis: int | None, cells: Iterator[tuple[int, int]], period: int, step: int, length: int
) -> AxisField | None:
    """The field of these `cells`: of one period, or of all real cells; None where both are too many."""
    if period > _MOST:
        period = step = 0
    number = period or length
    if not 0 < number <= _MOST:
        return None
    seen = list(islice(cells, number))
    first, last = [low for low, _ in seen], [high for _, high in seen]
    following = [(first[0] + step, last[0] + step)] if period else []
    ragged = any(low > high for low, high in seen) or any(
        low > low2 or high > high2 for (low, high), (low2, high2) in pairwise([*seen, *following])
    )
    return AxisField(axis, first, last, period=period, step=step, ragged=ragged)


def hull(a: AxisField, b: AxisField, length: int) -> AxisField | None:
    """The hull of two fields of `length` output cells; None where they are not ranges on one axis, or too many."""
    found = _hull(a, b, length)
    if found is not None and a.real is not None and b.real is not None:
        found.real = _both(a.real, b.real)
    return found


def _hull(a: AxisField, b: AxisField, length: int) -> AxisField | None:
    if a is b or a.whole:
        return a
    if b.whole:
        return b
    if a.axis != b.axis and a.axis is not None and b.axis is not None:
        return None  # one input with its axes turned: the cells that are seen are not a range on each axis
    axis = b.axis if a.axis is None else a.axis
    if a.period == b.period == 1 and a.step == b.step and not a.ragged and not b.ragged:
        return AxisField(axis, [min(a.first[0], b.first[0])], [max(a.last[0], b.last[0])], step=a.step)
    period = step = 0
    if a.period and b.period and a.step * b.period == b.step * a.period:
        period = a.period * b.period // gcd(a.period, b.period)
        step = a.step * (period // a.period)
    return _tabled(axis, (_both(a.at(u), b.at(u)) for u in count()), period, step, length)


def _both(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """The hull of two ranges, either of which may be empty."""
    if a[0] > a[1]:
        return b
    return a if b[0] > b[1] else (min(a[0], b[0]), max(a[1], b[1]))
