"""Text for a terminal: signs that a stream can encode, colours, the width of characters, wrapped lines."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.source import shown

#: What each sign becomes where the stream cannot encode it.
_ASCII = {
    "×": "x", "Σ": "sum", "─": "-", "·": "*", "−": "-", "│": "|", "╭": "+", "…": "...", "█": "#", "▌": "", "≤": "<=",
    "≥": ">=", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "÷": "/", "→": "->", "∞": "inf", "²": "2", "–": "-",
}  # fmt: skip
_TABLE = str.maketrans(_ASCII)

_STYLES = {"bold": "1", "dim": "2", "red": "1;31", "yellow": "1;33", "cyan": "1;36", "blue": "34"}


def fitted(text: str, unicode: bool) -> str:
    """`text` as the stream can carry it: control characters escaped, signs replaced and letters escaped where it cannot."""
    if not text.isprintable():
        text = shown(text, len(text))
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
    """HTML or XML as the stream can carry it: character references for what it cannot."""
    return text if unicode else text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def styled(text: str, style: str, color: bool) -> str:
    """`text` in a style where colours are allowed."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and text else text


def cells(text: str) -> int:
    """The cells that `text` takes on a terminal: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def joined(parts: Sequence[str], separator: str, width: int | None, indent: str = "") -> str:
    """Parts on as many lines as the width asks for; a line after the first is indented."""
    lines: list[str] = []
    end = separator.rstrip()  # a line that goes on ends in it
    for number, part in enumerate(parts, 1):
        more = end if number < len(parts) else ""
        if lines and (width is None or cells(lines[-1] + separator + part + more) <= width):
            lines[-1] += separator + part
        else:
            lines.append((indent if lines else "") + part)
    return (end + "\n").join(lines)


def wrapped(text: str, width: int | None, indent: str = "") -> str:
    """A sentence on as many lines as the width asks for."""
    return joined(text.split(" "), " ", width, indent)
