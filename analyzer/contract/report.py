"""The report of an analysis: its keys, in the order in which they are written.

>>> as_dict(Cost(weights=3840, biases=20, buffers=0, bytes=15440, trainable=3860))
{'weights': 3840, 'biases': 20, 'parameters': 3860, 'buffers': 0, 'bytes': 15440}
"""

from __future__ import annotations

from operator import attrgetter

from analyzer.contract.keys import (
    AT_LEAST_1,
    COUNT,
    FORMAT,
    NAME,
    TEXT,
    TRUE,
    Key,
    array,
    closed,
    definition,
    field,
    schema_of,
    written,
)
from analyzer.diagnostics import SEVERITIES, Diagnostic
from analyzer.dtypes import BITS
from analyzer.engine.receptive_field import ReceptiveField
from analyzer.engine.result import COUNTS, MODES, ActivationPeak, Analysis, Cost, Row, Sums

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from analyzer.layers.windows import Geometry

_VOLUME = definition("volume")
_VOLUMES = {"type": "object", "additionalProperties": _VOLUME}
_PLACE = AT_LEAST_1


def _axes(type: str, *, minimum: int | None = 0) -> dict[str, Any]:
    """The schema of a number for each spatial axis."""
    return array({"type": type} if minimum is None else {"type": type, "minimum": minimum}, minItems=1, maxItems=3)


