"""The line of Python that led to an operation: in the person's own file, where it has that line still."""

from __future__ import annotations

import os
import re

from analyzer.loader.text.files import FileError, read_bytes
from analyzer.record import Record

_FRAME = re.compile(r'File "([^"\n]+)", line (\d+), in [^\n]*(?:\n[ \t]+([^\n]*))?')

#: Folders of libraries: what is in them is nobody's own file.
_LIBRARY = re.compile(
    r"[\\/](?:site|dist)-packages[\\/]|[\\/]lib[\\/]python[\d.]+[\\/]|^<|^(?:site|dist)-packages[\\/]"
)

#: torch itself: its modules call one operator each, and say nothing about the network.
_TORCH = re.compile(r"(?:^|[\\/])torch[\\/](?:nn|_|export|fx|utils|overrides)")

#: The largest file of Python that is opened.
_LARGEST = 4 << 20


class Line(Record):
    """A line of Python: the file, the number, and its text as the trace has it."""

    file: str
    number: int
    text: str

    @property
    def label(self) -> str:
        """The line where the file cannot be read: `net.py:12: x = self.stem(x)`."""
        name = re.split(r"[\\/]", self.file)[-1]
        return f"{name}:{self.number}: {self.text}" if self.text else f"{name}:{self.number}"


class Lines:
    """The lines of the traces of one program. Each file is read once, and a trace is taken apart once."""

    # By hand: it keeps what it has read.
    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._files: dict[str, list[str]] = {}
        self._known: dict[str, Line | None] = {}
        self._folder = _folder()

    def line(self, trace: str) -> Line | None:
        """The innermost line that is the person's own; of a network in a library, the innermost one of the library."""
        if trace not in self._known:
            self._known[trace] = _innermost(trace, self._folder)
        return self._known[trace]

    def columns(self, line: Line) -> tuple[int, int] | None:
        """The columns of the line in its file, from 1; None where the file does not have it, or has another text there.

        Only a line that the trace has too is shown: a trace may name any file of the machine.
        """
        if line.file not in self._files:
            self._files[line.file] = _read(line.file)
        lines = self._files[line.file]
        if not lines or not line.text or line.number > len(lines) or _code(lines[line.number - 1]) != _code(line.text):
            return None
        if line.file not in self.texts:
            self.texts[line.file] = "\n".join(lines)
        whole = lines[line.number - 1]
        start = len(whole) - len(whole.lstrip()) + 1
        return start, start + len(_code(whole))


def _folder() -> str:
    """The current folder with a separator behind it: names of files in it are shown without it."""
    try:
        return os.path.join(os.getcwd(), "")
    except OSError:  # it was deleted
        return ""


def _innermost(trace: str, folder: str) -> Line | None:
    found: Line | None = None
    own = False
    for file, number, text in _FRAME.findall(trace):
        if len(number) > 9 or _TORCH.search(file):
            continue
        library = bool(_LIBRARY.search(file))
        if own and library:
            continue
        name = file[len(folder) :] if folder and file.startswith(folder) else file
        found, own = Line(name, int(number), text.strip()), own or not library
    return found


def _code(line: str) -> str:
    """A line without a comment at its end, which may be written after the program was made."""
    return line.partition("  #")[0].strip()


def _read(file: str) -> list[str]:
    """The lines of a file of Python; none where it cannot be read."""
    if not file.endswith(".py"):
        return []
    try:
        return read_bytes(file, _LARGEST).decode("utf-8", "replace").split("\n")
    except FileError:
        return []
