"""Folding: what fits is shown whole, what does not is folded in a fixed order, and no number is lost on the way.

The sums of the examples are compared with those of all rows, which other tests compare with papers and frameworks.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from loading import network
from reported import EVERY, Builder, render

import analyzer
from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis, Row
from analyzer.reporter.analysis.columns import COLUMNS
from analyzer.reporter.analysis.fold import Folded
from analyzer.reporter.analysis.shown import grids_of
from analyzer.reporter.drawing import Drawing
from analyzer.reporter.fold import LINES, ROWS
from analyzer.reporter.options import Options
from analyzer.reporter.page.notebook import notebook
from analyzer.volume import Volume

MODELS = sorted((Path(__file__).parents[2] / "example_models").glob("*.yaml"))
NAMES = [path.stem for path in MODELS]

#: The networks of the promise, as benchmarks/screen.py prints them.
SCREENS = {
    "resnet50": {},
    "resnet": {"depth": 152},
    "efficientnet": {"width": 2.0, "depth": 3.1, "size": 600},
    "unet": {},
    "vit_b16": {},
}


@cache
def analysis_of(name: str) -> Analysis:
    return analyzer.analyze(MODELS[0].parent / f"{name}.yaml")


def analyzed(text: str) -> Analysis:
    return analyze_network(network(text))


def depths(analysis: Analysis) -> Iterator[int | str]:
    yield "auto"
    yield "all"
    yield from range(1, max(row.name.count(".") for row in analysis.rows) + 3)


def layers_of(row: Row) -> list[Row]:
    return list(row.members) if isinstance(row, Folded) else [row]


# Every row is in exactly one row, and every sum is the same.


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_is_in_one_row_and_the_sums_are_equal(name: str) -> None:
    analysis = analysis_of(name)
    columns = [column for column in COLUMNS.values() if column.nature in ("amount", "running")]
    for depth in depths(analysis):
        for grid in grids_of(analysis, Options(depth=depth, columns=[column.name for column in columns])):
            members = [member for row in grid.subjects for member in layers_of(row)]
            assert [row.name for row in members] == [row.name for row in analysis.rows]
            for column in columns:
                values = [column.value(row) for row in grid.subjects]
                total = column.value(grid.sums[-1])
                if column.nature == "running":
                    assert values[-1] == total, (depth, column.name)
                elif total != "":
                    assert sum(int(value) for value in values if value != "") == total, (depth, column.name)


def plain(cells: list[str]) -> list[int]:
    return [int(cell.strip("* ").replace("{,}", "").replace(",", "")) for cell in cells]


def of_table(text: str) -> list[list[int]]:
    return [plain(line.split()) for line in text.splitlines() if re.fullmatch(r" *[\d,]+ +[\d,]+ *", line)]


def of_markdown(text: str) -> list[list[int]]:
    return [plain(line.strip("| ").split("|")) for line in text.splitlines() if re.match(r"\| \**\d", line)]


def of_latex(text: str) -> list[list[int]]:
    return [plain(line.removesuffix(r" \\").split("&")) for line in text.splitlines() if re.match(r"[\d{},]+ &", line)]


def of_csv(text: str) -> list[list[int]]:
    rows = [[int(cell) for cell in line] for line in list(csv.reader(io.StringIO(text)))[1:]]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def of_html(text: str) -> list[list[int]]:
    """The rows of the table that stand for layers: those of open blocks have the sums of the rows below them."""
    table = text[text.index('role="treegrid"') : text.index("</table>", text.index('role="treegrid"'))]
    rows = [row for row in re.findall(r"<tr([^>]*)>(.*?)</tr>", table) if 'aria-expanded="true"' not in row[0]]
    cells = [re.findall(r"<td[^>]*>([\d,]+)<", row) for _, row in rows]
    return [plain(row) for row in cells if row]


def of_notebook(text: str) -> list[list[int]]:
    """The rows of the table of a notebook."""
    cells = [re.findall(r"<t[hd][^>]*>([\d,]+)<", row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", text)]
    return [plain(row) for row in cells if row]


READERS: dict[str, Callable[[str], list[list[int]]]] = {
    "table": of_table,
    "markdown": of_markdown,
    "latex": of_latex,
    "csv": of_csv,
    "html": of_html,
}


@pytest.mark.parametrize("format", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_what_a_format_shows_adds_up(name: str, format: str) -> None:
    """The numbers are read back from the text, and the last row is the total."""
    analysis = analysis_of(name)
    totals = [analysis.totals.macs, analysis.totals.local.parameters]
    for depth in depths(analysis):
        text = render(format, analysis, depth=depth, columns=["macs", "local.parameters"])
        *rows, total = READERS[format](text)
        assert total == totals, depth
        assert [sum(column) for column in zip(*rows, strict=True)] == totals, depth


def test_what_a_notebook_shows_adds_up() -> None:
    for name in NAMES:
        analysis = analysis_of(name)
        *rows, total = of_notebook(notebook(analysis, Options(columns=["macs", "local.parameters"])))
        assert len(rows) <= ROWS
        assert [sum(column) for column in zip(*rows, strict=True)] == total
        assert total == [analysis.totals.macs, analysis.totals.local.parameters]


# What fits, and in which order rows are folded.


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_networks_of_the_promise_fit(name: str, width: int) -> None:
    analysis = analyzer.analyze(MODELS[0].parent / f"{name}.yaml", set=SCREENS[name])
    text = render("table", analysis, width=width)
    assert text.count("\n") <= LINES
    assert text.splitlines()[-1].endswith(f"--depth all shows all {len(analysis.rows)} layers")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", ["table", "markdown", "latex", "html"])
def test_at_most_forty_rows_where_the_width_is_not_limited(name: str, format: str) -> None:
    analysis = analysis_of(name)
    *rows, _ = READERS[format](render(format, analysis, columns=["macs", "local.parameters"]))
    assert len(rows) <= ROWS


def chain(layers: int) -> Analysis:
    """A chain of layers, none of which is equal to its neighbour."""
    net = Builder(Volume((64, 64), 3))
    for number in range(layers):
        net.add(f"conv{number + 1}", "conv", filters=number + 1, kernel=1)
    return net.analysis()


def test_a_network_that_fits_is_shown_whole() -> None:
    """Forty rows fit; nothing folds the forty-first, so it stays, and no line speaks of folding."""
    for layers in (1, 40, 41, 200):
        text = render("table", chain(layers))
        assert text.count("\nconv") == layers
        assert "--depth" not in text


def test_lines_count_where_the_width_is_limited() -> None:
    """20 rows in three parts do not fit into 70 lines, so the activations go into their layers' rows."""
    net = Builder(Volume((64, 64), 3))
    for number in range(10):
        net.add(f"conv{number + 1}", "conv", filters=number + 1, kernel=1)
        net.add(f"conv{number + 1}.relu", "relu")
    analysis = net.analysis()
    assert "relu\n" in render("table", analysis, columns=["layer", "kind"])
    assert "conv10.relu" in render("table", analysis)
    narrow = render("table", analysis, width=80)
    assert not re.search(r"^conv\d+\.relu", narrow, re.MULTILINE)
    assert "conv 1×1, relu" in narrow
    assert narrow.count("\n") <= LINES
    assert narrow.splitlines()[-1] == "folded: norm, act · --depth all shows all 20 layers"


