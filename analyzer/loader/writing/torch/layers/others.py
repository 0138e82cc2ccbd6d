"""Trained scales and coordinates."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.special import CoordChannels, Scale
from analyzer.loader.writing.code.template import Built, Layout
from analyzer.loader.writing.torch.layers.making import either, sizes_in
from analyzer.volume import Volume


def scale(layer: Scale, node: Node) -> Built:
    """A parameter that is multiplied; `Scale` of the file adds another one."""
    return either(lambda layout: _scaled(layer, node.output, layout))


def _scaled(layer: Scale, volume: Volume, layout: Layout) -> Built:
    sizes = {"layer": (1,), "volume": sizes_in(volume, layout), "depth": (volume.depth,)}[layer.per]
    if layer.per == "depth" and layout is Layout.FIRST:
        sizes = (volume.depth, *[1] * volume.rank)
    if layer.bias:
        return Built("Scale", sizes, needs=("Scale",))
    return Built("nn.Parameter", sizes, {}, "{0} * {self}")


def coord_channels(layer: CoordChannels, node: Node) -> Built:
    """`coordinates` of the file."""
    more = ", radius=True" if layer.radius else ""
    return Built(forward=f"coordinates({{0}}{more})", layout=Layout.FIRST, needs=("coordinates",))
