"""What a CUDA card reserves: an allocation trace replayed through the rules of PyTorch's caching allocator.

A request is rounded up to 512 bytes and served from one of two pools: up to 1 MiB from the small one, else from the
large one. The smallest free block that is large enough is taken, the lowest address among equals; what is left of it
stays a block of its own if it is at least 512 bytes (small) or more than 1 MiB (large). Where no block is large enough
the card is asked for a segment: 2 MiB for a small request, 20 MiB for one below 10 MiB, else the request rounded up to
2 MiB. A freed block merges with free neighbours of its segment. Segments stay reserved until the card refuses one: then
all that are wholly free go back, and the request is tried once more.

Segments are taken to lie at rising addresses; one stream, default settings (`expandable_segments` and
`max_split_size_mb` unset). Memory outside the allocator (context, kernels) is not in here.

Sources: constants of torch 2.13.0, c10/core/AllocatorConfig.h; rules of c10/cuda/CUDACachingAllocator.cpp (`round_size`,
`get_allocation_size`, `get_free_block`, `should_split`, `free_block`, `release_cached_blocks`).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

_ROUND = 512  # kMinBlockSize
_SMALL = 1 << 20  # kSmallSize: the largest request of the small pool, and what a large block's rest must exceed
_SMALL_SEGMENT = 2 << 20  # kSmallBuffer
_LARGE_SEGMENT = 20 << 20  # large_segment_size
_OWN_SEGMENT = 10 << 20  # kMinLargeAlloc: a request from here on has a segment of its own size
_ROUND_SEGMENT = 2 << 20  # kRoundLarge

#: Free blocks are kept in sorted runs up to so long, so that one more of a million costs what one of a thousand does.
_LONGEST_RUN = 1000


class Replayed:
    """What a trace came to, in bytes: three peaks, each at its own moment.

    `requested` is the sum of the sizes asked for; `allocated` that of the blocks they got (rounded, and whole where no
    rest was split off), torch's `max_memory_allocated`; `reserved` that of the segments, its `max_memory_reserved`.
    `segments` counts how often the card gave one, `retries` how often it refused and the cache was emptied. `failed` is
    the position of the event that ran out of memory, where the replay ended; None where none did.
    """

    __slots__ = ("allocated", "failed", "requested", "reserved", "retries", "segments")

    def __init__(self) -> None:
        self.requested = 0
        self.allocated = 0
        self.reserved = 0
        self.segments = 0
        self.retries = 0
        self.failed: int | None = None

    def __repr__(self) -> str:
        return f"Replayed({', '.join(f'{name}={getattr(self, name)}' for name in self.__slots__)})"


def replay(events: Iterable[tuple[int, int]], *, capacity: int | None = None) -> Replayed:
    """Replays a trace of (identity, size): a size above 0 allocates so many bytes under that identity, 0 frees them.

    `capacity` is the most bytes that segments may take together, the card's less its context; without one the card
    never refuses. An identity may come again once it is freed. A tensor of no bytes allocates nothing and has no event.
    n log n in the events. Raises ValueError for a negative size or an identity that is still allocated, KeyError for
    one that is freed and is not.

    >>> replay([(1, 4000), (2, 3 << 20), (1, 0)]).reserved == (2 + 20) << 20
    True
    """
    allocator = _Allocator(capacity)
    peaks = allocator.peaks
    held: dict[int, tuple[_Block, int]] = {}
    requested = allocated = 0
    for place, (identity, size) in enumerate(events):
        if size > 0:
            if identity in held:
                raise ValueError(f"event {place}: {identity} is allocated already")
            block = allocator.allocate(size)
            if block is None:
                peaks.failed = place
                break
            held[identity] = block, size
            requested += size
            allocated += block.size
            if requested > peaks.requested:
                peaks.requested = requested
            if allocated > peaks.allocated:
                peaks.allocated = allocated
        elif size:
            raise ValueError(f"event {place}: a size of {size}")
        else:
            block, size = held.pop(identity)
            requested -= size
            allocated -= block.size
            allocator.free(block)
    return peaks


class _Block:
    """A part of a segment, with the parts before and after it; None at the segment's ends."""

    __slots__ = ("address", "after", "before", "free", "pool", "size")

    def __init__(self, address: int, size: int, pool: _Pool) -> None:
        self.address = address
        self.size = size
        self.pool = pool
        self.before: _Block | None = None
        self.after: _Block | None = None
        self.free = False


