"""The rows of `analyzer memory`: what each layer holds, in the modes that are shown; folded, sorted, only the biggest.

The sums of the rows are the numbers of the report: a row for the loss has what belongs to no layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analyzer.diagnostics import nearest
from analyzer.engine.analysis import analyze_network
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.held import Held, added
from analyzer.engine.result import MODES, Row
from analyzer.engine.tree import Run, tree_of
from analyzer.record import Record
from analyzer.reporter.analysis.columns import COLUMNS as OF_REPORT
from analyzer.reporter.analysis.columns import ColumnError
from analyzer.reporter.analysis.fold import row_of
from analyzer.reporter.analysis.rank import apportioned
from analyzer.reporter.column import Column
from analyzer.reporter.fold import ALL, AUTO, ROWS, Fold, folds, shown_runs, to_level
from analyzer.reporter.grid import Grid
from analyzer.reporter.modes import TITLES, modes_of
from analyzer.reporter.options import Options
from analyzer.units import memory, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LayerRow(Record):
    """What a layer holds in each mode, or several layers together.

    `row` is their row in the report, None for a sum; `layers` is how many they are.
    """

    name: str
    kind: str
    row: Row | None
    held: Mapping[str, Held]
    layers: int = 1


def _word(name: str, otherwise: Callable[[LayerRow], str] = lambda line: "") -> Column:
    """A column of the report with what a layer is; for a sum what `otherwise` says."""
    other = OF_REPORT[name]
    return Column(
        name,
        other.heading,
        other.doc,
        value=lambda line: otherwise(line) if line.row is None else other.value(line.row),
        text=lambda line: otherwise(line) if line.row is None else other.text(line.row),
    )


def _bytes(name: str, heading: str, doc: str, read: Callable[[Held], int], mode: str = "") -> Column:
    """A column of bytes; those of what is alive do not add up."""

    def value(line: LayerRow) -> int:
        return read(line.held[mode] if mode else next(iter(line.held.values())))  # the same in every mode

    nature = "place" if heading in _ALIVE else "amount"
    return Column(name, heading, doc, value=value, text=lambda line: memory(value(line)), nature=nature, group=mode)


#: Columns that do not add up.
_ALIVE = ("live", "inference")

_OF_MODE: tuple[tuple[str, str, Callable[[Held], int]], ...] = (
    ("parameters", "parameters, in bytes; those of a tied layer once", lambda held: held.parameters),
    ("buffers", "buffers", lambda held: held.buffers),
    ("gradients", "gradients of the trained parameters", lambda held: held.gradients),
    ("optimizer", "the optimizer's state, with the mean of an EMA", lambda held: held.optimizer),
    ("saved", "activations that it is the first to save for the backward pass", lambda held: held.saved),
    ("kept", "the sum of parameters, buffers, gradients, optimizer and saved", lambda held: held.kept),
    ("live", "all that is alive while it runs in a training step; the most is the peak", lambda held: held.live),
    ("inference", "the same in inference", lambda held: held.inference),
)

COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        _word("layer", lambda line: line.name),
        _word("kind", lambda line: line.kind),
        _word("output"),
        _bytes("activations", "activations", "the output of a batch", lambda held: held.activations),
        *(_bytes(f"{mode}.{name}", name, doc, read, mode) for mode in MODES for name, doc, read in _OF_MODE),
    )
}

#: The columns that have one for each mode, by their names without it.
METRICS = tuple(name for name, _, _ in _OF_MODE)

#: The columns that are shown unless some are chosen, in the order of the network and sorted; those in inference only.
_USUAL = ("layer", "kind", "activations", "parameters", "gradients", "optimizer", "saved", "live")
_RANKED = ("layer", "kind", "activations", "parameters", "gradients", "optimizer", "saved", "kept", "live")
_INFERENCE = ("layer", "kind", "output", "activations", "parameters", "buffers", "inference")


def check_columns(names: Sequence[str], sort: str | None = None) -> None:
    """Raises `ColumnError` for an unknown name, and for sorting by a column of words."""
    known = (*COLUMNS, *METRICS)
    for name in (*names, *([] if sort is None else [sort])):
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean `{near}`?" if near else ""
            raise ColumnError(f"unknown column `{name}`{hint} (`--columns help` lists them)")
    if sort in COLUMNS and COLUMNS[sort].nature == "word":
        raise ColumnError(f"cannot sort by `{sort}`; sort by `live`, `saved` or `parameters`, for example")


def described() -> Iterator[str]:
    """The list of columns for `--columns help`, one per line."""
    wide = max(map(len, COLUMNS)) + 2
    yield "All columns but the first three are bytes. A name without a mode (`saved`) means the column in every mode shown."
    for name, column in COLUMNS.items():
        usual = " (default)" if column.metric in _USUAL and column.group != "declared" else ""
        yield f"  {name:<{wide}}{column.doc}{usual}"


def rows_asked(options: Options) -> bool:
    """Whether the options ask for rows."""
    return options.depth != AUTO or any(one is not None for one in (options.columns, options.sort, options.top))


def shown_modes(report: MemoryAnalysis, options: Options) -> tuple[str, ...]:
    """The modes that are shown."""
    return modes_of(options.mode, mixed=report.mixed)


def layers_grid(report: MemoryAnalysis, options: Options) -> Grid:
    """The rows for people: folded, sorted, only the biggest, with their total."""
    modes = shown_modes(report, options)
    ranked = options.sort is not None or options.top is not None
    usual = _INFERENCE if not report.trains else _RANKED if ranked else _USUAL
    columns = _chosen(options.columns or usual, modes)
    by = _ranking(report, options.sort, modes)
    found, folded = _folded(report, _modes_in([*columns, by], modes), options)
    total = [_together("total", found)] if found else []
    if not ranked:
        return Grid(columns, found, total, folded=folded)
    found.sort(key=by.value, reverse=True)
    if options.top is None or options.top >= len(found):
        return Grid(columns, found, total, folded=folded)
    others = found[options.top :]
    rest = _together(f"the other {plural(sum(line.layers for line in others), 'layer')}", others)
    shown = found[: options.top]
    columns += _shares([*shown, rest], by)
    return Grid(columns, shown, [rest, *total], folded=folded)


def exact_layers(report: MemoryAnalysis, options: Options) -> Grid:
    """The rows for programs: every column and every mode, unless some are chosen; folded only to a number of levels."""
    modes: Sequence[str] = shown_modes(report, options)
    if options.columns is not None:
        columns = _chosen(options.columns, modes)
    else:
        modes = MODES if options.mode == "both" else modes
        columns = [column for column in COLUMNS.values() if column.group in ("", *modes)]
    by = _ranking(report, options.sort, modes)
    options = options if isinstance(options.depth, int) else options.but(depth=ALL)
    found, _ = _folded(report, _modes_in([*columns, by], modes), options)
    if options.sort is not None or options.top is not None:
        found.sort(key=by.value, reverse=True)
    return Grid(columns, found[: options.top])


def _modes_in(columns: Sequence[Column], modes: Sequence[str]) -> list[str]:
    """The modes that the columns need: at least one."""
    return [mode for mode in MODES if mode == modes[0] or any(column.group == mode for column in columns)]


def _chosen(names: Sequence[str], modes: Sequence[str]) -> list[Column]:
    """The columns of these names, those of a metric in every mode next to each other's."""
    words = [COLUMNS[name] for name in names if name in COLUMNS and not COLUMNS[name].group]
    grouped = []
    for mode in MODES:
        for name in names:
            if name == f"{mode}.{name.rpartition('.')[2]}" and name in COLUMNS:
                grouped.append(COLUMNS[name])
            elif name in METRICS and mode in modes:
                grouped.append(COLUMNS[f"{mode}.{name}"])
    return [*words, *grouped]


