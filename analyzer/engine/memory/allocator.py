"""The memory that a CUDA card reserves: allocations replayed through the rules of PyTorch's caching allocator.

A request is rounded up to 512 bytes and served from one of two pools: from the small one up to 1 MiB, otherwise from
the large one. The allocator takes the smallest free block that is large enough, among equals the one with the lowest
address. The rest of the block becomes a block of its own if it has at least 512 bytes (small) or more than 1 MiB
(large). If no block is large enough, the allocator asks the card for a segment: 2 MiB for a small request, 20 MiB for
one below 10 MiB, otherwise the request rounded up to 2 MiB. A freed block merges with free neighbours of its segment.
Segments stay reserved until the card has no memory for another: then the allocator gives back those that are free as a
whole, and tries once more.

The model assumes that segments lie at rising addresses, one stream, and default settings (`expandable_segments` and
`max_split_size_mb` not set). Memory outside the allocator (context, kernels) is not counted.

Sources: constants of torch 2.13.0, c10/core/AllocatorConfig.h; rules of c10/cuda/CUDACachingAllocator.cpp
(`round_size`, `get_allocation_size`, `get_free_block`, `should_split`, `free_block`, `alloc_block`,
`release_cached_blocks`).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

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
            allocator.release(block)
    return peaks


def fits(events: Iterable[int], sizes: Sequence[int], capacity: int) -> bool:
    """Whether a card with `capacity` bytes serves all allocations: n allocates `sizes[n]` bytes, ~n frees them.

    Requests of the small pool are added up, as if they left no gaps: they are a few MiB of any run, and most of its
    events.

    >>> fits([0, 1], [3 << 20, 30 << 20], 50 << 20), fits([0, 1], [3 << 20, 30 << 20], 40 << 20)
    (True, False)
    """
    try:
        _served(events, sizes, _Allocator(capacity))
    except MemoryError:
        return False
    return True


def reserved(events: Iterable[int], sizes: Sequence[int]) -> int:
    """The bytes that such allocations take from a card that has enough."""
    allocator = _Allocator()
    _served(events, sizes, allocator)
    return allocator.peaks.reserved


def _served(events: Iterable[int], sizes: Sequence[int], allocator: _Allocator) -> None:
    """Serves all allocations; raises MemoryError for one that finds no room."""
    allocate, release = allocator.allocate, allocator.release
    used: dict[int, _Block] = {}
    small = segments = 0
    for event in events:
        if event < 0:
            size = sizes[~event]
            if size > _SMALL:
                release(used.pop(~event))
            else:
                small -= (size + _ROUND - 1) & -_ROUND
        elif sizes[event] > _SMALL:
            used[event] = allocate(sizes[event])
        else:
            small += (sizes[event] + _ROUND - 1) & -_ROUND
            if small > segments:
                allocator.reserve(_SMALL_SEGMENT)
                segments += _SMALL_SEGMENT


class _Block(Record):
    """A part of a segment, with the parts before and after it; None at the segment's ends."""

    address: int
    size: int
    large: bool
    before: _Block | None = None
    after: _Block | None = None
    free: bool = False


class _Allocator(Record):
    """The two pools, the bytes of all segments, and where the next one begins; there is room for `capacity` bytes.

    `small` and `large` are the free blocks of each pool, sorted by size and address: the best fit is the first that is
    large enough. A request for which no room is left raises MemoryError.
    """

    capacity: int | None = None
    reserved: int = field(default=0, init=False)
    address: int = field(default=0, init=False)
    peaks: Replayed = field(factory=Replayed, init=False)
    small: list[tuple[int, int, _Block]] = field(factory=list, init=False)
    large: list[tuple[int, int, _Block]] = field(factory=list, init=False)

    def allocate(self, size: int) -> _Block:
        """A block for `size` bytes."""
        size = (size + _ROUND - 1) & -_ROUND
        large = size > _SMALL
        pool, least_rest = (self.large, _SMALL + 1) if large else (self.small, _ROUND)
        at = bisect_left(pool, (size,))
        if at < len(pool):
            block = pool.pop(at)[2]
            block.free = False
        else:
            block = self._segment(size, large)
        left = block.size - size
        if left >= least_rest:
            rest = _Block(block.address + size, left, large, block, block.after, True)
            block.size = size
            if rest.after is not None:
                rest.after.before = rest
            block.after = rest
            insort(pool, (left, rest.address, rest))
        return block

    def release(self, block: _Block) -> None:
        """Gives a block back to its pool, merged with its free neighbours."""
        pool = self.large if block.large else self.small
        before, after = block.before, block.after
        if before is not None and before.free:
            del pool[bisect_left(pool, (before.size, before.address))]
            before.size += block.size
            before.after = after
            if after is not None:
                after.before = before
            block = before
        if after is not None and after.free:
            del pool[bisect_left(pool, (after.size, after.address))]
            block.size += after.size
            block.after = after.after
            if block.after is not None:
                block.after.before = block
        block.free = True
        insort(pool, (block.size, block.address, block))

    def _segment(self, size: int, large: bool) -> _Block:
        """A new segment for a request of `size` bytes."""
        if not large:
            length = _SMALL_SEGMENT
        elif size < _OWN_SEGMENT:
            length = _LARGE_SEGMENT
        else:
            length = -(-size // _ROUND_SEGMENT) * _ROUND_SEGMENT
        self.reserve(length)
        block = _Block(self.address, length, large)
        self.address += length
        self.peaks.segments += 1
        return block

    def reserve(self, length: int) -> None:
        """Takes `length` bytes from the card; raises MemoryError where it has too few left."""
        if self.capacity is not None and self.reserved + length > self.capacity:
            self._give_back()
            if self.reserved + length > self.capacity:
                raise MemoryError
        self.reserved += length
        if self.reserved > self.peaks.reserved:
            self.peaks.reserved = self.reserved

    def _give_back(self) -> None:
        """Gives back every segment that is free as a whole."""
        for pool in (self.small, self.large):
            kept = [free for free in pool if free[2].before is not None or free[2].after is not None]
            self.reserved -= sum(free[0] for free in pool) - sum(free[0] for free in kept)
            pool[:] = kept
