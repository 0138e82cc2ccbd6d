"""Whether a run fits on a device.

The verdict is one of three, made of the bounds in `bounds.py` and of the context, the bytes that a process takes
beside its tensors. A run does not fit if lower bound and context together are more than the device has. It fits if
upper bound and context are not. Between the two it is at risk.
"""

from __future__ import annotations

from analyzer.engine.memory.bounds import Bounds
from analyzer.record import Record
from analyzer.units import memory

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
