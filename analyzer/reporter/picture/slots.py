"""Where edges leave boxes and arrive at them: slots beside the axis of a box, in half steps.

At the lower side of a box slots are even. At the upper side they are odd, but for the straight edge, which has slot 0,
so that an edge that leaves a box rarely turns exactly above one that arrives at the box below.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from analyzer.record import Record
from analyzer.reporter.picture.columns import Columns
from analyzer.reporter.picture.layers import Layered, Wiring


class Slots(Record):
    """The slot of each drawn edge at its source and at its target."""

    starts: list[int]
    ends: list[int]


def slots_of(wiring: Wiring, found: Layered, columns: Columns) -> Slots:
    """The slots of all drawn edges: in the order of where they lead to and come from, a straight one on the axis."""
    sides = _Sides(wiring, found, columns)
    leaving: dict[int, list[int]] = {}
    arriving: dict[int, list[int]] = {}
    for edge, way in enumerate(found.ways):
        leaving.setdefault(way[0], []).append(edge)
        arriving.setdefault(way[-1], []).append(edge)
    for item, edges in leaving.items():
        sides.leave(item, edges)
    for item, edges in arriving.items():
        sides.arrive(item, edges)
    return sides.slots


class _Sides:
    """The sides of boxes while their slots are found."""

    def __init__(self, wiring: Wiring, found: Layered, columns: Columns) -> None:
        self.wiring = wiring
        self.found = found
        self.columns = columns
        self.slots = Slots([0] * len(found.ways), [0] * len(found.ways))
        self.places = [0] * len(found.level)
        self.taken: list[set[int]] = []  # by layer, the columns that have an item
        for layer in found.layers:
            for place, item in enumerate(layer):
                self.places[item] = place
            self.taken.append({columns.of(item) for item in layer})
        self.straight = self._straight()

    def _straight(self) -> tuple[dict[int, int], dict[int, int]]:
        """By box, the edge that leaves straight down, and the edge that arrives from straight above."""
        leaving: dict[int, int] = {}
        arriving: dict[int, int] = {}
        for edge, way in enumerate(self.found.ways):
            first, last = way[:2], way[-2:]
            if self._aligned(*first) and first[0] not in leaving and (len(way) > 2 or last[1] not in arriving):
                leaving[first[0]] = edge
            if self._aligned(*last) and last[1] not in arriving and (len(way) > 2 or leaving.get(last[0]) == edge):
                arriving[last[1]] = edge
        return leaving, arriving

    def _aligned(self, upper: int, lower: int) -> bool:
        """Whether a line between these items can be straight."""
        same = self.columns.of(upper) == self.columns.of(lower)
        return same and not self._port(upper) and not self._port(lower)

    def _port(self, item: int) -> int:
        """The slot of a port; 0 for anything else."""
        port = item - self.wiring.boxes
        if port < 0 or item >= self.found.first:
            return 0
        enters = len(self.wiring.enters)
        return self.wiring.enters[port] if port < enters else self.wiring.leaves[port - enters]

    def leave(self, item: int, edges: list[int]) -> None:
        """Slots at the lower side of a box, or of an in-port on its inner side."""
        if len(edges) > 1:
            edges = self._by_port(edges)
        straight = self.straight[0].get(item)
        middle = (len(edges) - 1) // 2 if straight is None else edges.index(straight)
        for place, edge in enumerate(edges):
            self.slots.starts[edge] = self._port(item) + 2 * (place - middle)

    def _by_port(self, edges: list[int]) -> list[int]:
        """Edges from left to right, those of one out-port side by side."""
        found, groups, places = self.found, self.wiring.groups, self.places
        members: dict[int, list[int]] = {}
        for edge in edges:
            members.setdefault(groups[found.drawn[edge]], []).append(places[found.ways[edge][1]])
        mean = {group: sum(ends) / len(ends) for group, ends in members.items()}

        def key(edge: int) -> tuple[float, int, int, int]:
            group = groups[found.drawn[edge]]
            return mean[group], group, places[found.ways[edge][1]], edge

        return sorted(edges, key=key)

    def arrive(self, item: int, edges: list[int]) -> None:
        """Slots at the upper side of a box, or of an out-port on its inner side."""
        slots, found = self.slots, self.found
        if item >= self.wiring.boxes:
            for edge in edges:
                slots.ends[edge] = self._port(item)
            return
        edges = sorted(edges, key=lambda edge: (self.places[found.ways[edge][-2]], slots.starts[edge]))
        room = [self.wiring.room[found.drawn[edge]] for edge in edges]
        steps = [0]
        for here, there in pairwise(room):
            steps.append(steps[-1] + 2 * (here + there - 1))
        straight = self.straight[1].get(item)
        if straight is not None:
            axis = steps[edges.index(straight)]
            centred = [step - axis + (step > axis) - (step < axis) for step in steps]
        else:
            centred = self._centred(item, edges, steps)
        for edge, slot in zip(edges, centred, strict=True):
            slots.ends[edge] = slot

    def _centred(self, item: int, edges: Sequence[int], steps: Sequence[int]) -> list[int]:
        """Slots around the axis; odd ones where something leaves straight above."""
        shift = steps[-1] // 2
        column, above = self.columns.of(item), self.found.level[item] - 1
        if shift % 2 == 0 and column in self.taken[above]:
            comes = self.columns.of(self.found.ways[edges[0]][-2])
            shift += 1 if comes <= column else -1
        return [step - shift for step in steps]
