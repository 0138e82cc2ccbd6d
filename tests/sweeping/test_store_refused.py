"""Files that a store refuses: each in one line that says what is wrong and what to do, and each left as it was."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_store import WIDTHS, job_over, variant, writer

import analyzer
from analyzer.loader.parse.description import Limit
from analyzer.loader.parse.file import parse
from analyzer.loader.text.files import FileError
from analyzer.sweeping import noted
from analyzer.sweeping.result import Axis
from analyzer.sweeping.store import Store, is_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.sweeping.evaluate import Job


def refusal(call: Callable[..., Store], *arguments: object) -> str:
    """What is said of a file that is refused: one line."""
    with pytest.raises(FileError) as refused:
        call(*arguments).close()
    said = str(refused.value)
    assert "\n" not in said
    return said


def created(path: Path | str, job: Job | None = None) -> str:
    """What is said of a file that is to be written."""
    return refusal(Store.create, str(path), job or job_over(WIDTHS), "net")


def opened(path: Path | str) -> str:
    """What is said of a file that is to be read."""
    return refusal(Store.open, str(path))


#: Other systems have no locks that end with their process.
POSIX = pytest.mark.skipif(os.name != "posix", reason="the system has other locks")


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A store with variants on more than one page."""
    path = tmp_path / "runs.sqlite"
    with Store.create(str(path), job_over(WIDTHS), "net") as store:
        store.add(map(variant, range(2_000)))
    return path


@pytest.mark.parametrize(
    "content", [b"input: 8x8x3\n", b"SQLite format 2", b"PK\3\4" + bytes(200), b"\0", b"SQLite format 3\0" + b"x" * 30]
)
def test_another_file_stays_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    path.write_bytes(content)
    kind = "a SQLite database of another program" if content.startswith(b"SQLite format 3\0") else "another file"
    assert created(path) == (
        f"`{path}` is {kind}, not the store of a sweep, and was not changed; give `-o` another name"
    )
    assert opened(path) == f"`{path}` is not the store of a sweep"
    assert not is_store(str(path))
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["runs.sqlite"]


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_database_of_another_program_stays_as_it_is(journal: str, tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA journal_mode = {journal}")
    database.execute("CREATE TABLE variant (id INTEGER PRIMARY KEY, width, fits, breaks, error)")
    database.close()
    before = path.read_bytes()
    assert "is a SQLite database of another program" in created(path)
    assert opened(path) == f"`{path}` is not the store of a sweep"
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["runs.sqlite"]


def test_an_empty_file_is_as_good_as_none(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    path.touch()
    with Store.create(str(path), job_over(WIDTHS), "net") as store:
        store.add([variant(0)])
    assert is_store(str(path))


def other(**fields: object) -> Job:
    """The job of `WIDTHS` with some fields changed."""
    job: Job = job_over(WIDTHS).but(**fields)
    return job


SHORTER = [Axis("width", range(8, 65, 8)), WIDTHS[1]]


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (other(model=parse("input: 8x8x3\nlayers: [relu]\n", "net.yaml").model), "another model"),
        (
            other(axes=SHORTER),
            "axes `width=8:80:8; act=relu,silu`, not `width=8:64:8; act=relu,silu`",
        ),
        (other(keys=["params"]), "amounts `params, macs`, not `params`"),
        (other(limits={"params": Limit(None, 5, "", None)}), "limits none, not `params at most 5`"),
        (other(settings={"batch": 8}), "run none, not `batch 8`"),
        (other(random=5, seed=2), "random none, not `5 with seed 2`"),
    ],
    ids=lambda value: value.partition(" ")[0] if isinstance(value, str) else "",
)
def test_the_store_of_another_sweep_stays_as_it_is(job: Job, said: str, full: Path) -> None:
    before = full.read_bytes()
    line = f"`{full}` is the store of another sweep: {said}; give `-o` another name"
    assert created(full, job) == line
    assert full.read_bytes() == before
    assert os.listdir(full.parent) == ["runs.sqlite"]


def test_all_that_differs_is_said(full: Path) -> None:
    said = created(full, other(keys=["params"], axes=[Axis("width", [8])]))
    assert "; amounts `params, macs`, not `params`; give" in said
    assert "sweep: axes `width=8:80:8; act=relu,silu`, not `width=8`; amounts" in said


def test_the_store_of_another_version_is_refused(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyzer, "__version__", "99.0")
    assert f"sweep: analyzer {noted.Noted.of(job_over(WIDTHS), '').but(version='').version}" in created(full)
    Store.open(str(full)).close()  # to read it, the version does not matter


def test_what_does_not_decide_the_numbers_may_differ(full: Path) -> None:
    """Another name of the same file, and other columns of the table."""
    with Store.create(str(full), other(label="copy.yaml", shown=["macs"]), "copy") as store:
        assert store.counts().variants == 2_000
    with Store.open(str(full)) as store:
        assert (store.file, store.name, store.shown) == ("copy.yaml", "copy", ["macs"])


