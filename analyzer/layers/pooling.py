"""Pooling: windows that summarise cells, without weights and without MACs.

Sources: torch.nn.MaxPool2d, AvgPool2d, LPPool2d, AdaptiveAvgPool2d (torch 2.13.0); Caffe pooling_layer.cpp (`caffe`
rounding, run by OpenCV 4.14.0); He et al. 2014 (spatial pyramid); Zhang 2019 (blur pool).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Flow
from analyzer.layers.axes import checked, needs_axes, per_axis
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Choice
from analyzer.layers.operations import (
    AS_READ,
    FIRST,
    FORMAT,
    FULL_ON_CPU,
    FULL_ON_CUDA,
    HALF,
    INDEX,
    NEW,
    NONE,
    NUMBER,
    ORDERED,
    OUT,
    PASSED,
    POOLED,
    VIEW,
    Array,
    Operation,
)
from analyzer.layers.padding import Padding
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import WHOLE, Cells, Reading, Readings
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import PaddingKind, Sizes, Wholes
from analyzer.layers.traits import Averages
from analyzer.layers.windows import Window
from analyzer.volume import AXES, Volume

Size = int | tuple[int, ...]


class Pool(Layer):
    """The base of the pools with a window."""

    pools = True
    clamped = True
    depth_at = FIRST
    kernel: Size = parameter(Sizes(), "size of the window", letter="F", main=True, agreed=True)
    stride: Size | None = parameter(Sizes(), "step of the window", default=None, letter="S", shown="the kernel")
    padding: Padding = parameter(
        PaddingKind(), "cells added around the input", default=Padding.explicit(0), letter="P", shown="0"
    )
    rounding: str = parameter(Choice("floor", "ceil", "caffe"), "rounding of the number of windows", default="floor")
    dilation: Size = 1

    def window(self, volume: Volume) -> Window:
        """Rounds down where the padding is not in numbers: `same` leaves nothing to round."""
        return Window.over(
            volume,
            self.padding,
            kernel=self.kernel,
            stride=self.kernel if self.stride is None else self.stride,
            dilation=self.dilation,
            rounding=self.rounding if self.padding.mode == "explicit" else "floor",
        )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        volume = inputs[0]
        needs_axes(volume, "slides over")
        window = self.window(volume)
        if self.padding.mode == "explicit":
            _check_padding(volume, window)
        return checked(Volume(window.slide(volume), volume.depth))

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps the volume that it slides over: its input, or a padded copy of it."""
        return self.slid(flow)

    def slid(self, flow: Flow, extras: Sequence[Array] = ()) -> Sequence[Operation]:
        """The pool, after a padded copy of its input where it needs one."""
        from analyzer.layers.copies import padded_copy

        window = self.window(flow.input)
        first = padded_copy(flow.input, self.padding.balanced(window.padding, window.stride))
        read, precision = len(first), FULL_ON_CPU if flow.input.rank == 3 else AS_READ
        pool = Operation((read,), flow.output.size, keeps=(read,), extras=extras, precision=precision, lies=POOLED)
        return (*first, pool)


def _check_padding(volume: Volume, window: Window) -> None:
    for axis, (cells, pair) in enumerate(zip(window.kernel, window.padding, strict=True)):
        if max(pair) >= cells:
            fitting = min(k for k, both in zip(window.kernel, window.padding, strict=True) if max(both) >= k)
            raise Refusal(
                f"{{layer}} pads {AXES[volume.rank][axis]} by {max(pair)}, which must be less than its window of {cells}",
                code="SHAPE206",
                parameter="padding",
                notes=[f"{AXES[volume.rank][axis]}: padding {max(pair)} ≥ kernel {cells}"],
                help=f"padding of at most {fitting - 1}; torch allows {fitting // 2}",
            )


class MaxPool(
    Pool,
    type="max_pool",
    elsewhere=("MaxPool1d", "MaxPool2d", "MaxPool3d", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "maxpool",
               "SpatialMaxPooling"),
):  # fmt: skip
    """The largest value of each window.

    output   ⌊(W − F_eff + P_before + P_after)/S⌋ + 1 on each axis (or rounded up), depth kept
    refused  a kernel larger than the padded input; padding not below the kernel (undilated, as onnxruntime and Caffe)

    Sources: torch.nn.MaxPool2d (`floor`, `ceil`); Caffe (`caffe`).
    """

    dilation: Size = parameter(Sizes(), "step between the cells of the window", default=1)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps the volume that it slides over, and the place of each largest value.

        The CPU finds the places of a 1-D pool only in training.
        """
        return self.slid(flow, (Array(flow.output.size, INDEX, always=flow.input.rank > 1),))

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """CUDA has no kernel that does without the places."""
        return self.slid(flow, (Array(flow.output.size, INDEX, always=True),))


class AvgPool(
    Pool,
    type="avg_pool",
    elsewhere=("AvgPool1d", "AvgPool2d", "AvgPool3d", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D",
               "AveragePool", "avgpool", "mean_pool"),
):  # fmt: skip
    """The mean of each window; output and refusals as `max_pool`.

    Sources: torch.nn.AvgPool2d; Keras AveragePooling2D.
    """

    averages = Averages.WINDOW


class LpPool(Pool, type="lp_pool", elsewhere=("LPPool1d", "LPPool2d", "LPPool3d")):
    """The p-norm of each window; output and refusals as `max_pool`.

    Sources: torch.nn.LPPool2d; ONNX LpPool.
    """

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A power, a mean, its sign, its magnitude (cut off at 0), the product of the two, a factor and a root."""
        size, whole = flow.output.size, flow.input.size
        return (
            Operation((0,), whole, keeps=(0,), transient=2 * whole, precision=FULL_ON_CUDA),
            Operation((1,), size, keeps=(1,)),
            Operation((2,), size),
            Operation((2,), size, keeps=(2,), transient=size),
            Operation((4,), size, keeps=(OUT,)),
            Operation((3, 5), size, keeps=(3, 5)),
            Operation((6,), size, extras=(NUMBER,)),
            Operation(
                (7, 0, 2),
                size,
                keeps=(7,),
                gradients=(NEW, NONE, NONE),
                transient=2 * size,
                precision=FULL_ON_CUDA,
            ),
        )


