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

    places  by the index of the node; a vector has only one axis, and counts as both
    moves   for each layer, what is written behind each volume that it reads
    """

    def __init__(self, network: Network, built: Sequence[Built]) -> None:
        self.places: dict[int, Layout] = {}
        self.moves: list[list[str]] = []
        self._enter(network, built)
        for node, one in zip(network.nodes, built, strict=True):
            wanted = self._wanted(node, one)
            self.moves.append([self._move(source, wanted) for source in node.inputs])
            self.places[node.index] = wanted if one.result is None else one.result

    def _enter(self, network: Network, built: Sequence[Built]) -> None:
        """The inputs of the network are as the first layer wants them that does not take them as they come."""
        wants: dict[int, Layout] = {}
        for node, one in zip(network.nodes, built, strict=True):
            wanted = one.layout
            for source in node.inputs:
                if wanted is Layout.ANY:
                    continue
                wants.setdefault(source.index, wanted)
        for node in network.inputs:
            self.places[node.index] = wants.get(node.index, Layout.FIRST)

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
