"""The same mistake in many places: it is reported at the first one, which names the lines of the others."""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.tree import Tree, Way

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from analyzer.loader.text.tree import Mark

    #: What makes two mistakes the same: code, message, and what helps.
    Key: TypeAlias = tuple[str, str, str | None]

#: At most this many lines are named.
_NAMED = 8


class Repeats:
    """The mistakes reported so far, and the lines on which they appear again; `count` of them all."""

    def __init__(self) -> None:
        self._first: dict[Key, Diagnostic] = {}
        self._lines: dict[Key, list[Mark]] = {}
        self.count = 0

    def seen(self, code: str, message: str, help: str | None, tree: Tree) -> bool:
        """Whether this mistake was reported; its line is then added to the report."""
        key = code, message, help
        if key not in self._first:
            return False
        self._lines[key].append(tree.start)
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
            marks = {mark.line + 1: mark for mark in self._lines[key]}
            marks.pop(here, None)
            if marks:
                finding.notes = (*finding.notes, f"also {_listed(list(marks.values()))}")


def _listed(marks: list[Mark]) -> str:
    """Places at the end of a sentence: `on lines 14, 17 and 20`."""
    paths = [f"`{mark.path}`" for mark in marks if isinstance(mark, Way)]
    texts = (paths or [str(mark.line + 1) for mark in marks])[:_NAMED]
    if len(marks) > _NAMED:
        texts.append(f"{len(marks) - _NAMED:,} more")
    start = "at" if paths else "on line" if len(texts) == 1 else "on lines"
    return f"{start} {texts[0]}" if len(texts) == 1 else f"{start} {', '.join(texts[:-1])} and {texts[-1]}"
