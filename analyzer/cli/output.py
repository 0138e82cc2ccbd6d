"""Where results and messages go: to the terminal, a pipe or a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

from analyzer.cli.inputs import MODEL
from analyzer.cli.main import FAULT, FINE, WRONG, UsageError
from analyzer.diagnostics import FILE_CODES, Diagnostic
from analyzer.reporter.format import SHOWN, EndingError, Format, chosen
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.terminal import SEVERITY_STYLES, styled, width_of
from analyzer.source import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def terminal_width() -> int | None:
    """The width of the terminal behind stdout, or None without one. The variable `COLUMNS` overrides it."""
    try:
        return width_of(sys.stdout.fileno())
    except (OSError, ValueError):  # a stream of a test, without a number
        return width_of(-1)


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
    asked: Any,
    formats: Mapping[str, Format],
    *,
    sources: Sequence[str],
    what: str = MODEL,
    default: str | None = None,
    option: str = "--format",
) -> Format:
    """The format that was asked for by `--format` (or another `option`), by the ending of `-o`, or by neither.

    Raises `UsageError` for an ending that no format has, for a written option that the format cannot follow, and where
    one of the `sources`, each `what` it is for the command, is the file to write: before any of them is read.
    """
    for source in sources:
        asked.inputs.keep(source, what)
    try:
        format = chosen(formats, name=asked.format, path=asked.output, default=default, option=option)
    except EndingError as error:
        raise UsageError(f"`-o {asked.output}`: {error}") from None
    _check_followed(asked, format, formats)
    if format.single and len(sources) > 1:
        others = ", ".join(other.name for other in formats.values() if not other.single)
        raise UsageError(
            f"the format {format.name} draws one network, but {len(sources):,} files are given; "
            f"formats that take several: {others}"
        )
    return format


def _check_followed(asked: Any, format: Format, formats: Mapping[str, Format]) -> None:
    """Refuses a written option about rows and columns that the format cannot follow, and drops a configured one."""
    for name in SHOWN:
        value = vars(asked).get(name)
        if name not in asked.written:
            if value is not None and (name not in format.follows or (name == "depth" and format.exact)):
                vars(asked)[name] = "auto" if name == "depth" else None
            continue
        if name in format.follows or value in ("auto", "all"):
            continue
        others = ", ".join(other.name for other in formats.values() if name in other.follows)
        why = "" if format.follows else ", which always shows everything"
        raise UsageError(
            f"`--{name}` does not apply to the format {format.name}{why}; formats that follow it: {others}"
        )


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
        from analyzer.cli.whole import write_file

        write_file(asked.output, chunks)


def kept_as_it_is(asked: Any) -> str | None:
    """The message that the file of `-o` was not changed, where there is such a file and no complete result."""
    from analyzer.cli.kept import kept

    return kept(asked.output)


def heard(asked: Any, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The findings that are written: where the command is to be quiet only errors."""
    return [finding for finding in findings if finding.severity == "error" or not asked.quiet]


def note(asked: Any, message: str) -> None:
    """Writes a note to stderr, in one line, unless the command is to be quiet."""
    if not asked.quiet:
        complain((), [f"note: {message}"], {}, color=asked.color)


def finish(asked: Any, reports: Sequence[Any], texts: Mapping[str, str], format: Format, options: Options) -> int:
    """Reports what is wrong on stderr, writes the report if there is one, and returns the exit code."""
    failed = [report for report in reports if isinstance(report, Failed)]
    findings = [finding for report in failed for finding in report.diagnostics]
    untouched = kept_as_it_is(asked) if failed else None
    complain(
        heard(asked, findings),
        [*filter(None, [untouched])],
        texts,
        doubts=heard(asked, doubts_in(reports)),
        color=asked.color,
        width=asked.width,
    )
    if untouched is None and (format.failures or len(failed) < len(reports)):
        write(asked, format.render(reports, options))
    return FAULT if any(finding.code in FILE_CODES for finding in findings) else WRONG if failed else FINE


def doubts_in(reports: Sequence[Any]) -> list[Diagnostic]:
    """The doubts about the networks of reports that did not fail."""
    return [finding for report in reports if not isinstance(report, Failed) for finding in report.diagnostics]


def doubted(finding: Diagnostic, *, color: bool) -> str:
    """A doubt about a whole network, in one line."""
    place = "" if finding.span is None else f"{finding.span}: "
    head = styled(inert(f"{finding.severity}[{finding.code}]"), SEVERITY_STYLES.get(finding.severity, "bold"), color)
    fix = f"; {finding.help}" if finding.help else ""
    return f"analyzer: {inert(place)}{head}{inert(f': {finding.message}{fix}')}\n"


def complain(
    findings: Sequence[Diagnostic],
    faults: Sequence[str],
    texts: Mapping[str, str],
    *,
    doubts: Sequence[Diagnostic] = (),
    color: str,
    width: int | None = None,
) -> None:
    """Writes to stderr what is wrong with models (`findings`, with their texts by file) and with files (`faults`).

    `doubts` are about whole networks, and take a line each.
    """
    encoding = sys.stderr.encoding or "ascii"
    faults = [*(finding.message for finding in findings if finding.code in FILE_CODES), *faults]
    findings = [finding for finding in findings if finding.code not in FILE_CODES]
    lines: Iterable[str] = ()
    if findings:
        from analyzer.reporter.messages import render

        unicode = encodes(sys.stderr)
        options = Options(color=wants_color(color, sys.stderr), unicode=unicode, width=width or terminal_width())
        lines = render(findings, texts, options)
    colored = bool(doubts) and wants_color(color, sys.stderr)
    lines = (*lines, *(doubted(doubt, color=colored) for doubt in doubts))
    for line in (*lines, *(f"analyzer: {inert(fault)}\n" for fault in faults)):
        sys.stderr.write(line.encode(encoding, "backslashreplace").decode(encoding))
    sys.stderr.flush()
