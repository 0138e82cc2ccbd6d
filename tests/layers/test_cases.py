"""The case files, one a layer type: `cases/<type>.yaml` is a list of cases.

source      where its numbers come from: a framework's call, a paper, or hand arithmetic
input       the volume that it reads, or a list of them
parameters  as in the language, in plain YAML: `"0x1"` is quoted
output, weights, biases, buffers, macs   what comes out as declared; an absent count is 0
local       weights and biases where every position has its own filter bank
refused, parameter, says, arithmetic, help   instead: the refusal's code, the parameter at fault, and parts of its
            message, notes and help
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from building import build, read_yaml, volume

from analyzer.diagnostics import Refusal
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.engine.result import Analysis
from analyzer.layers import CATALOGUE

Case = dict[str, Any]

FOLDER = Path(__file__).parent / "cases"
CASES: dict[str, list[Case]] = {path.stem: read_yaml(path) for path in sorted(FOLDER.glob("*.yaml"))}
COUNTS = ("weights", "biases", "buffers", "macs")
ANSWERED = {"source", "input", "parameters", "output", *COUNTS, "local"}
REFUSED = {"source", "input", "parameters", "refused", "parameter", "says", "arithmetic", "help"}

EVERY = [(type_, place) for type_, cases in CASES.items() for place in range(len(cases))]


def placed(type_: str, case: Case) -> Analysis:
    """The case as a network of one layer, analysed."""
    inputs = case["input"] if isinstance(case["input"], list) else [case["input"]]
    layer = build(type_, case.get("parameters"))
    network = Network()
    sources = [network.enter(f"input{place}", volume(text)) for place, text in enumerate(inputs)]
    if not sources:
        network.enter("unread", volume("8x8x3"))
    network.place("layer", layer, sources)
    return analyze_network(network)


@pytest.mark.parametrize(("type_", "place"), EVERY, ids=[f"{type_}-{place}" for type_, place in EVERY])
def test_case(type_: str, place: int) -> None:
    case = CASES[type_][place]
    if "refused" in case:
        check_refusal(type_, case)
        return
    row = placed(type_, case).rows[0]
    expected = {"output": str(case["output"]), **{count: case.get(count, 0) for count in COUNTS}}
    ours = {
        "output": str(row.output),
        "weights": row.declared.weights,
        "biases": row.declared.biases,
        "buffers": row.declared.buffers,
        "macs": row.macs,
    }
    assert ours == expected, case["source"]
    if "local" in case:
        assert {"weights": row.local.weights, "biases": row.local.biases} == case["local"], case["source"]


def check_refusal(type_: str, case: Case) -> None:
    with pytest.raises(Refusal) as caught:
        placed(type_, case)
    refusal = caught.value
    assert (refusal.code, refusal.parameter) == (case["refused"], case.get("parameter")), refusal.message
    assert case["says"] in refusal.message
    assert case.get("arithmetic", "") in "\n".join(refusal.notes)
    assert case.get("help", "") in (refusal.help or "")


def test_every_type_has_its_file() -> None:
    assert set(CASES) == set(CATALOGUE)


@pytest.mark.parametrize("type_", CASES)
def test_every_parameter_has_its_cases(type_: str) -> None:
    """Each parameter is used in a case that is answered, and is at fault in one that is refused."""
    answered = {name for case in CASES[type_] if "refused" not in case for name in case.get("parameters", {})}
    refused = {case["parameter"] for case in CASES[type_] if "parameter" in case}
    declared = set(CATALOGUE[type_].declared)
    assert declared - answered == set(), "no ordinary case"
    assert declared - refused == set(), "no refusal"


@pytest.mark.parametrize("type_", CASES)
def test_every_case_is_well_formed(type_: str) -> None:
    for case in CASES[type_]:
        assert case["source"]
        if "refused" in case:
            assert set(case) <= REFUSED
            assert len(case["says"]) > 5
        else:
            assert set(case) <= ANSWERED
    assert any("refused" not in case for case in CASES[type_])
