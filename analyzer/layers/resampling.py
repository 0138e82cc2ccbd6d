"""Layers that change the resolution without weights: up- and down-sampling, shuffles between depth and space.

Sources: torch.nn.Upsample, functional.interpolate, PixelShuffle, PixelUnshuffle, ChannelShuffle (torch 2.13.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, prod

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Flow
from analyzer.layers.axes import checked, needs_axes, per_axis, wrong_rank
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Choice, Whole
from analyzer.layers.normalization import divides
from analyzer.layers.operations import (
    AS_READ,
    BY_GRADIENT,
    BY_ORDER,
    BY_READ,
    FIRST,
    FORMAT,
    FULL_ON_CUDA,
    NEW,
    NONE,
    POOLED,
    Operation,
)
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import KEPT, Cells, Reading, Readings
from analyzer.layers.reference_kinds import Reference
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Factors, Sizes
from analyzer.volume import AXES, Volume

_MODES = Choice("nearest", "linear", "bilinear", "trilinear", "bicubic", "area")


class Upsample(
    Layer,
    type="upsample",
    elsewhere=("UpSampling1D", "UpSampling2D", "UpSampling3D", "Interpolate", "UpsamplingNearest2d"),
):
    """Resamples the spatial axes by a factor.

    output   ⌊W·factor⌋ on each spatial axis, depth kept
    refused  a factor that leaves nothing

    Sources: torch.nn.Upsample, which calculates the product in double precision.
    """

    grows = True
    depth_at = FIRST
    factor: float | tuple[float, ...] = parameter(Factors(), "factor of each spatial axis", main=True)
    mode: str = parameter(_MODES, "interpolation", default="nearest")

    def output(self, inputs: Sequence[Volume]) -> Volume:
        volume = inputs[0]
        needs_axes(volume, "resamples")
        factors = self.factor if isinstance(self.factor, tuple) else (self.factor,) * volume.rank
        if len(factors) != volume.rank:
            raise wrong_rank("factor", len(factors), volume.rank)
        sizes = tuple(floor(size * factor) for size, factor in zip(volume.spatial, factors, strict=True))
        for name, size, factor, length in zip(AXES[volume.rank], volume.spatial, factors, sizes, strict=True):
            if length < 1:
                raise Refusal(
                    f"the factor of {{layer}} leaves nothing of a {name} of {size}",
                    code="SHAPE202",
                    parameter="factor",
                    notes=[f"{name}: ⌊{size}·{factor:g}⌋ = 0"],
                )
        return checked(Volume(sizes, volume.depth))

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A copy."""
        return (_resampling(self.mode, flow),)

    def windows(self, flow: Flow, which: int) -> Readings:
        if flow.output.spatial == flow.input.spatial:
            return (KEPT,) * flow.input.rank  # torch copies then, also with a factor above 1
        sizes = list(zip(flow.output.spatial, flow.input.spatial, strict=True))
        factors = self.factor if isinstance(self.factor, tuple) else (self.factor,) * len(sizes)
        if self.mode == "area":  # bins of the whole axis, as torch pools adaptively
            return tuple(_resampled(*pair, self.mode) for pair in sizes)
        return tuple(_resampled(*_ratio(factor), self.mode) for factor in factors)


