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
from analyzer.layers.windows import Window, window_count
from analyzer.loader.writing.code.making import alike, options, reached, unless
from analyzer.loader.writing.code.template import Built, Layout
from analyzer.loader.writing.torch.layers.making import even, of_rank, pads


def max_pool(layer: MaxPool, node: Node) -> Built:
    """`nn.MaxPool2d`, behind a padded copy where it does not pad so."""
    dilation = alike(layer.window(node.flow.input).dilation)
    return _pooled(layer, node, "MaxPool", "-torch.inf", dilation=unless(dilation, 1))


def avg_pool(layer: AvgPool, node: Node) -> Built:
    """`nn.AvgPool2d`; cells of the padding count in the mean."""
    return _pooled(layer, node, "AvgPool", "")


def lp_pool(layer: LpPool, node: Node) -> Built:
    """`nn.LPPool2d` of the norm 2, which never pads itself."""
    built = _pooled(layer, node, "LPPool", "", pads_itself=False)
    built.positional = (2, *built.positional)
    return built


def _pooled(
    layer: Pool, node: Node, kind: str, value: str, *, pads_itself: bool = True, **more: object | None
) -> Built:
    window = layer.window(node.flow.input)
    stride = unless(alike(window.stride), alike(window.kernel))
    first = (alike(window.kernel),) if stride is None else (alike(window.kernel), stride)
    built = Built(of_rank(kind, node.output.rank), first, options(**more), layout=Layout.FIRST)
    own = pads_itself or not any(map(sum, window.padding))
    if own and _pads_alike(window, node):
        padding = unless(alike([before for before, _ in window.padding]), 0)
        ceil = True if window.rounding != "floor" else None
        built.named = options(padding=padding, **more, ceil_mode=ceil)
        return built
    pairs = reached(window, node)
    if any(map(sum, pairs)):
        last = f", value={value}" if value else ""
        built.forward, built.values = f"{{self}}(F.pad({{0}}, {{padding}}{last}))", {"padding": pads(pairs)}
    return built


def _pads_alike(window: Window, node: Node) -> bool:
    """Whether a pool of PyTorch pads so: evenly, by half a window at most, to whole windows, and to as many."""
    if not even(window.padding):
        return False
    for axis, size in enumerate(node.flow.input.spatial):
        pair = window.padding[axis]
        if 2 * pair[0] > window.kernel[axis] or size + sum(pair) < window.span(axis):
            return False
        rounding = "floor" if window.rounding == "floor" else "ceil"
        numbers = window.kernel[axis], window.stride[axis], window.dilation[axis], pair, rounding
        if window_count(size, *numbers) != node.output.spatial[axis]:
            return False
    return True


def blur_pool(layer: BlurPool, node: Node) -> Built:
    """`blur_pool` of the file: a fixed filter on each plane."""
    window = layer.window(node.flow.input)
    values = {"kernel": window.kernel, "stride": alike(window.stride), "padding": pads(window.padding)}
    text = "blur_pool({0}, {kernel}, {stride}, {padding})"
    return Built(forward=text, layout=Layout.FIRST, needs=("blur_pool",), values=values)


def global_avg_pool(layer: GlobalAvgPool, node: Node) -> Built:
    """`nn.AdaptiveAvgPool2d(1)`; a vector has nothing to pool."""
    return _adaptive(node, "AdaptiveAvgPool")


def global_max_pool(layer: GlobalMaxPool, node: Node) -> Built:
    """`nn.AdaptiveMaxPool2d(1)`."""
    return _adaptive(node, "AdaptiveMaxPool")


def adaptive_avg_pool(layer: AdaptiveAvgPool, node: Node) -> Built:
    """`nn.AdaptiveAvgPool2d`."""
    return _adaptive(node, "AdaptiveAvgPool")


def adaptive_max_pool(layer: AdaptiveMaxPool, node: Node) -> Built:
    """`nn.AdaptiveMaxPool2d`."""
    return _adaptive(node, "AdaptiveMaxPool")


def _adaptive(node: Node, kind: str) -> Built:
    if not node.output.rank:
        return Built("nn.Identity")
    return Built(of_rank(kind, node.output.rank), (alike(node.output.spatial),), layout=Layout.FIRST)


def spatial_pyramid_pool(layer: SpatialPyramidPool, node: Node) -> Built:
    """The levels, each flattened, one after the other."""
    level = f"F.adaptive_max_pool{node.flow.input.rank}d({{0}}, bins).flatten(1)"
    text = f"torch.cat([{level} for bins in {{bins}}], 1)"
    return Built(forward=text, layout=Layout.FIRST, values={"bins": layer.bins})
