"""Findings for people: the message, its line of the file with the wrong part underlined, the arithmetic, the nearest
fix; at the end how many findings there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from analyzer.diagnostics import SEVERITIES, Diagnostic
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import SEVERITY_STYLES, cells, styled
from analyzer.source import inert

#: Where YAML ends a line.
_ENDS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

#: The room for a source line if the width is unknown, and the smallest room.
_ROOM, _LEAST = 120, 40


def render(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], options: Options) -> Iterator[str]:
    """The findings in order, then their number; `texts` has the text of each file that could be read."""
    yield from said(diagnostics, texts, options)
    if diagnostics:
        yield styled(counted(diagnostics), worst(diagnostics), options.color) + "\n"


def said(
    diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], options: Options, *, about: str | None = None
) -> Iterator[str]:
    """The findings in order; one without a place is shown as one of the file `about`, if given."""
    lines: dict[str, list[str]] = {}
    for finding in diagnostics:
        file = finding.span.file if finding.span is not None else ""
        if file not in lines:
            lines[file] = _ENDS.split(texts[file]) if file in texts else []
        yield from _finding(finding, lines[file], options, about)
        yield "\n"


def worst(diagnostics: Sequence[Diagnostic]) -> str:
    """The style of a verdict on these findings: that of the worst one, or of none at all."""
    severities = {finding.severity for finding in diagnostics}
    return next((SEVERITY_STYLES[severity] for severity in SEVERITIES if severity in severities), "green")


def counted(diagnostics: Sequence[Diagnostic]) -> str:
    """The number of findings of each severity, and where: `2 errors in net.yaml`."""
    parts = []
    for severity in SEVERITIES:
        number = sum(finding.severity == severity for finding in diagnostics)
        if number:
            parts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    files = dict.fromkeys(finding.span.file for finding in diagnostics if finding.span is not None)
    where = f" in {inert(next(iter(files)))}" if len(files) == 1 else f" in {len(files)} files" if files else ""
    return ", ".join(parts) + where


def _finding(finding: Diagnostic, lines: Sequence[str], options: Options, about: str | None) -> Iterator[str]:
    """One finding."""
    color = options.color
    head = styled(f"{finding.severity}[{finding.code}]", SEVERITY_STYLES[finding.severity], color)
    yield f"{head}{styled(': ' + options.fit(finding.message), 'bold', color)}\n"
    gutter = ""
    if finding.span is None and about is not None:
        gutter = " "
        yield f"{gutter} {styled(options.fit('╭─'), 'blue', color)} {options.fit(about)}\n"
    if finding.span is not None:
        span = finding.span
        gutter = " " * len(str(span.line)) if span.in_text else " "
        yield f"{gutter} {styled(options.fit('╭─'), 'blue', color)} {options.fit(str(span))}\n"
        if span.in_text and 1 <= span.line <= len(lines):
            bar = styled(options.fit("│"), "blue", color)
            end = span.end_column if span.end_line == span.line else None
            source, under = _underlined(lines[span.line - 1], span.column, end, options)
            yield f"{styled(str(span.line), 'blue', color)} {bar} {source}\n"
            yield f"{gutter} {bar} {styled(under, SEVERITY_STYLES[finding.severity], color)}\n"
    for note in (*finding.notes, *([f"help: {finding.help}"] if finding.help is not None else [])):
        first, *more = _ENDS.split(note)
        yield f"{gutter} {styled('=', 'blue', color)} {options.fit(first)}\n"
        for line in more:
            yield f"{gutter}   {options.fit(line)}\n"


def _underlined(line: str, column: int, end: int | None, options: Options) -> tuple[str, str]:
    """A source line, or the part of it around the span, and the carets under the span."""
    end = len(line.rstrip()) + 1 if end is None else end
    start, stop = column - 1, max(end - 1, column)  # an empty span has one caret
    before, marked, after = (_safe(part, options) for part in (line[:start], line[start:stop], line[stop:].rstrip()))
    room = max(_LEAST, (options.width or _ROOM) - 6)
    if cells(before) + cells(marked) + cells(after) > room:
        before, marked, after = _window(before, marked, after, room, options.fit("…"))
    carets = "^" * max(cells(marked), 1)
    return (before + marked + after).rstrip(), " " * cells(before) + carets


def _window(before: str, marked: str, after: str, room: int, dots: str) -> tuple[str, str, str]:
    """The three parts of a long line, shortened to the room; the marked part is shortened last."""
    if cells(marked) > room // 2:
        marked = _first(marked, room // 2) + dots
    left = room - cells(marked) - 2 * len(dots)
    if cells(before) > left // 2:
        spare = left // 2 + max(0, left - left // 2 - cells(after))
        if cells(before) > spare:
            before = dots + _first(before[::-1], spare)[::-1]
    left -= cells(before)
    if cells(after) > left:
        after = _first(after, max(left, 0)) + dots
    return before, marked, after


def _first(text: str, room: int) -> str:
    """The beginning of a text that fits into the room."""
    if text.isascii():
        return text[:room]
    taken = 0
    for place, sign in enumerate(text):
        taken += cells(sign)
        if taken > room:
            return text[:place]
    return text


def _safe(text: str, options: Options) -> str:
    """Source text that is safe on a terminal: a tab as four spaces, control characters escaped."""
    return options.fit(text.replace("\t", "    "))
