"""PyYAML's complaint about a text: its words, where it gave up, and the lines around."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.recovery import indentation
from analyzer.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Complaint:
    """PyYAML's complaint: its words, where it gave up and where it had begun; lines and columns from 0."""

    def __init__(self, error: Any, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines() or [""]
        self.problem = str(error.problem or error.context or "")
        self.context = str(error.context or "")
        mark, begun = error.problem_mark or error.context_mark, error.context_mark
        self.line: int = mark.line if mark is not None else 0
        self.column: int = mark.column if mark is not None else 0
        self.begun: tuple[int, int] | None = (begun.line, begun.column) if begun is not None else None
        self.at_end = self.line >= len(self.lines)
        if self.at_end:  # point at the last character of the text
            self.line = max((n for n, line in enumerate(self.lines) if line.strip()), default=0)
            self.column = max(0, len(self.lines[self.line].rstrip()) - 1)

    @property
    def here(self) -> str:
        """The line where PyYAML gave up."""
        return self.lines[self.line]

    @property
    def before(self) -> str:
        """The part of that line before the place where it gave up."""
        return self.here[: self.column]

    def says(self, *words: str) -> bool:
        """Whether the complaint has one of these words."""
        return any(word in self.problem for word in words)

    def above(self, *, comments: bool) -> int | None:
        """The number of the nearest line above that is not empty; `comments` says whether a comment counts."""
        for number in range(self.line - 1, -1, -1):
            text = self.lines[number].lstrip()
            if text and (comments or text[0] != "#"):
                return number
        return None

    def at(
        self, message: str, line: int, start: int, stop: int, *, help: str | None = None, notes: Sequence[str] = ()
    ) -> Diagnostic:
        """The finding at a stretch of a line."""
        span = Span(self.file, line + 1, start + 1, line + 1, max(stop, start + 1) + 1)
        return Diagnostic("YAML100", message, span, help=help, notes=notes)


def indented(line: str) -> str:
    """The indentation of a line, in a sentence."""
    count = indentation(line)
    return "not indented" if count == 0 else f"indented by {count} space{'s' if count > 1 else ''}"


def word_at(line: str, column: int) -> tuple[int, int]:
    """The stretch of the word at a column, up to a blank or a sign of YAML."""
    match = re.compile(r"[^\s,\[\]{}]+").match(line, column)
    return (column, match.end()) if match is not None else (column, column + 1)
