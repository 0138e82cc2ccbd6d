"""Networks of torchvision, timm, ultralytics, monai and facenet-pytorch, against the numbers of torch 2.13.0.

`benchmarks/torch_networks.py` says how they were measured, and measures more; `make_networks.py` wrote the files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import analyzer

NETWORKS = Path(__file__).parent / "networks"
EXPECTED = json.loads((NETWORKS / "expected.json").read_text())


def cells(volume: str) -> list[int]:
    """The sizes of a volume without their order: torch's tensors of tokens have their depth last already."""
    return sorted(int(size) for size in volume.replace("×", "x").split("x") if size != "1")


@pytest.mark.parametrize(("name", "numbers"), EXPECTED.items(), ids=list(EXPECTED))
def test_network(name: str, numbers: dict[str, Any]) -> None:
    analysis = analyzer.analyze(NETWORKS / f"{name}.pt2")
    assert not analysis.uncovered
    assert analysis.totals.shared.parameters == numbers["parameters"]
    assert analysis.totals.shared.buffers == numbers["buffers"]
    assert analysis.totals.macs == numbers["macs"]
    outputs = [str(node.output) for node in analysis.network.outputs]
    assert sorted(map(cells, outputs)) == sorted(map(cells, numbers["outputs"]))


def rows(analysis: analyzer.Analysis) -> list[Any]:
    """What each layer is and costs, in both modes, without those that an evaluated module does not run."""
    found = []
    for row in analysis.to_dict()["layers"]:
        if row["kind"] not in ("flatten", "dropout", "stochastic_depth"):
            wanted = ("kind", "output", "receptive_field", "shared", "local", "macs", "activation_bytes")
            found.append({key: row.get(key) for key in wanted})
    return found


@pytest.mark.parametrize("name", ["resnet18", "convnext_tiny"])
def test_rows_are_those_of_the_example(name: str) -> None:
    """The same network written by hand: each layer in both modes, with its receptive field and its activations."""
    example = Path(__file__).parents[4] / "example_models" / f"{name}.yaml"
    assert rows(analyzer.analyze(NETWORKS / f"{name}.pt2")) == rows(analyzer.analyze(example))