def test_tables_of_another_version_are_refused(full: Path) -> None:
    database = sqlite3.connect(full)
    database.execute("PRAGMA user_version = 2")
    database.close()
    said = f"`{full}` is the store of another version of analyzer, which reads it"
    assert created(full).startswith(said)
    assert opened(full).startswith(said)


@pytest.mark.parametrize("length", [80, 100, 4096, 5000, 20_000])
def test_a_truncated_store_is_damaged(length: int, full: Path) -> None:
    os.truncate(full, length)
    before = full.read_bytes()
    for said in (created(full), opened(full)):
        assert said.startswith(f"`{full}` is damaged: ")
        assert said.endswith("; remove it, and the sweep that wrote it calculates it again")
    assert full.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    ["DROP TABLE sweep", "DELETE FROM sweep", "UPDATE sweep SET value = 'x'", "UPDATE sweep SET value = 'null'"],
)
def test_a_store_that_does_not_say_what_was_swept_is_refused(change: str, full: Path) -> None:
    with sqlite3.connect(full) as database:
        database.execute(change)
    database.close()
    for said in (created(full), opened(full)):
        assert said.startswith((f"`{full}` is damaged: it does not say what was swept", f"`{full}` cannot be "))


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE sweep SET value = '7' WHERE key = 'file'""",
        """UPDATE sweep SET value = '["watts"]' WHERE key = 'keys'""",
        """UPDATE sweep SET value = '["act"]' WHERE key = 'minimize'""",
        """UPDATE sweep SET value = '{"macs": ["x", null, "", ""]}' WHERE key = 'limits'""",
        """UPDATE sweep SET value = '[{"name": "width", "values": [[]], "volume": false, "between": null}]'
        WHERE key = 'axes'""",
    ],
)
def test_what_was_swept_is_of_the_kind_that_reports_expect(change: str, full: Path) -> None:
    with sqlite3.connect(full) as database:
        database.execute(change)
    database.close()
    assert opened(full).startswith(f"`{full}` is damaged: it does not say what was swept")


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE variant RENAME COLUMN width TO height",
        "ALTER TABLE variant ADD COLUMN note",
        "DROP TABLE unknown",
        "DROP TABLE variant",
    ],
)
def test_a_store_without_the_columns_of_its_sweep_is_damaged(change: str, full: Path) -> None:
    with sqlite3.connect(full) as database:
        database.execute(change)
    database.close()
    for said in (created(full), opened(full)):
        assert said.startswith(f"`{full}` is damaged: it does not have the columns of its sweep")


@pytest.mark.parametrize(
    "change",
    ["params = 'many'", "params = 0.5", "width = NULL", "act = x'5b5d'", "act = x'5b'", "breaks = NULL", "error = 7"],
)
def test_values_of_another_kind_are_damaged(change: str, full: Path) -> None:
    with sqlite3.connect(full) as database:
        database.execute(f"UPDATE variant SET {change} WHERE id = 1999")
    database.close()
    with Store.open(str(full)) as store, pytest.raises(FileError, match="is damaged: a variant has values of another"):
        list(store.rows())


def test_what_is_damaged_further_on_is_said_when_it_is_read(full: Path) -> None:
    with full.open("r+b") as file:
        file.seek(30_000)
        file.write(b"\xff" * 8_000)
    with Store.open(str(full)) as store, pytest.raises(FileError, match="is damaged: database disk image is malformed"):
        list(store.rows())


@POSIX
def test_a_second_sweep_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    process = writer(path)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        said = created(path)
        who = f"the process {process.pid}" if sys.platform == "linux" else "another process"
        assert said == f"`{path}`: {who} writes it; wait until it has ended, or give `-o` another name"
        with Store.open(str(path)) as store:  # reading is allowed
            assert store.counts().variants > 0
    finally:
        process.kill()
        process.communicate()
    Store.create(str(path), job_over(WIDTHS), "net").close()  # its lock ended with it


@POSIX
def test_of_sweeps_that_begin_at_once_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    processes = [writer(path) for _ in range(3)]
    try:
        end = time.monotonic() + 60
        while sum(process.poll() is None for process in processes) > 1 and time.monotonic() < end:
            time.sleep(0.05)
        (writes,) = (process for process in processes if process.poll() is None)
    finally:
        for process in processes:
            process.kill()
        said = [process.communicate()[1] for process in processes]
    refused = [text for text, process in zip(said, processes, strict=True) if process is not writes]
    assert ["writes it; wait until it has ended" in text for text in refused] == [True, True]


#: Locks a database as a program of SQLite does, until its input ends.
LOCKER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_store_that_another_program_has_locked(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "connect", impatient(sqlite3.connect))
    process = subprocess.Popen(
        [sys.executable, "-c", LOCKER, str(full)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        who = f" by the process {process.pid}; wait until it has ended" if sys.platform == "linux" else ""
        assert created(full).startswith(f"`{full}` cannot be written: database is locked{who}")
        assert opened(full).startswith(f"`{full}` cannot be read: database is locked{who}")
    finally:
        process.communicate("")
    with Store.create(str(full), job_over(WIDTHS), "net") as store:
        assert store.counts().variants == 2_000


def impatient(connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
    """`connect` that waits for a lock for a moment only."""
    return lambda *arguments, **options: connect(*arguments, timeout=0.05, **options)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="the system has no links")
def test_a_link_leads_to_the_store(tmp_path: Path) -> None:
    link = tmp_path / "link.sqlite"
    link.symlink_to(tmp_path / "there" / "runs.sqlite")
    assert created(link) == f"`{link}` cannot be written: the folder `{tmp_path / 'there'}` does not exist"
    (tmp_path / "there").mkdir()
    with Store.create(str(link), job_over(WIDTHS), "net") as store:
        store.add([variant(0)])
        with Store.open(str(link)) as reader:
            assert list(reader.rows()) == [variant(0)]
    assert os.listdir(tmp_path / "there") == ["runs.sqlite"]
    assert sorted(os.listdir(tmp_path)) == ["link.sqlite", "there"]


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "runs.sqlite").mkdir()
    assert created(tmp_path / "runs.sqlite") == f"`{tmp_path / 'runs.sqlite'}` is a folder; `-o` takes a file"
    assert created(f"{tmp_path}/new/") == f"`{tmp_path}/new/` is a folder; `-o` takes a file"
    assert opened(tmp_path) == f"`{tmp_path}` is a folder, not the store of a sweep"


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "none" / "runs.sqlite"
    assert created(path) == f"`{path}` cannot be written: the folder `{tmp_path / 'none'}` does not exist"
    (tmp_path / "none").touch()
    assert created(path) == f"`{path}` cannot be written: `{tmp_path / 'none'}` is no folder"
    assert opened(tmp_path / "a.sqlite") == f"file `{tmp_path / 'a.sqlite'}` does not exist"
    assert not is_store(str(path))
    assert not is_store("-")
    assert not is_store("a\0b")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_what_is_no_regular_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.sqlite"
    os.mkfifo(pipe)
    assert created(pipe) == f"`{pipe}` is a pipe, not the store of a sweep"
    assert not is_store(str(pipe))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s.sqlite"))
        assert "is a socket, not the store of a sweep" in created(tmp_path / "s.sqlite")
    assert created("/dev/full") == "`/dev/full` is a device, not the store of a sweep"


#: Creates stores as a user who may write nothing, since tests may run as root, and reads the first two. What it needs is
#: imported before: such a user may not be able to read where Python is.
NOBODY = """
import fcntl, os, sys
sys.path[:0] = {path!r}
from test_store import WIDTHS, Store, job_over
from analyzer.loader.text.files import FileError
Store.create(None, job_over(WIDTHS), "net").close()
if os.geteuid() == 0:
    os.setuid(65534)
