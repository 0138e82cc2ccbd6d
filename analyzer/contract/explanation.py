"""The explanation of a network's arithmetic: its keys, in the order in which they are written.

>>> from analyzer.engine.explained.expression import Letter, Quotient, Sum
>>> as_tree(Quotient(Sum(((1, Letter("W", 32)), (-1, Letter("F", 8)))), Letter("S", 2)))["op"]
'floor'
"""

from __future__ import annotations

from operator import attrgetter

from analyzer.contract.keys import (
    AT_LEAST_1,
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
from analyzer.contract.report import FINDING
from analyzer.contract.schema import document, report_schema
from analyzer.dtypes import BITS
from analyzer.engine.explained.expression import (
    Expression,
    Letter,
    Number,
    Power,
    Product,
    Quotient,
    Ratio,
    Rounded,
    Sum,
)
from analyzer.engine.explained.expression import written as as_text
from analyzer.engine.explained.result import TOPICS, Explained, Explanation, Step
from analyzer.engine.result import MODES
from analyzer.volume import AXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_VOLUME = definition("volume")
_NUMBER = {"type": "number"}

#: What a node of a formula does with its parts, in order.
OPERATIONS = ("+", "-", "*", "/", "^", "floor", "ceil")

_TREE = {
    "anyOf": [
        _NUMBER,
        closed({"letter": NAME, "value": _NUMBER}),
        closed({"op": {"enum": list(OPERATIONS)}, "of": array(definition("expression"), minItems=1)}),
    ],
    "description": "a number, a letter with its value, or an operation: `-` has one part, `/` two and no rounding",
}


def as_tree(expression: Expression) -> Any:
    """A formula as plain data, which a program evaluates with seven operations."""
    if isinstance(expression, Number):
        return expression.number
    if isinstance(expression, Letter):
        return {"letter": expression.name, "value": expression.number}
    parts = [as_tree(part) for part in expression.parts]
    if isinstance(expression, Sum):
        signed = zip((sign for sign, _ in expression.terms), parts, strict=True)
        return {"op": "+", "of": [part if sign > 0 else {"op": "-", "of": [part]} for sign, part in signed]}
    if isinstance(expression, Quotient):
        return {"op": "ceil" if expression.up else "floor", "of": [{"op": "/", "of": parts}]}
    if isinstance(expression, Rounded):
        return {"op": "ceil" if expression.up else "floor", "of": parts}
    return {"op": {Product: "*", Ratio: "/", Power: "^"}[expression.__class__], "of": parts}


def _formula(write: Callable[[Expression], Any]) -> Callable[[Step], Any]:
    """What `write` makes of the formula of a step; None where it has none."""
    return lambda step: None if step.formula is None else write(step.formula)


#: A number of a layer.
STEP = (
    field("topic", {"enum": list(TOPICS)}),
    field("name", NAME),
    field("value", _NUMBER, optional=True),
    Key("unit", {"enum": ["bytes", "cells"]}, lambda step: step.unit or None, True),
    field("mode", {"enum": list(MODES)}, optional=True),
    field("axis", {"enum": sorted({axis for axes in AXES for axis in axes} | {"depth"})}, optional=True),
    Key("formula", NAME, _formula(lambda formula: as_text(formula, letters=True)), True),
    Key("numbers", NAME, _formula(as_text), True),
    Key("expression", definition("expression"), _formula(as_tree), True),
    Key("words", NAME, lambda step: step.words or None, True),
)

_LETTER = (field("name", NAME), Key("value", _NUMBER, attrgetter("number")), field("meaning", TEXT))


def _read(explained: Explained) -> list[str] | None:
    """The volumes that a layer reads; None for an input of the network."""
    return [str(node.output) for node in explained.node.inputs] or None


#: A layer, or several equal ones.
LAYER = (
    Key("name", NAME, lambda explained: explained.node.name),
    Key("names", array(NAME, minItems=2), lambda one: list(one.names) if len(one.names) > 1 else None, True),
    Key("kind", NAME, lambda explained: explained.node.layer.type),
    Key("rule", TEXT, attrgetter("rule")),
    Key("inputs", array(NAME), lambda one: [node.name for node in one.node.inputs] or None, True),
    Key("reads", array(_VOLUME), _read, True),
    Key("output", _VOLUME, lambda one: None if one.refused else str(one.node.output), True),
    Key("refused", TRUE, lambda one: one.refused or None, True),
    Key("letters", array(schema_of(_LETTER)), lambda one: [written(_LETTER, letter) for letter in one.letters]),
    Key("steps", array(definition("step")), lambda one: [written(STEP, step) for step in one.steps]),
)


def _inputs(explanation: Explanation) -> dict[str, str]:
    return {node.name: str(node.output) for node in explanation.inputs}


def _findings(name: str) -> Callable[[Explanation], Any]:
    """Findings of one kind, if there are any."""
    found = attrgetter(name)
    return lambda explanation: [written(FINDING, finding) for finding in found(explanation)] or None


HEADER = (
    Key("format", {"const": FORMAT}, lambda _: FORMAT),
    field("file", TEXT),
    field("name", TEXT),
    Key("inputs", {"type": "object", "additionalProperties": _VOLUME}, _inputs),
    field("batch", AT_LEAST_1),
    field("dtype", {"enum": list(BITS)}),
    Key("modes", array({"enum": list(MODES)}, minItems=1), lambda explanation: list(explanation.modes)),
)
LAYERS = Key(
    "layers", array(definition("layer")), lambda explanation: [written(LAYER, one) for one in explanation.layers]
)
FINDINGS = (
    Key("refused", array(definition("diagnostic"), minItems=1), _findings("refused"), True),
    Key("diagnostics", array(definition("diagnostic")), _findings("diagnostics"), True),
)
EXPLANATION = (*HEADER, LAYERS, *FINDINGS)


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """An explanation as plain data for `json.dumps`."""
    return written(EXPLANATION, explanation)


def explanation_schema() -> dict[str, Any]:
    """The schema: one explanation, or one wrong file."""
    shared = report_schema()["definitions"]
    return document(
        "Explanation of analyzer",
        "The arithmetic of the layers of a network: formulas with letters and with numbers, and their values. Format 1; "
        "its keys are stable.",
        "explanation",
        "layers",
        {
            "explanation": schema_of(EXPLANATION),
            "layer": schema_of(LAYER),
            "step": schema_of(STEP),
            "expression": _TREE,
            **{name: shared[name] for name in ("failed", "diagnostic", "volume")},
        },
    )
