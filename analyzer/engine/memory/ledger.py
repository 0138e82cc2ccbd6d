"""The ledger: the memory that is alive, its purpose, and when there was the most of it.

The ledger counts storages, as a framework does: a storage is a block of memory that one or more tensors use. It is
freed when its last owner lets go of it. A storage that the backward pass needs is saved, one that a library works in
is lent; every other is transient. Memory that stays for the whole step (parameters, optimizer state, input) is the
ledger's base.

>>> ledger = Ledger(base=100)
>>> ledger.begin("forward")
>>> output = ledger.new(8)
>>> ledger.keep(output)  # for the backward pass
>>> ledger.mark("conv1")
>>> ledger.drop(output)  # its last reader has run
>>> ledger.live, ledger.saved, ledger.peak.layer
(108, 8, 'conv1')
>>> ledger.release(output)
>>> ledger.live, ledger.peak.bytes
(100, 108)
"""

from __future__ import annotations

from analyzer.engine.memory.sums import Buffer
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.steps import Convolved

#: Owners of a storage that is never freed.
_FOREVER = 1 << 62


class PhasePeak(Record):
    """The most bytes alive at once in a phase of a step.

    `layer` is the layer that ran then. `gradients` (of parameters), `saved`, `transient` and `lent` (to a library that
    works in it) are the parts of `bytes` that are not in the ledger's base.
    """

    bytes: int
    layer: str
    phase: str
    gradients: int
    saved: int
    transient: int
    lent: int = 0


class Mark(Record):
    """The bytes alive while one operation of `layer` runs, and the parts of them that are gradients, saved or lent."""

    phase: str
    layer: str
    live: int
    gradients: int
    saved: int
    lent: int = 0


class Ledger(Record):
    """Storages alive beyond `base` bytes that stay throughout. A storage is a number, counted from 0.

    `sizes`, `owners` and `keepers` hold, for every storage, its bytes, its owners, and how many of them are backward
    passes. `events` are the allocations in order where `traced`: (storage, bytes), or (storage, 0) where it is freed.
    `timeline` has every mark where `timed`.
    """

    base: int
    traced: bool = False
    timed: bool = False
    live: int = field(init=False)
    saved: int = field(default=0, init=False)
    gradients: int = field(default=0, init=False)
    lent: int = field(default=0, init=False)
    sizes: list[int] = field(factory=list, init=False)
    owners: list[int] = field(factory=list, init=False)
    keepers: list[int] = field(factory=list, init=False)
    phase: str = field(default="forward", init=False)
    highest: int = field(default=-1, init=False)
    peaks: dict[str, PhasePeak] = field(factory=dict, init=False)
    events: list[tuple[int, int]] | None = field(init=False)
    timeline: list[Mark] | None = field(init=False)

    def check(self) -> None:
        self.live = self.base
        self.events = [] if self.traced else None
        self.timeline = [] if self.timed else None

    def begin(self, phase: str) -> None:
        """Starts a phase, which has a peak of its own."""
        self.phase = phase
        self.highest = -1

    def new(self, size: int, owners: int = 1, layer: str | None = None) -> int:
        """Allocates a storage of `size` bytes and returns its number.

        `layer` makes it, by default the one of the next mark. Only a `History` (history.py) remembers it.
        """
        storage = len(self.sizes)
        self.sizes.append(size)
        self.owners.append(owners)
        self.keepers.append(0)
        self.live += size
        if self.events is not None and size:
            self.events.append((storage, size))
        return storage

    def sum_over(self, buffer: Buffer, batch: int) -> int:
        """Allocates the buffer of a sum, and returns its number."""
        return self.new(buffer.bytes(batch))

    def outside(self) -> int:
        """A storage that the caller owns; its bytes are in the base."""
        return self.new(0, _FOREVER)

    def drop(self, storage: int) -> None:
        """One owner lets go of a storage; the last one frees it."""
        self.owners[storage] -= 1
        if not self.owners[storage]:
            self.live -= self.sizes[storage]
            if self.events is not None and self.sizes[storage]:
                self.events.append((storage, 0))

    def keep(self, storage: int) -> None:
        """The backward pass becomes an owner of a storage."""
        self.owners[storage] += 1
        self.keepers[storage] += 1
        if self.keepers[storage] == 1:
            self.saved += self.sizes[storage]

    def release(self, storage: int) -> None:
        """The backward pass lets go of a storage."""
        self.keepers[storage] -= 1
        if not self.keepers[storage]:
            self.saved -= self.sizes[storage]
        self.drop(storage)

    def collect(self, storage: int, earlier: int | None = None) -> None:
        """A storage becomes the gradient of a parameter, in place of an `earlier` one, which is freed."""
        if earlier is None:
            self.gradients += self.sizes[storage]
        else:
            self.drop(earlier)

    def lend(self, layer: str, convolved: Convolved, purpose: int) -> None:
        """cuDNN takes a workspace while it runs a layer's convolution, and gives it back.

        `purpose` is a place in `Workspaces`.
        """
        size = convolved.workspaces[purpose]
        storage = self.new(size, 1, layer)
        self.lent = size
        self.mark(layer)
        self.lent = 0
        self.drop(storage)

    @property
    def left(self) -> list[int]:
        """The storages that are still alive."""
        return [storage for storage, owners in enumerate(self.owners) if owners > 0 and self.sizes[storage]]

    def mark(self, layer: str) -> None:
        """Records the bytes alive while an operation of `layer` runs."""
        if self.live > self.highest:
            self.highest = self.live
            transient = self.live - self.base - self.gradients - self.saved - self.lent
            self.peaks[self.phase] = PhasePeak(
                self.live, layer, self.phase, self.gradients, self.saved, transient, self.lent
            )
        if self.timeline is not None:
            self.timeline.append(Mark(self.phase, layer, self.live, self.gradients, self.saved, self.lent))

    @property
    def peak(self) -> PhasePeak:
        """The highest peak of all phases, the first where several are equal."""
        return max(self.peaks.values(), key=lambda peak: peak.bytes)
