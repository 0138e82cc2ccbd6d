"""The frame of an item that is being expanded: what it sees and what it reads."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Node
from analyzer.loader.expand.scope import Missing, Scope
from analyzer.loader.expand.values import Values
from analyzer.loader.parse.description import Template
from analyzer.record import Record
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Frame(Record):
    """One item in one repetition: what its expressions and its names see, and what it reads.

    `above` is the layer above (`prev`); `sources` is what the item reads: the layer above, or what `from` names. `name`
    is its name in its scope, with the number of the repetition; `first` says that this is the first repetition. `turns`
    is the number of repetitions, 0 for an item that is not repeated.
    """

    scope: Scope
    values: Values
    above: Node | Missing
    sources: Sequence[Node | Missing]
    name: str | None = None
    first: bool = True
    turns: int = 0

    @property
    def source(self) -> Node | Missing:
        """The first of what the item reads."""
        return self.sources[0]

    @property
    def path(self) -> str:
        """The full name."""
        return f"{self.scope.prefix}{self.name}"

    @property
    def turn(self) -> tuple[int, int]:
        """The number of this repetition, from 1, and how many there are; 0 and 0 for an item that is not repeated."""
        return (self.values.i + 1, self.turns) if self.turns else (0, 0)

    def evaluate(self, template: Template) -> Any:
        """The value of a template for an item that reads `source`; raises as `Values.evaluate` does."""
        return self.values.evaluate(template, volume_of(self.sources[0]))

    def within(self, scope: Scope, values: Values | None = None) -> Frame:
        """The frame of a list in this item, whose first item reads what this one reads."""
        source = self.sources[0]
        return Frame(scope, self.values if values is None else values, source, (source,))


def volume_of(node: Node | Missing) -> Volume | None:
    """The volume behind a node; None where a mistake left it open."""
    return node.output if isinstance(node, Node) else None
