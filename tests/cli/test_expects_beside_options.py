"""`--input` and `--set` beside an `expect`: one line on stderr, one entry in the JSON, exit code 0."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.cli.main import main

MODEL = """\
input: 8x8x3
layers:
  - conv: {filters: 4, kernel: 3, padding: 1}
    expect: 8x8x4
"""
SAID = "1 `expect` does not hold for the given input: `conv1` puts out 9×9×4, but `expect` says 8×8×4"

Said = pytest.CaptureFixture[str]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.yaml"
    path.write_text(MODEL)
    return path


@pytest.mark.parametrize("command", [[], ["memory"]], ids=["report", "memory"])
def test_a_report_says_it_once(command: list[str], model: Path, capsys: Said) -> None:
    assert main([*command, str(model), "--input", "9x9x3", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert err == f"analyzer: {model}:4:13: note[EXPECT202]: {SAID}\n"
    (entry,) = json.loads(out)["diagnostics"]
    assert (entry["code"], entry["severity"], entry["line"], entry["message"]) == ("EXPECT202", "note", 4, SAID)


@pytest.mark.parametrize("format", ["text", "concise", "json", "github", "markdown", "gitlab", "junit", "sarif"])
def test_a_check_does_not_fail(format: str, model: Path, capsys: Said) -> None:
    assert main(["check", str(model), "--input", "9x9x3", "--format", format]) == 0
    assert "EXPECT202" in capsys.readouterr().out
    assert main(["check", str(model), "--input", "9x9x3", "--format", format, "--severity", "warning"]) == 0
    assert "EXPECT202" not in capsys.readouterr().out


def test_a_comparison_says_it_of_each_side(model: Path, capsys: Said) -> None:
    assert main(["diff", str(model), str(model), "--input", "9x9x3"]) == 0
    assert capsys.readouterr().err.count("EXPECT202") == 2
    saved = model.with_suffix(".json")
    assert main([str(model), "--input", "9x9x3", "-o", str(saved)]) == 0
    capsys.readouterr()
    assert main(["diff", str(saved), str(model), "--input", "9x9x3"]) == 0
    assert capsys.readouterr().err.count("EXPECT202") == 1


def test_without_them_it_is_an_error(model: Path, capsys: Said) -> None:
    model.write_text(MODEL.replace("8x8x4", "9x9x4"))
    for command in ([], ["memory"], ["check"]):
        assert main([*command, str(model)]) == 1
        assert "EXPECT201" in "".join(capsys.readouterr())