ORDERED = """
input: 32x32x16
blocks:
  Inner:
    layers:
      - conv: {K: $D, F: 3, P: 1, norm: batch_norm, act: relu}
      - conv: {K: $D, F: 1, norm: batch_norm, act: relu}
  Outer:
    layers: [Inner, max_pool: {F: 3, P: 1, S: 1}]
layers:
  - conv: {K: 16, F: 3, P: 1, norm: batch_norm, act: relu}
  - {Outer: , name: once}
  - conv: {K: 17, F: 1}
  - {Outer: , name: thrice, repeat: 3}
  - conv: {K: 18, F: 1}
  - {Outer: , name: four, repeat: 4}
"""


def test_the_order_of_folding() -> None:
    """Layers with their norm and act, then runs, then blocks from the inside out."""
    grids = [[row.name for row in grid.subjects] for grid in grids_of(analyzed(ORDERED), Options())]
    inside = ("Inner1.conv1", "Inner1.conv2", "max_pool1")
    thrice = [f"thrice.{turn}.{name}" for turn in (1, 2, 3) for name in inside]
    four = [f"four.{turn}.{name}" for turn in (1, 2, 3, 4) for name in inside]
    once = [f"once.{name}" for name in inside]
    assert grids == [
        ["conv1", *once, "conv2", *thrice, "conv3", *four],
        ["conv1", *once, "conv2", "thrice.1–3 ×3", "conv3", "four.1–4 ×4"],
        ["conv1", "once.Inner1", "once.max_pool1", "conv2", "thrice.1–3 ×3", "conv3", "four.1–4 ×4"],
        ["conv1", "once", "conv2", "thrice", "conv3", "four"],
    ]


