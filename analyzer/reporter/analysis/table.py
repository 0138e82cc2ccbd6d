"""The table for a terminal, drawn by `tabulate`: a title, the layers, their total, and what a reviewer asks first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.compare import comparison
from analyzer.reporter.analysis.shown import grids_of
from analyzer.reporter.analysis.summary import about_layers, conventions, facts, title
from analyzer.reporter.drawing import Drawing, draw, labelled
from analyzer.reporter.fold import LINES
from analyzer.reporter.grid import Grid
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.terminal import joined, styled, wrapped


def render(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """The reports one after the other, and a comparison of the totals of several."""
    good = [report for report in reports if isinstance(report, Analysis)]
    for report in good:
        yield from _one(report, options)
        if len(reports) > 1:
            yield "\n"
    if len(good) > 1:
        yield styled("comparison", "bold", options.color) + "\n\n"
        left_out = yield from draw(comparison(reports, options), options, free=True)
        if left_out:
            yield wrapped(_left_out(left_out), options.width, "  ") + "\n"


def _one(analysis: Analysis, options: Options) -> Iterator[str]:
    heading = joined([options.fit(part) for part in title(analysis)], options.fit(" · "), options.width, "  ")
    above = styled(heading, "bold", options.color) + "\n\n"
    summary = "\n" + "".join(labelled(facts(analysis, options), options))
    for grid in grids_of(analysis, options):
        drawing = Drawing(grid, options, free=options.columns is None)
        below = _notes(analysis, grid, drawing.left_out, options) + summary + _closing(grid, drawing.left_out, options)
        if options.width is None or drawing.height + (above + below).count("\n") <= LINES:
            break
    yield above
    yield from drawing.lines()
    yield below


def _notes(analysis: Analysis, grid: Grid, left_out: Sequence[str], options: Options) -> str:
    """What is marked, what is left out."""
    notes = (*about_layers(analysis), *grid.notes, _left_out(left_out, "; --columns chooses"))
    return "".join(wrapped(options.fit(note), options.width, "  ") + "\n" for note in notes if note)


def _closing(grid: Grid, left_out: Sequence[str], options: Options) -> str:
    """The conventions behind the numbers, and what was folded."""
    text = wrapped(options.fit(" · ".join(conventions(grid, left_out))), options.width)
    lines = "\n" + styled(text, "dim", options.color) + "\n"
    if not grid.folded:
        return lines
    return lines + joined([options.fit(part) for part in grid.folded], options.fit(" · "), options.width) + "\n"


def _left_out(names: Sequence[str], hint: str = "") -> str:
    return f"left out at this width: {', '.join(names)}{hint}" if names else ""
