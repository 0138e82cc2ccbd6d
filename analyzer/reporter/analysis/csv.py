"""The table for spreadsheets and programs: exact whole numbers, every column and mode unless some are chosen."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.shown import exact_grid
from analyzer.reporter.options import Failed, Options
from analyzer.source import inert

#: Rows in one chunk.
_CHUNK = 512


#: With these a spreadsheet begins a formula, or drops them and then begins one; the last four are full-width signs.
#: Source: OWASP, "CSV Injection".
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(text: str) -> str:
    """A text as a cell: no formula, which an apostrophe makes a text, and nothing for a terminal or a log to obey.

    >>> print(cell("=1+1"), cell("a=1"))
    '=1+1 a=1
    """
    start = "'" if text.startswith(_FORMULA) else ""
    if not text.isprintable():
        return start + "\n".join("\t".join(map(inert, line.split("\t"))) for line in text.split("\n"))
    return start + inert(text)


class _Lines:
    """Collects what the csv writer writes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        """Takes one line."""
        self.lines.append(line)

    def taken(self) -> str:
        """Returns the lines so far and forgets them."""
        text = "".join(self.lines)
        self.lines.clear()
        return text


def render(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """A line of column names, then a line for each layer (RFC 4180, lines end in CR LF).

    With several files the first column is the file; a file that failed has no lines.
    """
    named = len(reports) > 1
    out = _Lines()
    writer = csv.writer(out)
    for number, analysis in enumerate(report for report in reports if isinstance(report, Analysis)):
        grid = exact_grid(analysis, options)
        before = [analysis.file] if named else []
        if not number:
            writer.writerow([*(["file"] if named else []), *(column.name for column in grid.columns)])
        for line in grid.values():
            writer.writerow([cell(value) if isinstance(value, str) else value for value in (*before, *line)])
            if len(out.lines) >= _CHUNK:
                yield out.taken()
    yield out.taken()