class Resize(Layer, type="resize", elsewhere=("Resizing", "ResizeBilinear"), reads=(1, 2)):
    """Resamples the spatial axes to a size, or to the size of another layer.

    output   `to`, or the spatial axes of `like`; depth kept
    refused  both or neither of the two; another number of axes

    Sources: torch.nn.functional.interpolate(size=…).
    """

    grows = True
    stretches = True
    depth_at = FIRST
    to: int | tuple[int, ...] | None = parameter(
        Sizes(), "the spatial axes it becomes", default=None, main=True, shown=""
    )
    like: str | None = parameter(Reference(), "the layer whose spatial axes it takes", default=None, shown="")
    mode: str = parameter(_MODES, "interpolation", default="nearest")

    def output(self, inputs: Sequence[Volume]) -> Volume:
        needs_axes(inputs[0], "resamples")
        if (self.to is None) == (self.like is None):
            raise Refusal(
                "{layer} needs one of `to` and `like`" + (", not both" if self.like else ""),
                code="VALUE105",
                help="`resize: 14x14`, or `resize: {like: enc2}`",
            )
        if len(inputs) != (1 if self.like is None else 2):
            raise Refusal("{layer} reads a second volume if it has `like`, and only then", code="SHAPE212")
        if self.to is not None:
            return checked(Volume(per_axis(self.to, inputs[0].rank, "to"), inputs[0].depth))
        if inputs[1].rank != inputs[0].rank:
            raise Refusal(
                f"{{layer}} takes its size from a {inputs[1].rank}-D volume, but its input has {inputs[0].rank} spatial axes",
                code="SHAPE203",
                parameter="like",
            )
        return checked(Volume(inputs[1].spatial, inputs[0].depth))

    def elements_read(self, flow: Flow, which: int) -> int:
        return 0 if which else flow.input.size

    def differentiates(self, which: int) -> bool:
        return not which

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A copy. It does not read the values of the layer that it takes its size from."""
        return (_resampling(self.mode, flow),)

    def windows(self, flow: Flow, which: int) -> Readings:
        if which:
            return Cells.NOTHING
        sizes = zip(flow.output.spatial, flow.input.spatial, strict=True)
        return tuple(_resampled(length, size, self.mode) for length, size in sizes)


def _resampling(mode: str, flow: Flow) -> Operation:
    """The operation. `area`, which torch runs as an adaptive pool, keeps its input.

    With one bin on each axis that pool is a mean, which keeps nothing.
    """
    keeps = (0,) if mode == "area" and flow.output.positions > 1 else ()
    return Operation(
        range(len(flow.inputs)),
        flow.output.size,
        keeps=keeps,
        gradients=(NEW, NONE)[: len(flow.inputs)],
        precision=AS_READ if mode == "area" else FULL_ON_CUDA,
        lies=POOLED if mode == "area" else FORMAT,
        backward={"area": BY_READ, "bicubic": BY_ORDER}.get(mode, BY_GRADIENT),
    )


def _ratio(factor: float) -> tuple[int, int]:
    """A factor as the fraction that its author means: 1.1 is 11/10, though the float has a denominator of 2^51."""
    for divisor in range(1, 1000):
        if round(factor * divisor) / divisor == factor:
            return round(factor * divisor), divisor
    return float(factor).as_integer_ratio()


def _resampled(grown: int, size: int, mode: str) -> Reading:
    """The reading of an axis resampled by s = grown/size, for x = (u + ½)/s − ½.

    nearest  ⌊u/s⌋
    linear   ⌊x⌋ and ⌈x⌉
    cubic    ⌊x⌋ − 1 to ⌊x⌋ + 2
    area     the cells of the bin

    Where every x is whole, only x: the others have a weight of 0. Where only some are, a cubic window counts in full.
    """
    if mode == "nearest":
        return Reading(size, 0, 0, grown)
    if mode == "area":
        return Reading(size, 0, size - 1, grown)
    step, rest = divmod(size, grown)
    if rest == 0 and step % 2:
        return Reading(step, step // 2, step // 2)
    low, cell = size - grown, 2 * grown
    if mode == "bicubic":
        return Reading(2 * size, low - cell, low + 2 * cell, cell)
    return Reading(2 * size, low, low + cell - 1, cell)


class PixelShuffle(Layer, type="pixel_shuffle", elsewhere=("PixelShuffle", "DepthToSpace", "depth_to_space")):
    """Moves depth into space.

    output   W·r on each spatial axis, depth D/r^rank (D/r² in 2-D)
    refused  a depth that r^rank does not divide

    Sources: Shi et al. 2016; torch.nn.PixelShuffle; ONNX DepthToSpace.
    """

    keeps = ()
    grows = True
    depth_at = FIRST
    lies = FORMAT
    backward = BY_GRADIENT
    factor: int = parameter(Whole(), "factor of each spatial axis", main=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        volume = inputs[0]
        needs_axes(volume, "grows")
        cells = self.factor**volume.rank
        if volume.depth % cells:
            raise Refusal(
                f"{{layer}} needs a depth that is a multiple of {cells}, but its input has a depth of {volume.depth}",
                code="SHAPE207",
                parameter="factor",
                notes=[
                    f"{volume.depth} = {volume.depth // cells}·{self.factor}^{volume.rank} + {volume.depth % cells}"
                ],
                help=f"a depth of {max(1, volume.depth // cells) * cells} before it",
            )
        return checked(Volume(tuple(size * self.factor for size in volume.spatial), volume.depth // cells))

    def windows(self, flow: Flow, which: int) -> Readings:
        return (Reading(1, 0, 0, self.factor),) * flow.input.rank


class PixelUnshuffle(
    Layer, type="pixel_unshuffle", elsewhere=("PixelUnshuffle", "SpaceToDepth", "space_to_depth", "reorg")
):
    """Moves space into depth.

    output   W/r on each spatial axis, depth D·r^rank (D·r² in 2-D)
    refused  an axis that r does not divide

    Sources: torch.nn.PixelUnshuffle; ONNX SpaceToDepth.
    """

    keeps = ()
    depth_at = FIRST
    lies = FORMAT
    backward = BY_GRADIENT
    factor: int = parameter(Whole(), "divisor of each spatial axis", main=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        volume = inputs[0]
        needs_axes(volume, "shrinks")
        for name, size in zip(AXES[volume.rank], volume.spatial, strict=True):
            if size % self.factor:
                raise Refusal(
                    f"the factor {self.factor} of {{layer}} does not divide its input's {name} of {size}",
                    code="SHAPE207",
                    parameter="factor",
                    notes=[f"{name}: {size} = {size // self.factor}·{self.factor} + {size % self.factor}"],
                    help=self._multiples(name, size),
                )
        depth = volume.depth * prod((self.factor,) * volume.rank)
        return checked(Volume(tuple(size // self.factor for size in volume.spatial), depth))

    def _multiples(self, name: str, size: int) -> str:
        """The help: the nearest sizes that the factor divides, reached by a crop or by padding."""
        low = size // self.factor * self.factor
        below = f"{low} with `crop` before it, or of " if low else ""
        return f"a {name} of {below}{low + self.factor} with `pad` before it"

    def windows(self, flow: Flow, which: int) -> Readings:
        return (Reading(self.factor, 0, self.factor - 1),) * flow.input.rank


class ChannelShuffle(Layer, type="channel_shuffle", elsewhere=("ChannelShuffle", "ShuffleChannel")):
    """Interleaves the planes of groups.

    output   kept
    refused  groups that do not divide D

    Sources: Zhang et al. 2018, "ShuffleNet"; torch.nn.ChannelShuffle.
    """

    keeps = ()
    pointwise = True
    depth_at = FIRST
    groups: int = parameter(Whole(), "groups of planes that are interleaved", main=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        divides(self.groups, inputs[0].depth)
        return inputs[0]
