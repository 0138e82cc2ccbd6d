"""The schema of the memory report, draft-07: schemas/memory.schema.json is this, written out; a test refuses drift."""

from __future__ import annotations

from analyzer.contract.schema import document, report_schema
from analyzer.dtypes import BITS
from analyzer.engine.memory.sharding import PHASES, STRATEGIES
from analyzer.engine.memory.verdict import AT_RISK, DOES_NOT_FIT, FITS
from analyzer.engine.result import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COUNT = {"type": "integer", "minimum": 0}
_SAMPLES = {"type": "integer", "minimum": 1}
_TEXT = {"type": "string"}
_NAME = {"type": "string", "minLength": 1}
_VOLUME = {"$ref": "#/definitions/volume"}
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
            "moment": {"type": "array", "items": [_NAME, _COUNT], "minItems": 2, "maxItems": 2},
            "mode": _object({"inference": _inference()}, {"training": _training()}),
            "ranks": _ranks(),
            "arena": _arena(),
            "device": _device(),
            **{name: shared[name] for name in ("failed", "diagnostic", "volume")},
        },
    )


def _memory() -> dict[str, Any]:
    phases = {phase: {"type": "array", "items": {"$ref": "#/definitions/moment"}} for phase in PHASES}
    mode = {"$ref": "#/definitions/mode"}
    parts = "#/definitions/mode/properties/"
    schema = _object(
        {
            "format": {"const": 1},
            "file": _TEXT,
            "name": _TEXT,
            "input": _VOLUME,
            "mode": {"enum": list(MODES)},
            "batch": _SAMPLES,
            "dtype": {"enum": list(BITS)},
            "assumptions": {"type": "object", "required": ["counted", "slices", "local"]},
            "inference": {"$ref": f"{parts}inference"},
            "reserved_bytes": _COUNT,
            "modes": _object({"shared": mode, "local": mode}, {"declared": mode}),
        },
        {
            "inputs": {"type": "object", "additionalProperties": _VOLUME},
            "training": {"$ref": f"{parts}training"},
            "max_batch": _COUNT,
            "max_batch_at_risk": _COUNT,
            "verdict": _WORD,
            "device": {"$ref": "#/definitions/device"},
            "changes": {"type": "array", "items": _change()},
            "timeline": _object(phases),
            "ranks": {"$ref": "#/definitions/ranks"},
            "arena": {"$ref": "#/definitions/arena"},
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
    return _object(
        {
            "peak_bytes": _COUNT,
            "at": _object({"layer": _NAME}),
            "breakdown": _sizes("parameters", "buffers", "input", "activations", "temporary"),
            "eager_peak_bytes": _COUNT,
            "reserved_bytes": _COUNT,
        }
    )


def _training() -> dict[str, Any]:
    return _object(
        {
            "peak_bytes": _COUNT,
            "saved_bytes": _COUNT,
            "at": _object({"layer": _NAME, "phase": {"enum": list(PHASES)}}),
            "breakdown": _sizes("parameters", "buffers", "gradients", "optimizer", "saved", "transient", "input"),
            "phases": _object({"forward": _COUNT}, dict.fromkeys(PHASES[1:], _COUNT)),
            "reserved_bytes": _COUNT,
        }
    )


def _ranks() -> dict[str, Any]:
    parts = ("parameters", "buffers", "gradients", "optimizer", "buckets", "gathered", "saved", "transient", "input")
    return _object(
        {
            "strategy": {"enum": list(STRATEGIES)},
            "ranks": _SAMPLES,
            "batch": _SAMPLES,
            "peak_bytes": _COUNT,
            "at": _object({"phase": {"enum": list(PHASES)}}, {"layer": _NAME}),
            "breakdown": _sizes(*parts),
            "phases": _sizes(*PHASES),
            "rest_bytes": _COUNT,
        }
    )


def _arena() -> dict[str, Any]:
    tensor = _object({"name": _NAME, **dict.fromkeys(("bytes", "offset", "first", "last"), _COUNT)})
    return _object(
        {
            **dict.fromkeys(("bytes", "bound_bytes", "live_bytes"), _COUNT),
            "ratio": {"type": "number", "minimum": 1},
            "alignment": {"type": "integer", "minimum": 1},
            "order": _TEXT,
            "tensors": {"type": "array", "items": tensor},
            "verified": {"type": "boolean"},
        }
    )


def _device() -> dict[str, Any]:
    sizes = ("capacity_bytes", "nominal_bytes", "context_bytes", "low_bytes", "high_bytes")
    return _object({"name": _NAME, **dict.fromkeys(sizes, _COUNT), "reason": _NAME, "source": _NAME})


def _change() -> dict[str, Any]:
    return _object(
        {"change": _NAME, "option": _NAME, "peak_bytes": _COUNT, "saves_bytes": {"type": "integer", "minimum": 1}},
        {"verdict": _WORD},
    )


def _sizes(*names: str) -> dict[str, Any]:
    return _object(dict.fromkeys(names, _COUNT))


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }
