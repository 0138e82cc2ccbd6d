"""Places in a text, which messages point at."""

from __future__ import annotations


class Span:
    """A stretch of a file, in characters. Lines and columns start at 1; the end column is exclusive."""

    __slots__ = ("column", "end_column", "end_line", "file", "line")

    # By hand: each item of a file makes one, and the end follows from the start where it is not given.
    def __init__(
        self, file: str, line: int, column: int, end_line: int | None = None, end_column: int | None = None
    ) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.end_line = line if end_line is None else end_line
        self.end_column = column + 1 if end_column is None else end_column

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def __repr__(self) -> str:
        return f"Span({self})"


def shown(text: str, limit: int = 60) -> str:
    """`text` as messages show it: control characters escaped, a long text shortened with an ellipsis.

    >>> print(shown("a" + chr(27)), shown("abcdef", limit=4))
    a\\x1b abc…
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
