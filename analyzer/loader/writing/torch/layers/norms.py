"""Normalisations. Epsilons are PyTorch's: a network's description has none."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built, Layout, NoTemplate
from analyzer.loader.writing.torch.layers.making import constructed, dims, either, of_rank, sizes_in


def _trained(
    layer: BatchNorm | GroupNorm | InstanceNorm | LayerNorm, built: Built, word: str, *, default: bool
) -> Built:
    """The module with gamma and beta as the layer has them; `word` is the argument for both."""
    scale = layer.affine if layer.scale is None else layer.scale
    center = layer.centres
    built.named = {**built.named, **options(**{word: unless(scale or center, default)})}
    if scale == center:
        return built
    call, missing = constructed(built), "bias" if scale else "weight"
    return Built("without", (call, missing), {}, built.forward, built.layout, needs=("without",))


def batch_norm(layer: BatchNorm, node: Node) -> Built:
    """`nn.BatchNorm2d`."""
    if not layer.statistics and node.output.positions == 1:
        raise NoTemplate("PyTorch normalises no plane of one cell by the batch alone")
    named = options(track_running_stats=unless(layer.statistics, True))
    built = Built(of_rank("BatchNorm", node.output.rank), (node.output.depth,), named, layout=Layout.FIRST)
    return _trained(layer, built, "affine", default=True)


def instance_norm(layer: InstanceNorm, node: Node) -> Built:
    """`nn.InstanceNorm2d`."""
    if node.output.positions == 1:
        raise NoTemplate("PyTorch normalises no plane of one cell")
    named = options(track_running_stats=unless(layer.statistics, False))
    built = Built(of_rank("InstanceNorm", node.output.rank), (node.output.depth,), named, layout=Layout.FIRST)
    return _trained(layer, built, "affine", default=False)


def group_norm(layer: GroupNorm, node: Node) -> Built:
    """`nn.GroupNorm`."""
    if node.output.size == layer.groups:
        raise NoTemplate("PyTorch normalises no group of one cell")
    built = Built("nn.GroupNorm", (layer.groups, node.output.depth), layout=Layout.FIRST)
    return _trained(layer, built, "affine", default=True)


def layer_norm(layer: LayerNorm, node: Node) -> Built:
    """`nn.LayerNorm` over the last axes; other axes are moved there and back."""
    return _over(layer.axes, node, lambda built: _normed(layer, built))


def _normed(layer: LayerNorm, built: Built) -> Built:
    scale = layer.affine if layer.scale is None else layer.scale
    if scale and not layer.centres:
        built.named = {"bias": False}
        return built
    return _trained(layer, built, "elementwise_affine", default=True)


def rms_norm(layer: RmsNorm, node: Node) -> Built:
    """`nn.RMSNorm` over the last axes; other axes are moved there and back."""
    scale = layer.affine if layer.scale is None else layer.scale

    def scaled(built: Built) -> Built:
        built.call, built.named = "nn.RMSNorm", options(elementwise_affine=unless(scale, True))
        return built

    return _over(layer.axes, node, scaled)


def _over(axes: tuple[str, ...], node: Node, make: object) -> Built:
    """A normalisation along axes, which must come last."""
    assert callable(make)
    volume = node.output
    names = volume.axes if axes == ("volume",) else tuple(name for name in volume.axes if name in axes)
    if len(names) == len(volume.axes) and volume.rank:

        def whole(layout: Layout) -> Built:
            built: Built = make(Built("nn.LayerNorm", (sizes_in(volume, layout),)))
            return built

        return either(whole)
    sizes = tuple(volume.sizes[volume.axes.index(name)] for name in names)
    shape = sizes[0] if len(sizes) == 1 else sizes
    if names == volume.axes[-len(names) :]:
        last: Built = make(Built("nn.LayerNorm", (shape,), layout=Layout.LAST))
        return last
    if names == volume.axes[-len(names) - 1 : -1]:
        first: Built = make(Built("nn.LayerNorm", (shape,), layout=Layout.FIRST))
        return first
    places = dims(names, volume, Layout.LAST)
    ends = tuple(range(-len(names), 0))
    forward = f"{{self}}({{0}}.movedim({places}, {ends})).movedim({ends}, {places})"
    moved: Built = make(Built("nn.LayerNorm", (shape,), {}, forward, Layout.LAST))
    return moved


def local_response_norm(layer: LocalResponseNorm, node: Node) -> Built:
    """`nn.LocalResponseNorm`, which wants at least one axis."""
    forward = "{self}({0})" if node.output.rank else "{self}({0}.unsqueeze(-1)).squeeze(-1)"
    return Built("nn.LocalResponseNorm", (layer.size,), {}, forward, Layout.FIRST)
