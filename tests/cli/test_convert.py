"""`analyzer convert --flat`: a model in YAML on stdout or in a file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from tests.cli.commands import run

ROOT = Path(__file__).parents[2]
CFG = ROOT / "tests" / "data" / "foreign" / "detector.cfg"


def test_it_writes_what_the_report_shows(tmp_path: Path) -> None:
    done = run("convert", str(CFG), "--flat", "-o", "net.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    first = (tmp_path / "net.yaml").read_text().split("\n")[0]
    assert first.startswith("# Written by `analyzer convert --flat` from ")
    assert first.endswith("detector.cfg (Darknet).")
    made, read = analyzer.analyze(tmp_path / "net.yaml"), analyzer.analyze(CFG)
    assert [row.name for row in made.rows] == [row.name for row in read.rows]
    assert made.totals.macs == read.totals.macs
    assert run("check", "net.yaml", "--select", "CHECK9", cwd=tmp_path).returncode in (0, 2)
    assert run("schema", "--check", "net.yaml", cwd=tmp_path).returncode == 0


def test_stdin_to_stdout(tmp_path: Path) -> None:
    done = run("convert", "--flat", "-", stdin=CFG.read_bytes(), cwd=tmp_path)
    assert done.returncode == 0
    assert analyzer.analyze(done.stdout.decode()).rows
    assert not list(tmp_path.iterdir())


def test_the_settings_are_kept(tmp_path: Path) -> None:
    text = "name: a\ninput: 8x8x3\nlayers: [{conv: {filters: 2, kernel: 3}}]\nbudget: {params: {max: 1K}}\ntraining: {batch: 4}\n"
    (tmp_path / "a.yaml").write_text(text)
    done = run("convert", "--flat", "a.yaml", "--input", "9x9x3", cwd=tmp_path)
    model = analyzer.load(done.stdout.decode())
    assert model.training == {"batch": 4}
    assert model.budget["params"].most == 1000
    assert str(analyzer.analyze(model).rows[0].output) == "7x7x2"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.yaml"], b"needs `--flat`"),
        (["--flat"], b"no model is given"),
        (["--flat", "a.yaml", "a.yaml"], b"takes one model, not 2"),
        (["--flat", "a.yaml", "-o", "a.yaml"], b"is the model itself"),
        (["--flat", "a.yaml", "-o", "b.json"], b"b.json"),
        (["--flat", "none.yaml"], b"does not exist"),
    ],
)
def test_what_is_refused(arguments: list[str], said: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("input: 8x8x3\nlayers: [relu]\n")
    done = run("convert", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == b""
    assert said in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["a.yaml"]


def test_a_wrong_model_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("input: 8x8x3\nlayers: [{conv: {filters: 2, kernel: 9}}]\n")
    (tmp_path / "b.yaml").write_text("before")
    done = run("convert", "--flat", "a.yaml", "-o", "b.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert (tmp_path / "b.yaml").read_text() == "before"
