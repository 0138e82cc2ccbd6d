"""Places in a text, which messages point at."""

from __future__ import annotations


class Span:
    """A stretch of a file, in characters. Lines and columns start at 1; the end column is exclusive."""

    __slots__ = ("column", "end_column", "end_line", "file", "line")

    #: Whether the lines are those of a text; see `KeySpan`.
    in_text = True

    # By hand: each item of a file makes one, and the end follows from the start where it is not given.
    def __init__(
        self, file: str, line: int, column: int, end_line: int | None = None, end_column: int | None = None
    ) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.end_line = line if end_line is None else end_line
        self.end_column = column + 1 if end_column is None else end_column

    @property
    def said(self) -> str:
        """The place in a sentence: `line 5`."""
        return f"line {self.line}"

    @property
    def at(self) -> str:
        """The place at the end of a sentence: `on line 5`."""
        return f"on line {self.line}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def __repr__(self) -> str:
        return f"Span({self})"


class KeySpan(Span):
    """A place in a model that is no text: the keys and positions that lead to it, such as `layers[2].conv.filters`.

    `line` and `end_line` only give the order of places: every value has a number of its own.
    """

    __slots__ = ("path",)

    in_text = False

    def __init__(self, file: str, path: str, line: int, end_line: int) -> None:
        super().__init__(file, line, 1, end_line)
        self.path = path

    @property
    def said(self) -> str:
        """The place in a sentence."""
        return f"`{self}`"

    @property
    def at(self) -> str:
        """The place at the end of a sentence."""
        return f"at `{self}`"

    def __str__(self) -> str:
        return self.path or "the model"


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
