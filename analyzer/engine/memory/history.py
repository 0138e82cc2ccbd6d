"""The life of every tensor of a training step: the layer that makes it, its purpose, and when it is alive.

Times are positions in the timeline, the marks of the ledger, counted from 0. A tensor is alive at the positions from
`born` to `died`, both included. What stays for the whole step has the first and the last position. A tensor that no
mark sees does not appear, and one that changes its purpose (it is saved for the backward pass, then no longer) appears
once for each stretch of its life, with adjoining positions. So at every position the bytes of the tensors alive add up
to those of the mark, and those of each category to its part of them.

>>> ledger = History(base=100)
>>> output = ledger.new(8)
>>> ledger.mark("conv1")
>>> ledger.keep(output)  # for the backward pass
>>> ledger.drop(output)
>>> ledger.mark("relu1")
>>> [(one.layer, one.category, one.bytes, one.born, one.died) for one in ledger.lives()]
[('conv1', 'transient', 8, 0, 0), ('conv1', 'saved', 8, 1, 1)]
"""

from __future__ import annotations

from analyzer.engine.memory.ledger import Ledger, Mark
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.steps import Convolved

#: The purposes of tensors, in the order of a breakdown: the parts of the peak of training.
CATEGORIES = ("parameters", "buffers", "gradients", "optimizer", "saved", "transient", "input", "libraries")


#: The maker of a storage that several layers share.
OF_ALL = ""


class Life(Record, eq=True):
    """A stretch of the life of a tensor of `bytes` bytes that `layer` makes, with one purpose, of `CATEGORIES`.

    It is alive at the positions of the timeline from `born` to `died`, both included.
    """

    layer: str
    category: str
    bytes: int
    born: int
    died: int


class History(Ledger):
    """A timed ledger that remembers the life of every storage.

    For every storage `makers` has the layer that makes it, or None for that of the mark at its position in `births`,
    and `since` has the position from which it has its present purpose. `collected` are the gradients of parameters,
    `workspaces` what is lent to a library. `ended` are the stretches that are over, in the order of their ends.
    """

    makers: list[str | None] = field(factory=list, init=False)
    births: list[int] = field(factory=list, init=False)
    since: list[int] = field(factory=list, init=False)
    collected: set[int] = field(factory=set, init=False)
    workspaces: set[int] = field(factory=set, init=False)
    marks: list[Mark] = field(init=False)
    ended: list[Life] = field(factory=list, init=False)

    def check(self) -> None:
        self.timed = True
        super().check()
        self.marks = self.timeline = []

    def new(self, size: int, owners: int = 1, layer: str | None = None) -> int:
        self.makers.append(layer)
        self.births.append(len(self.marks))
        self.since.append(len(self.marks))
        return super().new(size, owners)

    def drop(self, storage: int) -> None:
        if self.owners[storage] == 1:
            self._end(storage)
        super().drop(storage)

    def keep(self, storage: int) -> None:
        if not self.keepers[storage]:
            self._end(storage)
        super().keep(storage)

    def release(self, storage: int) -> None:
        if self.keepers[storage] == 1:
            self._end(storage)
        super().release(storage)

    def collect(self, storage: int, earlier: int | None = None) -> None:
        self._end(storage)
        self.collected.add(storage)
        super().collect(storage, earlier)

    def lend(self, layer: str, convolved: Convolved, purpose: int) -> None:
        self.workspaces.add(len(self.sizes))
        super().lend(layer, convolved, purpose)

    def _end(self, storage: int) -> None:
        """Ends a stretch of a storage's life before the next mark; the next one begins there."""
        here = len(self.marks)
        if self.since[storage] < here and self.sizes[storage]:
            self.ended.append(self._life(storage))
        self.since[storage] = here

    def _life(self, storage: int) -> Life:
        """The present stretch of a storage's life, which has lasted for a mark at least."""
        layer, category = self.makers[storage], "transient"
        if storage in self.collected:
            category = "gradients"
        elif storage in self.workspaces:
            category = "libraries"
        elif self.keepers[storage]:
            category = "saved"
        if layer is None:
            layer = self.marks[self.births[storage]].layer
        return Life(layer, category, self.sizes[storage], self.since[storage], len(self.marks) - 1)

    def lives(self) -> list[Life]:
        """All stretches by their births, with those that last to the end; the base is not among them."""
        last = [self._life(storage) for storage in self.left if self.since[storage] < len(self.marks)]
        return sorted([*self.ended, *last], key=lambda life: (life.born, life.died))
