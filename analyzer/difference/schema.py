"""The comparison as a document: its keys, in the order in which they are written, and its schema.

schemas/diff.schema.json is the schema written out (draft-07); a test refuses drift.
"""

from __future__ import annotations

from operator import attrgetter

from analyzer.contract.keys import (
    COUNT,
    FORMAT,
    NAME,
    TEXT,
    TRUE,
    Key,
    array,
    closed,
    counts,
    definition,
    field,
    schema_of,
    written,
)
from analyzer.contract.schema import document, report_schema
from analyzer.difference.changes import CHANGES, FIELDS, LayerChange
from analyzer.difference.described import PEAKS
from analyzer.difference.keys import KeyChange
from analyzer.difference.result import TOTAL_COSTS, Difference, LabelledReport, OneSided
from analyzer.engine.result import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_BOOLEAN = {"type": "boolean"}
_PAIR = definition("pair")
_REPORT = report_schema()["definitions"]
#: Totals and costs that do not depend on the mode.
_OF_ALL_MODES = ("macs", "activation_bytes")
_TOTALS_OF_ALL_MODES = (*_OF_ALL_MODES, "peak_activation", "layers")


def _of_report(name: str) -> Key:
    """A key that a side takes over from its report."""
    return Key(name, _REPORT["report"]["properties"][name], lambda side: side.report[name])


_SIDE = (
    field("label", TEXT),
    Key("commit", NAME, lambda side: side.commit or None, True),
    _of_report("file"),
    _of_report("name"),
    Key("inputs", _REPORT["report"]["properties"]["outputs"], attrgetter("inputs")),
    _of_report("outputs"),
    _of_report("batch"),
    _of_report("dtype"),
    Key(
        "weights_dtype",
        _REPORT["report"]["properties"]["weights_dtype"],
        lambda side: side.report.get("weights_dtype"),
        True,
    ),
    Key(
        "at_least",
        _REPORT["sums"]["properties"]["at_least"],
        lambda side: side.report["totals"].get("at_least"),
        True,
    ),
)


#: What a key and its layers are, for readers of the schema.
_KEY_DOC = (
    "Its way through the file, such as `vars.base`; in an item of a list of layers the parameter of the layer or of "
    "the block, the graph key, or `type` for the type of a layer or the block that is called."
)
_LAYERS_DOC = (
    "The names of the layers that are made with the key, in the new network, or in the old one where only that has the "
    "layer; null where all changed keys together have more than a million."
)


def _key_layers(change: KeyChange) -> list[str] | None:
    return None if change.layers is None else list(change.layers)


def _totals(difference: Difference | OneSided) -> dict[str, Any]:
    """Each total of both sides."""
    sides = {"old": difference.old, "new": difference.new}

    def pair(name: str) -> dict[str, int | None]:
        return {word: None if side is None else side.total(name) for word, side in sides.items()}

    modes = {mode: {name: pair(f"{mode}.{name}") for name in TOTAL_COSTS} for mode in MODES}
    names = (*_TOTALS_OF_ALL_MODES, *difference.peaks())
    return {**modes, **{name: pair(name) for name in names}}


def _totals_schema() -> dict[str, Any]:
    mode = closed(dict.fromkeys(TOTAL_COSTS, _PAIR))
    required = {**dict.fromkeys(MODES, mode), **dict.fromkeys(_TOTALS_OF_ALL_MODES, _PAIR)}
    return closed(required, dict.fromkeys(PEAKS, _PAIR))


#: A key of the files that changed; a value is null where its side does not have the key.
_KEY = (
    Key("key", {**NAME, "description": _KEY_DOC}, attrgetter("key")),
    Key("old", {}, attrgetter("old")),
    Key("new", {}, attrgetter("new")),
    Key("layers", {**array(NAME), "type": ["array", "null"], "description": _LAYERS_DOC}, _key_layers),
)


_RENAME = (field("old", TEXT), field("new", TEXT), field("layers", COUNT), field("numbering", _BOOLEAN))


def _layer_of(change: LayerChange) -> Mapping[str, Any]:
    """The layer as its report has it: the new one, or the one that was removed."""
    layer = change.node.layer
    assert layer is not None
    return layer