for path in sys.argv[1:]:
    try:
        Store.create(path, job_over(WIDTHS), "net").close()
    except FileError as error:
        print(error)
for path in sys.argv[1:3]:
    with Store.open(path) as store:
        print(store.counts().variants)
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="the system has other rights")
def test_what_may_not_be_written(full: Path) -> None:
    """A store that is read-only, in a folder that is, can be read, also one that a killed sweep has left without log."""
    # Not in a folder of pytest's, which every session that starts closes to other users.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [folder / name for name in ("runs.sqlite", "other.sqlite", "new.sqlite")]
        for path in paths[:2]:
            shutil.copy(full, path)
        database = sqlite3.connect(paths[0])
        database.execute("PRAGMA journal_mode = WAL")
        database.close()
        paths[0].chmod(0o444)
        folder.chmod(0o555)
        before = paths[0].read_bytes()
        code = NOBODY.format(path=[str(Path(__file__).parent), *sys.path])
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, check=False
        )
        folder.chmod(0o755)
        refused = [f"`{path}` cannot be written: Permission denied" for path in paths]
        assert done.stdout.splitlines() == [*refused, "2000", "2000"], done.stderr
        assert paths[0].read_bytes() == before


def test_a_full_disk_keeps_what_was_added(full: Path) -> None:
    """SQLite has as many pages as it may have: the error is that of a full disk."""
    with Store.create(str(full), job_over(WIDTHS), "net") as store:
        database = store._database
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(FileError) as refused:
            store.add(map(variant, range(2_000, 9_000)))
        assert str(refused.value) == (
            f"`{full}` cannot be written: database or disk is full; what is done is in it, "
            "and the same command goes on from there"
        )
        assert store.counts().variants == 2_000
    with Store.create(str(full), job_over(WIDTHS), "net") as store:
        store.add(map(variant, range(2_000, 9_000)))
        assert store.counts().variants == 9_000


def test_a_full_disk_under_a_temporary_store() -> None:
    with Store.create(None, job_over(WIDTHS), "net") as store:
        store._database.execute("PRAGMA max_page_count = 10")
        with pytest.raises(FileError) as refused:
            store.add(map(variant, range(9_000)))
        said = "the variants cannot be kept in a temporary file: database or disk is full"
        assert str(refused.value) == said


def test_more_axes_than_a_table_has_columns(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    job = job_over([Axis(f"a{number}", [1]) for number in range(40_000)])
    assert created(path, job).startswith(f"`{path}` cannot be written: too many columns")
    assert os.listdir(tmp_path) == []
