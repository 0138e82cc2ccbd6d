"""The view of memory on a microcontroller: whether RAM and flash suffice, the peak of the arena, the plan.

It has no script: its tables are those of the report in a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.arena.microcontroller import Microcontroller
from analyzer.reporter.grid import Grid
from analyzer.reporter.memory import arena
from analyzer.reporter.memory.words import title
from analyzer.reporter.modes import TITLES
from analyzer.reporter.page.document import text
from analyzer.units import plural


def content(report: MemoryAnalysis, chip: Microcontroller) -> Iterator[str]:
    """The run, the facts, and the tables."""
    run = list(title(report))[1 + len(report.network.inputs) :]
    yield _note(" · ".join(run))
    yield '<dl class="memory-points">\n'
    for label, parts in arena.facts(chip):
        yield f"<div><dt>{text(label)}</dt><dd>{text(' · '.join(parts))}</dd></div>\n"
    yield "</dl>\n"
    yield _note(f"One static buffer for the tensors of inference has {plural(chip.plan.size, 'byte')}.")
    yield from _table("What is alive at the peak", arena.alive_grid(chip))
    yield from _table("Flash", arena.flash_grid(chip, report.modes))
    yield from _table("The plan of the arena", arena.tensors_grid(chip), opened=False)
    for sentence in arena.assumed(report):
        yield _note(sentence)


def _note(sentence: str) -> str:
    return f'<p class="page-note">{text(sentence)}</p>\n'


def _table(summary: str, grid: Grid, *, opened: bool = True) -> Iterator[str]:
    """A grid as a table that can be closed; a column of a mode has its name in its heading."""
    yield f'<details class="memory-numbers"{" open" if opened else ""}><summary>{text(summary)}</summary>\n'
    heads = (" ".join(filter(None, (TITLES[column.group], column.heading))) for column in grid.columns)
    head = "".join(f'<th scope="col">{text(one)}</th>' for one in heads)
    yield f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n"
    for first, *cells in (*grid.body(), *grid.sum_texts()):
        yield f'<tr><th scope="row">{text(first)}</th>{"".join(map(_cell, cells))}</tr>\n'
    yield "</tbody></table>\n</details>\n"


def _cell(content: str) -> str:
    """A cell of a table; a number is not broken into lines."""
    number = content.replace(",", "").isdigit()
    return f'<td class="memory-whole">{content}</td>' if number else f"<td>{text(content)}</td>"
