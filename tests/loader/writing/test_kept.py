"""What a written model keeps beside its layers: `expect`, `note`, the settings of a run."""

from __future__ import annotations

from typing import Any

import pytest

import analyzer
from analyzer.loader.parse.description import Model

EXPECTS = """
input: 32x32x3
blocks:
  Body:
    params: [w]
    layers:
      - conv: {filters: $w, kernel: 3, stride: 2, padding: 1, act: relu}
      - conv: {filters: $w, kernel: 3, padding: 1, norm: batch_norm, act: relu}
        name: last
        expect: ?x?x$(w)
layers:
  - Body: {w: $(8 * (i + 1))}
    name: stage
    repeat: 2
    expect: 8x?x16
  - sequence:
      - max_pool: 2
      - relu
        # the end of the sequence is this layer
    name: tail
    expect: ?x4x16
  - flatten
  - dense: 10
    expect: 10
"""


def expected(text: str, **settings: Any) -> dict[str, tuple[int | None, ...]]:
    """The sizes that hold, by the full names of the layers; the input is 32×32."""
    model = analyzer.load(text)
    network = analyzer.analyze(model, **settings).network
    return {network.nodes[index].name: sizes for index, sizes in network.expected.items()}


def test_a_network_knows_where_an_expect_holds() -> None:
    # two statements about one layer are one: `?x?x16` of the block's last layer and `8x?x16` of the call
    assert expected(EXPECTS) == {
        "stage.1.last.relu": (None, None, 8),
        "stage.2.last.relu": (8, None, 16),
        "tail.relu1": (None, 4, 16),
        "dense1": (10,),
    }


def test_an_expect_that_does_not_hold_is_not_known() -> None:
    held = expected(EXPECTS, input="64x64x3")  # 16×16×16 after two strides of 2, then 8×8×16
    assert held == {"stage.1.last.relu": (None, None, 8), "stage.2.last.relu": (None, None, 16), "dense1": (10,)}


@pytest.mark.parametrize("settings", [{}, {"input": "64x64x3"}], ids=["as written", "with another input"])
@pytest.mark.parametrize("flat", [True, False], ids=["flat", "folded"])
def test_what_holds_is_written(flat: bool, settings: dict[str, str]) -> None:
    written = analyzer.convert(EXPECTS, flat=flat, **settings)
    ours, theirs = expected(EXPECTS, **settings), expected(written)
    assert sorted(map(str, theirs.values())) == sorted(map(str, ours.values()))
    new, old = (
        analyzer.analyze(source, **given).to_dict()["totals"] for source, given in ((written, {}), (EXPECTS, settings))
    )
    assert new.pop("peak_activation")["bytes"] == old.pop("peak_activation")["bytes"]  # its layer may have another name
    assert new == old


def test_an_expect_between_a_layer_and_its_activation() -> None:
    text = """
input: 8x8x4
layers:
  - conv: {filters: 4, kernel: 1}
    name: conv
    expect: 8x8x4
  - relu:
    name: "conv.relu"
"""
    assert expected(analyzer.convert(text, flat=True)) == {"conv": (8, 8, 4)}


@pytest.mark.parametrize("flat", [True, False], ids=["flat", "folded"])
def test_the_other_keys(flat: bool) -> None:
    text = """
name: "a: b"
description: |
  Two lines,
  with "quotes" # and a sign
input: 8x8x4
budget: {params: {min: 1K, max: "2.5 K"}, weight_memory: 150 MiB, macs: 1_000}
training: {batch: 4, optimizer: adamw, weight_decay: 0.01, dtype: float16}
layers:
  - conv: {filters: 4, kernel: 1, act: relu}
    note: "why: 'because' # yes"
  - relu
"""
    model, again = analyzer.load(text), analyzer.load(analyzer.convert(text, flat=flat))
    assert (again.name, again.description, again.training) == (model.name, model.description, model.training)
    assert limits(again) == limits(model)
    notes = [row.node.origin.note for row in analyzer.analyze(again).rows]
    assert notes == ["why: 'because' # yes", None, None]


def limits(model: Model) -> dict[str, tuple[object, ...]]:
    return {key: (one.least, one.most, one.unit, one.least_unit) for key, one in model.budget.items()}
