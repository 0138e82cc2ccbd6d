"""Places in a text: what a message points at."""

from __future__ import annotations


class Span:
    """A stretch of a file. Lines and columns count from 1, the end column is exclusive; all in characters."""

    __slots__ = ("column", "end_column", "end_line", "file", "line")

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
    """`text` as a message may show it: control characters escaped, a long text shortened with an ellipsis."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
