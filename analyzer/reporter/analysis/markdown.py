"""The table as GitHub-flavoured Markdown, for a pull request or a wiki."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.compare import comparable, comparison
from analyzer.reporter.analysis.shown import grid_of
from analyzer.reporter.analysis.summary import about_layers, conventions, facts, title
from analyzer.reporter.column import Column
from analyzer.reporter.grid import Grid
from analyzer.reporter.options import Failed, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SPECIAL = str.maketrans({c: "\\" + c for c in "\\`*_[]<>|#~$&"})
_HEADINGS = {"": "{}", "shared": "shared {}", "local": "local {}", "declared": "declared {}"}


def render(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """The comparison of several, then the reports."""
    if comparable(reports):
        yield "## Comparison\n\n"
        yield from table(comparison(reports, options), options)
        yield "\n"
    for number, report in enumerate(report for report in reports if isinstance(report, Analysis)):
        if number:
            yield "\n"
        yield from _one(report, options)


def _one(analysis: Analysis, options: Options) -> Iterator[str]:
    name, *rest = title(analysis)
    yield fitted_lines(f"## {escaped(name)}\n\n{escaped(' · '.join(rest))}\n\n", options)
    grid = grid_of(analysis, options)
    yield from table(grid, options)
    yield "\n"
    for label, parts in facts(analysis, options):
        yield fitted_lines(f"- **{label}**: {escaped(' · '.join(parts))}\n", options)
    notes = [*about_layers(analysis), *grid.notes, " · ".join(conventions(grid)), " · ".join(grid.folded)]
    yield fitted_lines("\n" + "\n\n".join(escaped(note) for note in notes if note) + "\n", options)


def escaped(text: str) -> str:
    """Text on one line, with the special characters of Markdown escaped."""
    return " ".join(text.split()).translate(_SPECIAL)


def table(grid: Grid, options: Options, bold: Callable[[Any], bool] = lambda subject: False) -> Iterator[str]:
    """The table; its sums are bold, and the rows of subjects that `bold` names."""
    yield fitted_lines(_line([escaped(_heading(column)) for column in grid.columns]), options)
    yield _line(["---:" if column.align == "right" else ":---" for column in grid.columns])
    for subject, line in zip(grid.subjects, grid.body(), strict=True):
        yield fitted_lines(_bold(line) if bold(subject) else _line([escaped(cell) for cell in line]), options)
    for line in grid.sum_texts():
        yield fitted_lines(_bold(line), options)


def _heading(column: Column) -> str:
    return _HEADINGS[column.group].format(column.heading)


def _bold(line: Sequence[str]) -> str:
    return _line([f"**{escaped(cell)}**" if cell else "" for cell in line])


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def fitted_lines(text: str, options: Options) -> str:
    """Text of several lines for the stream."""
    return "\n".join(map(options.fit, text.split("\n")))
