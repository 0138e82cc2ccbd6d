"""The alignment of two sequences of any hashable items: which items of the one are which of the other, in order.

Common ends come first. Then items that occur once on both sides anchor the rest (patience diff, Bram Cohen). A gap
without anchors is aligned exactly (Myers 1986, "An O(ND) Difference Algorithm and Its Variations") if at most `_EDITS`
edits suffice; otherwise the k-th occurrence of an item is paired with its k-th occurrence on the other side. So the
cost is about n log n for any sequences; that of `difflib` is their product.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence

#: The edits up to which a gap without anchors is aligned exactly; the search costs at most their square.
_EDITS = 600
#: How often gaps between anchors are anchored again, at most.
_DEPTH = 24

#: Places in the first and in the second sequence.
Pairs = list[tuple[int, int]]


def aligned(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Pairs of places with equal items, rising on both sides; items without a pair were removed or added.

    The pairs are as many as possible where the exact search is used (see the module), and the result is the same in
    every run. Items are compared by their hashes and `==`, once each.

    >>> aligned("abcd", "axcdd")
    [(0, 0), (2, 2), (3, 4)]
    >>> aligned(["conv", "relu", "pool"], ["conv", "norm", "relu", "pool"])
    [(0, 0), (1, 2), (2, 3)]
    """
    numbers: dict[Hashable, int] = {}
    a = [numbers.setdefault(item, len(numbers)) for item in old]
    b = [numbers.setdefault(item, len(numbers)) for item in new]
    pairs: Pairs = []
    gaps = [(0, len(a), 0, len(b), 0)]
    while gaps:
        low_a, high_a, low_b, high_b, depth = gaps.pop()
        while low_a < high_a and low_b < high_b and a[low_a] == b[low_b]:
            pairs.append((low_a, low_b))
            low_a, low_b = low_a + 1, low_b + 1
        while low_a < high_a and low_b < high_b and a[high_a - 1] == b[high_b - 1]:
            high_a, high_b = high_a - 1, high_b - 1
            pairs.append((high_a, high_b))
        if low_a == high_a or low_b == high_b:
            continue
        anchors = _anchors(a, b, low_a, high_a, low_b, high_b) if depth < _DEPTH else []
        if not anchors:
            part = _shortest(a[low_a:high_a], b[low_b:high_b])
            pairs += [(low_a + i, low_b + j) for i, j in part]
            continue
        pairs += anchors
        before = (low_a - 1, low_b - 1)
        for i, j in [*anchors, (high_a, high_b)]:
            if i > before[0] + 1 and j > before[1] + 1:
                gaps.append((before[0] + 1, i, before[1] + 1, j, depth + 1))
            before = (i, j)
    return sorted(pairs)


def rising(numbers: Sequence[int]) -> list[int]:
    """The places of a longest strictly rising subsequence, in order; costs n log n.

    >>> rising([0, 3, 1, 2])
    [0, 2, 3]
    """
    ends: list[int] = []
    places: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        at = bisect_left(ends, number)
        before.append(places[at - 1] if at else -1)
        ends[at : at + 1] = [number]
        places[at : at + 1] = [place]
    found = []
    place = places[-1] if places else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


def _anchors(a: list[int], b: list[int], low_a: int, high_a: int, low_b: int, high_b: int) -> Pairs:
    """The items that occur once on both sides of a gap: the most of them that are in the same order."""
    there = _once(b, low_b, high_b)
    pairs = [(place, there[item]) for item, place in _once(a, low_a, high_a).items() if item in there]
    pairs.sort()
    return [pairs[place] for place in rising([j for _, j in pairs])]


def _once(items: list[int], low: int, high: int) -> dict[int, int]:
    """The items that occur once between two places, each with its place."""
    seen: dict[int, int] = {}
    for place in range(low, high):
        seen[items[place]] = -1 if items[place] in seen else place
    return {item: place for item, place in seen.items() if place >= 0}


def _shortest(a: list[int], b: list[int]) -> Pairs:
    """The alignment with the fewest edits; beyond `_EDITS` of them, that by occurrence."""
    ends = {1: 0}
    trace: list[dict[int, int]] = []
    for edits in range(min(len(a) + len(b), _EDITS) + 1):
        reached: dict[int, int] = {}
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and ends[k - 1] < ends[k + 1])
            x = ends[k + 1] if down else ends[k - 1] + 1
            y = x - k
            while 0 <= y < len(b) and x < len(a) and a[x] == b[y]:
                x, y = x + 1, y + 1
            reached[k] = x
            if x >= len(a) and y >= len(b):
                trace.append(reached)
                return _walked_back(trace, len(a), len(b))
        trace.append(reached)
        ends = reached
    return _by_occurrence(a, b)


def _walked_back(trace: list[dict[int, int]], x: int, y: int) -> Pairs:
    """The diagonals of the path that reached the end."""
    pairs: Pairs = []
    for edits in range(len(trace) - 1, 0, -1):
        k, ends = x - y, trace[edits - 1]
        down = k == -edits or (k != edits and ends[k - 1] < ends[k + 1])
        from_x = ends[k + 1] if down else ends[k - 1]
        from_y = from_x - (k + 1 if down else k - 1)
        start = from_x if down else from_x + 1
        pairs += [(i, i - k) for i in range(start, x)]
        x, y = from_x, from_y
    pairs += [(i, i) for i in range(x)]
    return pairs


def _by_occurrence(a: list[int], b: list[int]) -> Pairs:
    """The k-th occurrence of an item paired with its k-th on the other side: the most of them in the same order."""
    there: dict[int, list[int]] = {}
    for place in range(len(b) - 1, -1, -1):
        there.setdefault(b[place], []).append(place)
    pairs = []
    for place, item in enumerate(a):
        if there.get(item):
            pairs.append((place, there[item].pop()))
    return [pairs[place] for place in rising([j for _, j in pairs])]
