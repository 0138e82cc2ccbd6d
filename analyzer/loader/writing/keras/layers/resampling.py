"""Resampling, and shuffles between depth and space."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.resampling import ChannelShuffle, PixelShuffle, PixelUnshuffle, Resize, Upsample
from analyzer.loader.writing.code.making import alike, options
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.keras.layers.making import of_rank
from analyzer.loader.writing.keras.layers.moving import moved

#: What Keras calls an interpolation. It has no name for one axis or three.
_INTERPOLATIONS = {"linear": "bilinear", "trilinear": "bilinear"}


def upsample(layer: Upsample, node: Node) -> Built:
    """`UpSampling2D` where each factor is whole; otherwise as `resize`."""
    before, after = node.flow.input.spatial, node.output.spatial
    factors = tuple(length // size for size, length in zip(before, after, strict=True))
    whole = all(size * factor == length for size, length, factor in zip(before, after, factors, strict=True))
    mode = _INTERPOLATIONS.get(layer.mode, layer.mode)
    if not whole or layer.mode == "area" or (len(before) != 2 and mode != "nearest"):
        return _resized(node, layer.mode)
    named = options(interpolation=None if mode == "nearest" else mode)
    return Built(of_rank("UpSampling", len(before)), (alike(factors),), named)


def resize(layer: Resize, node: Node) -> Built:
    """`Resizing` to the size of the output."""
    return _resized(node, layer.mode)


def _resized(node: Node, mode: str) -> Built:
    rank, sizes = node.output.rank, node.output.spatial
    if mode == "area":
        return Built(of_rank("AdaptiveAveragePooling", rank), (alike(sizes),))
    interpolation = _INTERPOLATIONS.get(mode, mode)
    if rank == 2:
        return Built("layers.Resizing", sizes, {"interpolation": interpolation})
    values = {"sizes": sizes, "interpolation": interpolation}
    return Built(forward="resize({0}, {sizes}, {interpolation})", needs=("resize",), values=values)


def pixel_shuffle(layer: PixelShuffle, node: Node) -> Built:
    """The factors are the last parts of the depth, as in torch: they move behind the axes that they belong to."""
    spatial, depth, rank = node.flow.input.spatial, node.output.depth, node.output.rank
    order = [axis for one in range(rank) for axis in (one, rank + 1 + one)]
    return moved(node, (*spatial, depth, *[layer.factor] * rank), (*order, rank))


def pixel_unshuffle(layer: PixelUnshuffle, node: Node) -> Built:
    """The reverse of `pixel_shuffle`."""
    spatial, depth, rank = node.output.spatial, node.flow.input.depth, node.output.rank
    cut = [size for one in spatial for size in (one, layer.factor)]
    order = (*range(0, 2 * rank, 2), 2 * rank, *range(1, 2 * rank, 2))
    return moved(node, (*cut, depth), order)


def channel_shuffle(layer: ChannelShuffle, node: Node) -> Built:
    """The groups and the planes of a group change places."""
    spatial, depth, rank = node.flow.input.spatial, node.output.depth, node.output.rank
    return moved(node, (*spatial, layer.groups, depth // layer.groups), (*range(rank), rank + 1, rank))
