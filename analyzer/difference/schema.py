"""The schema of a comparison, draft-07: schemas/diff.schema.json is this, written out; a test refuses drift."""

from __future__ import annotations

from analyzer.contract.schema import report_schema
from analyzer.difference.result import FIELDS, MODES, TOTAL_COUNTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_NAME = {"type": "string", "minLength": 1}
_PAIR = {"$ref": "#/definitions/pair"}
_CHANGES = ("added", "removed", "changed", "moved", "affected")


def diff_schema() -> dict[str, Any]:
    """The schema of one comparison."""
    shared = report_schema()["definitions"]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Comparison of analyzer",
        "description": "What one network differs in from another. Format 1; its keys are stable.",
        **_object(
            {
                "format": {"const": 1},
                "equal": {"type": "boolean"},
                "old": {"$ref": "#/definitions/side"},
                "new": {"$ref": "#/definitions/side"},
                "run": {"type": "array", "items": _object({"what": _NAME, "old": _TEXT, "new": _TEXT})},
                "counts": _object(dict.fromkeys(("unchanged", *_CHANGES), _COUNT)),
                "totals": _totals(),
                "renames": {"type": "array", "items": _rename()},
                "layers": {"type": "array", "items": {"$ref": "#/definitions/layer"}},
            }
        ),
        "definitions": {
            "side": _side(shared["report"]["properties"]),
            "pair": _object({"old": _COUNT, "new": _COUNT}),
            "layer": _layer(),
            **{name: shared[name] for name in ("cost", "volume")},
        },
    }


def _side(report: dict[str, Any]) -> dict[str, Any]:
    same = {name: report[name] for name in ("file", "name", "outputs", "batch", "dtype")}
    return _object({"label": _TEXT, "inputs": report["outputs"], **same})


def _totals() -> dict[str, Any]:
    mode = _object(dict.fromkeys(TOTAL_COUNTS, _PAIR))
    singles = dict.fromkeys(("macs", "activation_bytes", "peak_activation", "layers"), _PAIR)
    return _object({**dict.fromkeys(MODES, mode), **singles})


def _rename() -> dict[str, Any]:
    return _object({"old": _TEXT, "new": _TEXT, "layers": _COUNT, "numbering": {"type": "boolean"}})


def _layer() -> dict[str, Any]:
    """A layer that both sides have says what changed; one that only one has says what it costs."""
    either = _object({"old": {}, "new": {}})
    both = _object(
        {
            "change": {"enum": list(_CHANGES[2:])},
            "old": _NAME,
            "new": _NAME,
            "kind": _NAME,
            "fields": _object({}, dict.fromkeys(FIELDS, either)),
        },
        {"moved": {"const": True}},
    )
    cost = {"$ref": "#/definitions/cost"}
    own = {"kind": _NAME, "output": {"$ref": "#/definitions/volume"}, **dict.fromkeys(MODES, cost)}
    own |= dict.fromkeys(("macs", "activation_bytes"), _COUNT)
    alone = [
        _object({"change": {"const": change}, side: _NAME, **own})
        for change, side in (("added", "new"), ("removed", "old"))
    ]
    return {"oneOf": [both, *alone]}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }
