"""Temporary files that readers of other formats open by a path, since they seek."""

from __future__ import annotations

import os
import tempfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

#: The files that have a name, which `remove` removes.
_named: list[str] = []


def temporary() -> tuple[BinaryIO, str]:
    """An empty file, and a path by which it can be opened as long as the first one lives.

    Where the system shows the streams of a process as files, the file has no name of its own: nothing is left of it,
    whatever ends the process. Elsewhere `remove` must be called.
    """
    stream: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  # it lives until its reader has read it
    path = f"/dev/fd/{stream.fileno()}"
    if os.path.exists(path):
        return stream, path
    stream.close()
    number, path = tempfile.mkstemp()
    _named.append(path)
    return os.fdopen(number, "wb"), path


def remove() -> None:
    """Removes the files that have a name."""
    while _named:
        try:
            os.unlink(_named.pop())
        except OSError:
            pass  # somebody else has removed it
