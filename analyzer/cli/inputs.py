"""What a command reads. Every file of a command is read here, so that none of them is written over."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Sequence

from analyzer.cli.given import HEAD, Given, copied, format_of
from analyzer.cli.main import UsageError, WrittenInput
from analyzer.loader.text.files import FileError, opened, read_from
from analyzer.loader.text.limits import LIMITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

    from analyzer.loader.formats.call import Call

#: What a file may be for a command, as messages call it.
MODEL, SIDE, BASE, CONFIGURATION = (
    "the model itself",
    "a side of this comparison",
    "the base of `--against`",
    "the configuration that this command reads",
)


class Inputs:
    """The files that a command reads, none of which is the one that it writes: the file `output` (`-o`), or stdout.

    Files are compared, not their names: a link, another spelling or another path makes no difference. The comparison
    comes before the reading, so a command that is refused has done nothing.
    """

    def __init__(self, output: str | None = None, format: str | None = None) -> None:
        self.output = output
        #: The format of all models (`--from`); None where each tells its own.
        self.format = format
        #: The operands of the command line: only these may be callables, whose code is run.
        self.operands: Sequence[str] = ()
        self._written = _of_stream(sys.stdout) if output is None else _of_path(output)

    def read(
        self,
        file: str,
        what: str = MODEL,
        *,
        longer: Callable[[bytes], bool] | None = None,
        longest: int = 0,
    ) -> bytes:
        """The bytes of a file, or of stdin (`-`): those of the longest model and one more.

        Where their beginning is `longer`, up to `longest` bytes are read. Raises `FileError` for what cannot be read,
        `UsageError` for what is written.
        """
        stream = self._opened(file, what)
        try:
            data = read_from(stream, file, LIMITS.text + 1)
            if len(data) > LIMITS.text and longer is not None and longer(data):
                data = read_from(stream, file, longest, data)
            return data
        finally:
            if file != "-":
                stream.close()

    def model(
        self,
        file: str,
        what: str = MODEL,
        *,
        longer: Callable[[bytes], bool] | None = None,
        longest: int = 0,
    ) -> Given:
        """A model file, or stdin (`-`): its text as `read` reads it, or the place of a file in another format.

        Of a file in another format only the beginning is read. Raises what `read` raises.
        """
        call = self._call(file) if what != BASE else None
        if call is not None:
            from analyzer.cli.callables import given_call  # few models are callables

            return given_call(call)
        label = "<stdin>" if file == "-" else file
        stream = self._opened(file, what)
        try:
            data = read_from(stream, file, HEAD)
            report = longer is not None and longer(data)
            format = None if report else format_of(data, file, self.format)
            if format is None and len(data) == HEAD:
                data = read_from(stream, file, LIMITS.text + 1, data)
                if len(data) > LIMITS.text and longer is not None and longer(data):
                    data = read_from(stream, file, longest, data)
            if format is None:
                return Given(label, data)
            if file != "-" and stream.seekable():
                return Given(label, data, format, file)
            return copied(label, data, format, stream)
        finally:
            if file != "-":
                stream.close()

    @property
    def matter(self) -> bool:
        """Whether anything is written that could be one of them."""
        return self.output is not None or self._written is not None

    def keep(self, file: str, what: str = MODEL) -> None:
        """Refuses to write to a file that is read."""
        if not self.matter:
            return
        call = self._call(file)
        if call is not None:
            file = call.file or file
        found = _of_path(file) if file != "-" else _of_stream(sys.stdin)
        written = self._written
        if found is not None and written is not None and os.path.samestat(found, written):
            raise self._refusal(what)
        if found is None and self.output is not None and file != "-" and _same_name(file, self.output):
            raise self._refusal(what)

    def _call(self, file: str) -> Call | None:
        """The callable that a word means, if it is one of the command line."""
        if ":" not in file or file not in self.operands:
            return None
        from analyzer.cli.callables import call_of  # few words have a colon

        return call_of(file)

    def _opened(self, file: str, what: str) -> BinaryIO:
        self.keep(file, what)
        if file != "-":
            return opened(file, "a configuration" if what == CONFIGURATION else "a model file")
        if sys.stdin is None:
            raise FileError("stdin (`-`) is closed")
        return sys.stdin.buffer

    def _refusal(self, what: str) -> UsageError:
        written = "stdout goes to" if self.output is None else f"`{self.output}` is"
        return WrittenInput(f"{written} {what}; choose another file for the report")


def _of_path(path: str) -> os.stat_result | None:
    """The file that a path leads to, or None where it leads to none."""
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def _of_stream(stream: TextIO | None) -> os.stat_result | None:
    """The regular file behind a stream, if there is one. A terminal is read and written, and nothing is lost."""
    try:
        found = None if stream is None else os.fstat(stream.fileno())
    except (OSError, ValueError):  # a stream without a file, as tests have
        return None
    return found if found is not None and stat.S_ISREG(found.st_mode) else None


def _same_name(first: str, second: str) -> bool:
    """Whether two paths name one file, which may not exist."""
    try:
        return os.path.realpath(first) == os.path.realpath(second)
    except (OSError, ValueError):
        return False
