"""What each layer holds, for spreadsheets and programs: whole numbers of bytes, every column and mode unless some are
chosen. On a microcontroller a line for each tensor of the arena.

docs/spreadsheets.md says what each cell may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.reporter.memory.arena import tensors_grid
from analyzer.reporter.memory.layers import exact_layers
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.spreadsheet import body, cell, head, in_chunks


def render(reports: Sequence[MemoryAnalysis | Failed], options: Options) -> Iterator[str]:
    """A line of column names, then a line for each layer, and one for the loss; or for each tensor of an arena.

    With several files the first column is the file; a file that failed has no lines.
    """
    return in_chunks(_lines(reports, options))


def _lines(reports: Sequence[MemoryAnalysis | Failed], options: Options) -> Iterator[str]:
    named = len(reports) > 1
    for number, report in enumerate(report for report in reports if isinstance(report, MemoryAnalysis)):
        chip = report.microcontroller
        grid = exact_layers(report, options) if chip is None else tensors_grid(chip, exact=True)
        before = [cell(report.file)] if named else []
        if not number:
            yield head(grid, ["file"] if named else [])
        yield from body(grid, before)