def test_names_of_runs() -> None:
    """The common part once, also without a dot and in ASCII."""
    text = """
        input: 8x8x4
        layers:
          - {conv: {K: 4, F: 3, P: 1}, repeat: 60, name: body}
          - {conv: {K: 4, F: 1}, name: last}
    """
    assert "\nbody.1–60 ×60 " in render("table", analyzed(text))
    assert "\nbody.1-60 x60 " in render("table", analyzed(text), unicode=False)
    flat = "input: 8x8x4\nlayers:\n" + "  - conv: {K: 4, F: 3, P: 1}\n" * 60 + "  - conv: {K: 4, F: 1}\n"
    assert "\nconv1–60 ×60 " in render("table", analyzed(flat))
    named = "input: 8x8x4\nlayers:\n" + "".join(f"  - {{relu: , name: {'x' * n}}}\n" for n in range(1, 61))
    assert f"\nx–{'x' * 60} ×60 " in render("table", analyzed(named), depth="auto", width=None)


def test_a_run_shows_what_is_true_of_all_its_layers() -> None:
    """60 convolutions of 148 parameters and 9,216 MACs: 8·8·4·4·9; the field of the last: 1 + 60·2 cells, so all."""
    text = "input: 8x8x4\nlayers:\n" + "  - conv: {K: 4, F: 3, P: 1}\n" * 60 + "  - conv: {K: 4, F: 1}\n"
    (grid,) = grids_of(analyzed(text), Options(columns=["kind", "output", "shared.parameters", "macs", "shared.sum"]))
    assert next(iter(grid.body())) == ["conv 3×3 +1", "8×8×4", "8,880", "552,960", "8,880"]


# How kinds and the closing line read.


def test_a_layer_with_its_norm_and_act() -> None:
    text = """
        input: 32x32x4
        layers:
          - conv: {K: 8, F: 7, S: 2, P: 3, norm: batch_norm, act: relu}
          - conv: {K: 8, F: 1, norm: layer_norm, act: {leaky_relu: 0.2}}
          - conv: {K: 8, F: 1, norm: {group_norm: 4}}
          - conv: {K: 8, F: 1, norm: instance_norm}
    """
    text = render("table", analyzed(text), depth=1, mode="shared")
    kinds = ["conv 7×7 /2 +3, bn, relu", "conv 1×1, ln, leaky_relu", "conv 1×1, gn", "conv 1×1, instance_norm"]
    assert all(f"  {kind}  " in text for kind in kinds)
    assert "kind: kernel, /stride, +padding, bn batch_norm, ln layer_norm, gn group_norm · " in text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("F: 3, P: same", "conv 3×3 +1"),
        ("F: 3, S: 2, P: same", "conv 3×3 /2 +0:1"),  # ⌈32/2⌉ = 16 windows reach 33 cells: one more, after
        ("F: 3, S: 2, P: same_lower", "conv 3×3 /2 +1:0"),
        ("F: [1, 5], P: same", "conv 1×5 +0×2"),
        ("F: [2, 3], P: same", "conv 2×3 +0:1×1"),
        ("F: 1, P: same", "conv 1×1"),
        ("F: 3, P: 2", "conv 3×3 +2"),
    ],
)
def test_padding_shows_its_number(written: str, shown: str) -> None:
    text = render("table", analyzed(f"input: 32x32x4\nlayers:\n  - conv: {{K: 8, {written}}}\n"))
    assert f"  {shown}  " in text


