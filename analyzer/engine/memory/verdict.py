"""Whether a run fits on a device, and the largest batch that does.

The verdict is one of three, made of the bounds in `bounds.py` and of the context, the bytes that a process takes
beside its tensors. A run does not fit if lower bound and context together are more than the device has. It fits if
upper bound and context are not. Between the two it is at risk.
"""

from __future__ import annotations

from analyzer.engine.memory.bounds import Bounds
from analyzer.record import Record
from analyzer.units import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FITS, AT_RISK, DOES_NOT_FIT = "fits", "at risk", "does not fit"


class Verdict(Record):
    """Whether a run fits: `word` is `fits`, `at risk` or `does not fit`.

    `low` and `high` are the bounds of what is needed of the device, both with the context. `reason` is a sentence that
    names the bound that decides.
    """

    word: str
    low: int
    high: int
    reason: str


def verdict(bounds: Bounds, context: int, capacity: int) -> Verdict:
    """The verdict on a run that needs memory within `bounds`, and `context` bytes beside it, of `capacity` bytes.

    >>> verdict(Bounds(10 << 30, 11 << 30), 1 << 30, 16 << 30).reason
    'the allocator may reserve 12.0 GiB with the context, 4.0 GiB less than the device has'
    """
    low, high = bounds.low + context, bounds.high + context
    least, most = f"the run needs at least {memory(low)}", f"the allocator may reserve {memory(high)}"
    if low > capacity:
        reason = f"{least} with the context, {memory(low - capacity)} more than the device has"
        return Verdict(DOES_NOT_FIT, low, high, reason)
    if high > capacity:
        reason = f"{most} with the context, {memory(high - capacity)} more than the device has, while {least}"
        return Verdict(AT_RISK, low, high, reason)
    room = f"{memory(capacity - high)} less than" if high < capacity else "exactly what"
    return Verdict(FITS, low, high, f"{most} with the context, {room} the device has")


def largest_batch(bound: Callable[[int], int], room: int) -> int:
    """The largest batch whose `bound`, in bytes, is at most `room`; 0 where that of one sample is not.

    A bound is nearly the largest of several sums that rise linearly with the batch, so it is nearly convex: no more
    samples fit than where the line through two smaller batches reaches the room. From there bisection and that line
    close in by turns, because each batch that is tried costs a simulated step.

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
