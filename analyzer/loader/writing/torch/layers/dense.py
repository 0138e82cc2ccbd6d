"""Dense layers, and the table of an embedding."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.dense import Dense, Embedding, Linear
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built, Layout
from analyzer.loader.writing.torch.layers.convolutions import weight_normed


def dense(layer: Dense, node: Node) -> Built:
    """`nn.Linear` over the flattened volume."""
    volume = node.flow.input
    named = options(bias=unless(layer.bias, True))
    forward = "{self}({0}.flatten(1))" if volume.rank else "{self}({0})"
    built = Built("nn.Linear", (volume.size, layer.units), named, forward)
    return weight_normed(built) if layer.weight_norm else built


def linear(layer: Linear, node: Node) -> Built:
    """`nn.Linear`, which reads the last axis."""
    named = options(bias=unless(layer.bias, True))
    built = Built("nn.Linear", (node.flow.input.depth, layer.units), named, layout=Layout.LAST)
    return weight_normed(built) if layer.weight_norm else built


def embedding(layer: Embedding, node: Node) -> Built:
    """`nn.Embedding`. An index that another layer has calculated may be no whole number in PyTorch."""
    forward = "{self}({0})" if node.inputs[0].index < 0 else "{self}({0}.long())"
    return Built("nn.Embedding", (layer.vocabulary, layer.size), {}, forward, Layout.LAST)
