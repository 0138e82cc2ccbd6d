"""Layers of no family: trained scales, coordinates, and layers that the catalogue does not have.

Sources: Touvron et al. 2021 (layer scale); Liu et al. 2018 (coordinates).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.layers.answers import Counts, Flow
from analyzer.layers.axes import checked, needs_axes
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Choice, Flag, Whole, WholeOrUnknown
from analyzer.layers.operations import ALIKE, FIRST, FULL, NONE, PASSED, WIDEST, Array, Kernel, Operation, Sum
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import Cells, Readings
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import VolumeKind
from analyzer.volume import Volume


class Scale(Layer, type="scale", elsewhere=("LayerScale", "Scale", "Affine")):
    """Multiplies by trained numbers.

    output   kept
    weights  1 (`per: layer`), D (`depth`) or W·H·D (`volume`)
    biases   as many where `bias` is true
    MACs     none

    Sources: Touvron et al. 2021, "Going deeper with image transformers"; Caffe Scale.
    """

    pointwise = True
    scales = True
    clamped = True
    per: str = parameter(
        Choice("layer", "depth", "volume"),
        "which elements share a number: all, those of a plane, or none",
        default="depth",
    )
    bias: bool = parameter(Flag(), "whether it also adds trained numbers", default=False)

    @property
    def positional(self) -> bool:
        return self.per == "volume"

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        count = {"layer": 1, "depth": flow.input.depth, "volume": flow.input.size}[self.per]
        return Counts(count, count if self.bias else 0)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A product, which keeps its input and sums the gradient of the numbers over the whole volume; and a sum."""
        counts, size = self.parameters(flow, sharing), flow.output.size

        def shape(elements: int) -> tuple[int, ...]:
            return (elements, *[1] * min(flow.input.rank, 2)) if self.per == "depth" else (elements,)

        times = Operation(
            (0,),
            size,
            keeps=(0,),
            trained=(shape(counts.weights),),
            transient=size,
            precision=FULL,
            product=True,
            lies=ALIKE,
            viewed=True,
            cuda=Kernel(summed=Sum(counts.weights, size // counts.weights, beside=None)),
        )
        if not counts.biases:
            return (times,)
        plus = Operation(
            (1, 0),
            size,
            trained=(shape(counts.biases),),
            gradients=(PASSED, NONE),
            precision=FULL,
            lies=ALIKE,
            viewed=True,
            cuda=Kernel(summed=Sum(counts.biases, size // counts.biases, beside=None)),
        )
        return (times, plus)


class CoordChannels(Layer, type="coord_channels", elsewhere=("CoordConv", "AddCoords")):
    """Adds planes with the coordinates of each position, one for each axis.

    output   depth D + rank, one more with `radius`; no weights, no buffers

    Sources: Liu et al. 2018, "An intriguing failing of convolutional neural networks".
    """

    pointwise = True
    depth_at = FIRST
    radius: bool = parameter(Flag(), "whether it adds a plane with the distance from the centre", default=False)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        needs_axes(inputs[0], "adds coordinates of")
        return checked(Volume(inputs[0].spatial, inputs[0].depth + inputs[0].rank + self.radius))

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A copy with more planes. The gradient of the input is a view of the gradient of the output."""
        lines = Array(sum(flow.input.spatial), batched=False, kept=False)
        return (Operation((0,), flow.output.size, extras=(lines,), gradients=(PASSED,), precision=WIDEST),)


class Custom(Layer, type="custom", elsewhere=("Lambda",), reads=(1, None)):
    """A layer that the catalogue does not have, with numbers from its author. Every report marks it.

    output   as given
    weights, biases, buffers, MACs   as given

    `macs: unknown` where nobody knows them: they appear in no report, and sums with them say "at least".

    Sources: the model's author.
    """

    authored = True
    keeps = (0,)
    volume: tuple[int, ...] = parameter(VolumeKind(), "the volume it puts out", name="output")
    weights: int = parameter(Whole(0), "its weights", default=0)
    biases: int = parameter(Whole(0), "its biases", default=0)
    buffers: int = parameter(Whole(0), "its buffers", default=0)
    multiply_accumulates: int | str = parameter(WholeOrUnknown(0), "its MACs of one sample", default=0, name="macs")

    def output(self, inputs: Sequence[Volume]) -> Volume:
        return checked(Volume.of(self.volume))

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return Counts(self.weights, self.biases, self.buffers)

    def macs(self, flow: Flow) -> int:
        given = self.multiply_accumulates
        if isinstance(given, str):
            from analyzer.units import UNKNOWN  # few networks have such a layer

            return UNKNOWN
        return given

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.UNKNOWN  # its author gives no window
