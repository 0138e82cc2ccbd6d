"""Which call of a module is which row of a network where the two differ: several alignments, of which a caller chooses.

Each is by something else first: by names, by numbers and volumes, by numbers, by what kind of layer it is. The rest is
filled in the gaps, at last by what a layer would be, had it read what the call read.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from heapq import heapify, heappop, heappush

from analyzer.align import Pairs, aligned, rising
from analyzer.engine.network import Network
from analyzer.engine.result import Row
from analyzer.matching.asking import read_by
from analyzer.matching.following import readers_of
from analyzer.matching.keys import Key, counts, family, numbers, tail, whole
from analyzer.matching.observed import Observed

#: How far from the diagonal of a gap calls and rows are tried, and how many pairs of one gap.
_BAND, _TRIALS = 12, 6000


def ways(calls: Sequence[Observed], rows: Sequence[Row], begun: Pairs, network: Network) -> Iterator[Pairs]:
    """Alignments of the calls with the rows, each by something else first; `begun` are the first calls, as followed.

    Of a network with branches the rows are taken in the order of the file, and with the last branch first: frameworks'
    code calls a projection before the body as often as after it.
    """
    forwards = list(range(len(rows)))
    for order in dict.fromkeys(map(tuple, (forwards, _last_branch_first(rows, network)))):
        there = [rows[place] for place in order]
        keys: list[Key] = [whole, numbers, family]
        if len({call.name for call in calls} & {row.name for row in rows}) * 2 > min(len(calls), len(rows)):
            keys.insert(0, lambda one: one.name)
        for key in keys:
            pairs = _uncrossed(calls, there, _filled(calls, there, _by(calls, there, key)))
            yield [(call, order[row]) for call, row in pairs]
    yield _filled(calls, rows, begun)


def _last_branch_first(rows: Sequence[Row], network: Network) -> list[int]:
    """The places of the rows in an order of computation that takes, of layers that are ready, the last of the file."""
    place = {row.node.index: place for place, row in enumerate(rows)}
    readers, missing = readers_of(network)
    ready = [-index for index, number in missing.items() if not number]
    heapify(ready)
    found = []
    while ready:
        index = -heappop(ready)
        if index in place:
            found.append(place[index])
        for reader in readers.get(index, ()):
            missing[reader.index] -= 1
            if not missing[reader.index]:
                heappush(ready, -reader.index)
    return found


def _by(calls: Sequence[Observed], rows: Sequence[Row], key: Key) -> Pairs:
    return aligned([key(call) for call in calls], [key(row) for row in rows])


def _filled(calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs) -> Pairs:
    """More pairs: in the gaps by numbers, anywhere by numbers and volumes, in the gaps by what kind of layer it is."""
    pairs = sorted(pairs)
    kept = rising([row for _, row in pairs])
    moved = set(pairs) - {pairs[place] for place in kept}
    for key in (whole, numbers):
        pairs += _in_gaps(calls, rows, pairs, moved, key)
    anywhere = _anywhere(calls, rows, pairs)
    moved.update(anywhere)
    pairs += anywhere
    pairs += _fitting(calls, rows, pairs, moved)
    passes: list[Key] = [
        lambda one: (family(one), tail(one.name)),
        lambda one: (family(one), counts(one)[2] > 0),
        family,
    ]
    for one in passes:
        pairs += _in_gaps(calls, rows, pairs, moved, one)
    return sorted(pairs)


def _uncrossed(calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs) -> Pairs:
    """The same pairs, but of equal layers the first call is the first row: a layer that moved passes over its twin."""
    alike: dict[Hashable, Pairs] = {}
    for call, row in sorted(pairs):
        key = whole(calls[call]) if whole(calls[call]) == whole(rows[row]) else (call, row)
        alike.setdefault(key, []).append((call, row))
    return [
        (call, row)
        for some in alike.values()
        for (call, _), row in zip(some, sorted(row for _, row in some), strict=True)
    ]


def _gaps(
    calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs, moved: set[tuple[int, int]]
) -> Iterator[tuple[list[int], list[int]]]:
    """The calls and rows that are free between pairs."""
    taken, used = {place for place, _ in pairs}, {row for _, row in pairs}
    call = row = 0
    for next_call, next_row in [*sorted(set(pairs) - moved), (len(calls), len(rows))]:
        lefts = [place for place in range(call, next_call) if place not in taken]
        rights = [place for place in range(row, next_row) if place not in used]
        if lefts and rights:
            yield lefts, rights
        call, row = next_call + 1, next_row + 1


def _in_gaps(
    calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs, moved: set[tuple[int, int]], key: Key
) -> Pairs:
    """Pairs of calls and rows in the gaps that have the same key."""
    found: Pairs = []
    for lefts, rights in _gaps(calls, rows, pairs, moved):
        part = aligned([key(calls[place]) for place in lefts], [key(rows[place]) for place in rights])
        found += [(lefts[i], rights[j]) for i, j in part]
    return found


def _fitting(calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs, moved: set[tuple[int, int]]) -> Pairs:
    """Pairs in the gaps by what a layer would be, had it read what the call read; in gaps that are not too large."""
    found: Pairs = []
    for lefts, rights in _gaps(calls, rows, pairs, moved):
        band = abs(len(lefts) - len(rights)) + _BAND
        if min(len(lefts), len(rights)) * min(2 * band + 1, max(len(lefts), len(rights))) <= _TRIALS:
            best = _best(lefts, rights, band, lambda call, row: _fit(calls[call], rows[row]))
            found += [(lefts[i], rights[j]) for i, j in best]
    return found


def _fit(call: Observed, row: Row) -> float:
    """How well a call fits a row: 0 where one is not put in place of the other."""
    if family(call) != family(row):
        return 0.0
    named = 0.2 if tail(call.name) == tail(row.name) else 0.0
    if read_by(row.node, call) is not None:
        return 3.0 + named
    return 1.0 + named + (1.0 if numbers(call) == numbers(row) else 0.0)


def _best(lefts: Sequence[int], rights: Sequence[int], band: int, fit: Callable[[int, int], float]) -> Pairs:
    """The rising pairs whose fits add up to most, near the diagonal (Needleman & Wunsch 1970, gaps are free)."""
    sums = [[0.0] * (len(rights) + 1) for _ in range(len(lefts) + 1)]
    fits: dict[tuple[int, int], float] = {}
    for i in range(1, len(lefts) + 1):
        for j in range(1, len(rights) + 1):
            sums[i][j] = max(sums[i - 1][j], sums[i][j - 1])
            if abs(i - j) <= band:
                fits[i, j] = fit(lefts[i - 1], rights[j - 1])
                if fits[i, j]:
                    sums[i][j] = max(sums[i][j], sums[i - 1][j - 1] + fits[i, j])
    found: Pairs = []
    i, j = len(lefts), len(rights)
    while i and j:
        if fits.get((i, j)) and sums[i][j] == sums[i - 1][j - 1] + fits[i, j]:
            i, j = i - 1, j - 1
            found.append((i, j))
        elif sums[i][j] == sums[i - 1][j]:
            i -= 1
        else:
            j -= 1
    return found[::-1]


def _anywhere(calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs) -> Pairs:
    """Pairs of free calls and rows that are equal, in whatever order: branches may be called in another one."""
    taken, used = {place for place, _ in pairs}, {row for _, row in pairs}
    found: Pairs = []
    for key in (lambda one: (whole(one), tail(one.name)), whole):
        there: dict[Hashable, list[int]] = {}
        for place in range(len(rows) - 1, -1, -1):
            if place not in used:
                there.setdefault(key(rows[place]), []).append(place)
        for place, call in enumerate(calls):
            choices = there.get(key(call)) if place not in taken else None
            if choices:
                found.append((place, choices.pop()))
                taken.add(place)
                used.add(found[-1][1])
    return found
