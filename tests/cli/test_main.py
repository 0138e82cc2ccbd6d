"""The command line: exit codes, what it says of options, files and streams, colours, widths and encodings."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from commands import COMMAND, MODEL, WRONG, environment, run, shell

from analyzer import __version__
from analyzer.cli.main import COMMANDS, guarded, main

Said = pytest.CaptureFixture[str]

# --------------------------------------------------------------------------------------------------------------------
# Exit codes.


def test_fine(folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml"]) == 0
    out, err = capsys.readouterr()
    assert "14×14×20" in out
    assert err == ""


def test_a_wrong_model(folder: Path, capsys: Said) -> None:
    assert guarded(["wrong.yaml"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "wrong.yaml:3:5" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nte.yaml"], "file `nte.yaml` does not exist; did you mean `net.yaml`?"),
        (["layer"], "file `layer` does not exist; did you mean the command `layers`?"),
        (["resnet"], "file `resnet` does not exist; a model file ends in .yaml"),
        (["https://a.org/n.yaml?b&c"], "file `https://a.org/n.yaml?b&c` does not exist; it is an address: download the file first, `curl -LO 'https://a.org/n.yaml?b&c'`"),
        (["nowhere/net.yaml"], "file `nowhere/net.yaml` does not exist"),
        (["."], "`.` is a folder, not a model file"),
        (["net.yaml\0"], "`net.yaml\\x00` cannot be read: embedded null byte"),
        (["--bacth", "2", "net.yaml"], "unknown option `--bacth`; did you mean `--batch`?"),
        (["--formt=json", "net.yaml"], "unknown option `--formt`; did you mean `--format`?"),
        (["--qqq", "net.yaml"], "unknown option `--qqq`; `analyzer --help` lists the options"),
        (["--batch", "0", "net.yaml"], "`--batch`: a whole number of at least 1 is needed, not `0`"),
        (["--batch", "two", "net.yaml"], "`--batch`: a whole number of at least 1 is needed, not `two`"),
        (["--batch", "1e3", "net.yaml"], "`--batch`: a whole number of at least 1 is needed, not `1e3`"),
        (["--batch", "-1", "net.yaml"], "`--batch`: a whole number of at least 1 is needed, not `-1`"),
        (["--batch", "9" * 50, "net.yaml"], f"`--batch`: a whole number of at least 1 is needed, not `{'9' * 50}`"),
        (["net.yaml", "--batch"], "`--batch` needs a value"),
        (["net.yaml", "--format=--"], "`--format` needs a value"),
        (["net.yaml", "-o--"], "`-o` needs a value"),
        (["--format", "jason", "net.yaml"], "`--format` must be `table`, `json`, `csv`, `markdown`, `latex`, `html`, `svg`, `mermaid` or `dot`, not `jason`; did you mean `json`?"),
        (["--mode", "all", "net.yaml"], "`--mode` must be `both`, `shared`, `local` or `declared`, not `all`"),
        (["--color", "no", "net.yaml"], "`--color` must be `auto`, `always` or `never`, not `no`"),
        (["--columns", "outptu", "net.yaml"], "unknown column `outptu`; did you mean `output`? (`--columns help` lists them)"),
        (["--sort", "parmeters", "net.yaml"], None),
        (["--set", "width", "net.yaml"], "`--set`: `name=value` is needed, not `width`"),
        (["--set", "widht=3", "net.yaml"], "the model has no variable `widht`; did you mean `width`? its variables are `width`"),
        (["--set", "=3", "net.yaml"], "`--set`: `name=value` is needed, not `=3`"),
        (["--input", "3 x 3", "net.yaml"], "the input must be a volume such as `224x224x3`, not `3 x 3`; write `3x3`: a volume is length x depth"),
        (["--input", "image=3x3x3", "net.yaml"], "the model has no input `image`; its inputs are `input`"),
        (["--input", "3x3x3", "--input", "4x4x3", "net.yaml"], "with several `--input`, each needs a name: `--input name=3x3x3`"),
        (["--dtype", "f33", "net.yaml"], None),
        (["--depth", "0", "net.yaml"], "`--depth`: `auto`, `all` or a whole number of at least 1 is needed, not `0`"),
        (["--top", "x", "net.yaml"], "`--top`: a whole number of at least 1 is needed, not `x`"),
        (["--mode", "both"], "no model is given; `analyzer example > model.yaml` writes one to start from"),
        (["-", "-"], "stdin (`-`) can be read once"),
        (["layers", "convv"], "unknown layer type `convv`; did you mean `conv`?"),
        (["layers", "wavelet"], "unknown layer type `wavelet`; `analyzer layers` lists them"),
        (["layers", "conv", "relu"], "`relu` is one argument too many"),
        (["example", "resnet5"], "unknown example `resnet5`; did you mean `resnet50`?"),
        (["example", "../net"], "unknown example `../net`; did you mean `unet`?"),
        (["schema", "--chek", "net.yaml"], "unknown option `--chek`; did you mean `--check`?"),
    ],
)  # fmt: skip
def test_faults(arguments: list[str], said: str | None, folder: Path, capsys: Said) -> None:
    assert guarded(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    if said is not None:
        assert err == f"analyzer: {said}\n"


def test_a_name_cannot_write_to_the_terminal(folder: Path, capsys: Said) -> None:
    assert guarded(["\x1b[31m\n"]) == 2
    assert capsys.readouterr().err == "analyzer: file `\\x1b[31m\\n` does not exist\n"


def test_a_file_without_permission(folder: Path, capsys: Said) -> None:
    (folder / "net.yaml").chmod(0)
    if os.access("net.yaml", os.R_OK):
        pytest.skip("this user may read every file")
    assert guarded(["net.yaml"]) == 2
    assert capsys.readouterr().err == "analyzer: `net.yaml` cannot be read: Permission denied\n"


def test_a_mistake_of_our_own_is_one_line(folder: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("x\ny")

    monkeypatch.setattr("analyzer.cli.models.expand", fail)
    monkeypatch.delenv("ANALYZER_DEBUG", raising=False)
    assert guarded(["net.yaml"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("analyzer: internal error in analyzer, not in your model: KeyError")
    assert err.count("\n") == 1
    monkeypatch.setenv("ANALYZER_DEBUG", "1")
    with pytest.raises(KeyError):
        guarded(["net.yaml"])


# --------------------------------------------------------------------------------------------------------------------
# Ways to call it.


def test_alone_it_says_how_to_begin(capsys: Said) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "analyzer example > model.yaml" in out
    assert "analyzer --help" in out
    assert out.isascii()


def test_what_it_says_how_to_begin_works(folder: Path) -> None:
    done = shell(
        "set -e; $analyzer example > model.yaml; $analyzer model.yaml; $analyzer layers conv; $analyzer example resnet50",
        folder,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_and_version(capsys: Said) -> None:
    for option, word in (("--help", "commands:"), ("--version", __version__)):
        with pytest.raises(SystemExit) as ended:
            main([option])
        assert ended.value.code == 0
        assert word in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_commands(command: str, capsys: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: analyzer {command}" in capsys.readouterr().out


def test_options_stand_anywhere(folder: Path, capsys: Said) -> None:
    for arguments in (
        ["--mode", "shared", "net.yaml"],
        ["net.yaml", "--mode", "shared"],
        ["net.yaml", "--mode=shared", "net.yaml"],
    ):
        assert guarded(arguments) == 0
    assert capsys.readouterr().err == ""


def test_settings_and_inputs(folder: Path, capsys: Said) -> None:
    for arguments, output in (
        (["--set", "width=8"], "14x14x8"),
        (["--set", "$width=8"], "14x14x8"),
        (["--set", "width=2", "--set", "width=9"], "14x14x9"),
        (["--input", "64x64x3"], "30x30x20"),
        (["--input", "input=64x64x3"], "30x30x20"),
        (["--input", "64×64×3"], "30x30x20"),
    ):
        assert guarded(["net.yaml", "--format", "json", *arguments]) == 0
        assert json.loads(capsys.readouterr().out)["layers"][0]["output"] == output


def test_a_setting_that_does_not_fit_is_the_models_mistake(folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "--set", "width=wide"]) == 1
    assert "`filters` of `conv` must be a whole number of at least 1, not `wide`" in capsys.readouterr().err


def test_columns_help(capsys: Said) -> None:
    assert main(["--columns", "help"]) == 0
    assert "shared.weights" in capsys.readouterr().out


def test_several_files(folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "wrong.yaml", "missing.yaml", "net.yaml", "--format", "json"]) == 2
    out, err = capsys.readouterr()
    reports = json.loads(out)
    assert [report["file"] for report in reports] == ["net.yaml", "wrong.yaml", "missing.yaml", "net.yaml"]
    assert [len(report.get("layers", ())) for report in reports] == [1, 0, 0, 1]
    assert reports[1]["diagnostics"][0]["line"] == 3
    assert "wrong.yaml:3:5" in err
    assert "analyzer: file `missing.yaml` does not exist" in err


def test_several_files_of_which_one_is_wrong(folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "wrong.yaml", "--format", "json"]) == 1
    assert [len(report.get("layers", ())) for report in json.loads(capsys.readouterr().out)] == [1, 0]
    assert guarded(["net.yaml", "wrong.yaml"]) == 1
    out, err = capsys.readouterr()
    assert "14×14×20" in out
    assert "wrong.yaml:3:5" in err


def test_a_wrong_model_as_json(folder: Path, capsys: Said) -> None:
    assert guarded(["wrong.yaml", "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["file"], report["diagnostics"][0]["code"], "layers" in report) == ("wrong.yaml", "MODEL102", False)


# --------------------------------------------------------------------------------------------------------------------
# Streams, in processes of their own.


def test_as_a_module_and_from_stdin() -> None:
    done = run("-", stdin=MODEL.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert "14×14×20" in done.stdout.decode()
    done = run("-", "--format", "json", stdin=WRONG.encode())
    assert done.returncode == 1
    assert b"<stdin>:3:5" in done.stderr
    assert json.loads(done.stdout)["file"] == "<stdin>"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", b"<stdin>:1:1"),
        (b"name: Caf\xe9\n", b"<stdin>:1:10\n"),
        (MODEL.encode("utf-16"), b"the file is UTF-16, not UTF-8"),
        (b"\xef\xbb\xbf" + WRONG.encode(), b"<stdin>:3:5"),
        (b"a" * 2_000_000, b"larger than 1,024 KiB"),
    ],
)
def test_strange_stdin(data: bytes, said: bytes) -> None:
    done = run("-", stdin=data)
    assert (done.returncode, done.stdout) == (1, b"")
    assert said in done.stderr


def test_a_byte_order_mark_is_no_part_of_the_model() -> None:
    assert run("-", stdin=b"\xef\xbb\xbf" + MODEL.encode().replace(b"\n", b"\r\n")).returncode == 0


@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown", "latex", "html", "mermaid", "dot"])
def test_a_closed_pipe_is_no_mistake(format: str, folder: Path) -> None:
    script = f"$analyzer many.yaml --format {format} | head -c 20 > /dev/null; echo ${{PIPESTATUS[0]}}"
    done = shell(script, folder)
    assert (done.stdout, done.stderr) == (b"0\n", b"")


@pytest.mark.parametrize(
    "arguments",
    [
        "many.yaml",
        "net.yaml",
        "layers",
        "example",
        "schema",
        "many.yaml --format json",
        "",
        "--help",
        "--version",
        *(f"{command} --help" for command in COMMANDS),
        "check --list",
        "check --explain CHECK1",
        "check net.yaml",
        "memory net.yaml",
        "diff net.yaml many.yaml",
        "schema --check net.yaml",
        "example --list",
        "--columns help",
    ],
)
def test_a_full_disk_is_one_line(arguments: str, folder: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full here")
    done = shell(f"$analyzer {arguments} > /dev/full", folder)
    assert (done.returncode, done.stderr) == (2, b"analyzer: the output cannot be written: No space left on device\n")


def test_closed_streams(folder: Path) -> None:
    assert shell("$analyzer net.yaml >&-", folder).returncode == 0
    done = shell("$analyzer wrong.yaml 2>&-", folder)
    assert (done.returncode, done.stdout) == (1, b"")
    assert shell("$analyzer - <&-", folder).returncode == 2
    assert shell("$analyzer wrong.yaml 2>/dev/full", folder).returncode in (1, 2)


@pytest.mark.parametrize("arguments", ["{net}", "check {net}", "check - < {net}", "memory {net}", "diff {net} {net}", "schema --check {net}", "example", "layers", "check {folder} --ignore CHECK", "{net} -o {folder}/a.json", "check {net} --format sarif"])  # fmt: skip
def test_a_deleted_folder_is_no_place_to_stand_but_absolute_paths_work(arguments: str, folder: Path) -> None:
    (folder / "wrong.yaml").unlink()
    command = arguments.format(net=folder / "net.yaml", folder=folder)
    done = shell(f"mkdir gone; cd gone; rmdir ../gone; $analyzer {command}", folder)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", ["net.yaml", "check net.yaml", "{net} -o a.json", "check {net} -o a.txt"])
def test_in_a_deleted_folder_there_is_no_file(arguments: str, folder: Path) -> None:
    done = shell(f"mkdir gone; cd gone; rmdir ../gone; $analyzer {arguments.format(net=folder / 'net.yaml')}", folder)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert b"does not exist" in done.stderr or b"No such file or directory" in done.stderr


# --------------------------------------------------------------------------------------------------------------------
# Colours, widths, encodings.


@pytest.mark.parametrize(
    ("option", "changes", "colored"),
    [
        ("auto", {}, False),  # piped
        ("always", {}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {}, False),
    ],
)
def test_colors(option: str, changes: dict[str, str], colored: bool, folder: Path) -> None:
    for file in ("net.yaml", "wrong.yaml"):
        done = run(file, "--color", option, cwd=folder, **changes)
        assert (b"\x1b[" in done.stdout + done.stderr) == colored


@pytest.mark.parametrize(
    ("changes", "colored"),
    [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "xterm", "NO_COLOR": ""}, True)],
)  # fmt: skip
def test_colors_on_a_terminal(changes: dict[str, str], colored: bool, folder: Path) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*COMMAND, "wrong.yaml"], stdout=theirs, stderr=theirs, env=environment(**changes))
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert process.wait(timeout=30) == 1
    assert (b"\x1b[" in said) == colored


def test_files_are_written_without_colors(folder: Path) -> None:
    assert run("net.yaml", "-o", "net.txt", "--color", "always", cwd=folder).returncode == 0
    assert b"\x1b[" not in (folder / "net.txt").read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_encodings(changes: dict[str, str], folder: Path) -> None:
    (folder / "name.yaml").write_text("name: Café 層\n" + MODEL, encoding="utf-8")
    (folder / "bad.yaml").write_text("name: Café 層\n" + WRONG.replace("cnov", "層"), encoding="utf-8")
    encoding = changes.get("PYTHONIOENCODING", "utf-8")
    for format in ("table", "json", "csv", "markdown", "latex", "html"):
        done = run("name.yaml", "--format", format, cwd=folder, **changes)
        assert (done.returncode, done.stderr) == (0, b"")
        text = done.stdout.decode(encoding)
        assert "752,640" in text or "752640" in text
        if format == "json":
            assert json.loads(text)["name"] == "Café 層"
    done = run("bad.yaml", cwd=folder, **changes)
    assert done.returncode == 1
    assert "bad.yaml:4:5" in done.stderr.decode(encoding)
    if encoding == "ascii":
        assert run("name.yaml", cwd=folder, **changes).stdout.isascii()


def test_signs_fall_back_where_the_stream_lacks_them(folder: Path) -> None:
    done = run("net.yaml", cwd=folder, PYTHONIOENCODING="ascii")
    assert b"14x14x20" in done.stdout
    (folder / "large.yaml").write_text("input: 4x4x3\nlayers:\n  - conv: {filters: 3, kernel: 5}\n")
    done = run("large.yaml", cwd=folder, PYTHONIOENCODING="ascii")
    assert done.stderr.isascii()
    assert b"the 5x5 kernel of `conv1` is larger than its 4x4 input" in done.stderr
    assert b"(4 - 5 + 2*0)/1 + 1 = 0" in done.stderr


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_columns_of_the_terminal(width: int, folder: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert guarded(["net.yaml"]) == 0
    out = capsys.readouterr().out
    assert "752,640" in out
    if width >= 80:
        assert max(map(len, out.splitlines())) <= width


@pytest.mark.parametrize("columns", ["", "0", "-5", "wide", "9" * 30, "٣"])
def test_strange_columns(columns: str, folder: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert guarded(["net.yaml"]) == 0
    assert guarded(["wrong.yaml"]) == 1
    assert "752,640" in capsys.readouterr().out


def test_names_that_are_no_text(folder: Path) -> None:
    name = os.fsdecode(b"n\xff.yaml")
    try:
        (folder / name).write_text(MODEL)
    except OSError:
        pytest.skip("this file system takes text alone")
    for format in ("table", "json", "csv", "markdown", "latex", "html"):
        done = run(name, "--format", format, cwd=folder)
        assert (done.returncode, done.stderr) == (0, b"")
        done.stdout.decode("utf-8")
    assert run(name, "-o", "out.json", cwd=folder).returncode == 0
    assert json.loads((folder / "out.json").read_text())["file"] == name


def test_a_warning_about_a_whole_network_has_its_colour(folder: Path) -> None:
    """The depth comes first in this input; the line itself is the same."""
    (folder / "doubt.yaml").write_text("input: 3x224x224\nlayers:\n  - conv: {filters: 8, kernel: 3}\n")
    plain, colored = (run("doubt.yaml", "--color", color, cwd=folder).stderr.decode() for color in ("never", "always"))
    assert "\x1b[1;33mwarning[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
