"""What a command reads it never writes, and what it cannot read to an end it refuses: every command, every input."""

from __future__ import annotations

import io
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import MODEL, WRONG, run, shell

from analyzer.cli.main import guarded

Said = pytest.CaptureFixture[str]

CONFIGURATION = '[tool.analyzer]\nseverity = "error"\n'

#: A command line without its `-o`, the file that `-o` names, and what the message calls it.
READ = [
    ("net.yaml", "net.yaml", "the model itself"),
    ("many.yaml net.yaml", "net.yaml", "the model itself"),
    ("- < net.yaml", "net.yaml", "the model itself"),
    ("many.yaml - < net.yaml", "net.yaml", "the model itself"),
    ("/dev/stdin < net.yaml", "net.yaml", "the model itself"),
    ("memory net.yaml", "net.yaml", "the model itself"),
    ("memory - < net.yaml", "net.yaml", "the model itself"),
    ("check net.yaml", "net.yaml", "the model itself"),
    ("check models", "models/net.yaml", "the model itself"),
    ("check - < net.yaml", "net.yaml", "the model itself"),
    ("check net.yaml", "pyproject.toml", "the configuration that this command reads"),
    ("check models/net.yaml", "models/.analyzer.toml", "the configuration that this command reads"),
    ("check - < net.yaml", "pyproject.toml", "the configuration that this command reads"),
    ("check net.yaml --against base.yaml --budget params=+50%", "base.yaml", "the base of `--against`"),
    ("check net.yaml --against base.json --budget params=+50%", "base.json", "the base of `--against`"),
    ("check net.yaml --against - --budget params=+50% < base.yaml", "base.yaml", "the base of `--against`"),
    ("check wrong.yaml --against base.yaml --budget params=+50%", "base.yaml", "the base of `--against`"),
    ("check wrong.yaml --against git:HEAD:base.yaml --budget params=+5%", "base.yaml", "the base of `--against`"),
    ("check missing.yaml --against base.json --budget params=+50%", "base.json", "the base of `--against`"),
    ("diff net.yaml base.yaml", "net.yaml", "a side of this comparison"),
    ("diff net.yaml base.yaml", "base.yaml", "a side of this comparison"),
    ("diff net.yaml base.json", "base.json", "a side of this comparison"),
    ("diff base.yaml - < net.yaml", "net.yaml", "a side of this comparison"),
    ("diff - base.yaml < net.yaml", "net.yaml", "a side of this comparison"),
    ("diff git:HEAD net.yaml", "net.yaml", "a side of this comparison"),
    ("diff git:HEAD:net.yaml git:HEAD:base.yaml", "base.yaml", "a side of this comparison"),
    ("diff git:HEAD:net.yaml git:HEAD:./models/net.yaml", "models/net.yaml", "a side of this comparison"),
    ("check net.yaml --against git:HEAD:base.yaml --budget params=+50%", "base.yaml", "the base of `--against`"),
]


@pytest.fixture
def project(folder: Path) -> Path:
    """A folder with a base to compare with, a saved report of it, and configurations."""
    (folder / "base.yaml").write_text(MODEL.replace("20", "19"))
    assert guarded(["base.yaml", "-o", "base.json"]) == 0
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    (folder / "models").mkdir()
    (folder / "models" / "net.yaml").write_text(MODEL)
    (folder / "models" / ".analyzer.toml").write_text("exit-zero = true\n")
    (folder / "sub").mkdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder that git does not own."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("way", ["plain", "absolute", "through", "symbolic", "hard"])
