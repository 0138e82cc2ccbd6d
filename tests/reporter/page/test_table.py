"""The table of the page before any script: its rows add up to the totals of the report, and say how deep they are."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analyzer import Analysis, analyze
from analyzer.reporter.options import Options
from analyzer.reporter.page import table
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import scene_of

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))
SOME = [path for path in EXAMPLES if path.stem[0] in "cdgrtuvx"]
MANY = {"input": "8x8x4", "layers": [{"conv": {"filters": 4, "kernel": 3, "padding": 1}, "repeat": 500}]}


class Rows(HTMLParser):
    """The rows of a page, each as its attributes and its cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[tuple[dict[str, str | None], list[str]]] = []
        self.columns: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "tr":
            self.rows.append((found, []))
        if tag in ("td", "th"):
            self.rows[-1][1].append("")
            if "data-column" in found:
                self.columns.append(found["data-column"] or "")

    def handle_data(self, content: str) -> None:
        if self.rows and self.rows[-1][1]:
            self.rows[-1][1][-1] += content


def drawn(analysis: Analysis, **asked: object) -> Rows:
    options = Options(**asked)  # type: ignore[arg-type]  # names of options
    return Rows("".join(table.section(Reviewed(analysis=analysis), scene_of(analysis), options)))


def number(cell: str) -> int:
    return int(cell.replace("≥", "").replace(",", "").replace("unknown", "0"))


@pytest.mark.parametrize("path", SOME, ids=lambda path: path.stem)
def test_rows_add_up_to_the_totals(path: Path) -> None:
    analysis = analyze(path)
    found = drawn(analysis, mode="both")
    first = [cells for attributes, cells in found.rows if attributes.get("aria-level") == "1"]
    totals = {"macs": analysis.totals.macs}
    for mode in ("shared", "local"):
        cost = getattr(analysis.totals, mode)
        totals |= {f"{mode}.{name}": getattr(cost, name) for name in ("weights", "biases", "parameters")}
    for name, total in totals.items():
        place = found.columns.index(name)
        assert sum(number(cells[place]) for cells in first) == total, name
        assert number(found.rows[-1][1][place]) == total
    for mode in ("shared", "local"):
        assert number(first[-1][found.columns.index(f"{mode}.sum")]) == totals[f"{mode}.parameters"]


def test_levels_follow_each_other_and_parents_say_whether_they_are_open() -> None:
    rows = [attributes for attributes, _ in drawn(analyze(EXAMPLES[0].with_name("resnet50.yaml"))).rows]
    rows = [row for row in rows if "aria-level" in row]
    levels = [int(row["aria-level"] or 0) for row in rows] + [1]
    assert levels[0] == 1
    for row, level, after in zip(rows, levels, levels[1:], strict=False):
        assert (row.get("aria-expanded") == "true") == (after > level)
        assert after <= level + 1
    assert {"true", "false", None} == {row.get("aria-expanded") for row in rows}


def test_the_options_choose_columns_modes_and_depth() -> None:
    analysis = analyze(EXAMPLES[0].with_name("resnet50.yaml"))
    found = drawn(analysis, columns=["macs", "weights", "note"], mode="local", depth=1)
    assert found.columns == ["layer", "macs", "local.weights", "note"]
    assert {row.get("aria-level") for row, _ in found.rows if "data-box" in row} == {"1"}
    data = table.columns(
        Reviewed(analysis=analysis), scene_of(analysis), Options(sort="macs", top=3, columns=["note", "saved"])
    )
    assert (data["sort"], data["top"], data["columns"]) == ("macs", 3, ["layer", "note", "saved"])
    assert list(data["more"]) == ["note", "saved"]


def test_many_rows_are_left_to_the_script() -> None:
    analysis = analyze(MANY)
    assert len([row for row, _ in drawn(analysis, depth="all").rows if "data-box" in row]) < 100
    data = table.columns(Reviewed(analysis=analysis), scene_of(analysis), Options(depth="all"))
    assert len(data["open"]) > 1


def test_long_names_are_cut_with_a_title() -> None:
    analysis = analyze({"input": "4", "layers": [{"dense": 3, "name": "x" * 500}]})
    page = "".join(table.section(Reviewed(analysis=analysis), scene_of(analysis), Options()))
    assert re.search(r'title="x{500}"', page)
    assert not re.search(r">x{200}", page)
