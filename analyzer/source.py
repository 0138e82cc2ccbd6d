"""Places in a text, which messages point at."""

from __future__ import annotations

#: The longest label that is shown whole: a file may have names of any length.
_LONGEST = 120


class Span:
    """A stretch of a file, in characters. Lines and columns start at 1; the end column is exclusive.

    A place without a line has a `label`: the name of a node or of a layer in a file of another format, or the keys and
    positions that lead to a value of a dict, such as `layers[2].conv.filters`; empty for the whole. Its lines are only
    the order of places.
    """

    __slots__ = ("column", "end_column", "end_line", "file", "label", "line")

    # By hand: each item of a file makes one, and the end follows from the start where it is not given.
    def __init__(
        self,
        file: str,
        line: int,
        column: int,
        end_line: int | None = None,
        end_column: int | None = None,
        label: str | None = None,
    ) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.end_line = line if end_line is None else end_line
        self.end_column = column + 1 if end_column is None else end_column
        self.label = label

    @property
    def in_text(self) -> bool:
        """Whether the lines are those of a text."""
        return self.label is None

    @property
    def said(self) -> str:
        """The place in a sentence: `line 5`."""
        return f"line {self.line}" if self.label is None else f"`{self._labelled}`"

    @property
    def at(self) -> str:
        """The place at the end of a sentence: `on line 5`."""
        return f"on line {self.line}" if self.label is None else f"at `{self._labelled}`"

    @property
    def _labelled(self) -> str:
        return shown(self.label, _LONGEST) if self.label else "the model"

    def __str__(self) -> str:
        if self.label is None:
            return f"{self.file}:{self.line}:{self.column}"
        if self.file == DICT:
            return self._labelled
        return f"{self.file}: {self._labelled}" if self.label else self.file

    def __repr__(self) -> str:
        return f"Span({self})"


#: What messages call a model that is a dict, and has no file.
DICT = "<dict>"


def shown(text: str, limit: int = 60) -> str:
    """`text` as messages show it: control characters escaped, a long text shortened with an ellipsis.

    >>> print(shown("abcdef", limit=4))
    abc…
    """
    return inert(text if len(text) <= limit else text[: limit - 1] + "…")


def inert(text: str) -> str:
    """`text` as it may be written to a terminal or a log: control characters escaped, and what begins a command.

    A build server obeys a line that begins with `::`, and `##[` anywhere in a line. Any word is treated as if it began
    a line, since lines may be wrapped before it. Source: `ActionCommand.cs` of actions/runner.

    >>> print(inert("a" + chr(27)), inert("::error::x"), inert("a::b ##[error]"))
    a\\x1b \\x3a:error::x a::b \\x23#[error]
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if "::" in text or "##" in text:
        import re

        return re.sub(COMMAND, lambda found: f"\\x{ord(found.group()):x}", text)
    return text


#: The sign that makes a command of what comes after it.
COMMAND = r"(?<![^\s]):(?=:)|#(?=#(?:vso)?\[)"
