"""`analyzer diff`: what is asked, what is refused with one line, and the exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from commands import MODEL

from analyzer.cli.main import FAULT, FINE, WRONG, guarded

Said = pytest.CaptureFixture[str]


@pytest.fixture
def pair(folder: Path) -> Path:
    """The folder with `wide.yaml`, that is `net.yaml` with a dense layer more, and `net.json`."""
    (folder / "wide.yaml").write_text(MODEL + "  - dense: 5\n")
    assert guarded(["net.yaml", "-o", "net.json"]) == FINE
    return folder


@pytest.mark.parametrize("format", ["text", "markdown", "json"])
def test_the_exit_code_is_the_same_in_every_format(pair: Path, capsys: Said, format: str) -> None:
    assert guarded(["diff", "net.yaml", "wide.yaml", "--format", format]) == WRONG
    assert guarded(["diff", "net.yaml", "wide.yaml", "--format", format, "--exit-zero"]) == FINE
    assert guarded(["diff", "net.yaml", "net.json", "--format", format]) == FINE
    assert guarded(["diff", "net.yaml", "wrong.yaml", "--format", format]) == FAULT


def test_a_wrong_model_is_said_on_stderr(pair: Path, capsys: Said) -> None:
    assert guarded(["diff", "wrong.yaml", "net.yaml", "--exit-zero"]) == FAULT
    out, err = capsys.readouterr()
    assert out == ""
    assert "wrong.yaml" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["net.yaml"], "`analyzer diff` takes two networks, an old and a new one, not 1"),
        (["net.yaml", "net.yaml", "net.yaml"], "`analyzer diff` takes two networks, an old and a new one, not 3"),
        (["net.yaml", "nett.yaml"], "did you mean `net.yaml`?"),
        (["net.yaml", "net.json", "--formt", "json"], "unknown option `--formt`; did you mean `--format`?"),
        (["net.yaml", "wide.yaml", "-o", "net.yaml"], "`net.yaml` is a side of this comparison"),
    ],
)
def test_refusals_are_one_line(pair: Path, capsys: Said, arguments: list[str], said: str) -> None:
    assert guarded(["diff", *arguments]) == FAULT
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("ending", "begins"), [("json", '{"format": 1'), ("md", "### "), ("txt", "old  net.yaml")])
def test_the_ending_says_the_format(pair: Path, ending: str, begins: str) -> None:
    assert guarded(["diff", "net.yaml", "wide.yaml", "-o", f"out.{ending}"]) == WRONG
    assert (pair / f"out.{ending}").read_text(encoding="utf-8").startswith(begins)


def test_input_and_batch_are_of_both_sides(pair: Path, capsys: Said) -> None:
    assert guarded(["diff", "net.yaml", "wide.yaml", "--batch", "4", "--format", "json"]) == WRONG
    record = json.loads(capsys.readouterr().out)
    assert record["old"]["batch"] == record["new"]["batch"] == 4
    assert record["run"] == []
    assert record["counts"]["added"] == 1


def test_the_text_is_as_wide_as_asked(pair: Path, capsys: Said) -> None:
    assert guarded(["diff", "net.yaml", "wide.yaml", "--width", "60", "--color", "always"]) == WRONG
    out = capsys.readouterr().out
    assert "\x1b[" in out
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines())) <= 60


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_a_saved_report_has_no_keys_and_a_line_says_why(pair: Path, capsys: Said, format: str) -> None:
    assert guarded(["diff", "net.json", "wide.yaml", "--format", format]) == WRONG
    out = capsys.readouterr().out
    assert out.count("not compared") == 1
    assert "no YAML" in out
    assert "training peak" not in out
    assert guarded(["diff", "net.json", "wide.yaml", "--format", "json"]) == WRONG
    record = json.loads(capsys.readouterr().out)
    assert "keys" not in record
    assert "peak_training_memory" not in record["totals"]


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_the_keys_come_first(pair: Path, capsys: Said, format: str) -> None:
    (pair / "other.yaml").write_text(MODEL.replace("width: 20", "width: 24"))
    assert guarded(["diff", "net.yaml", "other.yaml", "--format", format]) == WRONG
    out = capsys.readouterr().out
    assert out.index("vars.width") < out.index("shared parameters") < out.index("training peak")
    assert guarded(["diff", "net.yaml", "other.yaml", "--format", "json"]) == WRONG
    assert json.loads(capsys.readouterr().out)["keys"] == [
        {"key": "vars.width", "old": 20, "new": 24, "layers": ["conv1"]}
    ]


def test_a_comment_with_many_keys_fits(folder: Path, capsys: Said) -> None:
    """3,000 layers, each with another width: 3,000 keys and 3,000 changes."""
    for name, more in (("old", 0), ("new", 1)):
        layers = "".join(f"  - conv: {{filters: {8 + n + more * (n + 1)}, kernel: 1}}\n" for n in range(3_000))
        (folder / f"{name}.yaml").write_text("input: 2x2x3\nlayers:\n" + layers)
    assert guarded(["diff", "old.yaml", "new.yaml", "--format", "markdown"]) == WRONG
    out = capsys.readouterr().out
    assert len(out.encode()) < 65_536
    assert "#### Biggest changes" in out
    assert "more keys left out" in out
