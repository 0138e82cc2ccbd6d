"""An `expect` beside another input or other variables: one note instead of mistakes.

Sizes are (W − F + 2P)/S + 1 with S = 2: 16 → 8 and 4 with F = 2 and P = 0; 32 → 16 and 8.
"""

from __future__ import annotations

from typing import Any

import pytest
from loading import found, messages, network

import analyzer

TWO = """\
input: 16x16x3
vars: {k: 4}
layers:
  - conv: {filters: $k, kernel: 2, stride: 2}
    name: a
    expect: 8x8x4
  - conv: {filters: 8, kernel: 2, stride: 2}
    name: b
    expect: 4x4x8
"""


def note(text: str, **given: Any) -> str:
    """The only note about a text without mistakes, with its place."""
    (one,) = network(text, **given).notes
    assert (one.code, one.severity) == ("EXPECT202", "note")
    assert one.span is not None
    return f"{one.span.line}:{one.span.column} {one.message}"


def test_one_note_counts_them_and_names_the_first() -> None:
    said = "2 `expect`s do not hold for the given input; the first: `a` puts out 16×16×4, but `expect` says 8×8×4"
    assert note(TWO, input="32x32x3") == f"6:13 {said}"
    assert note(TWO, input={"input": "32x32x3"}) == f"6:13 {said}"


def test_variables_count_too() -> None:
    said = "1 `expect` does not hold for the given variables: `a` puts out 8×8×5, but `expect` says 8×8×4"
    assert note(TWO, set={"k": 5}) == f"6:13 {said}"
    assert "for the given input and variables" in note(TWO, set={"k": 5}, input="32x32x3")


@pytest.mark.parametrize("given", [{}, {"set": {}}, {"set": None, "input": None}, {"input": {}}])
def test_without_them_it_binds(given: dict[str, Any]) -> None:
    wrong = TWO.replace("8x8x4", "8x8x5")
    assert messages(wrong, **given) == ["6:13 EXPECT201 `a` puts out 8×8×4, but `expect` says 8×8×5"]
    assert network(TWO, **given).notes == []


def test_where_all_hold_nothing_is_said() -> None:
    assert network(TWO, input="16x16x1").notes == []


def test_structures_and_blocks() -> None:
    text = """\
    input: 8x8x2
    blocks:
      B:
        layers:
          - {max_pool: 2, name: p, expect: 4x4x2}
    layers:
      - {residual: {body: [relu]}, expect: 8x8x2}
      - {B: , name: c, expect: 4x4x2}
      - {sequence: [relu], name: s, expect: 4x4x2}
    """
    said = "4 `expect`s do not hold for the given input; the first: this puts out 6×6×2, but `expect` says 8×8×2"
    assert note(text, input="6x6x2") == f"7:40 {said}"


def test_a_block_that_is_called_often_counts_once() -> None:
    text = """\
    input: 64x64x2
    blocks: {B: {layers: [{max_pool: 2, name: p, expect: 32x32x2}]}}
    layers: [{B: , repeat: 4, name: s}]
    """
    said = "1 `expect` does not hold for the given input: `s.2.p` puts out 16×16×2, but `expect` says 32×32×2"
    assert note(text, input="64x64x2") == f"2:54 {said}"


def test_other_mistakes_stay_mistakes() -> None:
    assert [d.code for d in found(TWO, input="3x3x3")] == ["SHAPE201"]
    text = "input: 8x8x2\nvars: {n: 2}\nlayers:\n  - {relu: , expect: $(8/n)x8x2}\n"
    assert [d.code for d in found(text, set={"n": 0})] == ["EXPR105"]
    text = "input: 8x8x2\nvars: {size: 8x8x2}\nlayers:\n  - {relu: , expect: $size}\n"
    assert [d.code for d in found(text, set={"size": "wide"})] == ["VALUE101"]


def test_a_fraction_is_what_no_layer_puts_out() -> None:
    text = "input: 8x8x2\nlayers:\n  - {max_pool: 4, expect: $(H/4)x$(W/4)x2}\n"
    said = "1 `expect` does not hold for the given input: `max_pool1` puts out 2×2×2, but `expect` says 2.5×2.5×2"
    assert note(text, input="10x10x2") == f"3:27 {said}"
    assert [d.code for d in found(text.replace("8x8x2", "10x10x2"))] == ["VALUE101"]


def test_every_function_has_the_note() -> None:
    assert [d.code for d in analyzer.analyze(TWO, input="32x32x3").diagnostics] == ["EXPECT202"]
    assert [d.code for d in analyzer.memory(TWO, input="32x32x3").diagnostics] == ["EXPECT202"]
    assert [d.code for d in analyzer.check(TWO, input="32x32x3", select=["CHECK109"])] == ["EXPECT202"]
    assert analyzer.analyze(TWO).diagnostics == ()
