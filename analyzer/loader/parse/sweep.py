"""Parsing `sweep`: the axes that a file gives to `analyzer sweep`, and what their names mean."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.loader.parse.axis import INPUT, Axis
from analyzer.loader.parse.description import Model
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.ranges import FORMS, item_in, list_of, read_axis, read_volumes, word_in
from analyzer.loader.parse.shapes import pairs_of
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.axis import Value


def parse_sweep(parser: Parser, tree: Tree) -> None:
    """The axes under `sweep`."""
    axes = parser.model.sweep
    for key, value in pairs_of(parser, tree, "`sweep`", "sweep: {width: 16:128:16, depth: [18, 50, 101]}"):
        found = axis_called(parser.model, key.text)
        if found is None:
            if not parser.lenient:
                _unknown_axis(parser, key)
            continue
        name, volume = found
        if name in axes:
            parser.problem("MODEL101", f"`sweep` has the axis `{name}` twice", key, help="keep one of them")
            continue
        try:
            axis = _volumes(name, value) if volume else _axis(name, value)
        except Refusal as refusal:
            parser.refused(refusal, f"`{shown(key.text)}` of `sweep`", value)
            continue
        if axis is not None:
            axes[name] = axis


def axis_called(model: Model, written: str) -> tuple[str, bool] | None:
    """The axis that a name means, and whether it is the volume of an input; None where it means neither.

    A variable may be called `input`: the name then means the variable.
    """
    if written in model.vars:
        return written, False
    if written == INPUT:
        return axis_of_input(model, None), True
    name = written.removeprefix(f"{INPUT}.")
    return (axis_of_input(model, name), True) if name != written and name in model.inputs else None


def axis_of_input(model: Model, name: str | None) -> str:
    """The name of the axis that is the volume of an input; None is the first one."""
    if len(model.inputs) == 1 and INPUT not in model.vars:
        return INPUT
    return f"{INPUT}.{next(iter(model.inputs)) if name is None else name}"


def _unknown_axis(parser: Parser, key: Scalar) -> None:
    model = parser.model
    volumes = [axis_of_input(model, name) for name in model.inputs]
    known = [*model.vars, *volumes]
    near = nearest(key.text, known)
    notes = [f"an axis is a variable or an input: {listed(known)}"]
    message = f"the model has no variable `{shown(key.text)}`"
    parser.problem("NAME102", message, key, notes=notes, help=f"did you mean `{near}`?" if near else None)


def _axis(name: str, tree: Tree) -> Axis | None:
    """The axis with the written values; None where the reader refused one and reported it. Raises `Refusal`."""
    if isinstance(tree, Scalar):
        if tree.__class__ is Damaged:
            return None
        return read_axis(name, tree.text) if tree.plain else Axis(name, [word_in(tree.text)])
    items = _items(tree)
    if any(item.__class__ is Damaged for item in items):
        return None
    return Axis(name, list_of([_value(place, item) for place, item in enumerate(items)]))


def _volumes(name: str, tree: Tree) -> Axis | None:
    """The same of the volumes of an input."""
    if isinstance(tree, Scalar):
        return None if tree.__class__ is Damaged else read_volumes(name, tree.text.split(","))
    texts = []
    for place, item in enumerate(_items(tree)):
        if item.__class__ is Damaged:
            return None
        if not isinstance(item, Scalar):
            help = (
                "write it as height x width x depth, in digits with `x` between" if isinstance(item, Mapping) else None
            )
            message = f"must have volumes such as `224x224x3`, not {described(item)}"
            raise Refusal(message, code="VALUE101", at=(place,), help=help)
        texts.append(item.text)
    return read_volumes(name, texts)


def _items(tree: Tree) -> list[Tree]:
    if isinstance(tree, Sequence):
        return tree.items
    raise Refusal(f"must be {FORMS}, not {described(tree)}", code="VALUE101")


def _value(place: int, tree: Tree) -> Value:
    """The value of one item of a list; a text in quotes is a word."""
    if not isinstance(tree, Scalar):
        raise Refusal(f"must have numbers or words, not {described(tree)}", code="VALUE101", at=(place,))
    try:
        return item_in(tree.text) if tree.plain else word_in(tree.text)
    except Refusal as refusal:
        refusal.at = (place,)
        raise
