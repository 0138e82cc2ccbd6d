"""The comparison for programs (schemas/diff.schema.json), one layer a line: every layer, every mode, no rounding."""

from __future__ import annotations

import json
from collections.abc import Iterator

from analyzer.difference.result import MODES, TOTAL_COUNTS, Difference, LayerChange, Side
from analyzer.reporter.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def render(difference: Difference, options: Options) -> Iterator[str]:
    """The comparison as a JSON object."""
    encoder = json.JSONEncoder(ensure_ascii=not options.unicode)
    record = as_dict(difference)
    layers = record.pop("layers")
    yield encoder.encode(record)[:-1] + ',\n "layers": ['
    before = "\n  "
    for layer in layers:
        yield before + encoder.encode(layer)
        before = ",\n  "
    yield "]}\n"


def as_dict(difference: Difference) -> dict[str, Any]:
    """The comparison as plain data."""
    return {
        "format": 1,
        "equal": difference.equal,
        "old": _side(difference.old),
        "new": _side(difference.new),
        "run": [{"what": what, "old": old, "new": new} for what, old, new in difference.run],
        "counts": difference.counts(),
        "totals": _totals(difference),
        "renames": [
            {"old": rename.old, "new": rename.new, "layers": rename.layers, "numbering": rename.numbering}
            for rename in difference.renames
        ],
        "layers": [_layer(change) for change in difference.layers],
    }


def _side(side: Side) -> dict[str, Any]:
    report = side.report
    return {
        "label": side.label,
        "file": report["file"],
        "name": report["name"],
        "inputs": side.inputs,
        "outputs": report["outputs"],
        "batch": report["batch"],
        "dtype": report["dtype"],
    }


def _totals(difference: Difference) -> dict[str, Any]:
    def pair(name: str) -> dict[str, int]:
        return {"old": difference.old.total(name), "new": difference.new.total(name)}

    modes = {mode: {name: pair(f"{mode}.{name}") for name in TOTAL_COUNTS} for mode in MODES}
    return {**modes, **{name: pair(name) for name in ("macs", "activation_bytes", "peak_activation", "layers")}}


def _layer(change: LayerChange) -> dict[str, Any]:
    record: dict[str, Any] = {"change": change.what}
    for side, node in (("old", change.old), ("new", change.new)):
        if node is not None:
            record[side] = node.name
    layer = change.node.layer
    assert layer is not None
    record["kind"] = layer["kind"]
    if change.moved:
        record["moved"] = True
    if change.old is not None and change.new is not None:
        record["fields"] = {name: {"old": old, "new": new} for name, (old, new) in change.fields.items()}
    else:
        record["output"] = layer["output"]
        record |= {mode: layer[mode] for mode in MODES}
        record |= {name: layer[name] for name in ("macs", "activation_bytes")}
    return record
