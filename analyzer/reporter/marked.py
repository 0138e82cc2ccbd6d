"""Markdown for comments and summaries on GitHub, in which nothing that comes from a file is markup.

Names and values of other people's files could be markup, a mention, a link or a reference to an issue. In code none of
these acts, so what is not harmless is written as code, every sign of it as its number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.reporter.terminal import fitted

#: The length at which a name is cut.
_LONGEST = 80

#: What is harmless between backticks, and what is harmless anywhere.
_SAFE = re.compile(r"[\w.,:~^@$%{}()\[\]*='\"?–… /+-]+")
_PLAIN = re.compile(r"[\w.,;:()…→×–−+/%=·÷≤≥⌊⌋⌈⌉²√'\" -]+")


def code(text: str) -> str:
    """A name as code: in backticks where it is harmless, otherwise with every other character as its number."""
    text = shortened(text)
    if _SAFE.fullmatch(text) and text == text.strip():
        return f"`{text}`"
    return f"<code>{_numbered(text)}</code>"


def html_code(text: str) -> str:
    """A name as code where only HTML is read."""
    return f"<code>{_numbered(shortened(text))}</code>"


def words(text: str) -> str:
    """Words with names in them: as they are where they are harmless."""
    text = fitted(text, True)
    if len(text) > 4 * _LONGEST:
        text = text[: 4 * _LONGEST] + "…"
    harmless = _PLAIN.fullmatch(text) and "://" not in text and "www." not in text
    return text.replace("_", "\\_") if harmless else f"<code>{_numbered(text)}</code>"


def sentence(text: str) -> str:
    """A message: what it has in backticks is code, the rest is words.

    >>> print(sentence("`conv1` has 50% of the parameters"))
    `conv1` has 50% of the parameters
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return words(text)
    return "".join(_part(part, quoted=place % 2 == 1) for place, part in enumerate(parts) if part)


def _part(text: str, *, quoted: bool) -> str:
    if quoted:
        return code(text)
    inner = text.strip()
    if not inner:
        return text
    start = text.index(inner)
    return text[:start] + words(inner) + text[start + len(inner) :]


def shortened(text: str) -> str:
    """A name without its middle where it is long."""
    text = fitted(text, True)
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else text[:half] + "…" + text[-half:]


def fenced(lines: Sequence[str]) -> str:
    """Lines as they are, in a block of which none of them is the end."""
    shown = [f" {line}" if line.lstrip().startswith("~") else line for line in lines]
    return "\n".join(["~~~~text", *shown, "~~~~"])


def table(headings: Sequence[str], sides: str) -> str:
    """The head of a table; `sides` has `l` or `r` for each column."""
    return line(headings) + line(["---:" if side == "r" else ":---" for side in sides])


def line(cells: Sequence[str]) -> str:
    """A row of a table."""
    return "| " + " | ".join(cells) + " |\n"


def _numbered(text: str) -> str:
    """Every character that is neither a letter nor a digit nor a space as its number: inert in any place."""
    return "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in text)
