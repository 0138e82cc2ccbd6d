"""Where results go: the terminal, a pipe, or a file that is written completely or not at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence

from analyzer.cli.main import FAULT, FINE, WRONG, UsageError
from analyzer.diagnostics import Diagnostic
from analyzer.reporter.format import EndingError, Format, chosen
from analyzer.reporter.options import Failed, Options
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The code of a file that cannot be read: the file is at fault, not the model.
UNREADABLE = "FILE101"


def terminal_width() -> int | None:
    """The width of the terminal behind stdout, or None without one. The variable `COLUMNS` overrides it."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and 0 < int(columns) < 100_000:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError):
        return None


def wants_color(choice: str, stream: object) -> bool:
    """Whether a stream gets colours: as asked, otherwise on a terminal unless the environment says no."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def encodes(stream: object) -> bool:
    """Whether a stream can encode the signs of reports and messages."""
    try:
        "×Σ─·│╭█▌…−".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def write_stdout(chunks: Iterable[str]) -> None:
    """Writes to stdout piece by piece; a character that the stream cannot encode is escaped."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    for chunk in chunks:
        sys.stdout.write(chunk)
    sys.stdout.flush()


def format_of(
    asked: Any, formats: Mapping[str, Format], *, sources: Sequence[str], default: str | None = None
) -> Format:
    """The format that was asked for by `--format`, by the ending of `-o`, or by neither.

    Raises `UsageError` for an ending that no format has, and where `-o` names a file that is read (`sources`).
    """
    if asked.output is not None:
        _keep_sources(asked.output, sources)
    try:
        return chosen(formats, name=asked.format, path=asked.output, default=default)
    except EndingError as error:
        raise UsageError(f"`-o {asked.output}`: {error}") from None


def _keep_sources(path: str, sources: Sequence[str]) -> None:
    """Refuses to write over a file that is read."""
    for source in sources:
        if source != "-" and os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise UsageError(f"`{path}` is the model itself; choose another file for the report")


def options_of(asked: Any, format: Format, **more: Any) -> Options:
    """How a report is drawn where it goes, with `more` options of the command."""
    to_file = asked.output is not None
    return Options(
        width=asked.width or (None if to_file else terminal_width()),
        color=format.colored and not to_file and wants_color(asked.color, sys.stdout),
        unicode=to_file or encodes(sys.stdout),
        **more,
    )


def write(asked: Any, chunks: Iterable[str]) -> None:
    """Writes a report where `-o` says, otherwise to stdout."""
    if asked.output is None:
        write_stdout(chunks)
    else:
        write_file(asked.output, chunks)


def write_file(path: str, chunks: Iterable[str]) -> None:
    """Writes a file completely or not at all."""
    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode
    except OSError:
        mode = None
    if mode is not None and stat.S_ISDIR(mode):
        raise UsageError(f"`{path}` is a folder; `-o` takes a file")
    if mode is not None and not stat.S_ISREG(mode):
        _write(target, chunks, path)  # a device or a pipe cannot be replaced
        return
    temporary = f"{target}.{os.getpid()}.part"
    import signal

    ends = (signal.SIGINT, signal.SIGTERM)
    before = _handled(
        dict.fromkeys(ends, signal.default_int_handler)
    )  # so that an interrupt is an exception, and the file is removed
    try:
        _write(temporary, chunks, path, exclusive=True)
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
    finally:
        _handled(before)


def _handled(handlers: Mapping[int, Any]) -> dict[int, Any]:
    """Sets the handlers of signals and returns the ones before; does nothing in a thread, which gets no signals."""
    import signal

    try:
        return {end: signal.signal(end, handler) for end, handler in handlers.items()}
    except ValueError:
        return {}


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
            why = f"the folder `{folder}` does not exist"
        raise UsageError(f"`{path}` cannot be written: {why}") from None


def finish(asked: Any, reports: Sequence[Any], texts: Mapping[str, str], format: Format, options: Options) -> int:
    """Reports what is wrong on stderr, writes the report if there is one, and returns the exit code."""
    failed = [report for report in reports if isinstance(report, Failed)]
    findings = [finding for report in failed for finding in report.diagnostics]
    faults = [finding.message for finding in findings if finding.code == UNREADABLE]
    findings = [finding for finding in findings if finding.code != UNREADABLE]
    complain(findings, faults, texts, color=asked.color, width=asked.width)
    if format.failures or len(failed) < len(reports):
        write(asked, format.render(reports, options))
    return FAULT if faults else WRONG if failed else FINE


def complain(
    findings: Sequence[Diagnostic],
    faults: Sequence[str],
    texts: Mapping[str, str],
    *,
    color: str,
    width: int | None = None,
) -> None:
    """Writes to stderr what is wrong with models (`findings`, with their texts by file) and with files (`faults`)."""
    encoding = sys.stderr.encoding or "ascii"
    lines: Iterable[str] = ()
    if findings:
        from analyzer.reporter.messages import render

        unicode = encodes(sys.stderr)
        options = Options(color=wants_color(color, sys.stderr), unicode=unicode, width=width or terminal_width())
        lines = render(findings, texts, options)
    for line in (*lines, *(f"analyzer: {shown(fault, len(fault))}\n" for fault in faults)):
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding))
    sys.stderr.flush()
