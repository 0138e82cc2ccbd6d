"""Flat models: read again, they have the rows and the totals of the network that they were written of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.loader.text.reader import read_tree
from analyzer.loader.text.tree import plain_value
from analyzer.loader.writing.flat import write_flat
from analyzer.loader.writing.scalars import comment, flow, text

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))
GOOD = sorted((ROOT / "tests" / "good").rglob("*.yaml"))
DARKNET = sorted((ROOT / "tests" / "data" / "foreign").glob("*.cfg"))


def flat(analysis: analyzer.Analysis) -> str:
    stored = {} if analysis.weights_dtype is None else {"weights_dtype": analysis.weights_dtype}
    run = {"batch": analysis.batch, "dtype": analysis.dtype}
    return "".join(write_flat(analysis.network, {"name": analysis.name, "training": run, **stored}))


def rows(analysis: analyzer.Analysis) -> list[dict[str, Any]]:
    """The rows as JSON has them, without the line. A repetition of one layer is a group in the flat model."""
    report = analysis.to_dict()
    named = {row["name"] for row in report["layers"]}
    return [
        {
            key: value
            for key, value in row.items()
            if key != "line" and not (key == "path" and _turn(row["name"], named))
        }
        for row in report["layers"]
    ]


def _turn(name: str, named: set[str]) -> bool:
    """Whether a layer is one of the repetitions of a layer, or a row behind one."""
    parts = name.split(".")
    return any(part.isdigit() and ".".join(parts[: place + 1]) in named for place, part in enumerate(parts))


@pytest.mark.parametrize("path", [*EXAMPLES, *GOOD, *DARKNET], ids=lambda path: path.stem)
def test_rows_and_totals_are_kept(path: Path) -> None:
    analysis = analyzer.analyze(path)
    again = analyzer.analyze(flat(analysis))
    assert rows(again) == rows(analysis)
    assert again.to_dict()["totals"] == analysis.to_dict()["totals"]
    assert [node.name for node in again.network.outputs] == [node.name for node in analysis.network.outputs]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_flat_model_is_its_own_flat_model(path: Path) -> None:
    once = flat(analyzer.analyze(path))
    assert flat(analyzer.analyze(once)) == once


FEATURES = {
    "parts of paths that mean something by themselves": """
input: 8x8x4
layers:
  - conv: {filters: 4, kernel: 1}
    name: "rnn.input"
  - relu:
    name: "rnn.prev"
  - relu:
    name: "input.act"
  - add: [rnn.input, input.act]
""",
    "tied, weights only": """
input: 8x8x4
layers:
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: a
  - conv: {filters: 4, kernel: 3, padding: 1, norm: batch_norm, act: relu}
    tied: {weights: a}
  - conv: {filters: 4, kernel: 3, padding: 1, bias: true}
    tied: a
    frozen: true
    note: "a: note with 'quotes', \\"more\\" and # signs"
""",
    "inputs, outputs and names that need quotes": """
inputs: {"on": 8x8x4, "image.1": 8x8x4}
layers:
  - add: ["on", "image.1"]
    name: "yes"
  - conv: {filters: 4, kernel: 1}
    from: image.1
    name: "1"
  - relu:
    from: "yes"
    name: "a.b.c"
  - add: ["1", a.b.c]
    name: "a.b.d"
outputs: ["yes", "a.b.d"]
""",
    "a parameter, and MACs that nobody knows": """
input: 8x8x4
layers:
  - parameter: 8x8x4
    name: "encoder.position"
  - add: [encoder.position, input]
    name: "encoder.add"
  - custom: {output: 3x3x2, macs: unknown, weights: 7}
    name: "odd"
""",
    "groups that do not follow each other": """
input: 8x8x4
layers:
  - conv: {filters: 4, kernel: 1, act: relu}
    name: "head.0.conv"
  - conv: {filters: 4, kernel: 1, act: relu}
    name: "side.conv"
  - conv: {filters: 4, kernel: 1, act: relu}
    name: "head.1.conv"
  - add: [head.0.conv, side.conv, prev]
    name: "head.1.add"
""",
    "what is between a layer and its activation is read": """
input: 8x8x4
layers:
  - sequence:
      - conv: {filters: 4, kernel: 1, norm: batch_norm, act: relu}
        name: conv
      - add: [conv.batch_norm, conv]
    name: block
""",
    "sharing and sizes": """
input: 9x9x4
layers:
  - conv: {filters: 4, kernel: 3x1, padding: {top: 1}, sharing: {tiled: 2}}
  - conv: {filters: 4, kernel: 3, sharing: local, padding: same}
  - resize: {like: input}
  - avg_pool: 2
  - dropout: 0.00001
  - flatten
  - dense: {units: 3, act: {leaky_relu: 0.125}}
""",
}


@pytest.mark.parametrize("name", FEATURES)
def test_features(name: str) -> None:
    analysis = analyzer.analyze(FEATURES[name])
    written = flat(analysis)
    assert rows(analyzer.analyze(written)) == rows(analysis)
    assert analyzer.analyze(written).to_dict()["totals"] == analysis.to_dict()["totals"]


@pytest.mark.parametrize(
    "value",
    ["a", "on", "1", "1e3", "0x10", "", "~", "null", "a b", "a: b", "# a", "-", "*a", "&a", "!a", "%", "@", "`", "7x?x3",
     "\x00\x1b\u2028\x85", "\U0001f600", "a\nb", "a\\b", '"', "h w c -> (h w) c", "[a]", "{a", "12:30", "=", "<<", 1, -3, 0,
     1e-05, 0.1, 1e300, 1.5e-45, 2.0, True, None, [1, [2, "x"]], {"a b": {"c": [None, False]}}],
    ids=repr,
)  # fmt: skip
def test_values_come_back(value: object) -> None:
    tree = read_tree(f"key: {flow(value)}\n", "a.yaml").tree
    if isinstance(value, str) and any(not sign.isprintable() and sign not in "\n\u2028\x85" for sign in value):
        return  # YAML has no such character in a file, and a model no such text
    assert tree is not None
    assert plain_value(tree) == {"key": value}


def test_nothing_leaves_a_comment() -> None:
    assert comment("a\nlayers: []\x1b") == "# a layers: []\\x1b"
    assert "\n" not in text("a\nb")
