"""`analyzer convert`: a model on stdout or in a file, whole or not at all."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest
from commands import COMMAND, environment

import analyzer
from analyzer.cli.main import guarded
from tests.cli.commands import run

ROOT = Path(__file__).parents[2]
CFG = ROOT / "tests" / "data" / "foreign" / "detector.cfg"
ONNX = ROOT / "tests" / "data" / "foreign" / "hand.onnx"

Said = pytest.CaptureFixture[str]


@pytest.mark.parametrize("flat", [[], ["--flat"]], ids=["folded", "flat"])
def test_it_writes_what_the_report_shows(flat: list[str], tmp_path: Path) -> None:
    done = run("convert", str(CFG), *flat, "-o", "net.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    first = (tmp_path / "net.yaml").read_text().split("\n")[0]
    assert first.startswith("# Written by `analyzer convert` from ")
    assert first.endswith("detector.cfg (Darknet).")
    made, read = analyzer.analyze(tmp_path / "net.yaml"), analyzer.analyze(CFG)
    assert len(made.rows) == len(read.rows)
    assert made.totals.macs == read.totals.macs
    assert run("check", "net.yaml", "--select", "CHECK9", cwd=tmp_path).returncode in (0, 2)
    assert run("schema", "--check", "net.yaml", cwd=tmp_path).returncode == 0


def test_flat_keeps_every_name(tmp_path: Path) -> None:
    run("convert", str(CFG), "--flat", "-o", "net.yaml", cwd=tmp_path)
    made, read = analyzer.analyze(tmp_path / "net.yaml"), analyzer.analyze(CFG)
    assert [row.name for row in made.rows] == [row.name for row in read.rows]


def test_stdin_to_stdout(tmp_path: Path) -> None:
    done = run("convert", "-", stdin=CFG.read_bytes(), cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(b"# Written by `analyzer convert` from <stdin> (Darknet).\n")
    assert analyzer.analyze(done.stdout.decode()).rows
    assert not list(tmp_path.iterdir())
    again = run("convert", "-", stdin=CFG.read_bytes(), cwd=tmp_path)
    assert again.stdout == done.stdout


@pytest.mark.parametrize(
    "more", [[], ["--to", "yaml"], ["-o", "-"], ["-o", "net.yaml"], ["-o", "net.YML"], ["-o", "net"]]
)
def test_the_form_is_yaml_unless_something_else_is_asked_for(
    more: list[str], tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert guarded(["convert", str(ONNX), *more]) == 0
    file = next(tmp_path.iterdir(), None)
    text = capsys.readouterr().out if file is None else file.read_text()
    assert text.startswith("# Written by `analyzer convert` from ")
    assert analyzer.analyze(text).rows


def test_the_settings_are_kept(tmp_path: Path) -> None:
    text = "name: a\ninput: 8x8x3\nlayers: [{conv: {filters: 2, kernel: 3}}]\nbudget: {params: {max: 1K}}\ntraining: {batch: 4}\n"
    (tmp_path / "a.yaml").write_text(text)
    done = run("convert", "a.yaml", "--input", "9x9x3", cwd=tmp_path)
    model = analyzer.load(done.stdout.decode())
    assert model.training == {"batch": 4}
    assert model.budget["params"].most == 1000
    assert str(analyzer.analyze(model).rows[0].output) == "7x7x2"


def test_settings_that_depend_on_variables_have_their_values(tmp_path: Path) -> None:
    text = (
        "input: 8x8x3\nvars: {w: 2}\nlayers: [{conv: {filters: $w, kernel: 3}}]\ntraining: {batch: $(w * 8), optimizer: sgd}\n"
        "budget: {macs: 10M, params: {min: $w, max: $(w * 1000)}, layers: $w}\n"
    )
    (tmp_path / "a.yaml").write_text(text)
    done = run("convert", "a.yaml", "--set", "w=3", cwd=tmp_path)
    model = analyzer.load(done.stdout.decode())
    assert (model.unsettled, model.training) == ([], {"batch": 24, "optimizer": "sgd"})
    assert {key: (one.least, one.most) for key, one in model.budget.items()} == {
        "macs": (None, 10_000_000),
        "params": (3, 3000),
        "layers": (None, 3),
    }


COMMENTED = [
    ("# about the net\ninput: 8x8x3\nlayers: [relu]\n", True),
    ("input: 8x8x3 # pixels\nlayers: [relu]\n", True),
    ("input: 8x8x3\nlayers: [relu]\n# the end", True),
    ("input: 8x8x3\nname: 'a # b'\ndescription: |\n  # no comment\nlayers: [relu]\n", False),
    ("# Written by `analyzer convert` from a.onnx (ONNX).\n# note: said\ninput: 8x8x3\nlayers: [relu]\n", False),
    ("# Written by `analyzer convert` from a.onnx (ONNX).\n\n# mine\ninput: 8x8x3\nlayers: [relu]\n", True),
]


@pytest.mark.parametrize(("text", "lost"), COMMENTED)
def test_a_note_says_that_comments_are_not_kept(text: str, lost: bool, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    done = run("convert", "a.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.decode() == ("analyzer: note: comments of a.yaml are not kept\n" if lost else "")
    assert run("convert", "a.yaml", "--quiet", cwd=tmp_path).stderr == b""


def test_what_was_written_keeps_its_first_comment(tmp_path: Path) -> None:
    head = "# Written by `analyzer convert` from a.onnx (ONNX, written by pytorch 2.13.0).\n# note: said\n"
    (tmp_path / "a.yaml").write_text(f"{head}name: b\ninput: 8x8x3\nlayers:\n  - relu: {{}}\n    name: relu1\n")
    for form in ([], ["--flat"]):
        done = run("convert", "a.yaml", *form, cwd=tmp_path)
        assert done.stdout.decode().startswith(f"{head}name: b\ninput: 8x8x3\nlayers:\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], b"no model is given"),
        (["--flat"], b"no model is given"),
        (["a.yaml", "a.yaml"], b"takes one model, not 2"),
        (["a.yaml", "-o", "a.yaml"], b"is the model itself"),
        (["a.yaml", "-o", "./a.yaml", "--flat"], b"is the model itself"),
        (["a.yaml", "-o", "b.json"], b"no format has the ending `.json`"),
        (["a.yaml", "-o", "b.onnx"], b"or choose with `--to`"),
        (["a.yaml", "--to", "onnx"], b"`--to` must be `yaml`"),
        (["a.yaml", "--to", "torch", "--flat"], b"`--flat` is about YAML"),
        (
            ["a.yaml", "-o", "net.py"],
            b"the ending `.py` does not say which format; choose with `--to torch` or `--to keras`",
        ),
        (["a.yaml", "--format", "yaml"], b"unknown option `--format`; did you mean `--to`?"),
        (["none.yaml"], b"does not exist"),
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


def test_a_terminal_is_not_read_without_a_name(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "convert"], stdin=theirs, capture_output=True, cwd=tmp_path, env=environment(), timeout=60
    )
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


@pytest.mark.parametrize("output", [[], ["-o", "b.yaml"]])
def test_a_wrong_model_writes_nothing(output: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("input: 8x8x3\nlayers: [{conv: {filters: 2, kernel: 9}}, {dense: {unit: 3}}]\n")
    (tmp_path / "b.yaml").write_text("before")
    done = run("convert", "a.yaml", *output, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error[SHAPE201]" in done.stderr
    assert b"error[VALUE102]" in done.stderr
    assert (tmp_path / "b.yaml").read_text() == "before"


CUSTOM = """input: 8x8x3
layers:
  - conv: {filters: 4, kernel: 3}
  - custom: {output: 6x6x4, macs: unknown, weights: 7}
    name: odd
    repeat: 2
  - custom: {output: 6x6x4, macs: 1, weights: 7}
"""


def test_a_custom_layer_is_kept_by_yaml_and_refused_by_code(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CUSTOM)
    done = run("convert", "a.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert analyzer.analyze(done.stdout.decode()).totals.macs == analyzer.analyze(CUSTOM).totals.macs
    (tmp_path / "b.py").write_text("before")
    done = run("convert", "a.yaml", "--to", "torch", "-o", "b.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error[CONVERT101]: `odd.1`, a `custom`, cannot be written as PyTorch code" in done.stderr
    assert b"a.yaml:4:5" in done.stderr
    assert b"1 other layer" in done.stderr
    assert done.stderr.count(b"error[") == 2
    assert (tmp_path / "b.py").read_text() == "before"


@pytest.mark.parametrize("to", ["torch", "keras"])
def test_code(to: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3}}, flatten, {dense: 10}]\n")
    done = run("convert", "a.yaml", "--to", to, "-o", "net.py", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    text = (tmp_path / "net.py").read_text()
    assert text.startswith("# Written by `analyzer convert` from a.yaml.\n")
    compile(text, "net.py", "exec")
    assert analyzer.convert(tmp_path / "a.yaml", to).split("\n")[1:] == text.split("\n")[1:]


def test_the_api_writes_what_the_command_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("input: 8x8x3\nvars: {w: 2}\nlayers: [{conv: {filters: $w, kernel: 3}}]\n")
    done = run("convert", "a.yaml", "--set", "w=5", "--input", "9x9x3", cwd=tmp_path)
    assert analyzer.convert("a.yaml", set={"w": 5}, input="9x9x3") == done.stdout.decode()
    assert analyzer.convert(analyzer.load("a.yaml"), flat=True) == analyzer.convert("a.yaml", flat=True)
    with pytest.raises(analyzer.SettingError, match="`to` must be `yaml`"):
        analyzer.convert("a.yaml", to="onnx")
    with pytest.raises(analyzer.SettingError, match="`flat` is about YAML"):
        analyzer.convert("a.yaml", to="torch", flat=True)
    with pytest.raises(analyzer.ModelError):
        analyzer.convert("input: 8x8x3\nlayers: [{conv: 3}]\n")
