"""Small programs of torch.export, whose parameters, buffers, MACs and outputs are those that torch itself gave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.loader.expand.expansion import expand
from analyzer.loader.formats import read

SAMPLES = Path(__file__).parents[3] / "data" / "foreign"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text())


def analysis(name: str) -> Analysis:
    model, problems = read(str(SAMPLES / name))
    assert model is not None, problems
    network, found = expand(model)
    assert not found
    return analyze_network(network)


@pytest.mark.parametrize("name", ["small.pt2", "tokens.pt2"])
def test_numbers_are_those_of_the_framework(name: str) -> None:
    expected = EXPECTED[name]
    found = analysis(name)
    totals = found.totals
    numbers = totals.shared.parameters, totals.shared.buffers, totals.macs
    assert numbers == (expected["parameters"], expected["buffers"], expected["macs"])
    assert [str(node.output) for node in found.network.outputs] == expected["outputs"]
    assert not found.diagnostics


def test_a_module_called_again_is_tied_and_has_the_number_of_its_call() -> None:
    rows = {row.name: row for row in analysis("small.pt2").rows}
    assert rows["head:2"].tied == "head"
    assert {"layer1.0.conv1", "layer1.0.bn1", "layer2.1.relu", "layer2.1.relu:2"} <= set(rows)


def test_groups_show_the_class_of_the_module() -> None:
    model, _ = read(str(SAMPLES / "small.pt2"))
    assert model is not None
    assert model.groups["layer1.0"] == "Block"
    assert "layer1.0.conv1" not in model.groups
