"""Which columns and rows of an analysis a report shows: folded, ordered, only the biggest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import MODES, Analysis, Row
from analyzer.engine.tree import Run, tree_of
from analyzer.reporter.analysis.columns import BOUNDS, COLUMNS, MEASURED, RANKED, USUAL, check_columns, chosen
from analyzer.reporter.analysis.fold import row_of, total_row
from analyzer.reporter.analysis.rank import biggest, ordered, ranking_column, share_columns
from analyzer.reporter.fold import ALL, AUTO, ROWS, folds, shown_runs, to_level
from analyzer.reporter.grid import Grid
from analyzer.reporter.modes import modes_of
from analyzer.reporter.options import Options
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.contract.saved_rows import SavedReport


def shown_modes(analysis: Analysis, options: Options) -> tuple[str, ...]:
    """The modes that a report of this analysis shows."""
    return modes_of(options.mode, mixed=analysis.mixed)


def _measure(analysis: Analysis) -> None:
    """The memory model is imported only for a report with its columns."""
    from analyzer.engine.memory.by_layer import measure_memory

    measure_memory(analysis)


def grid_of(analysis: Analysis, options: Options) -> Grid:
    """The grid of a network with the options applied: folded, sorted, only the biggest rows."""
    return next(grids_of(analysis, options))


def grids_of(analysis: Analysis, options: Options) -> Iterator[Grid]:
    """The grids with as many rows as fit, the one with most of them first.

    Under another depth than `auto` there is one. Under `auto` more follow, each folded further, for a format whose
    lines must fit too; the last one has more rows than fit where nothing is left to fold.
    """
    check_columns(options.columns or (), options.sort)
    if not {*(options.columns or ()), options.sort}.isdisjoint(MEASURED):
        _measure(analysis)
    for found, folded in _foldings(analysis, options):
        yield _grid(analysis, options, found, folded)


def _foldings(analysis: Analysis, options: Options) -> Iterator[tuple[Sequence[Row], Sequence[str]]]:
    """The rows of each grid, and how they were folded."""
    depth = options.depth
    if isinstance(depth, int):
        yield _to_level(analysis, depth)
        return
    few = len(analysis.rows) <= ROWS
    whole = depth != AUTO or options.top is not None
    if few or whole:
        yield analysis.rows, ()
    if not whole:
        yield from _automatic(analysis, few=few)


def _to_level(analysis: Analysis, level: int) -> tuple[Sequence[Row], Sequence[str]]:
    """The rows of `--depth N`."""
    found = [row_of(run, analysis.rows) for run in shown_runs(tree_of(analysis.network), to_level(level))]
    if len(found) == len(analysis.rows):
        return found, ()
    return found, (f"folded to {plural(level, 'level')} of names", _unfolds(analysis))


def _automatic(analysis: Analysis, *, few: bool) -> Iterator[tuple[Sequence[Row], Sequence[str]]]:
    """The rows of the folds of `--depth auto` that fit, or of the last one; `few` if there are few without a fold."""
    runs: Sequence[Run] = ()
    for runs in folds(tree_of(analysis.network)):
        if len(runs) <= ROWS:
            yield _of_runs(analysis, runs)
    if len(runs) > ROWS:
        yield _of_runs(analysis, runs)
    elif not runs and not few:
        yield analysis.rows, ()


def _of_runs(analysis: Analysis, runs: Sequence[Run]) -> tuple[Sequence[Row], Sequence[str]]:
    several = [run for run in runs if len(run.groups) > 1]
    single = [run.groups[0] for run in runs if len(run.groups) == 1]
    what = {
        "norm, act": any(group.expanded for group in single),
        "equal neighbours": bool(several),
        "blocks": any(group.layers > 1 and not group.expanded for group in single),
    }
    said = "folded: " + ", ".join(name for name, folded in what.items() if folded)
    return [row_of(run, analysis.rows) for run in runs], (said, _unfolds(analysis))


def _unfolds(analysis: Analysis) -> str:
    return f"--depth all shows all {plural(len(analysis.rows), 'layer')}"


def _grid(analysis: Analysis, options: Options, rows: Sequence[Row], folded: Sequence[str]) -> Grid:
    """The grid of these rows."""
    modes = shown_modes(analysis, options)
    total = total_row(analysis)
    sums = [] if total is None else [total]
    if options.top is None and options.sort is None:
        return Grid(chosen(options.columns or USUAL, modes), rows, sums, folded=folded)
    columns = chosen(options.columns or RANKED, modes)
    running = [column for column in columns if column.nature == "running"]
    columns = [column for column in columns if column.nature != "running"]
    notes = []
    if running:
        notes.append("running sums (Σ) are left out: they follow the order of the network")
    by = ranking_column(options.sort, modes)
    if options.top is None:
        return Grid(columns, ordered(rows, by), sums, notes, folded)
    rows, rest = biggest(rows, by, options.top)
    columns += share_columns(rows, rest, by, options.unicode)
    return Grid(columns, rows, sums if rest is None else [rest, *sums], notes, folded)


def saved_grid(report: SavedReport, mode: str) -> Grid:
    """The grid of a saved report for programs: every column that a report has numbers for."""
    modes = MODES if mode == "both" else (mode,)
    left_out = MEASURED if report.unknown else (*MEASURED, BOUNDS)
    shown = [one for name, one in COLUMNS.items() if one.group in ("", *modes) and name not in left_out]
    return Grid(shown, report.rows)


def exact_grid(analysis: Analysis, options: Options, *, bounds: bool = False) -> Grid:
    """The grid for programs: every column and every mode unless some are chosen; folded only to a number of levels.

    With `bounds` it says which numbers are lower bounds, as it does of a network that has any.
    """
    options = options if isinstance(options.depth, int) else options.but(depth=ALL)
    if options.columns is not None or options.top is not None:
        return grid_of(analysis, options)
    check_columns((), options.sort)
    _measure(analysis)
    modes = MODES if options.mode == "both" else (options.mode,)
    bounds = bounds or bool(analysis.unknown)
    columns = [one for name, one in COLUMNS.items() if one.group in ("", *modes) and (bounds or name != BOUNDS)]
    rows, _ = next(_foldings(analysis, options))
    if options.sort is not None:
        rows = ordered(rows, ranking_column(options.sort, modes))
        columns = [column for column in columns if column.nature != "running"]
    return Grid(columns, rows)
