"""The table for a terminal, drawn by `tabulate`: a title, the layers, their total, and what a reviewer asks first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.compare import comparison
from analyzer.reporter.analysis.shown import grid_of
from analyzer.reporter.analysis.summary import authored_note, conventions, facts, title
from analyzer.reporter.drawing import draw, labelled
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
    yield styled(heading, "bold", options.color) + "\n\n"
    grid = grid_of(analysis, options)
    left_out = yield from draw(grid, options, free=options.columns is None)
    for note in (authored_note(analysis), *grid.notes, _left_out(left_out, "; --columns chooses")):
        if note:
            yield wrapped(options.fit(note), options.width, "  ") + "\n"
    yield "\n" + "".join(labelled(facts(analysis, options), options))
    closing = wrapped(options.fit(" · ".join(conventions(grid))), options.width)
    yield "\n" + styled(closing, "dim", options.color) + "\n"


def _left_out(names: Sequence[str], hint: str = "") -> str:
    return f"left out at this width: {', '.join(names)}{hint}" if names else ""
