"""Characters that no model needs."""

from __future__ import annotations

import re

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.limits import LIMITS
from analyzer.source import Span

#: Control characters, lone surrogates, and what turns the direction of writing: a text would look other than it is.
_FORBIDDEN = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def forbidden(text: str) -> re.Match[str] | None:
    """The first character of a text that no model needs, or None.

    None of them is printable, and to see that a text is printable takes less than to compile the pattern.
    """
    if text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        return None
    return re.search(_FORBIDDEN, text)


def refuse_text(text: str, file: str) -> Diagnostic | None:
    """The mistake of a text that is too long or holds characters that no model needs; None for any other."""
    if len(text) > LIMITS.text:
        return Diagnostic("LIMIT101", f"the model's text is longer than {LIMITS.text:,} characters", Span(file, 1, 1))
    bad = forbidden(text)
    if bad is None:
        return None
    before = text[: bad.start()]
    line = before.count("\n") + 1
    column = bad.start() - (before.rfind("\n") + 1) + 1
    return Diagnostic(
        "YAML108",
        f"the character U+{ord(bad.group()):04X} is not allowed in a model",
        Span(file, line, column),
        help="save the file as UTF-8; it may be UTF-16"
        if bad.group() == "\0"
        else "delete it; an editor may show it as a space or not at all",
    )
