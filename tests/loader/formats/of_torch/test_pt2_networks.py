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
