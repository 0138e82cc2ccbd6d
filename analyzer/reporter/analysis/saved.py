"""What `print` shows of a saved report: its totals, and its layers or the biggest of them. It cannot be folded."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.contract.saved_rows import SavedReport
from analyzer.reporter.analysis.columns import COLUMNS, chosen
from analyzer.reporter.column import Column
from analyzer.reporter.drawing import draw, labelled
from analyzer.reporter.fold import ROWS
from analyzer.reporter.grid import Grid
from analyzer.reporter.modes import TITLES, modes_of
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import joined, wrapped
from analyzer.units import count, memory, plural

#: The layers of a longer report that are shown.
_BIGGEST = 20


def render(report: SavedReport, options: Options) -> Iterator[str]:
    """The title, a table of layers, and the totals."""
    inputs = report.inputs
    entered = [f"{name if len(inputs) > 1 else 'input'} {volume.pretty()}" for name, volume in inputs.items()]
    layers = plural(len(report.rows), "layer")
    weights = [] if report.weights_dtype is None else [f"weights {report.weights_dtype}"]
    title = [report.name, *entered, f"batch {count(report.batch)}", report.dtype, *weights, layers, "saved report"]
    yield joined([options.fit(part) for part in title], options.fit(" · "), options.width, "  ") + "\n\n"
    modes = modes_of(options.mode, mixed=report.mixed)
    rows, said = report.rows, ""
    if len(rows) > ROWS:
        rows = sorted(rows, key=lambda row: -row.declared.parameters)[:_BIGGEST]
        said = (
            f"the {_BIGGEST} layers with the most parameters; `rows` and `to_dataframe()` have all {len(report.rows):,}"
        )
    kind = Column("kind", "kind", COLUMNS["kind"].doc, value=lambda row: row.kind)
    columns = [COLUMNS["layer"], kind, *chosen(["output", "parameters", "macs"], modes)]
    yield from draw(Grid(columns, rows), options, free=False)
    names = [row.name for row in report.rows if row.unknown]
    if names:
        from analyzer.reporter.foreign import unknown_macs

        yield wrapped(options.fit(unknown_macs(names)), options.width, "  ") + "\n"
    if said:
        yield wrapped(options.fit(said), options.width, "  ") + "\n"
    yield "\n" + "".join(labelled(_facts(report, modes), options))


def _facts(report: SavedReport, modes: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    totals, peak = report.totals, report.peak
    costs = {"shared": totals.shared, "local": totals.local, "declared": totals.declared}
    lines = [
        ("parameters", [f"{count(costs[mode].parameters)} {TITLES[mode]}" for mode in modes]),
        ("MACs", [f"{count(totals.macs)} per sample"]),
        ("parameter memory", [f"{memory(costs[mode].bytes)} {TITLES[mode]}" for mode in modes]),
        ("peak activation", [f"{memory(peak.bytes)} at `{peak.name}`"]),
    ]
    if report.source is not None:
        from analyzer.loader.foreign.programs import read_from

        lines.append(("read from", read_from(report.source)))
    return lines