class BlurPool(Layer, type="blur_pool", elsewhere=("BlurPool2d", "AntiAliasPool")):
    """A fixed low-pass filter over each plane, with a stride.

    output   ⌊(W − F + P_before + P_after)/S⌋ + 1 on each axis, with `same` ⌈W/S⌉; depth kept
    MACs     ΠF · D · ΠO; the filter is fixed and has no parameters

    Sources: Zhang 2019, "Making convolutional networks shift-invariant again".
    """

    pools = True
    fixed = True
    depth_at = FIRST
    kernel: Size = parameter(Sizes(), "size of the fixed filter", default=3, letter="F", main=True, agreed=True)
    stride: Size = parameter(Sizes(), "step of the window", default=2, letter="S")
    padding: Padding = parameter(
        PaddingKind(), "cells added around the input", default=Padding("same"), letter="P", shown="same"
    )

    def window(self, volume: Volume) -> Window:
        return Window.over(volume, self.padding, kernel=self.kernel, stride=self.stride)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        needs_axes(inputs[0], "slides over")
        return Volume(self.window(inputs[0]).slide(inputs[0]), inputs[0].depth)

    def macs(self, flow: Flow) -> int:
        return prod(per_axis(self.kernel, flow.input.rank, "kernel")) * flow.output.size

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps the volume that the filter slides over: its input, or a padded copy of it."""
        from analyzer.layers.copies import padded_copy

        window = self.window(flow.input)
        first = padded_copy(flow.input, self.padding.balanced(window.padding, window.stride))
        return (*first, Operation((len(first),), flow.output.size, keeps=(len(first),), precision=HALF, lies=FORMAT))


class _GlobalPool(Layer):
    """The base of both."""

    pools = True
    depth_at = FIRST

    def output(self, inputs: Sequence[Volume]) -> Volume:
        return Volume((1,) * inputs[0].rank, inputs[0].depth)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """One operation; a vector has nothing to pool."""
        if not flow.input.rank:
            return (Operation((0,), flow.output.size, place=VIEW),)
        return (self.operation(flow, sharing, self.extras(flow)),)

    def extras(self, flow: Flow) -> tuple[Array, ...]:
        """What it makes besides its output."""
        return ()

    def windows(self, flow: Flow, which: int) -> Readings:
        return (WHOLE,) * flow.output.rank


class GlobalAvgPool(
    _GlobalPool,
    type="global_avg_pool",
    elsewhere=(
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalAveragePooling3D",
        "GlobalAveragePool",
        "gap",
    ),
):
    """The mean of each plane.

    output   every spatial axis 1, depth kept: 1x1xD

    Sources: Lin et al. 2014, "Network in network"; ONNX GlobalAveragePool.
    """

    keeps = ()
    averages = Averages.PLANE


class GlobalMaxPool(
    _GlobalPool,
    type="global_max_pool",
    elsewhere=("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GlobalMaxPool"),
):
    """The largest value of each plane; output as `global_avg_pool`.

    Sources: ONNX GlobalMaxPool.
    """

    keeps = (0,)
    lies = POOLED

    def extras(self, flow: Flow) -> tuple[Array, ...]:
        """The places of the largest values."""
        return (Array(flow.output.size, INDEX, always=True),)


class _AdaptivePool(Layer):
    """The base of both."""

    pools = True
    depth_at = FIRST
    lies = POOLED
    size: Size = parameter(
        Sizes(), "size of the output's spatial axes; may be larger than the input", main=True, agreed=True
    )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        needs_axes(inputs[0], "pools")
        return checked(Volume(per_axis(self.size, inputs[0].rank, "size"), inputs[0].depth))

    def windows(self, flow: Flow, which: int) -> Readings:
        sizes = zip(flow.input.spatial, flow.output.spatial, strict=True)
        return tuple(WHOLE if count == 1 else Reading(size, 0, size - 1, count) for size, count in sizes)


class AdaptiveAvgPool(
    _AdaptivePool,
    type="adaptive_avg_pool",
    elsewhere=("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveAveragePooling2D"),
):
    """The means of O bins on each axis; bin i has the cells from ⌊i·W/O⌋ up to and without ⌈(i + 1)·W/O⌉.

    output   `size`, depth kept

    Sources: torch.nn.AdaptiveAvgPool2d.
    """

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its input; with one bin on each axis torch runs it as a mean, which keeps nothing."""
        keeps = () if flow.output.positions == 1 else (0,)
        lies = POOLED if keeps else ORDERED
        return (Operation((0,), flow.output.size, keeps=keeps, lies=lies),)


class AdaptiveMaxPool(
    _AdaptivePool,
    type="adaptive_max_pool",
    elsewhere=("AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "AdaptiveMaxPooling2D"),
):
    """The largest values of bins on each axis; output as `adaptive_avg_pool`.

    Sources: torch.nn.AdaptiveMaxPool2d.
    """

    keeps = (0,)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its input and the places of the largest values."""
        return (self.operation(flow, sharing, (Array(flow.output.size, INDEX, always=True),)),)


class SpatialPyramidPool(Layer, type="spatial_pyramid_pool", elsewhere=("SPP", "SPPLayer", "SpatialPyramidPooling")):
    """Pools each plane into grids of 1, 2, 4 … bins a side and concatenates them.

    output   a vector of D · Σ bins^rank (bins² in 2-D)

    Sources: He et al. 2014, "Spatial pyramid pooling".
    """

    pools = True
    depth_at = FIRST
    bins: tuple[int, ...] = parameter(Wholes(), "bins a side, level by level", default=(1, 2, 4), main=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        needs_axes(inputs[0], "pools")
        return checked(Volume((), inputs[0].depth * sum(n ** inputs[0].rank for n in self.bins)))

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A pool for each level, which keeps its input and the places of the largest values, and a concatenation."""
        operations = []
        for level, bins in enumerate(self.bins):
            size = flow.input.depth * bins**flow.input.rank
            operations.append(Operation((0,), size, keeps=(0,), extras=(Array(size, INDEX, always=True),)))
            operations.append(Operation((2 * level + 1,), size, place=VIEW))
        reads = range(2, 2 * len(self.bins) + 1, 2)
        return (*operations, Operation(reads, flow.output.size, gradients=(PASSED,) * len(self.bins)))

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.EVERYTHING
