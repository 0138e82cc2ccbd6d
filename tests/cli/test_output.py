"""`-o`: a file is written whole or not at all, never over the model, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import COMMAND, MANY, MODEL, environment, shell

from analyzer.cli.main import UsageError, guarded
from analyzer.cli.whole import write_file

Said = pytest.CaptureFixture[str]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


GIVEN = ["many.yaml", "net.yaml", "wrong.yaml"]


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.json", '{"format": 1'), ("a.csv", "layer,"), ("a.md", ""), ("a.tex", ""), ("a.html", "<!"), ("a.HTM", "<!"), ("a.mmd", "flowchart TB"), ("a.DOT", "digraph"), ("a.txt", "net ·"), ("a", "net ·")],
)  # fmt: skip
def test_the_ending_says_the_format(name: str, begins: str, folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "-o", name]) == 0
    assert capsys.readouterr() == ("", "")
    assert (folder / name).read_text(encoding="utf-8").startswith(begins)
    assert names(folder) == sorted([*GIVEN, name])


def test_a_format_outranks_the_ending(folder: Path) -> None:
    assert guarded(["net.yaml", "-o", "a.txt", "--format", "json"]) == 0
    assert json.loads((folder / "a.txt").read_text())["format"] == 1


@pytest.mark.parametrize(
    ("arguments", "endings"),
    [
        (["net.yaml"], "`.json`, `.csv`, `.md`, `.tex`, `.html`, `.htm`, `.svg`, `.mmd`, `.dot` or `.txt`"),
        (["check", "net.yaml"], "`.json`, `.md`, `.sarif`, `.xml` or `.txt`"),
        (["memory", "net.yaml"], "`.json`, `.csv`, `.md`, `.html`, `.htm` or `.txt`"),
        (["diff", "net.yaml", "many.yaml"], "`.md`, `.html`, `.htm`, `.json` or `.txt`"),
    ],
)
def test_an_ending_of_no_format_is_refused(arguments: list[str], endings: str, folder: Path, capsys: Said) -> None:
    said = f"analyzer: `-o x.rst`: no format has the ending `.rst`; use {endings}, or choose with `--format`\n"
    assert guarded([*arguments, "-o", "x.rst"]) == 2
    assert capsys.readouterr() == ("", said)
    assert names(folder) == GIVEN
    assert guarded([*arguments, "-o", "x.rst", "--format", "json"]) in (0, 1)
    json.loads((folder / "x.rst").read_text())


@pytest.mark.parametrize("command", [[], ["check"], ["memory"]])
@pytest.mark.parametrize("name", ["a", "a.txt"])
def test_no_ending_and_txt_mean_the_usual_format(command: list[str], name: str, folder: Path, capsys: Said) -> None:
    code = guarded([*command, "net.yaml"])
    usual = capsys.readouterr().out
    assert guarded([*command, "net.yaml", "-o", name]) == code
    assert (folder / name).read_text() == usual


@pytest.mark.parametrize(
    "target", ["net.yaml", "./net.yaml", "../{folder}/net.yaml", "link.yaml", "hard.yaml", "{path}", "sub/../net.yaml"]
)
def test_never_over_the_model(target: str, folder: Path, capsys: Said) -> None:
    (folder / "link.yaml").symlink_to("net.yaml")
    os.link("net.yaml", "hard.yaml")
    (folder / "sub").mkdir()
    target = target.format(folder=folder.name, path=folder / "net.yaml")
    assert guarded(["many.yaml", "net.yaml", "-o", target]) == 2
    assert capsys.readouterr().err == f"analyzer: `{target}` is the model itself; choose another file for the report\n"
    assert (folder / "net.yaml").read_text() == MODEL
    assert names(folder) == sorted([*GIVEN, "hard.yaml", "link.yaml", "sub"])


def test_never_over_the_model_that_a_link_names(folder: Path) -> None:
    (folder / "link.yaml").symlink_to("net.yaml")
    assert guarded(["link.yaml", "-o", "net.yaml"]) == 2
    assert (folder / "net.yaml").read_text() == MODEL


def test_a_missing_folder(folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "-o", "missing/a.json"]) == 2
    assert (
        capsys.readouterr().err == "analyzer: `missing/a.json` cannot be written: the folder `missing` does not exist\n"
    )
    assert names(folder) == GIVEN


def test_a_folder_as_target(folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "-o", "."]) == 2
    assert capsys.readouterr().err == "analyzer: `.` is a folder; `-o` takes a file\n"


def test_a_file_where_a_folder_is_needed(folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "-o", "net.yaml/a.json"]) == 2
    assert capsys.readouterr().err.startswith("analyzer: `net.yaml/a.json` cannot be written: ")


def test_a_name_that_is_too_long(folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "-o", "n" * 300]) == 2
    assert "cannot be written: File name too long" in capsys.readouterr().err
    assert names(folder) == GIVEN


def test_an_existing_file_keeps_its_mode(folder: Path) -> None:
    target = folder / "a.json"
    target.write_text("old")
    target.chmod(0o640)
    assert guarded(["net.yaml", "-o", "a.json"]) == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert json.loads(target.read_text())["format"] == 1


def test_a_new_file_has_the_mode_that_the_user_wants(folder: Path) -> None:
    before = os.umask(0o027)
    try:
        assert guarded(["net.yaml", "-o", "a.json"]) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "a.json").stat().st_mode) == 0o640


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "real.json").write_text("old")
    (folder / "link.json").symlink_to("real.json")
    assert guarded(["net.yaml", "-o", "link.json"]) == 0
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "real.json").read_text())["format"] == 1


def test_a_folder_without_permission(folder: Path, capsys: Said) -> None:
    (folder / "shut").mkdir(mode=0o500)
    if os.access("shut", os.W_OK):
        pytest.skip("this user may write everywhere")
    assert guarded(["net.yaml", "-o", "shut/a.json"]) == 2
    assert capsys.readouterr().err == "analyzer: `shut/a.json` cannot be written: Permission denied\n"


def test_names_that_lead_to_no_file(folder: Path, capsys: Said) -> None:
    (folder / "loop.json").symlink_to("loop.json")
    assert guarded(["net.yaml", "-o", "loop.json"]) == 2
    assert guarded(["net.yaml", "-o", "new/"]) == 2
    assert guarded(["net.yaml", "-o", ""]) == 2
    assert capsys.readouterr().err == (
        "analyzer: `loop.json` cannot be written: Too many levels of symbolic links\n"
        "analyzer: `new/` is a folder; `-o` takes a file\n"
        "analyzer: `--output`: the name of a file is needed\n"
    )
    assert names(folder) == sorted([*GIVEN, "loop.json"])


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device"), ValueError("x")])
def test_what_is_interrupted_leaves_nothing(error: BaseException, folder: Path) -> None:
    def chunks() -> Iterator[str]:
        yield "first"
        raise error

    (folder / "old.json").write_text("old")
    for target in ("new.json", "old.json"):
        with pytest.raises(UsageError if isinstance(error, OSError) else type(error)):
            write_file(target, chunks())
    assert (folder / "old.json").read_text() == "old"
    assert names(folder) == sorted([*GIVEN, "old.json"])


ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU]


@pytest.fixture
def heeded(end: signal.Signals) -> Iterator[signal.Signals]:
    """A signal that is not ignored: a shell starts its background jobs with some of them ignored."""
    before = signal.signal(end, signal.default_int_handler if end == signal.SIGINT else signal.SIG_DFL)
    yield end
    signal.signal(end, before)


@pytest.mark.parametrize("end", ENDS)
def test_a_request_to_end_leaves_nothing(heeded: signal.Signals, folder: Path) -> None:
    def chunks() -> Iterator[str]:
        yield "first"
        os.kill(os.getpid(), heeded)
        yield "second"

    before = signal.getsignal(heeded)
    with pytest.raises(KeyboardInterrupt):
        write_file("new.json", chunks())
    assert names(folder) == sorted(GIVEN)
    assert signal.getsignal(heeded) == before


@pytest.mark.parametrize("end", ENDS)
def test_a_process_that_is_asked_to_end_leaves_nothing(heeded: signal.Signals, folder: Path) -> None:
    """Twice, as an impatient service asks."""
    (folder / "long.yaml").write_text(MANY.replace("5000", "40000"))
    (folder / "old.json").write_text("old")
    process = subprocess.Popen([*COMMAND, "long.yaml", "-o", "old.json"], env=environment(), stderr=subprocess.PIPE)
    while not list(folder.glob("*.part")):
        assert process.poll() is None, "it ended before it wrote"
        time.sleep(0.002)
    process.send_signal(heeded)
    process.send_signal(heeded)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, b"analyzer: interrupted\n")
    assert names(folder) == sorted([*GIVEN, "long.yaml", "old.json"])
    assert (folder / "old.json").read_text() == "old"


def test_who_ignores_a_signal_is_not_ended_by_it(folder: Path) -> None:
    """As `nohup` and a shell's job in the background do."""

    def chunks() -> Iterator[str]:
        os.kill(os.getpid(), signal.SIGHUP)
        yield "whole"

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        write_file("new.json", chunks())
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (folder / "new.json").read_text() == "whole"


