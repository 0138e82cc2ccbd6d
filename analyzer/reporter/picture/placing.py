"""The placements of all scopes of a scene, from the outside in: the slots of a box are those of the ports inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.record import Record
from analyzer.reporter.picture.layers import Wiring
from analyzer.reporter.picture.layout import Placement, placed
from analyzer.reporter.picture.scene import Box, Edge, Scene, Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Slots at one side of a box, by the layer whose volume passes there.
    Side: TypeAlias = Mapping[int, Sequence[int]]

    #: Placements that were made, by what they were made for; scopes are often alike.
    Known: TypeAlias = dict[tuple[object, ...], Placement]


class Laid(Record):
    """A placed scope.

    box        the box whose inside it is
    edges      its edges, numbered as in `placement.drawn`; for the whole network they begin and end at boxes: after the
               parts come its inputs, then its outputs
    placement  where everything is
    more       of each item that has such: how many edges that are not drawn leave it, and how many arrive at it
    """

    box: Box
    edges: list[Edge]
    placement: Placement
    more: dict[int, list[int]]

    def drawn(self) -> Iterator[tuple[Edge, int, int, list[int]]]:
        """The drawn edges, with the slots of their ends and their bends."""
        placement = self.placement
        for number, start, end, bends in zip(
            placement.drawn, placement.starts, placement.ends, placement.bends, strict=True
        ):
            yield self.edges[number], start, end, bends

    def sides(self) -> tuple[dict[int, dict[int, list[int]]], dict[int, dict[int, list[int]]]]:
        """The slots at the upper sides of items, and those at their lower sides: by item, then by layer."""
        upper: dict[int, dict[int, list[int]]] = {}
        lower: dict[int, dict[int, list[int]]] = {}
        for edge, start, end, _ in self.drawn():
            upper.setdefault(edge.target, {}).setdefault(edge.node, []).append(end)
            lower.setdefault(edge.source, {}).setdefault(edge.node, []).append(start)
        return upper, lower


def laid_out(scene: Scene, opened: set[int] | None = None) -> dict[int, Laid]:
    """The placed scopes of the open boxes, by the ids of the boxes; None: of all boxes with parts."""
    found: dict[int, Laid] = {}
    known: Known = {}
    left: list[tuple[Box, Side, Side]] = [(scene.root, {}, {})]
    while left:
        box, arrive, leave = left.pop()
        laid = found[box.id] = _laid(box, arrive, leave, known)
        upper, lower = laid.sides()
        for place, part in enumerate(box.parts):
            if part.parts and (opened is None or part.id in opened):
                left.append((part, upper.get(place, {}), lower.get(place, {})))
    return found


def _laid(box: Box, arrive: Side, leave: Side, known: Known) -> Laid:
    """The placed scope of a box with these slots at its upper and lower side."""
    scope = box.scope
    assert scope is not None
    more: dict[int, list[int]] = {item: [0, len(nodes)] for item, nodes in scope.stubs.items()}
    if box.parent is None:
        edges = _between_boxes(scope, len(box.parts))
        boxes, enters, leaves = len(box.parts) + len(scope.enters) + len(scope.leaves), [], []
    else:
        boxes = len(box.parts)
        edges = list(_continued(scope, boxes, arrive, leave, more))
        enters = [min(arrive.get(node, (0,)), key=abs) for node in scope.enters]
        leaves = [min(leave.get(node, (0,)), key=abs) for node in scope.leaves]
    wiring = _wiring(box, boxes, edges, enters, leaves)
    placement = known.get(wiring.key)
    if placement is None:
        placement = known[wiring.key] = placed(wiring)
    for item, out, into in placement.more:
        counts = more.setdefault(item, [0, 0])
        counts[0] += out
        counts[1] += into
    return Laid(box, edges, placement, more)


def _between_boxes(scope: Scope, parts: int) -> list[Edge]:
    """The edges of the whole network, whose inputs and outputs are boxes."""
    inputs = len(scope.enters)
    return [
        Edge(
            edge.source if edge.source >= 0 else parts - 1 - edge.source,
            edge.target if edge.target < parts else edge.target + inputs,
            edge.node,
        )
        for edge in scope.edges
    ]


def _continued(scope: Scope, parts: int, arrive: Side, leave: Side, more: dict[int, list[int]]) -> Iterator[Edge]:
    """The edges of a scope; those that continue from an edge that is not drawn outside are not drawn either."""
    for edge in scope.edges:
        if edge.source < 0 and edge.node not in arrive:
            more.setdefault(edge.target, [0, 0])[1] += 1
        elif edge.target >= parts and edge.node not in leave:
            more.setdefault(edge.source, [0, 0])[0] += 1
        else:
            yield edge


def _wiring(box: Box, boxes: int, edges: Sequence[Edge], enters: Sequence[int], leaves: Sequence[int]) -> Wiring:
    """What the layout needs to know of a scope."""
    groups: dict[tuple[int, int], int] = {}
    fans = [_fan(part) for part in box.parts]
    return Wiring(
        boxes,
        [edge.source for edge in edges],
        [edge.target for edge in edges],
        [groups.setdefault((edge.source, edge.node), len(groups)) for edge in edges],
        [fans[edge.target].get(edge.node, 1) if edge.target < len(fans) else 1 for edge in edges],
        enters,
        leaves,
    )


def _fan(box: Box) -> dict[int, int]:
    """Into how many edges the volume of a layer splits at an in-port of a box; only those of more than one."""
    fan: dict[int, int] = {}
    if box.scope is not None:
        for edge in box.scope.edges:
            if edge.source < 0:
                fan[edge.node] = fan.get(edge.node, 0) + 1
    return fan
