"""Small ONNX files, whose parameters, buffers, MACs and outputs are those that the frameworks themselves gave."""

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


def analysis(name: str, input: str | None = None) -> Analysis:
    model, problems = read(str(SAMPLES / name), input)
    assert model is not None, problems
    network, found = expand(model)
    assert not found
    return analyze_network(network)


@pytest.mark.parametrize("name", ["hand.onnx", "shuffle.onnx", "tokens.onnx"])
def test_numbers_are_those_of_the_framework(name: str) -> None:
    expected = EXPECTED[name]
    found = analysis(name, expected.get("input"))
    totals = found.totals
    numbers = totals.shared.parameters, totals.shared.buffers, totals.macs
    assert numbers == (expected["parameters"], expected["buffers"], expected["macs"])
    assert [str(node.output) for node in found.network.outputs] == expected["outputs"]
    assert not [problem for problem in found.diagnostics if problem.severity != "note"]


def test_one_filter_bank_used_twice_is_tied() -> None:
    rows = {row.name: row for row in analysis("hand.onnx").rows}
    assert rows["again"].tied == "first"
    assert [name for name, row in rows.items() if row.tied] == ["again"]


def test_names_are_those_of_the_modules() -> None:
    names = [row.name for row in analysis("tokens.onnx").rows]
    assert {"patch", "token", "position", "qkv", "proj", "fc1", "fc2", "gain", "head"} <= set(names)


@pytest.mark.parametrize(("name", "folded"), [("shuffle.onnx", True), ("hand.onnx", False)])
def test_convolutions_with_biases_and_no_norm_were_probably_folded(name: str, folded: bool) -> None:
    model, _ = read(str(SAMPLES / name), EXPECTED[name].get("input"))
    assert model is not None
    assert any("probably folded" in note.message for note in model.told) == folded
