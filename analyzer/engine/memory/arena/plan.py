"""The tensors of an arena, and where a plan puts each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.record import Record

#: Each tensor's offset is a multiple of this many bytes: `MicroArenaBufferAlignment()` of TensorFlow Lite Micro.
ALIGNMENT = 16


class Tensor(Record):
    """A tensor of the arena: `size` bytes, alive from step `first` to step `last`, both included."""

    name: str
    size: int
    first: int
    last: int


class Plan(Record):
    """Where each tensor lies. All sizes are bytes.

    `offsets` are by the tensors' names. `size` is that of the arena, a multiple of `alignment`. `bound` is the most
    bytes alive at one step with every size rounded up to the alignment; no plan is smaller. `live_bytes` is the same
    without rounding. `order` is the order in which the tensors were placed, in words.
    """

    tensors: Sequence[Tensor]
    offsets: Mapping[str, int]
    alignment: int
    size: int
    bound: int
    live_bytes: int
    order: str = ""

    @property
    def ratio(self) -> float:
        """The size of the arena divided by the bound; 1 is the best possible."""
        return self.size / self.bound if self.bound else 1.0
