"""The part of the model schema about layers: parameter kinds, layer types, and the items of a list.

Made from the catalogue and the tables of `grammar`; `model` puts it together with the rest and explains it.
"""

from __future__ import annotations

import inspect

from analyzer.diagnostics import listed
from analyzer.dtypes import BITS
from analyzer.layers import CATALOGUE, Layer, Parameter
from analyzer.layers.spatial_kinds import NUMBERS
from analyzer.loader.parse.grammar import GRAPH_KEYS, JOINS, PARALLEL_KEYS, RESIDUAL_KEYS, STRUCTURES, TAKEN_NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from analyzer.layers.kinds import Fragment, Kind

    Definitions: TypeAlias = dict[str, Any]

#: Capital letters: a block's name begins with one, a type's name has none.
CAPITAL = "A-ZÀ-ÖØ-ÞΑ-ΩА-Я"
#: Letters and digits of any script, as near as a pattern without properties of Unicode comes.
_ALNUM = "0-9A-Za-zª²³µ¹ºÀ-ÖØ-öø-῿Ⰰ-\uffff"
BLOCK_NAME = f"^[{CAPITAL}][_{_ALNUM}]*$"
_LAYER_NAME = f"^[-_/:{_ALNUM}]+$"
#: What the schema says of a mistake in a whole sentence, and of a bare value; its other messages begin with a verb.
TWO_LAYERS = "one item has two layers; each needs an item of its own, with its own `- `"
NO_LAYER = "this item has no layer type, block or structure"
NO_BARE_VALUE = "takes no bare value"
_TEXT = ["string", "number", "boolean"]


def ref(name: str) -> Fragment:
    """A reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


def expressible(fragment: Fragment, definition: str = "expression") -> Fragment:
    """A fragment that accepts an expression too, wherever a value inside it may be one."""
    inner = dict(fragment)
    if "items" in inner:
        inner["items"] = expressible(inner["items"], definition)
    if "properties" in inner:
        inner["properties"] = {
            key: part if "$ref" in part else expressible(part) for key, part in inner["properties"].items()
        }
    return {"if": ref(definition), "else": inner}


def layer_definitions() -> Definitions:
    """Definitions of the kinds of parameter, of every type and its parameters, of an item and of a list."""
    kinds = _Kinds()
    types: Definitions = {}
    for name, layer in CATALOGUE.items():
        types[name] = _type(layer, kinds)
        if layer.declared:
            types[f"{name}.parameters"] = _parameters(layer, kinds)
        else:
            types[f"{name}.parameters"] = {"type": "object", "additionalProperties": False}
    return {
        "layers": {"type": "array", "items": ref("layer")},
        "layer": _item(),
        "word": {
            "not": {"enum": [*CATALOGUE, *STRUCTURES]},
            "pattern": f"^(?![{CAPITAL}])",
            "errorMessage": TWO_LAYERS,
        },
        "layer_name": layer_name(),
        "residual": _residual(kinds),
        "parallel": _parallel(),
        "sequence": {"description": f"sequence: {STRUCTURES['sequence']}", **ref_list()},
        **types,
        **kinds.definitions,
    }


def ref_list() -> Fragment:
    """A list of layers; beside other keys, where draft-07 ignores keys next to a `$ref`."""
    return {"type": "array", "items": ref("layer")}


def layer_name() -> Fragment:
    """The name of a layer, an input or a branch."""
    return {
        "type": _TEXT,
        "pattern": _LAYER_NAME,
        "not": {"enum": [*TAKEN_NAMES]},
        "errorMessage": f"must be a name of letters, digits and `_ - / :`, other than {listed(TAKEN_NAMES, last='and')}",
    }


class _Kinds:
    """The kinds of parameter, each defined once."""

    def __init__(self) -> None:
        self.definitions: Definitions = {}
        self.names: dict[str, str] = {}

    def of(self, kind: Kind) -> Fragment:
        """A reference to the definition of a kind."""
        said = {"errorMessage": f"must be {kind.words}"}
        inner = {**kind.schema(), **said}
        if "then" in inner:
            inner["then"] = {**inner["then"], **said}
        fragment = expressible(inner, "arithmetic" if isinstance(kind, NUMBERS) else "expression")
        written = repr(fragment)
        if written not in self.names:
            stem = kind.__class__.__name__.removesuffix("Kind").lower()
            number = sum(name.partition("-")[0] == f"kind.{stem}" for name in self.definitions) + 1
            self.names[written] = f"kind.{stem}" + (f"-{number}" if number > 1 else "")
            self.definitions[self.names[written]] = fragment
        return ref(self.names[written])


def _type(layer: type[Layer], kinds: _Kinds) -> Fragment:
    """The value of a type's name: its parameters, only the main one, or nothing."""
    rule = (inspect.getdoc(layer) or "").partition("\n\nSources: ")[0]
    fragment: Fragment = {
        "title": layer.type,
        "description": rule,
        "if": {"type": "object"},
        "then": ref(f"{layer.type}.parameters"),
    }
    if layer.main is None:
        fragment["else"] = {"type": "null", "errorMessage": NO_BARE_VALUE}
    else:
        main = layer.declared[layer.main]
        fragment["else"] = {"if": {"type": "null"}, "else": kinds.of(main.kind)}
    return fragment


