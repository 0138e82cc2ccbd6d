"""The replay of the caching allocator: each rule by hand, random traces against a plain walk, and a real card's number.

Sizes are in MiB where nothing else is said; what a trace comes to is worked out beside it.
"""

from __future__ import annotations

import time
from itertools import count
from random import Random

import pytest

from analyzer.engine.memory.allocator import Replayed, replay

MIB = 1 << 20
Trace = list[tuple[int, int]]


def sized(*events: tuple[int, float]) -> tuple[float, float]:
    """What a trace in MiB has allocated and reserved at most, in MiB."""
    trace = [(identity, int(size * MIB)) for identity, size in events]
    replayed = replay(trace)
    return replayed.allocated / MIB, replayed.reserved / MIB


# --- one request ---


@pytest.mark.parametrize(
    ("size", "allocated", "reserved"),
    [
        (1, 512, 2 * MIB),
        (512, 512, 2 * MIB),
        (513, 1024, 2 * MIB),
        (MIB, MIB, 2 * MIB),  # the largest small request
        (MIB + 1, MIB + 512, 20 * MIB),
        (10 * MIB - 512, 10 * MIB - 512, 20 * MIB),
        (10 * MIB - 511, 10 * MIB, 10 * MIB),  # rounded to 10 MiB first, so a segment of its own
        (10 * MIB, 10 * MIB, 10 * MIB),
        (10 * MIB + 1, 10 * MIB + 512, 12 * MIB),  # the rest, 2 MiB - 512, is split off
        (11 * MIB - 512, 11 * MIB - 512, 12 * MIB),  # the rest, 1 MiB + 512, is split off
        (11 * MIB, 12 * MIB, 12 * MIB),  # the rest, 1 MiB, stays with the block
        (12 * MIB - 512, 12 * MIB, 12 * MIB),
    ],
)
def test_one_request(size: int, allocated: int, reserved: int) -> None:
    replayed = replay([(1, size)])
    assert (replayed.requested, replayed.allocated, replayed.reserved) == (size, allocated, reserved)
    assert replayed.segments == 1


def test_no_request() -> None:
    assert replay([]) == Replayed(requested=0, allocated=0, reserved=0, segments=0)


# --- blocks of one segment ---


def test_small_requests_fill_a_segment_to_the_last_block() -> None:
    """1 MiB + (1 MiB - 512) + 512 are 2 MiB; one byte more needs another segment."""
    trace = [(1, MIB), (2, MIB - 512), (3, 512)]
    assert replay(trace).reserved == 2 * MIB
    assert replay([*trace, (4, 1)]).reserved == 4 * MIB


def test_large_requests_share_a_segment() -> None:
    """Five of 4 MiB fill 20 MiB, the sixth opens the next."""
    assert sized(*((n, 4) for n in range(5))) == (20, 20)
    assert sized(*((n, 4) for n in range(6))) == (24, 40)


def test_a_freed_block_is_taken_again() -> None:
    assert sized(*((n, 4) for n in range(5)), (2, 0), (5, 4)) == (20, 20)


def test_the_rest_of_a_large_block_is_split_off_only_above_1_mib() -> None:
    """Of 20 MiB 4 · 4.75 = 19 are taken, the last of them with the rest of exactly 1 MiB, so 20 are allocated."""
    assert sized(*((n, 4.75) for n in range(4))) == (20, 20)
    assert sized(*((n, 4.75) for n in range(3)), (3, 4.5)) == (18.75, 20)  # a rest of 1.25 MiB


def test_a_whole_block_goes_back_whole() -> None:
    """11 MiB hold a block of 12; freed and taken by 12 it is enough."""
    assert sized((1, 11), (1, 0), (2, 12)) == (12, 12)


def test_small_and_large_requests_share_nothing() -> None:
    assert sized((1, 4), (1, 0), (2, 0.5)) == (4, 22)
    assert sized((1, 0.5), (1, 0), (2, 1.5)) == (1.5, 22)


def test_the_smallest_block_that_is_large_enough_is_taken() -> None:
    """12 goes into the freed 12 and leaves the freed 16 whole; the first or the largest one would have to split it."""
    assert sized((1, 16), (2, 12), (1, 0), (2, 0), (3, 12), (4, 16)) == (28, 28)


