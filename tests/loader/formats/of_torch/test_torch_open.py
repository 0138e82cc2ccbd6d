"""Programs with open axes, at the sizes of `--input`, against the numbers of torch; `make_open.py` made both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.loader.formats.pt2.sizes import Unsized, calculated
from analyzer.settings import SettingError

OPEN = Path(__file__).with_name("open.pt2")
EXPECTED = json.loads(OPEN.with_suffix(".json").read_text())
S0 = "Symbol('s0', positive=True, integer=True)"


@pytest.mark.parametrize(("input", "numbers"), EXPECTED.items(), ids=list(EXPECTED))
def test_numbers_are_those_of_torch_at_each_size(input: str, numbers: dict[str, Any]) -> None:
    analysis = analyzer.analyze(OPEN, input=input)
    found = analysis.totals
    assert not analysis.uncovered
    assert (found.shared.parameters, found.macs) == (numbers["parameters"], numbers["macs"])
    assert [str(node.output) for node in analysis.network.outputs] == [numbers["output"]]


def test_without_an_input_the_sizes_are_those_of_the_example() -> None:
    assert analyzer.analyze(OPEN).totals.macs == EXPECTED["32x32x3"]["macs"]


@pytest.mark.parametrize(
    ("input", "says"),
    [
        ("64x96x4", "the program fixes the input `image`"),
        ("64x96", "has 3 axes without the batch"),
        ("64x3x3", "the program allows from"),
    ],
)
def test_a_size_that_the_program_does_not_have(input: str, says: str) -> None:
    with pytest.raises(analyzer.ModelError, match=says):
        analyzer.analyze(OPEN, input=input)


def test_an_input_that_the_program_does_not_have() -> None:
    with pytest.raises(SettingError, match="its inputs are `image`"):
        analyzer.analyze(OPEN, input={"picture": "64x64x3"})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (S0, 7),
        (f"FloorDiv(Add({S0}, Integer(-1)), Integer(2))", 3),
        (f"Add(Mul(Integer(2), {S0}), Integer(-3))", 11),
        (f"Max(Integer(1), Mod({S0}, Integer(4)))", 3),
        (f"TruncToInt(FloatTrueDiv(ToFloat({S0}), Float('2.0', precision=53)))", 3),
        (f"Pow({S0}, Integer(2))", 49),
        (f"CeilToInt(IntTrueDiv({S0}, Integer(2)))", 4),
    ],
)
def test_expressions_of_sizes(text: str, number: int) -> None:
    assert calculated(text, {"s0": 7}) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        S0,
        "Add(",
        "Add(Integer(1)))",
        "Pow(Integer(9), Integer(999))",
        "Open('x')",
        "FloorDiv(Integer(1), Integer(0))",
    ],
)
def test_expressions_that_nobody_can_calculate(text: str) -> None:
    with pytest.raises(Unsized):
        calculated(text, {})
