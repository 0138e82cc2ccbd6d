"""The memory report in JSON: the contract for programs (schemas/memory.schema.json), whole bytes, a key a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.arena.verify import verify
from analyzer.reporter.objects import objects
from analyzer.reporter.options import Failed, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def render(reports: Sequence[MemoryAnalysis | Failed], options: Options) -> Iterator[str]:
    """One report as an object, several as an array."""
    return objects(reports, options, _object)


def _object(report: MemoryAnalysis, encoder: json.JSONEncoder) -> Iterator[str]:
    before = "{"
    for key, value in _entries(report):
        yield f'{before}"{key}": {encoder.encode(value)}'
        before = ",\n "
    yield "}"


def _entries(report: MemoryAnalysis) -> Iterator[tuple[str, Any]]:
    """The keys of a report, one after the other; what does not exist is left out."""
    run, inputs = report.run, report.network.inputs
    yield "format", 1
    yield "file", report.file
    yield "name", report.name
    yield "input", str(inputs[0].output)
    if len(inputs) > 1:
        yield "inputs", {node.name: str(node.output) for node in inputs}
    yield "mode", report.mode
    yield "batch", run.batch
    yield "dtype", run.dtype
    yield "assumptions", report.assumptions()
    modes = {mode: report.held(mode).to_dict() for mode in report.modes}
    own = modes.get(report.mode) or modes["shared"]
    yield from own.items()
    yield "reserved_bytes", own.get("training", own["inference"])["reserved_bytes"]
    yield from _on_the_device(report)
    if report.trains:
        yield "changes", [_change(report, change) for change in report.changes]
    yield "modes", modes
    if report.trains:
        yield "timeline", _timeline(report)
    if report.divided:
        yield "ranks", _ranks(report)
    if report.plan is not None:
        yield "arena", {**report.plan.to_dict(), "verified": not verify(report.plan)}


def _on_the_device(report: MemoryAnalysis) -> Iterator[tuple[str, Any]]:
    """The verdict, and the largest batches; nothing where no device is named."""
    device, found, largest = report.device, report.verdict(), report.largest
    if device is None or found is None or largest is None:
        return
    yield "max_batch", largest[0]
    yield "max_batch_at_risk", largest[1]
    yield "verdict", found.word
    yield (
        "device",
        {
            "name": device.name,
            "capacity_bytes": device.capacity,
            "nominal_bytes": device.nominal,
            "context_bytes": report.context,
            "low_bytes": found.low,
            "high_bytes": found.high,
            "reason": found.reason,
            "source": device.source,
        },
    )


def _change(report: MemoryAnalysis, change: Any) -> dict[str, Any]:
    record = {
        "change": change.words,
        "option": change.option,
        "peak_bytes": change.bytes,
        "saves_bytes": report.needed() - change.bytes,
    }
    found = report.judged(change.bytes)
    return record if found is None else {**record, "verdict": found.word}


def _timeline(report: MemoryAnalysis) -> dict[str, list[tuple[str, int]]]:
    """The layer and the bytes alive at every operation, by phase."""
    phases: dict[str, list[tuple[str, int]]] = {"forward": [], "backward": [], "step": []}
    for phase, layer, alive in report.held().timeline:
        phases[phase].append((layer, alive))
    return phases


def _ranks(report: MemoryAnalysis) -> dict[str, Any]:
    """What a rank holds, and its share of the batch."""
    rank = report.rank()
    record: dict[str, Any] = {**rank.to_dict(), "batch": report.run.batch // report.ranks}
    if not rank.layer:
        record["at"] = {"phase": rank.phase}
    return record
