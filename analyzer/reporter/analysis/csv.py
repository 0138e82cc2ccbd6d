"""The table for spreadsheets and programs: exact whole numbers, every column and mode unless some are chosen."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.shown import exact_grid
from analyzer.reporter.options import Failed, Options

#: Rows that go into one chunk.
_CHUNK = 512


class _Lines:
    """Collects what the csv writer writes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        """Takes one line."""
        self.lines.append(line)

    def taken(self) -> str:
        """The lines so far, given away."""
        text = "".join(self.lines)
        self.lines.clear()
        return text


def render(analysis: Analysis, options: Options) -> Iterator[str]:
    """One report: a line of column names, then a line a layer (RFC 4180, lines end in CR LF)."""
    yield from _written([analysis], options, named=False)


def render_many(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """The layers of all reports under one line of names, the file in front; wrong files have no lines."""
    yield from _written([report for report in reports if isinstance(report, Analysis)], options, named=True)


def _written(analyses: Sequence[Analysis], options: Options, *, named: bool) -> Iterator[str]:
    out = _Lines()
    writer = csv.writer(out)
    for number, analysis in enumerate(analyses):
        grid = exact_grid(analysis, options)
        before = [analysis.file] if named else []
        if not number:
            writer.writerow([*(["file"] if named else []), *(column.name for column in grid.columns)])
        for line in grid.values():
            writer.writerow([*before, *line])
            if len(out.lines) >= _CHUNK:
                yield out.taken()
    yield out.taken()
