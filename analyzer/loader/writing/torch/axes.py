"""Where the depth of each tensor is: torch's modules want it first or last, and some do not care."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Network, Node
from analyzer.loader.writing.code.template import Built, Layout

#: What moves the depth from one place to the other.
_MOVES = {
    (Layout.FIRST, Layout.LAST): ".movedim(1, -1)",
    (Layout.LAST, Layout.FIRST): ".movedim(-1, 1)",
}


class Axes:
    """The place of the depth in what each input and layer puts out, and what moves it where a layer wants another one.

    It is moved as soon as all that read a tensor want it elsewhere, so that blocks which follow need not.

    built   what each layer becomes there
    places  by the index of the node; a vector has only one axis, and counts as both
    moves   for each layer, what is written behind each volume that it reads
    after   for each layer, what is written behind what it puts out
    """

    # By hand: it asks the last layers first what they want.
    def __init__(self, network: Network, built: Sequence[Built]) -> None:
        self.built = list(built)
        self.places: dict[int, Layout] = {}
        self.moves: list[list[str]] = []
        self.after: list[str] = []
        wants = _wants(network, built)
        for node in network.inputs:
            self.places[node.index] = _only(wants.get(node.index)) or Layout.FIRST
        for node, one in zip(network.nodes, built, strict=True):
            place = self._wanted(node, one)
            if one.last is not None:
                self.built[node.index] = one.last if place is Layout.LAST else one.but(last=None)
            self.moves.append([self._move(source, place) for source in node.inputs])
            place = place if one.result is None else one.result
            wanted = _only(wants.get(node.index)) or place
            self.after.append(_MOVES.get((place, wanted), "") if node.output.rank else "")
            self.places[node.index] = wanted

    def _wanted(self, node: Node, built: Built) -> Layout:
        """Where a layer reads the depth: as it wants, or as the first tensor has it that another layer calculated."""
        if built.layout is not Layout.ANY:
            return built.layout
        with_axes = [source for source in node.inputs if source.output.rank]
        calculated = [source for source in with_axes if source.inputs or source.index < 0]
        for source in (*calculated, *with_axes):
            return self.places[source.index]
        return Layout.LAST

    def _move(self, source: Node, wanted: Layout) -> str:
        return _MOVES.get((self.places[source.index], wanted), "") if source.output.rank else ""

    def shape(self, node: Node) -> tuple[int, ...]:
        """The shape of a tensor with the batch in front."""
        volume = node.output
        if self.places[node.index] is Layout.LAST:
            return (*volume.spatial, volume.depth)
        return (volume.depth, *volume.spatial)


def _wants(network: Network, built: Sequence[Built]) -> dict[int, set[Layout]]:
    """Where the layers that read a tensor want its depth; what takes it as it comes wants what its readers want."""
    found: dict[int, set[Layout]] = {}
    for node in reversed(network.nodes):
        one = built[node.index]
        wanted = found.get(node.index, set()) if one.layout is Layout.ANY and one.result is None else {one.layout}
        for source in node.inputs:
            found.setdefault(source.index, set()).update(wanted - {Layout.ANY})
    return found


def _only(wanted: set[Layout] | None) -> Layout | None:
    return next(iter(wanted)) if wanted is not None and len(wanted) == 1 else None


def moved(built: Built, move: str) -> Built:
    """A layer whose output is moved."""
    simple = built.forward.startswith("{self}(") and built.forward.endswith(")")
    whole = built.forward if simple or built.forward in ("{self}", "{0}") else f"({built.forward})"
    found: Built = built.but(forward=f"{whole}{move}")
    return found
