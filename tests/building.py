"""Layers and networks as tests make them: from written values, read by the kinds that the catalogue declares."""

from __future__ import annotations

from typing import Any

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Network, Node
from analyzer.layers import CATALOGUE, Layer
from analyzer.volume import Volume


def volume(text: str | int) -> Volume:
    """The volume written as `32x32x3`."""
    return Volume.of([int(size) for size in str(text).split("x")])


def build(type_: str, written: dict[str, Any] | None = None) -> Layer:
    """The layer with these written parameters; a refusal of a value names its parameter, as the loader does it."""
    cls = CATALOGUE[type_]
    values = {}
    for name, value in (written or {}).items():
        declaration = cls.declared[name]
        try:
            values[declaration.attribute] = declaration.kind.read(value)
        except Refusal as refusal:
            refusal.parameter = name
            raise
    missing = [name for name, p in cls.declared.items() if p.required and name not in (written or {})]
    assert not missing, f"{type_} lacks {missing}"
    return cls(**values)


def place(type_: str, inputs: list[Volume], /, **written: Any) -> tuple[Network, Node]:
    """A network of one layer that reads these volumes."""
    network = Network()
    sources = [network.enter(f"input{number}", volume) for number, volume in enumerate(inputs)]
    return network, network.place(type_, build(type_, written), sources)
