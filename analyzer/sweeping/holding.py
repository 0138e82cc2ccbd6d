"""The file of a store: whether it may be written, who else has it, and errors of SQLite in one line.

A file that is no store is never opened as one: SQLite would change it. While a store is written, a lock on one of its
bytes tells other sweeps so; it ends with its process, however that ends. Readers are not kept out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from analyzer.loader.foreign.sqlite import BEGIN, HEADER, is_store
from analyzer.loader.text.files import FileError, opened
from analyzer.source import inert

#: What a file that is refused is not.
_WHAT = "the store of a sweep"

#: What to do where a file is not to be written.
OTHER = "give `-o` another name"

#: The byte that is locked while a sweep writes: behind those that SQLite locks (1 GiB and 511 bytes after it).
#: Source: `PENDING_BYTE` of SQLite's os.h.
_BYTE = 0x40000000 + 4096


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
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        there = "is no folder" if os.path.exists(folder) else "does not exist"
        raise unwritable(path, f"the folder `{inert(folder)}` {there}")
    if path.endswith((os.sep, "/")) or os.path.isdir(path):
        raise FileError(f"`{inert(path)}` is a folder; `-o` takes a file")
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


class Hold:
    """The lock of the one sweep that writes a store; raises `FileError` where another one has it.

    It creates the file where there is none.
    """

    # By hand: it opens a file.
    def __init__(self, path: str) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as error:
            raise unwritable(path, error.strerror) from None
        try:
            import fcntl
        except ImportError:  # Windows: SQLite still keeps every variant once
            return
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _BYTE)
        except (BlockingIOError, PermissionError):  # by POSIX it may be either
            os.close(self._file)
            raise FileError(f"`{inert(path)}`: {_in_use(holder(path))}; wait until it has ended, or {OTHER}") from None
        except OSError:
            pass  # a file system without locks

    def release(self) -> None:
        """Ends the lock. Any lock of this process on the file ends with it, so SQLite must be done."""
        os.close(self._file)


def _in_use(process: int | None) -> str:
    return "another process writes it" if process is None else f"the process {process} writes it"


def holder(path: str) -> int | None:
    """The process that keeps others from writing a database, where the system tells which."""
    if sys.platform != "linux":
        return None
    import fcntl
    from struct import pack, unpack

    form = "hhqqi"  # struct flock: type, whence, start, length, process
    for kind in (fcntl.F_RDLCK, fcntl.F_WRLCK):  # first who writes, then who reads
        for name in (path, f"{path}-shm"):
            try:
                file = os.open(name, os.O_RDONLY)
            except OSError:
                continue
            try:
                found = unpack(form, fcntl.fcntl(file, fcntl.F_GETLK, pack(form, kind, os.SEEK_SET, 0, 0, 0)))
            except OSError:
                continue
            finally:
                os.close(file)
            if found[0] != fcntl.F_UNLCK and found[-1] > 0:
                return int(found[-1])
    return None


@contextmanager
def told(path: str | None, what: str) -> Iterator[None]:
    """Turns errors of SQLite into a `FileError`, which says that the file cannot be `what`: read or written."""
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
            why += "" if process is None else f" by the process {process}; wait until it has ended, or {OTHER}"
        raise FileError(f"`{inert(path)}` cannot be {what}: {why}") from None


def damaged(path: str, why: object) -> FileError:
    """The error about a store that is not as it was written."""
    return FileError(f"`{inert(path)}` is damaged: {why}; remove it, and the same command calculates it again")
