"""The memory report for a terminal: the verdict, the modes side by side, live bytes over a step, proposed changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.arena.verify import verify
from analyzer.reporter.drawing import draw, labelled
from analyzer.reporter.memory.layers import layers_grid, rows_asked, shown_modes
from analyzer.reporter.memory.table import SUM, VERDICTS, arena_grid, changes_grid, comparison_grid, grid, titles
from analyzer.reporter.memory.timeline import plot
from analyzer.reporter.memory.words import assumptions, judgement, title
from analyzer.reporter.modes import TITLES
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.terminal import joined, styled, wrapped
from analyzer.units import count, memory


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
        yield from draw(changes_grid(report), options, free=False)
    if report.plan is not None:
        yield "\n" + "".join(labelled([("arena", _arena(report))], options)) + "\n"
        yield from draw(arena_grid(report), options, free=False)
    yield "\n"
    for sentence in assumptions(report):
        yield styled(wrapped(options.fit(sentence), options.width), "dim", options.color) + "\n"


def _verdict(report: MemoryAnalysis, options: Options) -> Iterator[str]:
    """The verdict, its reason and the largest batch."""
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


def _arena(report: MemoryAnalysis) -> list[str]:
    """The size of the arena, compared with the smallest possible."""
    plan = report.plan
    if plan is None:
        return []
    against = "the smallest possible" if plan.size == plan.bound else f"{memory(plan.bound)} is the bound"
    checked = "checked" if not verify(plan) else "wrong"
    return [
        f"{count(plan.size)} bytes, {against}",
        f"multiples of {plan.alignment}",
        f"placed by {plan.order}",
        checked,
    ]
