"""The ledger: which memory is alive, what for, and when there was the most of it.

Memory is counted by storages. A storage is transient until a backward pass keeps it, and goes when its last holder
does. What stays for the whole step (parameters, optimizer state, input) is the ledger's base.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: At an operation: phase, layer, bytes alive, those of gradients of parameters, those that are saved.
    Moment: TypeAlias = tuple[str, str, int, int, int]

#: Holders of a storage that is never freed.
_FOREVER = 1 << 62


class Peak:
    """The most bytes alive at once: where, in which phase, and what of them was gradients of parameters, saved, transient."""

    __slots__ = ("bytes", "gradients", "layer", "phase", "saved", "transient")

    def __init__(self, bytes: int, layer: str, phase: str, gradients: int, saved: int, transient: int) -> None:
        self.bytes = bytes
        self.layer = layer
        self.phase = phase
        self.gradients = gradients
        self.saved = saved
        self.transient = transient


class Ledger:
    """Storages alive beyond `base` bytes that stay throughout.

    `events` (storage, size; size 0 frees it) are the allocations in order where `traced`; `timeline` holds, for every
    mark, what was alive then.
    """

    __slots__ = (
        "base", "events", "gradients", "held", "highest", "kept", "live", "peaks", "phase", "saved", "sizes", "timeline",
    )  # fmt: skip

    def __init__(self, base: int, *, traced: bool = False, timed: bool = False) -> None:
        self.base = base
        self.live = base
        self.saved = 0
        self.gradients = 0
        self.sizes: list[int] = []
        self.held: list[int] = []
        self.kept: list[int] = []
        self.phase = "forward"
        self.highest = -1
        self.peaks: dict[str, Peak] = {}
        self.events: list[tuple[int, int]] | None = [] if traced else None
        self.timeline: list[Moment] | None = [] if timed else None

    def begin(self, phase: str) -> None:
        """Starts a phase, with a peak of its own."""
        self.phase = phase
        self.highest = -1

    def new(self, size: int, holders: int = 1) -> int:
        """Allocates a storage with so many holders."""
        storage = len(self.sizes)
        self.sizes.append(size)
        self.held.append(holders)
        self.kept.append(0)
        self.live += size
        if self.events is not None and size:
            self.events.append((storage, size))
        return storage

    def outside(self) -> int:
        """A storage that the caller holds and the base counts."""
        return self.new(0, _FOREVER)

    def drop(self, storage: int) -> None:
        """One holder less; the last one frees it."""
        self.held[storage] -= 1
        if not self.held[storage]:
            self.live -= self.sizes[storage]
            if self.events is not None and self.sizes[storage]:
                self.events.append((storage, 0))

    def keep(self, storage: int) -> None:
        """The backward pass holds it too."""
        self.held[storage] += 1
        self.kept[storage] += 1
        if self.kept[storage] == 1:
            self.saved += self.sizes[storage]

    def release(self, storage: int) -> None:
        """The backward pass has no more need of it."""
        self.kept[storage] -= 1
        if not self.kept[storage]:
            self.saved -= self.sizes[storage]
        self.drop(storage)

    @property
    def left(self) -> list[int]:
        """The storages that are alive still."""
        return [storage for storage, held in enumerate(self.held) if held > 0 and self.sizes[storage]]

    def mark(self, layer: str) -> None:
        """Looks whether there was never more than now."""
        if self.live > self.highest:
            self.highest = self.live
            transient = self.live - self.base - self.gradients - self.saved
            self.peaks[self.phase] = Peak(self.live, layer, self.phase, self.gradients, self.saved, transient)
        if self.timeline is not None:
            self.timeline.append((self.phase, layer, self.live, self.gradients, self.saved))

    @property
    def peak(self) -> Peak:
        """The peak of all phases, the first where several are equal."""
        return max(self.peaks.values(), key=lambda peak: peak.bytes)
