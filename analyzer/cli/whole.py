"""Writes a file completely or not at all, and leaves nothing else behind."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from analyzer.cli.main import UsageError
from analyzer.cli.reserve import give_back
from analyzer.cli.signals import handled, heeded
from analyzer.loader.text.files import descriptor


def write_file(path: str, chunks: Iterable[str]) -> None:
    """Writes a file completely or not at all; raises `UsageError` where it cannot be written."""
    try:
        target = os.path.realpath(path)
        mode = _mode(target)
    except (OSError, ValueError) as error:  # such as a current folder that was deleted, or a circle of links
        raise _unwritable(path, error) from None
    if path.endswith((os.sep, "/")) or (mode is not None and stat.S_ISDIR(mode)):
        raise UsageError(f"`{path}` is a folder; `-o` takes a file")
    number = descriptor(path)
    if number is not None:
        _write_to_stream(number, chunks, path)
    elif mode is not None and not stat.S_ISREG(mode):
        _write(target, "w", chunks, path)  # a device or a pipe cannot be replaced
    else:
        _replace(target, mode, chunks, path)


def _mode(target: str) -> int | None:
    """What a file is and who may use it; None for a file that does not exist."""
    try:
        return os.stat(target).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _write_to_stream(number: int, chunks: Iterable[str], path: str) -> None:
    """Writes behind what is there already: opening the name of a stream again would cut its file off."""
    try:
        copy = os.dup(number)
    except OSError as error:
        raise _unwritable(path, error) from None
    _write(copy, "w", chunks, path)


def _replace(target: str, mode: int | None, chunks: Iterable[str], path: str) -> None:
    """Writes a new file beside the target and then gives it the target's name."""
    if mode is not None and not os.access(target, os.W_OK):
        raise UsageError(f"`{path}` cannot be written: Permission denied")
    import signal

    temporary = f"{target}.{os.getpid()}.part"
    # A signal becomes an exception, so that the new file is removed.
    before = handled(dict.fromkeys(heeded(), signal.default_int_handler))
    try:
        _write(temporary, "x", chunks, path)
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        _rename(temporary, target, path)
    except BaseException:
        give_back()
        handled(dict.fromkeys(before, signal.SIG_IGN))
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    finally:
        handled(before)


def _write(target: str | int, mode: str, chunks: Iterable[str], path: str) -> None:
    try:
        with open(target, mode, encoding="utf-8", errors="backslashreplace", newline="") as stream:
            for chunk in chunks:
                stream.write(chunk)
            if mode == "x":
                stream.flush()
                os.fsync(stream.fileno())
    except OSError as error:
        raise _unwritable(path, error) from None


def _rename(temporary: str, target: str, path: str) -> None:
    try:
        os.replace(temporary, target)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: str, error: OSError | ValueError) -> UsageError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        why = f"the folder `{folder}` does not exist"
    return UsageError(f"`{path}` cannot be written: {why}")