def test_among_equal_blocks_the_lowest_address_is_taken() -> None:
    """Of five blocks of 4 the second and the fourth are free: the next takes the second, so the last two merge to 8."""
    five = [(n, 4.0) for n in range(5)]
    assert sized(*five, (1, 0), (3, 0), (5, 4), (4, 0), (6, 8)) == (20, 20)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_free_neighbours_merge(order: tuple[int, ...]) -> None:
    """Three blocks of 4, freed in any order while those beside them are held, are one of 12."""
    five = [(n, 4.0) for n in range(5)]
    assert sized(*five, *((n, 0.0) for n in order), (5, 12)) == (20, 20)


def test_segments_do_not_merge() -> None:
    """Two of 10 are no 20, though one lies behind the other."""
    assert sized((1, 10), (2, 10), (1, 0), (2, 0), (3, 20)) == (20, 40)


def test_each_peak_has_its_own_moment() -> None:
    """1,200 requests of 1 byte allocate 600 KiB; 11 MiB later allocate 12."""
    ones = [(n, 1) for n in range(1200)]
    replayed = replay([*ones, *((n, 0) for n in range(1200)), (0, 11 * MIB), (0, 0), (1, 16 * MIB)])
    assert replayed.requested == 16 * MIB
    assert replayed.allocated == 16 * MIB
    assert replayed.reserved == (2 + 12 + 16) * MIB
    assert replayed.segments == 3


# --- traces that are none ---


def test_an_identity_may_come_again() -> None:
    assert replay([(1, 4 * MIB), (1, 0), (1, 2 * MIB)]).requested == 4 * MIB


def test_what_is_no_trace() -> None:
    with pytest.raises(ValueError, match="event 1: 7 is allocated already"):
        replay([(7, 1), (7, 1)])
    with pytest.raises(ValueError, match="event 0: a size of -1"):
        replay([(7, -1)])
    with pytest.raises(KeyError):
        replay([(7, 1), (7, 0), (7, 0)])


# --- any trace ---


class Plain:
    """The same rules as plainly as they can be written: every segment a list of parts, every search a walk over all."""

    def __init__(self) -> None:
        self.segments: list[tuple[str, list[list[int]]]] = []  # the pool, and its parts as [size, identity or -1]
        self.result = Replayed()

    def run(self, trace: Trace) -> Replayed:
        sizes: dict[int, int] = {}
        for identity, size in trace:
            if size:
                self.allocate(identity, size)
                sizes[identity] = size
            else:
                del sizes[identity]
                self.free(identity)
            self.result.requested = max(self.result.requested, sum(sizes.values()))
            held = sum(part[0] for _, parts in self.segments for part in parts if part[1] >= 0)
            self.result.allocated = max(self.result.allocated, held)
            self.result.reserved = max(self.result.reserved, self.reserved())
        return self.result

    def reserved(self) -> int:
        return sum(part[0] for _, parts in self.segments for part in parts)

    def allocate(self, identity: int, size: int) -> None:
        while size % 512:
            size += 1
        pool = "small" if size <= MIB else "large"
        fitting = [
            (part[0], which, place)
            for which, (kind, parts) in enumerate(self.segments)
            for place, part in enumerate(parts)
            if kind == pool and part[1] < 0 and part[0] >= size
        ]
        if fitting:
            _, which, place = min(fitting)
        else:
            length = 2 * MIB if pool == "small" else 20 * MIB if size < 10 * MIB else size
            while length % (2 * MIB):
                length += 512
            self.segments.append((pool, [[length, -1]]))
            self.result.segments += 1
            which, place = len(self.segments) - 1, 0
        parts = self.segments[which][1]
        rest = parts[place][0] - size
        if rest >= 512 if pool == "small" else rest > MIB:
            parts[place : place + 1] = [[size, identity], [rest, -1]]
        else:
            parts[place][1] = identity

    def free(self, identity: int) -> None:
        for _, parts in self.segments:
            for part in parts:
                if part[1] == identity:
                    part[1] = -1
            merged: list[list[int]] = []
            for part in parts:
                if merged and merged[-1][1] < 0 and part[1] < 0:
                    merged[-1][0] += part[0]
                else:
                    merged.append(part)
            parts[:] = merged