def _parameters(layer: type[Layer], kinds: _Kinds) -> Fragment:
    """The parameters of a type by their names and by the textbook's letters; both at once are refused at the name."""
    properties: Fragment = {}
    both: Fragment = {}
    for name, declaration in layer.declared.items():
        properties[name] = _parameter(declaration, kinds)
        if declaration.letter:
            properties[declaration.letter] = ref(f"{layer.type}.parameters/properties/{name}")
            message = f"cannot appear beside its letter `{declaration.letter}`; keep one of them"
            both[declaration.letter] = {"properties": {name: {"not": {}, "errorMessage": message}}}
    for key in layer.short_keys():
        main = layer.declared[layer.main or ""]
        properties[key] = {"$ref": f"{kinds.of(main.kind)['$ref']}/else/properties/{key}"}
        message = f"cannot appear beside its key `{key}`; write `{key}` inside it"
        names = [name for name in (main.name, main.letter) if name]
        both[key] = {"properties": {name: {"not": {}, "errorMessage": message} for name in names}}
    fragment: Fragment = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**fragment, "dependencies": both} if both else fragment


def _parameter(declaration: Parameter, kinds: _Kinds) -> Fragment:
    parts = [f"{declaration.doc[:1].upper()}{declaration.doc[1:]}: {declaration.kind.words}."]
    if declaration.required:
        parts.append("Required.")
    elif declaration.shown_default:
        parts.append(f"Default: {declaration.shown_default}.")
    fragment: Fragment = {"description": " ".join(parts)}
    if not declaration.required and declaration.default.__class__ in (bool, int, float, str):
        fragment["default"] = declaration.default
    return {**fragment, "allOf": [kinds.of(declaration.kind)]}


def _item() -> Fragment:
    """One item of a list: a word, or a mapping of graph keys and one key that says what it is."""
    words = [*CATALOGUE]
    word = {"enum": words, "errorMessage": "must be a layer type or a block"}
    return {
        "title": "layer",
        "description": "A layer, a block or a structure: one key says which, the others are graph keys.",
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"if": {"pattern": BLOCK_NAME}, "else": word},
        "else": {
            "if": {"type": "object"},
            "then": {
                "not": {"propertyNames": {"enum": [*GRAPH_KEYS]}},
                "errorMessage": NO_LAYER,
                "if": {"not": {"propertyNames": {"pattern": f"^(?![{CAPITAL}])"}}},
                "then": {"properties": _beside_block(first=True), **_beside_any(None)},
            },
        },
        "properties": {
            **{name: ref(name) for name in CATALOGUE},
            **{name: ref(name) for name in STRUCTURES},
            **_graph_keys(),
        },
        "patternProperties": {f"^[{CAPITAL}]": {"type": ["object", "null"], "description": "A block's arguments."}},
        "additionalProperties": False,
        "dependencies": {
            **{name: _beside_type(layer) for name, layer in CATALOGUE.items()},
            **{name: {"properties": _beside_block(first=False), **_beside_any(name)} for name in STRUCTURES},
            "first": ["repeat"],
        },
        "errorMessage": "must be a layer: a mapping or a word",
    }


