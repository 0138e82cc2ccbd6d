"""The memory report: its keys in the order in which they are written, and its schema. All sizes are bytes.

schemas/memory.schema.json is the schema written out (draft-07); a test refuses drift.
"""

from __future__ import annotations

from analyzer.contract.keys import (
    AT_LEAST_1,
    COUNT,
    FORMAT,
    NAME,
    TEXT,
    Key,
    array,
    closed,
    counts,
    definition,
    field,
    schema_of,
    written,
)
from analyzer.contract.microcontroller import ARENA, FLASH_SCHEMA, RAM, flash_of_report, on_microcontroller
from analyzer.contract.report import FINDING, FOREIGN
from analyzer.contract.schema import document, report_schema
from analyzer.dtypes import BITS
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.history import CATEGORIES
from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.sharding.rank import PHASES, Breakdown
from analyzer.engine.memory.sharding.strategies import STRATEGIES
from analyzer.engine.memory.verdict import AT_RISK, DOES_NOT_FIT, FITS
from analyzer.engine.result import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

_VOLUME = definition("volume")
_VOLUMES = {"type": "object", "additionalProperties": _VOLUME}
_PHASE = {"enum": list(PHASES)}
_WORD = {"enum": [FITS, AT_RISK, DOES_NOT_FIT]}


def _parts(names: Iterable[str], parts: Callable[[Any], dict[str, int]]) -> Key:
    """The parts of a peak, whose sum it is."""
    return Key("breakdown", closed(counts(names)), parts)


def _part_of_mode(name: str) -> dict[str, Any]:
    """A reference to the schema of one half of a mode: a report has that of the mode asked for at its top, too."""
    return {"$ref": f"#/definitions/mode/properties/{name}"}


_INFERENCE = (
    Key("peak_bytes", COUNT, lambda held: held.inference.peak.bytes),
    Key("at", closed({"layer": NAME}), lambda held: {"layer": held.inference.peak.layer}),
    _parts(("parameters", "buffers", "input", "activations", "temporary", "libraries"), ModeMemory.inference_parts),
    Key("eager_peak_bytes", COUNT, lambda held: held.eager_bytes),
    Key("reserved_bytes", COUNT, lambda held: held.reserved_inference),
)

#: The verdict on inference, where a device is named.
_JUDGED = (
    Key("verdict", _WORD, lambda found: found.word),
    Key("low_bytes", COUNT, lambda found: found.low),
    Key("high_bytes", COUNT, lambda found: found.high),
)


def _inference(report: MemoryAnalysis, mode: str | None = None) -> dict[str, Any]:
    found = report.inference_verdict(mode)
    judged = {} if found is None else written(_JUDGED, found)
    return {**written(_INFERENCE, report.held(mode)), **judged}


_TRAINING = (
    Key("peak_bytes", COUNT, lambda held: held.peak.bytes),
    Key("saved_bytes", COUNT, lambda held: held.training.saved),
    Key(
        "at",
        closed({"layer": NAME, "phase": _PHASE}),
        lambda held: {"layer": held.peak.layer, "phase": held.peak.phase},
    ),
    _parts(CATEGORIES, lambda held: held.training_parts()),
    Key(
        "phases",
        closed(counts(PHASES[:1]), counts(PHASES[1:])),
        lambda held: {phase: peak.bytes for phase, peak in held.training.ledger.peaks.items()},
    ),
    Key("reserved_bytes", COUNT, lambda held: held.reserved_training),
)


def _training(held: ModeMemory) -> dict[str, Any] | None:
    return written(_TRAINING, held) if held.trains else None


#: One mode of sharing.
_MODE = closed(
    {"inference": schema_of([*_INFERENCE, *(key.but(optional=True) for key in _JUDGED)])},
    {"training": schema_of(_TRAINING)},
)


def _mode(report: MemoryAnalysis, mode: str) -> dict[str, Any]:
    trained = _training(report.held(mode))
    return {"inference": _inference(report, mode), **({} if trained is None else {"training": trained})}


_AT_RANK = (Key("layer", NAME, lambda rank: rank.layer or None, True), Key("phase", _PHASE, lambda rank: rank.phase))