def _costs(name: str, keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys of the modes of `Sums`: for each an object with `keys`, which the schema defines as `name`."""

    def cost(mode: str) -> Key:
        of_mode = attrgetter(mode)
        return Key(mode, definition(name), lambda sums: written(keys, of_mode(sums)))

    return tuple(map(cost, MODES))


#: The names of numbers that may be unknown.
_UNKNOWN = array({"enum": ["macs"]}, minItems=1)

#: Costs that do not depend on the mode. Of one layer, an unknown one is left out; of several added up, it is what is
#: known of it, and `at_least` names it.
_OF_LAYER = (
    Key("macs", COUNT, lambda sums: sums.macs if sums.macs.__class__ is int else None, True),
    field("activation_bytes", COUNT),
    Key("backward_macs", COUNT, lambda sums: sums.backward_macs if sums.backward_macs.__class__ is int else None, True),
)
_OF_SEVERAL = (
    field("macs", COUNT),
    field("activation_bytes", COUNT),
    Key("at_least", _UNKNOWN, lambda sums: sums.at_least or None, True),
)


def _part(name: str, keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys of one part of a thing, as keys of the thing itself."""
    part = attrgetter(name)

    def of_part(key: Key) -> Key:
        return Key(key.name, key.schema, lambda thing: key.value(part(thing)), key.optional)

    return tuple(map(of_part, keys))


#: What a layer costs in one mode; `trainable` appears in the totals only.
COST = tuple(field(name, COUNT) for name in COUNTS if name != "trainable")
TOTAL_COST = tuple(field(name, COUNT) for name in COUNTS)

#: The traffic in each mode.
TRAFFIC = tuple(field(mode, COUNT) for mode in MODES)


def _intensity(sums: Sums) -> dict[str, float | None] | None:
    """FLOPs a byte in each mode."""
    return None if sums.intensity(MODES[0]) is None else {mode: sums.intensity(mode) for mode in MODES}


#: What it moves, and FLOPs a byte of that. Optional, since older reports have none; the running sums have none either.
_MOVED = (
    Key("traffic", schema_of(TRAFFIC), lambda sums: written(TRAFFIC, sums.traffic), True),
    Key("intensity", closed({mode: {"type": "number", "minimum": 0} for mode in MODES}), _intensity, True),
)

#: What a layer, the layers up to it, and all layers cost in all modes.
OWN = (*_costs("cost", COST), *_OF_LAYER, *_MOVED)
SUMS = (*_costs("cost", COST), *_OF_SEVERAL)
TOTAL_SUMS = (
    *_costs("total_cost", TOTAL_COST),
    *_OF_SEVERAL,
    field("backward_macs", COUNT, optional=True),
    *_MOVED,
)

RECEPTIVE_FIELD = (
    field("size", _axes("integer")),
    Key("size_min", _axes("integer"), lambda seen: None if seen.size_min == seen.size else seen.size_min, True),
    field("stride", _axes("number")),
    field("offset", _axes("integer", minimum=None)),
    field("input", NAME, optional=True),
)


def _receptive_field(row: Row) -> dict[str, Any] | None:
    return None if row.receptive_field is None else written(RECEPTIVE_FIELD, row.receptive_field)


def _receptive_fields(row: Row) -> dict[str, Any] | None:
    """The field on each input that the layer sees, where it sees several."""
    if len(row.receptive_fields) < 2:
        return None
    known = {name: seen for name, seen in row.receptive_fields.items() if seen is not None}
    return {name: written(RECEPTIVE_FIELD, seen) for name, seen in known.items()} or None


#: What a layer is and sees: the keys before its costs.
IDENTITY = (
    field("name", NAME),
    field("kind", NAME),
    field("path", TEXT),
    field("line", _PLACE, optional=True),
    field("inputs", array(NAME)),
    Key("output", _VOLUME, lambda row: str(row.output)),
    Key("receptive_field", schema_of(RECEPTIVE_FIELD), _receptive_field, True),
    Key(
        "receptive_fields",
        {"type": "object", "additionalProperties": schema_of(RECEPTIVE_FIELD)},
        _receptive_fields,
        True,
    ),
    field("macs_on_data", COUNT, optional=True),
    field("unread", _axes("integer"), optional=True),
    Key("tied", NAME, lambda row: None if row.node.tied is None else row.node.tied.name, True),
    Key("frozen", TRUE, lambda row: True if row.node.frozen else None, True),
    Key("authored", TRUE, lambda row: True if row.node.layer.authored else None, True),
    Key("fused", array(NAME), lambda row: list(row.fused) or None, True),
    Key("unknown", _UNKNOWN, lambda row: row.own.at_least or None, True),
    Key("note", TEXT, lambda row: row.node.origin.note, True),
)


def _on_axes(name: str) -> Key:
    """A number of a window for each axis."""
    sizes = attrgetter(name)
    return Key(name, _axes("integer", minimum=1), lambda of: None if sizes(of) is None else list(sizes(of)), True)


def _padding(geometry: Geometry) -> list[list[int]] | None:
    return None if geometry.padding is None else [list(pair) for pair in geometry.padding]


#: What a layer reads, of several volumes the first, and its window over that. Layers that share a flow have the same.
#: All are optional, since older reports have none of them.
READS = (Key("input", _VOLUME, lambda row: str(row.input), True),)
WINDOW = (
    _on_axes("kernel"),
    _on_axes("stride"),
    Key("padding", array(array(COUNT, minItems=2, maxItems=2), minItems=1, maxItems=3), _padding, True),
    _on_axes("dilation"),
    field("groups", AT_LEAST_1, optional=True),
)

#: A layer: `own` costs beside what it is, and the sums up to it.
LAYER = (
    *IDENTITY,
    *READS,
    *_part("geometry", WINDOW),
    *_part("own", OWN),
    Key("cumulative", definition("sums"), lambda row: written(SUMS, row.cumulative)),
)

#: The most memory of activations, and the layer where that happens.
PEAK = (field("bytes", COUNT), Key("layer", NAME, lambda peak: peak.name))

TOTALS = (
    *_part("totals", TOTAL_SUMS),
    Key("layers", COUNT, lambda analysis: len(analysis.rows)),
    field("macs_on_data", COUNT, optional=True),
    Key("peak_activation", schema_of(PEAK), lambda analysis: written(PEAK, analysis.peak)),
)


def _in_text(finding: Diagnostic) -> bool:
    return finding.span is not None and finding.span.in_text


#: A finding; one about a whole file has no line and no column. `label` is the place in a file that has no lines.
FINDING = (
    field("code", NAME),
    Key("severity", {"enum": list(SEVERITIES)}, lambda finding: finding.severity),
    field("message", TEXT),
    Key("file", TEXT, lambda finding: None if finding.span is None else finding.span.file, True),
    Key("line", _PLACE, lambda finding: finding.span.line if _in_text(finding) else None, True),
    Key("column", _PLACE, lambda finding: finding.span.column if _in_text(finding) else None, True),
    Key("label", TEXT, lambda finding: (finding.span and finding.span.label) or None, True),
    Key("notes", array(TEXT), lambda finding: list(finding.notes) or None, True),
    field("help", TEXT, optional=True),
)


def _inputs(analysis: Analysis) -> dict[str, str] | None:
    inputs = analysis.network.inputs
    return {node.name: str(node.output) for node in inputs} if len(inputs) > 1 else None


#: The program that wrote the file that a network was read from.
_SOURCE = (field("format", NAME), field("producer", TEXT, optional=True), field("version", TEXT, optional=True))

#: Where a network was read from, if from a file of another program: what reports of costs and of memory say of it.
FOREIGN = (
    Key(
        "source",
        schema_of(_SOURCE),
        lambda of: None if of.network.source is None else written(_SOURCE, of.network.source),
        True,
    ),
    Key(
        "uncovered",
        {"type": "object", "additionalProperties": AT_LEAST_1},
        lambda of: of.network.uncovered or None,
        True,
    ),
)

#: The run: the keys of a report before its layers.
HEADER = (
    Key("format", {"const": FORMAT}, lambda _: FORMAT),
    field("file", TEXT),
    field("name", TEXT),
    field("description", TEXT, optional=True),
    *FOREIGN,
    Key("input", _VOLUME, lambda analysis: str(analysis.input)),
    Key("inputs", _VOLUMES, _inputs, True),
    Key("outputs", _VOLUMES, lambda analysis: {node.name: str(node.output) for node in analysis.network.outputs}),
    field("batch", AT_LEAST_1),
    Key("dtype", {"enum": list(BITS)}, lambda analysis: analysis.dtype),
    Key("weights_dtype", {"enum": list(BITS)}, lambda analysis: analysis.weights_dtype, True),
)

REPORT = (
    *HEADER,
    Key("layers", array(definition("layer")), lambda analysis: [written(LAYER, row) for row in analysis.rows]),
    Key("totals", schema_of(TOTALS), lambda analysis: written(TOTALS, analysis)),
    Key(
        "diagnostics",
        array(definition("diagnostic")),
        lambda analysis: [written(FINDING, finding) for finding in analysis.diagnostics],
    ),
)

#: The keys of each thing that appears in a report as an object.
_KEYS: dict[type, Sequence[Key]] = {
    Analysis: REPORT,
    Cost: COST,
    Diagnostic: FINDING,
    ActivationPeak: PEAK,
    ReceptiveField: RECEPTIVE_FIELD,
    Row: LAYER,
    Sums: SUMS,
}


def as_dict(thing: object) -> dict[str, Any]:
    """An analysis, or a part of it, as the report has it: plain data for `json.dumps`."""
    return written(_KEYS[type(thing)], thing)