def random_trace(seed: int, length: int) -> Trace:
    """Requests of a few sizes that come again, of any size up to 30 MiB and just beside the limits, freed at random."""
    draw = Random(seed)
    limits = [512, MIB, 2 * MIB, 10 * MIB, 11 * MIB, 20 * MIB]
    usual = [draw.randrange(1, 4 * MIB) for _ in range(6)]
    trace: Trace = []
    held: list[int] = []
    for identity in count():
        while held and draw.random() < 0.48:
            trace.append((held.pop(draw.randrange(len(held))), 0))
        size = draw.choice(
            [draw.choice(usual), draw.choice(limits) + draw.randrange(-600, 600), draw.randrange(1, 30 * MIB)]
        )
        trace.append((identity, max(size, 1)))
        held.append(identity)
        if len(trace) >= length:
            return trace
    raise AssertionError


@pytest.mark.parametrize("seed", range(60))
def test_as_the_plain_walk(seed: int) -> None:
    trace = random_trace(seed, 400)
    assert replay(trace) == Plain().run(trace)


# --- a real card ---


def resnet50_inference() -> Trace:
    """ResNet-50 as PyTorch moves it to a card and runs it once in eval mode without gradients, batch 1, float32.

    Parameters and buffers in the module's order; a layer's input is let go when its output is there, but the argument of
    a stage lives until the stage returns; ReLU and the sum of a block are in place.
    """
    trace: Trace = []
    identities = count()

    def new(elements: int, width: int = 4) -> int:
        identity = next(identities)
        trace.append((identity, elements * width))
        return identity

    def free(identity: int) -> None:
        trace.append((identity, 0))

    def convolution(depth: int, filters: int, kernel: int) -> None:
        """Its weights; gamma, beta, mean and variance of the normalisation, and its counter."""
        new(depth * filters * kernel * kernel)
        for _ in range(4):
            new(filters)
        new(1, 8)

    def run(depth: int, side: int) -> int:
        """Convolution and normalisation: the output of the first is let go."""
        out = new(depth * side * side)
        normalised = new(depth * side * side)
        free(out)
        return normalised

    stages = [(64, 3), (128, 4), (256, 6), (512, 3)]
    convolution(3, 64, 7)
    depth = 64
    for width, blocks in stages:
        for block in range(blocks):
            convolution(depth, width, 1)
            convolution(width, width, 3)
            convolution(width, 4 * width, 1)
            if block == 0:
                convolution(depth, 4 * width, 1)
            depth = 4 * width
    new(2048 * 1000)
    new(1000)

    new(3 * 224 * 224)
    first = run(64, 112)
    x = new(64 * 56 * 56)
    free(new(64 * 56 * 56, 8))  # the positions of the maxima
    free(first)
    side = 56
    for width, blocks in stages:
        argument = x
        for block in range(blocks):
            out = run(width, side)
            if block == 0 and width > 64:
                side //= 2
            for filters in (width, 4 * width):
                convolved = new(filters * side * side)
                free(out)
                out = new(filters * side * side)
                free(convolved)
            if block == 0:
                free(run(4 * width, side))
            if x != argument:
                free(x)
            x = out
        free(argument)
    pooled = new(2048)
    free(x)
    new(1000)
    free(pooled)
    return trace


def test_resnet50_reserves_what_a_card_reserved() -> None:
    """148,897,792 bytes: `max_memory_reserved` of timm's resnet50, batch 1, published by optimum-benchmark."""
    replayed = replay(resnet50_inference())
    assert replayed.reserved == 148_897_792
    assert replayed.allocated == 113_518_080 - 4096  # their `max_memory_allocated`; what the 4 KiB are is not known


# --- speed ---


def many_free_blocks(blocks: int) -> Trace:
    """Large blocks of different sizes, every other one freed in random order and taken again: no two of them merge."""
    draw = Random(blocks)
    trace = [(n, 512 * draw.randrange(2100, 20_000)) for n in range(blocks)]
    freed = list(range(0, blocks, 2))
    draw.shuffle(freed)
    trace += [(n, 0) for n in freed]
    return trace + [(blocks + n, 512 * draw.randrange(2100, 20_000)) for n in range(blocks // 2)]


def test_time_is_linear_in_the_trace() -> None:
    """Eight times the events, far less than the 64 times as long that a walk over the free blocks would take.

    The processor's time, whatever else runs.
    """

    def best(trace: Trace) -> float:
        times = []
        for _ in range(3):
            start = time.process_time()
            replay(trace)
            times.append(time.process_time() - start)
        return min(times)

    small, large = many_free_blocks(4_000), many_free_blocks(32_000)
    assert best(large) < 32 * best(small)
