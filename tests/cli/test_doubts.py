"""What every command says of a network whose numbers are those of another one, though every layer fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import analyzer
from analyzer.checks.run import misleading
from analyzer.cli.main import main

FIRST = "input: 3x32x32\nlayers:\n  - conv: {filters: 8, kernel: 3}\n"
SAID = "warning[CHECK109]: `input` looks as if its depth were written first: 3×32×32; write `32x32x3`\n"


@pytest.mark.parametrize("command", [[], ["memory"]], ids=["report", "memory"])
def test_one_line_and_an_entry(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "m.yaml"
    model.write_text(FIRST)
    assert main([*command, str(model), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert err == f"analyzer: {model}:1:8: {SAID}"
    (entry,) = json.loads(out)["diagnostics"]
    assert (entry["code"], entry["severity"], entry["line"]) == ("CHECK109", "warning", 1)
    assert entry["help"] == "write `32x32x3`"


@pytest.mark.parametrize("command", [[], ["memory"]], ids=["report", "memory"])
def test_a_comment_silences_it(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "m.yaml"
    model.write_text(FIRST.replace("32\n", "32  # analyzer: ignore[CHECK109] three rows of 32 cells\n", 1))
    assert main([*command, str(model), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert not json.loads(out).get("diagnostics")


def test_of_several_files_each_has_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("a", FIRST), ("b", FIRST.replace("3x32x32", "32x32x3")), ("c", "input: 1\nlayers: [wrong]\n")):
        (tmp_path / f"{name}.yaml").write_text(text)
    assert main([*(str(tmp_path / f"{name}.yaml") for name in "abc"), "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert err.count("CHECK109") == 1
    assert [len(report["diagnostics"]) for report in json.loads(out)] == [1, 0, 1]


def test_the_api_has_it_too() -> None:
    assert [finding.code for finding in analyzer.analyze(FIRST).diagnostics] == ["CHECK109"]
    assert [finding.code for finding in analyzer.memory(FIRST).diagnostics] == ["CHECK109"]
    assert analyzer.analyze(FIRST, input="32x32x3").diagnostics == ()


def test_the_checks_that_every_command_runs() -> None:
    assert [check.CODE for check in misleading()] == ["CHECK109", "CHECK111", "CHECK112"]
