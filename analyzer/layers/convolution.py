"""Convolutions: a filter bank that slides over the spatial axes; all positions share it, or each has its own.

Sources: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning"; torch.nn.Conv1d–3d and
ConvTranspose1d–3d; Keras DepthwiseConv2D, SeparableConv2D, LocallyConnected2D. Every formula here was checked against
torch 2.13.0, Keras 3.15.1, tf.keras 2.15, ONNX 1.23.2 and flax 0.12.8.
"""

# Longer than most modules: the four convolutions have one base, and are easier to compare in one place.

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, prod

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Bank, Counts, Flow
from analyzer.layers.axes import checked, effective, nearest_divisor, needs_axes, per_axis, signed
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Choice, Flag, Whole
from analyzer.layers.operations import (
    FIRST,
    FORMAT,
    HALF,
    NEW,
    NONE,
    ORDERED,
    ConvolutionShape,
    Kernel,
    Lie,
    Operation,
    Sum,
    matrix,
)
from analyzer.layers.padding import PADDING_MODES, Padding, check_padding_mode
from analyzer.layers.parameters import parameter
from analyzer.layers.reference_kinds import Sugar
from analyzer.layers.sharing import SHARED, Sharing
from analyzer.layers.spatial_kinds import PaddingKind, SharingKind, Sizes
from analyzer.layers.windows import Window
from analyzer.volume import AXES, Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Size = int | tuple[int, ...]


