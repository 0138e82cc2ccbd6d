"""A kernel that lies mostly over padding.

On a map smaller than the reach of the kernel, most taps multiply zeros: a 3×3 kernel over a single cell is a 1×1 kernel
with eight weights that never see data, are stored and, with weight decay, fade. The cause is an input smaller than the
network was made for, or a dilation larger than the map. It is a warning where some taps never see data, and a note
where all of them see some but more than half of the multiplications are with zeros.

Fires:

    input: 1x1x64
    layers:
      - conv: {filters: 64, kernel: 3, padding: 1, act: relu}

Instead: a kernel that fits the map, a smaller dilation, or a larger input.

    input: 1x1x64
    layers:
      - conv: {filters: 64, kernel: 1, act: relu}

Source: Chen et al. 2017, "Rethinking atrous convolution for semantic image segmentation", section 3.3: a 3×3 kernel
whose rate comes near the size of the map degenerates to a 1×1 kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from analyzer.checks.found import Found
from analyzer.checks.subject import Subject
from analyzer.engine.network import Node
from analyzer.layers.axes import effective
from analyzer.layers.taps import taps_within
from analyzer.record import Record, field
from analyzer.volume import pretty_sizes

CODE = "CHECK103"
NAME = "padding-kernel"
SEVERITY = "note"


class _Axis(Record):
    """A kernel along one axis: its taps in all windows, those on data, and the taps that see data in some window."""

    name: str
    size: int
    count: int
    kernel: int
    stride: int
    dilation: int
    before: int
    taps: int = field(init=False)
    on_data: int = field(init=False)
    alive: int = field(init=False)

    def check(self) -> None:
        """Counts the taps."""
        self.taps = self.kernel * self.count
        self.on_data = taps_within(self.count, self.kernel, self.stride, self.dilation, self.before, self.size)
        self.alive = _alive(self.size, self.count, self.kernel, self.stride, self.dilation, self.before)


def check(subject: Subject) -> Iterator[Found]:
    """A finding for every convolution of whose taps less than half fall on data."""
    for row in subject.rows:
        axes = _axes(row.node)
        taps, real = prod(axis.taps for axis in axes), prod(axis.on_data for axis in axes)
        if 2 * real >= taps:
            continue
        kernel, alive = prod(axis.kernel for axis in axes), prod(axis.alive for axis in axes)
        window = pretty_sizes(tuple(axis.kernel for axis in axes))
        notes = [
            f"{axis.name} of {axis.size:,}: {axis.on_data:,} of {axis.count:,}·{axis.kernel} taps fall on data"
            + ("" if axis.alive == axis.kernel else f", and {axis.kernel - axis.alive} of the {axis.kernel} never do")
            for axis in axes
            if axis.on_data < axis.taps
        ]
        notes.append(f"{alive:,} of the {kernel:,} taps of its {window} kernel can ever see data")
        yield Found(
            f"only {100 * real / taps:.0f} % of the multiplications in `{row.name}` are with data; the others are with padding",
            row.node,
            notes=notes,
            help=f"{_fitting(axes)}, or a larger input",
            severity="warning" if alive < kernel else None,
        )


def _axes(node: Node) -> list[_Axis]:
    """The axes of a convolution that pads with zeros; none for any other layer."""
    volume = node.flow.input
    window = node.layer.window(volume)
    if window is None or window.scatters or window.real_padding or not any(map(any, window.padding)):
        return []
    if not node.layer.macs(node.flow):
        return []
    kernel, stride, dilation, pairs = window.kernel, window.stride, window.dilation, window.padding
    return [
        _Axis(name, size, count, k, s, d, before)
        for name, size, count, k, s, d, (before, _) in zip(
            volume.axes, volume.spatial, node.output.spatial, kernel, stride, dilation, pairs, strict=False
        )
    ]


def _alive(size: int, count: int, kernel: int, stride: int, dilation: int, before: int) -> int:
    """The taps of a kernel that fall on one of the `size` cells in some window, none of which steps over the data."""
    first = max(-(-(before - (count - 1) * stride) // dilation), 0)
    return max(min((size + before - 1) // dilation, kernel - 1) - first + 1, 0)


def _fitting(axes: list[_Axis]) -> str:
    """A smaller dilation, or else a smaller kernel, with which half of the taps fall on data."""
    low, high = 0, max(axis.dilation for axis in axes)
    while high - low > 1:  # the largest dilation below the one that is too large
        middle = (low + high) // 2
        passes = _passes([(axis, axis.kernel, min(axis.dilation, middle)) for axis in axes])
        low, high = (middle, high) if passes else (low, middle)
    if low:
        return f"a dilation of at most {low}"
    bound = max(min(axis.kernel, axis.size) for axis in axes)
    bound -= 1 - bound % 2
    while bound > 1 and not _passes([(axis, min(axis.kernel, bound), 1) for axis in axes]):
        bound = bound // 2 - 1 + bound // 2 % 2
    kernel = tuple(min(axis.kernel, max(bound, 1)) for axis in axes)
    plain = "an undilated kernel" if max(axis.dilation for axis in axes) > 1 else "a kernel"
    return f"{plain} of {_written(kernel)} with padding {_written(tuple(k // 2 for k in kernel))}"


def _written(sizes: tuple[int, ...]) -> str:
    """Sizes as a file has them: one number where they are the same."""
    return pretty_sizes(sizes[:1] if len(set(sizes)) == 1 else sizes)


def _passes(tried: list[tuple[_Axis, int, int]]) -> bool:
    """Whether half of the taps of kernels of this size and dilation, padded to keep the size, fall on data."""
    taps = real = 1
    for axis, kernel, dilation in tried:
        before = effective(kernel, dilation) // 2
        count = (axis.size + 2 * before - effective(kernel, dilation)) // axis.stride + 1
        taps *= kernel * count
        real *= taps_within(count, kernel, axis.stride, dilation, before, axis.size)
    return 2 * real >= taps
