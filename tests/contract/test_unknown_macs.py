"""A layer whose MACs nobody knows: what the JSON report has in place of them, and how it is read back."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest

import analyzer
from analyzer import Analysis, FileError
from analyzer.contract.schema import report_schema
from analyzer.difference.schema import diff_schema

# conv1: 3·3·8·8 weights at 16·16 positions. conv2: 3·3·4·4 at 14·14. dense1: 784·10.
KNOWN = {"conv1": 147456, "conv1.relu": 0, "conv2": 28224, "dense1": 7840}
MODEL = """
input: 16x16x8
layers:
  - conv: {filters: 8, kernel: 3, padding: same, act: relu}
  - custom: {output: 16x16x4, weights: 1000, macs: unknown}
    name: grid
  - conv: {filters: 4, kernel: 3}
  - dense: 10
"""


@pytest.fixture
def analysis() -> Analysis:
    return analyzer.analyze(MODEL)


def test_a_layer_lacks_the_number_and_says_so(analysis: Analysis) -> None:
    layers = {layer["name"]: layer for layer in analysis.to_dict()["layers"]}
    assert "macs" not in layers["grid"]
    assert layers["grid"]["unknown"] == ["macs"]
    assert layers["grid"]["shared"]["weights"] == 1000  # what is known stays known
    assert {name: layer["macs"] for name, layer in layers.items() if name != "grid"} == KNOWN
    assert all("unknown" not in layer for name, layer in layers.items() if name != "grid")


def test_sums_with_it_are_lower_bounds(analysis: Analysis) -> None:
    report = analysis.to_dict()
    assert report["totals"]["macs"] == sum(KNOWN.values())
    assert report["totals"]["at_least"] == ["macs"]
    assert [layer["cumulative"].get("at_least") for layer in report["layers"]] == [None, None, *[["macs"]] * 3]
    assert [layer["cumulative"]["macs"] for layer in report["layers"]] == [147456, 147456, 147456, 175680, 183520]
    assert "macs_on_data" not in report["totals"]


def test_a_network_of_known_numbers_has_none_of_these_keys() -> None:
    report = analyzer.analyze(MODEL.replace("unknown", "7")).to_dict()
    assert "at_least" not in report["totals"]
    assert not any("unknown" in layer or "at_least" in layer["cumulative"] for layer in report["layers"])
    assert report["totals"]["macs"] == sum(KNOWN.values()) + 7


def test_the_schema_and_a_saved_report_accept_it(analysis: Analysis) -> None:
    report = json.loads(json.dumps(analysis.to_dict()))
    jsonschema.validate(report, report_schema())
    saved = analyzer.read_report(json.dumps(report, indent=1))
    assert saved.to_dict() == report
    assert saved.unknown == analysis.unknown == {"macs": ["grid"]}
    assert [row.unknown for row in saved] == [row.unknown for row in analysis] == [[], [], ["macs"], [], []]
    assert f"{saved.totals.macs:,}" == f"{analysis.totals.macs:,}" == "at least 183,520"
    assert [f"{row.cumulative.macs:,}" for row in saved] == [f"{row.cumulative.macs:,}" for row in analysis]


@pytest.mark.parametrize(
    "alter",
    [
        lambda report: report["totals"].pop("at_least"),
        lambda report: report["layers"][2].pop("unknown"),
        lambda report: report["layers"][2].update(macs=5),
        lambda report: report["layers"][3]["cumulative"].pop("at_least"),
        lambda report: report["layers"][0].pop("macs"),
    ],
)
def test_an_altered_report_is_refused(analysis: Analysis, alter: object) -> None:
    report = copy.deepcopy(analysis.to_dict())
    alter(report)  # type: ignore[operator]
    with pytest.raises(FileError, match="was altered"):
        analyzer.read_report(json.dumps(report, indent=1))


def test_a_comparison_reads_it_from_a_saved_report(analysis: Analysis) -> None:
    saved = analyzer.read_report(json.dumps(analysis.to_dict(), indent=1))
    assert analyzer.diff(saved, analyzer.load(MODEL)).equal
    told = analyzer.diff(saved, analyzer.load(MODEL.replace("unknown", "0")))
    assert not told.equal  # 0 MACs are known, though the sums are equal
    assert told.changed_totals() == ["macs"]
    (change,) = told.layers
    assert change.fields["macs"] == (None, 0)
    report = told.to_dict()
    jsonschema.validate(json.loads(json.dumps(report)), diff_schema())
    assert report["old"]["at_least"] == ["macs"]
    assert "at_least" not in report["new"]


def test_a_comparison_says_that_a_layer_that_was_added_is_unknown(analysis: Analysis) -> None:
    added = analyzer.diff(
        MODEL.replace("  - custom: {output: 16x16x4, weights: 1000, macs: unknown}\n    name: grid\n", ""), analysis
    )
    report = json.loads(json.dumps(added.to_dict()))
    jsonschema.validate(report, diff_schema())
    (layer,) = (layer for layer in report["layers"] if layer["change"] == "added")
    assert "macs" not in layer
    assert layer["unknown"] == ["macs"]
    text = str(added)
    assert "at least 183,520" in text
    assert "unknown MACs" in text
