"""The JSON of a sweep: its keys and their order, the schema, and that nothing is held in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from swept import MACS, PARAMS, answered, fronted, moved, pieces, render, swept, variant, wrong

from analyzer.cli.schema import schema_text
from analyzer.contract.fits import misfits
from analyzer.contract.sweep import sweep_schema
from analyzer.diagnostics import Diagnostic
from analyzer.engine.amounts import AMOUNTS
from analyzer.loader.parse.ranges import read_axis
from analyzer.reporter.options import Failed
from analyzer.source import Span
from analyzer.sweeping.result import Axis, Found, Swept
from analyzer.units import UNKNOWN

ROOT = Path(__file__).parents[2]
SCHEMA = sweep_schema()


def document(report: Swept | Failed, **options: Any) -> Any:
    """The report as its JSON says it, which fits the schema by both checks."""
    data = json.loads(render("json", report, **options))
    assert list(misfits(data, SCHEMA, SCHEMA["definitions"])) == []
    assert list(Draft7Validator(SCHEMA).iter_errors(data)) == []
    return data


def test_the_schema_is_the_file() -> None:
    Draft7Validator.check_schema(SCHEMA)
    written = (ROOT / "schemas/sweep.schema.json").read_text(encoding="utf-8")
    assert written == "".join(schema_text(SCHEMA)), "run: analyzer schema --sweep > schemas/sweep.schema.json"


def test_the_keys_of_a_sweep_in_their_order() -> None:
    data = document(swept())
    assert list(data) == ["format", "file", "axes", "amounts", "counts", "variants"]
    assert data["format"] == 1
    assert data["file"] == "net.yaml"
    assert data["axes"] == {"width": [4, 8, 16, 32], "act": ["relu", "add"]}
    assert data["amounts"] == ["params", "macs"]
    assert data["counts"] == {"variants": 8, "fit": 2, "wrong": 4}
    assert list(data["variants"][0].items()) == [
        ("id", 0), ("set", {"width": 4, "act": "relu"}), ("params", 86), ("macs", 72), ("fits", True), ("breaks", []),
    ]  # fmt: skip
    assert data["variants"][4] == {
        "id": 4, "set": {"width": 16, "act": "relu"}, "params": 314, "macs": 288, "fits": False, "breaks": ["params"],
    }  # fmt: skip
    assert list(data["variants"][1].items()) == [
        ("id", 1), ("set", {"width": 4, "act": "add"}), ("fits", False), ("breaks", []),
        ("error", {"code": "SHAPE101", "message": "`add1` adds 8 and 10"}),
    ]  # fmt: skip


def test_the_front_is_there_where_it_was_asked_for() -> None:
    variants = document(fronted())["variants"]
    assert [(one["id"], one["front"]) for one in variants] == [(0, True), (2, True), (4, False), (6, False)]
    assert list(variants[0])[-3:] == ["fits", "breaks", "front"]
    (one,) = document(swept(wrong(0), front=0))["variants"]
    assert list(one) == ["id", "set", "fits", "breaks", "front", "error"]


def test_an_amount_that_a_network_lacks_is_null_and_one_known_in_part_is_named() -> None:
    amounts = {"macs": 72 + UNKNOWN, "peak_training_memory": None, "flops": UNKNOWN}
    one = variant(0, amounts=amounts)
    (data,) = document(swept(one, amounts=list(amounts)))["variants"]
    assert (data["macs"], data["peak_training_memory"], data["flops"]) == (72, None, 0)
    assert data["at_least"] == ["macs", "flops"]
    assert list(data)[2:6] == ["macs", "peak_training_memory", "flops", "at_least"]


def test_the_answers() -> None:
    data = document(answered())
    assert list(data)[-1] == "found"
    assert [list(one.items()) for one in data["found"]] == [
        [("set", {"act": "relu"}), ("value", 8), ("params", 162), ("macs", 144),
         ("next", {"value": 16, "breaks": ["params"]})],
        [("set", {"act": "add"}), ("value", None),
         ("next", {"value": 4, "breaks": [], "error": {"code": "SHAPE101", "message": "`add1` adds 8 and 10"}})],
    ]  # fmt: skip
    last = Found({"act": "relu"}, "width", True, variant(3), None)
    assert document(swept(found=[last]))["found"] == [
        {"set": {"act": "relu"}, "value": 32, "params": PARAMS[3], "macs": MACS[3], "next": None}
    ]


def test_answers_of_several_questions_say_which_they_are_of() -> None:
    found = [Found({"act": "relu"}, "width", largest, variant(1), None) for largest in (True, False)]
    answers = document(swept(found=found))["found"]
    assert [(one["axis"], one["largest"]) for one in answers] == [("width", True), ("width", False)]


def test_the_steps() -> None:
    """By hand, from a width of 8 to 16: 314 − 162 = 152 parameters, 144 MACs, 608 + 32 bytes of weights and outputs."""
    up, down, other = document(moved())["sensitivity"]
    assert list(up.items()) == [
        ("axis", "width"), ("from", 8), ("to", 16),
        ("changes", {"params": {"by": 152, "percent": pytest.approx(15200 / 162)},
                     "macs": {"by": 144, "percent": 100.0}}),
        ("macs_per_parameter", pytest.approx(144 / 152)), ("bytes_per_parameter", pytest.approx(640 / 152)),
    ]  # fmt: skip
    assert down["changes"]["macs"] == {"by": -72, "percent": -50.0}
    assert down["macs_per_parameter"] == pytest.approx(72 / 76)
    assert other == {
        "axis": "act", "from": "relu", "to": "add", "error": {"code": "SHAPE101", "message": "`add1` adds 8 and 10"},
    }  # fmt: skip


def test_a_continuous_axis_has_its_ends_and_others_every_value() -> None:
    axes = [
        Axis("rate", [], between=(0.5, 1.0)),
        Axis("width", range(1, 2001)),
        Axis("input", ["8x8x3"], volume=True),
        Axis("bias", [True, False]),
    ]
    choice = {"rate": 0.625, "width": 7, "input": "8x8x3", "bias": True}
    data = document(swept(variant(0, set=choice), axes=axes))
    assert data["axes"] == {
        "rate": {"from": 0.5, "to": 1.0}, "width": list(range(1, 2001)), "input": ["8x8x3"], "bias": [True, False],
    }  # fmt: skip
    assert data["variants"][0]["set"] == choice


def test_a_long_range_has_its_ends_and_its_number_of_values() -> None:
    """From 0 to 1 in steps of a millionth, 10^6 + 1 values; a list of as many is written out."""
    axes = [read_axis("rate", "0:1:0.000001"), Axis("width", range(10, 10**9, 10))]
    data = document(swept(variant(0, set={"rate": 0.5, "width": 20}), axes=axes))
    assert data["axes"]["rate"] == {"from": 0.0, "to": 1.0, "count": 1_000_001}
    assert data["axes"]["width"] == {"from": 10, "to": 999_999_990, "count": 99_999_999}
    data = json.loads(render("json", swept(axes=[Axis("width", [7] * 100_001)], rows=lambda: iter([]))))
    assert data["axes"]["width"] == [7] * 100_001


def test_a_file_that_failed() -> None:
    finding = Diagnostic("SCHEMA101", "the model is empty", Span("net.yaml", 1, 1))
    data = document(Failed("net.yaml", [finding]))
    assert data["file"] == "net.yaml"
    assert [one["code"] for one in data["diagnostics"]] == ["SCHEMA101"]


def test_nothing_is_held_in_memory() -> None:
    """A chunk is written before the next variants are read."""
    read = 0

    def rows() -> Iterator[Any]:
        nonlocal read
        for read in range(1, 5001):
            yield variant(0, id=read)

    chunks = swept(rows=rows)
    before = [read for _ in zip(pieces("json", chunks), range(20), strict=False)]
    assert 0 < before[-1] < 5000
    assert len(document(chunks)["variants"]) == 5000


def test_the_schema_refuses_what_is_not_written() -> None:
    """An edit of any kind is seen: another key, an amount that does not exist, a count below 0, half a move."""
    data = document(moved())
    edits: list[tuple[list[str | int], Any]] = [
        (["variants", 0, "weights"], 3),
        (["variants", 0, "params"], -1),
        (["variants", 0, "breaks"], ["width"]),
        (["variants", 0, "error"], {"code": "SHAPE101"}),
        (["axes", "width"], []),
        (["axes", "width"], {"from": 1}),
        (["sensitivity", 0, "changes", "params"], {"by": 1.5, "percent": None}),
        (["counts", "fit"], None),
    ]
    for way, value in edits:
        edited = json.loads(json.dumps(data))
        at = edited
        for step in way[:-1]:
            at = at[step]
        at[way[-1]] = value
        assert list(misfits(edited, SCHEMA, SCHEMA["definitions"])), way
        assert not Draft7Validator(SCHEMA).is_valid(edited), way


def test_every_amount_has_its_key() -> None:
    one = variant(0, amounts=dict.fromkeys(AMOUNTS, 1))
    assert list(document(swept(one, amounts=list(AMOUNTS)))["variants"][0])[2:-2] == list(AMOUNTS)


def test_an_axis_may_have_the_name_of_an_amount() -> None:
    axes = [Axis("depth", [18, 50])]
    one = variant(0, set={"depth": 18}, amounts={"depth": 17})
    (data,) = document(swept(one, axes=axes, amounts=["depth"]))["variants"]
    assert (data["set"], data["depth"]) == ({"depth": 18}, 17)


def test_ascii_only_where_the_stream_needs_it() -> None:
    axes = [Axis("act", ["größe"])]
    text = render("json", swept(variant(0, set={"act": "größe"}), axes=axes), unicode=False)
    assert text.isascii()
    assert json.loads(text)["axes"] == {"act": ["größe"]}
