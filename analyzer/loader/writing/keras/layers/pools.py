"""Pools with a window, and pools of whole planes."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.pooling import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    BlurPool,
    GlobalAvgPool,
    GlobalMaxPool,
    LpPool,
    MaxPool,
    Pool,
    SpatialPyramidPool,
)
from analyzer.layers.windows import Window
from analyzer.loader.writing.code.making import alike, options, reached, unless
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.keras.layers.convolutions import same
from analyzer.loader.writing.keras.layers.making import in_all, of_rank, padding_of

#: Activations that put out no value below 0: around them, zeros change the largest value of no window.
_AT_LEAST_ZERO = ("relu", "relu6", "sigmoid", "hard_sigmoid", "softplus", "softmax")


def max_pool(layer: MaxPool, node: Node) -> Built:
    """`MaxPooling2D`, behind a layer that pads where Keras does not pad so."""
    window = layer.window(node.flow.input)
    if max(window.dilation) > 1:
        return _dilated(node, window)
    zeros = node.inputs[0].layer.type in _AT_LEAST_ZERO
    return _pooled(layer, node, "MaxPooling", window, zeros=zeros)


def _dilated(node: Node, window: Window) -> Built:
    """The largest cells of `windows` of the file: no pool of Keras has a dilation."""
    pairs = reached(window, node)
    values: dict[str, object] = {"kernel": window.kernel, "strides": window.stride, "dilation": window.dilation}
    padded = "{0}"
    if any(map(sum, pairs)):
        padded, values["padding"] = 'ops.pad({0}, {padding}, constant_values=float("-inf"))', in_all(pairs)
    text = f"ops.max(windows({padded}, {{kernel}}, {{strides}}, {{dilation}}), axis=-2)"
    return Built(forward=text, needs=("windows",), values=values)


def avg_pool(layer: AvgPool, node: Node) -> Built:
    """`AveragePooling2D`; where the padding is written, it counts as zeros, as in torch."""
    return _pooled(layer, node, "AveragePooling", layer.window(node.flow.input), zeros=True)


def lp_pool(layer: LpPool, node: Node) -> Built:
    """The root of the sum of squares: an average pool of them, times the cells of a window."""
    window = layer.window(node.flow.input)
    built = _pooled(layer, node, "AveragePooling", window, zeros=True, always=True)
    inner = built.forward.replace("{0}", "ops.square({0})")
    built.forward, built.values = f"ops.sqrt({{taps}} * {inner})", {**built.values, "taps": window.taps}
    return built


def _pooled(layer: Pool, node: Node, kind: str, window: Window, *, zeros: bool, always: bool = False) -> Built:
    """A pool that Keras has. With `always`, padding is a layer of its own: Keras's own does not count in a mean."""
    volume = node.flow.input
    pairs = reached(window, node)
    stride = unless(alike(window.stride), alike(window.kernel))
    built = Built(of_rank(kind, volume.rank), (alike(window.kernel),), options(strides=stride))
    if not any(map(sum, pairs)):
        return built
    if pairs == same(window, volume) and not always:
        built.named = options(strides=stride, padding="same")
    elif zeros:
        built.forward = f"{{self}}({of_rank('ZeroPadding', volume.rank)}({{padding}})({{0}}))"
        built.values = {"padding": padding_of(pairs)}
    else:
        built.forward = '{self}(ops.pad({0}, {padding}, constant_values=float("-inf")))'
        built.values = {"padding": in_all(pairs)}
    return built


def blur_pool(layer: BlurPool, node: Node) -> Built:
    """`BlurPool` of the file: a fixed filter on each plane."""
    window = layer.window(node.flow.input)
    named = options(
        kernel_size=unless(alike(window.kernel), 3), strides=unless(alike(window.stride), 2), padding=window.padding
    )
    return Built("BlurPool", (), named, needs=("BlurPool",))


def global_avg_pool(layer: GlobalAvgPool, node: Node) -> Built:
    """`GlobalAveragePooling2D`, which keeps the axes here; a vector has nothing to pool."""
    return _whole(node, "GlobalAveragePooling")


def global_max_pool(layer: GlobalMaxPool, node: Node) -> Built:
    """`GlobalMaxPooling2D`, which keeps the axes here."""
    return _whole(node, "GlobalMaxPooling")


def _whole(node: Node, kind: str) -> Built:
    rank = node.flow.input.rank
    return Built(of_rank(kind, rank), (), {"keepdims": True}) if rank else Built("layers.Identity")


def adaptive_avg_pool(layer: AdaptiveAvgPool, node: Node) -> Built:
    """`AdaptiveAveragePooling2D`; of one cell it is a global pool."""
    return _adaptive(node, "AveragePooling")


def adaptive_max_pool(layer: AdaptiveMaxPool, node: Node) -> Built:
    """`AdaptiveMaxPooling2D`; of one cell it is a global pool."""
    return _adaptive(node, "MaxPooling")


def _adaptive(node: Node, kind: str) -> Built:
    if node.output.positions == 1:
        return _whole(node, f"Global{kind}")
    return Built(of_rank(f"Adaptive{kind}", node.output.rank), (alike(node.output.spatial),))


def spatial_pyramid_pool(layer: SpatialPyramidPool, node: Node) -> Built:
    """The levels, each flattened, one after the other."""
    pool = of_rank("AdaptiveMaxPooling", node.flow.input.rank)
    level = f"layers.Flatten()({pool}(bins)({{0}}))"
    return Built("layers.Concatenate", forward=f"{{self}}([{level} for bins in {{bins}}])", values={"bins": layer.bins})
