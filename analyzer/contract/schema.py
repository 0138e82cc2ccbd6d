"""The schema of the JSON report, draft-07: schemas/report.schema.json is this, written out; a test refuses drift."""

from __future__ import annotations

from analyzer.diagnostics import SEVERITIES
from analyzer.dtypes import BITS
from analyzer.engine.result import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_NAME = {"type": "string", "minLength": 1}
_VOLUME = {"$ref": "#/definitions/volume"}


def report_schema() -> dict[str, Any]:
    """The schema: one report, one wrong file, or an array of both."""
    return document(
        "Report of analyzer",
        "What every layer of a network puts out and costs. Format 1; its keys are stable.",
        "report",
        "layers",
        {
            "report": _report(),
            "failed": _closed({"file": _TEXT, "diagnostics": {**_diagnostics(), "minItems": 1}}),
            "layer": _layer(),
            "cost": _closed(_numbers("weights", "biases", "parameters", "buffers", "bytes")),
            "total_cost": _closed(_numbers("weights", "biases", "parameters", "trainable", "buffers", "bytes")),
            "sums": _closed(_sums("cost")),
            "diagnostic": _diagnostic(),
            "volume": {"type": "string", "pattern": "^[0-9]+(x[0-9]+){0,3}$", "description": "height x width x depth"},
        },
    )


def document(title: str, description: str, kind: str, key: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a report: one of this kind, which `key` tells from a wrong file, or an array of both."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "description": description,
        "if": {"type": "array"},
        "then": {"items": {"$ref": "#/definitions/file"}},
        "else": {"$ref": "#/definitions/file"},
        "definitions": {
            "file": {
                "type": "object",
                "if": {"required": [key]},
                "then": {"$ref": f"#/definitions/{kind}"},
                "else": {"$ref": "#/definitions/failed"},
            },
            **definitions,
        },
    }


def _report() -> dict[str, Any]:
    peak = _closed({"bytes": _COUNT, "layer": _NAME})
    volumes = {"type": "object", "additionalProperties": _VOLUME}
    return _closed(
        {
            "format": {"const": 1},
            "file": _TEXT,
            "name": _TEXT,
            "input": _VOLUME,
            "outputs": volumes,
            "batch": {"type": "integer", "minimum": 1},
            "dtype": {"enum": list(BITS)},
            "layers": {"type": "array", "items": {"$ref": "#/definitions/layer"}},
            "totals": _closed(
                {**_sums("total_cost"), "layers": _COUNT, "peak_activation": peak}, {"macs_on_data": _COUNT}
            ),
            "diagnostics": _diagnostics(),
        },
        {"description": _TEXT, "inputs": volumes},
    )


def _layer() -> dict[str, Any]:
    return _closed(
        {
            "name": _NAME,
            "kind": _NAME,
            "path": _TEXT,
            "inputs": {"type": "array", "items": _NAME},
            "output": _VOLUME,
            **_sums("cost"),
            "cumulative": {"$ref": "#/definitions/sums"},
        },
        {
            "line": {"type": "integer", "minimum": 1},
            "receptive_field": _closed(
                {
                    "size": _axes("integer"),
                    "stride": _axes("number", minimum=0),
                    "offset": _axes("integer", minimum=None),
                },
                {"size_min": _axes("integer")},
            ),
            "macs_on_data": _COUNT,
            "unread": _axes("integer"),
            "tied": _NAME,
            "frozen": {"const": True},
            "authored": {"const": True},
            "note": _TEXT,
        },
    )


def _axes(type: str, *, minimum: int | None = 0) -> dict[str, Any]:
    """A number for each spatial axis."""
    item = {"type": type} if minimum is None else {"type": type, "minimum": minimum}
    return {"type": "array", "items": item, "minItems": 1, "maxItems": 3}


def _diagnostic() -> dict[str, Any]:
    place = {"type": "integer", "minimum": 1}
    return _closed(
        {"code": _NAME, "severity": {"enum": list(SEVERITIES)}, "message": _TEXT},
        {"file": _TEXT, "line": place, "column": place, "notes": {"type": "array", "items": _TEXT}, "help": _TEXT},
    )


def _diagnostics() -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": "#/definitions/diagnostic"}}


def _sums(cost: str) -> dict[str, Any]:
    return {mode: {"$ref": f"#/definitions/{cost}"} for mode in MODES} | _numbers("macs", "activation_bytes")


def _numbers(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, _COUNT)


def _closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }
