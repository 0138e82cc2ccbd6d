"""The columns about places: the window of a layer, the cells that it sees, the cells that no window reads.

Their values are for programs and spreadsheets: ASCII, one number where all axes have the same, otherwise one for each
axis (`1x2`), and nothing where a row has no such number. No value is in a form that a spreadsheet takes for a date, a
time or a formula: `0+1` is padding of 0 before and 1 after, `3..5` a range.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from analyzer.engine.receptive_field import ReceptiveField
from analyzer.engine.result import Row
from analyzer.reporter.analysis.fold import Folded
from analyzer.reporter.column import Column
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The signs of people's numbers, each with what a program reads.
_ASCII = str.maketrans({"×": "x", "−": "-", "–": "-", "·": "", "÷": "/"})

#: The signs of programs' numbers, each with what people read. Compiled where it is first used: few tables have them.
_SIGNS = r"(?<=\d)x(?=[-\d])|-(?=\d)|(?<=\d)\.\.(?=\d)|(?<=\d)\+(?=\d)"
_PRETTY = {"x": "×", "-": "−", "..": "–", "+": ":"}

#: What stands for a field that is not known; a row that sees no cells of an input has nothing.
UNKNOWN = "unknown"


def ascii_numbers(text: str) -> str:
    """A text with the signs of its numbers in ASCII.

    >>> ascii_numbers("conv 3×3 +1, relu"), ascii_numbers("Stage ×2")
    ('conv 3x3 +1, relu', 'Stage x2')
    """
    return text.translate(_ASCII)


def pretty_numbers(text: str) -> str:
    """A value of these columns for people.

    >>> pretty_numbers("-4x-3"), pretty_numbers("3..5x3..5 of mask"), pretty_numbers("0+1")
    ('−4×−3', '3–5×3–5 of mask', '0:1')
    """
    numbers, of, name = text.partition(" of ")
    return re.sub(_SIGNS, lambda sign: _PRETTY[sign.group()], numbers) + of + name


def exact(number: float) -> str:
    """A number in full.

    >>> exact(2.0), exact(-4), exact(0.5)
    ('2', '-4', '0.5')
    """
    return str(int(number)) if number == int(number) else repr(number)


def on_axes(numbers: Sequence[float]) -> str:
    """A number for each axis, or a single one if all are equal."""
    texts = [exact(number) for number in numbers]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)


def around(pairs: Sequence[tuple[int, int]]) -> str:
    """Cells before and after on each axis: `1`, `1x2`, `0+1` where the two differ.

    >>> around([(1, 1), (1, 1)]), around([(0, 1), (0, 1)]), around([(0, 1), (2, 2)])
    ('1', '0+1', '0+1x2')
    """
    texts = [str(before) if before == after else f"{before}+{after}" for before, after in pairs]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)


def _layers(row: Row) -> Iterator[Row]:
    """The layers of a row."""
    if isinstance(row, Folded):
        for member in row.members:
            yield from _layers(member)
    else:
        yield row


def _common(read: Callable[[Row], Any], write: Callable[[Any], str]) -> Callable[[Row], str]:
    """The value of a row: for several layers the one that all of them with such a value have, otherwise nothing."""

    def value(row: Row) -> str:
        if not isinstance(row, Folded):
            own = read(row)
            return "" if own is None else write(own)
        found = {write(one) for layer in _layers(row) if (one := read(layer)) is not None}
        return found.pop() if len(found) == 1 else ""

    return value


def _read_volumes(row: Row) -> list[Volume]:
    """The volumes that a row reads; for several layers those from outside, each layer's once."""
    if not isinstance(row, Folded):
        return row.input_volumes
    layers = list(_layers(row))
    inside = {id(layer.node) for layer in layers}
    sources = {id(node): node for layer in layers for node in layer.node.inputs if id(node) not in inside}
    return [node.output for node in sources.values()]


def _inputs(row: Row) -> str:
    return " ".join(map(str, _read_volumes(row)))


def _pretty_inputs(row: Row) -> str:
    return ", ".join(volume.pretty() for volume in _read_volumes(row))


def _place(name: str, heading: str, doc: str, value: Callable[[Row], str]) -> Column:
    """A column of numbers that do not add up."""
    return Column(name, heading, doc, value=value, text=lambda row: pretty_numbers(value(row)), nature="place")


def _of_window(name: str, doc: str, write: Callable[[Any], str] = on_axes) -> Column:
    """A column about the window of a layer, called as the property of a row."""

    def read(row: Row) -> Any:
        return getattr(row, name)

    return _place(name, name, doc, _common(read, write))


def _sizes(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


def _field_column(name: str, heading: str, doc: str, write: Callable[[ReceptiveField], str], unknown: str) -> Column:
    """A column about the receptive field, empty for a row that sees no cells of an input."""

    def value(row: Row) -> str:
        field = row.receptive_field
        return write(field) if field is not None else unknown if row.receptive_fields else ""

    def text(row: Row) -> str:
        unseen = row.receptive_field is None and row.receptive_fields
        return "?" if unseen else pretty_numbers(value(row))

    return Column(name, heading, doc, value=value, text=text, nature="place")


def _field_size(field: ReceptiveField) -> str:
    of = "" if field.input is None else f" of {field.input}"
    if field.everything:
        return f"whole{of}"
    pairs = zip(field.size_min, field.size, strict=True)
    return "x".join(str(most) if least == most else f"{least}..{most}" for least, most in pairs) + of


#: The input and the window of a layer.
GEOMETRY = (
    Column("input", "input", "input volume of one sample, several with spaces", value=_inputs, text=_pretty_inputs),
    _of_window("kernel", "size of the window on each axis", _sizes),
    _of_window("stride", "cells from one window to the next"),
    _of_window("padding", "cells around the input, in numbers; `0+1` is 0 before and 1 after", around),
    _of_window("dilation", "cells from one tap of the window to the next"),
    _of_window("groups", "groups of planes that a convolution does not mix", str),
)

UNREAD = _place(
    "unread",
    "unread",
    "cells at the end of each axis that no window reads",
    lambda row: "" if row.unread is None else on_axes(row.unread),
)

#: The receptive field.
FIELDS = (
    _field_column(
        "receptive_field",
        "RF",
        "input cells that one output cell depends on; `unknown` where it cannot be calculated",
        _field_size,
        UNKNOWN,
    ),
    _field_column(
        "rf_stride",
        "RF stride",
        "how far the field moves from one output cell to the next",
        lambda field: on_axes(field.stride),
        "",
    ),
    _field_column(
        "rf_offset",
        "RF offset",
        "first input cell of the field; negative in padding",
        lambda field: on_axes(field.offset),
        "",
    ),
)
