"""Syntax errors about single characters: tabs, blanks, quotes, and texts that begin with a sign of YAML."""

from __future__ import annotations

import re

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.complaint import Complaint, word_at
from analyzer.source import shown

#: Blanks that are no spaces, and characters that show nothing at all.
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200f\u202a-\u202f\u205f\u2060\u2066-\u2069\u3000\ufeff]")


def tab(c: Complaint) -> Diagnostic | None:
    """A tab in the indentation of this line or the one above."""
    for number in range(c.line, max(-1, c.line - 2), -1):
        blank = re.match(r"[ \t]*(?:-[ \t]+)?(?=\S)", c.lines[number])
        tabs = re.search("\t+", blank.group()) if blank is not None else None
        if tabs is not None:
            return c.at(
                "there is a tab in the indentation", number, tabs.start(), tabs.end(), help="indent with spaces"
            )
    return None


def blank(c: Complaint) -> Diagnostic | None:
    """A blank that is no space, such as a non-breaking one."""
    for number in {c.line, c.begun[0] if c.begun is not None else c.line}:
        found = _BLANKS.search(c.lines[min(number, len(c.lines) - 1)])
        if found is not None:
            message = f"the character U+{ord(found.group()):04X} looks like a space or is not visible"
            help = "type a space in its place, or delete it"
            return c.at(message, number, found.start(), found.end(), help=help)
    return None


def quote(c: Complaint) -> Diagnostic | None:
    """A wrong escape, or a quote that is not closed."""
    if "quoted scalar" not in c.context:
        return None
    if c.says("escape character", "escape code", "hexadecimal numbers"):
        start = max(0, c.here.rfind("\\", 0, c.column + 1))
        message = f"`{shown(c.here[start : start + 2])}` is no escape of a text in double quotes"
        return c.at(message, c.line, start, start + 2, help="single quotes keep a backslash as it is")
    if c.begun is None or not c.says("unexpected end of stream", "document indicator"):
        return None
    return c.at("this quote is not closed", c.begun[0], c.begun[1], c.begun[1] + 1, help="close it on the same line")


def sign(c: Complaint) -> Diagnostic | None:
    """A text that begins with a sign of YAML."""
    if c.says("cannot start any token", "node content") and not c.at_end:
        line, column = c.line, c.column
    elif c.begun is not None and re.search("scanning an? (alias|anchor|tag|block scalar|directive)", c.context):
        line, column = c.begun
    else:
        return None
    text = c.lines[line]
    first = text[column : column + 1]
    start, stop = word_at(text, column)
    if first == "\t":
        return c.at("there is a tab here", line, column, column + 1, help="use spaces")
    if first in (",", "}", "]"):
        return c.at(f"a value is missing before `{first}`", line, column, column + 1)
    if not re.search(r"[{\[]", text[:column]):
        stop = len(text.rstrip())
    message = f"a text that begins with `{shown(first)}` must be quoted" + (" inside `{ }`" if first == "?" else "")
    return c.at(message, line, start, stop, help=f'write `"{shown(text[start:stop])}"`')
