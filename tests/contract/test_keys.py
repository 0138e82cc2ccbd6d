"""The tables of keys: what is written follows from them, and so does the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

import analyzer
from analyzer.contract.keys import COUNT, NAME, Key, closed, field, schema_of, written
from analyzer.contract.report import COST, FINDING, IDENTITY, LAYER, REPORT, SUMS, TOTAL_COST, as_dict
from analyzer.contract.schema import report_schema
from analyzer.contract.writer import write_failed, write_report
from analyzer.engine.result import COUNTS, MODES

ROOT = Path(__file__).parents[2]
SMALL = "input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3, sharing: local}, note: x}, {dense: 2, frozen: true}]\n"


class Point:
    """What the keys below describe."""

    x = 3
    y = 0
    name: str | None = None


KEYS = (field("x", COUNT), field("y", COUNT, optional=True), Key("called", NAME, lambda point: point.name, True))


def test_an_optional_key_is_left_out_where_its_value_is_none() -> None:
    point = Point()
    assert written(KEYS, point) == {"x": 3, "y": 0}  # 0 is a value
    point.name = "a"
    assert list(written(KEYS, point).items()) == [("x", 3), ("y", 0), ("called", "a")]


def test_a_required_key_is_written_whatever_its_value() -> None:
    assert written([field("name", NAME)], Point()) == {"name": None}


def test_the_schema_has_the_same_keys() -> None:
    schema = schema_of(KEYS)
    assert schema == closed({"x": COUNT}, {"y": COUNT, "called": NAME})
    assert schema["required"] == ["x"]
    assert list(schema["properties"]) == ["x", "y", "called"]
    assert schema["additionalProperties"] is False


def test_each_key_is_declared_once() -> None:
    for keys in (REPORT, LAYER, SUMS, FINDING, TOTAL_COST):
        names = [key.name for key in keys]
        assert len(names) == len(set(names))
    assert LAYER[: len(IDENTITY)] == IDENTITY
    assert [key.name for key in TOTAL_COST] == list(COUNTS)
    assert [key.name for key in COST] == [name for name in COUNTS if name != "trainable"]
    assert [key.name for key in SUMS if not key.optional] == [*MODES, "macs", "activation_bytes"]


@pytest.mark.parametrize("name", ["textbook", "deepface", "unet", "vit_b16"])
def test_the_parts_of_an_analysis_are_those_of_its_report(name: str) -> None:
    analysis = analyzer.analyze(ROOT / "example_models" / f"{name}.yaml", batch=3, dtype="int4")
    report = as_dict(analysis)
    assert report == analysis.to_dict()
    assert report["format"] == 1
    for row, layer in zip(analysis.rows, report["layers"], strict=True):
        assert row.to_dict() == layer
        assert row.own.to_dict() == {key.name: layer[key.name] for key in SUMS if not key.optional}
        assert row.cumulative.to_dict() == layer["cumulative"]
        assert row.shared.to_dict() == layer["shared"]
        assert (row.receptive_field and row.receptive_field.to_dict()) == layer.get("receptive_field")
    assert analysis.peak.to_dict() == report["totals"]["peak_activation"]
    assert Draft7Validator(report_schema()).is_valid(report)


@pytest.mark.parametrize(
    "text", [SMALL, SMALL.replace("8x8x3", "8x8x3\ndescription: a×b"), "input: 3\nlayers: [relu]\n"]
)
def test_the_writer_writes_what_the_tables_say(text: str) -> None:
    analysis = analyzer.analyze(text)
    for ascii_only in (True, False):
        encoder = json.JSONEncoder(ensure_ascii=ascii_only)
        written_text = "".join(write_report(analysis, encoder))
        assert json.loads(written_text) == as_dict(analysis)
        assert list(json.loads(written_text)["layers"][0]) == list(as_dict(analysis.rows[0]))
        assert written_text.isascii() or not ascii_only


def test_a_wrong_file_has_its_name_and_its_findings() -> None:
    with pytest.raises(analyzer.ModelError) as caught:
        analyzer.analyze("input: 8x8x3\nlayers:\n  - max_pool: 9\n")
    text = "".join(write_failed("net.yaml", caught.value.diagnostics, json.JSONEncoder()))
    assert json.loads(text) == {"file": "net.yaml", "diagnostics": [as_dict(caught.value.diagnostics[0])]}
    assert Draft7Validator(report_schema()).is_valid(json.loads(text))
    assert json.loads("".join(write_failed("x", (), json.JSONEncoder()))) == {"file": "x", "diagnostics": []}


def test_a_finding_without_a_place() -> None:
    bare = as_dict(analyzer.Diagnostic("CHECK101", "a", None, severity="note"))
    assert bare == {"code": "CHECK101", "severity": "note", "message": "a"}
    with pytest.raises(ValueError, match="a severity is `error`, `warning` or `note`, not `fatal`"):
        analyzer.Diagnostic("CHECK101", "a", None, severity="fatal")