def _beside_any(name: str | None) -> Fragment:
    """No second type, block or structure beside this one (None: beside a block)."""
    own = {"pattern": f"^[{CAPITAL}]"} if name is None else {"const": name}
    return {"propertyNames": {"if": own, "else": ref("word")}}


def _beside_type(layer: type[Layer]) -> Fragment:
    most = layer.reads[1]
    graph: Fragment = {"first": ref(f"{layer.type}.parameters")}
    if "inputs" in layer.declared:
        graph["from"] = {
            "not": {},
            "errorMessage": f"cannot appear beside `{layer.type}`, which names its inputs itself",
        }
    elif "like" in layer.declared:
        graph["from"] = {"type": _TEXT, "errorMessage": "must be one name here"}
    elif most is not None:
        graph["from"] = {"maxItems": most}
    return {"properties": graph, **_beside_any(layer.type)}


def _beside_block(*, first: bool) -> Fragment:
    """The graph keys that a block or a structure does not take."""
    more: Fragment = {"type": "object"}
    return {
        "first": more if first else {"not": {}, "errorMessage": "belongs to a layer or a block, not to a structure"},
        "from": {"maxItems": 1},
    }


def _graph_keys() -> Fragment:
    """The keys beside a type; their order and their words are those of the table."""
    said = {key: f"{text[:1].upper()}{text[1:]}." for key, text in GRAPH_KEYS.items()}
    name = {"type": _TEXT, "minLength": 1}
    counted: Fragment = {
        "type": ["integer", "object"],
        "minimum": 0,
        "maximum": 10**15,
        "propertyNames": ref("variable"),
        "additionalProperties": {"type": "array"},
        "minProperties": 1,
        "errorMessage": "must be a count, or lists such as `{c: [64, 128]}`",
    }
    fragments: dict[str, Fragment] = {
        "name": layer_name(),
        "from": {"type": [*_TEXT, "array"], "minLength": 1, "items": name, "minItems": 1},
        "repeat": {"if": ref("arithmetic"), "else": counted},
        "first": {},
        "when": {
            "if": ref("expression"),
            "else": {"type": ["boolean", "number"], "errorMessage": "must be a condition such as `$stride > 1`"},
        },
        "expect": {"if": ref("expression"), "else": ref("expected")},
        "note": {"type": _TEXT},
        "tied": {
            "type": [*_TEXT, "object"],
            "properties": {"weights": {"type": _TEXT}},
            "required": ["weights"],
            "additionalProperties": False,
        },
        "frozen": {"type": "boolean"},
        "weights_dtype": {"enum": [*BITS]},
    }
    return {key: {"description": said[key], **fragments[key]} for key in GRAPH_KEYS}


def _residual(kinds: _Kinds) -> Fragment:
    act = CATALOGUE["conv"].declared["act"].kind
    fragments: dict[str, Fragment] = {
        "body": ref_list(),
        "project": {
            "if": {"type": "string"},
            "then": {"enum": ["none"]},
            "else": {**ref_list(), "errorMessage": "must be a list of layers, or `none`"},
        },
        "act": {"allOf": [kinds.of(act)]},
    }
    return _structure("residual", RESIDUAL_KEYS, fragments, "body")


def _parallel() -> Fragment:
    fragments: dict[str, Fragment] = {
        "join": {"enum": [*JOINS], "errorMessage": f"must be {listed(JOINS)}"},
        "branches": {
            "type": "object",
            "propertyNames": ref("layer_name"),
            "additionalProperties": ref("layers"),
            "minProperties": 1,
        },
    }
    return _structure("parallel", PARALLEL_KEYS, fragments, "branches")


def _structure(name: str, keys: dict[str, str], fragments: dict[str, Fragment], needed: str) -> Fragment:
    return {
        "title": name,
        "description": STRUCTURES[name],
        "type": "object",
        "properties": {key: {"description": text, **fragments[key]} for key, text in keys.items()},
        "additionalProperties": False,
        "required": [needed],
    }
