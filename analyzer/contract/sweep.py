"""The result of `analyzer sweep`: its keys in the order in which they are written, and its schema.

There may be a million variants, so `variants`, `found`, `sensitivity` and the values of each axis are iterators here,
of which the writer takes one after the other. What they describe are the records of a sweep, which belong to a room
above this one.

schemas/sweep.schema.json is the schema written out (draft-07); a test refuses drift.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.contract.keys import COUNT, FORMAT, NAME, TEXT, Key, array, closed, definition, field, schema_of, written
from analyzer.contract.schema import document, report_schema
from analyzer.engine.amounts import AMOUNTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

#: A range of more values is not written out: random variants may be drawn from thousands of millions.
_LONGEST = 100_000

_BOOLEAN = {"type": "boolean"}
_NUMBER = {"type": "number"}
_RATIO = {"type": ["number", "null"]}
_VALUE = definition("value")
_SET = {"type": "object", "additionalProperties": _VALUE}
_KEYS = array({"enum": list(AMOUNTS)})
#: The amounts that were asked for, a key each; one that the network does not have is null.
_AMOUNTS = {key: {"type": ["integer", "null"], "minimum": 0} for key in AMOUNTS}
_BOUNDS = {"at_least": array({"enum": list(AMOUNTS)}, minItems=1)}

PROBLEM = (field("code", NAME), field("message", TEXT))


def _problem(thing: Any) -> dict[str, str] | None:
    return None if thing.error is None else written(PROBLEM, thing.error)


_ERROR = Key("error", definition("error"), _problem, True)

#: Which variant it is; its amounts follow.
CHOICE = (field("id", COUNT), field("set", _SET))
#: What is said of them. `FRONT` is there where a front was asked for.
VERDICT = (field("fits", _BOOLEAN), field("breaks", _KEYS))
FRONT = field("front", _BOOLEAN)

#: Which question an answer is to, where several were asked.
QUESTION = (field("axis", NAME), field("largest", _BOOLEAN))
#: The choice of the other axes, and the value that fits; the amounts with it follow.
ANSWER = (
    field("set", _SET),
    Key(
        "value",
        {"anyOf": [_VALUE, {"type": "null"}]},
        lambda found: None if found.best is None else found.best.set[found.axis],
    ),
)
#: The next value, and why it does not fit.
NEXT = (
    Key("value", _VALUE, lambda found: found.next.set[found.axis]),
    Key("breaks", _KEYS, lambda found: found.next.breaks),
    Key("error", definition("error"), lambda found: _problem(found.next), True),
)

#: A step of an axis; what it changes follows, or why it leads to no network.
STEP = (
    field("axis", NAME),
    Key("from", _VALUE, lambda move: move.before.set[move.axis]),
    Key("to", _VALUE, lambda move: move.after.set[move.axis]),
)
RATIOS = (field("macs_per_parameter", _RATIO), field("bytes_per_parameter", _RATIO))
_CHANGE = closed({"by": {"type": ["integer", "null"]}, "percent": _RATIO})


def _axis(axis: Any) -> Iterator[Any] | dict[str, Any]:
    """The values of an axis; of one that is continuous its ends, of a long range its ends and how many there are."""
    if axis.between is not None:
        return dict(zip(("from", "to"), axis.between, strict=True))
    values: Sequence[Any] = axis.values
    if len(values) > _LONGEST and not isinstance(values, list | tuple):
        return {"from": values[0], "to": values[-1], "count": len(values)}
    return iter(values)


def _costs(variant: Any, keys: Sequence[str]) -> dict[str, Any]:
    """The amounts of a variant, none where it is no network, and of which of them a part is unknown."""
    costs = {key: variant.amounts[key] for key in keys if key in variant.amounts}
    bounds = [key for key in variant.at_least if key in costs]
    return {**costs, "at_least": bounds} if bounds else costs


def _variants(swept: Any) -> Iterator[dict[str, Any]]:
    verdict = (*VERDICT, _ERROR) if swept.front is None else (*VERDICT, FRONT, _ERROR)
    for variant in swept.rows():
        yield {**written(CHOICE, variant), **_costs(variant, swept.amounts), **written(verdict, variant)}


def _found(swept: Any) -> Iterator[dict[str, Any]]:
    several = len({(found.axis, found.largest) for found in swept.found}) > 1
    for found in swept.found:
        yield {
            **(written(QUESTION, found) if several else {}),
            **written(ANSWER, found),
            **({} if found.best is None else _costs(found.best, swept.amounts)),
            "next": None if found.next is None else written(NEXT, found),
        }


def _steps(swept: Any) -> Iterator[dict[str, Any]]:
    for move in swept.moves:
        if move.error is not None:
            yield written((*STEP, _ERROR), move)
            continue
        changes = {key: {"by": move.by(key), "percent": move.percent(key)} for key in swept.amounts}
        yield {**written(STEP, move), "changes": changes, **written(RATIOS, move)}


SWEEP = (
    Key("format", {"const": FORMAT}, lambda _: FORMAT),
    field("file", TEXT),
    Key(
        "axes",
        {"type": "object", "additionalProperties": definition("axis")},
        lambda swept: {axis.name: _axis(axis) for axis in swept.axes},
    ),
    Key("amounts", _KEYS, lambda swept: list(swept.amounts)),
    Key(
        "counts",
        closed({"variants": COUNT, "fit": COUNT, "wrong": COUNT}),
        lambda swept: {name: getattr(swept.counts, name) for name in ("variants", "fit", "wrong")},
    ),
    Key("variants", array(definition("variant")), _variants),
    Key("found", array(definition("answer")), lambda swept: None if swept.found is None else _found(swept), True),
    Key("sensitivity", array(definition("step")), lambda swept: None if swept.moves is None else _steps(swept), True),
)


def sweep_schema() -> dict[str, Any]:
    """The schema: one sweep, or one wrong file."""
    shared = report_schema()["definitions"]
    return document(
        "Sweep of analyzer",
        "What each of many variants of a network costs, which of them fit, and which are on the front. Format 1; its "
        "keys are stable. An axis is the list of its values; of a range of more than "
        f"{_LONGEST:,} values, which are evenly spaced, its ends and their count; of a continuous one its ends. "
        "Amounts are the keys of a budget; null is one that a network does not have, and a variant with an `error` "
        "has none.",
        "sweep",
        "variants",
        {
            "sweep": schema_of(SWEEP),
            "axis": {"anyOf": [array(_VALUE, minItems=1), closed({"from": _NUMBER, "to": _NUMBER}, {"count": COUNT})]},
            "value": {"type": ["number", "string", "boolean"]},
            "variant": _object((*CHOICE, *VERDICT), (FRONT, _ERROR), _AMOUNTS | _BOUNDS),
            "answer": _object(
                ANSWER, QUESTION, _AMOUNTS | _BOUNDS, next={"anyOf": [schema_of(NEXT), {"type": "null"}]}
            ),
            "step": _object(STEP, (*RATIOS, _ERROR), {"changes": {"type": "object", "additionalProperties": _CHANGE}}),
            "error": schema_of(PROBLEM),
            **{name: shared[name] for name in ("failed", "diagnostic")},
        },
    )


def _object(
    required: Sequence[Key], optional: Sequence[Key], more: dict[str, Any], **others: dict[str, Any]
) -> dict[str, Any]:
    """The schema of an object that has the required keys and `others`, and may have the optional ones and `more`."""
    return closed(
        {**{key.name: key.schema for key in required}, **others}, {**more, **{key.name: key.schema for key in optional}}
    )
