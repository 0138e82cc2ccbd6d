"""Windows as cells of a volume, and their sum at their places: im2col and col2im. No parameters, no MACs.

Sources: torch.nn.Unfold, torch.nn.Fold (torch 2.13.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Flow
from analyzer.layers.axes import checked, needs_axes, per_axis
from analyzer.layers.base import Layer
from analyzer.layers.operations import FIRST, Operation
from analyzer.layers.padding import Padding
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import Cells, Readings
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import PaddingKind, Sizes
from analyzer.layers.windows import Geometry, Window
from analyzer.volume import AXES, Volume

Size = int | tuple[int, ...]


class _Windows(Layer):
    """The base of both."""

    picks = True
    depth_at = FIRST
    kernel: Size = parameter(Sizes(), "size of the window", letter="F", agreed=True)
    stride: Size = parameter(Sizes(), "step of the window", default=1, letter="S")
    padding: Padding = parameter(
        PaddingKind(), "cells added around the volume", default=Padding.explicit(0), letter="P", shown="0"
    )
    dilation: Size = parameter(Sizes(), "step between the cells of a window", default=1)

    def over(self, volume: Volume) -> Window:
        """The window over the volume that it is cut out of, or put back into."""
        return Window.over(volume, self.padding, kernel=self.kernel, stride=self.stride, dilation=self.dilation)

    def shown(self, volume: Volume) -> Geometry:
        """The numbers of that window for reports."""
        window = self.over(volume)
        return Geometry(window.kernel, window.stride, window.padding, window.dilation)


class Unfold(_Windows, type="unfold", elsewhere=("Unfold", "im2col", "extract_patches", "extract_image_patches")):
    """Each window of a volume as one cell: im2col. Windows may overlap.

    output   L × (ΠF · D), with the L windows of all axes row by row

    Sources: torch.nn.Unfold, which has L last.
    """

    kernel: Size = parameter(Sizes(), "size of the window", letter="F", main=True, agreed=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        needs_axes(inputs[0], "slides over")
        window = self.over(inputs[0])
        return checked(Volume((prod(window.slide(inputs[0])),), window.taps * inputs[0].depth))

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A copy, behind a padded one where the two sides of an axis differ."""
        from analyzer.layers.copies import padded_copy

        window = self.over(flow.input)
        first = padded_copy(flow.input, self.padding.balanced(window.padding, window.stride))
        return (*first, Operation((len(first),), flow.output.size, orders=(len(first),)))

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.UNKNOWN  # a plane is of one cell of the window

    def geometry(self, volume: Volume) -> Geometry:
        return self.shown(volume)


class Fold(_Windows, type="fold", elsewhere=("Fold", "col2im")):
    """Puts cells back as windows of a volume and adds them where they overlap: the reverse of `unfold`.

    output   `to` × D/ΠF
    refused  a depth that is not a multiple of ΠF; a length that is not the number of windows over `to`

    Sources: torch.nn.Fold, which has L last.
    """

    to: Size = parameter(Sizes(), "sizes of the output's spatial axes; one number is for height and width", main=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        read = inputs[0]
        if read.rank != 1:
            raise Refusal(
                f"{{layer}} reads a length of windows, but its input is {read.pretty()}",
                code="SHAPE205",
                help="`reshape` gives it one axis and a depth",
            )
        whole = self._whole(read)
        windows = prod(self.over(whole).slide(whole))
        if windows != read.spatial[0]:
            raise Refusal(
                f"{{layer}} puts {windows} windows into {whole.pretty()}, but its input has {read.spatial[0]} of them",
                code="SHAPE209",
                parameter="to",
                notes=[
                    f"{name}: {self.over(whole).formula(size, axis)} = {self.over(whole).slide(whole)[axis]}"
                    for axis, (name, size) in enumerate(zip(whole.axes, whole.spatial, strict=False))
                ],
            )
        return checked(whole)

    def _whole(self, read: Volume) -> Volume:
        """The volume that the windows are put into."""
        spatial = per_axis(self.to, self._rank(), "to")
        taps = prod(per_axis(self.kernel, len(spatial), "kernel"))
        if read.depth % taps:
            raise Refusal(
                f"{{layer}} cannot make windows of {taps} cells of a depth of {read.depth}",
                code="SHAPE209",
                parameter="kernel",
                notes=[f"{read.depth} = {read.depth // taps}·{taps} + {read.depth % taps}"],
            )
        return Volume(spatial, read.depth // taps)

    def _rank(self) -> int:
        """The axes of the output: those that a parameter has sizes for, otherwise height and width."""
        several = [value for value in (self.to, self.kernel, self.stride, self.dilation) if isinstance(value, tuple)]
        return len(several[0]) if several else len(AXES[2])

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A copy; it keeps nothing."""
        return (Operation((0,), flow.output.size, orders=(0,)),)

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.UNKNOWN  # a cell is the sum of planes of the cells whose windows have it

    def geometry(self, volume: Volume) -> Geometry:
        return self.shown(self._whole(volume))
