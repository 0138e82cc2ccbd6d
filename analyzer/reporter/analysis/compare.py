"""The comparison of several files: a row of totals for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.summary import ratio
from analyzer.reporter.column import Column
from analyzer.reporter.grid import Grid
from analyzer.reporter.modes import modes_of
from analyzer.reporter.options import Failed, Options
from analyzer.units import brief_count, count, memory, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def comparison(reports: Sequence[Analysis | Failed], options: Options) -> Grid:
    """One row for each file; a file that failed has only its name and its number of errors."""
    mixed = any(isinstance(report, Analysis) and report.mixed for report in reports)
    columns = [
        Column("name", "name", "name of the network", value=_name),
        Column("input", "input", "input volume", value=_input, text=_pretty_input),
        _column("layers", "layers", "number of layers", lambda analysis: len(analysis.rows), count),
    ]
    for mode in modes_of(options.mode, mixed=mixed):
        what = "weights and biases"
        columns.append(_column("parameters", "parameters", what, _total(mode, "parameters"), count, mode))
        what = "bytes of parameters and buffers"
        columns.append(_column("bytes", "memory", what, _total(mode, "bytes"), memory, mode))
    if options.mode == "both":
        columns.append(Column("ratio", "ratio", "local to shared parameters", value=_ratio, nature="place"))
    return Grid(
        [
            *columns,
            _column(
                "macs", "MACs", "multiply-accumulates of one sample", lambda analysis: analysis.totals.macs, brief_count
            ),
            _column("peak", "peak activation", "bytes alive at once", lambda analysis: analysis.peak.bytes, memory),
        ],
        reports,
    )


def comparable(reports: Sequence[Analysis | Failed]) -> bool:
    """Whether there are at least two analyses to compare."""
    return sum(isinstance(report, Analysis) for report in reports) > 1


def _column(
    name: str, heading: str, doc: str, read: Callable[[Analysis], int], spell: Callable[[int], str], mode: str = ""
) -> Column:
    """A column of numbers, empty for a file that failed."""

    def value(report: Analysis | Failed) -> int | str:
        return read(report) if isinstance(report, Analysis) else ""

    def text(report: Analysis | Failed) -> str:
        return spell(read(report)) if isinstance(report, Analysis) else ""

    full = f"{mode}.{name}" if mode else name
    return Column(full, heading, doc, value=value, text=text, nature="place", group=mode)


def _total(mode: str, attribute: str) -> Callable[[Analysis], int]:
    def read(analysis: Analysis) -> Any:
        return getattr(getattr(analysis.totals, mode), attribute)

    return read


def _name(report: Analysis | Failed) -> str:
    return report.name if isinstance(report, Analysis) else report.file


def _input(report: Analysis | Failed) -> str:
    return str(report.input) if isinstance(report, Analysis) else _wrong(report)


def _pretty_input(report: Analysis | Failed) -> str:
    return report.input.pretty() if isinstance(report, Analysis) else _wrong(report)


def _wrong(failed: Failed) -> str:
    return plural(sum(finding.severity == "error" for finding in failed.diagnostics), "error")


def _ratio(report: Analysis | Failed) -> str:
    if not isinstance(report, Analysis):
        return ""
    return ratio(report) or "1.0×"