def _ranking(report: MemoryAnalysis, sort: str | None, modes: Sequence[str]) -> Column:
    """The column to sort by: the one asked for, otherwise what is kept; declared before shared before local."""
    name = sort or ("kept" if report.trains else "parameters")
    if name in COLUMNS:
        return COLUMNS[name]
    return COLUMNS[f"{'declared' if 'declared' in modes else modes[0]}.{name}"]


def _folded(report: MemoryAnalysis, modes: Sequence[str], options: Options) -> tuple[list[LayerRow], Sequence[str]]:
    """The rows in the order of the network, that of the loss at the end, and how they were folded."""
    analysis = analyze_network(report.network, name=report.name, batch=report.run.batch, dtype=report.run.dtype)
    held = {mode: report.held(mode).layers for mode in modes}
    runs = _runs(report, options)
    found = []
    for run in runs:
        row = row_of(run, analysis.rows)
        parts = {mode: added(layers[run.start : run.stop]) for mode, (layers, _) in held.items()}
        found.append(LayerRow(row.name, row.kind, row, parts, run.stop - run.start))
    left = {mode: rest for mode, (_, rest) in held.items()}
    if any(rest.live or rest.saved for rest in left.values()):
        found.append(LayerRow("loss", report.run.loss, None, left, 0))
    layers = len(analysis.rows)
    if len(runs) == layers:
        return found, ()
    return found, (f"folded to {plural(len(runs), 'row')}", f"--depth all shows all {plural(layers, 'layer')}")


def _runs(report: MemoryAnalysis, options: Options) -> Sequence[Run]:
    """The groups that have a row each."""
    tree = tree_of(report.network)
    whole = list(shown_runs(tree, Fold()))
    if isinstance(options.depth, int):
        return list(shown_runs(tree, to_level(options.depth)))
    if options.depth != AUTO or options.top is not None or len(whole) <= ROWS:
        return whole
    runs: Sequence[Run] = whole
    for runs in folds(tree):
        if len(runs) <= ROWS:
            break
    return runs


def _together(name: str, lines: Sequence[LayerRow]) -> LayerRow:
    """One row for several."""
    held = {mode: added([line.held[mode] for line in lines]) for mode in lines[0].held}
    return LayerRow(name, "", None, held, sum(line.layers for line in lines))


def _shares(lines: Sequence[LayerRow], by: Column) -> list[Column]:
    """A column of percentages that add up to 100; none where the numbers do not add up."""
    if by.nature != "amount":
        return []
    tenths = dict(zip(map(id, lines), apportioned([int(by.value(line)) for line in lines], 1000), strict=True))

    def percent(line: Any) -> str:
        part = tenths.get(id(line), 1000)
        return f"{part // 10}.{part % 10}"

    what = " ".join(filter(None, (TITLES[by.group], by.metric)))
    return [Column("share", f"% of {what}", f"percent of {what}", value=percent, nature="amount")]