@pytest.mark.parametrize("format", ["table", "markdown", "latex"])
def test_the_last_line_says_what_was_folded(format: str) -> None:
    analysis = analysis_of("resnet50")
    for depth, says in (("auto", "folded: norm, act, equal neighbours"), (2, "folded to 2 levels of names")):
        last = render(format, analysis, depth=depth).splitlines()[-1]
        assert says in last
        assert "--depth all" in last
    assert "--depth" not in render(format, analysis, depth="all")


def test_depth_by_number_keeps_repetitions_apart() -> None:
    (grid,) = grids_of(analysis_of("resnet50"), Options(depth=2))
    names = [row.name for row in grid.subjects]
    assert names[:6] == ["conv1", "max_pool1", "stage1.1", "stage1.2", "stage1.3", "stage2.1"]
    assert len(names) == 2 + 16 + 3


def test_programs_get_every_row_unless_they_ask() -> None:
    analysis = analysis_of("resnet50")
    assert len(of_csv(render("csv", analysis, columns=["macs"]))) == 175 + 1
    assert len(of_csv(render("csv", analysis, columns=["macs"], depth=1))) == 9 + 1
    assert len(analyzer.analyze(MODELS[0]).to_dict()["layers"]) == len(analyzer.analyze(MODELS[0]).rows)


def test_a_ranking_is_of_layers() -> None:
    """`--top` limits the rows itself."""
    text = render("table", analysis_of("resnet50"), top=3, width=200)
    assert "the other 172 layers" in text
    assert "folded" not in text


def test_equal_notes_of_a_run_are_said_once() -> None:
    text = "input: 8x8x4\nlayers:\n  - {conv: {K: 4, F: 1}, repeat: 50, name: body, note: the same}\n  - relu\n"
    (grid,) = grids_of(analyzed(text), Options(columns=["layer", "note"]))
    assert next(iter(grid.body())) == ["body.1–50 ×50", "the same"]


def test_rows_stay_where_nothing_is_left_to_fold() -> None:
    """50 different layers, each with its activation: one row each, and more than fit."""
    net = Builder(Volume((8, 8), 3))
    for number in range(50):
        net.add(f"conv{number + 1}", "conv", filters=number + 1, kernel=1)
        net.add(f"conv{number + 1}.relu", "relu")
    text = render("table", net.analysis(), width=200)
    assert text.count("conv 1×1, relu") >= 50
    assert text.splitlines()[-1] == "folded: norm, act · --depth all shows all 100 layers"


def test_a_run_whose_last_name_is_not_a_number() -> None:
    text = "input: 8x8x4\nlayers:\n" + "".join(f"  - {{relu: , name: x1{'a' * n}}}\n" for n in range(60))
    assert f"\nx1–x1{'a' * 59} ×60 " in render("table", analyzed(text))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200, None])
def test_the_height_is_known_before_it_is_drawn(width: int | None) -> None:
    for make in EVERY.values():
        for columns in (None, ["layer", "kind", "output"], ["macs", "layer", "weights"]):
            options = Options(width=width, depth="all", columns=columns)
            (grid,) = grids_of(make(), options)
            drawing = Drawing(grid, options, free=columns is None)
            assert drawing.height == "".join(drawing.lines()).count("\n")


def test_three_tables_are_shorter_than_two_whose_rows_wrap() -> None:
    """YOLOv1 at 120 columns: its kinds take four lines each beside the numbers of a mode."""
    assert "conv 7×7 /2 +3, bn, leaky_relu" in render("table", analysis_of("yolov1"), width=120)


def test_columns_that_are_left_out_are_not_explained() -> None:
    analysis = analysis_of("resnet50")
    assert "memory of a row" in render("table", analysis, width=80)
    narrow = render("table", analysis, width=40)
    assert re.search(r"left out at this width:[^;]*\bmemory\b", narrow)
    assert "memory of" not in narrow


def test_a_page_is_open_where_every_row_is_asked_for() -> None:
    analysis = analysis_of("resnet50")
    assert 'aria-expanded="false"' in render("html", analysis)
    assert 'aria-expanded="false"' not in render("html", analysis, depth="all")


def test_latex_keeps_the_signs_of_the_option() -> None:
    """Two hyphens are a dash in LaTeX, except in `\\verb`."""
    assert r"\verb|--depth all|" in render("latex", analysis_of("resnet50"))
