"""Every column: row → value → text, in `columns/<column>.yaml`, each number with its source.

A file is a list of cases, over the networks of `columns/networks.yaml`:

source          where the number comes from: a paper, a framework's rule or hand arithmetic
network, row    which row of which network; `total` is the row of totals
depth           the rows are folded to names of so many components
batch, dtype    of the run; otherwise 1 and float32
top, sort       the row is one of a ranking; `unicode: false` draws it in ASCII
value, text     what programs and what people get
shared, local, declared   the same pairs for a column that each mode has
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from building import place, read_yaml

import analyzer
from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.columns import BOUNDS, COLUMNS
from analyzer.reporter.analysis.shown import exact_grid, grid_of
from analyzer.reporter.options import Options
from analyzer.reporter.page.notebook import notebook
from analyzer.volume import Volume

Case = dict[str, Any]

FOLDER = Path(__file__).parent / "columns"
FILES = {path.stem: read_yaml(path) for path in sorted(FOLDER.glob("*.yaml"))}
NETWORKS: dict[str, str] = FILES.pop("networks")
CASES: dict[str, list[Case]] = FILES
MODES = ("shared", "local", "declared")
#: Columns that a ranking adds, and the bars of a page.
RANKING = ("share", "bar")
HTML_BAR = "html_bar"

EVERY = [(metric, number) for metric, cases in CASES.items() if metric != HTML_BAR for number in range(len(cases))]
BARS = range(len(CASES[HTML_BAR]))


def analysis_of(case: Case) -> Analysis:
    if case["network"] == "placed":  # without a file
        return analyze_network(place("dense", [Volume((), 4)], units=2)[0])
    model = analyzer.load(NETWORKS[case["network"]])
    return analyzer.analyze(model, batch=case.get("batch", 1), dtype=case.get("dtype", "float32"))


def cells_of(case: Case, name: str) -> tuple[object, str]:
    """The value and the text of one column in the row of a case."""
    asked = {key: case[key] for key in ("depth", "top", "sort", "unicode") if key in case}
    columns = ["layer"] if name in RANKING else ["layer", name]
    grid = grid_of(analysis_of(case), Options(columns=columns, **asked))
    (column,) = (one for one in grid.columns if one.name == name)
    (row,) = (one for one in (*grid.subjects, *grid.sums) if one.name == case["row"])
    return column.value(row), column.text(row)


@pytest.mark.parametrize(("metric", "number"), EVERY, ids=[f"{metric}-{number}" for metric, number in EVERY])
def test_case(metric: str, number: int) -> None:
    case = CASES[metric][number]
    names = [metric] if "value" in case else [f"{mode}.{metric}" for mode in MODES]
    for name in names:
        value, text = (case["value"], case["text"]) if "value" in case else case[name.partition(".")[0]]
        shown = cells_of(case, name)
        assert shown == (value, text), f"{name}: {case['source']}"
        assert type(shown[0]) is type(value), name


def test_every_column_has_its_cases() -> None:
    """A new column has a file of cases; a column that is gone has none."""
    assert set(CASES) == {column.metric for column in COLUMNS.values()} | {*RANKING, HTML_BAR}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_has_a_plain_a_folded_and_a_total_row(name: str) -> None:
    column = COLUMNS[name]
    cases = CASES[column.metric]
    assert all(case["source"] and ({"value", "text"} <= set(case) or set(MODES) <= set(case)) for case in cases)
    assert any("depth" not in case and case["row"] != "total" for case in cases), "no plain row"
    assert any("depth" in case for case in cases), "no folded row"
    if column.sums and not column.name.endswith(".sum"):
        assert any(case["row"] == "total" for case in cases), "no total"


@pytest.mark.parametrize("mode", MODES)
def test_modes_differ_in_some_case_of_a_column_that_they_have(mode: str) -> None:
    """Otherwise a column that shows another mode would not be noticed."""
    others = [other for other in MODES if other != mode]
    for metric in {column.metric for column in COLUMNS.values() if column.group == mode} - {"buffers"}:
        for other in others:
            assert any(case[mode] != case[other] for case in CASES[metric]), (metric, mode, other)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_spreadsheet_has_the_values_of_the_columns(network: str) -> None:
    analysis = analysis_of({"network": network})
    grid = exact_grid(analysis, Options())
    columns = [column for name, column in COLUMNS.items() if name != BOUNDS or analysis.unknown]
    assert list(grid.columns) == columns
    for row, values in zip(analysis.rows, grid.values(), strict=True):
        assert values == [column.value(row) for column in columns]


@pytest.mark.parametrize("number", BARS)
def test_bars_of_a_notebook(number: int) -> None:
    """The width of a row's bar is its part of all parameters, in tenths of a percent, rounded down."""
    case = CASES[HTML_BAR][number]
    pages = "".join(notebook(analysis_of(case), Options(depth=depth)) for depth in ("all", 1))  # the row of a block too
    (row,) = set(re.findall(rf"<tr[^>]*><th[^>]*>{re.escape(case['row'])}<.*?</tr>", pages))
    for mode in ("shared", "local"):
        (cell,) = re.findall(rf'<td class="bar {mode}">(.*?)</td>', row)
        assert "".join(re.findall(r"width:([^\"]*)\"", cell)) == case[mode], case["source"]