@pytest.mark.parametrize(("command", "target", "what"), READ)
def test_no_input_is_written(
    command: str, target: str, what: str, way: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Whichever path leads to it; the ending asks for no format, so that `-o` is refused for this alone."""
    output = {"plain": target, "absolute": str(project / target), "through": f"sub/../{target}"}.get(way, "link.json")
    if way == "symbolic":
        (project / "link.json").symlink_to(target)
    if way == "hard":
        os.link(target, "link.json")
    if "git:" in command:
        shell("git init -q . && git add . && git -c user.name=a -c user.email=a@b commit -qm a", project)
    before = contents(project)
    arguments, _, source = command.partition(" < ")
    if source and "/dev/stdin" in arguments:
        done = shell(f"$analyzer {command} --format json -o {output}", project)
        code, said = done.returncode, done.stderr.decode()
    else:
        if source:
            monkeypatch.setattr(sys, "stdin", open(source, encoding="utf-8"))  # noqa: SIM115
        code, said = guarded([*arguments.split(), "--format", "json", "-o", output]), capsys.readouterr().err
    assert (code, said) == (2, f"analyzer: `{output}` is {what}; choose another file for the report\n")
    assert contents(project) == before


@pytest.mark.parametrize("command", ["", "check ", "memory ", "schema --check "])
@pytest.mark.parametrize("source", ["net.yaml", "-"])
def test_stdout_is_no_input(command: str, source: str, project: Path) -> None:
    """A shell that appends to the model has not emptied it yet."""
    before = contents(project)
    done = shell(f"$analyzer {command}{source} < net.yaml >> net.yaml", project)
    assert done.stderr == b"analyzer: stdout goes to the model itself; choose another file for the report\n"
    assert done.returncode == 2
    assert contents(project) == before


def test_a_model_that_does_not_exist_is_not_made(folder: Path, capsys: Said) -> None:
    assert guarded(["missing.yaml", "--format", "json", "-o", "./missing.yaml"]) == 2
    assert capsys.readouterr().err.startswith("analyzer: `./missing.yaml` is the model itself")
    assert not (folder / "missing.yaml").exists()


def test_a_configuration_that_is_not_read_is_a_file_like_any_other(project: Path) -> None:
    assert guarded(["check", "net.yaml", "--no-config", "-o", "pyproject.toml", "--format", "concise"]) == 0
    assert (project / "pyproject.toml").read_text() == ""


# --------------------------------------------------------------------------------------------------------------------
# Where there is no result, the file of `-o` stays.

KEPT = "analyzer: `old.json` was not changed, because there is no complete result\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("wrong.yaml", 1),
        ("net.yaml wrong.yaml", 1),
        ("missing.yaml", 2),
        ("net.yaml missing.yaml", 2),
        ("net.yaml --set nothing=1", 2),
        ("net.yaml --batch 0", 2),
        ("net.yaml --nothing", 2),
        ("memory wrong.yaml", 1),
        ("memory missing.yaml", 2),
        ("memory net.yaml --context 1GiB", 2),
        ("check missing.yaml", 2),
        ("check net.yaml missing.yaml", 2),
        ("check net.yaml --select nothing", 2),
        ("check net.yaml --budget params=+5%", 2),
        ("check net.yaml --against missing.yaml --budget params=+5%", 2),
        ("diff net.yaml wrong.yaml", 2),
        ("diff wrong.yaml net.yaml", 2),
        ("diff net.yaml missing.yaml", 2),
        ("diff net.yaml", 2),
    ],
)
@pytest.mark.parametrize("spelling", ["-o old.json", "-oold.json", "--output old.json", "--output=old.json"])
def test_without_a_result_the_file_stays(arguments: str, code: int, spelling: str, folder: Path, capsys: Said) -> None:
    (folder / "old.json").write_text("old")
    assert guarded([*arguments.split(), *spelling.split()]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(KEPT)
    assert err.count(KEPT) == 1
    assert (folder / "old.json").read_text() == "old"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("check wrong.yaml", 1),
        ("check net.yaml --budget params=1", 1),
        ("diff net.yaml many.yaml", 1),
        ("memory net.yaml --device 1MiB", 1),
    ],
)
def test_a_result_that_is_bad_news_is_written(arguments: str, code: int, folder: Path, capsys: Said) -> None:
    (folder / "old.json").write_text("old")
    assert guarded([*arguments.split(), "-o", "old.json"]) == code
    assert capsys.readouterr() == ("", "")
    assert (folder / "old.json").read_text() != "old"


def test_the_findings_of_a_wrong_model_become_a_new_file(folder: Path, capsys: Said) -> None:
    assert guarded(["wrong.yaml", "-o", "new.json"]) == 1
    assert "MODEL102" in (folder / "new.json").read_text()
    assert "was not changed" not in capsys.readouterr().err


# --------------------------------------------------------------------------------------------------------------------
# What never ends.


@pytest.fixture
def odd(folder: Path) -> Iterator[Path]:
    """A folder with one of everything that is no regular file."""
    os.mkfifo("pipe.yaml")
    (folder / "device.yaml").symlink_to("/dev/zero")
    (folder / "stdin.yaml").symlink_to("/dev/stdin")
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind("socket.yaml")
        yield folder


@pytest.mark.parametrize("command", ["{}", "check {}", "memory {}", "diff {} net.yaml", "diff net.yaml {}", "schema --check {}", "schema --report --check {}", "check net.yaml --budget params=+5% --against {}"])  # fmt: skip
@pytest.mark.parametrize(
    ("file", "kind"),
    [("pipe.yaml", "a pipe"), ("device.yaml", "a device"), ("socket.yaml", "a socket"), ("/dev/zero", "a device"), ("stdin.yaml", "a pipe")],
)  # fmt: skip
def test_what_is_no_regular_file_is_refused(command: str, file: str, kind: str, odd: Path) -> None:
    done = run(*command.format(file).split(), cwd=odd)
    assert (done.returncode, done.stderr.decode()) == (2, f"analyzer: `{file}` is {kind}, not a model file\n")


def test_a_configuration_that_is_no_regular_file_is_refused(folder: Path, capsys: Said) -> None:
    os.mkfifo(".analyzer.toml")
    assert guarded(["check", "net.yaml"]) == 2
    assert capsys.readouterr().err == "analyzer: `.analyzer.toml` is a pipe, not a configuration\n"


@pytest.mark.parametrize(
    "script",
    ["$analyzer - < net.yaml", "$analyzer <(cat net.yaml)", "cat net.yaml | $analyzer /dev/stdin", "$analyzer /dev/fd/3 3< net.yaml", "$analyzer diff <(cat net.yaml) <(cat net.yaml)", "$analyzer schema --check <(cat net.yaml)", "$analyzer check - <<< \"$(cat net.yaml)\""],
)  # fmt: skip
def test_streams_that_the_shell_opened_are_read(script: str, folder: Path) -> None:
    done = shell(script, folder)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("command", ["-", "check -", "memory -", "diff - net.yaml", "diff net.yaml -", "schema --check -", "schema --report --check -", "check net.yaml --budget params=+5% --against -"])  # fmt: skip
def test_a_stream_without_end_is_read_up_to_the_limit(command: str, folder: Path) -> None:
    """256 MiB of memory are too few for what was read once."""
    done = shell(f"ulimit -v 262144; $analyzer {command} < /dev/zero", folder)
    assert done.returncode in (1, 2)
    assert b"larger than 1,024 KiB" in done.stderr + done.stdout or b"not valid JSON" in done.stderr


@pytest.mark.parametrize("command", ["-", "check -", "memory -", "diff - net.yaml", "diff net.yaml -", "schema --check -", "schema --report --check -", "check net.yaml --budget params=+5% --against -"])  # fmt: skip
def test_a_closed_stdin_is_one_line(command: str, folder: Path) -> None:
    done = shell(f"$analyzer {command} <&-", folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"analyzer: stdin (`-`) is closed\n")


def test_a_stream_without_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a notebook and tests have it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    assert guarded(["-", "-o", "a.json"]) == 1
