"""`weights_dtype`: the number format of weights that are not stored in that of the run."""

from __future__ import annotations

from typing import Any

import analyzer
from analyzer.engine.tree import tree_of

CONV = "{filters: 4, kernel: 3, padding: 1}"  # over 4 channels: 3·3·4·4 = 144 weights, 4 biases
MODEL = f"""
input: 8x8x4
weights_dtype: int8
layers:
  - conv: {CONV}
    name: a
  - conv: {CONV}
    name: b
    weights_dtype: float16
  - sequence:
      - conv: {{filters: 4, kernel: 3, padding: 1, norm: batch_norm}}
        name: c
      - conv: {CONV}
        name: d
        weights_dtype: int8
    name: s
    weights_dtype: int4
"""


def sizes(text: str, **settings: Any) -> dict[str, int]:
    analysis = analyzer.analyze(text, **settings)
    return {row.name: row.shared.bytes for row in analysis.rows}


def test_bytes_by_hand() -> None:
    # biases and buffers of whole numbers take 4 bytes, as in ONNX's int32; those of float16 are float16
    norm = 4 // 2 + (4 + 2 * 4) * 4  # 4 gains of 4 bits, 4 shifts, 4 means and 4 variances
    assert sizes(MODEL) == {
        "a": 144 + 4 * 4,
        "b": 2 * (144 + 4),
        "s.c": 144 // 2 + 4 * 4,
        "s.c.batch_norm": norm,
        "s.d": 144 + 4 * 4,
    }


def test_the_report_says_the_usual_one() -> None:
    assert analyzer.analyze(MODEL).to_dict()["weights_dtype"] == "int8"
    assert analyzer.analyze("input: 8x8x4\nlayers: [{dense: 2}]\n").to_dict().get("weights_dtype") is None
    uniform = analyzer.analyze("input: 8x8x4\nweights_dtype: float16\nlayers: [flatten, {dense: 2}]\n")
    assert (uniform.weights_dtype, uniform.totals.shared.bytes) == ("float16", 2 * (2 * 8 * 8 * 4 + 2))


def test_a_run_that_names_its_own_overrides_it() -> None:
    assert sizes(MODEL, dtype="float32")["a"] == 4 * 148


def test_only_some_layers_have_one() -> None:
    text = f"input: 8x8x4\nlayers:\n  - conv: {CONV}\n  - conv: {CONV}\n    weights_dtype: float16\n"
    assert sizes(text) == {"conv1": 4 * 148, "conv2": 2 * 148}
    assert analyzer.analyze(text).to_dict()["weights_dtype"] == "float16"


def test_a_description_is_expanded_as_often_as_one_likes() -> None:
    model = analyzer.load(MODEL)
    assert sizes(MODEL) == {row.name: row.shared.bytes for row in analyzer.analyze(model).rows}
    assert analyzer.analyze(model).to_dict() == analyzer.analyze(model).to_dict()
    assert model.formats == {}


def test_neighbours_of_two_formats_are_not_shown_as_one() -> None:
    block = "  - sequence: [conv: {{filters: 4, kernel: 3, padding: 1}}]\n    name: s{}\n    weights_dtype: {}\n"
    for formats, runs in (("int8", "int8"), 1), (("int8", "int4"), 2):
        text = "input: 8x8x4\nlayers:\n" + "".join(block.format(*pair) for pair in enumerate(formats))
        assert len(tree_of(analyzer.analyze(text).network).runs) == runs


def test_flat_yaml_keeps_them() -> None:
    again = analyzer.convert(MODEL, flat=True)
    assert sizes(again) == sizes(MODEL)
    assert analyzer.convert(again, flat=True) == again
