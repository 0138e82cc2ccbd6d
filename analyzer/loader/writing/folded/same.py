"""Whether two networks are the same but for the names of their layers."""

from __future__ import annotations

from analyzer.engine.network import Network, Node
from analyzer.loader.writing.folded.units import plain_values


def same(one: Network, other: Network) -> bool:
    """Whether the layers are the same in the same order, read the same, and are said the same of."""
    if len(one.nodes) != len(other.nodes) or [a.output for a in one.inputs] != [b.output for b in other.inputs]:
        return False
    if [node.index for node in one.outputs] != [node.index for node in other.outputs]:
        return False
    return all(_same(a, b) for a, b in zip(one.nodes, other.nodes, strict=True))


def _same(a: Node, b: Node) -> bool:
    if a.layer.type != b.layer.type or a.output != b.output or len(a.inputs) != len(b.inputs):
        return False
    if any(x.index != y.index for x, y in zip(a.inputs, b.inputs, strict=True)):
        return False
    if (a.tied and a.tied.index) != (b.tied and b.tied.index) or a.weights_only != b.weights_only:
        return False
    if a.frozen != b.frozen or a.origin.note != b.origin.note:
        return False
    return plain_values(a.layer) == plain_values(b.layer)
