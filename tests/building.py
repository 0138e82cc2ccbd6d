"""Layers and networks as tests make them: from written values, read by the kinds that the catalogue declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from analyzer.engine.network import Network, Node
from analyzer.layers.building import build
from analyzer.volume import Volume


def volume(text: str | int) -> Volume:
    """The volume written as `32x32x3`."""
    return Volume.of([int(size) for size in str(text).split("x")])


#: libyaml, where PyYAML has it, takes a tenth of the time.
LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def read_yaml(path: Path) -> Any:
    """The data of a YAML file."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)


def place(type_: str, inputs: list[Volume], /, **written: Any) -> tuple[Network, Node]:
    """A network of one layer that reads these volumes."""
    network = Network()
    sources = [network.enter(f"input{number}", volume) for number, volume in enumerate(inputs)]
    layer = build(type_, written)
    return network, network.place(type_, layer, sources[: layer.reads[1]])
