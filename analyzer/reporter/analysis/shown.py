"""Which columns and rows of an analysis a report shows: folded, ordered, only the biggest."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.result import MODES, Analysis, Row
from analyzer.reporter.analysis.columns import COLUMNS, MEASURED, RANKED, USUAL, check_columns, chosen
from analyzer.reporter.analysis.fold import folded, total_row
from analyzer.reporter.analysis.rank import biggest, ordered, ranking_column, share_columns
from analyzer.reporter.grid import Grid
from analyzer.reporter.modes import modes_of
from analyzer.reporter.options import Options


def shown_modes(analysis: Analysis, options: Options) -> tuple[str, ...]:
    """The modes that a report of this analysis shows."""
    return modes_of(options.mode, mixed=analysis.mixed)


def _measure(analysis: Analysis) -> None:
    """The memory model is imported only for a report with its columns."""
    from analyzer.engine.memory.by_layer import measure_memory

    measure_memory(analysis)


def grid_of(analysis: Analysis, options: Options) -> Grid:
    """The grid of a network with the options applied: folded, sorted, only the biggest rows."""
    check_columns(options.columns or (), options.sort)
    if not {*(options.columns or ()), options.sort}.isdisjoint(MEASURED):
        _measure(analysis)
    modes = shown_modes(analysis, options)
    rows: Sequence[Row] = folded(analysis, options.depth)
    total = total_row(analysis)
    sums = [] if total is None else [total]
    if options.top is None and options.sort is None:
        return Grid(chosen(options.columns or USUAL, modes), rows, sums)
    columns = chosen(options.columns or RANKED, modes)
    running = [column for column in columns if column.nature == "running"]
    columns = [column for column in columns if column.nature != "running"]
    notes = []
    if running:
        notes.append("running sums (Σ) are left out: they follow the order of the network")
    by = ranking_column(options.sort, modes)
    if options.top is None:
        return Grid(columns, ordered(rows, by), sums, notes)
    rows, rest = biggest(rows, by, options.top)
    columns += share_columns(rows, rest, by, options.unicode)
    return Grid(columns, rows, sums if rest is None else [rest, *sums], notes)


def exact_grid(analysis: Analysis, options: Options) -> Grid:
    """The grid for programs: every column and every mode unless some are chosen."""
    if options.columns is not None or options.top is not None:
        return grid_of(analysis, options)
    check_columns((), options.sort)
    _measure(analysis)
    modes = MODES if options.mode == "both" else (options.mode,)
    columns = [column for column in COLUMNS.values() if column.group in ("", *modes)]
    rows = folded(analysis, options.depth)
    if options.sort is not None:
        rows = ordered(rows, ranking_column(options.sort, modes))
        columns = [column for column in columns if column.nature != "running"]
    return Grid(columns, rows)
