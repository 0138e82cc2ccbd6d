"""The tree of a model text: scalars, lists and mappings, each with its place.

A scalar is kept as the text that was written until somebody asks for its value (`value_of`), so that names such as
`1e1` or `on` stay names.
"""

from __future__ import annotations

import re
from math import isfinite
from operator import index

from analyzer.record import Record
from analyzer.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Mark(Protocol):
        """A place as PyYAML counts it: line and column from 0."""

        line: int
        column: int


class Way(Record):
    """A place in a model that is no text, instead of PyYAML's mark: the way to it, and its number in order."""

    path: str
    line: int
    column: int = 0


class Elsewhere(Record):
    """A place in another file than the model's, instead of PyYAML's mark: a line of the program that made the model."""

    file: str
    line: int
    column: int
    end: int


class Tree:
    """A node of the tree; `start` and `end` are PyYAML's marks."""

    __slots__ = ("end", "start")
    weight = 1
    height = 0

    # Written by hand, here and below: one is made for every key and value of a file, most with `end` still open.
    def __init__(self, start: Mark, end: Mark) -> None:
        self.start = start
        self.end = end

    def span(self, file: str) -> Span:
        """Its place."""
        start, end = self.start, self.end
        if start.__class__ is Way:
            return Span(file, start.line + 1, 1, end.line + 1, label=start.path)
        if start.__class__ is Elsewhere:
            return Span(start.file, start.line + 1, start.column + 1, None, start.end + 1)
        return Span(file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


class Scalar(Tree):
    """A text; `plain` where it was written without quotes."""

    __slots__ = ("plain", "text")

    # Written by hand: one is made for every key and value of a file; see `Tree`.
    def __init__(self, text: str, start: Mark, end: Mark, *, plain: bool) -> None:
        self.start = start
        self.end = end
        self.text = text
        self.plain = plain


class Damaged(Scalar):
    """A value that the reader refused and reported. Nothing more is reported about it."""

    __slots__ = ()

    def __init__(self, start: Mark, end: Mark) -> None:
        super().__init__("", start, end, plain=True)


class Sequence(Tree):
    """A list. `weight` counts its nodes, with those that aliases expand to; `height` its levels."""

    __slots__ = ("flow", "height", "items", "weight")

    def __init__(self, start: Mark, *, flow: bool) -> None:
        super().__init__(start, start)
        self.flow = flow
        self.items: list[Tree] = []
        self.weight = 1
        self.height = 1


class Mapping(Tree):
    """Keys and values in the order of the file; `merged` are pairs that `<<` brought, own keys win."""

    __slots__ = ("flow", "height", "items", "weight")

    def __init__(self, start: Mark, *, flow: bool) -> None:
        super().__init__(start, start)
        self.flow = flow
        self.items: list[tuple[Scalar, Tree]] = []
        self.weight = 1
        self.height = 1

    def get(self, name: str) -> Tree | None:
        """The value of a key, or None."""
        for key, value in self.items:
            if key.text == name:
                return value
        return None


#: A number with a fraction or an exponent. Compiled where it is first used: most files hold whole numbers only.
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"


_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def value_of(scalar: Scalar) -> int | float | bool | str | None:
    """The value of a scalar by YAML 1.2's core schema; a quoted one is text.

    `.inf`, `.nan`, `0x10`, `1_000` and `1:30` are text, and so is a number beyond a float's range.
    """
    text = scalar.text
    if not scalar.plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "0123456789-+.":
        digits = text[1:] if text[0] in "+-" else text
        if digits.isascii() and digits.isdigit():
            return int(text) if len(text) < 4000 else text
        if "x" not in text and re.fullmatch(_FLOAT, text, re.ASCII):  # a volume such as `3x3` is none
            number = float(text)
            return text if number in (float("inf"), float("-inf")) else number
    return text


def given_value(value: object) -> Any:
    """A value that is given from outside of a file, as plain data; a text is read as it would be in the file.

    Raises `ValueError` for what is neither a finite number nor a text.
    """
    if isinstance(value, str):
        return value_of(Scalar(value, _NOWHERE, _NOWHERE, plain=True))
    if isinstance(value, bool):
        return bool(value)
    if hasattr(value, "__index__"):  # also a number of another library
        return index(value)
    if isinstance(value, float) and isfinite(value):
        return float(value)
    raise ValueError("neither a finite number nor a text")


_NOWHERE = Way("", 0)


def plain_value(tree: Tree) -> Any:
    """The tree as plain data, expressions as their text; for JSON Schema."""
    if isinstance(tree, Mapping):
        return {key.text: plain_value(value) for key, value in tree.items}
    if isinstance(tree, Sequence):
        return [plain_value(item) for item in tree.items]
    assert isinstance(tree, Scalar)
    return value_of(tree)
