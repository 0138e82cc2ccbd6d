"""The view of memory: the bytes alive through a training step, and what they are, in every mode.

The script draws the step. The HTML says its point in words and has the numbers of the peaks in a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.verdict import Verdict
from analyzer.reporter.memory.table import parts_of
from analyzer.reporter.memory.words import about_file, band, title
from analyzer.reporter.modes import TITLES
from analyzer.reporter.options import Options
from analyzer.reporter.page import microcontroller
from analyzer.reporter.page.document import card, named, text, with_code
from analyzer.reporter.page.lives import lives
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import Scene
from analyzer.units import memory, plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The heading of the view, of one without a training step, and of one about a microcontroller.
_TRAINING, _INFERENCE, _CHIP = "Memory of a training step", "Memory of inference", "Memory of a microcontroller"


def section(reviewed: Reviewed, scene: Scene, options: Options) -> Iterator[str]:
    """The view before the script draws the step; nothing where nobody asked for the memory."""
    report = reviewed.memory
    if report is None:
        if reviewed.reason:
            yield from card("memory", "Memory", [_note(reviewed.reason)])
        return
    if report.microcontroller is not None:
        yield from card("memory", _CHIP, microcontroller.content(report, report.microcontroller))
        return
    yield from card("memory", _TRAINING if report.trains else _INFERENCE, _content(report))


def data(reviewed: Reviewed, scene: Scene, options: Options) -> dict[str, Any] | None:
    """What the script draws; None where there is no training step."""
    report = reviewed.memory
    if report is None or not report.trains:
        return None
    device = report.device
    return {
        "mode": report.held().mode,
        "titles": [TITLES[mode] for mode in report.modes],
        "optimizer": report.run.optimizer,
        "device": None if device is None else [device.name, device.capacity],
        **lives(report),
    }


def _content(report: MemoryAnalysis) -> Iterator[str]:
    run = list(title(report))[1 + len(report.network.inputs) :]
    yield _note(" · ".join(run), code=False)
    yield from _points(report)
    for sentence in _notes(report):
        yield _note(sentence)
    if report.trains:
        yield '<div class="memory-step"></div>\n'
    yield '<details class="memory-numbers" open><summary>Numbers of the peaks</summary>\n'
    yield from _table(report)
    yield "</details>\n"


def _note(sentence: str, *, code: bool = True) -> str:
    return f'<p class="page-note">{with_code(sentence) if code else text(sentence)}</p>\n'


def _points(report: MemoryAnalysis) -> Iterator[str]:
    """The point in words: where memory peaks in each mode, and whether that fits."""
    modes = [report.held(mode) for mode in report.modes]
    points = [("inference peak", [inference_peak_of(one) for one in modes])]
    if report.trains:
        points.insert(0, ("training peak", [peak_of(one) for one in modes]))
    if report.device is not None:
        points.append((f"on {report.device.name}", [_needed(report, report.verdict(one.mode)) for one in modes]))
        if report.trains:
            inferred = [_needed(report, report.inference_verdict(one.mode)) for one in modes]
            points.append((f"inference on {report.device.name}", inferred))
    yield '<dl class="memory-points">\n'
    for label, words in points:
        titles = [TITLES[one.mode] for one in modes]
        if len(set(words)) == 1:
            words, titles = words[:1], [f"{'both' if len(modes) == 2 else 'all'} modes"]
        said = "".join(
            f"<dd>{with_code(one)} <small>{mode}</small></dd>" for one, mode in zip(words, titles, strict=True)
        )
        yield f"<div><dt>{text(label)}</dt>{said}</div>\n"
    yield "</dl>\n"


def _notes(report: MemoryAnalysis) -> Iterator[str]:
    """Why there is no training step, or what the step is of; what else was asked for."""
    if not report.trains:
        yield f"Nobody trains a network in {report.run.dtype}, so there is no training step to show."
    elif report.divided:
        yield (
            f"The step is that of one device with the whole batch. Divided by {report.strategy}, each of "
            f"{plural(report.ranks, 'rank')} needs {memory(report.rank().peak.bytes)}."
        )
    if report.largest is not None:
        yield f"{band(report.ranks, *report.largest).capitalize()}."
    if report.device is not None and report.context:
        yield f"What is needed of the device includes {memory(report.context)} for the process."
    yield from about_file(report, report.assumptions())


def peak_of(held: ModeMemory) -> str:
    """The peak of a training step in words, without the mode."""
    peak = held.peak
    return f"{memory(peak.bytes)} in {peak.phase} at `{peak.layer}`"


def inference_peak_of(held: ModeMemory) -> str:
    """The peak of inference in words, without the mode."""
    peak = held.inference.peak
    return f"{memory(peak.bytes)} at `{peak.layer}`"


def _needed(report: MemoryAnalysis, found: Verdict | None) -> str:
    """Whether something fits on the device, in words."""
    if found is None or report.device is None:
        return ""
    return f"{found.word}, {memory(found.low)} to {memory(found.high)} needed of {memory(report.device.capacity)}"


def _table(report: MemoryAnalysis) -> Iterator[str]:
    """The parts of the peaks, a column for each mode."""
    modes = [report.held(mode) for mode in report.modes]
    heads = "".join(f'<th scope="col">{text(TITLES[one.mode])}</th>' for one in modes)
    yield f'<table><thead><tr><th scope="col">bytes alive</th>{heads}</tr></thead>\n<tbody>\n'
    for label, cells in _lines(report, modes):
        tag = "th" if cells else 'th colspan="9"'
        values = "".join(f"<td>{cell}</td>" for cell in cells)
        yield f'<tr><{tag} scope="row">{text(label)}</th>{values}</tr>\n'
    yield "</tbody></table>\n"


def _lines(report: MemoryAnalysis, modes: Sequence[ModeMemory]) -> Iterator[tuple[str, list[str]]]:
    """The label and the cells of each line, as markup."""
    if report.divided:
        ranks = [report.rank(mode) for mode in report.modes]
        yield f"training, each of {plural(report.ranks, 'rank')}", []
        yield from (_sizes(*part) for part in parts_of([one.peak.parts() for one in ranks]))
        yield _sizes("peak of a rank", [one.peak.bytes for one in ranks])
    if report.trains:
        yield "training" if not report.divided else "training on one device", []
        yield from (_sizes(*part) for part in parts_of([one.training_parts() for one in modes]))
        yield _sizes("training peak", [one.peak.bytes for one in modes])
        yield "in", [one.peak.phase for one in modes]
        yield "at", [named(one.peak.layer) for one in modes]
        for phase in modes[0].training.ledger.peaks:
            peaks = [one.training.ledger.peaks[phase].bytes for one in modes]
            yield _sizes(f"{phase} peak", peaks)
    yield "inference", []
    yield from (_sizes(*part) for part in parts_of([one.inference_parts() for one in modes]))
    yield _sizes("inference peak", [one.inference.peak.bytes for one in modes])
    yield "at", [named(one.inference.peak.layer) for one in modes]


def _sizes(label: str, sizes: Sequence[int]) -> tuple[str, list[str]]:
    """A line of sizes; each has its bytes in a title."""
    return label, [f'<span title="{size:,} bytes">{memory(size)}</span>' for size in sizes]
