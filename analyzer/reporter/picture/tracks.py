"""The tracks on which edges turn in the gaps between layers.

In a gap an edge comes down at one place, turns on its track, and continues down at another place. Edges whose ends are
in the same order do not cross, and others cross once, if

- of two that turn to the same side over a common stretch, the one that is further on that side turns first;
- where one leaves at the place at which another one arrives, the first one turns first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from analyzer.record import Record
from analyzer.reporter.picture.columns import Columns
from analyzer.reporter.picture.layers import Layered
from analyzer.reporter.picture.slots import Slots

#: Places from one column to the next; slots are far smaller.
_COLUMN = 1 << 20


class Turn(Record):
    """An edge that turns in a gap: from one place to another, where it goes into an item of the next layer."""

    edge: int
    start: int
    end: int
    into: int
    track: int

    def __init__(self, edge: int, start: int, end: int, into: int) -> None:
        self.edge = edge
        self.start = start
        self.end = end
        self.into = into
        self.track = 0


def turns_of(found: Layered, columns: Columns, slots: Slots) -> list[list[Turn]]:
    """The turns in each gap, without their tracks."""
    gaps: list[list[Turn]] = [[] for _ in found.layers[1:]]
    for edge, way in enumerate(found.ways):
        place = columns.of(way[0]) * _COLUMN + slots.starts[edge]
        gap = found.level[way[0]]
        for item in way[1:]:
            end = columns.of(item) * _COLUMN
            if item == way[-1]:
                end += slots.ends[edge]
            if end != place:
                gaps[gap].append(Turn(edge, place, end, item))
            place = end
            gap += 1
    return gaps


def tracked(turns: Sequence[Turn], *, forced: bool = False) -> tuple[int, list[int]]:
    """Gives each turn of a gap its track; returns how many there are, and the items that stand in the way.

    Those are items at whose place an edge leaves that turns both before and after the one that arrives. They need a
    column of their own. With `forced` both edges share the place.
    """
    above = _before(turns, together=not forced)
    waits = [len(others) for others in above]
    below: list[list[int]] = [[] for _ in turns]
    for here, others in enumerate(above):
        for other in others:
            below[other].append(here)
    ready = [here for here, wait in enumerate(waits) if not wait]
    lines: list[list[tuple[int, int]]] = []
    for here in ready:
        turn = turns[here]
        low, high = sorted((turn.start, turn.end))
        track = max((turns[other].track + 1 for other in above[here]), default=0)
        while track < len(lines) and any(low <= end and start <= high for start, end in lines[track]):
            track += 1
        if track >= len(lines):
            lines.extend([] for _ in range(track + 1 - len(lines)))
        lines[track].append((low, high))
        turn.track = track
        for other in below[here]:
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    if len(ready) == len(turns):
        return len(lines), []
    stuck = [turn for turn, wait in zip(turns, waits, strict=True) if wait]
    starts = {turn.start for turn in stuck}
    return len(lines), [turn.into for turn in stuck if turn.end in starts]


def _before(turns: Sequence[Turn], *, together: bool) -> list[list[int]]:
    """For each turn those that are on a higher track."""
    above: list[list[int]] = [[] for _ in turns]
    right = [here for here, turn in enumerate(turns) if turn.end > turn.start]
    left = [here for here, turn in enumerate(turns) if turn.end < turn.start]
    right.sort(key=lambda here: -turns[here].start)
    left.sort(key=lambda here: turns[here].start)
    for here, there in combinations(right, 2):
        one, other = turns[here], turns[there]
        if one.end > other.end and one.start <= other.end:
            above[there].append(here)
    for here, there in combinations(left, 2):
        one, other = turns[here], turns[there]
        if one.end < other.end and one.start >= other.end:
            above[there].append(here)
    if together:
        starts = {turn.start: here for here, turn in enumerate(turns)}
        for here, turn in enumerate(turns):
            leaves = starts.get(turn.end)
            if leaves is not None:
                above[here].append(leaves)
    return above
