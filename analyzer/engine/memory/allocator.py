"""The memory that a CUDA card reserves: allocations replayed through the rules of PyTorch's caching allocator.

A request is rounded up to 512 bytes and served from one of two pools: from the small one up to 1 MiB, otherwise from
the large one. The allocator takes the smallest free block that is large enough, among equals the one with the lowest
address. The rest of the block becomes a block of its own if it has at least 512 bytes (small) or more than 1 MiB
(large). If no block is large enough, the allocator asks the card for a segment: 2 MiB for a small request, 20 MiB for
one below 10 MiB, otherwise the request rounded up to 2 MiB. A freed block merges with free neighbours of its segment.
Segments stay reserved.

The model assumes that segments lie at rising addresses, that the card has enough memory, one stream, and default
settings (`expandable_segments` and `max_split_size_mb` not set). Memory outside the allocator (context, kernels) is not
counted.

Sources: constants of torch 2.13.0, c10/core/AllocatorConfig.h; rules of c10/cuda/CUDACachingAllocator.cpp
(`round_size`, `get_allocation_size`, `get_free_block`, `should_split`, `free_block`).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from analyzer.record import Record, field

_ROUND = 512  # kMinBlockSize
_SMALL = 1 << 20  # kSmallSize: the largest request of the small pool, and what a large block's rest must exceed
_SMALL_SEGMENT = 2 << 20  # kSmallBuffer
_LARGE_SEGMENT = 20 << 20  # large_segment_size
_OWN_SEGMENT = 10 << 20  # kMinLargeAlloc: a request from here on has a segment of its own size
_ROUND_SEGMENT = 2 << 20  # kRoundLarge


class Replayed(Record, eq=True):
    """The peaks of a replay in bytes, each at its own moment, and how many segments the card gave.

    `requested` is the sum of the sizes asked for. `allocated` is that of the blocks they got (rounded, and whole where
    no rest was split off), torch's `max_memory_allocated`. `reserved` is that of the segments, its
    `max_memory_reserved`.
    """

    requested: int = 0
    allocated: int = 0
    reserved: int = 0
    segments: int = 0


def replay(events: Iterable[tuple[int, int]]) -> Replayed:
    """Replays allocations (identity, size): `size` bytes are allocated under that identity; a size of 0 frees them.

    An identity may come again after it is freed. A tensor of no bytes allocates nothing and has no event. Raises
    ValueError for a negative size or an identity that is still allocated, KeyError for one that is freed but not
    allocated.

    >>> replay([(1, 4000), (2, 3 << 20), (1, 0)])
    Replayed(requested=3149728, allocated=3149824, reserved=23068672, segments=2)
    """
    allocator = _Allocator()
    peaks = allocator.peaks
    used: dict[int, tuple[_Block, int]] = {}
    requested = allocated = 0
    for place, (identity, size) in enumerate(events):
        if size > 0:
            if identity in used:
                raise ValueError(f"event {place}: {identity} is allocated already")
            block = allocator.allocate(size)
            used[identity] = block, size
            requested += size
            allocated += block.size
            if requested > peaks.requested:
                peaks.requested = requested
            if allocated > peaks.allocated:
                peaks.allocated = allocated
        elif size:
            raise ValueError(f"event {place}: a size of {size}")
        else:
            block, size = used.pop(identity)
            requested -= size
            allocated -= block.size
            allocator.free(block)
    return peaks


class _Block(Record):
    """A part of a segment, with the parts before and after it; None at the segment's ends."""

    address: int
    size: int
    pool: _Pool
    before: _Block | None = None
    after: _Block | None = None
    free: bool = False


class _Pool(Record):
    """The free blocks of one pool. `least_rest` is the smallest rest that is split off a block."""

    least_rest: int
    #: (size, address) of every free block, sorted: the best fit is the first that is large enough.
    keys: list[tuple[int, int]] = field(factory=list, init=False)
    #: The free blocks by their addresses.
    blocks: dict[int, _Block] = field(factory=dict, init=False)

    def add(self, block: _Block) -> None:
        block.free = True
        self.blocks[block.address] = block
        insort(self.keys, (block.size, block.address))

    def remove(self, block: _Block) -> None:
        del self.keys[bisect_left(self.keys, (block.size, block.address))]
        del self.blocks[block.address]
        block.free = False

    def best(self, size: int) -> _Block | None:
        """Takes out the smallest block of at least `size` bytes; None if there is none."""
        at = bisect_left(self.keys, (size, -1))
        if at == len(self.keys):
            return None
        block = self.blocks[self.keys[at][1]]
        self.remove(block)
        return block


class _Allocator(Record):
    """The two pools, and where the next segment begins."""

    peaks: Replayed = field(factory=Replayed, init=False)
    small: _Pool = field(factory=lambda: _Pool(_ROUND), init=False)
    large: _Pool = field(factory=lambda: _Pool(_SMALL + 1), init=False)
    address: int = field(default=0, init=False)

    def allocate(self, size: int) -> _Block:
        """A block for `size` bytes."""
        size = -(-size // _ROUND) * _ROUND
        pool = self.small if size <= _SMALL else self.large
        block = pool.best(size) or self._segment(size, pool)
        if block.size - size >= pool.least_rest:
            rest = _Block(block.address + size, block.size - size, pool, block, block.after)
            block.size = size
            if rest.after is not None:
                rest.after.before = rest
            block.after = rest
            pool.add(rest)
        return block

    def free(self, block: _Block) -> None:
        """Gives a block back to its pool, merged with its free neighbours."""
        pool = block.pool
        before, after = block.before, block.after
        if before is not None and before.free:
            pool.remove(before)
            before.size += block.size
            before.after = after
            if after is not None:
                after.before = before
            block = before
        if after is not None and after.free:
            pool.remove(after)
            block.size += after.size
            block.after = after.after
            if block.after is not None:
                block.after.before = block
        pool.add(block)

    def _segment(self, size: int, pool: _Pool) -> _Block:
        """A new segment for a request of `size` bytes."""
        if pool is self.small:
            length = _SMALL_SEGMENT
        elif size < _OWN_SEGMENT:
            length = _LARGE_SEGMENT
        else:
            length = -(-size // _ROUND_SEGMENT) * _ROUND_SEGMENT
        block = _Block(self.address, length, pool)
        self.address += length
        self.peaks.segments += 1
        self.peaks.reserved += length  # no segment goes back
        return block
