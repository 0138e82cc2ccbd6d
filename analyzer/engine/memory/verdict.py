"""Whether a run fits on a device, and the largest batch that does.

The verdict is one of three, since the memory that a device takes beyond the live tensors depends on fragmentation and
on the convolution algorithms that its library picks. A run does not fit if live tensors and context together are more
than the device has. It fits if 1.44 times the live tensors and the context are not. Between the two it is at risk.

The bounds were tested on 1,508 training runs of convolutional networks on an A100 with 40,510 MiB; 384 of them ran out
of memory. The lower bound is above the card's memory in 331 of those and in none of the other 1,124, the upper bound in
382 of those and in 32 of the others.

Sources: the runs published with GPUMemNet (arXiv 2602.17817, repository itu-rad/GPUMemNet).
"""

from __future__ import annotations

from analyzer.record import Record
from analyzer.units import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes that a process takes on a card beside its tensors: CUDA's context, the loaded kernels, cuDNN and cuBLAS. It
#: depends on the machine. 1,750 MiB is what the runs above took (CUDA 11 on an A100; the least of the 1,124 took 1,697
#: MiB). CUDA 12 and later load a kernel when it is first used, commonly 0.3 to 0.6 GiB.
CONTEXT = 1750 << 20

#: The upper bound in hundredths of the live bytes: what convolution workspaces and fragmentation may add.
_UPPER = 144

FITS, AT_RISK, DOES_NOT_FIT = "fits", "at risk", "does not fit"


class Verdict(Record):
    """Whether a run fits: `word` is `fits`, `at risk` or `does not fit`.

    `low` and `high` are bounds of the bytes that the device needs: live tensors and context, and 1.44 times the live
    tensors and context. `reason` is a sentence that names the bound that decides.
    """

    word: str
    low: int
    high: int
    reason: str


def verdict(live: int, context: int, capacity: int) -> Verdict:
    """The verdict on `live` bytes of tensors at the peak and `context` bytes beside them, of `capacity` bytes.

    >>> verdict(10 << 30, 1 << 30, 16 << 30).reason
    '1.44 × live + context is 15.4 GiB, 614.4 MiB less than the device has'
    """
    low = live + context
    high = -(-live * _UPPER // 100) + context
    if low > capacity:
        reason = f"live + context is {memory(low)}, {memory(low - capacity)} more than the device has"
        return Verdict(DOES_NOT_FIT, low, high, reason)
    if high > capacity:
        reason = (
            f"1.44 × live + context is {memory(high)}, {memory(high - capacity)} more than the device has, while "
            f"live + context, {memory(low)}, is not: workspaces and fragmentation decide"
        )
        return Verdict(AT_RISK, low, high, reason)
    room = f"{memory(capacity - high)} less than" if high < capacity else "exactly what"
    return Verdict(FITS, low, high, f"1.44 × live + context is {memory(high)}, {room} the device has")


def largest_batch(needed: Callable[[int], int], context: int, capacity: int, *, at_risk: bool = False) -> int:
    """The largest batch that fits, or with `at_risk` the largest that is at risk; 0 where one sample is too many.

    `needed` gives the bytes of live tensors at the peak for a number of samples; `context` and `capacity` are bytes.
    The peak is the largest of several sums that rise linearly with the batch, so it is convex: no more samples fit than
    where the line through two smaller batches reaches the capacity. From there bisection and that line close in by
    turns, because each batch that is tried costs a simulated step.

    >>> largest_batch(lambda batch: batch << 20, context=0, capacity=10 << 20, at_risk=True)
    10
    """

    def taken(batch: int) -> int:
        found = verdict(needed(batch), context, capacity)
        return found.low if at_risk else found.high

    low, high = 1, 2
    at_low = taken(low)
    if at_low > capacity:
        return 0
    at_high = taken(high)
    while at_high <= capacity:
        beyond = high + (capacity - at_high) * (high - low) // max(at_high - at_low, 1) + 1
        low, at_low, high, at_high = high, at_high, beyond, taken(beyond)
    halve = False
    while high - low > 1:
        middle = (low + high) // 2
        if not halve:
            middle = low + (capacity - at_low) * (high - low) // (at_high - at_low)
            middle = min(max(middle, low + 1), high - 1)
        halve = not halve
        at_middle = taken(middle)
        if at_middle <= capacity:
            low, at_low = middle, at_middle
        else:
            high, at_high = middle, at_middle
    return low
