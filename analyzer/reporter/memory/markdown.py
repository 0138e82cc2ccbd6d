"""The memory report as GitHub-flavoured Markdown, for a pull request or a wiki."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.arena.microcontroller import Microcontroller
from analyzer.reporter.analysis.markdown import escaped, fitted_lines, table
from analyzer.reporter.grid import Grid
from analyzer.reporter.memory import arena
from analyzer.reporter.memory.layers import layers_grid, rows_asked, shown_modes
from analyzer.reporter.memory.table import SUM, TableLine, changes_grid, comparison_grid, section_grids
from analyzer.reporter.memory.words import assumptions, judgement, title
from analyzer.reporter.options import Failed, Options


def render(reports: Sequence[MemoryAnalysis | Failed], options: Options) -> Iterator[str]:
    """The comparison of several, then the reports."""
    good = [report for report in reports if isinstance(report, MemoryAnalysis)]
    if len(good) > 1:
        yield "## Comparison\n\n"
        yield from table(comparison_grid(reports), options)
        yield "\n"
    for number, report in enumerate(good):
        if number:
            yield "\n"
        yield from _one(report, options)


def _one(report: MemoryAnalysis, options: Options) -> Iterator[str]:
    name, *rest = title(report)
    yield fitted_lines(f"## {escaped(name)}\n\n{escaped(' · '.join(rest))}\n", options)
    if report.microcontroller is not None:
        yield from _on_microcontroller(report, report.microcontroller, options)
        return
    yield from _listed(judgement(report), options)
    for heading, grid in section_grids(report, shown_modes(report, options)):
        yield from _part(heading.capitalize(), grid, options)
    if rows_asked(options):
        yield from _part("Layers", grid := layers_grid(report, options), options)
        for said in grid.folded:
            yield fitted_lines(f"\n{escaped(said)}\n", options)
    if report.changes:
        yield from _part("To lower the peak", changes_grid(report), options)
    yield fitted_lines("\n" + "\n\n".join(map(escaped, assumptions(report))) + "\n", options)


def _on_microcontroller(report: MemoryAnalysis, chip: Microcontroller, options: Options) -> Iterator[str]:
    """RAM and flash of a microcontroller."""
    yield from _listed(arena.facts(chip), options)
    yield from _part("Alive at the peak", arena.alive_grid(chip), options)
    yield from _part("Flash", arena.flash_grid(chip, shown_modes(report, options)), options)
    yield from _part("Plan of the arena", arena.tensors_grid(chip), options)
    yield fitted_lines("\n" + "\n\n".join(map(escaped, arena.assumed(report))) + "\n", options)


def _listed(lines: Sequence[tuple[str, Sequence[str]]], options: Options) -> Iterator[str]:
    """Labels with their facts as a list."""
    for number, (label, parts) in enumerate(lines):
        before = "" if number else "\n"
        yield fitted_lines(f"{before}- **{label}**: {escaped(' · '.join(parts))}\n", options)


def _part(heading: str, grid: Grid, options: Options) -> Iterator[str]:
    """A table below its heading."""
    yield fitted_lines(f"\n### {escaped(heading)}\n\n", options)
    yield from table(
        grid, options, lambda line: isinstance(line, TableLine | arena.FlashLine) and line.label.startswith(SUM)
    )
