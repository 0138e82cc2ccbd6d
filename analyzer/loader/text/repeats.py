"""The same mistake in many places: it is reported at the first one, which names the lines of the others."""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: What makes two mistakes the same: code, message, and what helps.
    Key: TypeAlias = tuple[str, str, str | None]

#: At most this many lines are named.
_NAMED = 8


class Repeats:
    """The mistakes reported so far, and the lines on which they appear again; `count` of them all."""

    def __init__(self) -> None:
        self._first: dict[Key, Diagnostic] = {}
        self._lines: dict[Key, list[int]] = {}
        self.count = 0

    def seen(self, code: str, message: str, help: str | None, tree: Tree) -> bool:
        """Whether this mistake was reported; its line is then added to the report."""
        key = code, message, help
        if key not in self._first:
            return False
        self._lines[key].append(tree.start.line + 1)
        self.count += 1
        return True

    def first(self, code: str, message: str, help: str | None, finding: Diagnostic) -> None:
        """Keeps the first report of a mistake."""
        key = code, message, help
        self._first[key] = finding
        self._lines[key] = []

    def tell(self) -> None:
        """Adds to each first report the lines of the others."""
        for key, finding in self._first.items():
            here = finding.span.line if finding.span is not None else 0
            lines = [line for line in dict.fromkeys(self._lines[key]) if line != here]
            if lines:
                finding.notes = (*finding.notes, f"also on line{_listed(lines)}")


def _listed(lines: list[int]) -> str:
    """Lines at the end of a sentence: `s 14, 17 and 20`."""
    texts = [str(line) for line in lines[:_NAMED]]
    if len(lines) > _NAMED:
        texts.append(f"{len(lines) - _NAMED:,} more")
    if len(texts) == 1:
        return f" {texts[0]}"
    return f"s {', '.join(texts[:-1])} and {texts[-1]}"
