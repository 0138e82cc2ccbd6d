"""Attention with its projections, and the gates and tokens that come with it."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.attention import ClassToken, MultiHeadAttention, PositionTable, SqueezeExcite
from analyzer.layers.axes import per_axis
from analyzer.layers.operations import PROJECTIONS
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built, Code, Layout, NoTemplate
from analyzer.loader.writing.torch.layers.activations import MODULES
from analyzer.loader.writing.torch.layers.making import batched, either, sizes_in
from analyzer.volume import Volume


def multi_head_attention(layer: MultiHeadAttention, node: Node) -> Built:
    """`nn.MultiheadAttention`; `Attention` of the file for what it does not have."""
    query, key, value = _volumes(node)
    depth = layer.key_depth or query.depth // layer.heads
    values = layer.value_depth or depth
    special = layer.within is not None or layer.relative_position or len(layer.biases) not in (0, len(PROJECTIONS))
    if special or {depth * layer.heads, values * layer.heads} != {query.depth}:
        return _own(layer, node, depth, values)
    if (layer.key_value_heads or layer.heads) != layer.heads:
        return _own(layer, node, depth, values)
    named = options(
        bias=unless(bool(layer.biases), True),
        kdim=unless(key.depth, query.depth),
        vdim=unless(value.depth, query.depth),
        batch_first=True,
    )
    texts = batched(node)
    reads = [texts[0], texts[1 % len(texts)], texts[-1]]
    reads = [
        f"{text}.flatten(1, -2)" if volume.rank > 1 else text
        for text, volume in zip(reads, (query, key, value), strict=True)
    ]
    forward = f"{{self}}({', '.join(reads)}, need_weights=False)[0]"
    if query.rank > 1:
        forward += f".unflatten(1, {query.spatial})"
    return Built("nn.MultiheadAttention", (query.depth, layer.heads), named, forward, Layout.LAST)


def _volumes(node: Node) -> tuple[Volume, Volume, Volume]:
    """The volumes of the queries, of the keys and of the values."""
    inputs = node.flow.inputs
    return inputs[0], inputs[1 % len(inputs)], inputs[-1]


def _own(layer: MultiHeadAttention, node: Node, depth: int, values: int) -> Built:
    """`Attention` of the file."""
    query, key, value = _volumes(node)
    window = None if layer.within is None else per_axis(layer.within, query.rank, "window")
    queried = query.spatial if window is None else window
    if layer.relative_position is True and window is None and key.spatial != query.spatial:
        raise NoTemplate("nothing says which relative positions a memory of other axes has")
    named = options(
        key_depth=unless(depth * layer.heads, query.depth) and depth,
        value_depth=unless(values, depth),
        groups=unless(layer.key_value_heads or layer.heads, layer.heads),
        kdim=unless(key.depth, query.depth),
        vdim=unless(value.depth, query.depth),
        bias=unless(tuple(layer.biases), PROJECTIONS),
        window=window,
        relative=queried if layer.relative_position is True else None,
        decomposed=(queried, key.spatial if window is None else window)
        if layer.relative_position == "decomposed"
        else None,
    )
    forward = f"{{self}}({', '.join(batched(node))})"
    needs = ("cut_windows", "join_windows", "Attention")
    return Built("Attention", (query.depth, layer.heads), named, forward, Layout.LAST, needs=needs)


def squeeze_excite(layer: SqueezeExcite, node: Node) -> Built:
    """`SqueezeExcite` of the file."""
    depth = node.flow.input.depth
    reduced = layer.reduced or max(1, depth // layer.ratio)
    gate = "nn.Softmax(1)" if layer.gate == "softmax" else f"nn.{MODULES[layer.gate]}()"
    named = options(
        activation=unless(Code(f"nn.{MODULES[layer.act]}()"), "nn.ReLU()"),
        gate=unless(Code(gate), "nn.Sigmoid()"),
        bias=unless(layer.bias, True),
    )
    return Built("SqueezeExcite", (depth, reduced), named, layout=Layout.FIRST, needs=("SqueezeExcite",))


def class_token(layer: ClassToken, node: Node) -> Built:
    """Rows before the tokens, the same for every sample."""
    text = "torch.cat([{self}.expand({0}.shape[0], -1, -1), {0}], 1)"
    return Built("nn.Parameter", (1, layer.count, node.output.depth), {}, text, Layout.LAST)


def position_table(layer: PositionTable, node: Node) -> Built:
    """A table that is added."""
    volume = node.output
    return either(lambda layout: Built("nn.Parameter", (1, *sizes_in(volume, layout)), {}, "{0} + {self}"))