def _of_layer(name: str, schema: dict[str, Any]) -> Key:
    """A key that a change takes over from the layer."""
    return Key(name, schema, lambda change: _layer_of(change)[name])


def _fields(change: LayerChange) -> dict[str, Any]:
    return {name: {"old": old, "new": new} for name, (old, new) in change.fields.items()}


#: A layer that both networks have: what changed.
_BOTH = (
    Key("change", {"enum": [what for what in CHANGES if what not in ("added", "removed")]}, attrgetter("what")),
    Key("old", NAME, attrgetter("old.name")),
    Key("new", NAME, attrgetter("new.name")),
    _of_layer("kind", NAME),
    Key("moved", TRUE, lambda change: change.moved or None, True),
    Key("fields", closed({}, dict.fromkeys(FIELDS, closed({"old": {}, "new": {}}))), _fields),
)


def _only(what: str, side: str) -> tuple[Key, ...]:
    """The keys of a layer that only one network has: what it costs."""
    return (
        Key("change", {"const": what}, lambda _: what),
        Key(side, NAME, attrgetter("node.name")),
        _of_layer("kind", NAME),
        _of_layer("output", definition("volume")),
        *(_of_layer(mode, definition("cost")) for mode in MODES),
        Key("macs", COUNT, lambda change: _layer_of(change).get("macs"), True),
        _of_layer("activation_bytes", COUNT),
        Key(
            "unknown", _REPORT["layer"]["properties"]["unknown"], lambda change: _layer_of(change).get("unknown"), True
        ),
    )


_LAYERS = {"added": _only("added", "new"), "removed": _only("removed", "old")}


#: A side; null for a model that is new, or that was removed.
_SIDE_OR_NULL = {"anyOf": [definition("side"), {"type": "null"}]}


def _side(side: LabelledReport | None) -> dict[str, Any] | None:
    return None if side is None else written(_SIDE, side)


def _of_two(difference: Difference | OneSided, name: str) -> Sequence[Any]:
    """What only two networks differ in."""
    if isinstance(difference, OneSided):
        return ()
    return difference.run if name == "run" else difference.renames


def _keys(difference: Difference | OneSided) -> list[dict[str, Any]] | None:
    """The keys that changed; left out where a side has no file."""
    if isinstance(difference, OneSided) or difference.keys is None:
        return None
    return [written(_KEY, change) for change in difference.keys]


_DIFFERENCE = (
    Key("format", {"const": FORMAT}, lambda _: FORMAT),
    field("equal", _BOOLEAN),
    Key("old", _SIDE_OR_NULL, lambda difference: _side(difference.old)),
    Key("new", _SIDE_OR_NULL, lambda difference: _side(difference.new)),
    Key(
        "run",
        array(closed({"what": NAME, "old": TEXT, "new": TEXT})),
        lambda difference: [{"what": what, "old": old, "new": new} for what, old, new in _of_two(difference, "run")],
    ),
    Key("keys", array(schema_of(_KEY)), _keys, True),
    Key("counts", closed(counts(("unchanged", *CHANGES))), lambda difference: difference.counts()),
    Key("totals", _totals_schema(), _totals),
    Key(
        "renames",
        array(schema_of(_RENAME)),
        lambda difference: [written(_RENAME, rename) for rename in _of_two(difference, "renames")],
    ),
    Key(
        "layers",
        array(definition("layer")),
        lambda difference: [written(_LAYERS.get(change.what, _BOTH), change) for change in difference.layers],
    ),
)


def as_dict(difference: Difference | OneSided) -> dict[str, Any]:
    """The comparison as plain data."""
    return written(_DIFFERENCE, difference)


def diff_schema() -> dict[str, Any]:
    """The schema: one comparison, or an array of those of a folder, with the files that are wrong."""
    total = {**COUNT, "type": ["integer", "null"]}
    return document(
        "Comparison of analyzer",
        "The differences between two networks. Format 1; its keys are stable.",
        "difference",
        "layers",
        {
            "difference": schema_of(_DIFFERENCE),
            "side": schema_of(_SIDE),
            "pair": closed({"old": total, "new": total}),
            "layer": {"oneOf": [schema_of(_BOTH), *map(schema_of, _LAYERS.values())]},
            **{name: _REPORT[name] for name in ("cost", "volume", "failed", "diagnostic")},
        },
    )