def test_a_file_that_may_not_be_written_is_not_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file can be replaced by who may write its folder; `access` stands in for a user who is not root."""
    (folder / "old.json").write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match="Permission denied"):
        write_file("old.json", iter(["new"]))
    assert (folder / "old.json").read_text() == "old"


@pytest.mark.parametrize("command", ["net.yaml", "check net.yaml", "memory net.yaml", "diff net.yaml many.yaml", "check --list", "--columns help"])  # fmt: skip
def test_a_dash_and_dev_stdout_are_stdout(command: str, folder: Path, capsys: Said) -> None:
    guarded(command.split())
    usual = capsys.readouterr().out
    for name in ("-", "/dev/stdout"):
        guarded([*command.split(), "-o", name])
        assert capsys.readouterr().out == usual
    assert names(folder) == GIVEN


def test_a_stream_is_continued(folder: Path) -> None:
    done = shell("exec 3>all; echo first >&3; $analyzer net.yaml --format json -o /dev/fd/3; echo last >&3", folder)
    assert (done.returncode, done.stderr) == (0, b"")
    first, *middle, last = (folder / "all").read_text().splitlines()
    assert (first, last) == ("first", "last")
    assert json.loads("\n".join(middle))["format"] == 1
    assert shell("$analyzer net.yaml -o /dev/fd/9", folder).stderr.startswith(
        b"analyzer: `/dev/fd/9` cannot be written"
    )


@pytest.mark.parametrize("command", ["check --list", "check --explain CHECK1", "--columns help"])
def test_what_is_listed_goes_to_the_file_too(command: str, folder: Path, capsys: Said) -> None:
    assert guarded(command.split()) == 0
    usual = capsys.readouterr().out
    assert guarded([*command.split(), "-o", "list.txt"]) == 0
    assert capsys.readouterr() == ("", "")
    assert (folder / "list.txt").read_text() == usual
    assert guarded([*command.split(), "-o", "net.yaml", "--", "net.yaml"]) == 2
    assert (folder / "net.yaml").read_text() == MODEL


def test_devices_and_pipes_are_written_to(folder: Path) -> None:
    assert guarded(["net.yaml", "-o", os.devnull]) == 0
    done = shell("mkfifo pipe; $analyzer net.yaml --format json -o pipe & cat pipe; wait $!", folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["format"] == 1
    assert (folder / "pipe").is_fifo()


def test_a_full_device(folder: Path, capsys: Said) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full here")
    assert guarded(["net.yaml", "-o", "/dev/full"]) == 2
    assert capsys.readouterr().err == "analyzer: `/dev/full` cannot be written: No space left on device\n"


def test_a_wrong_model_writes_no_table(folder: Path) -> None:
    (folder / "a.txt").write_text("old")
    assert guarded(["wrong.yaml", "-o", "a.txt"]) == 1
    assert (folder / "a.txt").read_text() == "old"
    assert names(folder) == sorted([*GIVEN, "a.txt"])
