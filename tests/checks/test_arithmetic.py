"""The formulas that checks use for counts of cells and taps, against counting them one by one."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from analyzer.checks.rules.checkerboard import _taps
from analyzer.checks.rules.misaligned_branches import _mean
from analyzer.checks.rules.padding_kernel import _alive
from analyzer.checks.rules.skipped_pixels import _between
from analyzer.layers.readings import Reading


def test_cells_between_windows() -> None:
    """Cells of the volume before the start of the last window that are not among the first `read` of their stride."""
    for size, count, step, before in product(range(1, 9), range(1, 5), range(2, 5), range(3)):
        for read in range(1, step):
            places = range(before, min(size + before, (count - 1) * step))
            between = sum(place % step >= read for place in places)
            assert _between(size, count, read, step, before) == between, (size, count, read, step, before)


def test_taps_that_see_data() -> None:
    """A tap is alive where it falls on a cell in some window; strides up to the reach, so that none steps over the data."""
    for size, count, kernel, stride, dilation, before in product(
        range(1, 5), range(1, 5), range(1, 5), range(1, 3), range(1, 4), range(6)
    ):
        if stride > size:
            continue
        alive = sum(
            any(0 <= window * stride + tap * dilation - before < size for window in range(count))
            for tap in range(kernel)
        )
        assert _alive(size, count, kernel, stride, dilation, before) == alive, (
            size, count, kernel, stride, dilation, before,
        )  # fmt: skip


def test_taps_of_an_output_of_a_transposed_convolution() -> None:
    """In the middle of a long axis, each of `stride` outputs in a row gets the taps that land on it."""
    for kernel, stride, dilation in product(range(1, 8), range(1, 5), range(1, 4)):
        middle = 20 * stride
        landed = [
            sum((place - tap * dilation) % stride == 0 for tap in range(kernel))
            for place in range(middle, middle + stride)
        ]
        counted = sorted({taps: landed.count(taps) for taps in landed}.items())
        assert _taps(kernel, stride, dilation) == counted, (kernel, stride, dilation)


def test_mean_of_a_rounded_reading() -> None:
    """⌊(scale·u + bound)/divisor⌋ − scale·u/divisor, averaged over a whole number of periods."""
    for scale, divisor, bound in product(range(1, 7), range(1, 7), range(-5, 6)):
        reading = Reading(scale=scale, divisor=divisor, low=bound, high=bound)
        mean = sum((scale * u + bound) // divisor - Fraction(scale * u, divisor) for u in range(divisor)) / divisor
        assert abs(_mean(reading, bound) - mean) < 1e-12, (scale, divisor, bound)
