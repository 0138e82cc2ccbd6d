"""Taps of windows on real cells, and cells that no window reads, on one axis; counted without a walk over it."""

from __future__ import annotations

from analyzer.layers.axes import effective


def taps_within(positions: int, kernel: int, stride: int, dilation: int, before: int, length: int) -> int:
    """How many taps of all windows on one axis fall on its `length` real cells; the others fall on padding.

    These are the pairs of a position o < `positions` and a tap t < `kernel` with 0 ≤ o·S + t·d − before < `length`.
    For a transposed window the positions are of the input and the cells of the output.
    """
    return _pairs_below(length + before, positions, kernel, stride, dilation) - _pairs_below(
        before, positions, kernel, stride, dilation
    )


def _pairs_below(bound: int, positions: int, kernel: int, stride: int, dilation: int) -> int:
    """The pairs (o, t) with o·S + t·d < bound: for each tap ⌈(bound − t·d)/S⌉ positions, between 0 and all of them."""
    full = min(max(-(-(bound - (positions - 1) * stride) // dilation), 0), kernel)  # taps that count at every position
    some = min(max(-(-bound // dilation), full), kernel)  # taps below it count at some position at least
    last = bound + stride - 1 - (some - 1) * dilation
    return positions * full + _floor_sum(some - full, stride, dilation, last)


def _floor_sum(count: int, divisor: int, step: int, start: int) -> int:
    """Σ ⌊(step·i + start)/divisor⌋ for i < `count`, all numbers at least 0; as fast as Euclid's algorithm."""
    total = 0
    while count > 0:
        total += (count - 1) * count // 2 * (step // divisor) + count * (start // divisor)
        step, start = step % divisor, start % divisor
        top = step * count + start
        if top < divisor:
            break
        count, start = top // divisor, top % divisor
        divisor, step = step, divisor
    return total


def unread_after(size: int, positions: int, kernel: int, stride: int, dilation: int, before: int) -> int:
    """The cells at the end of one axis that no window reads: those after the last real cell under a tap.

    size + before − (positions − 1)·S − F_eff where the last window ends on a real cell; otherwise found by halving.
    """
    left = size + before - (positions - 1) * stride - effective(kernel, dilation)
    if left >= 0:
        return min(size, left)
    within = _pairs_below(size + before, positions, kernel, stride, dilation)
    low, high = 0, size
    while low < high:  # the most cells at the end of the axis without a tap
        middle = (low + high + 1) // 2
        if _pairs_below(size - middle + before, positions, kernel, stride, dilation) == within:
            low = middle
        else:
            high = middle - 1
    return low
