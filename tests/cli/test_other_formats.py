"""Files in other formats, given to every command: from the disk, stdin, a pipe, a folder and a revision of git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import analyzer
from analyzer.diagnostics import ModelError
from analyzer.loader.formats import sniff
from analyzer.loader.text.files import FileError
from analyzer.settings import SettingError
from tests.cli.commands import run

DATA = Path(__file__).parents[1] / "data" / "foreign"
CFG = (DATA / "local.cfg").read_bytes()
YAML = b"input: 8x8x3\nlayers: [{conv: {filters: 2, kernel: 3}}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.cfg").write_bytes(CFG)
    (tmp_path / "a.yaml").write_bytes(YAML)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["FILE"],
        ["memory", "FILE"],
        ["check", "FILE"],
        ["explain", "FILE", "conv0"],
        ["sizes", "FILE"],
        ["config", "FILE"],
        ["convert", "FILE"],
        ["convert", "--flat", "FILE"],
        ["diff", "FILE", "FILE.copy"],
        ["check", "FILE", "--against", "FILE.copy", "--budget", "params=+1%"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("source", ["net.cfg", "-", "odd name without ending"])
def test_every_command(arguments: list[str], source: str, folder: Path) -> None:
    (folder / "odd name without ending").write_bytes(CFG)
    (folder / "FILE.copy").write_bytes(CFG)
    before = sorted(file.name for file in folder.iterdir())
    arguments = [source if argument == "FILE" else argument for argument in arguments]
    done = run(*arguments, cwd=folder, stdin=CFG, TMPDIR=str(folder))
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout
    assert sorted(file.name for file in folder.iterdir()) == before, "a temporary file is left"


def test_several_files_mixed(folder: Path) -> None:
    done = run("a.yaml", "net.cfg", "-", "--format", "json", cwd=folder, stdin=CFG)
    reports = json.loads(done.stdout)
    assert [report["name"] for report in reports] == ["a", "net", "model"]
    assert reports[1]["totals"] == reports[2]["totals"]
    assert "source" not in reports[0]
    assert reports[1]["source"]["format"] == "darknet"


def test_a_folder_has_them_and_no_other_settings(folder: Path) -> None:
    (folder / "setup.cfg").write_text("[metadata]\nname = x\n")
    done = run("check", ".", "--format", "json", "--exit-zero", cwd=folder)
    assert [Path(one["file"]).name for one in json.loads(done.stdout)] == ["a.yaml", "net.cfg"]


def test_a_revision(folder: Path) -> None:
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.email=a@b", "-c", "user.name=n", "commit", "-qm", "1"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    assert b"equal" in run("diff", "git:HEAD", "net.cfg", cwd=folder).stdout
    (folder / "net.cfg").write_bytes(CFG.replace(b"filters=8", b"filters=16"))
    done = run("diff", "git:HEAD", "net.cfg", "--format", "json", cwd=folder)
    assert done.returncode == 1
    assert "name" not in json.loads(done.stdout).get("keys", {})
    done = run("diff", "git:HEAD:./", ".", cwd=folder)
    assert done.returncode == 1
    assert b"net.cfg" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["net.cfg", "--from", "yaml"], 2, b"is a Darknet network (.cfg), not YAML"),
        (["a.yaml", "--from", "darknet"], 1, b"above the first section"),
        (["binary", "--from", "darknet"], 1, b"binary file"),
        (["a.yaml", "--from", "torch"], 2, b"`--from` must be `onnx`"),
        (["net.cfg", "--set", "width=3"], 2, b"has no variable `width`"),
        (["net.cfg", "--input", "other=8x8x1"], 2, b"has no input `other`"),
        (["net.cfg", "--input", "8xx"], 2, b"8xx"),
        (["net.cfg", "-o", "net.cfg"], 2, b"is the model itself"),
    ],
)
def test_what_is_refused(arguments: list[str], code: int, said: bytes, folder: Path) -> None:
    (folder / "binary").write_bytes(b"\x08\x00\x01")
    done = run(*arguments, cwd=folder)
    assert done.returncode == code
    assert said in done.stderr
    assert b"Traceback" not in done.stderr
    assert (folder / "net.cfg").read_bytes() == CFG


def test_a_folder_that_is_a_format(folder: Path) -> None:
    (folder / "saved").mkdir()
    (folder / "saved" / "saved_model.pb").write_bytes(b"\x08\x01\x12")
    done = run("saved", cwd=folder)
    assert done.returncode == 2
    assert b"is a TensorFlow SavedModel (a folder)" in done.stderr


def test_the_input_is_the_readers(folder: Path) -> None:
    done = run("net.cfg", "--input", "49x49x1", "--format", "json", cwd=folder)
    assert json.loads(done.stdout)["layers"][0]["output"] == "24x24x8"


def test_the_api(folder: Path) -> None:
    file = folder / "net.cfg"
    model = analyzer.load(file)
    assert (model.format, model.name) == ("darknet", "net")
    assert str(analyzer.analyze(model, input="49x49x1").rows[0].output) == "24x24x8"
    assert analyzer.analyze(file, format="darknet").totals.macs == analyzer.analyze(model).totals.macs
    assert analyzer.check(file) is not None
    assert analyzer.diff(file, model).equal
    assert analyzer.sizes(file).axes
    assert analyzer.explain(file, "conv0").layers
    with pytest.raises(SettingError, match="must be"):
        analyzer.analyze(file, format="torch")
    with pytest.raises(SettingError, match="give them to `analyze`"):
        analyzer.load(folder / "a.yaml", input="8x8x3")
    with pytest.raises(ModelError, match="not YAML"):
        analyzer.analyze(file, format="yaml")
    with pytest.raises(FileError, match="does not exist"):
        analyzer.analyze(folder / "none.onnx")


@pytest.mark.parametrize(
    ("head", "path", "format"),
    [
        (b"# c\n\n[net]\nwidth=1", "a.txt", "darknet"),
        (b"; c\n[ net ]\n", "a", "darknet"),
        (b"[nett]\nwidth=8\n", "a.cfg", "darknet"),
        (b"[metadata]\nname = x\n", "setup.cfg", None),
        (b"input: 1x1x1\nlayers: []\n", "net.cfg", None),
        (b"\x08\x08:\x05", "a.yaml", "onnx"),
        (b"\xff\x00\x01noise", "a.onnx", "onnx"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a.onnx", None),
        (b"", "a.yaml", None),
    ],
)
def test_the_content_tells_the_format_and_then_the_ending(head: bytes, path: str, format: str | None) -> None:
    assert sniff(head, path) == format