class Convolution(Layer):
    """The base of all convolutions: the window, and the sharing of weights and biases."""

    linear = True
    clamped = True
    depth_at = FIRST
    kernel: Size = parameter(Sizes(), "size of the filters", letter="F", agreed=True)
    stride: Size = parameter(Sizes(), "step of the window", default=1, letter="S")
    padding: Padding = parameter(
        PaddingKind(), "cells added around the input", default=Padding.explicit(0), letter="P", shown="0"
    )
    dilation: Size = parameter(Sizes(), "step between the cells of the window", default=1)
    bias: bool = parameter(Flag(), "whether biases are added", default=True)
    sharing: Sharing = parameter(SharingKind(), "which positions share a filter bank", default=SHARED, shown="shared")
    untied_bias: bool | None = parameter(
        Flag(), "whether each position has its own bias", default=None, shown="as the sharing"
    )
    padding_mode: str = parameter(Choice(*PADDING_MODES), "values of the padding cells", default="zeros")
    weight_norm: bool = parameter(
        Flag(), "whether the weights of a filter are a direction times a trained gain", default=False
    )
    norm: Any = parameter(Sugar("normalization"), "a normalisation layer added after it", default=None, shown="none")
    act: Any = parameter(Sugar("activation"), "an activation layer added after it", default=None, shown="none")

    def window(self, volume: Volume) -> Window:
        return Window.over(
            volume,
            self.padding,
            kernel=self.kernel,
            stride=self.stride,
            dilation=self.dilation,
            real_padding=self.padding_mode != "zeros",
        )

    @property
    def declared_sharing(self) -> Sharing:
        return self.sharing

    def slid(self, volume: Volume, depth: int) -> Volume:
        """The output volume of the window over `volume`, with this depth; refuses a window that does not fit."""
        needs_axes(volume, "slides over")
        window = self.window(volume)
        check_padding_mode(self.padding_mode, volume, window.padding)
        output = Volume(window.slide(volume), depth)
        self.sharing.banks(output.spatial)  # refuses a step for another rank
        return checked(output)

    def taps(self, volume: Volume) -> int:
        """The cells that one window reads of a plane."""
        return prod(per_axis(self.kernel, volume.rank, "kernel"))

    def biases(self, depth: int, positions: tuple[int, ...], sharing: Sharing) -> int:
        """One bias for each of `depth` filters in each bias set.

        A set belongs to a filter bank (`sharing`), to every position (`untied_bias: true`) or to the layer (`false`).
        """
        if not self.bias:
            return 0
        if self.untied_bias is None:
            return depth * sharing.banks(positions)
        return depth * prod(positions) if self.untied_bias else depth

    def bank(self, flow: Flow) -> Bank | None:
        if self.factored or self.weight_norm:
            return None  # two banks in one, or one whose weights are calculated
        kernel = per_axis(self.kernel, flow.input.rank, "kernel")
        count = self.sharing.banks(self.bank_positions(flow))
        scatters = self.window(flow.input).scatters
        return Bank(self.plane_groups(flow.input), flow.input.depth, flow.output.depth, kernel, scatters, count)

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return self.bank_counts(flow, sharing).with_gains(self.gains(flow, sharing))

    def bank_counts(self, flow: Flow, sharing: Sharing) -> Counts:
        """The weights and the biases of all filter banks, without the gains of `weight_norm`."""
        raise NotImplementedError

    def gains(self, flow: Flow, sharing: Sharing) -> int:
        """The gains of `weight_norm`: one for each filter of each bank."""
        return flow.output.depth * sharing.banks(self.bank_positions(flow)) if self.weight_norm else 0

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps the volume that it slides over: its input, or a padded copy of it."""
        from analyzer.layers.weight_norm import normalised

        first = self.padded(flow.input)
        trained = self.bank_counts(flow, sharing).tensors(*self.last_axes(flow.input))
        read, held = len(first), self.held(flow.input)
        slid = Operation(
            (read, *held),
            flow.output.size,
            keeps=(read,),
            trained=trained,
            gradients=(NEW, *[NONE] * len(held)),
            precision=HALF,
            lies=self.output_lies(flow.input),
            convolution=self.shape(flow, sharing, first),
        )
        if slid.convolution is not None and self.biases(flow.output.depth, flow.output.spatial, sharing):
            slid.cuda = Kernel(summed=Sum(flow.output.depth, flow.output.positions, beside=None))
        return (*first, normalised(slid, self.gains(flow, sharing)))

    def shape(self, flow: Flow, sharing: Sharing, first: Sequence[Operation]) -> ConvolutionShape | None:
        """Its geometry behind the padded copy that `first` makes; None where it has several filter banks."""
        if sharing.banks(self.bank_positions(flow)) > 1:
            return None
        window, volume = self.window(flow.input), first[-1].volume if first else None
        return ConvolutionShape(
            flow.input.depth,
            flow.output.depth,
            self.plane_groups(flow.input),
            window.kernel,
            window.stride,
            window.dilation,
            tuple(volume[:-1]) if volume else flow.input.spatial,
            flow.output.spatial,
            window.scatters,
        )

    def output_lies(self, volume: Volume) -> Lie:
        """torch runs a 1×1×1 kernel as a matrix product, which puts out its rows in order."""
        return ORDERED if volume.rank == 3 and self.taps(volume) == 1 else FORMAT

    def last_axes(self, volume: Volume) -> tuple[int, int]:
        """The last two axes of the weights: those of the kernel; in 1-D the planes of a filter, and the kernel."""
        kernel = per_axis(self.kernel, volume.rank, "kernel")
        return (self.read_depth(volume), kernel[0]) if len(kernel) == 1 else (kernel[-2], kernel[-1])

    def read_depth(self, volume: Volume) -> int:
        """The planes that a filter reads."""
        return volume.depth

    def padded(self, volume: Volume) -> tuple[Operation, ...]:
        """The padded copy of the input that frameworks make where two sides differ or the padding is not zero."""
        from analyzer.layers.copies import padded_copy, repeated_cells

        window = self.window(volume)
        if window.real_padding:  # torch copies then, also where the padding is 0
            return repeated_cells(volume, window.padding, self.padding_mode)
        pairs = self.padding.balanced(window.padding, window.stride)
        if self.pads_inside(volume):  # the kernel pads by what both sides have
            pairs = tuple((before - min(before, after), after - min(before, after)) for before, after in pairs)
        return padded_copy(volume, pairs)

    def held(self, volume: Volume) -> tuple[int, ...]:
        """Its input, where the padded copy is made while that is the argument of a call."""
        return (0,) if self.padded(volume) and (self.padding_mode != "zeros" or self.pads_inside(volume)) else ()

    def pads_inside(self, volume: Volume) -> bool:
        """Whether it makes the padded copy itself, as torch does for `same`; its argument is alive then."""
        return self.padding.mode == "same" and set(self.window(volume).stride) == {1} and self.padding_mode == "zeros"


def check_groups(groups: int, depth: int, filters: int) -> None:
    """Refuses groups that do not divide the input depth and the filters."""
    for parameter_at_fault, number, what in (
        ("groups", depth, f"input depth of {depth}"),
        ("filters", filters, f"{filters} filters"),
    ):
        if number % groups:
            near = nearest_divisor(gcd(depth, filters), groups)
            raise Refusal(
                f"the {groups} groups of {{layer}} do not divide its {what}",
                code="SHAPE207",
                parameter=parameter_at_fault,
                notes=[f"{number} = {number // groups}·{groups} + {number % groups}"],
                help=f"`groups: {near}` divides {depth} and {filters}",
            )


class Conv(
    Convolution,
    type="conv",
    elsewhere=(
        "Conv1d", "Conv2d", "Conv3d", "Convolution", "Convolution2D", "convolutional", "SpatialConvolution", "conv1d",
        "LocallyConnected1D → conv: {sharing: local}", "LocallyConnected2D → conv: {sharing: local}",
        "SpatialConvolutionLocal → conv: {sharing: local}", "local → conv: {sharing: local}",
        "locally_connected → conv: {sharing: local}", "ConvLocal → conv: {sharing: local}",
    ),
):  # fmt: skip
    """A convolution: K filters of F cells over the whole depth D (over D/groups of it).

    output   ⌊(W − F_eff + P_before + P_after)/S⌋ + 1 on each axis, depth K
    weights  ΠF · D/groups · K, in each filter bank; `weight_norm` adds K
    biases   K, in each filter bank
    MACs     ΠF · D/groups · K · ΠO, in every mode
    refused  a kernel larger than the padded input; groups that do not divide D and K

    Sources: torch.nn.Conv2d; CS231n, "Convolutional networks"; Taigman et al. 2014 (local).
    """

    filters: int = parameter(Whole(), "number of filters, the output's depth", letter="K", main=True, agreed=True)
    groups: int = parameter(Whole(), "groups of depth that do not mix", default=1)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        check_groups(self.groups, inputs[0].depth, self.filters)
        return self.slid(inputs[0], self.filters)

    def bank_counts(self, flow: Flow, sharing: Sharing) -> Counts:
        bank = self.taps(flow.input) * (flow.input.depth // self.groups) * self.filters
        positions = flow.output.spatial
        return Counts(bank * sharing.banks(positions), self.biases(self.filters, positions, sharing))

    def macs(self, flow: Flow) -> int:
        return self.taps(flow.input) * (flow.input.depth // self.groups) * self.filters * flow.output.positions

    def read_depth(self, volume: Volume) -> int:
        return volume.depth // self.groups

    def plane_groups(self, volume: Volume) -> int:
        return self.groups


class DepthwiseConv(
    Convolution,
    type="depthwise_conv",
    elsewhere=("DepthwiseConv1D", "DepthwiseConv2D", "DepthwiseConvolution", "depthwise"),
):
    """A depthwise convolution: `multiplier` filters of one plane for each plane of the input.

    output   as `conv`, depth D·multiplier
    weights  ΠF · D · multiplier, in each filter bank; `weight_norm` adds D · multiplier
    biases   D · multiplier, in each filter bank
    MACs     ΠF · D · multiplier · ΠO, in every mode
    refused  a kernel larger than the padded input

    Sources: Keras DepthwiseConv2D; torch.nn.Conv2d with groups = D.
    """

    depthwise = True
    kernel: Size = parameter(Sizes(), "size of the filters", letter="F", main=True, agreed=True)
    multiplier: int = parameter(Whole(), "filters for each plane of the input", default=1)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        return self.slid(inputs[0], inputs[0].depth * self.multiplier)

    def bank_counts(self, flow: Flow, sharing: Sharing) -> Counts:
        depth, positions = flow.output.depth, flow.output.spatial
        weights = self.taps(flow.input) * depth * sharing.banks(positions)
        return Counts(weights, self.biases(depth, positions, sharing))

    def macs(self, flow: Flow) -> int:
        return self.taps(flow.input) * flow.output.size

    def read_depth(self, volume: Volume) -> int:
        return 1

    def plane_groups(self, volume: Volume) -> int:
        return volume.depth


class SeparableConv(
    Convolution,
    type="separable_conv",
    elsewhere=("SeparableConv1D", "SeparableConv2D", "SeparableConvolution2D"),
):
    """A depthwise convolution and a 1×1 convolution after it, as one layer, without a bias between the two.

    output   as `conv`
    weights  ΠF · D · multiplier + D · multiplier · K, in each filter bank; `weight_norm` adds D · multiplier + K
    biases   K, in each filter bank
    MACs     (ΠF · D · multiplier + D · multiplier · K) · ΠO, in every mode
    refused  a kernel larger than the padded input

    Sources: Keras SeparableConv2D; Chollet 2017, "Xception".
    """

    factored = True
    filters: int = parameter(Whole(), "number of filters, the output's depth", letter="K", main=True, agreed=True)
    multiplier: int = parameter(Whole(), "filters for each plane of the input", default=1)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        return self.slid(inputs[0], self.filters)

    def _bank(self, volume: Volume) -> int:
        return volume.depth * self.multiplier * (self.taps(volume) + self.filters)

    def bank_counts(self, flow: Flow, sharing: Sharing) -> Counts:
        positions = flow.output.spatial
        weights = self._bank(flow.input) * sharing.banks(positions)
        return Counts(weights, self.biases(self.filters, positions, sharing))

    def macs(self, flow: Flow) -> int:
        return self._bank(flow.input) * flow.output.positions

    def windowed_macs(self, flow: Flow) -> int:
        return self.taps(flow.input) * flow.input.depth * self.multiplier * flow.output.positions

    def first_macs(self, flow: Flow) -> int:
        return self.windowed_macs(flow)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps the input of each of its two parts."""
        from analyzer.layers.weight_norm import normalised

        first = self.padded(flow.input)
        read, depth, positions = len(first), flow.input.depth * self.multiplier, flow.output.spatial
        held = self.held(flow.input)
        banks = sharing.banks(positions)
        axes = self.last_axes(flow.input)
        axes = axes if flow.input.rank > 1 else (1, axes[1])
        slid = matrix(self.taps(flow.input) * depth * banks, *axes)
        biases = self.biases(self.filters, positions, sharing)
        mixed = Counts(depth * self.filters * banks, biases).tensors(*(1, 1) if flow.input.rank > 1 else (depth, 1))
        each = Operation(
            (read, *held),
            prod(positions) * depth,
            keeps=(read,),
            trained=(slid,),
            gradients=(NEW, *[NONE] * len(held)),
            precision=HALF,
            volume=(*positions, depth),
            lies=FORMAT,
        )
        both = Operation((read + 1,), flow.output.size, keeps=(read + 1,), trained=mixed, precision=HALF, lies=FORMAT)
        shape = self.shape(flow, sharing, first)
        if shape is not None:
            each.convolution = shape.but(filters=depth)
            ones = (1,) * flow.input.rank
            both.convolution = ConvolutionShape(depth, self.filters, 1, ones, ones, ones, positions, positions)
            if biases:
                both.cuda = Kernel(summed=Sum(self.filters, prod(positions), beside=None))
        if self.weight_norm:
            each, both = normalised(each, depth * banks), normalised(both, self.filters * banks)
        return (*first, each, both)

    def gains(self, flow: Flow, sharing: Sharing) -> int:
        """One for each filter of both parts."""
        both = flow.input.depth * self.multiplier + self.filters
        return both * sharing.banks(flow.output.spatial) if self.weight_norm else 0


