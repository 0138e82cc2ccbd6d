"""Offsets for the tensors of an arena, in several orders, and repaired where they exceed the bound.

Only tensors that overlap in time are compared: an order takes O(n log n) and a step for each such pair. A chain of
100,000 layers takes a few seconds. If there are too many pairs, only the orders in time are tried, which compare none.

Sources: Pisarchyk & Lee 2020, "Efficient memory management for deep neural net inference" (greedy by size, greedy by
breadth); Joslin & Clements 1999, "Squeaky wheel optimization", for the tensors that are placed first the next time.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush

from analyzer.engine.memory.arena.lifetimes import Lifetimes
from analyzer.engine.memory.arena.plan import Tensor

# With up to this many pairs, or 8 for each tensor, the orders that compare pairs are tried.
_PAIRS = 1 << 20
# A repair looks at this many neighbours and 16 more for each tensor, and moves one tensor forward at most _TRIES times.
_EFFORT = 1 << 17
_TRIES = 16


def candidates(tensors: Sequence[Tensor], slots: Sequence[int], lives: Lifetimes) -> Iterator[tuple[str, list[int]]]:
    """Offsets to choose from, each with the name of its order: first as placed, then repaired; at least one."""
    if lives.pairs > max(_PAIRS, 8 * len(tensors)):
        yield "start", _sweep([(tensor.first, tensor.last) for tensor in tensors], slots)
        yield "end", _sweep([(-tensor.last, -tensor.first) for tensor in tensors], slots)
        return
    neighbours = lives.neighbours()
    placed: list[tuple[str, list[int], list[int]]] = []
    for name, key in _keys(tensors, slots, lives).items():
        order = sorted(range(len(tensors)), key=key)
        offsets = [-1] * len(tensors)
        for which in order:
            offsets[which] = _lowest(which, offsets, slots, neighbours[which])
        placed.append((name, order, offsets))
        yield name, offsets
    for name, order, offsets in placed:
        for repaired in _repair(order, offsets, slots, neighbours, lives):
            yield f"{name}, repaired", repaired


def _keys(
    tensors: Sequence[Tensor], slots: Sequence[int], lives: Lifetimes
) -> dict[str, Callable[[int], tuple[int, ...]]]:
    """The sort key of each order, by the order's name."""
    broadest = lives.broadest()
    life = [tensor.last - tensor.first + 1 for tensor in tensors]
    return {
        "size": lambda i: (-slots[i], i),
        "breadth": lambda i: (-lives.breadth[broadest[i]], broadest[i], -slots[i], i),
        "size × lifetime": lambda i: (-slots[i] * life[i], i),
        "lifetime": lambda i: (-life[i], -slots[i], i),
        "start": lambda i: (tensors[i].first, -slots[i], i),
        "end": lambda i: (-tensors[i].last, -slots[i], i),
    }


def _lowest(which: int, offsets: Sequence[int], slots: Sequence[int], neighbours: Sequence[int]) -> int:
    """The lowest offset where a tensor overlaps none of its neighbours; those without a place yet have -1."""
    slot = slots[which]
    offset = 0
    for start, end in sorted([(offsets[i], offsets[i] + slots[i]) for i in neighbours if offsets[i] >= 0]):
        if start - offset >= slot:
            break
        if end > offset:
            offset = end
    return offset


def _repair(
    order: Sequence[int],
    offsets: Sequence[int],
    slots: Sequence[int],
    neighbours: Sequence[Sequence[int]],
    lives: Lifetimes,
) -> Iterator[list[int]]:
    """Better offsets from offsets that exceed the bound; the last are the best that the allowed effort gives.

    From the first step on, a tensor that ends above the bound is moved before its neighbours in the order. It and they
    are then placed again around all others. If that is not enough, their neighbours are placed again too, and so on
    outwards.
    """
    offsets = list(offsets)
    rank = [0] * len(slots)
    for place, which in enumerate(order):
        rank[which] = place
    tries = [0] * len(slots)
    out = [(lives.spans[i][0], i) for i in order if offsets[i] + slots[i] > lives.bound]
    heapify(out)
    waiting = {which for _, which in out}
    effort = _EFFORT + 16 * len(slots)
    while out and effort > 0:
        which = heappop(out)[1]
        waiting.remove(which)
        if offsets[which] + slots[which] <= lives.bound or tries[which] == _TRIES:
            continue
        tries[which] += 1
        moved, looked = _around(which, tries[which], neighbours)
        effort -= looked
        rank[which] = min(rank[i] for i in moved) - 1
        for i in moved:
            offsets[i] = -1
        for i in sorted(moved, key=lambda i: (rank[i], i)):
            effort -= len(neighbours[i]) + 1
            offsets[i] = _lowest(i, offsets, slots, neighbours[i])
            if offsets[i] + slots[i] > lives.bound and i not in waiting:
                heappush(out, (lives.spans[i][0], i))
                waiting.add(i)
        if len(moved) > len(slots) // 2:  # as much work as the copy
            yield offsets.copy()
    yield offsets


def _around(which: int, distance: int, neighbours: Sequence[Sequence[int]]) -> tuple[set[int], int]:
    """The tensors up to `distance` neighbours away from one, and how many neighbours were looked at."""
    found, edge, looked = {which}, [which], 0
    for _ in range(distance):
        looked += sum(len(neighbours[i]) for i in edge)
        edge = sorted({other for i in edge for other in neighbours[i]} - found)
        found.update(edge)
    return found, looked


class _Gaps:
    """The free gaps of an arena that ends at `size`. The last one is always the largest, hence the last choice."""

    def __init__(self, size: int) -> None:
        self.by_size = [(size, 0)]  # size and start
        self.ends = {0: size}  # start of a gap -> its end
        self.starts = {size: 0}  # end of a gap -> its start

    def open(self, start: int, end: int) -> None:
        """Frees a stretch, and merges it with the gaps beside it."""
        if end in self.ends:
            end = self.close(end)
        if start in self.starts:
            start = self.starts[start]
            self.close(start)
        insort(self.by_size, (end - start, start))
        self.ends[start], self.starts[end] = end, start

    def close(self, start: int) -> int:
        """Removes the gap that begins at `start`; returns its end."""
        end = self.ends.pop(start)
        del self.starts[end]
        del self.by_size[bisect_left(self.by_size, (end - start, start))]
        return end

    def take(self, size: int) -> int:
        """Takes `size` bytes from the smallest gap that has them; returns their start."""
        start = self.by_size[bisect_left(self.by_size, (size, 0))][1]
        end = self.close(start)
        if start + size < end:
            self.open(start + size, end)
        return start


def _sweep(lives: Sequence[tuple[int, int]], slots: Sequence[int]) -> list[int]:
    """Offsets of tensors that are placed when they begin, each in the smallest gap that takes it.

    It compares no pairs of tensors: the gaps are in a list by size.
    """
    offsets = [0] * len(slots)
    gaps = _Gaps(2 * sum(slots) + 1)
    alive: list[tuple[int, int]] = []  # last step and tensor
    for which in sorted(range(len(slots)), key=lambda which: (lives[which][0], -slots[which], which)):
        first, last = lives[which]
        while alive and alive[0][0] < first:
            gone = heappop(alive)[1]
            gaps.open(offsets[gone], offsets[gone] + slots[gone])
        if slots[which]:
            offsets[which] = gaps.take(slots[which])
            heappush(alive, (last, which))
    return offsets
