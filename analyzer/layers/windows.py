"""The window that a layer slides over a volume, once for every layer that has one, in 1-D, 2-D and 3-D.

With input size W, kernel F, dilation d, stride S and padding P_before, P_after on one axis:

    F_eff = d·(F − 1) + 1
    O     = ⌊(W − F_eff + P_before + P_after)/S⌋ + 1

Every axis is independent. A window that does not fit is refused before anything is divided.

Sources: torch.nn.Conv2d "Shape"; Caffe pooling_layer.cpp (`caffe`); measured on torch 2.13.0, Keras 3.15.1,
ONNX 1.23.2, onnxruntime 1.32.0.
"""

from __future__ import annotations

from math import prod

from analyzer.diagnostics import Reason, Refusal
from analyzer.layers.axes import effective, per_axis, signed
from analyzer.layers.padding import Padding, Pairs
from analyzer.layers.readings import Reading, Readings
from analyzer.layers.taps import taps_within, unread_after
from analyzer.record import Record
from analyzer.volume import AXES, Volume, pretty_sizes


class Window(Record, eq=True):
    """A window on each spatial axis of a volume.

    kernel        cells that it reads
    stride        cells from one window to the next
    dilation      cells from one that it reads to the next
    padding       cells before and after the volume; for a window that scatters, cells taken from its output
    rounding      `floor`, `ceil` or `caffe`: what happens to a last window that does not fit; see `window_count`
    scatters      whether it adds each input cell to `kernel` output cells, as a transposed convolution does
    real_padding  whether the padding repeats values of the volume instead of zeros

    >>> window = Window((8, 8), (2, 2), (1, 1), ((1, 1), (1, 1)))
    >>> window.slide(Volume((32, 32), 3))
    (14, 14)
    >>> window.formula(32, 0)
    '⌊(32 − 8 + 2·1)/2⌋ + 1'
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Pairs
    rounding: str = "floor"
    scatters: bool = False
    real_padding: bool = False

    @classmethod
    def over(
        cls,
        volume: Volume,
        padding: Padding,
        *,
        kernel: int | tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        dilation: int | tuple[int, ...] = 1,
        rounding: str = "floor",
        real_padding: bool = False,
    ) -> Window:
        """The window with sizes and padding as written, on the axes of `volume`.

        Raises `Refusal` (SHAPE203) for sizes or padding of another number of axes.
        """
        rank = len(volume.spatial)
        kernel = per_axis(kernel, rank, "kernel")
        stride = per_axis(stride, rank, "stride")
        dilation = per_axis(dilation, rank, "dilation")
        pairs = padding.resolve(volume.spatial, kernel, stride, dilation)
        return cls(kernel, stride, dilation, pairs, rounding, False, real_padding)

    @property
    def taps(self) -> int:
        """The cells that one window reads of a plane."""
        return prod(self.kernel)

    def span(self, axis: int) -> int:
        """F_eff on an axis: the cells from the first that it reads to the last."""
        return effective(self.kernel[axis], self.dilation[axis])

    def padded(self, volume: Volume) -> tuple[int, ...]:
        """The spatial sizes of `volume` with its padding around it."""
        return tuple(size + before + after for size, (before, after) in zip(volume.spatial, self.padding, strict=True))

    def slide(self, volume: Volume) -> tuple[int, ...]:
        """The spatial sizes of the output. Raises `Refusal` (SHAPE201) for a kernel larger than the padded volume."""
        rounding = self.rounding
        if rounding == "caffe" and any(map(sum, self.padding)):
            rounding = (
                "ceil"  # Caffe drops a last window beyond the input where any axis is padded, and then on every axis
            )
        lengths = []
        for axis, size in enumerate(volume.spatial):
            count = window_count(
                size, self.kernel[axis], self.stride[axis], self.dilation[axis], self.padding[axis], rounding
            )
            if count < 1:  # rounding up allows a window that ends beyond the padding, as torch does
                raise self._too_large(volume, rounding)
            lengths.append(count)
        return tuple(lengths)

    def formula(self, size: int, axis: int) -> str:
        """The formula of the output size on an axis of `size` cells, with its numbers."""
        return arithmetic(
            size, self.kernel[axis], self.stride[axis], self.dilation[axis], self.padding[axis], self.rounding
        )

    def readings(self) -> Readings:
        """Which input cells an output cell is made of, on each axis.

        A window that slides reads every d-th of F_eff cells from u·S − P_before on. One that scatters reads the cells
        from ⌈(u + P_before − (F_eff − 1))/S⌉ to ⌊(u + P_before)/S⌋; dilated and strided it misses cells in between, and
        is then a window of stride 1 over the input with S − 1 empty cells after each.
        """
        return tuple(map(_scattered if self.scatters else _slid, self.kernel, self.stride, self.dilation, self.padding))

    def taps_on_data(self, volume: Volume, output: Volume) -> int:
        """How many of the taps of all windows, over one plane, fall on cells of the volume and not on padding."""
        positions, cells = (volume, output) if self.scatters else (output, volume)
        axes = zip(positions.spatial, self.kernel, self.stride, self.dilation, self.padding, cells.spatial, strict=True)
        return prod(taps_within(count, k, s, d, before, length) for count, k, s, d, (before, _), length in axes)

    def unread(self, volume: Volume, output: Volume) -> list[int]:
        """The cells at the end of each axis of `volume` that no window reads; for a window that slides."""
        axes = zip(volume.spatial, output.spatial, self.kernel, self.stride, self.dilation, self.padding, strict=True)
        return [unread_after(size, count, k, s, d, before) for size, count, k, s, d, (before, _) in axes]

    def _too_large(self, volume: Volume, rounding: str) -> Refusal:
        """The refusal of a kernel that does not fit: the arithmetic of each short axis, and sizes that would fit."""
        notes, padding, largest = [], 0, []
        for axis, size in enumerate(volume.spatial):
            (before, after), span, dilation = self.padding[axis], self.span(axis), self.dilation[axis]
            largest.append((size + before + after - 1) // dilation + 1)
            if span <= size + before + after:
                continue
            numbers = size, self.kernel[axis], self.stride[axis], dilation, (before, after), rounding
            notes.append(f"{AXES[volume.rank][axis]}: {arithmetic(*numbers)} = {signed(window_count(*numbers))}")
            padding = max(padding, -(-(span - size) // 2))
        cells = "padded " if any(map(sum, self.padding)) else ""
        dilated = "dilated " if max(self.dilation) > 1 else ""
        helps = [f"padding of at least {padding}"]
        if min(largest) >= 1 and min(largest) < max(self.kernel):
            helps.append(f"a kernel of at most {min(largest)}")
        kernel, padded = pretty_sizes(self.kernel), pretty_sizes(self.padded(volume))
        message = f"the {dilated}{kernel} kernel of {{layer}} is larger than its {cells}{padded} input"
        if volume.rank == 1:
            message = f"the {dilated}kernel of {{layer}}, {kernel}, is larger than its {cells}input, {padded}"
        return Refusal(
            message,
            code="SHAPE201",
            notes=notes,
            help=", ".join(helps),
            reason=Reason.TOO_LARGE,
        )


class Geometry(Record):
    """What a report says about the window of a layer: one number for each spatial axis; None where it has none.

    padding  cells before and after; removed ones for a transposed convolution and a `crop`
    groups   groups of planes that the filters do not mix; None without filters, and for two banks in one layer
    """

    kernel: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None
    padding: Pairs | None = None
    dilation: tuple[int, ...] | None = None
    groups: int | None = None


NO_GEOMETRY = Geometry()


def _slid(kernel: int, stride: int, dilation: int, pair: tuple[int, int]) -> Reading:
    """The reading of a window that slides, on one axis."""
    return Reading(stride, -pair[0], effective(kernel, dilation) - 1 - pair[0], spread=dilation)


def _scattered(kernel: int, stride: int, dilation: int, pair: tuple[int, int]) -> Reading:
    """The reading of a window that scatters, on one axis."""
    first, last = pair[0] - effective(kernel, dilation) + 1, pair[0]
    if stride == 1 or dilation == 1:
        return Reading(1, first + stride - 1, last, stride, spread=dilation)
    return Reading(1, first, last, spread=dilation, through=Reading(1, stride - 1, 0, stride))


def window_count(
    size: int, kernel: int, stride: int, dilation: int, pair: tuple[int, int], rounding: str = "floor"
) -> int:
    """O on one axis; 0 or less where not even one window fits.

    floor  the formula
    ceil   ⌈…⌉ + 1, one less where the last window would start beyond the input and the padding before it
    caffe  ⌈…⌉ + 1; `Window.slide` takes `ceil` instead where there is padding
    """
    before, after = pair
    room = size - effective(kernel, dilation) + before + after
    if rounding == "floor":
        return room // stride + 1
    count = -(-room // stride) + 1
    if rounding == "ceil" and (count - 1) * stride >= size + before:
        count -= 1
    return count


def arithmetic(
    size: int, kernel: int, stride: int, dilation: int, pair: tuple[int, int], rounding: str = "floor"
) -> str:
    """The formula with its numbers: `(4 − 5 + 2·0)/1 + 1`, rounded as the layer rounds."""
    span = f"{kernel}" if dilation == 1 else f"({dilation}·({kernel} − 1) + 1)"
    pad = f"2·{pair[0]}" if pair[0] == pair[1] else f"{pair[0]} + {pair[1]}"
    fraction = f"({size} − {span} + {pad})/{stride}"
    if stride > 1:
        fraction = f"⌊{fraction}⌋" if rounding == "floor" else f"⌈{fraction}⌉"
    return f"{fraction} + 1"
