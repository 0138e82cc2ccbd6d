"""The file of a store: whether it may be written, who else has it, and errors of SQLite in one line.

A file that is no store is never opened as one: SQLite would change it. While a store is written, a lock on one of its
bytes tells other sweeps so; it ends with its process, however that ends. Readers are not kept out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from analyzer.loader.foreign.sqlite import BEGIN, HEADER, is_store
from analyzer.loader.text.files import FileError, opened
from analyzer.source import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Connection

#: What a file that is refused is not.
_WHAT = "the store of a sweep"

#: What to do where a file is not to be written.
OTHER = "give `-o` another name"

#: The byte that is locked while a sweep writes: behind those that SQLite locks (1 GiB and 511 bytes after it).
#: Source: `PENDING_BYTE` of SQLite's os.h.
_BYTE = 0x40000000 + 4096

#: Where Linux lists the locks of files.
_LOCKS = "/proc/locks"


def begin_of(path: str) -> bytes:
    """The first bytes of a file that may be a store; raises `FileError` where it cannot be read."""
    with opened(path, _WHAT) as stream:
        try:
            return stream.read(BEGIN)
        except OSError as error:
            raise FileError(f"`{inert(path)}` cannot be read: {error.strerror}") from None


def check_writable(path: str) -> None:
    """Refuses a file that is not to be written, and a place where none can be; leaves it as it is.

    An empty file is as good as none. Raises `FileError`.
    """
    if path.endswith((os.sep, "/")) or os.path.isdir(path):
        raise FileError(f"`{inert(path)}` is a folder; `-o` takes a file")
    folder = os.path.dirname(os.path.realpath(path) if os.path.islink(path) else path) or "."
    if not os.path.isdir(folder):
        name = f"`{inert(folder)}`"
        raise unwritable(
            path, f"{name} is no folder" if os.path.exists(folder) else f"the folder {name} does not exist"
        )
    if os.path.exists(path):
        begin = begin_of(path)
        if begin and not is_store(begin):
            kind = "a SQLite database of another program" if begin.startswith(HEADER) else "another file"
            raise FileError(f"`{inert(path)}` is {kind}, not {_WHAT}, and was not changed; {OTHER}")
    # SQLite writes a second file beside the first one, which a folder must allow.
    if not os.access(folder, os.W_OK | os.X_OK) or (os.path.exists(path) and not os.access(path, os.W_OK)):
        raise unwritable(path, "Permission denied")


def unwritable(path: str, why: object) -> FileError:
    """The error about a file that cannot be written."""
    return FileError(f"`{inert(path)}` cannot be written: {why}")


def connected(path: str, how: str = "") -> Connection:
    """A connection to the database of a file, or to a temporary one for the empty path; `how` is that of a URI."""
    import sqlite3
    from urllib.parse import quote

    if how:
        return sqlite3.connect(f"file:{quote(os.fsencode(os.path.abspath(path)))}?{how}", uri=True)
    return sqlite3.connect(path and os.path.abspath(path))


def how_to_read(path: str, begin: bytes) -> str:
    """How a store is opened for reading, given its first bytes.

    Where a sweep was killed, its log is beside the store: who may write puts it in its place. In a folder that may not
    be written SQLite makes no log, and reads a store that expects one only as a file that never changes.
    """
    file = os.path.realpath(path)  # its log is beside the file that a link leads to
    if os.access(file, os.W_OK) and os.access(os.path.dirname(file), os.W_OK):
        return "mode=rw"
    logs = begin[18:19] == b"\2"  # the file format's write version
    return "mode=ro&immutable=1" if logs and not os.path.exists(f"{file}-wal") else "mode=ro"


class Hold:
    """The lock of the one sweep that writes a store; raises `FileError` where another one has it.

    Locks of POSIX belong to a process and a file: SQLite ends them when it unlocks the whole file. With a write-ahead
    log it does so at the end only, and this lock must be taken after the log has begun.
    """

    # By hand: it opens a file.
    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR)
        try:
            import fcntl

            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _BYTE)
        except (BlockingIOError, PermissionError):  # by POSIX it may be either
            os.close(self._file)
            process = holder(path)
            who = "another process" if process is None else f"the process {process}"
            raise FileError(f"`{inert(path)}`: {who} writes it; wait until it has ended, or {OTHER}") from None
        except (ImportError, OSError):
            pass  # Windows, or a file system without locks: SQLite still keeps every variant once

    def release(self) -> None:
        """Ends the lock. All locks of this process on the file end with it, so SQLite must have closed it."""
        os.close(self._file)


def holder(path: str) -> int | None:
    """The process that keeps others from writing a database, or one that reads it, where the system tells which.

    It asks the table of locks: opening and closing the file would end the locks that this process has.
    Source: proc_locks(5).
    """
    found = {}
    try:
        with opened(_LOCKS, "a table") as table:
            lines = table.read().decode().splitlines()
        for name in (path, f"{os.path.realpath(path)}-shm"):
            if os.path.exists(name):
                file = os.stat(name)
                place = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
                for fields in map(str.split, lines):
                    if place in fields[5:6] and fields[4] != str(os.getpid()):
                        found[fields[3]] = int(fields[4])
    except (OSError, ValueError):
        return None
    process = found.get("WRITE", found.get("READ", 0))
    return process if process > 0 else None


@contextmanager
def told(path: str | None, what: str, then: str = "") -> Iterator[None]:
    """Turns errors of SQLite into a `FileError`: the file cannot be `what`, read or written; `then` says what to do."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        if path is None:
            raise FileError(f"the variants cannot be kept in a temporary file: {error}") from None
        if error.__class__ is sqlite3.DatabaseError:  # not one about what the system or another process does
            raise damaged(path, error) from None
        why = str(error)
        if getattr(error, "sqlite_errorname", "SQLITE_BUSY").startswith("SQLITE_BUSY"):  # Python 3.10 has no such name
            process = holder(path)
            why += "" if process is None else f" by the process {process}; wait until it has ended"
        raise FileError(f"`{inert(path)}` cannot be {what}: {why}{then}") from None


def damaged(path: str, why: object) -> FileError:
    """The error about a store that is not as it was written."""
    return FileError(f"`{inert(path)}` is damaged: {why}; remove it, and the sweep that wrote it calculates it again")