#: The fullest rank.
RANK = (
    Key("strategy", {"enum": list(STRATEGIES)}, lambda rank: rank.strategy),
    field("ranks", AT_LEAST_1),
    Key("peak_bytes", COUNT, lambda rank: rank.peak.bytes),
    Key("at", schema_of(_AT_RANK), lambda rank: written(_AT_RANK, rank)),
    _parts(Breakdown._fields, lambda rank: rank.peak.parts()),
    Key("phases", closed(counts(PHASES)), lambda rank: {name: rank.phases[name].bytes for name in PHASES}),
    Key("rest_bytes", COUNT, lambda rank: rank.rest.bytes),
)

#: A rank has its share of the batch.
_BATCH_OF_RANK = Key("batch", AT_LEAST_1, lambda report: report.run.batch // report.ranks)


def _ranks(report: MemoryAnalysis) -> dict[str, Any] | None:
    if not report.divided:
        return None
    return {**written(RANK, report.rank()), **written([_BATCH_OF_RANK], report)}


#: The device of a report and the verdict on it.
_DEVICE = (
    Key("name", NAME, lambda report: report.device.name),
    Key("capacity_bytes", COUNT, lambda report: report.device.capacity),
    Key("nominal_bytes", COUNT, lambda report: report.device.nominal),
    Key("context_bytes", COUNT, lambda report: report.context),
    Key("low_bytes", COUNT, lambda report: report.verdict().low),
    Key("high_bytes", COUNT, lambda report: report.verdict().high),
    Key("reason", NAME, lambda report: report.verdict().reason),
    Key("source", NAME, lambda report: report.device.source),
)

_CHANGE = closed(
    {"change": NAME, "option": NAME, "peak_bytes": COUNT, "saves_bytes": AT_LEAST_1},
    {"verdict": _WORD, **counts(("max_batch",))},
)


def _changes(report: MemoryAnalysis) -> list[dict[str, Any]] | None:
    """The changes of the run that lower the peak, each with verdict and largest batches where a device is named."""
    if not report.trains:
        return None
    records = []
    for change in report.changes:
        record: dict[str, Any] = {
            "change": change.words,
            "option": change.option,
            "peak_bytes": change.bytes,
            "saves_bytes": report.needed() - change.bytes,
        }
        if change.verdict is not None:
            record |= {name: getattr(change, name) for name in ("verdict", "max_batch")}
        records.append(record)
    return records


def _timeline(report: MemoryAnalysis) -> dict[str, list[Any]] | None:
    """The layer and the bytes alive at every operation, by phase, and the tensors that these bytes are."""
    if not report.trains:
        return None
    held = report.held()
    found: dict[str, list[Any]] = {phase: [] for phase in PHASES}
    for phase, layer, alive in held.timeline:
        found[phase].append((layer, alive))
    found["tensors"] = [
        (tensor.layer, tensor.category, tensor.bytes, tensor.born, tensor.died) for tensor in held.tensors
    ]
    return found


#: What a row of a tensor is, for the schema.
_TENSOR = {
    **array([NAME, {"enum": list(CATEGORIES)}, AT_LEAST_1, COUNT, COUNT], minItems=5, maxItems=5),
    "description": (
        "[layer, category, bytes, born, died]: the layer that makes the tensor, its purpose, and the first and the last "
        "position of the timeline at which it is alive for that purpose, both included. Positions count the moments of "
        "forward, backward and step together, from 0. A tensor that changes its purpose is several rows. At every position "
        "the bytes of the rows alive add up to the bytes of the moment, and at the peak those of each category to the "
        "breakdown."
    ),
}


_TIMELINE = closed({**{phase: array(definition("moment")) for phase in PHASES}, "tensors": array(definition("tensor"))})


def _inputs(report: MemoryAnalysis) -> dict[str, str] | None:
    inputs = report.network.inputs
    return {node.name: str(node.output) for node in inputs} if len(inputs) > 1 else None


def _reserved(report: MemoryAnalysis) -> int:
    held = report.held()
    return held.reserved_training if held.trains else held.reserved_inference


def _largest(which: int) -> Callable[[MemoryAnalysis], int | None]:
    """The largest batch that fits (0), or that is at risk (1)."""
    return lambda report: None if report.largest is None else report.largest[which]


def _verdict(report: MemoryAnalysis) -> str | None:
    found = report.verdict()
    return None if found is None else found.word


MEMORY = (
    Key("format", {"const": FORMAT}, lambda _: FORMAT),
    field("file", TEXT),
    field("name", TEXT),
    *FOREIGN,
    Key("input", _VOLUME, lambda report: str(report.network.inputs[0].output)),
    Key("inputs", _VOLUMES, _inputs, True),
    Key("mode", {"enum": list(MODES)}, lambda report: report.mode),
    Key("batch", AT_LEAST_1, lambda report: report.run.batch),
    Key("dtype", {"enum": list(BITS)}, lambda report: report.run.dtype),
    field("weights_dtype", {"enum": list(BITS)}, optional=True),
    Key(
        "assumptions",
        {"type": "object", "required": ["counted", "kernels", "slices", "local"]},
        lambda report: report.assumptions(),
    ),
    Key("inference", _part_of_mode("inference"), _inference),
    Key("training", _part_of_mode("training"), lambda report: _training(report.held()), True),
    Key("reserved_bytes", COUNT, _reserved),
    Key("max_batch", COUNT, _largest(0), True),
    Key("max_batch_at_risk", COUNT, _largest(1), True),
    Key("verdict", _WORD, _verdict, True),
    Key(
        "device",
        definition("device"),
        lambda report: None if report.device is None else written(_DEVICE, report),
        True,
    ),
    Key("changes", array(_CHANGE), _changes, True),
    Key(
        "modes",
        closed(dict.fromkeys(MODES[:2], definition("mode")), dict.fromkeys(MODES[2:], definition("mode"))),
        lambda report: {mode: _mode(report, mode) for mode in report.modes},
    ),
    Key("timeline", _TIMELINE, _timeline, True),
    Key("ranks", definition("ranks"), _ranks, True),
    Key(
        "arena",
        definition("arena"),
        on_microcontroller(ARENA),
        True,
    ),
    Key("ram", schema_of(RAM), on_microcontroller(RAM), True),
    Key("flash", FLASH_SCHEMA, flash_of_report, True),
    Key(
        "diagnostics",
        array(definition("diagnostic")),
        lambda report: [written(FINDING, finding) for finding in report.diagnostics] or None,
        True,
    ),
)

#: Keys that a report has together or not at all, and keys that need another one.
_ON_A_DEVICE = ("max_batch", "max_batch_at_risk", "verdict", "device")
_TRAINED = ("training", "changes", "timeline")
_ON_A_MICROCONTROLLER = ("arena", "ram", "flash")


def as_dict(report: MemoryAnalysis) -> dict[str, Any]:
    """A memory report as plain data for `json.dumps`."""
    return written(MEMORY, report)


def memory_schema() -> dict[str, Any]:
    """The schema: one report, one wrong file, or an array of both."""
    shared = report_schema()["definitions"]
    return document(
        "Memory report of analyzer",
        "The memory of inference and training of a network. Format 1; its keys are stable, all sizes are bytes.",
        "memory",
        "modes",
        {
            "memory": {
                **schema_of(MEMORY),
                "dependencies": {
                    **{name: [other for other in _ON_A_DEVICE if other != name] for name in _ON_A_DEVICE},
                    **{name: [other for other in _TRAINED if other != name] for name in _TRAINED},
                    **{
                        name: [other for other in _ON_A_MICROCONTROLLER if other != name]
                        for name in _ON_A_MICROCONTROLLER
                    },
                    "ranks": ["training"],
                },
            },
            "moment": array([NAME, COUNT], minItems=2, maxItems=2),
            "tensor": _TENSOR,
            "mode": _MODE,
            "ranks": schema_of([*RANK, _BATCH_OF_RANK]),
            "arena": schema_of(ARENA),
            "device": schema_of(_DEVICE),
            **{name: shared[name] for name in ("failed", "diagnostic", "volume")},
        },
    )
