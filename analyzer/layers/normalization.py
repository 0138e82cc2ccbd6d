"""Normalisations: gamma counts as weights, beta as biases, running statistics as buffers. No MACs.

Sources: Ioffe & Szegedy 2015 (batch), Ba et al. 2016 (layer), Ulyanov et al. 2016 (instance), Wu & He 2018 (group),
Zhang & Sennrich 2019 (RMS), Krizhevsky et al. 2012 (local response); torch 2.13.0 and Keras 3.15.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Counts, Flow
from analyzer.layers.axes import nearest_divisor
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Flag, Whole
from analyzer.layers.operations import (
    ADDED,
    ALIKE,
    AS_READ,
    BY_GRADIENT,
    BY_ORDER,
    FIRST,
    FORMAT,
    FULL,
    FULL_ON_CPU,
    FULL_ON_CUDA,
    INDEX,
    LAST,
    NEW,
    NONE,
    NUMBER,
    ORDERED,
    OUT,
    STATISTIC,
    WIDEST,
    Array,
    Depth,
    Kernel,
    Operation,
)
from analyzer.layers.parameters import parameter
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Axes, axis_named
from analyzer.layers.traits import Normalises
from analyzer.volume import Volume


class _Affine(Layer):
    """A normalisation with a trained scale (gamma) and centre (beta)."""

    pointwise = True
    keeps = (0,)

    affine: bool = parameter(Flag(), "whether it has a trained scale and centre", default=True)
    scale: bool | None = parameter(Flag(), "whether it has gamma", default=None, shown="as affine")
    center: bool | None = parameter(Flag(), "whether it has beta", default=None, shown="as affine")

    @property
    def centres(self) -> bool:
        return self.affine if self.center is None else self.center

    def affine_counts(self, elements: int, buffers: int = 0) -> Counts:
        """Gamma and beta with this number of elements each, as far as it has them."""
        scale = self.affine if self.scale is None else self.scale
        return Counts(elements if scale else 0, elements if self.centres else 0, buffers)


class BatchNorm(
    _Affine,
    type="batch_norm",
    elsewhere=("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "BatchNormalization", "SyncBatchNorm", "bn"),
):
    """Normalises each plane over the batch.

    weights  D (gamma), none where `scale` is false
    biases   D (beta), none where `center` is false
    buffers  2·D, the running mean and variance, none where `statistics` is false

    Sources: torch.nn.BatchNorm2d; Keras BatchNormalization.
    """

    scales = True
    clamped = True
    depth_at = FIRST
    lies = FORMAT
    normalises = Normalises.BATCH
    statistics: bool = parameter(Flag(), "whether running statistics are kept", default=True)

    @property
    def learns_statistics(self) -> bool:
        return self.statistics

    def statistics_over(self, volume: Volume) -> int:
        return volume.positions

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return self.affine_counts(flow.input.depth, 2 * flow.input.depth if self.statistics else 0)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its input, and the batch's mean and deviation of each plane."""
        return _with_statistics(self, flow, sharing, batched=False)


class InstanceNorm(
    _Affine,
    type="instance_norm",
    elsewhere=("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "InstanceNormalization"),
):
    """Normalises each plane of each sample. It trains nothing unless asked to.

    weights  D (gamma) where `affine` or `scale` is true
    biases   D (beta) where `affine` or `center` is true
    buffers  2·D where `statistics` is true

    Sources: torch.nn.InstanceNorm2d.
    """

    normalises = Normalises.PLANE
    depth_at = FIRST
    orders = (0,)
    affine: bool = parameter(Flag(), "whether it has a trained scale and centre", default=False)
    statistics: bool = parameter(Flag(), "whether running statistics are kept", default=False)

    @property
    def learns_statistics(self) -> bool:
        return self.statistics

    def statistics_over(self, volume: Volume) -> int:
        return volume.positions

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return self.affine_counts(flow.input.depth, 2 * flow.input.depth if self.statistics else 0)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Repeats gamma and beta for each sample, and normalises as many planes as a batch normalisation does.

        Keeps its input, the repeated gamma, and the mean and deviation of each plane; running statistics are repeated
        too.
        """
        counts, depth = self.parameters(flow, sharing), flow.input.depth
        repeated = [Operation((), depth, trained=(shape,), precision=FULL) for shape in counts.tensors()]
        (operation,) = _with_statistics(self, flow, sharing, batched=True)
        operation.reads = (0, *range(1, 1 + len(repeated)))
        operation.gradients = (NEW,) * len(operation.reads)
        operation.keeps = (0, 1) if counts.weights else (0,)
        operation.trained = ()
        operation.extras = (*operation.extras, *[Array(depth, always=True)] * (2 * self.statistics))
        return (*repeated, operation)


def _with_statistics(
    layer: BatchNorm | InstanceNorm, flow: Flow, sharing: Sharing, *, batched: bool
) -> tuple[Operation]:
    """A normalisation of planes, with the statistics that it keeps for its backward pass and from step to step."""
    depth = flow.input.depth
    statistic = Array(depth, STATISTIC, batched=batched, always=not layer.statistics)
    operation = layer.operation(flow, sharing, (statistic, statistic))
    if layer.statistics:  # mean, variance, and how many batches they have seen
        operation.buffers = (*[Array(depth, batched=False)] * 2, Array(1, INDEX, batched=False))
    return (operation,)


def _normalised(axes: tuple[str, ...], volume: Volume) -> int:
    """The number of elements along the named axes; of the whole volume for `volume`."""
    if axes == ("volume",):
        return volume.size
    return prod(volume.sizes[axis_named(name, volume.axes, "axes")] for name in axes)


class LayerNorm(_Affine, type="layer_norm", elsewhere=("LayerNormalization",)):
    """Normalises each sample along the named axes; by default along the depth, at each position.

    weights  Π of the axes' sizes (gamma), D by default
    biases   as many (beta)
    refused  an axis that the input lacks

    Sources: torch.nn.LayerNorm; Keras LayerNormalization (axis −1).
    """

    normalises = Normalises.SAMPLE
    precision = FULL_ON_CUDA
    axes: tuple[str, ...] = parameter(
        Axes("volume"), "axes it normalises along, or `volume`", default=("depth",), shown="depth"
    )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        _check_axes(self.axes, inputs[0])
        return inputs[0]

    def statistics_over(self, volume: Volume) -> int:
        return _normalised(self.axes, volume)

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return self.affine_counts(_normalised(self.axes, flow.input))

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its input, and the mean and deviation of each row of elements that it normalises."""
        rows = Array(flow.input.size // _normalised(self.axes, flow.input), STATISTIC, always=True)
        operation = self.operation(flow, sharing, (rows, rows))
        operation.cuda = Kernel(inside=True)
        return (operation,)

    def depth_in(self, flow: Flow, given: Depth) -> Depth:
        """Whole samples as they come; otherwise the depth comes last."""
        return given if _whole(self.axes, flow.input) else LAST


def _whole(axes: tuple[str, ...], volume: Volume) -> bool:
    """Whether these are all axes of a volume."""
    return axes == ("volume",) or set(axes) == set(volume.axes)


class RmsNorm(Layer, type="rms_norm", elsewhere=("RMSNorm", "RMSNormalization")):
    """Divides each sample by its root mean square along the named axes. It has no beta.

    weights  Π of the axes' sizes (gamma), D by default
    refused  an axis that the input lacks

    Sources: torch.nn.RMSNorm.
    """

    pointwise = True
    normalises = Normalises.SAMPLE
    axes: tuple[str, ...] = parameter(
        Axes("volume"), "axes it normalises along, or `volume`", default=("depth",), shown="depth"
    )
    affine: bool = parameter(Flag(), "whether it has a trained scale", default=True)
    scale: bool | None = parameter(Flag(), "whether it has gamma", default=None, shown="as affine")

    def output(self, inputs: Sequence[Volume]) -> Volume:
        _check_axes(self.axes, inputs[0])
        return inputs[0]

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        scale = self.affine if self.scale is None else self.scale
        return Counts(_normalised(self.axes, flow.input) if scale else 0)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A square, its mean, a root, a quotient, and the product with gamma, which keeps its factor."""
        size = flow.input.size
        rows = size // _normalised(self.axes, flow.input)
        operations = (
            Operation((0,), size, keeps=(0,), transient=2 * size, lies=ALIKE),
            Operation((1,), rows),
            Operation((2,), rows, keeps=(OUT,)),
            Operation((0, 3), size, keeps=(0, 3), transient=size, backward=BY_GRADIENT),
        )
        trained = self.parameters(flow, sharing).tensors()
        if not trained:
            return operations
        return (
            *operations,
            Operation(
                (4, 0), size, keeps=(4,), trained=trained, gradients=(NEW, NONE), transient=size, backward=BY_GRADIENT
            ),
        )

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """One kernel, which keeps its input and the deviation of each row."""
        rows = Array(flow.input.size // _normalised(self.axes, flow.input), STATISTIC, always=True)
        operation = self.operation(flow, sharing, (rows,))
        operation.keeps, operation.precision, operation.cuda = (0,), FULL_ON_CUDA, Kernel(inside=True)
        return (operation,)

    def depth_in(self, flow: Flow, given: Depth) -> Depth:
        """Whole samples as they come; otherwise the depth comes last."""
        return given if _whole(self.axes, flow.input) else LAST


def _check_axes(axes: tuple[str, ...], volume: Volume) -> None:
    if "volume" in axes and len(axes) > 1:
        raise Refusal(
            "`axes` of {layer} names `volume`, which means all axes, and other axes as well",
            code="SHAPE204",
            parameter="axes",
        )
    _normalised(axes, volume)


class GroupNorm(_Affine, type="group_norm", elsewhere=("GroupNormalization",)):
    """Normalises groups of planes of each sample.

    weights  D (gamma), whatever the groups
    biases   D (beta)
    refused  groups that do not divide D

    Sources: torch.nn.GroupNorm.
    """

    normalises = Normalises.SAMPLE
    precision = FULL_ON_CUDA
    depth_at = FIRST
    lies = FORMAT
    orders = (0,)
    groups: int = parameter(Whole(), "groups of planes", default=32, main=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        divides(self.groups, inputs[0].depth)
        return inputs[0]

    def statistics_over(self, volume: Volume) -> int:
        return volume.size // self.groups

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return self.affine_counts(flow.input.depth)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its input, and the mean and deviation of each group of each sample."""
        groups = Array(self.groups, STATISTIC, always=True)
        return (self.operation(flow, sharing, (groups, groups)),)

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """CUDA's statistics have the format of the input, which must lie in order.

        It makes two numbers for each plane, and backwards three for each plane and two for each group.
        """
        groups, planes = Array(self.groups, always=True), Array(flow.input.depth, 4, kept=False)
        operation = self.operation(flow, sharing, (groups, groups, planes, planes))
        operation.lies, operation.backward = ORDERED, BY_ORDER
        operation.cuda = Kernel((*[Array(flow.input.depth, 4)] * 3, *[Array(self.groups, 4)] * 2))
        return (operation,)


def divides(groups: int, depth: int) -> None:
    """Refuses groups that do not divide the depth."""
    if depth % groups:
        raise Refusal(
            f"the {groups} groups of {{layer}} do not divide its input depth of {depth}",
            code="SHAPE207",
            parameter="groups",
            notes=[f"{depth} = {depth // groups}·{groups} + {depth % groups}"],
            help=f"`groups: {nearest_divisor(depth, groups)}` divides {depth}",
        )


class LocalResponseNorm(Layer, type="local_response_norm", elsewhere=("LRN", "SpatialCrossMapLRN", "lrn")):
    """Divides by the activity of neighbouring planes. It trains nothing.

    Sources: Krizhevsky et al. 2012; torch.nn.LocalResponseNorm.
    """

    pointwise = True
    depth_at = FIRST
    size: int = parameter(Whole(), "planes that a value is normalised over", default=5, main=True, agreed=True)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Squares, pads the planes, takes their mean, scales it, raises it to a power, and divides by the result."""
        size, padded = flow.input.size, flow.input.positions * (flow.input.depth + self.size - 1)
        return (
            Operation((0, 0), size, keeps=(0,), lies=ALIKE),
            Operation((1,), padded),
            Operation((2,), size, keeps=(2,), precision=FULL_ON_CPU if flow.input.rank > 1 else AS_READ),
            Operation((3,), size, extras=(NUMBER,)),
            Operation((4,), size, extras=(ADDED,)),
            Operation((5, 3), size, keeps=(5,), gradients=(NEW, NONE), transient=2 * size, precision=FULL_ON_CUDA),
            Operation((0, 6), size, keeps=(0, 6), transient=2 * size, precision=WIDEST, lies=ALIKE),
        )
