"""The order of the values of an axis: numbers by value, volumes where all of them grow together, words not at all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from analyzer.layers.kinds import written
from analyzer.volume import read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.sweeping.result import Value


class Unordered(Exception):
    """The values of an axis have no order. The text says why, as the end of a sentence."""


def ascending(values: Sequence[Value], *, volume: bool) -> Sequence[int]:
    """The places of the values of an axis, the smallest value first.

    Raises `Unordered` for words, and for volumes of which one is larger on one axis and smaller on another.

    >>> ascending([0.5, 2, 1], volume=False), ascending(["224x224x3", "128x128x3"], volume=True)
    ([0, 2, 1], [1, 0])
    >>> ascending(["128x224x3", "224x128x3"], volume=True)
    Traceback (most recent call last):
    analyzer.sweeping.ascending.Unordered: neither of `128x224x3` and `224x128x3` is the larger
    """
    if not isinstance(values, list | tuple):  # a range, perhaps of millions of values: it is in order
        places = range(len(values))
        return places if _sizes(values[0], volume) <= _sizes(values[-1], volume) else places[::-1]
    sizes = [_sizes(value, volume) for value in values]
    if volume:
        _refuse_unlike(sizes)
    return sorted(range(len(values)), key=sizes.__getitem__)


def neighbours(values: Sequence[Value], value: Value, *, volume: bool) -> list[Value]:
    """The nearest smaller value of an axis, and the nearest larger one, where there are such; `value` may be on it.

    Raises `Unordered` where the values have no order, or `value` has none among them.

    >>> neighbours([16, 64, 32], 32, volume=False), neighbours([16, 64, 32], 8, volume=False)
    ([16, 64], [16])
    """
    places, size = ascending(values, volume=volume), _sizes(value, volume)
    if volume:
        _refuse_unlike([size, *(_sizes(one, volume) for one in values)])

    def at(place: int) -> tuple[float, ...]:
        return _sizes(values[place], volume)

    below, above = bisect_left(places, size, key=at), bisect_right(places, size, key=at)
    return [values[place] for place in (*places[max(0, below - 1) : below], *places[above : above + 1])]


def _sizes(value: Value, volume: bool) -> tuple[float, ...]:
    """What a value is compared by: the sizes of a volume, or a number. Raises `Unordered` for a word."""
    if volume:
        return tuple(size or 0 for size in read_sizes(str(value)) or ())
    if isinstance(value, str | bool):
        raise Unordered(f"{written(value)} is a word, and words have no order")
    return (value,)


def _refuse_unlike(sizes: Sequence[tuple[float, ...]]) -> None:
    """Raises `Unordered` unless the volumes of these sizes grow together."""
    # Sorted by the first size, then by the second …: if each is inside the next one, all of them are in this order.
    for smaller, larger in pairwise(sorted(set(sizes))):
        names = " and ".join(f"`{'x'.join(map(str, one))}`" for one in (smaller, larger))
        if len(smaller) != len(larger):
            raise Unordered(f"{names} do not have the same number of axes")
        if any(before > after for before, after in zip(smaller, larger, strict=True)):
            raise Unordered(f"neither of {names} is the larger")
