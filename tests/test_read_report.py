"""`analyzer.read_report`: a saved report has the rows and the totals of its analysis, and nothing else is taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import analyzer

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))
TEXTBOOK = "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}\n  - relu\n"
PROPERTIES = (
    "name", "kind", "path", "line", "inputs", "input", "input_volumes", "output", "kernel", "stride", "padding",
    "dilation", "groups", "macs", "macs_on_data", "unread", "activation_bytes", "tied", "frozen", "authored", "note",
    "shared", "local", "declared",
)  # fmt: skip


def saved(tmp_path: Path, analysis: analyzer.Analysis) -> Path:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(analysis.to_dict()), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_reading_back_gives_the_same(path: Path, tmp_path: Path) -> None:
    analysis = analyzer.analyze(path, batch=2, dtype="float16")
    report = analyzer.read_report(saved(tmp_path, analysis))
    assert report.to_dict() == analysis.to_dict()
    assert (report.name, report.batch, report.dtype) == (analysis.name, 2, "float16")
    assert (report.input, report.mixed, report.macs_on_data) == (analysis.input, analysis.mixed, analysis.macs_on_data)
    assert (report.peak.bytes, report.peak.name) == (analysis.peak.bytes, analysis.peak.name)
    assert repr(report.totals) == repr(analysis.totals)
    for row, other in zip(report.rows, analysis.rows, strict=True):
        for name in PROPERTIES:
            assert getattr(row, name) == getattr(other, name), (row.name, name)
        assert (repr(row.own), repr(row.cumulative)) == (repr(other.own), repr(other.cumulative))
        assert [row.memory(mode) for mode in ("shared", "local")] == [
            other.memory(mode) for mode in ("shared", "local")
        ]
        assert repr(row.receptive_field) == repr(other.receptive_field)
        assert row.to_dict() == other.to_dict()
    assert [str(one) for one in report.diagnostics] == [str(one) for one in analysis.diagnostics]
    assert analyzer.diff(report, analysis).equal


def test_a_saved_report_has_the_numbers_of_the_textbook(tmp_path: Path) -> None:
    report = analyzer.read_report(saved(tmp_path, analyzer.analyze(TEXTBOOK)))
    conv, _relu = report
    # CS231n: 14×14×20, (8·8·3 + 1)·20 and 196 times as many parameters
    assert (conv.name, str(conv.output), conv.shared.parameters, conv.local.parameters) == (
        "conv1",
        "14x14x20",
        3_860,
        756_560,
    )
    assert (conv.kernel, conv.stride, conv.padding, conv.groups) == ((8, 8), (2, 2), ((1, 1), (1, 1)), 1)
    assert conv.shared.trainable == report.totals.shared.trainable == 3_860
    assert report.outputs == {"relu1": conv.output}
    assert (
        repr(report)
        == "SavedReport('model': 2 layers from 32x32x3, 3,860 parameters shared, 756,560 locally connected, 752,640 MACs)"
    )
    assert repr(conv) == "SavedRow('conv1': conv 32x32x3 -> 14x14x20, 3,860 parameters)"
    assert "756,560" in str(report)
    assert len(str(analyzer.read_report(saved(tmp_path, analyzer.analyze(EXAMPLES[-1])))).split("\n")) < 40


@pytest.mark.parametrize("name", ["node", "saved", "live"])
def test_what_a_report_does_not_have(name: str, tmp_path: Path) -> None:
    report = analyzer.read_report(saved(tmp_path, analyzer.analyze(TEXTBOOK)))
    with pytest.raises(
        AttributeError, match=f"a saved report has no `{name}`: `analyzer.analyze` of the model gives it"
    ):
        getattr(report.rows[0], name)
    with pytest.raises(AttributeError, match="a saved report has no `network`"):
        report.network  # noqa: B018
    assert not hasattr(report, "network")


def test_what_the_command_saves_is_read(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    run = [sys.executable, "-m", "analyzer", str(EXAMPLES[0]), "-o", str(path)]
    subprocess.run(run, check=True, capture_output=True)
    assert analyzer.read_report(path).to_dict() == analyzer.analyze(EXAMPLES[0]).to_dict()
    assert analyzer.read_report(os.fspath(path)).to_dict() == analyzer.read_report(path.read_text("utf-8")).to_dict()


def test_diff_takes_saved_reports(tmp_path: Path) -> None:
    path = saved(tmp_path, analyzer.analyze(TEXTBOOK, batch=4, dtype="float16"))
    changed = TEXTBOOK.replace("filters: 20", "filters: 24")
    for old in (path, str(path), path.read_text("utf-8") + "\n", analyzer.read_report(path)):
        assert analyzer.diff(old, TEXTBOOK).equal  # in the run of the report
        found = analyzer.diff(old, changed)
        assert (found.run, [change.node.name for change in found.layers]) == ([], ["conv1", "relu1"])
        assert "3,860" in str(found)
    assert analyzer.diff(path, path).equal


def test_a_data_frame_of_a_saved_report(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    analysis = analyzer.analyze(ROOT / "example_models" / "resnet50.yaml")
    frame, whole = analyzer.read_report(saved(tmp_path, analysis)).to_dataframe(), analysis.to_dataframe()
    assert set(whole.columns) - set(frame.columns) == {"saved", "live"}
    pandas.testing.assert_frame_equal(frame, whole[frame.columns])


REPORT: dict[str, Any] = json.loads(json.dumps(analyzer.analyze(TEXTBOOK).to_dict()))


def changed(**values: Any) -> str:
    return json.dumps({**REPORT, **values})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXTBOOK, "is not a report of analyzer; `analyzer model.yaml -o report.json` saves one"),
        ("", "is not a report of analyzer"),
        ("[1, 2", "ends in the middle of a report, at line 1; it was cut off"),
        ('{"a": 1}', "is not a report of analyzer: it has no `format`"),
        ('{"format": 1, "file": "a", "input": "image", "axes": {}}', "is not the report of a network: it has no `layers`"),
        (json.dumps([REPORT, REPORT]), "contains 2 reports, and one is needed"),
        (json.dumps(REPORT)[:-40], "it was cut off"),
        (changed(format=2), "is a report of format 2, and this version reads format 1"),
        (changed(batch=0), "does not fit the report's schema"),
        (changed(totals={**REPORT["totals"], "macs": 1}), "was altered: its totals have 1 macs, and its layers add up to 752,640"),
        ("[" * 100_000, "is not a report: it nests too deeply"),
        ('{"format": ' + "9" * 10_000 + "}", "is not a report: a number in it has thousands of digits"),
        ('{"format": NaN}', "is not a report: it contains NaN"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(analyzer.FileError) as caught:
        analyzer.read_report(path)
    said = str(caught.value)
    assert message in said
    assert said.startswith(f"`{path}` ")
    assert "\n" not in said
    assert len(said) < 400


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "none.json", "does not exist"), (tmp_path, "is a folder, not a report")):
        with pytest.raises(analyzer.FileError, match=message):
            analyzer.read_report(path)
    binary = tmp_path / "model.onnx"
    binary.write_bytes(bytes(range(256)) * 10_000)
    with pytest.raises(analyzer.FileError, match="is not a report of analyzer"):
        analyzer.read_report(binary)
