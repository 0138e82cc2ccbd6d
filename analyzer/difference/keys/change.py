"""A key of a model file that changed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: Where in a description a key is: a word, and what tells it from others of this word; None for a key that no
    #: layer is made of. The words: `var`, `default`, `block`, `parameter` (of a block); of an item `own` (the layer
    #: itself), `first` (its first repetition), `argument` (flows into a block), `item` (all that it makes).
    Source: TypeAlias = tuple[Hashable, ...] | None


class Written(Record):
    """A key of a file: its name, what its value means (equal for two spellings), and the value as it is written.

    `source` says where in the description it is.
    """

    key: str
    meaning: Hashable
    value: Any
    source: Source = None


class KeyChange(Record):
    """Equal changes of one key.

    `key` is its way through the file (`vars.base`, `defaults.conv.act`), or, in an item of a list of layers, the
    parameter of the layer or of the block, or the graph key (`act`, `repeat`). `old` and `new` are the values as they
    are written, None where the key was added or removed. `layers` has the names of the layers that are made with it,
    those of the new network where it has the layer; None where too many keys reach too many layers to list them.
    """

    key: str
    old: Any
    new: Any
    layers: Sequence[str] | None


class Marked(Record):
    """A change before its layers are known, with where the key is on either side, and its number `mark`.

    `section` is the key at the top of the file that it is under. `sources` are those of `old` and `new`; an item that
    lacks the key has one too.
    """

    section: str
    key: str
    old: Written | None
    new: Written | None
    sources: tuple[Source, Source]
    mark: int = field(default=0, init=False)

    @property
    def alike(self) -> Hashable:
        """What changes of one entry have in common."""
        meanings = (None if side is None else (side.meaning,) for side in (self.old, self.new))
        source = self.sources[0] or self.sources[1]
        return (self.section, self.key, *meanings, source and source[0])
