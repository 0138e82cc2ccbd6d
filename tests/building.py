"""Layers and networks as tests make them: from written values, read by the kinds that the catalogue declares."""

from __future__ import annotations

from typing import Any

from analyzer.engine.network import Network, Node
from analyzer.layers.building import build
from analyzer.volume import Volume


def volume(text: str | int) -> Volume:
    """The volume written as `32x32x3`."""
    return Volume.of([int(size) for size in str(text).split("x")])


def place(type_: str, inputs: list[Volume], /, **written: Any) -> tuple[Network, Node]:
    """A network of one layer that reads these volumes."""
    network = Network()
    sources = [network.enter(f"input{number}", volume) for number, volume in enumerate(inputs)]
    layer = build(type_, written)
    return network, network.place(type_, layer, sources[: layer.reads[1]])
