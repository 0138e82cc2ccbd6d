"""What the reader makes of a text."""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic
from analyzer.loader.text.tree import Tree
from analyzer.record import Record, field


class Lost(Record):
    """Lines that could not be read, from `first` to before `end` (from 0); `column` is where they begin.

    `item` says that they are an item of a list, `key` is the key that they seem to begin with.
    """

    first: int
    end: int
    column: int
    item: bool
    key: str | None


class Read(Record):
    """A tree, and the mistakes in its YAML.

    `tree` is the root, None where there is none. After a syntax error `lost` has the regions that could not be read,
    and the tree has what is before and after them. `doubtful` says that one of the regions may follow from another.
    """

    tree: Tree | None
    problems: list[Diagnostic]
    lost: list[Lost] = field(factory=list)
    doubtful: bool = False
