"""An interrupt is one line and exit code 130 from the first instant on, whatever the command is doing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commands import COMMAND, MODEL, environment, heeds_interrupts

LINE = b"analyzer: interrupted\n"

#: More than a pipe holds: who has written this knows that the other end reads.
FULL = b"# a comment\n" * 40_000


def started(*arguments: str, command: tuple[str, ...] = tuple(COMMAND), **more: Any) -> subprocess.Popen[bytes]:
    """The command as a process with pipes on all its streams."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    more.setdefault("preexec_fn", heeds_interrupts)
    return subprocess.Popen([*command, *arguments], env=environment(), **pipes, **more)


def test_while_it_reads() -> None:
    process = started("-")
    assert process.stdin is not None
    process.stdin.write(FULL)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", LINE)


@pytest.mark.parametrize("format", ["table", "json", "csv"])
def test_while_it_writes(format: str, folder: Path) -> None:
    process = started("many.yaml", "--format", format)
    assert process.stdout is not None
    process.stdout.read(10)  # the rest is more than a pipe holds
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, LINE)


def test_before_the_guard_next_to_nothing_is_imported() -> None:
    script = (
        "import sys; before = set(sys.modules); import analyzer.__main__; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment(), check=True)
    assert set(done.stdout.split()) <= {
        "__future__",
        "analyzer",
        "analyzer.__main__",
        "analyzer.cli",
        "analyzer.cli.reserve",
    }


#: Interrupts itself at the import of the module that the number says, counted from the call of `run` on.
AT_IMPORT = """
import sys, _signal
from analyzer.__main__ import run
left = int(sys.argv.pop(1))
def hook(event, arguments):
    global left
    if event == "import":
        left -= 1
        if left == 0:
            _signal.raise_signal(_signal.SIGINT)
sys.addaudithook(hook)
run()
"""


def test_at_every_import(folder: Path) -> None:
    interrupted = 0
    for number in [*range(1, 12), *range(12, 1000, 13)]:
        command = [sys.executable, "-c", AT_IMPORT, str(number), "net.yaml"]
        done = subprocess.run(command, capture_output=True, env=environment(), timeout=30, preexec_fn=heeds_interrupts)
        if done.returncode == 0:
            break
        assert (done.returncode, done.stderr) == (130, LINE), number
        interrupted += 1
    assert interrupted > 12


def test_at_many_early_instants() -> None:
    """`-X importtime` writes a line for each import, so the test sees when the first one behind the guard is over."""
    for number in range(24):
        process = started("-", command=(sys.executable, "-X", "importtime", "-m", "analyzer"))
        assert process.stderr is not None
        module = b""
        before = (b"analyzer.cli", b"analyzer.cli.reserve")  # come before the guard
        while not module.startswith(b"analyzer.") or module in before:
            line = process.stderr.readline()
            assert line, "it has ended without beginning"
            module = line.rpartition(b"|")[2].strip()
        time.sleep(0.004 * number)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(MODEL.encode(), timeout=30)
        assert b"Traceback" not in err
        assert b"ignored" not in err
        # A fast machine may be done before a late instant.
        assert (process.returncode == 130 and err.endswith(LINE)) or process.returncode == 0, (number, err[-500:])


def test_who_ignores_interrupts_is_not_interrupted() -> None:
    process = started("-", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert process.stdin is not None
    process.stdin.write(FULL)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(MODEL.encode(), timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert "752,640" in out.decode()
