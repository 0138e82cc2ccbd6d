"""How a document's keys are declared: one table for each kind of object, from which schema and writer are made."""

from __future__ import annotations

from operator import attrgetter

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

#: The format of the documents; `analyzer.contract` says what changes it.
FORMAT = 1

#: Schemas of values that many keys have.
COUNT = {"type": "integer", "minimum": 0}
AT_LEAST_1 = {"type": "integer", "minimum": 1}
TEXT = {"type": "string"}
NAME = {"type": "string", "minLength": 1}
TRUE = {"const": True}


class Key(Record):
    """A key of a JSON object.

    `schema` describes its values (draft-07), `value` takes the value from the thing that the object describes. An
    `optional` key is left out where its value is None.
    """

    name: str
    schema: dict[str, Any]
    value: Callable[[Any], Any]
    optional: bool = False


def field(name: str, schema: dict[str, Any], *, optional: bool = False) -> Key:
    """A key that is called as the field that it gives."""
    return Key(name, schema, attrgetter(name), optional)


def written(keys: Iterable[Key], thing: object) -> dict[str, Any]:
    """The object that describes a thing, as plain data."""
    record = {}
    for key in keys:
        value = key.value(thing)
        if value is not None or not key.optional:
            record[key.name] = value
    return record


def schema_of(keys: Iterable[Key]) -> dict[str, Any]:
    """The schema of an object with these keys."""
    keys = list(keys)
    return closed(
        {key.name: key.schema for key in keys if not key.optional},
        {key.name: key.schema for key in keys if key.optional},
    )


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of an object with these keys and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }


def counts(names: Iterable[str]) -> dict[str, Any]:
    """Keys whose values are counts."""
    return dict.fromkeys(names, COUNT)


def definition(name: str) -> dict[str, Any]:
    """A reference to a definition of the same schema."""
    return {"$ref": f"#/definitions/{name}"}


def array(items: dict[str, Any] | list[dict[str, Any]], **limits: int) -> dict[str, Any]:
    """The schema of an array: one for all items, or one for each."""
    return {"type": "array", "items": items, **limits}
