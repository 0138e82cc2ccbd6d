"""The table for spreadsheets and programs: exact whole numbers, every column and mode unless some are chosen.

docs/spreadsheets.md says what each cell may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.shown import exact_grid
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.spreadsheet import body, cell, head, in_chunks


def render(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """A line of column names, then a line for each layer.

    With several files the first column is the file; a file that failed has no lines.
    """
    return in_chunks(_lines(reports, options))


def _lines(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    named = len(reports) > 1
    good = [report for report in reports if isinstance(report, Analysis)]
    bounds = any(report.unknown for report in good)
    for number, analysis in enumerate(good):
        grid = exact_grid(analysis, options, bounds=bounds)
        before = [cell(analysis.file)] if named else []
        if not number:
            yield head(grid, ["file"] if named else [])
        yield from body(grid, before)
