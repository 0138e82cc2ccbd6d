"""The numbers of a memory report side by side, a column for each mode: the parts of each peak, and its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.verdict import Verdict
from analyzer.record import Record
from analyzer.reporter.column import Column
from analyzer.reporter.grid import Grid
from analyzer.reporter.layout import GAP, wrap
from analyzer.reporter.memory import arena
from analyzer.reporter.options import Failed
from analyzer.units import count, memory, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Labels of the parts of a peak that differ from their keys.
_PARTS = {"saved": "saved activations", "buckets": "buckets of gradients", "gathered": "gathered parameters"}

#: The style of each verdict.
VERDICTS = {"fits": "green", "at risk": "yellow", "does not fit": "red"}

#: How the line of a sum begins.
SUM = "= "

_PEAKS = {"forward": "forward peak", "backward": "backward peak", "step": "step peak"}
_RESERVED = "reserved by allocator"

#: The least width of a column for a layer's name.
_LEAST = 17


class TableLine(Record):
    """A line of the table: its label and a cell for each mode."""

    label: str
    cells: Sequence[str] = ()


def grid(report: MemoryAnalysis, modes: Sequence[str], width: int | None) -> Grid:
    """The table of a report in these modes; names of layers take several lines where the width asks for it."""
    sections = list(_sections(report, modes))
    lines: list[TableLine] = []
    for number, (title, section) in enumerate(sections):
        if number:
            lines += [TableLine(""), TableLine(title)]
        lines += section
    wide = max(len(line.label) for line in lines)
    room = None if width is None else max(_LEAST, (width - wide) // len(modes) - GAP)
    return Grid(_columns(sections[0][0], modes), [part for line in lines for part in _wrapped(line, room)])


def section_grids(report: MemoryAnalysis, modes: Sequence[str]) -> Iterator[tuple[str, Grid]]:
    """The title of each section, and its table."""
    for title, lines in _sections(report, modes):
        yield title, Grid(_columns("", modes), lines)


def _columns(heading: str, modes: Sequence[str]) -> list[Column]:
    return [
        Column("name", heading, "the part", value=lambda line: line.label),
        *(
            Column(f"{mode}.bytes", "", "bytes", value=_cell(place), nature="place", group=mode)
            for place, mode in enumerate(modes)
        ),
    ]


def titles(report: MemoryAnalysis) -> list[str]:
    """The titles of the sections."""
    return [title for title, _ in _sections(report, report.modes)]


def _cell(place: int) -> Callable[[TableLine], str]:
    return lambda line: line.cells[place] if place < len(line.cells) else ""


def _wrapped(line: TableLine, room: int | None) -> Iterator[TableLine]:
    """A line, or several where a name of a layer is longer than the room."""
    if room is None or all(len(cell) <= room for cell in line.cells):
        yield line
        return
    cells = [wrap(cell, ".", room) for cell in line.cells]
    for number in range(max(map(len, cells))):
        yield TableLine("" if number else line.label, [cell[number] if number < len(cell) else "" for cell in cells])


def _sections(report: MemoryAnalysis, shown: Sequence[str]) -> Iterator[tuple[str, list[TableLine]]]:
    """The sections with their titles, first the one that the verdict is about."""
    modes = [report.held(mode) for mode in shown]

    def fits(judged: Callable[[str], Verdict | None]) -> Iterator[TableLine]:
        """Whether that fits on the device, where one is named."""
        if report.device is not None:
            verdicts = [judged(mode) for mode in shown]
            yield TableLine(f"on {report.device.name}", [found.word if found else "" for found in verdicts])

    if report.divided:
        yield f"training, each of {plural(report.ranks, 'rank')}", [*_rank(report, shown), *fits(report.verdict)]
    if report.trains:
        title = "training on one device" if report.divided else "training"
        yield title, [*_training(modes), *([] if report.divided else fits(report.verdict))]
    yield "inference", [*_inference(modes), *fits(report.inference_verdict)]


def _rank(report: MemoryAnalysis, shown: Sequence[str]) -> Iterator[TableLine]:
    ranks = [report.rank(mode) for mode in shown]
    yield from _part_lines([rank.peak.parts() for rank in ranks])
    yield _sizes(f"{SUM}peak of a rank", [rank.peak.bytes for rank in ranks])
    yield TableLine("at", [rank.layer for rank in ranks])
    yield TableLine("in", [rank.phase for rank in ranks])
    for phase, label in _PEAKS.items():
        yield _sizes(label, [rank.phases[phase].bytes for rank in ranks])
    yield _sizes("between steps", [rank.rest.bytes for rank in ranks])


def _training(modes: Sequence[ModeMemory]) -> Iterator[TableLine]:
    yield from _part_lines([one.training_parts() for one in modes])
    yield _sizes(f"{SUM}training peak", [one.peak.bytes for one in modes])
    yield TableLine("at", [one.peak.layer for one in modes])
    yield TableLine("in", [one.peak.phase for one in modes])
    for phase, label in _PEAKS.items():
        peaks = [one.training.ledger.peaks.get(phase) for one in modes]
        if any(peaks):  # without trained parameters there is no backward pass
            yield TableLine(label, [memory(peak.bytes) if peak else "" for peak in peaks])
    yield _sizes(_RESERVED, [one.reserved_training for one in modes])


def _inference(modes: Sequence[ModeMemory]) -> Iterator[TableLine]:
    yield from _part_lines([one.inference_parts() for one in modes])
    yield _sizes(f"{SUM}inference peak", [one.inference.peak.bytes for one in modes])
    yield TableLine("at", [one.inference.peak.layer for one in modes])
    yield _sizes("eager peak", [one.eager_bytes for one in modes])
    yield _sizes(_RESERVED, [one.reserved_inference for one in modes])


def parts_of(peaks: Sequence[dict[str, int]]) -> Iterator[tuple[str, list[int]]]:
    """The parts of several peaks: label and bytes. Libraries appear only on a device, where they take memory."""
    for name in peaks[0]:
        sizes = [parts[name] for parts in peaks]
        if name != "libraries" or any(sizes):
            yield _PARTS.get(name, name), sizes


def _part_lines(peaks: Sequence[dict[str, int]]) -> Iterator[TableLine]:
    return (_sizes(label, sizes) for label, sizes in parts_of(peaks))


def _sizes(label: str, sizes: Sequence[int]) -> TableLine:
    return TableLine(label, [memory(size) for size in sizes])


def changes_grid(report: MemoryAnalysis) -> Grid:
    """The proposed changes: option, peak with it, bytes saved; verdict and largest batch where a device is named."""
    needed = report.needed()

    def sized(name: str, heading: str, size: Callable[[Any], int]) -> Column:
        return Column(name, heading, heading, value=size, text=lambda change: memory(size(change)), nature="place")

    def word(change: Any) -> str:
        return change.verdict or ""

    def largest(change: Any) -> str:
        """The largest batch of a pass that is safe, with the passes where they are not those of the run."""
        if not change.max_batch:
            return "none"
        passes = "" if change.run.accumulate == report.run.accumulate else f"{change.run.accumulate} × "
        return f"{passes}{count(change.max_batch)}"

    columns = [
        Column("option", "to lower the peak", "the options", value=lambda change: change.option),
        sized("with", "peak", lambda change: change.bytes),
        sized("saves", "saves", lambda change: needed - change.bytes),
    ]
    if report.device is not None:
        columns.append(Column("verdict", f"on {report.device.name}", "the verdict", value=word, style=_styled(word)))
        columns.append(Column("batch", "largest", "the largest batch that is safe", value=largest, nature="place"))
    columns.append(Column("kind", "", "the change in words", value=lambda change: change.words))
    return Grid(columns, report.changes)


def comparison_grid(reports: Sequence[MemoryAnalysis | Failed]) -> Grid:
    """A line for each file; a wrong file has its name and number of errors."""
    good = [report for report in reports if isinstance(report, MemoryAnalysis)]

    def column(name: str, heading: str, read: Callable[[MemoryAnalysis], str], nature: str = "place") -> Column:
        def text(report: MemoryAnalysis | Failed) -> str:
            return read(report) if isinstance(report, MemoryAnalysis) else ""

        return Column(name, heading, heading, value=text, nature=nature)

    columns = [
        Column("name", "name", "name of the network", value=_name),
        Column("input", "input", "input volume", value=_input),
        column("batch", "batch", lambda report: f"{report.run.batch:,}"),
    ]
    if any(report.microcontroller is not None for report in good):
        chips = arena.comparison_columns(good)
        styled = [one.but(style=_styled(one.text)) if one.name == "verdict" else one for one in chips]
        return Grid([*columns, *styled], reports)
    columns.append(column("inference", "inference peak", lambda report: memory(report.held().inference.peak.bytes)))
    if any(report.trains for report in good):
        columns.append(column("training", "training peak", _needed))
    if good and good[0].device is not None:
        verdict = column("verdict", f"on {good[0].device.name}", _word, "word")
        columns.append(verdict.but(style=_styled(verdict.text)))
    return Grid(columns, reports)


def _styled(verdict: Callable[[Any], str]) -> Callable[[Any], str]:
    """The style of a verdict by its word."""
    return lambda subject: VERDICTS.get(verdict(subject), "")


def _needed(report: MemoryAnalysis) -> str:
    return memory(report.needed()) if report.trains else ""


def _word(report: MemoryAnalysis) -> str:
    found = report.verdict()
    return found.word if found else ""


def _name(report: MemoryAnalysis | Failed) -> str:
    return report.name if isinstance(report, MemoryAnalysis) else report.file


def _input(report: MemoryAnalysis | Failed) -> str:
    if isinstance(report, MemoryAnalysis):
        return report.network.inputs[0].output.pretty()
    return plural(sum(finding.severity == "error" for finding in report.diagnostics), "error")
