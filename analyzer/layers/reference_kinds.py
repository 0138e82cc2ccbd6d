"""Kinds of parameter that name layers: references to layers above, and layers written as an argument."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, nearest
from analyzer.layers.kinds import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.layers.kinds import Fragment, Value


class Reference(Kind):
    """The name of a layer above. The loader finds the layer; the rules get its volume as one of their inputs."""

    words = "the name of a layer above"

    def read(self, value: Value) -> str:
        if isinstance(value, str) and value:
            return value
        if type(value) in (int, float, bool):
            return str(value)
        raise self.refuse(value)

    def schema(self) -> Fragment:
        return {"type": ["string", "number", "boolean"], "minLength": 1}


class References(Kind):
    """A list of names of layers above."""

    words = "a list of layer names such as `[prev, enc4]`"

    def read(self, value: Value) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise self.refuse(value)
        names = []
        for place, item in enumerate(value):
            try:
                names.append(Reference().read(item))
            except Refusal as refusal:
                refusal.at = (place,)
                raise
        return tuple(names)

    def write(self, value: Value) -> Value:
        return list(value) if isinstance(value, tuple) else value

    def schema(self) -> Fragment:
        return {"type": "array", "minItems": 1, "items": Reference().schema()}


class Sugar(Kind):
    """A layer to add after this one: the name of its type, or `{type: parameters}`; `none` removes a default.

    Becomes (type, parameters) or None. The loader places it as a layer of its own.
    """

    def __init__(self, family: str) -> None:
        self.family = family  # the module of the catalogue that declares these types
        self.words = f"the name of {'an activation' if family == 'activation' else 'a normalisation'} layer, `none`"
        self.words += " or a mapping with its parameters"

    def types(self) -> tuple[str, ...]:
        """The names of the types it may add."""
        from analyzer.layers.base import CATALOGUE

        return tuple(n for n, c in CATALOGUE.items() if c.family == self.family)

    def read(self, value: Value) -> tuple[str, Value] | None:
        if value == "none" and isinstance(value, str):
            return None
        name, parameters = value, None
        if isinstance(value, dict) and len(value) == 1:
            name, parameters = next(iter(value.items()))
        if not isinstance(name, str):
            raise self.refuse(value)
        if name not in self.types():
            near = nearest(name, (*self.types(), "none"))
            raise self.refuse(name, help=f"did you mean `{near}`?" if near else None)
        return str(name), parameters

    def write(self, value: Value) -> Value:
        if value is None:
            return "none"
        name, parameters = value
        return name if parameters is None else {name: parameters}

    def schema(self) -> Fragment:
        types = self.types()
        return {
            "type": ["string", "object"],
            "if": {"type": "string"},
            "then": {"enum": [*types, "none"]},
            "properties": {name: {"$ref": f"#/definitions/{name}"} for name in types},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
