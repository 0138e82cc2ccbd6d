"""The table: the worked example, columns added up again, every width, nothing cut."""

from __future__ import annotations

import re

import pytest
from reported import EVERY, Builder, blocks, mixed, render, textbook, wide

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.columns import COLUMNS, ColumnError, check_columns, chosen, described
from analyzer.reporter.analysis.shown import grid_of
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import cells, joined
from analyzer.volume import Volume

TEXTBOOK = """\
textbook · input 32×32×3 · batch 1 · float32 · 1 layer

                                 ────────────────────── shared ─────────────────────  ─────────────── locally connected ────────────────
layer  kind            output    weights  biases  parameters  Σ parameters    memory  weights  biases  parameters  Σ parameters   memory     MACs   Σ MACs
─────  ──────────────  ────────  ───────  ──────  ──────────  ────────────  ────────  ───────  ──────  ──────────  ────────────  ───────  ───────  ───────
conv1  conv 8×8 /2 +1  14×14×20    3,840      20       3,860         3,860  30.4 KiB  752,640   3,920     756,560       756,560  2.9 MiB  752,640  752,640
─────  ──────────────  ────────  ───────  ──────  ──────────  ────────────  ────────  ───────  ──────  ──────────  ────────────  ───────  ───────  ───────
total                              3,840      20       3,860         3,860  30.4 KiB  752,640   3,920     756,560       756,560  2.9 MiB  752,640  752,640

parameters        3,860 shared · 756,560 locally connected, 196.0× as many
MACs              752,640 per sample · 1,505,280 FLOPs
parameter memory  15.1 KiB shared · 2.9 MiB locally connected
peak activation   27.3 KiB at `conv1` · forward, layer by layer
receptive field   8×8 at `conv1`

kind: kernel, /stride, +padding · a MAC is one multiplication added to a sum; adding a bias is none · memory of a row: its parameters, buffers and output · Σ: sum so far · KiB = 2^10 bytes
"""


def table(analysis: Analysis, **options: object) -> str:
    return render("table", analysis, **options)


def test_worked_example_as_a_person_sees_it() -> None:
    assert table(textbook()) == TEXTBOOK


@pytest.mark.parametrize("network", EVERY)
def test_columns_add_up_to_their_totals(network: str) -> None:
    analysis = EVERY[network]()
    for depth in ("auto", "all", 1, 2):
        grid = grid_of(analysis, Options(columns=list(COLUMNS), depth=depth))
        total = grid.sums[-1]
        for column in grid.columns:
            if column.nature == "amount" and column.value(total) == "":
                assert any(row.macs_on_data is None for row in grid.subjects), column.name
            elif column.nature == "amount":
                assert sum(int(column.value(row)) for row in grid.subjects) == column.value(total), column.name
            if column.nature == "running":
                assert column.value(grid.subjects[-1]) == column.value(total), column.name


@pytest.mark.parametrize("network", EVERY)
@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_width_is_kept_and_nothing_is_cut(network: str, width: int, unicode: bool) -> None:
    analysis = EVERY[network]()
    text = table(analysis, width=width, unicode=unicode, depth="all")
    assert max(map(cells, text.split("\n"))) <= width
    assert unicode or text.isascii()
    left_out = text.partition("left out at this width: ")[2].partition(";")[0].split(", ")
    for row in analysis.rows:
        assert all(part in text for part in row.name.split("."))
        for name in ("shared.weights", "local.weights", "shared.sum", "macs"):
            if COLUMNS[name].metric not in left_out:
                assert re.search(rf"(?<![\d,]){COLUMNS[name].text(row)}(?![\d,])", text)


def test_modes_stand_under_each_other_where_they_do_not_fit() -> None:
    lines = table(textbook(), width=100).split("\n")
    assert sum(line.startswith("conv1 ") for line in lines) == 2
    assert "left out at this width: macs_sum; --columns chooses" in lines


def test_too_narrow_a_width_overflows_and_cuts_no_number() -> None:
    text = table(wide(2), width=20)
    for row in wide(2).rows:
        assert COLUMNS["shared.weights"].text(row) in text


def test_wide_characters_keep_columns_straight() -> None:
    net = Builder(Volume((), 8))
    net.add("畳み込み", "dense", units=4)
    net.add("b", "dense", units=4)
    first, second = (line for line in table(net.analysis(), mode="shared").split("\n") if "dense  " in line)
    assert cells(first.partition("dense")[0]) == cells(second.partition("dense")[0])


def test_names_with_control_characters_reach_no_terminal() -> None:
    text = render("table", mixed(), columns=["layer", "note"])
    net = Builder(Volume((), 8))
    net.add("a", "dense", units=4, note="\x1b[31mred\n\ue000")
    text += table(net.analysis("x\x1by"), columns=["layer", "note"])
    assert "\x1b" not in text
    assert "\\x1b[31mred\\n" in text


def test_color_only_where_asked() -> None:
    assert "\x1b" not in table(blocks())
    colored = table(blocks(), color=True)
    assert "\x1b[1m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == table(blocks())


def test_declared_mode_appears_where_the_file_declares_sharing() -> None:
    assert "as declared" in table(mixed())
    assert "as declared" not in table(blocks())
    assert "custom*" in table(mixed())
    assert "* 1 layer with numbers given in the file, not computed: own" in table(mixed())


def test_kind_says_the_geometry() -> None:
    text = table(blocks()) + table(mixed())
    for kind in ("conv 3×3 /2 +0:1", "conv 3×3 +1 g4", "conv 3×3 ·d2 local", "dense frozen"):
        assert kind + " " in text


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_folding_keeps_the_sums(depth: int) -> None:
    analysis = blocks()
    rows = grid_of(analysis, Options(depth=depth)).subjects
    assert sum(row.own.shared.parameters for row in rows) == analysis.totals.shared.parameters
    assert sum(row.own.local.bytes for row in rows) == analysis.totals.local.bytes
    assert sum(row.own.macs for row in rows) == analysis.totals.macs
    assert [row.cumulative.macs for row in rows][-1] == analysis.totals.macs


