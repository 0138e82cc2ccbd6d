"""The bounds of what a run needs of a device, without what the process takes there beside its tensors.

Between them the run may fail: which blocks of memory are left over changes from one batch to the next, and where a
workspace finds no room, cuDNN takes another algorithm. `growth.py` says how they are found, and docs/memory.md compares
them with runs on a GPU.
"""

from __future__ import annotations

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Bounds(Record):
    """A run that has fewer than `low` bytes surely fails, one that has `high` bytes surely fits."""

    low: int
    high: int


def largest_batch(bound: Callable[[int], int], room: int) -> int:
    """The largest batch whose `bound`, in bytes, is at most `room`; 0 where that of one sample is not.

    A bound is nearly the largest of several sums that rise linearly with the batch, so it is nearly convex: no more
    samples fit than where the line through two smaller batches reaches the room. From there bisection and that line
    close in by turns, because each batch that is tried costs time.

    >>> largest_batch(lambda batch: batch << 20, 10 << 20)
    10
    """
    low, high = 1, 2
    at_low = bound(low)
    if at_low > room:
        return 0
    at_high = bound(high)
    while at_high <= room:
        beyond = high + (room - at_high) * (high - low) // max(at_high - at_low, 1) + 1
        low, at_low, high, at_high = high, at_high, beyond, bound(beyond)
    halve = False
    while high - low > 1:
        middle = (low + high) // 2
        if not halve:
            middle = low + (room - at_low) * (high - low) // (at_high - at_low)
            middle = min(max(middle, low + 1), high - 1)
        halve = not halve
        at_middle = bound(middle)
        if at_middle <= room:
            low, at_low = middle, at_middle
        else:
            high, at_high = middle, at_middle
    return low


def last_batch(may: Callable[[int], bool], guess: int) -> int:
    """The largest batch that `may`, searched outwards from a guess; 0 where none does.

    >>> last_batch(lambda batch: batch <= 300, 200), last_batch(lambda batch: False, 200)
    (300, 0)
    """
    low, step = guess, max(guess // 200, 1)
    if may(low):
        high = low + step
        while may(high):
            step *= 2
            low, high = high, high + step
    else:
        low, high = max(low - step, 0), low
        while low > 0 and not may(low):
            step *= 2
            low, high = max(low - step, 0), low
    while high - low > 1:
        middle = (low + high) // 2
        if may(middle):
            low = middle
        else:
            high = middle
    return low
