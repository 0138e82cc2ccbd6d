"""`analyzer sweep` with workers: the same variants, an interrupt at any time, and a cluster that is not there."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import COMMAND, MODEL, environment, heeds_interrupts, run

#: 193 parameters for each filter.
MANY = ("net.yaml", "--set", "width=1:20000", "--amounts", "params")
KEPT = b"analyzer: note: what is done is in `runs.sqlite`; the same command goes on from there\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.yaml").write_text(MODEL)
    return tmp_path


def started(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The command in a group of its own, as a terminal starts it."""
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(
        [*COMMAND, "sweep", *arguments],
        cwd=folder, env=environment(), start_new_session=True, preexec_fn=heeds_interrupts, **pipes,
    )  # fmt: skip


def stored(folder: Path) -> list[tuple[int, int]]:
    """The width and the parameters of what is in the store; none where it is not made yet."""
    if not (folder / "runs.sqlite").exists():
        return []
    database = sqlite3.connect(folder / "runs.sqlite")
    try:
        return list(database.execute("SELECT width, params FROM variant ORDER BY id"))
    except sqlite3.OperationalError:
        return []
    finally:
        database.close()


def has_stored(folder: Path, rows: int) -> None:
    """Waits until so many variants are in the store."""
    until = time.monotonic() + 30
    while len(stored(folder)) < rows and time.monotonic() < until:
        time.sleep(0.05)


def test_the_same_variants_from_one_process_and_from_two(folder: Path) -> None:
    one, two = (
        run("sweep", *MANY[:2], "width=1:500", "--format", "csv", *more, cwd=folder)
        for more in ((), ("--workers", "2"))
    )
    assert (one.returncode, two.returncode, two.stderr) == (0, 0, b"")
    assert one.stdout == two.stdout
    assert one.stdout.count(b"\n") == 501


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_done_and_the_same_command_goes_on(folder: Path, workers: str, how: int) -> None:
    """A terminal interrupts workers too; who ends a process does not know of them."""
    process = started(folder, *MANY, "--workers", workers, "-o", "runs.sqlite")
    has_stored(folder, 100)
    if how == signal.SIGINT:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    out, said = process.communicate(timeout=5)  # which waits for all who could write there
    assert (process.returncode, out, said) == (130, b"", KEPT + b"analyzer: interrupted\n")
    done = stored(folder)
    assert 100 <= len(done) < 20_000
    again = run("sweep", *MANY, "--workers", workers, "-o", "runs.sqlite", cwd=folder)
    assert (again.returncode, again.stderr) == (0, b"")
    assert stored(folder) == [(width, 193 * width) for width in range(1, 20_001)]


def test_a_command_that_is_killed_leaves_no_worker_and_a_store_that_goes_on(folder: Path) -> None:
    process = started(folder, *MANY, "--workers", "2", "-o", "runs.sqlite")
    has_stored(folder, 100)
    process.kill()
    out, said = process.communicate(timeout=5)
    assert (process.returncode, out) == (-9, b"")
    assert b"Traceback" not in said
    done = stored(folder)
    assert done == [(width, 193 * width) for width in range(1, len(done) + 1)]
    again = run("sweep", *MANY, "--workers", "2", "-o", "runs.sqlite", cwd=folder)
    assert (again.returncode, again.stderr) == (0, b"")
    assert stored(folder) == [(width, 193 * width) for width in range(1, 20_001)]


@pytest.mark.parametrize("files", [8, 12])
def test_processes_that_the_system_does_not_allow(folder: Path, files: int) -> None:
    resource = pytest.importorskip("resource", reason="this system has no limits of its own")
    line = [*COMMAND, "sweep", *MANY, "--workers", "2"]
    done = subprocess.run(
        line, cwd=folder, env=environment(), capture_output=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"analyzer: 2 worker processes cannot be started: Too many open files\n"


def test_dask_is_not_installed(folder: Path) -> None:
    (folder / "distributed.py").write_text("raise ImportError('it is not installed')\n")
    done = run(
        "sweep", *MANY, "--dask", "tcp://127.0.0.1:1", cwd=folder, PYTHONPATH=os.pathsep.join([str(folder), *sys.path])
    )
    assert done.returncode == 2
    assert done.stderr == b'analyzer: Dask is not installed; `pip install "conv-analyzer[dask]"` installs it\n'


def test_workers_and_dask_exclude_each_other(folder: Path) -> None:
    done = run("sweep", *MANY, "--dask", "tcp://127.0.0.1:1", "--workers", "2", cwd=folder)
    assert done.returncode == 2
    assert re.fullmatch(rb"analyzer: .*`--workers`.*`--dask`.*\n", done.stderr)


@pytest.mark.parametrize("workers", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_workers(folder: Path, workers: str) -> None:
    done = run("sweep", *MANY, f"--workers={workers}", cwd=folder)
    assert done.returncode == 2
    assert b"--workers" in done.stderr
    assert b"Traceback" not in done.stderr
