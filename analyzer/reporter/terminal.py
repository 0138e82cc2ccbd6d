"""Text for a terminal: signs that the stream can encode, colours, the width of characters, wrapped lines."""

from __future__ import annotations

import os
from collections.abc import Sequence

from analyzer.source import inert

#: The replacement of each sign if the stream cannot encode it.
_ASCII = {
    "×": "x", "Σ": "sum", "─": "-", "·": "*", "−": "-", "│": "|", "╭": "+", "…": "...", "█": "#", "▌": "", "≤": "<=",
    "≥": ">=", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "÷": "/", "→": "->", "∞": "inf", "²": "2", "–": "-",
}  # fmt: skip
_TABLE = str.maketrans(_ASCII)

_STYLES = {
    "bold": "1", "dim": "2", "red": "1;31", "green": "1;32", "yellow": "1;33", "cyan": "1;36", "blue": "34",
}  # fmt: skip

#: The style of each severity.
SEVERITY_STYLES = {"error": "red", "warning": "yellow", "note": "cyan"}


def width_of(stream: int) -> int | None:
    """The width of the terminal behind the stream of this number, or None without one; `COLUMNS` overrides it."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and 0 < int(columns) < 100_000:
        return int(columns)
    try:
        return os.get_terminal_size(stream).columns or None
    except (OSError, ValueError):
        return None


def fitted(text: str, unicode: bool) -> str:
    """`text` for the stream: control characters escaped; without `unicode`, signs replaced, other letters escaped."""
    text = inert(text)
    if unicode or text.isascii():
        return text
    return (
        text.replace(" · ", " | ")
        .replace("√n", "sqrt(n)")
        .translate(_TABLE)
        .encode("ascii", "backslashreplace")
        .decode("ascii")
    )


def markup(text: str, unicode: bool) -> str:
    """HTML or XML for the stream: without `unicode`, character references in place of other characters than ASCII."""
    return text if unicode else text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def styled(text: str, style: str, color: bool) -> str:
    """`text` in a style, if colours are allowed."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and text else text


def cells(text: str) -> int:
    """The number of terminal cells of `text`: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def joined(parts: Sequence[str], separator: str, width: int | None, indent: str = "") -> str:
    """Joins parts, with a line break where the width requires one; lines after the first are indented."""
    lines: list[str] = []
    end = separator.rstrip()  # at the end of every line but the last
    for number, part in enumerate(parts, 1):
        more = end if number < len(parts) else ""
        if lines and (width is None or cells(lines[-1] + separator + part + more) <= width):
            lines[-1] += separator + part
        else:
            lines.append((indent if lines else "") + part)
    return (end + "\n").join(lines)


def wrapped(text: str, width: int | None, indent: str = "") -> str:
    """A sentence with a line break wherever the width requires one."""
    return joined(text.split(" "), " ", width, indent)
