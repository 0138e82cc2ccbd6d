"""`analyzer schema`: prints the schemas, and holds files against them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from analyzer.cli.main import FAULT, FINE, WRONG, UsageError, main
from analyzer.contract.schema import report_schema
from analyzer.loader.schema.model import model_schema

ROOT = Path(__file__).parents[2]
TEXTBOOK = str(ROOT / "example_models" / "textbook.yaml")


def test_it_prints_the_schema_of_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == FINE
    out = capsys.readouterr().out
    assert json.loads(out) == model_schema()
    assert out.isascii()
    assert out.endswith("}\n")


def test_it_prints_the_schema_of_reports(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--report"]) == FINE
    assert json.loads(capsys.readouterr().out) == report_schema()


def test_a_good_file_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--check", TEXTBOOK]) == FINE
    assert capsys.readouterr() == (f"{TEXTBOOK}: fits the model schema\n", "")


def test_a_wrong_file_is_answered_at_its_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: [3, -1], strid: 2}\n", encoding="utf-8")
    assert main(["schema", "--color", "never", "--check", str(path), TEXTBOOK]) == WRONG
    out, err = capsys.readouterr()
    assert out == f"{TEXTBOOK}: fits the model schema\n"
    assert f"error[SCHEMA101]: item 2 of `kernel` must be at least 1, not −1\n  ╭─ {path}:3:36\n" in err
    assert "^^\n" in err
    assert "error[SCHEMA101]: `conv` has no key `strid`" in err
    assert "= help: did you mean `stride`?" in err
    assert err.endswith(f"2 errors in {path}\n")


def test_yaml_mistakes_are_shown_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: 8x8x3\ninput: 8x8x3\nlayers: [relu: , rleu]\n", encoding="utf-8")
    assert main(["schema", "--check", str(path)]) == WRONG
    err = capsys.readouterr().err
    assert err.index("YAML101") < err.index("SCHEMA101")


def test_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"input: 3\nlayers: [dense: a]\n")))
    assert main(["schema", "--check", "-"]) == WRONG
    assert "<stdin>:2:17" in capsys.readouterr().err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--check", "nowhere.yaml", TEXTBOOK]) == FAULT
    out, err = capsys.readouterr()
    assert "fits" in out
    assert err == "analyzer: file `nowhere.yaml` does not exist\n"


def test_stdin_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="read once"):
        main(["schema", "--check", "-", "-"])


def test_an_empty_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("", encoding="utf-8")
    assert main(["schema", "--check", str(path)]) == WRONG
    assert "the model is empty" in capsys.readouterr().err


def test_the_deepest_nesting_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["input: 8x8x3", "layers:"]
    lines += [f"{'    ' * level}- sequence:" for level in range(30)]
    path = tmp_path / "net.yaml"
    path.write_text("\n".join([*lines, f"{'    ' * 30}- rleu\n"]), encoding="utf-8")
    limit = sys.getrecursionlimit()
    assert main(["schema", "--check", str(path)]) == WRONG
    assert "not `rleu`" in capsys.readouterr().err
    assert sys.getrecursionlimit() == limit


def test_a_saved_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([TEXTBOOK, "--format", "json"]) == FINE
    report = json.loads(capsys.readouterr().out)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    assert main(["schema", "--report", "--check", str(path)]) == FINE
    assert capsys.readouterr().out == f"{path}: fits the report schema\n"
    report["layers"][0]["macs"] = "many"
    path.write_text(json.dumps(report), encoding="utf-8")
    assert main(["schema", "--report", "--check", str(path)]) == WRONG
    err = capsys.readouterr().err
    assert "`macs` must be a whole number, not `many`" in err
    assert "= at layers[0].macs" in err


def test_a_report_that_is_no_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"format": 1,\n "file": }\n', encoding="utf-8")
    assert main(["schema", "--report", "--check", str(path)]) == WRONG
    err = capsys.readouterr().err
    assert "error[SCHEMA100]: not valid JSON" in err
    assert f"{path}:2:10" in err


def test_without_jsonschema_it_ends_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(UsageError, match="needs the package jsonschema"):
        main(["schema", "--check", TEXTBOOK])