class ConvTranspose(
    Convolution,
    type="conv_transpose",
    elsewhere=(
        "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "Conv1DTranspose", "Conv2DTranspose",
        "Conv3DTranspose", "Deconvolution", "Deconv2d", "deconv", "upconv", "deconvolutional",
    ),
):  # fmt: skip
    """A transposed convolution: every input position adds one kernel to the output.

    output   (W − 1)·S − P_before − P_after + F_eff + output_padding on each axis, depth K; `same`: W·S
    weights  ΠF · D · K/groups, in each filter bank; a local layer has a bank for each input position. `weight_norm`
             adds D: in frameworks, a transposed convolution has a gain for each plane of its input
    biases   K, for each set of output positions that share them; a local layer has K for each output position
    MACs     ΠF · D · K/groups · ΠW, in every mode: input positions, not output positions
    refused  an output below 1; output_padding not below the larger of stride and dilation; groups that do not divide D
             and K

    Sources: torch.nn.ConvTranspose2d; Keras Conv2DTranspose (`same`); local: the adjoint of the local convolution;
    gains: torch's weight_norm (its dim is 0, the input planes), as in HiFi-GAN (Kong et al. 2020).
    """

    grows = True
    filters: int = parameter(Whole(), "number of filters, the output's depth", letter="K", main=True, agreed=True)
    groups: int = parameter(Whole(), "groups of depth that do not mix", default=1)
    output_padding: Size = parameter(Sizes(0), "cells added at the end of the output", default=0)
    padding: Padding = parameter(
        PaddingKind(),
        "cells removed around the output",
        default=Padding.explicit(0),
        letter="P",
        shown="0",
    )
    padding_mode: str = parameter(Choice("zeros"), "values of the padding cells", default="zeros")

    def output(self, inputs: Sequence[Volume]) -> Volume:
        volume = inputs[0]
        check_groups(self.groups, volume.depth, self.filters)
        needs_axes(volume, "slides over")
        extra = per_axis(self.output_padding, volume.rank, "output_padding")
        window = self.window(volume)
        if self.padding.mode == "explicit":
            output = self._scattered(volume, window, extra)
        else:
            output = self._same(volume, window, extra)
        self.sharing.banks(volume.spatial)
        return checked(output)

    def _same(self, volume: Volume, window: Window, extra: tuple[int, ...]) -> Volume:
        if self.padding.mode == "causal":
            raise Refusal(
                "{layer} is transposed, and causal padding is not defined for it",
                code="SHAPE203",
                parameter="padding",
                help="`same`, or explicit numbers for each side",
            )
        if any(extra):
            raise Refusal(
                "{layer} has both `output_padding` and `same` padding, which fixes its output at W·S",
                code="SHAPE208",
                parameter="output_padding",
                help="leave `output_padding` out, or give the padding in numbers",
            )
        sizes = tuple(size * step for size, step in zip(volume.spatial, window.stride, strict=True))
        return Volume(sizes, self.filters)

    def window(self, volume: Volume) -> Window:
        """`same` removes F_eff − S cells of the output, so that W·S are left."""
        rank = volume.rank
        kernel = per_axis(self.kernel, rank, "kernel")
        stride = per_axis(self.stride, rank, "stride")
        dilation = per_axis(self.dilation, rank, "dilation")
        if self.padding.mode == "explicit":
            pairs = self.padding.pairs(rank)
        else:
            totals = (max(effective(k, d) - s, 0) for k, s, d in zip(kernel, stride, dilation, strict=True))
            pairs = tuple((total // 2, total - total // 2) for total in totals)
            if self.padding.mode == "same_lower":
                pairs = tuple(pair[::-1] for pair in pairs)
        return Window(kernel, stride, dilation, pairs, scatters=True)

    def padded(self, volume: Volume) -> tuple[Operation, ...]:
        return ()  # its padding is removed from the output

    def read_depth(self, volume: Volume) -> int:
        return self.filters // self.groups

    def plane_groups(self, volume: Volume) -> int:
        return self.groups

    def bank_positions(self, flow: Flow) -> tuple[int, ...]:
        return flow.input.spatial

    def gains(self, flow: Flow, sharing: Sharing) -> int:
        """One for each plane of the input: what a plane adds to the output has one length."""
        return flow.input.depth * sharing.banks(self.bank_positions(flow)) if self.weight_norm else 0

    def _scattered(self, volume: Volume, window: Window, extra: tuple[int, ...]) -> Volume:
        lengths = []
        for axis, size in enumerate(volume.spatial):
            name, step, dilation = AXES[volume.rank][axis], window.stride[axis], window.dilation[axis]
            (before, after), more = window.padding[axis], extra[axis]
            if more >= max(step, dilation):
                raise Refusal(
                    f"`output_padding` of {{layer}} is {more} along the {name}, but must be below its stride or its dilation",
                    code="SHAPE208",
                    parameter="output_padding",
                    notes=[f"{name}: output_padding {more}, stride {step}, dilation {dilation}"],
                    help=f"at most {min(map(max, window.stride, window.dilation)) - 1}",
                )
            span = window.span(axis)
            length = (size - 1) * step - before - after + span + more
            if length < 1:
                raise Refusal(
                    f"the padding of {{layer}} removes its whole output along the {name}",
                    code="SHAPE202",
                    parameter="padding",
                    notes=[f"{name}: ({size} − 1)·{step} − {before} − {after} + {span} + {more} = {signed(length)}"],
                    help=f"padding of at most {self._most_padding(volume, window, extra)}",
                )
            lengths.append(length)
        return Volume(tuple(lengths), self.filters)

    @staticmethod
    def _most_padding(volume: Volume, window: Window, extra: tuple[int, ...]) -> int:
        """The largest padding on all sides that leaves a cell on every axis."""
        sizes = zip(volume.spatial, window.stride, extra, strict=True)
        return min(
            ((size - 1) * step + window.span(axis) + more - 1) // 2 for axis, (size, step, more) in enumerate(sizes)
        )

    def bank_counts(self, flow: Flow, sharing: Sharing) -> Counts:
        bank = self.taps(flow.input) * flow.input.depth * (self.filters // self.groups)
        biases = self.biases(self.filters, flow.output.spatial, sharing)
        return Counts(bank * sharing.banks(self.bank_positions(flow)), biases)

    def macs(self, flow: Flow) -> int:
        return self.taps(flow.input) * flow.input.size * (self.filters // self.groups)
