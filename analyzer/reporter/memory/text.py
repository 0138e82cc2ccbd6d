"""The memory report for a terminal: the verdict, the modes side by side, live bytes over a step, proposed changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.arena.microcontroller import Microcontroller
from analyzer.reporter.drawing import draw, labelled
from analyzer.reporter.memory import arena
from analyzer.reporter.memory.layers import layers_grid, rows_asked, shown_modes
from analyzer.reporter.memory.table import SUM, VERDICTS, changes_grid, comparison_grid, grid, titles
from analyzer.reporter.memory.timeline import plot
from analyzer.reporter.memory.words import assumptions, judgement, title
from analyzer.reporter.modes import TITLES
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.terminal import joined, styled, wrapped


def render(reports: Sequence[MemoryAnalysis | Failed], options: Options) -> Iterator[str]:
    """The reports one after the other, and a comparison of several."""
    good = [report for report in reports if isinstance(report, MemoryAnalysis)]
    for report in good:
        yield from _one(report, options)
        if len(reports) > 1:
            yield "\n"
    if len(good) > 1:
        yield styled("comparison", "bold", options.color) + "\n\n"
        yield from draw(comparison_grid(reports), options, free=False)


def _one(report: MemoryAnalysis, options: Options) -> Iterator[str]:
    heading = joined([options.fit(part) for part in title(report)], options.fit(" · "), options.width, "  ")
    yield styled(heading, "bold", options.color) + "\n\n"
    if report.microcontroller is not None:
        yield from _on_microcontroller(report, report.microcontroller, options)
        return
    verdict = "".join(_verdict(report, options))
    if verdict:
        yield verdict + "\n"
    yield from _table(report, options)
    if report.trains:
        mode = TITLES["shared" if report.held().mode == "shared" else report.mode]
        where = " on one device" if report.divided else ""
        yield f"\n{styled(f'live bytes of a training step{where}, {mode}', 'bold', options.color)}\n"
        yield from plot(report.held().timeline, options)
    if rows_asked(options):
        yield "\n" + styled("layers", "bold", options.color) + "\n\n"
        rows = layers_grid(report, options)
        yield from draw(rows, options, free=False)
        if rows.folded:
            yield joined([options.fit(part) for part in rows.folded], options.fit(" · "), options.width) + "\n"
    if report.changes:
        yield "\n"
        yield from draw(changes_grid(report), options, free=True)  # the options say what their words do
    yield "\n"
    for sentence in assumptions(report):
        yield styled(wrapped(options.fit(sentence), options.width), "dim", options.color) + "\n"


def _verdict(report: MemoryAnalysis, options: Options) -> Iterator[str]:
    """The verdict, its reason and the largest batches."""
    found, judged = report.verdict(), judgement(report)
    if found is not None and judged:
        first, *others = labelled(judged, options)
        yield first.replace(found.word, styled(found.word, VERDICTS[found.word], options.color), 1)
        yield from others


def _table(report: MemoryAnalysis, options: Options) -> Iterator[str]:
    """The modes side by side; the sums and the titles of sections are bold."""
    heads = {options.fit(title) for title in titles(report)}
    for line in draw(grid(report, shown_modes(report, options), options.width), options, free=False):
        text = line.rstrip("\n")
        yield styled(text, "bold", options.color) + "\n" if text.startswith(SUM) or text in heads else line


def _on_microcontroller(report: MemoryAnalysis, chip: Microcontroller, options: Options) -> Iterator[str]:
    """RAM and flash: whether they suffice, what is alive at the peak, what lies in flash, and the plan of the arena."""
    first, *others = labelled(arena.facts(chip), options)
    word = chip.verdict or ""
    yield first.replace(word, styled(word, VERDICTS.get(word, ""), options.color), 1) if word else first
    yield from others
    for table in (
        arena.alive_grid(chip),
        arena.flash_grid(chip, shown_modes(report, options)),
        arena.tensors_grid(chip),
    ):
        yield "\n"
        for line in draw(table, options, free=True):
            text = line.rstrip("\n")
            yield styled(text, "bold", options.color) + "\n" if text.startswith(SUM) else line
    yield "\n"
    for sentence in arena.assumed(report):
        yield styled(wrapped(options.fit(sentence), options.width), "dim", options.color) + "\n"
