"""What every report says of a layer whose MACs nobody knows, and of a network that another program wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import analyzer
from analyzer import Analysis
from analyzer.cli.main import main
from analyzer.contract.memory import memory_schema
from analyzer.engine.analysis import analyze_network
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.settings import Run
from analyzer.engine.network import Network, Source
from analyzer.loader.expand.expansion import expand
from analyzer.reporter.analysis import FORMATS
from analyzer.reporter.memory import FORMATS as MEMORY_FORMATS
from analyzer.reporter.options import Options
from analyzer.reporter.page.notebook import notebook
from analyzer.reporter.page.reviewed import Reviewed

# conv1: 3·3·8·8 weights at 16·16 positions are 147,456 MACs; conv2: 3·3·4·4 at 14·14; dense1: 784·10. In all 183,520.
MODEL = """
input: 16x16x8
layers:
  - conv: {filters: 8, kernel: 3, padding: same, act: relu}
  - custom: {output: 16x16x4, weights: 1000, macs: unknown}
    name: grid
  - conv: {filters: 4, kernel: 3}
  - dense: 10
"""
KNOWN = "183,520"


def drawn(name: str, *reports: Analysis, **options: object) -> str:
    return "".join(FORMATS[name].render(reports, Options(**options)))  # type: ignore[arg-type]


@pytest.fixture
def analysis() -> Analysis:
    return analyzer.analyze(MODEL)


@pytest.mark.parametrize("name", ["table", "markdown", "latex", "html"])
def test_reports_for_people_say_at_least(name: str, analysis: Analysis) -> None:
    text = drawn(name, analysis).replace("{,}", ",").replace("$\\geq$", "≥")
    assert f"at least {KNOWN} per sample" in text
    assert "at least 367,040 FLOPs" in text
    assert f"≥ {KNOWN}" in text  # the running sum and the total
    assert "the MACs of 1 layer are unknown (grid): sums marked ≥ leave them out" in text
    lines = [line for line in text.splitlines() if "grid" in line and "custom" in line]
    assert lines
    assert all("unknown" in line for line in lines)


@pytest.mark.parametrize("options", [{"depth": 1}, {"top": 2, "sort": "macs"}, {"columns": ["layer", "macs", "flops"]}])
def test_folded_and_ranked_tables_mark_it(options: dict[str, object]) -> None:
    text = MODEL.replace(
        "layers:\n", "layers:\n  - sequence: [{custom: {output: 16x16x8, macs: unknown}}, {linear: 8}]\n"
    )
    found = drawn("table", analyzer.analyze(text), **options)
    assert "≥" in found
    assert "unknown" in found


def test_a_comparison_marks_it(analysis: Analysis) -> None:
    known = analyzer.analyze(MODEL.replace("unknown", "5"))
    text = drawn("table", analysis, known)
    table = text[text.index("comparison") :]
    assert f"≥ {KNOWN}" in table
    assert " 183,525" in table


def test_a_row_of_unknown_macs_is_not_drawn_as_one_without_cost() -> None:
    found = analyzer.analyze("input: 4\nlayers: [{custom: {output: 4, macs: unknown}}, relu]")
    assert notebook(found).count('class="zero"') == 1  # the relu
    assert drawn("table", found, color=True).count("\x1b[2m") >= 1


def test_csv_says_which_numbers_are_bounds(analysis: Analysis) -> None:
    lines = [line.split(",") for line in drawn("csv", analysis).split("\r\n")[:-1]]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    assert [row["macs"] for row in rows] == ["147456", "0", "unknown", "28224", "7840"]
    assert [row["flops"] for row in rows] == ["294912", "0", "unknown", "56448", "15680"]
    assert [row["macs_sum"] for row in rows] == ["147456", "147456", "147456", "175680", "183520"]
    assert [row["at_least"] for row in rows] == ["", "", "macs macs_sum", "macs_sum", "macs_sum"]


def test_csv_of_several_networks_has_the_same_columns(analysis: Analysis) -> None:
    known = analyzer.analyze(MODEL.replace("unknown", "5"))
    assert "at_least" not in drawn("csv", known)
    lines = drawn("csv", known, analysis).split("\r\n")[:-1]
    assert len({line.count(",") for line in lines}) == 1


def test_a_data_frame_has_no_number(analysis: Analysis) -> None:
    pandas = pytest.importorskip("pandas")
    saved = analyzer.read_report(json.dumps(analysis.to_dict(), indent=1))
    for found in (analysis, saved):
        frame = found.to_dataframe().set_index("layer")
        assert pandas.isna(frame.macs["grid"])
        assert frame.macs.sum() == 183520
        assert str(frame.macs.dtype) == "Int64"
        assert frame.at_least["conv2"] == "macs_sum"


def test_a_saved_report_and_python_say_it(analysis: Analysis) -> None:
    saved = analyzer.read_report(json.dumps(analysis.to_dict(), indent=1))
    for text in (repr(analysis), repr(saved), str(saved)):
        assert f"at least {KNOWN}" in text
    assert "the MACs of 1 layer are unknown (grid)" in str(saved)


def test_an_explanation_says_it(analysis: Analysis) -> None:
    explained = analyzer.explain(MODEL, "grid")
    (step,) = explained.layers[0].about("macs")
    assert (step.value, step.words) == (None, "unknown: the catalogue has no rule for them, and its author gives none")
    assert "value" not in next(one for one in explained.to_dict()["layers"][0]["steps"] if one["topic"] == "macs")
    assert "unknown: the catalogue" in str(explained)


def foreign(own: str | None) -> Network:
    model = analyzer.load(MODEL)
    model.source = Source("onnx", "pytorch", "2.13.0")
    model.uncovered = {"GridSample": 2, "Einsum": 1}
    model.weights_dtype = own
    if own == "int8":
        model.formats = dict.fromkeys(("conv1", "conv2", "dense1"), own)
    network, found = expand(model)
    assert not found
    return network


@pytest.mark.parametrize("name", ["table", "markdown", "latex", "html"])
def test_reports_say_where_a_network_was_read_from(name: str) -> None:
    model = analyzer.load(MODEL)
    network = foreign("float16")
    analysis = analyzer.analyze(model)
    analysis.network = network
    text = drawn(name, analysis)
    for said in (
        "read from",
        "ONNX",
        "written by pytorch 2.13.0",
        "weights float16",
        "in float16, as in the file",
    ):
        assert said in text
    assert "1 layer that the catalogue does not have: GridSample" in text
    assert "read from" not in drawn(name, analyzer.analyze(model))


# 9,582 parameters: 9·8·8 + 8, 1,000, 9·4·4 + 4, 784·10 + 10.
# Where weights are int8, those of `grid` and biases are not.
@pytest.mark.parametrize(
    ("own", "inference", "training"),
    [("float16", 2 * 9582, 2), ("int8", 8560 + 4 * 1022, 4), (None, 4 * 9582, 4)],
)
def test_memory_has_weights_in_the_format_of_their_file(own: str | None, inference: int, training: int) -> None:
    found = MemoryAnalysis(foreign(own), Run(batch=2, optimizer="adam"))
    held = found.held()
    assert held.inference_parts()["parameters"] == inference
    assert analyze_network(found.network).totals.shared.bytes == inference
    parts = held.training_parts()
    assert parts["parameters"] == 9582 * training
    assert parts["optimizer"] == 2 * 9582 * training + 4 * 7  # two moments, and a counter for each of 7 tensors
    plain = MemoryAnalysis(foreign(None), Run(batch=2, optimizer="adam")).held()
    assert held.inference_parts()["activations"] == plain.inference_parts()["activations"]
    assert sum(layer.parameters for layer in held.layers[0]) == inference


@pytest.mark.parametrize("name", list(MEMORY_FORMATS))
def test_reports_of_memory_say_it(name: str) -> None:
    found = MemoryAnalysis(foreign("int8"), Run(batch=2))
    shown = Reviewed(analysis=analyze_network(found.network), memory=found) if name == "html" else found
    text = "".join(MEMORY_FORMATS[name].render([shown], Options()))
    if name == "json":
        jsonschema = pytest.importorskip("jsonschema")
        report = json.loads(text)
        jsonschema.validate(report, memory_schema())
        assert report["source"] == {"format": "onnx", "producer": "pytorch", "version": "2.13.0"}
        assert report["uncovered"] == {"GridSample": 2, "Einsum": 1}
        assert (report["dtype"], report["weights_dtype"]) == ("float32", "int8")
        text = " ".join(map(str, report["assumptions"].values()))
    elif name == "csv":
        return
    assert "in int8, as in the file; in training in float32" in text
    assert "of an evaluated model: it often lacks dropout and batch norms, which take memory in training" in text


def test_an_export_says_nothing_about_training_where_nothing_is_trained() -> None:
    text = str(MemoryAnalysis(foreign(None), Run(batch=2, dtype="int8")))
    assert "read from ONNX, written by pytorch 2.13.0" in text
    assert "evaluated" not in text


def test_budgets_of_what_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(MODEL)
    check = ["check", str(file), "--select", "CHECK501", "--budget"]
    assert main([*check, "macs=100K"]) == 1
    assert "`macs` is at least 183.5K, 83.52K (83.5 %) over its budget of 100K" in capsys.readouterr().out
    assert main([*check, "macs=1M"]) == 0
    said = capsys.readouterr().out
    assert "`macs` is at least 0.1835M of its budget of 1M, and the rest is unknown" in said
    assert "the MACs of 1 layer are unknown: `grid`" in said
    assert main([*check, "macs=1K.."]) == 0  # enough of it is known
    assert "unknown" not in capsys.readouterr().out
    assert main([*check, "params=9600"]) == 0
    assert "unknown" not in capsys.readouterr().out


def test_growth_of_what_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {
        "open": MODEL,
        "known": MODEL.replace("unknown", "5"),
        "more": MODEL.replace("filters: 4", "filters: 14"),
        "large": MODEL.replace("unknown", "5000000"),
    }
    files = {name: tmp_path / f"{name}.yaml" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text)

    def grown(new: str, old: str) -> tuple[int, str]:
        asked = ["--select", "CHECK501", "--budget", "macs=+1%", "--against"]
        code = main(["check", str(files[new]), *asked, str(files[old])])
        return code, capsys.readouterr().out

    assert grown("open", "open") == (0, "1 model is fine\n")
    code, said = grown("more", "open")
    assert (code, "what is known of `macs` grew by 90,160 (49.1 %)" in said) == (1, True)
    code, said = grown("more", "known")
    assert (code, "`macs` grew by at least 90,155 (49.1 %)" in said) == (1, True)
    code, said = grown("open", "known")
    assert (code, "nobody knows by how much it grew" in said) == (0, True)
    code, said = grown("large", "open")
    assert (code, "nobody knows by how much it grew" in said) == (0, True)
    assert grown("known", "open") == (0, "1 model is fine\n")


def test_a_model_is_compared_in_the_format_of_weights_that_a_report_was_saved_in() -> None:
    model = analyzer.load(MODEL)
    model.weights_dtype = "float16"
    for asked in ({}, {"dtype": "float32"}):
        saved = analyzer.read_report(json.dumps(analyzer.analyze(model, **asked).to_dict(), indent=1))
        assert saved.totals.shared.bytes == 9582 * (4 if asked else 2)
        assert analyzer.diff(saved, model).equal
    different = analyzer.diff(analyzer.load(MODEL), model)
    assert different.run == [("format of weights", "float32", "float16")]
    assert not different.equal
    assert {change.what for change in different.layers} == {"affected"}


def test_weights_of_several_formats() -> None:
    """int8 weights with biases of four bytes, float16 weights with float16 biases, and float32 where none is told."""
    model = analyzer.load(MODEL)
    model.weights_dtype, model.formats = "int8", {"conv1": "int8", "conv2": "float16"}
    analysis = analyzer.analyze(model)
    sizes = {row.name: row.shared.bytes for row in analysis.rows}
    assert sizes == {"conv1": 576 + 4 * 8, "conv1.relu": 0, "grid": 4000, "conv2": 2 * 148, "dense1": 4 * 7850}
    held = analyzer.memory(model).held()
    assert held.inference_parts()["parameters"] == sum(sizes.values())
    assert held.training_parts()["parameters"] == 4 * 9582
    assert "weights in int8 and float16, as in the file; in training in float32" in str(analyzer.memory(model))
    assert analysis.to_dict()["weights_dtype"] == "int8"
    assert analyzer.analyze(model, dtype="float32").totals.shared.bytes == 4 * 9582
    explained = analyzer.explain(model, "conv2").to_dict()["layers"][0]["steps"]
    sizes_of = [one["value"] for one in explained if (one["topic"], one["name"]) == ("memory", "parameters")]
    assert sizes_of == [296, 2 * 29008]  # shared, and 196 positions with 9·4·4 + 4 each


MOVED = ["layer", "traffic", "intensity", "backward_macs"]


@pytest.mark.parametrize("name", ["table", "markdown", "latex"])
def test_what_follows_from_unknown_macs_is_unknown_too(name: str, analysis: Analysis) -> None:
    """The traffic is known: `grid` reads 16·16·8 numbers and 1,000 weights and puts out 16·16·4, 16.0 KiB.

    Backward: `conv2` and `dense1` twice their MACs, `conv1` once: 183,520 + 28,224 + 7,840 = 219,584.
    """
    text = drawn(name, analysis, columns=MOVED, mode="shared").replace("{,}", ",").replace("$\\geq$", "≥")
    (grid,) = [line for line in text.splitlines() if "grid" in line and "KiB" in line]
    assert "15.9 KiB" in grid
    assert grid.count("unknown") == 2
    (total,) = [line for line in text.splitlines() if "total" in line]
    assert "≥ 219,584" in total
    assert total.count("≥") == 2


def test_a_spreadsheet_says_unknown_where_the_macs_are(analysis: Analysis) -> None:
    lines = drawn("csv", analysis, columns=MOVED, mode="shared").splitlines()
    assert [line for line in lines if line.startswith("grid")] == ["grid,16288,unknown,unknown"]
    assert lines[2].startswith("conv1.relu,16384,0.0,0")


@pytest.mark.parametrize("by", ["intensity", "backward_macs", "macs_on_data", "traffic"])
@pytest.mark.parametrize("top", [None, 2])
def test_rows_sort_by_a_column_that_some_have_no_value_in(by: str, top: int | None) -> None:
    """A flatten moves nothing, a custom layer has no MACs on data: they come last."""
    model = "input: 8x8x2\nlayers:\n  - flatten\n  - custom: {output: 4x4x2, macs: unknown}\n  - conv: {filters: 2, kernel: 3}\n"
    options = {"sort": by, "columns": ["layer", by], "mode": "shared", "top": top}
    lines = drawn("table", analyzer.analyze(model), **options).splitlines()
    names = [line.split()[0] for line in lines if line.startswith(("flatten1", "custom1", "conv1"))]
    assert names[0] == ("custom1" if by == "traffic" else "conv1")


def test_a_ranking_by_a_ratio_has_no_shares() -> None:
    """Ratios do not add up to a whole."""
    text = drawn("table", analyzer.analyze(MODEL), sort="intensity", top=2, columns=MOVED, mode="shared")
    assert "FLOPs/byte" in text
    assert "%" not in text
