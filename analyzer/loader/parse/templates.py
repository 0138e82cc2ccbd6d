"""Templates: a written value with its expressions compiled and their names checked."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.loader.expressions.expression import VOLUME, Expression, is_expression
from analyzer.loader.expressions.nodes import calculated
from analyzer.loader.parse.description import Template
from analyzer.loader.parse.parser import Parser
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree, plain_value, value_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.parse.parser import Known


def template_of(
    parser: Parser, tree: Tree, known: Known, *, names: bool = False, numbers: bool = False
) -> Template | None:
    """The template of a written value; None, and a finding, where an expression in it is wrong.

    `names` keeps scalars as the text that was written; `numbers` calculates those that are arithmetic.
    """
    before = parser.troubles
    if tree.__class__ is Scalar:
        text = tree.text
        if "$" not in text:
            value = text if names else value_of(tree)
            if numbers and value.__class__ is str:
                value = number_or_text(parser, tree)
            return Template(value, tree, dynamic=False) if parser.troubles == before else None
    value, dynamic = _value(parser, tree, known, names, numbers)
    return None if parser.troubles > before else Template(value, tree, dynamic=dynamic)


def number_or_text(parser: Parser, scalar: Scalar) -> int | float | str:
    """The value of a text that is arithmetic (`1024*3`), otherwise the text; a finding for one without a value."""
    try:
        number = calculated(scalar.text)
    except Refusal as refusal:
        parser.refused(refusal, "", scalar)
        return scalar.text
    return scalar.text if number is None else number


def number_of(parser: Parser, tree: Tree) -> Any:
    """The plain value of a tree where a number is wanted, and no variable may be used."""
    value = plain_value(tree)
    return number_or_text(parser, tree) if isinstance(tree, Scalar) and isinstance(value, str) else value


def _value(parser: Parser, tree: Tree, known: Known, names: bool, numbers: bool) -> tuple[Any, bool]:
    """The plain value of a tree, with expressions in it, and whether there are any."""
    if isinstance(tree, Scalar):
        if tree.__class__ is Damaged:
            parser.troubles += 1
        if is_expression(tree.text):
            return _expression(parser, tree, known), True
        plain = tree.text if names else value_of(tree)
        return (number_or_text(parser, tree) if numbers and plain.__class__ is str else plain), False
    dynamic = False
    if isinstance(tree, Sequence):
        items = []
        for item in tree.items:
            value, moving = _value(parser, item, known, names, numbers)
            dynamic |= moving
            items.append(value)
        return items, dynamic
    assert isinstance(tree, Mapping)
    pairs = {}
    for key, item in tree.items:
        pairs[key.text], moving = _value(parser, item, known, names, numbers)
        dynamic |= moving
    return pairs, dynamic


def _expression(parser: Parser, scalar: Scalar, known: Known) -> Expression | None:
    try:
        expression = Expression(scalar.text)
    except Refusal as refusal:
        from analyzer.loader.parse.spellings import (  # with patterns that only a mistake needs
            tuple_meant,
            variable_meant,
        )

        other = variable_meant(scalar.text, known) or tuple_meant(scalar.text)
        refusal.help = f"write `{shown(other)}`" if other is not None else refusal.help
        parser.refused(refusal, "", scalar)
        return None
    if expression.names & VOLUME:
        parser.model.asks.append(expression)
    for name in sorted(expression.names):
        if name not in known and not parser.lenient:
            _unknown_variable(parser, name, scalar, known)
    return expression


def _unknown_variable(parser: Parser, name: str, scalar: Scalar, known: Known) -> None:
    near = nearest(name, known)
    help = f"did you mean `${near}`?" if near else None
    if name in parser.later:
        help = "it is declared below; a variable only sees those above it"
    names = listed(map("${}".format, sorted(known)), last="and")
    notes = [f"the variables are {names}" if known else "there are no variables here"]
    parser.problem("NAME102", f"no variable is called `${shown(name)}` here", scalar, notes=notes, help=help)
