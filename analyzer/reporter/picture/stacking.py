"""Sizes put on a placement: the only part of a drawing that depends on them. `layout` has the rules.

The page's script does the same again, since boxes open and close there.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.record import Record
from analyzer.reporter.picture.layout import Placement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: The corners of an edge.
    Way: TypeAlias = list[tuple[float, float]]


class Room(Record):
    """What boxes need: how far each reaches left and right of its axis, with the space around it, and its height."""

    left: Sequence[float]
    right: Sequence[float]
    height: Sequence[float]


class Measures(Record):
    """The distances of a drawing.

    half   half a step between slots
    track  from track to track
    lane   half the room of a line in a column beside boxes
    label  the room for labels below a row
    arrow  the room for arrow heads above a row
    """

    half: float = 5
    track: float = 10
    lane: float = 8
    label: float = 16
    arrow: float = 14


class Stacked(Record):
    """A drawing: axes of columns, upper sides of rows and of gaps, the corners of each drawn edge, the whole size."""

    x: list[float]
    y: list[float]
    tops: list[float]
    ways: list[Way]
    width: float
    height: float


def stacked(
    placement: Placement,
    room: Room,
    ends: Sequence[tuple[int, int]],
    measures: Measures,
    beside: Sequence[float] | None = None,
) -> Stacked:
    """The drawing of a placement. `ends` are source and target of each edge, `beside` the room right of each column."""
    x, width = _columns(placement, room, measures, beside or [0] * placement.lanes)
    heights = [0.0] * (len(placement.tracks) - 1)
    for row, height in zip(placement.rows, room.height, strict=True):
        heights[row] = max(heights[row], height)
    y: list[float] = []
    tops = [0.0]
    for count, height in zip(placement.tracks, [*heights, 0.0], strict=True):
        y.append(tops[-1] + measures.label + count * measures.track + measures.arrow)
        tops.append(y[-1] + height)
    ways = []
    for number, edge in enumerate(placement.drawn):
        source, target = ends[edge]
        column, top = (placement.axis, 0.0)
        if source >= 0:
            column, top = placement.columns[source], y[placement.rows[source]] + room.height[source]
        bottom = y[placement.rows[target] if target < len(placement.rows) else -1]
        at = x[column] + placement.starts[number] * measures.half
        way = [(at, top)]
        bends = placement.bends[number]
        for place in range(0, len(bends), 3):
            gap, track, column = bends[place : place + 3]
            level = tops[gap] + measures.label + (track + 0.5) * measures.track
            way.append((at, level))
            at = x[column] + (placement.ends[number] * measures.half if place + 3 == len(bends) else 0)
            way.append((at, level))
        ways.append([*way, (at, bottom)])
    return Stacked(x, y, tops, ways, width, y[-1])


def _columns(
    placement: Placement, room: Room, measures: Measures, beside: Sequence[float]
) -> tuple[list[float], float]:
    """The axis of each column, and the width of all."""
    left = [measures.lane] * placement.lanes
    right = [max(measures.lane, width) for width in beside]
    for box, column in enumerate(placement.columns):
        left[column] = max(left[column], room.left[box])
        right[column] = max(right[column], room.right[box])
    x = left[:1]
    for column in range(1, placement.lanes):
        x.append(x[-1] + right[column - 1] + left[column])
    return x, x[-1] + right[-1] if x else 0.0
