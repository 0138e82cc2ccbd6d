"""Rows of boxes, and edges cut into pieces from row to row.

An item is a box, a port, or the place where an edge passes a row. Items are whole numbers: the boxes of a scope, then
its in-ports, its out-ports, then the places that edges pass. A layer holds the items of a row, in order: the first one
holds the in-ports, the last one the out-ports, the rows of boxes are in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.record import Record

#: The most edges that pass a row beside its boxes; more cannot be followed by eye, and cost a step for each row.
MOST_LANES = 10


class Wiring(Record):
    """A scope to place: how many boxes it has, its edges, and the slots of its ports.

    sources  of each edge: a box, or `−1 − p` for the in-port p
    targets  of each edge: a box, or `boxes + q` for the out-port q
    groups   of each edge: a number; those of one source that continue from one out-port of it have the same
    room     of each edge: how many edges continue from the in-port of its target where it arrives; at least 1
    enters   the slot of each in-port
    leaves   the slot of each out-port
    """

    boxes: int
    sources: Sequence[int]
    targets: Sequence[int]
    groups: Sequence[int]
    room: Sequence[int]
    enters: Sequence[int]
    leaves: Sequence[int]

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for scopes that are placed alike."""
        lists = self.sources, self.targets, self.groups, self.room, self.enters, self.leaves
        return self.boxes, *map(tuple, lists)


def plain(boxes: int, edges: Iterable[tuple[int, int]]) -> Wiring:
    """A scope without ports."""
    pairs = list(edges)
    return Wiring(boxes, [s for s, _ in pairs], [t for _, t in pairs], [0] * len(pairs), [1] * len(pairs), (), ())


class Layered(Record):
    """A scope in layers.

    layers   the items of each layer, from the left
    level    the layer of each item
    above    the items that each item continues from, one layer higher; an edge that passes has one
    below    the items that each item continues to, one layer lower
    ways     of each drawn edge: its items, from its source to its target, one for each layer
    drawn    the edges that are drawn
    first    the first item where an edge passes: those before it are boxes and ports
    """

    layers: list[list[int]]
    level: list[int]
    above: list[list[int]]
    below: list[list[int]]
    ways: list[list[int]]
    drawn: list[int]
    first: int


def layered(wiring: Wiring, most_lanes: int | None = MOST_LANES) -> Layered:
    """The items of a scope in layers, those of a layer in a depth-first order from the top."""
    boxes, ports = wiring.boxes, len(wiring.enters)
    first = boxes + ports + len(wiring.leaves)
    ends = [
        (source if source >= 0 else boxes - 1 - source, target if target < boxes else target + ports)
        for source, target in zip(wiring.sources, wiring.targets, strict=True)
    ]
    level = _levels(wiring, ends, first)
    drawn = _drawn(ends, level, most_lanes)
    above: list[list[int]] = [[] for _ in range(first)]
    below: list[list[int]] = [[] for _ in range(first)]
    ways = []
    for edge in drawn:
        source, target = ends[edge]
        way = [source]
        for row in range(level[source] + 1, level[target]):
            way.append(len(level))
            level.append(row)
        way.append(target)
        above.extend([item] for item in way[:-2])
        below.extend([item] for item in way[2:])
        below[source].append(way[1])
        above[target].append(way[-2])
        ways.append(way)
    found = Layered([], level, above, below, ways, drawn, first)
    found.layers = _depth_first(found, wiring)
    return found


def _levels(wiring: Wiring, ends: Sequence[tuple[int, int]], count: int) -> list[int]:
    """The layer of each box and port: one below the lowest that it reads; what reads nothing is above its reader."""
    boxes, ports = wiring.boxes, len(wiring.enters)
    level = [1] * boxes + [0] * ports
    readers: list[list[int]] = [[] for _ in range(count)]
    waits = [0] * count
    for source, target in ends:
        readers[source].append(target)
        waits[target] += 1
    fed = [bool(wait) for wait in waits]
    ready = [item for item in range(boxes + ports) if not waits[item]]
    while ready:
        item = ready.pop()
        for reader in readers[item]:
            waits[reader] -= 1
            if reader < boxes:
                level[reader] = max(level[reader], level[item] + 1)
                if not waits[reader]:
                    ready.append(reader)
    for box in range(boxes):
        if not fed[box] and readers[box]:
            level[box] = max(1, min((level[r] for r in readers[box] if r < boxes), default=2) - 1)
    last = max(level[:boxes], default=0) + 1
    return level + [last] * (count - boxes - ports)


def _drawn(ends: Sequence[tuple[int, int]], level: Sequence[int], most: int | None) -> list[int]:
    """The edges that are drawn: where too many pass a row, the furthest are not."""
    passing = [0] * (max(level, default=0) + 1)
    long = sorted((level[target] - level[source], edge) for edge, (source, target) in enumerate(ends))
    dropped = set()
    for length, edge in long:
        if length < 2 or most is None:
            continue
        rows = range(level[ends[edge][0]] + 1, level[ends[edge][1]])
        if max(passing[rows.start : rows.stop]) >= most:
            dropped.add(edge)
            continue
        for row in rows:
            passing[row] += 1
    return [edge for edge in range(len(ends)) if edge not in dropped]


def _depth_first(found: Layered, wiring: Wiring) -> list[list[int]]:
    """The order before any sweep: depth first, boxes before edges that pass, so that a chain is left of its skips."""
    boxes, first = wiring.boxes, found.first
    layers: list[list[int]] = [[] for _ in range(max(found.level, default=0) + 1)]
    enters = sorted(range(len(wiring.enters)), key=wiring.enters.__getitem__)
    leaves = sorted(range(len(wiring.leaves)), key=wiring.leaves.__getitem__)
    seen = [False] * len(found.level)
    starts = [boxes + port for port in enters] + [box for box in range(boxes) if not found.above[box]]
    left = starts[::-1]
    while left:
        item = left.pop()
        if seen[item]:
            continue
        seen[item] = True
        if item < boxes or item >= first:
            layers[found.level[item]].append(item)
        left.extend(sorted(found.below[item], reverse=True))
    layers[0] = [boxes + port for port in enters if found.below[boxes + port]]
    lowest = [boxes + len(enters) + port for port in leaves if found.above[boxes + len(enters) + port]]
    if len(layers) < 2 or (layers[-1] and not leaves):
        layers.append([])
    layers[-1] = lowest
    return layers
