"""The JSON Schema (draft-07) of model files, for editors and other programs, made from the catalogue and the grammar.

It points at the one wrong value: it has no `oneOf` and no `anyOf`, but lists of `type`, and `if/then/else` by JSON
type. A text with a `$` is an expression, allowed wherever a value may be one; where a number is wanted, arithmetic is
too. `errorMessage`, which editors' YAML servers show, says what was expected; validators ignore it.

It accepts and refuses what the parser does, except for what a schema cannot express:

- required parameters, since `defaults` may supply them (VALUE103);
- blocks: whether one exists, its arguments, whether it reaches itself; names of other scripts' capitals (MODEL102,
  VALUE102 to VALUE104, MODEL109, NAME101);
- expressions: their grammar and their names (EXPR…, NAME102);
- names: that they are unique, and what they refer to (NAME103, NAME104); characters that are no letters beyond U+2BFF;
  paths in quotes as names, which `findings_of` accepts for it (NAME101);
- the axes of `sweep`: their names, one axis twice, the arithmetic of a range, a value twice, the volumes of an input
  (NAME102, MODEL101, VALUE101);
- relations of values: lists of `repeat` of one length, `min` below `max` in a budget, the elements of a volume
  (VALUE101, LIMIT104);
- how a value is written: `null` and nothing, `512.0` and `512`, `1e6` and `1000000` are the same to a schema, as are
  numbers within one part in 10^9 of a whole number;
- YAML itself: duplicate keys, tags, commas in expressions (YAML1…).

In turn it already refuses what the parser leaves to the expansion: a wrong value beside an expression in
one list, a `when` that is a word.
"""

from __future__ import annotations

from analyzer.dtypes import BITS
from analyzer.engine.amounts import AMOUNTS
from analyzer.layers.kinds import Kind
from analyzer.layers.spatial_kinds import SIZE_TEXT
from analyzer.loader.expressions.expression import BUILT_IN, KEYWORDS
from analyzer.loader.expressions.functions import ARITHMETIC
from analyzer.loader.parse.grammar import BLOCK_KEYS, INPUT_AXES, TOP_KEYS, TRAINING_KEYS
from analyzer.loader.schema.layers import BLOCK_NAME, layer_definitions, layer_name, ref, ref_list
from analyzer.volume import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.layers.kinds import Fragment

_TEXT = ["string", "number", "boolean"]
_AMOUNT = r"^\s*[0-9]+(_[0-9]+)*(\.[0-9]+)?([eE]\+?[0-9]{1,2})?\s*"
_AMOUNTS = {
    "count": (_AMOUNT + r"[kKMGTP]?\s*$", "must be an amount such as `26M` or `4.2G`"),
    "bytes": (_AMOUNT + r"([kKMGTP]?B?|[kKMGTP]iB)\s*$", "must be an amount such as `150 MiB` or `1.5 GB`"),
}


def model_schema() -> dict[str, Any]:
    """The schema of model files."""
    fragments = _top_level()
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "model.schema.json",
        "title": "Model of analyzer",
        "description": "A network, layer by layer, for `analyzer`: what every layer puts out and costs.",
        "type": "object",
        "properties": {key: {"description": _sentence(text), **fragments[key]} for key, text in TOP_KEYS.items()},
        "additionalProperties": False,
        "required": ["layers"],
        "if": {"required": ["inputs"]},
        "else": {"required": ["input"]},
        "dependencies": {
            "input": {
                "properties": {"inputs": {"not": {}, "errorMessage": "cannot appear beside `input`; keep one of them"}}
            }
        },
        "definitions": {
            "expression": {"type": "string", "pattern": "\\$"},
            "arithmetic": {"type": "string", "pattern": f"\\$|{ARITHMETIC}"},
            "variable": _variable(),
            "volume": _volume(),
            "expected": _expected(),
            "amount.count": _amount("count"),
            "amount.bytes": _amount("bytes"),
            "block": _block(),
            **layer_definitions(),
        },
    }


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _top_level() -> dict[str, Fragment]:
    """The values of the file's keys."""
    types = [name.removesuffix(".parameters") for name in layer_definitions() if name.endswith(".parameters")]
    return {
        "name": {"type": _TEXT},
        "description": {"type": _TEXT},
        "input": {"if": ref("expression"), "else": ref("volume")},
        "inputs": {
            "type": "object",
            "propertyNames": layer_name(),
            "additionalProperties": {"if": ref("expression"), "else": ref("volume")},
            "minProperties": 1,
        },
        "vars": {
            "type": "object",
            "propertyNames": ref("variable"),
            "additionalProperties": {"type": _TEXT, "errorMessage": "must be a number or a word"},
        },
        "defaults": {
            "type": "object",
            "properties": {name: ref(f"{name}.parameters") for name in types},
            "additionalProperties": False,
        },
        "blocks": {
            "type": "object",
            "propertyNames": {"pattern": BLOCK_NAME, "errorMessage": "must begin with a capital letter"},
            "additionalProperties": ref("block"),
        },
        "layers": {**ref_list(), "minItems": 1},
        "outputs": {"type": "array", "items": {"type": _TEXT}},
        "budget": {
            "type": "object",
            "properties": {name: ref(f"amount.{kind}") for name, kind in AMOUNTS.items()},
            "additionalProperties": False,
        },
        "training": _training(),
        "sweep": {"type": "object", "additionalProperties": _axis()},
        "weights_dtype": {"enum": [*BITS]},
    }


