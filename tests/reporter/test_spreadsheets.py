"""CSV as a spreadsheet reads it: numbers are numbers, and no cell becomes a formula, a date or another number."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from reported import render

import analyzer
from analyzer.reporter.analysis.columns import COLUMNS
from analyzer.reporter.spreadsheet import cell, number_cell, quoted

EXAMPLES = sorted((Path(__file__).parents[2] / "example_models").glob("*.yaml"))

#: One number, or a number for each axis.
NUMBERS = re.compile(r"-?\d+(\.\d+)?(x-?\d+(\.\d+)?)*")
#: What the other columns of places may have beside it.
PLACES = {
    "padding": re.compile(r"\d+(\+\d+)?(x\d+(\+\d+)?)*"),
    "receptive_field": re.compile(r"(unknown|(whole|\d+(\.\.\d+)?(x\d+(\.\.\d+)?)*)( of \w+)?)"),
}


def lines_of(path: Path, **options: object) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render("csv", analyzer.analyze(path), **options), newline="")))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_numbers_are_numbers(path: Path) -> None:
    for row in lines_of(path):
        for name, text in row.items():
            if COLUMNS[name].nature != "word" and text:
                assert PLACES.get(name, NUMBERS).fullmatch(text), (row["layer"], name, text)
            assert not set("×−–") & set(text), (row["layer"], name, text)


def test_a_sum_is_the_total() -> None:
    path = EXAMPLES[0].with_name("resnet50.yaml")
    rows = lines_of(path)
    assert sum(int(row["shared.parameters"]) for row in rows) == 25_557_032  # torchvision's ResNet-50
    # torchvision's resnet50: a stem of 7×7, 16 blocks with a 3×3 each, a pool of 3×3; the other convolutions are 1×1
    kernels = [row["kernel"] for row in rows]
    assert (kernels.count("7x7"), kernels.count("3x3"), kernels.count("1x1")) == (1, 17, 36)


def test_no_number_is_where_none_exists() -> None:
    text = "input: 8x8x2\nlayers:\n  - custom: {output: 4x4x2, macs: 7}\n    name: own\n  - relu\n  - flatten\n  - dense: 3\n"
    own, relu, _, dense = csv.DictReader(io.StringIO(render("csv", analyzer.analyze(text)), newline=""))
    assert (own["receptive_field"], own["rf_stride"], own["rf_offset"]) == ("unknown", "", "")
    assert [own[name] for name in ("kernel", "stride", "padding", "dilation", "groups", "unread")] == [""] * 6
    assert (own["macs_on_data"], relu["macs_on_data"], dense["input"]) == ("", "0", "32")


@pytest.mark.parametrize("mode", ["shared", "local"])
def test_one_mode(mode: str) -> None:
    (row,) = csv.DictReader(io.StringIO(render("csv", analyzer.analyze(EXAMPLES[0]), mode=mode, top=1), newline=""))
    names = [name for name in row if name.partition(".")[0] in ("shared", "local", "declared")]
    assert names
    assert {name.partition(".")[0] for name in names} == {mode}


@pytest.mark.parametrize(
    "text",
    # Excel's help, "Stop automatically changing numbers to dates"; Ziemann et al. 2016 for genes; U-Nets call their
    # decoder `dec1`
    ["1-2", "1/2", "3-4", "3/4/2020", "12:30", "1 1/2", "dec1", "DEC1", "MARCH1", "sept2", "oct4", "2-Mar", "1e5", "2310009E13", "007", "1.10", "1.5", "12345678901234567", "TRUE", "50%"],
)  # fmt: skip
def test_a_text_stays_a_text(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", ["dec1.conv1", "decoder1", "10x4", "0+1", "3..5", "conv1", "512", "mark1", "a-b", ""])
def test_other_texts_are_left_alone(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize(
    ("value", "written"),
    [("-4", "-4"), ("-4x-3", "-4x-3"), ("0.5", "0.5"), ("=1", "'=1"), ("-a", "'-a"), ("1e-07", "1e-07")],
)
def test_numbers_below_zero_are_no_formulas(value: str, written: str) -> None:
    assert number_cell(value) == written


def test_separators_of_any_spreadsheet_are_quoted() -> None:
    """LibreOffice splits at semicolons and tabs too."""
    assert [*map(quoted, ["a;b", "a,b", "a\tb", 'a"b', "a b"])] == ['"a;b"', '"a,b"', '"a\tb"', '"a""b"', "a b"]
