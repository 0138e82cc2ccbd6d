"""Resampling, and shuffles between depth and space."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.resampling import ChannelShuffle, PixelShuffle, PixelUnshuffle, Resize, Upsample
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built, Layout, NoTemplate

#: What PyTorch calls a linear interpolation on so many axes.
_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


def _mode(mode: str, rank: int) -> object | None:
    """The argument `mode`, where it is not the nearest cell."""
    if mode == "bicubic" and rank != 2:
        raise NoTemplate("PyTorch's bicubic interpolation is for two axes")
    return _LINEAR[rank] if mode.endswith("linear") else unless(mode, "nearest")


def upsample(layer: Upsample, node: Node) -> Built:
    """`nn.Upsample` by a factor."""
    factor = layer.factor
    if isinstance(factor, tuple) and len(set(factor)) == 1:
        factor = factor[0]
    if isinstance(factor, float) and factor.is_integer():
        factor = int(factor)
    named = options(scale_factor=factor, mode=_mode(layer.mode, node.output.rank))
    return Built("nn.Upsample", (), named, layout=Layout.FIRST)


def resize(layer: Resize, node: Node) -> Built:
    """`F.interpolate` to a size, or to that of another tensor."""
    values = options(mode=_mode(layer.mode, node.output.rank))
    mode = ", mode={mode}" if values else ""
    if layer.like is not None:
        return Built(forward=f"F.interpolate({{0}}, {{1}}.shape[2:]{mode})", layout=Layout.FIRST, values=values)
    values["size"] = node.output.spatial
    return Built(forward=f"F.interpolate({{0}}, {{size}}{mode})", layout=Layout.FIRST, values=values)


def pixel_shuffle(layer: PixelShuffle, node: Node) -> Built:
    """`nn.PixelShuffle`; `pixel_shuffle` of the file for one axis or three."""
    return _shuffled(node, "PixelShuffle", "pixel_shuffle", layer.factor)


def pixel_unshuffle(layer: PixelUnshuffle, node: Node) -> Built:
    """`nn.PixelUnshuffle`; `pixel_unshuffle` of the file for one axis or three."""
    return _shuffled(node, "PixelUnshuffle", "pixel_unshuffle", layer.factor)


def _shuffled(node: Node, module: str, function: str, factor: int) -> Built:
    if node.output.rank == 2:
        return Built(f"nn.{module}", (factor,), layout=Layout.FIRST)
    text = f"{function}({{0}}, {{factor}})"
    return Built(forward=text, layout=Layout.FIRST, needs=(function,), values={"factor": factor})


def channel_shuffle(layer: ChannelShuffle, node: Node) -> Built:
    """The groups and the planes of a group change places, as in ShuffleNet's code."""
    text = "{0}.unflatten(1, ({groups}, -1)).transpose(1, 2).flatten(1, 2)"
    return Built(forward=text, layout=Layout.FIRST, values={"groups": layer.groups})
