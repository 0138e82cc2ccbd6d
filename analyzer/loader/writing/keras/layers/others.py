"""Trained scales and coordinates."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.special import CoordChannels, Scale
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built


def scale(layer: Scale, node: Node) -> Built:
    """`Scale` of the file."""
    named = options(per=unless(layer.per, "depth"), use_bias=unless(layer.bias, False))
    return Built("Scale", (), named, needs=("Scale",))


def coord_channels(layer: CoordChannels, node: Node) -> Built:
    """`CoordChannels` of the file."""
    return Built("CoordChannels", (), options(radius=unless(layer.radius, False)), needs=("CoordChannels",))