def _variable() -> Fragment:
    return {
        "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
        "not": {"enum": [*BUILT_IN, *sorted(KEYWORDS)]},
        "errorMessage": "must be a name of letters, digits and `_`, and no word of expressions",
    }


def _volume() -> Fragment:
    """An input volume in its short or its long form."""
    size: Fragment = {
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": LARGEST,
        "pattern": f"^{SIZE_TEXT}$",
        "errorMessage": "must be a whole number of at least 1",
    }
    alone = {"propertyNames": {"enum": ["length", "depth"], "errorMessage": "cannot appear beside `length`"}}
    return {
        "type": ["integer", "string", "object"],
        "minimum": 1,
        "maximum": LARGEST,
        "pattern": f"^{SIZE_TEXT}([x×]{SIZE_TEXT}){{0,3}}$",
        "properties": {axis: {"if": ref("arithmetic"), "else": size} for axis in INPUT_AXES},
        "additionalProperties": False,
        "required": ["depth"],
        "dependencies": {"length": alone, "time": ["height", "width"], "height": ["width"], "width": ["height"]},
        "errorMessage": "must be a volume such as `224x224x3`",
    }


def _expected() -> Fragment:
    one = f"({SIZE_TEXT}|\\?)"
    return {
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": LARGEST,
        "pattern": f"^{one}([x×]{one}){{0,3}}$",
        "errorMessage": "must be a volume such as `14x14x20` or `56x56x?`",
    }


def _amount(kind: str) -> Fragment:
    pattern, message = _AMOUNTS[kind]
    scalar: Fragment = {"type": ["number", "string"], "minimum": 0, "pattern": pattern, "errorMessage": message}
    end = {"if": ref("arithmetic"), "else": scalar}
    return {
        "if": ref("arithmetic"),
        "else": {
            **scalar,
            "type": ["number", "string", "object"],
            "properties": {"min": end, "max": end},
            "additionalProperties": False,
            "minProperties": 1,
        },
    }


def _block() -> Fragment:
    word = "^\\s*[A-Za-z_][A-Za-z0-9_]*\\s*(=|$)"
    fragments: dict[str, Fragment] = {
        "params": {
            "type": "array",
            "items": {
                "type": "string",
                "pattern": word,
                "not": {"pattern": f"^\\s*({'|'.join((*BUILT_IN, *sorted(KEYWORDS)))})\\s*(=|$)"},
                "errorMessage": "must be `name` or `name=default`",
            },
        },
        "layers": ref_list(),
        "description": {"type": _TEXT},
    }
    return {
        "title": "block",
        "type": "object",
        "properties": {key: {"description": _sentence(text), **fragments[key]} for key, text in BLOCK_KEYS.items()},
        "additionalProperties": False,
        "required": ["layers"],
    }


def _training() -> Fragment:
    """The defaults of the memory analysis."""
    names = {"type": ["string", "array"], "minLength": 1, "items": {"type": "string", "minLength": 1}, "minItems": 1}
    texts: dict[str, Fragment] = {
        "checkpoint": names,
        "device": {"type": "string", "minLength": 1},
    }
    properties = {key: texts.get(key) or _setting(of) for key, of in TRAINING_KEYS.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _axis() -> Fragment:
    """The values of an axis: a list, or a text with one or a range."""
    value: Fragment = {
        "type": _TEXT,
        "pattern": "^[^$]+$",
        "errorMessage": "must be a number or a word",
    }
    form = "must be a range such as `16:128:16`, a list such as `[16, 32]`, or one value"
    return {**value, "type": [*_TEXT, "array"], "items": value, "minItems": 1, "errorMessage": form}


def _setting(of: tuple[str, ...] | Kind | None) -> Fragment:
    """A value of `training` that has choices or a kind."""
    return {"if": ref("arithmetic"), "else": of.schema()} if isinstance(of, Kind) else {"enum": list(of or ())}
