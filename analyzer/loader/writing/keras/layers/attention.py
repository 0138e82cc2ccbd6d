"""Attention with its projections, and the gates and tokens that come with it."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.attention import ClassToken, MultiHeadAttention, PositionTable, SqueezeExcite
from analyzer.layers.axes import per_axis
from analyzer.layers.operations import PROJECTIONS
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built, NoTemplate


def multi_head_attention(layer: MultiHeadAttention, node: Node) -> Built:
    """`MultiHeadAttention` or `GroupQueryAttention`; `Attention` of the file for what they do not have."""
    volumes = node.flow.inputs
    key = layer.key_depth or volumes[0].depth // layer.heads
    value, groups = layer.value_depth or key, layer.key_value_heads or layer.heads
    forward = _forward(len(volumes))
    special = layer.within is not None or layer.relative_position or len(layer.biases) not in (0, len(PROJECTIONS))
    if special or any(volume.rank != volumes[0].rank for volume in volumes):
        return _own(layer, node, key, value)
    bias = unless(bool(layer.biases), True)
    if groups == layer.heads:
        named = options(value_dim=unless(value, key), use_bias=bias)
        return Built("layers.MultiHeadAttention", (layer.heads, key), named, forward)
    if value == key and volumes[0].rank == 1 and len({volume.depth for volume in volumes}) == 1:
        return Built("layers.GroupQueryAttention", (key, layer.heads, groups), options(use_bias=bias), forward)
    return _own(layer, node, key, value)


def _forward(count: int) -> str:
    """Keras takes the query, the value, and then the key."""
    return ("{self}({0}, {0})", "{self}({0}, {1})", "{self}({0}, {2}, {1})")[count - 1]


def _own(layer: MultiHeadAttention, node: Node, key: int, value: int) -> Built:
    """`Attention` of the file."""
    if layer.relative_position == "decomposed":
        raise NoTemplate("Keras has no attention with a table of relative positions for each axis")
    volume = node.flow.input
    if layer.relative_position and any(other.spatial != volume.spatial for other in node.flow.inputs):
        raise NoTemplate("Keras has no attention with relative positions over a memory of other sizes")
    window = None if layer.within is None else per_axis(layer.within, volume.rank, "window")
    named = options(
        value_dim=unless(value, key),
        key_value_heads=layer.key_value_heads,
        bias=unless(layer.biases, PROJECTIONS),
        window=window,
        relative_position=unless(bool(layer.relative_position), False),
    )
    needs = ("Attention",)
    return Built("Attention", (layer.heads, key), named, _forward(len(node.inputs)), needs=needs)


def squeeze_excite(layer: SqueezeExcite, node: Node) -> Built:
    """`SqueezeExcite` of the file."""
    reduced = layer.reduced or max(1, node.flow.input.depth // layer.ratio)
    acts = {name: {"hard_swish": "hard_silu"}.get(name, name) for name in (layer.act, layer.gate)}
    named = options(
        activation=unless(acts[layer.act], "relu"),
        gate=unless(acts[layer.gate], "sigmoid"),
        bias=unless(layer.bias, True),
    )
    return Built("SqueezeExcite", (reduced,), named, needs=("SqueezeExcite",))


def class_token(layer: ClassToken, node: Node) -> Built:
    """`ClassToken` of the file."""
    return Built("ClassToken", (), options(count=unless(layer.count, 1)), needs=("ClassToken",))


def position_table(layer: PositionTable, node: Node) -> Built:
    """`PositionTable` of the file."""
    return Built("PositionTable", needs=("PositionTable",))
