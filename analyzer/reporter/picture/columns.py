"""The column of each item: branches keep theirs, and an edge that passes rows is one straight line.

Items that should be in one column are aligned from layer to layer, after Brandes and Köpf (2002): first the pieces of
long edges, which bend only where two of them cross; then a box with the one in the middle of those that it is connected
with, if each is in the middle for the other, boxes before lines. Aligned items are a block. Each block gets the
leftmost column that leaves room for those left of it, then moves towards the blocks that it is connected with.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from analyzer.record import Record
from analyzer.reporter.picture.layers import Layered

#: How often blocks move towards what they are connected with.
_ROUNDS = 2

#: How many times the columns of the fullest layer are too many; long edges are straight for so many rows then.
_WIDEST = 4
_STRETCH = 8


class Columns(Record):
    """The block of each item, and the column of each block."""

    block: list[int]
    column: list[int]

    def of(self, item: int) -> int:
        """The column of an item."""
        return self.column[self.block[item]]

    def parted(self, blocks: set[int]) -> None:
        """Gives blocks columns of their own, right of where they were."""
        doubled = [2 * column + (block in blocks) for block, column in enumerate(self.column)]
        numbers = {column: number for number, column in enumerate(sorted(set(doubled)))}
        self.column = [numbers[column] for column in doubled]


def columns_of(found: Layered) -> Columns:
    """The columns of a scope in layers. Its ports are in one column, as if those of a side were one item.

    Where many long edges overlap, each a little, straight ones would take a column each: they bend every few rows.
    """
    layers, one = _ports_together(found)
    straight = _columns(found, layers, _blocks(found, layers, one, len(layers)))
    if max(straight.column, default=0) <= _WIDEST * max(map(len, layers), default=0):
        return straight
    return _columns(found, layers, _blocks(found, layers, one, _STRETCH))


def _columns(found: Layered, layers: Sequence[Sequence[int]], block: list[int]) -> Columns:
    """The columns of blocks."""
    right = _neighbours(layers, block)
    left: list[list[int]] = [[] for _ in right]
    for here, others in enumerate(right):
        for there in others:
            left[there].append(here)
    order = _topological(right, left)
    column = [0] * len(right)
    for here in order:
        column[here] = max((column[there] + 1 for there in left[here]), default=0)
    if max(column, default=0):
        wanted = _connected(found, block)
        for _ in range(_ROUNDS):
            _moved(column, order, left, right, wanted)
    if layers[0] and layers[-1]:
        column[block[layers[-1][0]]] = column[block[layers[0][0]]]
    numbers = {old: number for number, old in enumerate(sorted(set(column)))}
    return Columns(block, [numbers[old] for old in column])


def _ports_together(found: Layered) -> tuple[list[list[int]], list[int]]:
    """The layers with one item for the ports of a side, and the item that stands for each: most for themselves."""
    one = list(range(len(found.level)))
    layers = list(found.layers)
    for side in (0, -1):
        if layers[side]:
            first = layers[side][0]
            for item in layers[side]:
                one[item] = first
            layers[side] = [first]
    return layers, one


def _blocks(found: Layered, layers: Sequence[Sequence[int]], one: Sequence[int], stretch: int) -> list[int]:
    """The block of each item; a line is straight for at most so many rows."""
    places = [0] * len(found.level)
    for layer in layers:
        for place, item in enumerate(layer):
            places[item] = place
    below = _middles(found.below, found, one, places)
    above = _middles(found.above, found, one, places)
    block = list(range(len(found.level)))
    tied = layers[0] and layers[-1]  # the ports below are in the column of those above, wherever that is
    for row, layer in enumerate(layers[: -2 if tied else -1], 1):
        wishes = []
        for item in layer:
            other = below[item]
            if other >= 0 and above[other] == item:
                lines = (item >= found.first) + (other >= found.first)
                if lines < 2 or row % stretch:
                    wishes.append(((1, 2, 0)[lines], item, other))
        for item, other in _uncrossed(wishes, places) if len(layer) > 1 else [wish[1:] for wish in wishes]:
            block[other] = block[item]
    numbers: dict[int, int] = {}
    return [numbers.setdefault(block[same], len(numbers)) for same in one]


def _middles(ends: Sequence[Sequence[int]], found: Layered, one: Sequence[int], places: Sequence[int]) -> list[int]:
    """For each item the middle one of the items that it is connected with, of boxes where it has any; −1 for none."""
    middles = [-1] * len(ends)
    gathered: dict[int, list[int]] = {}
    for item, others in enumerate(ends):
        gathered.setdefault(one[item], []).extend(others)
    for item, others in gathered.items():
        if len(others) > 1:
            others = sorted([other for other in others if other < found.first] or others, key=places.__getitem__)
        if others:
            middles[item] = one[others[(len(others) - 1) // 2]]
    return middles


def _uncrossed(wishes: list[tuple[int, int, int]], places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The pairs of items that can be aligned: by priority, without one that crosses an earlier one."""
    uppers: list[int] = []
    lowers: list[int] = []
    for _, item, other in sorted(wishes):
        upper, lower = places[item], places[other]
        at = bisect_left(uppers, upper)
        if (at and lowers[at - 1] >= lower) or (at < len(lowers) and lowers[at] <= lower):
            continue
        uppers.insert(at, upper)
        lowers.insert(at, lower)
        yield item, other


def _neighbours(layers: Sequence[Sequence[int]], block: Sequence[int]) -> list[list[int]]:
    """For each block those directly right of it in some layer."""
    right: list[dict[int, None]] = [{} for _ in range(max(block, default=-1) + 1)]
    for layer in layers:
        for here, there in pairwise(layer):
            right[block[here]][block[there]] = None
    return [[*others] for others in right]


def _topological(right: Sequence[Sequence[int]], left: Sequence[Sequence[int]]) -> list[int]:
    """The blocks, each behind those left of it."""
    waits = [len(others) for others in left]
    order = [here for here, wait in enumerate(waits) if not wait]
    for here in order:
        for there in right[here]:
            waits[there] -= 1
            if not waits[there]:
                order.append(there)
    return order


def _connected(found: Layered, block: Sequence[int]) -> list[list[int]]:
    """For each block those that edges lead to from it, or from it to them."""
    others: list[list[int]] = [[] for _ in range(max(block) + 1)]
    for item, ends in enumerate(found.below):
        for end in ends:
            if block[item] != block[end]:
                others[block[item]].append(block[end])
                others[block[end]].append(block[item])
    return others


def _moved(
    column: list[int],
    order: Sequence[int],
    left: Sequence[Sequence[int]],
    right: Sequence[Sequence[int]],
    connected: Sequence[Sequence[int]],
) -> None:
    """Moves blocks right, then left, towards the middle of those that they are connected with, where there is room."""

    def middle(here: int) -> int:
        columns = sorted(column[there] for there in connected[here])
        return columns[(len(columns) - 1) // 2] if columns else column[here]

    for here in reversed(order):
        room = min((column[there] - 1 for there in right[here]), default=middle(here))
        column[here] = max(column[here], min(middle(here), room))
    for here in order:
        room = max((column[there] + 1 for there in left[here]), default=0)
        column[here] = min(column[here], max(middle(here), room))