class _Pool:
    """The free blocks of one pool by size, then address. `least_rest` is the smallest rest that is split off a block."""

    __slots__ = ("_blocks", "_last", "_runs", "least_rest", "whole")

    def __init__(self, least_rest: int) -> None:
        self.least_rest = least_rest
        self.whole: dict[int, _Block] = {}  # those that are a whole segment, by address
        self._blocks: dict[int, _Block] = {}  # all of them, by address
        self._runs: list[list[tuple[int, int]]] = []
        self._last: list[tuple[int, int]] = []  # the last key of every run

    def add(self, block: _Block) -> None:
        block.free = True
        self._blocks[block.address] = block
        if block.before is None and block.after is None:
            self.whole[block.address] = block
        key = block.size, block.address
        if not self._runs:
            self._runs.append([key])
            self._last.append(key)
            return
        at = min(bisect_left(self._last, key), len(self._runs) - 1)
        run = self._runs[at]
        insort(run, key)
        if len(run) > _LONGEST_RUN:
            self._runs.insert(at + 1, run[_LONGEST_RUN // 2 :])
            self._last.insert(at + 1, run[-1])
            del run[_LONGEST_RUN // 2 :]
        self._last[at] = run[-1]

    def remove(self, block: _Block) -> None:
        self._take((block.size, block.address))

    def best(self, size: int) -> _Block | None:
        """Takes out the smallest block of at least `size` bytes; None where there is none."""
        return self._take((size, -1))

    def _take(self, key: tuple[int, int]) -> _Block | None:
        """Takes out the first block from `key` on."""
        at = bisect_left(self._last, key)
        if at == len(self._runs):
            return None
        run = self._runs[at]
        _, address = run.pop(bisect_left(run, key))
        if run:
            self._last[at] = run[-1]
        else:
            del self._runs[at], self._last[at]
        block = self._blocks.pop(address)
        block.free = False
        self.whole.pop(address, None)
        return block


class _Allocator:
    """The two pools and what they reserve."""

    __slots__ = ("_address", "_capacity", "_large", "_reserved", "_small", "peaks")

    def __init__(self, capacity: int | None) -> None:
        self.peaks = Replayed()
        self._capacity = capacity
        self._small = _Pool(_ROUND)
        self._large = _Pool(_SMALL + 1)
        self._address = 0
        self._reserved = 0

    def allocate(self, size: int) -> _Block | None:
        """A block for `size` bytes; None where the card has no memory for it."""
        size = -(-size // _ROUND) * _ROUND
        pool = self._small if size <= _SMALL else self._large
        block = pool.best(size) or self._segment(size, pool)
        if block is not None and block.size - size >= pool.least_rest:
            rest = _Block(block.address + size, block.size - size, pool)
            block.size = size
            rest.before, rest.after = block, block.after
            if rest.after is not None:
                rest.after.before = rest
            block.after = rest
            pool.add(rest)
        return block

    def free(self, block: _Block) -> None:
        """Gives a block back to its pool, one with its free neighbours."""
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

    def _segment(self, size: int, pool: _Pool) -> _Block | None:
        """A new segment for a request of `size` bytes; None where the card has no memory for it."""
        if pool is self._small:
            length = _SMALL_SEGMENT
        elif size < _OWN_SEGMENT:
            length = _LARGE_SEGMENT
        else:
            length = -(-size // _ROUND_SEGMENT) * _ROUND_SEGMENT
        if self._capacity is not None and self._reserved + length > self._capacity:
            self.peaks.retries += 1
            self._release()
            if self._reserved + length > self._capacity:
                return None
        block = _Block(self._address, length, pool)
        self._address += length
        self._reserved += length
        self.peaks.segments += 1
        self.peaks.reserved = max(self.peaks.reserved, self._reserved)
        return block

    def _release(self) -> None:
        """Gives all segments that are wholly free back to the card."""
        for pool in (self._large, self._small):
            for block in list(pool.whole.values()):
                pool.remove(block)
                self._reserved -= block.size
