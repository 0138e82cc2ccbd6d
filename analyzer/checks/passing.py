"""What layers do to the values that pass them, as several checks ask it."""

from __future__ import annotations

from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.layers import Layer

#: The types that are a sum of inputs times trained weights, and nothing else.
LINEAR = frozenset(["conv", "depthwise_conv", "separable_conv", "conv_transpose", "dense", "linear"])

_DROPS = frozenset(["dropout", "spatial_dropout", "stochastic_depth"])
_VIEWS = frozenset(["flatten", "reshape"])


def drops(layer: Layer) -> float:
    """The rate of a dropout of any kind; 0 for every other layer."""
    return float(getattr(layer, "rate", 0)) if layer.type in _DROPS else 0.0


def hands_on(layer: Layer) -> bool:
    """Whether a layer hands on the values that it reads: flattened or reshaped, or a dropout of rate 0."""
    return layer.type in _VIEWS or (layer.type in _DROPS and not drops(layer))


def behind_views(node: Node) -> Node:
    """The node whose values these are: the first one above that does more than hand them on."""
    while hands_on(node.layer) and node.inputs:
        node = node.inputs[0]
    return node


def owners(subject: Subject) -> set[int]:
    """The indices of the nodes whose parameters another node reuses."""
    return {node.tied.index for node in subject.network.nodes if node.tied is not None}


def heads(subject: Subject) -> set[int]:
    """The indices of the nodes that put out an output of the network, no layer with MACs behind them on any path."""
    computed: set[int] = set()
    for row in reversed(subject.rows):
        node = row.node
        if node.index in computed or (row.macs and node.layer.type != "blur_pool"):
            computed.update(source.index for source in node.inputs)
    return {row.node.index for row in subject.rows if row.node.index not in computed} | subject.outputs
