"""Doubts about a whole network: what makes all of its numbers those of another network, though every layer fits.

Each command asks these questions where `Network.doubtful` lets it, so they are cheap: they look at the inputs, and at
what comes before the outputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.diagnostics import Diagnostic
from analyzer.engine.network import Network, Node
from analyzer.loader.parse.description import Model
from analyzer.volume import Volume

#: A single layer at the end that acts at each of more positions than this is taken for a map on purpose.
_MAP = 256

#: The largest depth of an image.
_COLOURS = 4

#: The sides of a plane: a square above the first, other usual formats above the second.
_SQUARE, _LARGE = 8, 100

#: More features than this are seldom an odd number without a 5: with a length that is close to it, they are a side.
_FEATURES = 40

_FORMATS = ((4, 3), (3, 2), (16, 9), (16, 10))


def doubts(network: Network, model: Model) -> list[Diagnostic]:
    """The findings of the checks that are marked `MISLEADS`; they are imported only where there is a doubt."""
    if not any(True for doubtful in (written_first, planes, linear_heads) for _ in doubtful(network)):
        return []
    from analyzer.checks.run import misleading, run
    from analyzer.checks.subject import Subject
    from analyzer.engine.analysis import analyze_network

    return run(Subject(analyze_network(network, name=model.name, file=model.file), model), misleading())


def written_first(network: Network) -> Iterator[tuple[Node, Volume]]:
    """The inputs that look as if their depth or a batch were written first, and the volumes that they mean."""
    for node in network.inputs:
        meant = node.output.reordered
        if meant is not None:
            yield node, meant


def planes(network: Network) -> Iterator[tuple[Node, Node]]:
    """The 1-D inputs that look like a plane without a depth, each with the first window that slides over it."""
    for node in network.inputs:
        if node.output.rank == 1 and _looks_like_plane(*node.output.sizes):
            reader = _first_window(network, node)
            if reader is not None:
                yield node, reader


def _looks_like_plane(height: int, width: int) -> bool:
    large, small = max(height, width), min(height, width)
    if large == small:
        return large > _SQUARE
    odd = width % 2 == 1 and width % 5 != 0 and width > _FEATURES and 2 * large <= 3 * small
    return odd or (small > _LARGE and any(large * b == small * a for a, b in _FORMATS))


def _first_window(network: Network, source: Node) -> Node | None:
    """The first node that slides a window over `source`, or over what changes each of its cells by itself."""
    same = {source.index}
    for node in network.nodes:
        if len(node.inputs) == 1 and node.inputs[0].index in same:
            if node.layer.window(node.flow.input) is not None:
                return node
            if node.layer.pointwise:
                same.add(node.index)
    return None


def linear_heads(network: Network) -> Iterator[Node]:
    """The first of the layers at each end that act at each position, where one over the whole volume must be meant."""
    for output in network.outputs:
        if output.output.rank < 2 or output.output.positions == 1:
            continue
        chain = _positional(output)
        if chain and _must_be_whole(network, chain):
            yield chain[-1]


def _positional(node: Node) -> list[Node]:
    """The layers at the end that sum over the depth at each position, the last one first."""
    found = []
    while len(node.inputs) == 1:
        if _acts_at_each(node):
            found.append(node)
        elif not node.layer.pointwise:
            break
        node = node.inputs[0]
    return found


def _acts_at_each(node: Node) -> bool:
    layer = node.layer
    return layer.linear and not layer.dense and layer.window(node.flow.input) is None


def _must_be_whole(network: Network, chain: list[Node]) -> bool:
    """Whether these layers end a classifier and not a map: windows made the volume smaller, and nothing larger."""
    source = chain[-1].inputs[0]
    while len(source.inputs) == 1 and source.layer.pointwise:
        source = source.inputs[0]
    if not source.inputs:
        return source.output.depth <= _COLOURS
    layer = source.layer
    made_small = layer.pools or layer.merges or layer.window(source.flow.input) is not None
    if not made_small or any(node.layer.grows for node in network.nodes):
        return False
    positions = chain[0].output.positions
    if any(_acts_at_each(node) for node in network.nodes if node.index < chain[-1].index):
        return False
    return positions < network.inputs[0].output.positions and (len(chain) > 1 or positions <= _MAP)
