"""Runs the callable of a command line in a process of its own, and shows what its code writes."""

from __future__ import annotations

import os
import re
import sys
from codecs import getincrementaldecoder

from analyzer.cli.given import Given
from analyzer.cli.main import UsageError
from analyzer.cli.output import note
from analyzer.cli.temporary import temporary
from analyzer.diagnostics import UNREADABLE, Diagnostic, nearest
from analyzer.loader.formats.asked import Asked
from analyzer.loader.formats.call import Call
from analyzer.loader.formats.child import Ears, export
from analyzer.loader.formats.child_mistakes import mistake
from analyzer.loader.text.files import FileError, read_bytes
from analyzer.loader.text.limits import LIMITS
from analyzer.source import inert, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: The colours of a terminal.
_COLORS = re.compile(r"\x1b\[[0-9;]*m")


def run(given: Given, inputs: Mapping[str, str] | str | None, asked: Any, texts: dict[str, str]) -> list[Diagnostic]:
    """Runs a callable, whose network is then the file of `given`; the mistakes that prevent it.

    `inputs` are the volumes of `--input`. Raises `UsageError` for arguments that are no literals, `SettingError` for an
    input that is no volume.
    """
    if given.path:  # a comparison of a callable with itself
        return []
    call = given.call
    assert call is not None
    _check_literals(call)
    if call.file and not os.path.isfile(call.file):
        return [Diagnostic(UNREADABLE, _no_file(call), None)]
    python = os.path.expanduser(asked.python or "") or sys.executable
    if not python:
        raise UsageError(f"`--python PATH` is needed: it names the Python that runs `{shown(call.label)}`")
    stream, path = temporary()
    voice = _Voice(quiet=asked.quiet)
    said = f"waiting for `{shown(call.label, 200)}`, which {python} builds and exports"
    ears = Ears(voice.hear, lambda: note(asked, said))
    named = {"": inputs} if isinstance(inputs, str) else inputs or {}
    sizes = [(name, Asked(text).volume(name, first=True) or ()) for name, text in named.items()]
    answer = export(call, sizes, stream, python=python, seconds=asked.timeout, ears=ears)
    voice.end(failed="error" in answer)
    if "error" in answer:
        found = mistake(call, answer, python=python, seconds=asked.timeout)
        _show(found, texts)
        return [found]
    stream.seek(0)
    given.path, given.hold, given.format = path, stream, answer["kind"]
    return []


def _check_literals(call: Call) -> None:
    import ast  # only a callable with arguments needs it

    try:
        tree = ast.parse(f"f({call.arguments}\n)", mode="eval").body
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and all(one.arg for one in tree.keywords):
            for value in (*tree.args, *(one.value for one in tree.keywords)):
                ast.literal_eval(value)
            return
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        pass
    raise UsageError(
        f"the arguments in `{shown(call.label, 200)}` must be literals: numbers, texts in quotes, None, True, False, and "
        "lists, tuples and dicts of these"
    )


def _no_file(call: Call) -> str:
    folder, name = os.path.split(call.file)
    try:
        near = nearest(name, [one for one in os.listdir(folder or ".") if one.endswith(".py")])
    except OSError:
        near = None
    hint = f"; did you mean `{os.path.join(folder, near)}:{call.name}`?" if near else ""
    return f"file `{shown(call.file, 200)}` does not exist{hint}"


def _show(found: Diagnostic, texts: dict[str, str]) -> None:
    """Keeps the text of the user's file for the message, which shows its line: from its first sign to its last."""
    span = found.span
    if span is None or not span.in_text:
        return
    try:
        text = texts[span.file] = read_bytes(span.file, LIMITS.text).decode("utf-8", "replace")
    except FileError:
        return  # the message then has the line's number
    line = text.split("\n", span.line)[span.line - 1 : span.line]
    if line and line[0].strip():
        span.column = len(line[0]) - len(line[0].lstrip()) + 1
        span.end_column = len(line[0].rstrip()) + 1


class _Voice:
    """Writes to stderr what the user's code writes, line by line, so that nothing in it acts on a terminal.

    A `quiet` one writes only what a callable without a network has written: it may say why.
    """

    # By hand: a letter may come in two pieces.
    def __init__(self, *, quiet: bool) -> None:
        self._kept: list[str] | None = [] if quiet else None
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._open = False

    def hear(self, piece: bytes) -> None:
        """Writes a piece. A bar of progress begins its line again: here it gets another one."""
        text = _COLORS.sub("", self._decode(piece)).replace("\r\n", "\n").replace("\r", "\n")
        if text:
            self._open = not text.endswith("\n")
            self._write("\n".join(map(inert, text.split("\n"))))

    def end(self, *, failed: bool) -> None:
        """Ends a line that the code has not ended."""
        if self._open:
            self._write("\n")
        if self._kept and failed:
            _write("".join(self._kept))

    def _write(self, text: str) -> None:
        if self._kept is None:
            _write(text)
        else:
            self._kept.append(text)


def _write(text: str) -> None:
    encoding = sys.stderr.encoding or "ascii"
    sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stderr.flush()