def test_folded_rows_are_named_by_their_prefix() -> None:
    grid = grid_of(blocks(), Options(depth=1, columns=["layer", "kind", "output", "inputs"]))
    assert list(grid.body()) == [
        ["conv1", "conv 3×3 /2 +0:1, bn, relu", "16×16×16", "input"],
        ["stage1", "Bottleneck ×2", "16×16×16", "conv1.relu"],
        ["flatten1", "flatten", "4096", "stage1.2.conv1.relu"],
        ["dense1", "dense frozen", "10", "flatten1"],
    ]


def test_a_repeated_block_is_counted() -> None:
    analysis = blocks()
    analysis.network.groups = {"stage1.1": "Bottleneck", "stage1.2": "Bottleneck"}
    kinds = [cells[1] for cells in grid_of(analysis, Options(depth=1)).body()]
    assert kinds[1] == "Bottleneck ×2"
    assert [cells[1] for cells in grid_of(analysis, Options(depth=2)).body()][1:3] == ["Bottleneck", "Bottleneck"]
    analysis.network.groups = {"stage1.1": "Bottleneck"}
    assert [cells[1] for cells in grid_of(analysis, Options(depth=1)).body()][1] == "4 layers"


@pytest.mark.parametrize("network", EVERY)
@pytest.mark.parametrize("top", [1, 2, 5, 100])
def test_percents_of_a_ranking_add_up_to_100(network: str, top: int) -> None:
    grid = grid_of(EVERY[network](), Options(top=top))
    place = [column.name for column in grid.columns].index("share")
    everyone = [*grid.subjects, *grid.sums[:-1]]
    percents = [grid.columns[place].text(row) for row in everyone]
    assert sum(round(float(percent) * 10) for percent in percents) == 1000
    assert grid.sum_texts()[-1][place] == "100.0"
    assert len(grid.subjects) <= top


def test_ranking_is_by_size_and_shows_no_running_sums() -> None:
    text = table(blocks(), top=2, columns=["layer", "parameters", "sum"])
    assert "the other 7 layers" in text
    assert "running sums (Σ) are left out" in text
    assert "Σ  " not in text
    rows = grid_of(blocks(), Options(sort="macs")).subjects
    assert [row.own.macs for row in rows] == sorted((row.own.macs for row in rows), reverse=True)


@pytest.mark.parametrize(
    ("names", "sort", "says"),
    [
        (["wieghts"], None, "did you mean `weights`?"),
        ([], "shared.sum", "sort by `parameters`"),
        ([], "layer", "cannot sort by `layer`"),
    ],
)
def test_wrong_columns_are_refused(names: list[str], sort: str | None, says: str) -> None:
    with pytest.raises(ColumnError, match=re.escape(says)):
        check_columns(names, sort)


def test_a_bare_name_is_that_column_in_every_mode() -> None:
    names = [column.name for column in chosen(["weights", "biases", "macs", "local.sum"], ("shared", "local"))]
    assert names == ["shared.weights", "shared.biases", "local.weights", "local.biases", "macs", "local.sum"]
    assert all(any(line.strip().startswith(name) for line in described()) for name in COLUMNS)


def test_several_reports_end_in_a_comparison() -> None:
    text = render("table", textbook(), blocks())
    *_, head, _, first, second, _ = text.split("\n")
    assert head.split() == [
        *("name", "input", "layers", "parameters", "memory", "parameters", "memory", "ratio", "MACs"),
        *("peak", "activation"),
    ]
    assert first.split()[:4] == ["textbook", "32×32×3", "1", "3,860"]
    assert second.startswith("blocks")


def test_trainable_and_buffers_are_said_where_they_differ() -> None:
    text = table(blocks())
    assert "trainable" in text
    assert re.search(r"buffers +32 in both modes", text)
    assert "trainable" not in table(textbook())


def test_a_line_that_goes_on_leaves_room_for_its_separator() -> None:
    assert joined(["abc", "def", "ghi"], " · ", 9) == "abc ·\ndef · ghi"
    assert all(cells(line) <= 10 for line in joined(["abcd", "defg", "h"], " · ", 10).split("\n"))


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        (["conv", "custom"], "3×3 at `l0` · unknown from `l1` on"),
        (["conv", "custom", "relu", "dense"], "3×3 at `l0` · unknown from `l1` on · the whole input from `l3` on"),
        (["conv", "flatten", "dense"], "3×3 at `l0` · the whole input from `l2` on"),
        (["custom"], "unknown from `l0` on"),
    ],
)
def test_an_unknown_field_is_marked(layers: list[str], says: str) -> None:
    """In its row with `?`, and in the summary with the layer from which on it is unknown."""
    values: dict[str, dict[str, object]] = {
        "conv": {"filters": 3, "kernel": 3, "padding": 1},
        "custom": {"output": "8x8x3"},
        "dense": {"units": 2},
    }
    builder = Builder(Volume((8, 8), 3))
    for number, layer in enumerate(layers):
        builder.add(f"l{number}", layer, **values.get(layer, {}))
    text = render("table", builder.analysis(), columns=["layer", "receptive_field"])
    assert f"receptive field   {says}\n" in text
    unknown = {f"l{number}" for number, layer in enumerate(layers) if layer in ("custom", "relu")}
    assert {line.split()[0] for line in text.splitlines() if line.endswith(" ?")} == unknown
