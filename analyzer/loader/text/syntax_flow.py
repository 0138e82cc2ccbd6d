"""Syntax errors about brackets: `{ }` and `[ ]`."""

from __future__ import annotations

import re

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.complaint import Complaint, word_at
from analyzer.loader.text.recovery import indentation
from analyzer.source import shown

_CLOSERS = {"{": "}", "[": "]"}
_SIGNS = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|(?:^|(?<=\s))#.*|[{}\[\]]")


def flow(c: Complaint) -> Diagnostic | None:
    """A bracket that is not closed or closed by the other one, or a comma that is missing."""
    if c.begun is None or not ("flow mapping" in c.context or "flow sequence" in c.context):
        return None
    line, column = c.begun
    opener = c.lines[line][column : column + 1]
    closer = _CLOSERS.get(opener)
    if closer is None:
        return None
    found = c.here[c.column : c.column + 1]
    if found in ("}", "]") and found != closer and not c.at_end:
        where = f"column {column + 1}" if line == c.line else f"line {line + 1}"
        message = f"`{found}` cannot close the `{opener}` of {where}"
        return c.at(message, c.line, c.column, c.column + 1, help=f"close it with `{closer}`")
    outside = (c.lines[n] for n in range(line + 1, c.line + 1))
    if c.at_end or any(text.strip() and indentation(text) <= indentation(c.lines[line]) for text in outside):
        return c.at(f"this `{opener}` is not closed", line, column, column + 1, help=f"close it with `{closer}`")
    return _missing_comma(c, found) if c.says("expected ',' or") else None


def _missing_comma(c: Complaint, found: str) -> Diagnostic:
    """A comma that is missing before this word, or before the key whose colon PyYAML found."""
    braces = re.compile(r"\{\{?\s*([A-Za-z_]\w*)\s*\}\}?").match(c.here, c.column) if found == "{" else None
    if braces is not None and c.before.endswith("$"):
        message = f"`${shown(braces.group())}` is not a variable"
        return c.at(message, c.line, c.column - 1, braces.end(), help=f"write `${braces.group(1)}`")
    start, stop = word_at(c.here, c.column)
    if found == ":":
        word = re.search(r"[^\s,{}\[\]:]+\s*$", c.before)
        start = word.start() if word is not None else c.column
        stop = start + len(word.group().rstrip()) if word is not None else c.column + 1
    return c.at(f"a comma is missing before `{shown(c.here[start:stop])}`", c.line, start, stop)


def unfinished(c: Complaint) -> Diagnostic | None:
    """A bracket that is still open at the end of the text, or of its part."""
    if not c.says("node content") or (c.here[c.column :].strip() and not c.at_end):
        return None
    place = _open_bracket(c)
    if place is None:
        return None
    line, column = place
    opener = c.lines[line][column]
    return c.at(f"this `{opener}` is not closed", line, column, column + 1, help=f"close it with `{_CLOSERS[opener]}`")


def _open_bracket(c: Complaint) -> tuple[int, int] | None:
    """The place of the innermost bracket that is open where PyYAML gave up; quotes and comments are passed over."""
    opened: list[tuple[int, int]] = []
    for number in range(c.line + 1):
        text = c.lines[number] if number < c.line or c.at_end else c.before
        for sign in _SIGNS.finditer(text):
            if sign.group() in _CLOSERS:
                opened.append((number, sign.start()))
            elif sign.group() in ("}", "]") and opened:
                opened.pop()
    return opened[-1] if opened else None
