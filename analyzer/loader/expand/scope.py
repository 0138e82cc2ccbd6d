"""Scopes: the levels of names of an expansion."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Node
from analyzer.loader.parse.description import Item, ResidualItem
from analyzer.record import Record, field
from analyzer.source import Span, shown

#: Of a longer trail of calls, the first ones and the last one are shown.
_LONGEST_TRAIL = 8


class Missing:
    """The output of a layer that could not be placed. Nothing is reported about what reads it."""

    __slots__ = ()

    def __reduce__(self) -> str:
        return "MISSING"  # pickled by its name, since it is compared by identity


MISSING = Missing()


class Scope(Record):
    """A list of layers being expanded: the prefix of its names, and the scope around it.

    `labels` is what its names mean in `from`: the last row of a layer with `norm` or `act`, the last repetition.
    A block's body sees no scope around it: `parent` is None there, and `caller` is the scope of the call. `called_on`
    is what the innermost block around it was called on; None outside of blocks. `what` and `at` say for a message
    how the expansion got into it.
    """

    prefix: str
    items: Sequence[Item]
    parent: Scope | None
    caller: Scope | None
    called_on: Node | Missing | None = None
    what: str = ""
    at: Span | None = None
    counters: dict[str, int] = field(factory=dict)
    labels: dict[str, Node | Missing] = field(factory=dict)
    written: frozenset[str] | None = None

    def inside(self, prefix: str, items: Sequence[Item]) -> Scope:
        """The scope of a list in this one, which sees the names of this one too."""
        return Scope(prefix, items, self, self.caller, self.called_on)

    def automatic(self, stem: str) -> str:
        """The next automatic name: the stem and a number, without those that the file gives to other layers."""
        if self.written is None:
            self.written = frozenset(written_names(self.items))
        number = self.counters.get(stem, 0) + 1
        while f"{stem}{number}" in self.written:
            number += 1
        self.counters[stem] = number
        return f"{stem}{number}"

    @property
    def path(self) -> str:
        """The path of names, without the dot at its end."""
        return self.prefix[:-1]

    def trail(self) -> list[str]:
        """The calls that led here, innermost first."""
        lines = []
        scope: Scope | None = self
        while scope is not None:
            if scope.at is not None:
                lines.append(f"in `{shown(scope.path)}`: {scope.what} {scope.at.at}")
            scope = scope.parent or scope.caller
        if len(lines) > _LONGEST_TRAIL:
            lines[5:-1] = [f"… and {len(lines) - 6} more calls between these"]
        return lines


def written_names(items: Sequence[Item]) -> list[str]:
    """The names written in one scope; a residual's body belongs to the scope around it."""
    names = []
    for item in items:
        if item.name is not None:
            names.append(item.name)
        if isinstance(item, ResidualItem):
            names.extend(written_names(item.body))
            names.extend(written_names(item.project or []))
    return names
