"""The layered layout of one scope: the row and column of each box, and where each edge turns. Integers, no sizes.

A scope is the inside of a block, or the whole network: `boxes` children numbered from 0, and edges between them. The
flow goes from the top to the bottom. `−1 − p` as a source is the in-port p, on the upper border; `boxes + q` as a
target is the out-port q, on the lower border, as in `scene.Scope`. The whole network has no ports: its inputs and
outputs are boxes of their own, behind the others.

A `Placement` serialises as it is:

    rows     row of each box; 0 is the highest
    columns  column of each box, from the left
    lanes    how many columns there are; some have no box: only lines run down there
    axis     the column of all ports
    tracks   tracks[g]: on how many horizontal tracks edges turn in the gap above row g; the last gap is below all rows
    drawn    the edges that are drawn, as indices; the others are stubs (see `more`)
    starts   of each drawn edge: its slot at the lower side of its source
    ends     of each drawn edge: its slot at the upper side of its target
    bends    of each drawn edge: gap, track, column, gap, track, column, …
    more     [box, out, in] for each box with edges that are not drawn, as too many pass a row: how many leave it and
             how many arrive. They are two short stubs with a label, `+37 more`. (A port is written as in an edge.)

**Slots.** A box has an axis, a vertical line through the middle of a closed box. An edge leaves or arrives `slot` half
steps right of that axis (negative: left); the straight edge of a chain has slot 0 at both ends, and two neighbours are
at least two half steps apart. An open box keeps the slots of the closed one: its in-ports and out-ports have these
slots, and its axis is the column `axis` of its own placement. So edges run through the border without a bend, and
nothing outside moves to another track when a box opens.

**Way of an edge.** Down from its start. At each bend (g, t, c) it turns in gap g on track t (0 is the highest), then
goes down in column c: on its axis, but on the slot of its end behind the last bend. An edge without a bend is straight.

**Stacking** is the only part that depends on sizes (`stacking.py`, and once more in the page's script). A box has room
`left` and `right` of its axis, with the space around it, and a `height`. A column is as wide as its widest box on each
side, at least `lane`; a row is as high as its highest box, and boxes are at its upper side; a gap has room for labels
(`label`), its tracks, and arrow heads (`arrow`):

    x[0] = left[0]; x[c] = x[c-1] + right[c-1] + left[c]      axis of column c
    top[g]                                                    upper side of gap g; the first is 0
    y[r] = top[r] + label + tracks[r]·track + arrow           upper side of row r; top[r+1] = y[r] + height[r]
    edge: from x[column of its source] + start·half at the lower side of its source (an in-port: at y 0),
          along its bends on top[g] + label + (t + ½)·track,
          to x[column of its target] + end·half at the upper side of its target (an out-port: at y[number of rows])

The lower side of a box that is not as high as its row is above the gap: its edges run down through the rest of the row.

**Bars.** Several edges may continue from one in-port: it is a bar on the border, from the smallest to the largest of
its slots inside and outside. So is an out-port from which several edges leave. Bars never overlap.

**Where labels are free.** Right of the last slot of a box, directly below it, in the `label` room of the gap: nothing
but the box's own edges is there, so the volume of its output is written there, once for all its edges. Beside a lane,
an edge that passes a row in column c: in that row, right of the axis of c, as far as the column reaches.

>>> from analyzer.reporter.picture.layers import plain
>>> residual = placed(plain(4, [(0, 1), (1, 2), (2, 3), (0, 3)]))  # a chain of four boxes, and a skip around two
>>> residual.rows, residual.columns, residual.lanes
([0, 1, 2, 3], [0, 0, 0, 0], 2)
>>> residual.bends  # the skip turns to its lane in the gap above row 1, and back in that above row 3
[[], [], [], [1, 0, 1, 3, 0, 0]]
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.record import Record
from analyzer.reporter.picture.columns import Columns, columns_of
from analyzer.reporter.picture.layers import MOST_LANES, Layered, Wiring, layered
from analyzer.reporter.picture.order import ordered
from analyzer.reporter.picture.slots import Slots, slots_of
from analyzer.reporter.picture.tracks import Turn, tracked, turns_of

#: How often columns are parted before two edges may share a place; random graphs need one or two.
_PARTINGS = 16


class Placement(Record):
    """Where boxes and edges of a scope are; see the module."""

    rows: list[int]
    columns: list[int]
    lanes: int
    axis: int
    tracks: list[int]
    drawn: list[int]
    starts: list[int]
    ends: list[int]
    bends: list[list[int]]
    more: list[list[int]]


def placed(wiring: Wiring, most_lanes: int | None = MOST_LANES) -> Placement:
    """The placement of a scope. Costs a step for each edge and row that it passes, times the sweeps."""
    found = layered(wiring, most_lanes)
    ordered(found)
    columns = columns_of(found)
    slots, gaps, tracks = _turned(wiring, found, columns)
    bends: list[list[int]] = [[] for _ in found.ways]
    for gap, turns in enumerate(gaps):
        for turn in turns:
            bends[turn.edge] += [gap, turn.track, columns.of(turn.into)]
    boxes = range(wiring.boxes)
    ports = [layer[0] for layer in (found.layers[0], found.layers[-1]) if layer]
    return Placement(
        rows=[found.level[box] - 1 for box in boxes],
        columns=[columns.of(box) for box in boxes],
        lanes=max(columns.column, default=-1) + 1,
        axis=columns.of(ports[0]) if ports else 0,
        tracks=tracks,
        drawn=found.drawn,
        starts=slots.starts,
        ends=slots.ends,
        bends=bends,
        more=_more(wiring, found.drawn),
    )


def _turned(wiring: Wiring, found: Layered, columns: Columns) -> tuple[Slots, list[list[Turn]], list[int]]:
    """Slots, and turns with their tracks; where turns wait for each other, columns are parted first."""
    ports = {columns.block[layer[0]] for layer in (found.layers[0], found.layers[-1]) if layer}
    for _ in range(_PARTINGS):
        slots = slots_of(wiring, found, columns)
        gaps = turns_of(found, columns, slots)
        results = [tracked(turns) for turns in gaps]
        stuck = {columns.block[item] for _, items in results for item in items} - ports
        if not any(items for _, items in results):
            return slots, gaps, [count for count, _ in results]
        if not stuck:
            break
        columns.parted(stuck)
    slots = slots_of(wiring, found, columns)
    gaps = turns_of(found, columns, slots)
    return slots, gaps, [tracked(turns, forced=True)[0] for turns in gaps]


def _more(wiring: Wiring, drawn: Sequence[int]) -> list[list[int]]:
    """The boxes with edges that are not drawn: how many leave, how many arrive."""
    if len(drawn) == len(wiring.sources):
        return []
    counts: dict[int, list[int]] = {}
    kept = set(drawn)
    for edge, ends in enumerate(zip(wiring.sources, wiring.targets, strict=True)):
        if edge not in kept:
            for side, box in enumerate(ends):
                counts.setdefault(box, [0, 0])[side] += 1
    return [[box, *counts[box]] for box in sorted(counts)]
