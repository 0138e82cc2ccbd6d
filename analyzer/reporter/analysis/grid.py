"""What a report shows, before any format draws it: columns, the rows under them, the total, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import MODES, Analysis, Row
from analyzer.reporter.analysis.columns import (
    COLUMNS,
    MEASURED,
    RANKED,
    TITLES,
    USUAL,
    Column,
    check_columns,
    chosen,
    modes_of,
)
from analyzer.reporter.analysis.fold import folded, total_row
from analyzer.reporter.analysis.rank import biggest, ordered, ranking_column, share_columns
from analyzer.reporter.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Grid:
    """Columns over subjects (rows of a network; whole analyses in a comparison), and sums beneath them.

    `sums` are rows that stand at no place of the network, such as the total; `notes` are sentences about what is not
    there and why.
    """

    __slots__ = ("columns", "notes", "subjects", "sums")

    def __init__(
        self,
        columns: Sequence[Column],
        subjects: Sequence[Any],
        sums: Sequence[Row | None] = (),
        notes: Sequence[str] = (),
    ) -> None:
        self.columns = columns
        self.subjects = subjects
        self.sums = [row for row in sums if row is not None]
        self.notes = notes

    def body(self) -> Iterator[list[str]]:
        """The cells of every subject."""
        writers = [column.text for column in self.columns]
        return ([write(subject) for write in writers] for subject in self.subjects)

    def values(self) -> Iterator[list[int | str]]:
        """The exact values of every subject."""
        readers = [column.value for column in self.columns]
        return ([read(subject) for read in readers] for subject in self.subjects)

    def sum_texts(self) -> list[list[str]]:
        """The cells of the sums: their name where the first column adds nothing up, and what adds up."""
        lines = []
        for row in self.sums:
            cells = [column.text(row) if column.sums else "" for column in self.columns]
            if self.columns and not self.columns[0].sums:
                cells[0] = row.name
            lines.append(cells)
        return lines


def grouped(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """The groups over the columns, each as its title and the number of columns under it."""
    spans: list[tuple[str, int]] = []
    last = None
    for column in columns:
        if column.group == last:
            spans[-1] = (spans[-1][0], spans[-1][1] + 1)
        else:
            spans.append((TITLES[column.group], 1))
        last = column.group
    return spans


def shown_modes(analysis: Analysis, options: Options) -> tuple[str, ...]:
    """The modes that a report of this analysis shows."""
    return modes_of(options.mode, mixed=analysis.mixed)


def grid_of(analysis: Analysis, options: Options) -> Grid:
    """The grid of a network as asked: folded, ordered, its biggest rows alone."""
    check_columns(options.columns or (), options.sort)
    if not {*(options.columns or ()), options.sort}.isdisjoint(MEASURED):
        analysis.measure_memory()
    modes = shown_modes(analysis, options)
    rows: Sequence[Row] = folded(analysis, options.depth)
    total = total_row(analysis)
    if options.top is None and options.sort is None:
        return Grid(chosen(options.columns or USUAL, modes), rows, [total])
    columns = chosen(options.columns or RANKED, modes)
    running = [column for column in columns if column.nature == "running"]
    columns = [column for column in columns if column.nature != "running"]
    notes = []
    if running:
        notes.append("no running sums (Σ) in this order: they follow the order of the network")
    by = ranking_column(options.sort, modes)
    if options.top is None:
        return Grid(columns, ordered(rows, by), [total], notes)
    rows, rest = biggest(rows, by, options.top)
    columns += share_columns(rows, rest, by, options.unicode)
    return Grid(columns, rows, [rest, total], notes)


def exact_grid(analysis: Analysis, options: Options) -> Grid:
    """The grid for programs: every column and every mode unless some are chosen."""
    if options.columns is not None or options.top is not None:
        return grid_of(analysis, options)
    check_columns((), options.sort)
    analysis.measure_memory()
    modes = MODES if options.mode == "both" else (options.mode,)
    columns = [column for column in COLUMNS.values() if column.group in ("", *modes)]
    rows = folded(analysis, options.depth)
    if options.sort is not None:
        rows = ordered(rows, ranking_column(options.sort, modes))
        columns = [column for column in columns if column.nature != "running"]
    return Grid(columns, rows)
