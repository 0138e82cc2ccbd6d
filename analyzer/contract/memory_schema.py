"""The schema of the memory report, draft-07: schemas/memory.schema.json is this, written out; a test refuses drift."""

from __future__ import annotations

from analyzer.contract.keys import AT_LEAST_1, COUNT, FORMAT, NAME, TEXT, array, closed, counts, definition
from analyzer.contract.schema import document, report_schema
from analyzer.dtypes import BITS
from analyzer.engine.memory.sharding.rank import PHASES
from analyzer.engine.memory.sharding.strategies import STRATEGIES
from analyzer.engine.memory.verdict import AT_RISK, DOES_NOT_FIT, FITS
from analyzer.engine.result import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VOLUME = definition("volume")
_WORD = {"enum": [FITS, AT_RISK, DOES_NOT_FIT]}


def memory_schema() -> dict[str, Any]:
    """The schema: one report, one wrong file, or an array of both."""
    shared = report_schema()["definitions"]
    return document(
        "Memory report of analyzer",
        "What inference and training of a network take. Format 1; its keys are stable, all sizes are bytes.",
        "memory",
        "modes",
        {
            "memory": _memory(),
            "moment": {"type": "array", "items": [NAME, COUNT], "minItems": 2, "maxItems": 2},
            "mode": closed({"inference": _inference()}, {"training": _training()}),
            "ranks": _ranks(),
            "arena": _arena(),
            "device": _device(),
            **{name: shared[name] for name in ("failed", "diagnostic", "volume")},
        },
    )


def _memory() -> dict[str, Any]:
    phases = {phase: array(definition("moment")) for phase in PHASES}
    mode = definition("mode")
    parts = "#/definitions/mode/properties/"
    schema = closed(
        {
            "format": {"const": FORMAT},
            "file": TEXT,
            "name": TEXT,
            "input": _VOLUME,
            "mode": {"enum": list(MODES)},
            "batch": AT_LEAST_1,
            "dtype": {"enum": list(BITS)},
            "assumptions": {"type": "object", "required": ["counted", "slices", "local"]},
            "inference": {"$ref": f"{parts}inference"},
            "reserved_bytes": COUNT,
            "modes": closed({"shared": mode, "local": mode}, {"declared": mode}),
        },
        {
            "inputs": {"type": "object", "additionalProperties": _VOLUME},
            "training": {"$ref": f"{parts}training"},
            "max_batch": COUNT,
            "max_batch_at_risk": COUNT,
            "verdict": _WORD,
            "device": definition("device"),
            "changes": array(_change()),
            "timeline": closed(phases),
            "ranks": definition("ranks"),
            "arena": definition("arena"),
        },
    )
    on_a_device = ("max_batch", "max_batch_at_risk", "verdict", "device")
    trained = ("training", "changes", "timeline")
    schema["dependencies"] = {
        **{name: [other for other in on_a_device if other != name] for name in on_a_device},
        **{name: [other for other in trained if other != name] for name in trained},
        "ranks": ["training"],
    }
    return schema


def _inference() -> dict[str, Any]:
    return closed(
        {
            "peak_bytes": COUNT,
            "at": closed({"layer": NAME}),
            "breakdown": closed(counts(("parameters", "buffers", "input", "activations", "temporary"))),
            "eager_peak_bytes": COUNT,
            "reserved_bytes": COUNT,
        }
    )


def _training() -> dict[str, Any]:
    return closed(
        {
            "peak_bytes": COUNT,
            "saved_bytes": COUNT,
            "at": closed({"layer": NAME, "phase": {"enum": list(PHASES)}}),
            "breakdown": closed(
                counts(("parameters", "buffers", "gradients", "optimizer", "saved", "transient", "input"))
            ),
            "phases": closed({"forward": COUNT}, dict.fromkeys(PHASES[1:], COUNT)),
            "reserved_bytes": COUNT,
        }
    )


def _ranks() -> dict[str, Any]:
    parts = ("parameters", "buffers", "gradients", "optimizer", "buckets", "gathered", "saved", "transient", "input")
    return closed(
        {
            "strategy": {"enum": list(STRATEGIES)},
            "ranks": AT_LEAST_1,
            "batch": AT_LEAST_1,
            "peak_bytes": COUNT,
            "at": closed({"phase": {"enum": list(PHASES)}}, {"layer": NAME}),
            "breakdown": closed(counts(parts)),
            "phases": closed(counts(PHASES)),
            "rest_bytes": COUNT,
        }
    )


def _arena() -> dict[str, Any]:
    tensor = closed({"name": NAME, **counts(("bytes", "offset", "first", "last"))})
    return closed(
        {
            **counts(("bytes", "bound_bytes", "live_bytes")),
            "ratio": {"type": "number", "minimum": 1},
            "alignment": AT_LEAST_1,
            "order": TEXT,
            "tensors": array(tensor),
            "verified": {"type": "boolean"},
        }
    )


def _device() -> dict[str, Any]:
    sizes = ("capacity_bytes", "nominal_bytes", "context_bytes", "low_bytes", "high_bytes")
    return closed({"name": NAME, **counts(sizes), "reason": NAME, "source": NAME})


def _change() -> dict[str, Any]:
    return closed(
        {"change": NAME, "option": NAME, "peak_bytes": COUNT, "saves_bytes": AT_LEAST_1},
        {"verdict": _WORD},
    )
