"""Where results go: the terminal, a pipe, or a file that is written whole or not at all."""

from __future__ import annotations

import argparse
import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.cli.main import UsageError
from analyzer.diagnostics import Diagnostic, listed, nearest
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class _Parser(argparse.ArgumentParser):
    """argparse's parser, whose refusals are one line with the nearest fix."""

    def error(self, message: str) -> NoReturn:
        option, _, why = message.removeprefix("argument ").partition(": ")
        option = option.partition("/")[2] or option
        if message.startswith("unrecognized arguments: "):
            raise UsageError(self._unknown(why))
        if why == "expected one argument" or why == "expected at least one argument":
            raise UsageError(f"`{option}` needs a value")
        action = self._option_string_actions.get(option)
        if why.startswith("invalid choice: ") and action is not None and action.choices is not None:
            word = why.removeprefix("invalid choice: ").partition(" (")[0].strip("'")
            near = nearest(word, action.choices)
            meant = f"; did you mean `{near}`?" if near else ""
            raise UsageError(f"`{option}` must be {listed(action.choices)}, not `{word}`{meant}")
        raise UsageError(f"`{option}`: {why}" if why else message)

    def _unknown(self, words: str) -> str:
        """What is said of arguments that the parser does not know."""
        option = next((word for word in words.split(" ") if word.startswith("-")), None)
        if option is None:
            return f"`{words.partition(' ')[0]}` is one argument too many"
        name = option.partition("=")[0]
        near = nearest(name, self._option_string_actions)
        return f"there is no option `{name}`; " + (
            f"did you mean `{near}`?" if near else f"`{self.prog} --help` lists them"
        )


def options_parser(
    prog: str, description: str, usage: str | None = None, epilog: str | None = None
) -> argparse.ArgumentParser:
    """A parser of options; its width is given, since argparse imports a lot to find it out."""

    def formatter(prog: str) -> argparse.HelpFormatter:
        return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28, width=terminal_width() or 100)

    return _Parser(
        prog=prog, usage=usage, description=description, epilog=epilog, formatter_class=formatter, allow_abbrev=False
    )


def terminal_width() -> int | None:
    """The columns of the terminal behind stdout; None where there is none. `COLUMNS` outranks it."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and 0 < int(columns) < 100_000:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError):
        return None


def wants_color(choice: str, stream: object) -> bool:
    """Whether a stream gets colour: as asked, otherwise on a terminal that has not said no."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def encodes(stream: object) -> bool:
    """Whether a stream can take the signs of the reports and messages."""
    try:
        "×Σ─·│╭█▌…−".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def write_stdout(chunks: Iterable[str]) -> None:
    """Writes to stdout, piece by piece; a character that the stream lacks is escaped."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    for chunk in chunks:
        sys.stdout.write(chunk)
    sys.stdout.flush()


def write_file(path: str, chunks: Iterable[str], *, sources: Sequence[str]) -> None:
    """Writes a file whole or not at all; never one of `sources`, the files that are read."""
    for source in sources:
        if source != "-" and os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise UsageError(f"`{path}` is the model itself; the report goes to another file")
    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode
    except OSError:
        mode = None
    if mode is not None and stat.S_ISDIR(mode):
        raise UsageError(f"`{path}` is a folder; `-o` takes a file")
    if mode is not None and not stat.S_ISREG(mode):
        _write(target, chunks, path)  # a device or a pipe: nothing to replace
        return
    temporary = f"{target}.{os.getpid()}.part"
    try:
        with _ended_by_an_exception():
            _write(temporary, chunks, path, exclusive=True)
            if mode is not None:
                os.chmod(temporary, stat.S_IMODE(mode))
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def _ended_by_an_exception() -> Iterator[None]:
    """A request to terminate ends what runs inside as an interrupt does, so that it can clean up."""
    import signal

    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # not the main thread: nobody's request comes here
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _write(target: str, chunks: Iterable[str], path: str, *, exclusive: bool = False) -> None:
    try:
        with open(target, "x" if exclusive else "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            for chunk in chunks:
                stream.write(chunk)
            if exclusive:
                stream.flush()
                os.fsync(stream.fileno())
    except OSError as error:
        why = error.strerror or str(error)
        folder = os.path.dirname(path)
        if folder and not os.path.isdir(folder):
            why = f"there is no folder `{folder}`"
        raise UsageError(f"`{path}` cannot be written: {why}") from None


def complain(
    findings: Sequence[Diagnostic],
    faults: Sequence[str],
    texts: Mapping[str, str],
    *,
    color: str,
    width: int | None = None,
) -> None:
    """Says on stderr what is wrong with models (`findings`, with their texts by file) and with files (`faults`)."""
    encoding = sys.stderr.encoding or "ascii"
    lines: Iterable[str] = ()
    if findings:
        from analyzer.reporter.messages import render
        from analyzer.reporter.options import Options

        unicode = encodes(sys.stderr)
        options = Options(color=wants_color(color, sys.stderr), unicode=unicode, width=width or terminal_width())
        lines = render(findings, texts, options)
    for line in (*lines, *(f"analyzer: {shown(fault, len(fault))}\n" for fault in faults)):
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding))
    sys.stderr.flush()
