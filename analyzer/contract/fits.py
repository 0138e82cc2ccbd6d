"""Whether values fit a schema of the documents, by the part of draft-07 that the tables of keys use.

jsonschema looks at one value after the other, half a millisecond for each layer of a report. `fits` takes all values
that one part of a schema is about at once, such as the MACs of all layers, and looks at them with loops that Python
runs in C: a hundredth of that. A test compares the two on thousands of altered documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from operator import itemgetter

from analyzer.loader.schema.misfit import Misfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Schema: TypeAlias = dict[str, Any]
    Shapes: TypeAlias = set[tuple[str, ...]]
    Rule: TypeAlias = Callable[[Sequence[Any], Any, Schema, Schema], bool]


def fits(values: Sequence[Any], schema: Schema, definitions: Schema) -> bool:
    """Whether all values, each as `json.loads` makes it, fit the schema; `definitions` are those of its document."""
    if len(values) > 1 and schema.get("additionalProperties") is False and len(schema.get("required", ())) > 1:
        exact = _exact(values, schema, definitions)
        if exact is not None:
            return exact
    shapes: Shapes | None = None
    for keyword, wanted in schema.items() if values else ():
        if keyword in _WORDS:
            continue
        concerned = values if schema.get("type").__class__ is str else _concerned(values, keyword)
        if keyword in _OF_OBJECTS:
            shapes = set(map(tuple, concerned)) if shapes is None else shapes
            if not _OF_OBJECTS[keyword](concerned, shapes, wanted, schema, definitions):
                return False
        elif not _RULES[keyword](concerned, wanted, schema, definitions):
            return False
    return True


def _exact(values: Sequence[Any], schema: Schema, definitions: Schema) -> bool | None:
    """`fits` for objects that have the required keys and no others; None where it is not as simple as that."""
    names = schema["required"]
    if set(map(type, values)) != _OBJECT or set(map(len, values)) != {len(names)}:
        return None
    properties = {name: schema["properties"][name] for name in names}
    try:
        rows = [*map(itemgetter(*names), values)]
    except KeyError:
        return False
    groups = _groups(properties)
    if len(groups) == 1:
        return fits([*chain.from_iterable(rows)], groups[0][0], definitions)
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return all(fits([*chain.from_iterable(columns[n] for n in alike)], inner, definitions) for inner, alike in groups)


def misfits(value: Any, schema: Schema, definitions: Schema, way: tuple[str | int, ...] = ()) -> Iterator[Misfit]:
    """What does not fit in one value, in the order of the schema; `way` is the way to it in the document."""
    if fits([value], schema, definitions):
        return
    for keyword, wanted in schema.items():
        if keyword in _WORDS or (keyword != "type" and not _concerned([value], keyword)):
            continue
        inner = _INNER.get(keyword) if wanted is not False else None
        if inner is not None:
            for step, part, its_schema in inner(value, wanted, schema, definitions):
                yield from misfits(part, its_schema, definitions, way if step is None else (*way, step))
        elif not fits([value], {**_beside(keyword, schema), keyword: wanted}, definitions):
            yield Misfit(way, value, schema, keyword, wanted)


def _beside(keyword: str, schema: Schema) -> Schema:
    """What a keyword needs to know of its schema: `additionalProperties` are those that `properties` does not name."""
    if keyword != "additionalProperties":
        return {}
    return {"properties": {name: {} for name in schema.get("properties", ())}}


def _concerned(values: Sequence[Any], keyword: str) -> Sequence[Any]:
    """The values that a keyword is about: `minItems` says nothing about a text."""
    classes = _CLASSES.get(keyword)
    return values if classes is None else [value for value in values if value.__class__ in classes]


def _type(values: Sequence[Any], wanted: str | list[str], _: Schema, __: Schema) -> bool:
    classes = set(map(type, values))
    names = [wanted] if isinstance(wanted, str) else wanted
    allowed = frozenset().union(*(_TYPES[name] for name in names))
    if "integer" in names and float in classes and float not in allowed:
        return classes <= {*allowed, float} and all(map(float.is_integer, filter(_is_float, values)))
    return classes <= allowed


def _is_float(value: Any) -> bool:
    return value.__class__ is float


def _enum(values: Sequence[Any], wanted: Sequence[Any], _: Schema, __: Schema) -> bool:
    known = {(value.__class__ is bool, value) for value in wanted}  # True equals 1, but is another value in JSON
    plain = [value for value in values if value.__class__ not in (dict, list)]
    return len(plain) == len(values) and known.issuperset((value.__class__ is bool, value) for value in plain)


def _const(values: Sequence[Any], wanted: Any, schema: Schema, definitions: Schema) -> bool:
    return _enum(values, (wanted,), schema, definitions)


def _minimum(values: Sequence[Any], least: float, _: Schema, __: Schema) -> bool:
    return min(values, default=least) >= least


def _pattern(values: Sequence[str], pattern: str, _: Schema, __: Schema) -> bool:
    return all(map(re.compile(pattern).search, set(values)))


# Rules about objects. `shapes` has the keys of the objects, each combination once: a report has few of them, however
# many layers.


def _required(_: Sequence[Any], shapes: Shapes, names: Sequence[str], __: Schema, ___: Schema) -> bool:
    return all(map(frozenset(names).issubset, shapes))


def _dependencies(_: Sequence[Any], shapes: Shapes, needs: dict[str, list[str]], __: Schema, ___: Schema) -> bool:
    return all(set(others).issubset(keys) for keys in shapes for name, others in needs.items() if name in keys)


def _additional(values: Sequence[Any], shapes: Shapes, wanted: Any, schema: Schema, definitions: Schema) -> bool:
    known = frozenset(schema.get("properties", ()))
    if wanted is False:
        return all(map(known.issuperset, shapes))
    others = [[part for name, part in value.items() if name not in known] for value in values]
    return fits([*chain.from_iterable(others)], wanted, definitions)


def _properties(values: Sequence[Any], shapes: Shapes, wanted: Schema, _: Schema, definitions: Schema) -> bool:
    return all(fits(_parts(values, names, shapes), alike, definitions) for alike, names in _groups(wanted))


def _groups(properties: Schema) -> Sequence[tuple[Schema, list[str]]]:
    """The schemas of properties, each with the names that share it."""
    groups: dict[object, tuple[Schema, list[str]]] = {}
    for name, schema in properties.items():
        groups.setdefault(schema.get("$ref", id(schema)), (schema, []))[1].append(name)
    return [*groups.values()]


def _parts(values: Sequence[dict[str, Any]], names: Sequence[str], shapes: Shapes) -> Sequence[Any]:
    """What objects have under some names."""
    if not all(map(frozenset(names).issubset, shapes)):
        return [value[name] for name in names for value in values if name in value]
    parts = map(itemgetter(*names), values)
    return [*chain.from_iterable(parts)] if len(names) > 1 else [*parts]


def _items(values: Sequence[list[Any]], wanted: Any, _: Schema, definitions: Schema) -> bool:
    if isinstance(wanted, dict):
        return fits([*chain.from_iterable(values)], wanted, definitions)
    return all(fits([v[at] for v in values if at < len(v)], inner, definitions) for at, inner in enumerate(wanted))


def _reference(values: Sequence[Any], way: str, _: Schema, definitions: Schema) -> bool:
    return fits(values, _referred(way, definitions), definitions)


def _referred(way: str, definitions: Schema) -> Schema:
    """The schema that `#/definitions/…` means."""
    schema: Schema = {"definitions": definitions}
    for step in way.split("/")[1:]:
        schema = schema[step]
    return schema


def _one_of(values: Sequence[Any], wanted: Sequence[Schema], _: Schema, definitions: Schema) -> bool:
    return all(sum(fits([value], schema, definitions) for schema in wanted) == 1 for value in values)


def _any_of(values: Sequence[Any], wanted: Sequence[Schema], _: Schema, definitions: Schema) -> bool:
    return all(any(fits([value], schema, definitions) for schema in wanted) for value in values)


def _if(values: Sequence[Any], condition: Schema, schema: Schema, definitions: Schema) -> bool:
    return all(
        fits([value for value in values if fits([value], condition, definitions) is holds], schema[then], definitions)
        for then, holds in (("then", True), ("else", False))
    )


def _wrong(values: Sequence[Any], schema: Schema, definitions: Schema, start: int = 0) -> Iterator[int]:
    """The places of the values that do not fit, found by halves: few wrong ones among many are found quickly."""
    if fits(values, schema, definitions):
        return
    if len(values) == 1:
        yield start
        return
    half = len(values) // 2
    yield from _wrong(values[:half], schema, definitions, start)
    yield from _wrong(values[half:], schema, definitions, start + half)


# What a keyword that is about parts of a value says of them: the step to each part (None: the value itself), the part,
# and its schema.


def _inner_properties(value: dict[str, Any], wanted: Schema, _: Schema, __: Schema) -> Iterator[Any]:
    return ((name, value[name], inner) for name, inner in wanted.items() if name in value)


def _inner_additional(value: dict[str, Any], wanted: Schema, schema: Schema, _: Schema) -> Iterator[Any]:
    return ((name, part, wanted) for name, part in value.items() if name not in schema.get("properties", ()))


def _inner_items(value: list[Any], wanted: Any, _: Schema, definitions: Schema) -> Iterator[Any]:
    if isinstance(wanted, dict):
        return ((at, value[at], wanted) for at in _wrong(value, wanted, definitions))
    return ((at, part, inner) for at, (part, inner) in enumerate(zip(value, wanted, strict=False)))


def _inner_reference(value: Any, way: str, _: Schema, definitions: Schema) -> Iterator[Any]:
    yield None, value, _referred(way, definitions)


def _inner_if(value: Any, condition: Schema, schema: Schema, definitions: Schema) -> Iterator[Any]:
    yield None, value, schema["then" if fits([value], condition, definitions) else "else"]


_TYPES: dict[str, frozenset[type]] = {
    "object": frozenset((dict,)), "array": frozenset((list,)), "string": frozenset((str,)), "integer": frozenset((int,)),
    "number": frozenset((int, float)), "boolean": frozenset((bool,)), "null": frozenset((type(None),)),
}  # fmt: skip

_OBJECT, _ARRAY, _STRING = _TYPES["object"], _TYPES["array"], _TYPES["string"]

#: The classes of the values that a keyword is about; one that is not here is about all values.
_CLASSES = {
    "minimum": _TYPES["number"], "minLength": _STRING, "pattern": _STRING, "items": _ARRAY, "minItems": _ARRAY,
    "maxItems": _ARRAY, "required": _OBJECT, "properties": _OBJECT, "additionalProperties": _OBJECT,
    "dependencies": _OBJECT,
}  # fmt: skip

_RULES: dict[str, Rule] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "minLength": lambda values, least, _, __: min(map(len, values), default=least) >= least,
    "pattern": _pattern,
    "items": _items,
    "minItems": lambda values, least, _, __: min(map(len, values), default=least) >= least,
    "maxItems": lambda values, most, _, __: max(map(len, values), default=most) <= most,
    "$ref": _reference,
    "oneOf": _one_of,
    "anyOf": _any_of,
    "if": _if,
}

_OF_OBJECTS: dict[str, Callable[..., bool]] = {
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "dependencies": _dependencies,
}

_INNER: dict[str, Callable[..., Iterator[Any]]] = {
    "properties": _inner_properties,
    "additionalProperties": _inner_additional,
    "items": _inner_items,
    "$ref": _inner_reference,
    "if": _inner_if,
}

#: Keywords that say nothing about values by themselves.
_WORDS = frozenset(("$schema", "title", "description", "definitions", "then", "else"))
