"""What Python shows of results: `print` the command's text, `repr` one line, `to_dataframe` the columns of the CSV."""

from __future__ import annotations

import builtins
import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.reporter.analysis import FORMATS
from analyzer.reporter.options import Options

ROOT = Path(__file__).resolve().parent.parent
RESNET = ROOT / "example_models" / "resnet50.yaml"
TEXTBOOK = "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}\n"


def command(*arguments: str) -> str:
    """What the command prints, without its last line's end."""
    run = [sys.executable, "-m", "analyzer", *arguments]
    done = subprocess.run(run, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    return done.stdout.rstrip("\n")


def test_print_shows_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    name = "example_models/resnet50.yaml"
    monkeypatch.chdir(ROOT)
    assert str(analyzer.analyze(name)) == command(name)
    assert str(analyzer.memory(name, device="24GiB")) == command("memory", name, "--device", "24GiB")
    assert str(analyzer.check(name)) == command("check", name, "--color", "never")
    other = "example_models/resnet18.yaml"
    assert str(analyzer.diff(name, other)) == command("diff", name, other)


def test_print_folds_as_the_terminal_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = analyzer.analyze(RESNET)
    assert len(analysis.rows) == 175
    monkeypatch.setenv("COLUMNS", "80")
    assert len(str(analysis).split("\n")) <= 70


@pytest.mark.parametrize(
    ("make", "shown"),
    [
        # CS231n: (8·8·3 + 1)·20 and (8·8·3 + 1)·14·14·20 parameters, 8·8·3·20·14·14 MACs
        (lambda: analyzer.analyze(TEXTBOOK), "Analysis('model': 1 layer from 32x32x3, 3,860 parameters shared, 756,560 locally connected, 752,640 MACs)"),
        (lambda: analyzer.analyze(TEXTBOOK).rows, "[Row('conv1': conv 32x32x3 -> 14x14x20, 3,860 parameters)]"),
        (lambda: analyzer.load(TEXTBOOK), "Model('model' from <text>)"),
        (lambda: analyzer.check(TEXTBOOK.replace("1}", "1, norm: batch_norm}")), "Findings(1 warning)"),
        (lambda: analyzer.check(TEXTBOOK, select=["CHECK2"]), "Findings(none)"),
        (lambda: analyzer.diff(TEXTBOOK, TEXTBOOK), "Difference('<text>' to '<text>': equal, 1 layer)"),
    ],
    ids=["analysis", "rows", "model", "findings", "nothing", "difference"],
)  # fmt: skip
def test_repr_is_one_line(make: Any, shown: str) -> None:
    assert repr(make()) == shown


def test_repr_of_a_large_network_is_one_line() -> None:
    things = [analyzer.analyze(RESNET), analyzer.memory(RESNET), analyzer.check(RESNET), analyzer.load(RESNET)]
    things.append(analyzer.diff(RESNET, TEXTBOOK))
    for thing in things:
        assert "\n" not in repr(thing)
        assert len(repr(thing)) < 200
        assert f"{thing!r}" in repr([thing])


def test_findings_are_a_list() -> None:
    text = TEXTBOOK.replace("padding: 1", "padding: 1, norm: batch_norm") + "budget: {params: 3K}\n"
    found = analyzer.check(text)
    assert isinstance(found, list)
    assert [finding.code for finding in found.errors] == ["CHECK501"]  # 3,860 parameters and more of 3,000
    assert len(found) == len(found.errors) + len(found.warnings) + len(found.notes)
    assert "3 │   - conv: {filters: 20" in str(found)
    assert str(found.errors[0]).startswith("error[CHECK501]")


def test_a_data_frame_has_the_columns_of_the_csv() -> None:
    pandas = pytest.importorskip("pandas")
    for path in (RESNET, ROOT / "example_models" / "audio_cnn.yaml"):
        analysis = analyzer.analyze(path)
        frame = analysis.to_dataframe()
        lines = list(csv.DictReader(io.StringIO("".join(FORMATS["csv"].render([analysis], Options())), newline="")))
        assert list(frame.columns) == list(lines[0])
        assert list(frame["layer"]) == [row.name for row in analysis.rows]
        for name in frame.columns:
            for cell, text in zip(frame[name], (line[name] for line in lines), strict=True):
                assert (text == "") if pandas.isna(cell) else str(cell).removesuffix(".0") == text.removesuffix(".0")
    assert set(analysis.to_dataframe("local").columns) < set(frame.columns)


def test_a_data_frame_is_exact() -> None:
    pytest.importorskip("pandas")
    frame = analyzer.analyze(RESNET).to_dataframe()
    assert str(frame.dtypes["shared.parameters"]) == "Int64"
    assert frame["shared.parameters"].sum() == 25_557_032  # torchvision's ResNet-50
    assert (frame["stride"] == 2).sum() == 8  # the stem, its pool, and 3 blocks with a 3×3 and a shortcut each
    side, filters = 10**6, 100
    huge = analyzer.analyze(
        f"input: {side}x{side}x900\nlayers: [{{conv: {{filters: {filters}, kernel: 3, padding: 1}}}}]"
    )
    cell = huge.to_dataframe()["local.weights"][0]
    assert cell == 3 * 3 * 900 * filters * side * side > 2**59
    huge = analyzer.analyze(
        f"input: {side}x{side}x900\nlayers: [{{conv: {{filters: 900, kernel: 99, padding: same}}}}]"
    )
    column = huge.to_dataframe()["local.weights"]
    assert (column.dtype, column[0]) == (object, 99 * 99 * 900 * 900 * side * side)  # more than 2^63


def test_without_pandas_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'conv-analyzer\[dataframe\]'"):
        analyzer.analyze(TEXTBOOK).to_dataframe()


def test_a_wrong_mode_of_a_data_frame() -> None:
    with pytest.raises(analyzer.SettingError, match="`mode` must be"):
        analyzer.analyze(TEXTBOOK).to_dataframe("locall")


def test_classes_are_exported_and_imported_late() -> None:
    code = "import sys, analyzer; analyzer.analyze; print('analyzer.engine.memory.analysis' in sys.modules, 'pandas' in sys.modules); print(analyzer.MemoryAnalysis, analyzer.Difference, analyzer.Findings)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split("\n")
    assert done[0] == "False False"
    assert "MemoryAnalysis" in done[1]


def test_results_are_the_json_reports_of_their_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    name, other = "example_models/resnet18.yaml", "example_models/vgg11.yaml"
    assert json.loads(json.dumps(analyzer.memory(name).to_dict())) == json.loads(
        command("memory", name, "--format", "json")
    )
    found = json.loads(json.dumps(analyzer.diff(name, other).to_dict()))
    assert found == json.loads(command("diff", name, other, "--format", "json"))
