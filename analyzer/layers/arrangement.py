"""Layers that rearrange the elements of a volume, add cells around it or remove some. No parameters, no MACs.

Sources: torch.nn.Flatten, Unflatten, torch.permute, ZeroPad2d (torch 2.13.0); Keras Permute, Cropping2D (3.15.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Refusal, listed
from analyzer.layers.answers import Bounds, Flow
from analyzer.layers.axes import checked, needs_axes, signed
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Choice, Whole
from analyzer.layers.operations import BY_GRADIENT, FIRST, FORMAT, LAST, RESHAPED, VIEW, Depth, Operation, View
from analyzer.layers.padding import PADDING_MODES, Padding, Pairs, check_padding_mode
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import KEPT, Cells, Reading, Readings
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Axes, Ends, PaddingKind, VolumeKind, axis_named
from analyzer.layers.windows import NO_GEOMETRY, Geometry
from analyzer.volume import AXES, Volume


class Flatten(Layer, type="flatten", elsewhere=("Flatten",)):
    """All elements as one vector.

    output   a vector of W·H·D

    Sources: torch.nn.Flatten; Keras Flatten.
    """

    view = True
    depth_at = FIRST

    @property
    def passes(self) -> bool:
        return True

    def output(self, inputs: Sequence[Volume]) -> Volume:
        return Volume((), inputs[0].size)

    def moved_axes(self, flow: Flow) -> tuple[int, ...]:
        return tuple(range(len(flow.input.sizes)))

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A view, or a copy where the elements do not lie in order; of a vector, itself."""
        return (Operation((0,), flow.output.size, place=VIEW, view=RESHAPED if flow.input.rank else None),)

    def windows(self, flow: Flow, which: int) -> Readings:
        return () if flow.input.positions == 1 else Cells.UNKNOWN


class Reshape(Layer, type="reshape", elsewhere=("Unflatten", "View")):
    """The same elements with other axes. One size may be `?`: it follows from the others.

    The elements are in the order of the sizes as they are written, row by row, the depth last: as in Keras, and in
    torch for a volume whose depth is last.

    output   `to`
    refused  a volume of another size

    Sources: torch.reshape; Keras Reshape.
    """

    regroups = True
    view = True
    to: tuple[int | None, ...] = parameter(VolumeKind(wildcard=True), "the volume it becomes", main=True)

    @property
    def passes(self) -> bool:
        return True

    def output(self, inputs: Sequence[Volume]) -> Volume:
        size, known = inputs[0].size, prod(n for n in self.to if n is not None)
        asked = "×".join("?" if n is None else str(n) for n in self.to)
        if None in self.to:
            if size % known:
                raise Refusal(
                    f"{{layer}} cannot arrange {inputs[0].pretty()} as {asked}: {size} is not a multiple of {known}",
                    code="SHAPE209",
                    parameter="to",
                    notes=[f"{size} = {size // known}·{known} + {size % known}"],
                )
        elif size != known:
            factors = ([str(n) for n in inputs[0].sizes], size), ([str(n) for n in self.to], known)
            raise Refusal(
                f"{{layer}} cannot arrange {inputs[0].pretty()} as {asked}: {size} elements are not {known}",
                code="SHAPE209",
                parameter="to",
                notes=[f"{'·'.join(names)} = {total}" for names, total in factors if len(names) > 1],
                help=self._open(size),
            )
        return Volume.of([size // known if n is None else n for n in self.to])

    def moved_axes(self, flow: Flow) -> tuple[int, ...]:
        return tuple(range(len(flow.input.sizes)))

    def _open(self, size: int) -> str | None:
        """The help that one size may be left open: the last one with which the others divide `size`."""
        known = [n for n in self.to if n is not None]
        for place in reversed(range(len(known))):
            others = prod(known) // known[place]
            if size % others == 0:
                asked = "x".join("?" if axis == place else str(n) for axis, n in enumerate(known))
                return f"write `?` for one size, which then follows from the others: `{asked}` gives {size // others}"
        return None

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A view, or a copy where the elements do not lie in order."""
        return (Operation((0,), flow.output.size, place=VIEW, view=RESHAPED),)

    def depth_in(self, flow: Flow, given: Depth) -> Depth:
        """The depth stays where it is if it keeps its size; a vector is filled in; otherwise the depth comes last."""
        before, after = flow.input, flow.output
        kept = before.depth == after.depth or before.positions == 1 or not after.rank
        return FIRST if given == FIRST and kept else LAST

    def windows(self, flow: Flow, which: int) -> Readings:
        """Known where the axes of more than one cell stay in their order; axes of one cell may be added or removed."""
        before = [axis for axis, size in enumerate(flow.input.spatial) if size > 1]
        after = [axis for axis, size in enumerate(flow.output.spatial) if size > 1]
        if [flow.input.spatial[axis] for axis in before] != [flow.output.spatial[axis] for axis in after]:
            return Cells.UNKNOWN
        if flow.input.spatial == flow.output.spatial:
            return (KEPT,) * flow.output.rank
        source = dict(zip(after, before, strict=True))
        return tuple(Reading(1, 0, 0, axis=source.get(axis, -1)) for axis in range(flow.output.rank))


class Permute(Layer, type="permute", elsewhere=("Transpose", "transpose")):
    """The axes in another order. The first axis of the output is the axis of the input that `order` names first.

    output   the sizes in that order
    refused  an order that does not name each axis of the input once

    Sources: torch.permute; Keras Permute.
    """

    reorders = True
    order: tuple[str, ...] = parameter(Axes(), "the input's axes, in the new order", main=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        volume = inputs[0]
        if sorted(self.order) != sorted(volume.axes):
            raise Refusal(
                f"the order of {{layer}} must name each axis of its input once: {listed(volume.axes, last='and')}",
                code="SHAPE204",
                parameter="order",
                notes=[f"its input is {volume.pretty()}, the order names {listed(self.order, last='and')}"],
            )
        return Volume.of([volume.sizes[volume.axes.index(name)] for name in self.order])

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A view with the axes in another order."""
        turned = (0, *[1 + flow.input.axes.index(name) for name in self.order])
        return (Operation((0,), flow.output.size, place=VIEW, view=View(turned=turned)),)

    def moved_axes(self, flow: Flow) -> tuple[int, ...]:
        return tuple(flow.input.axes.index(name) for name in self.order)

    def windows(self, flow: Flow, which: int) -> Readings:
        if self.order[-1] != "depth":
            return Cells.UNKNOWN
        return tuple(Reading(1, 0, 0, axis=flow.input.axes.index(name)) for name in self.order[:-1])


class Pad(
    Layer,
    type="pad",
    elsewhere=(
        "ZeroPad1d", "ZeroPad2d", "ZeroPad3d", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "ConstantPad1d",
        "ConstantPad2d", "ConstantPad3d",
        "ReflectionPad1d → pad: {padding_mode: reflect}", "ReflectionPad2d → pad: {padding_mode: reflect}",
        "ReflectionPad3d → pad: {padding_mode: reflect}", "ReplicationPad1d → pad: {padding_mode: replicate}",
        "ReplicationPad2d → pad: {padding_mode: replicate}", "ReplicationPad3d → pad: {padding_mode: replicate}",
        "CircularPad1d → pad: {padding_mode: circular}", "CircularPad2d → pad: {padding_mode: circular}",
        "CircularPad3d → pad: {padding_mode: circular}",
    ),
):  # fmt: skip
    """Adds cells around the volume: zeros, or values of the volume.

    output   W + P_before + P_after on each spatial axis, and on the depth where `depth` is given
    refused  neither `padding` nor `depth`; `reflect` of W cells or more, `circular` of more than W cells: the axis has
             no more values to repeat

    Sources: torch.nn.ZeroPad2d, ReflectionPad2d, ReplicationPad2d, CircularPad2d; Keras ZeroPadding2D.
    """

    cuts = True
    padding: Padding | None = parameter(
        PaddingKind(explicit=True), "cells added around the input", default=None, main=True, letter="P", shown="none"
    )
    depth: tuple[int, int] | None = parameter(
        Ends(), "planes added before the first and behind the last", default=None, shown="none"
    )
    padding_mode: str = parameter(Choice(*PADDING_MODES), "values of the added cells", default="zeros")

    def output(self, inputs: Sequence[Volume]) -> Volume:
        if self.padding is None and self.depth is None:
            raise Refusal(
                "{layer} needs `padding` or `depth`", code="VALUE103", parameter="padding", help="for example `pad: 1`"
            )
        if self.padding is not None:
            needs_axes(inputs[0], "pads")
        pairs = self._pairs(inputs[0])
        check_padding_mode(self.padding_mode, inputs[0], pairs)
        return checked(Volume.of([size + sum(pair) for size, pair in zip(inputs[0].sizes, pairs, strict=True)]))

    def _spatial(self, volume: Volume) -> Pairs:
        """Cells before and after on each spatial axis."""
        return self.padding.pairs(volume.rank) if self.padding is not None else ((0, 0),) * volume.rank

    def _pairs(self, volume: Volume) -> Pairs:
        """Cells before and after on each axis, the depth last."""
        return (*self._spatial(volume), self.depth or (0, 0))

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        from analyzer.layers.copies import repeated_cells

        if self.padding_mode == "zeros":
            return (Operation((0,), flow.output.size, lies=FORMAT, backward=BY_GRADIENT),)
        return repeated_cells(flow.input, self._pairs(flow.input), self.padding_mode)

    def depth_in(self, flow: Flow, given: Depth) -> Depth:
        """Zeros go around a tensor as it comes; values of it are repeated with the depth first."""
        return given if self.padding_mode == "zeros" else FIRST

    def windows(self, flow: Flow, which: int) -> Readings:
        return tuple(Reading(1, -before, -before) for before, _ in self._spatial(flow.input))

    def geometry(self, volume: Volume) -> Geometry:
        return Geometry(padding=self._spatial(volume)) if self.padding is not None else NO_GEOMETRY


class Crop(Layer, type="crop", elsewhere=("Cropping1D", "Cropping2D", "Cropping3D", "CenterCrop")):
    """Removes cells around the volume.

    output   W − P_before − P_after on each spatial axis
    refused  a crop that leaves nothing

    Sources: Keras Cropping2D.
    """

    view = True
    cuts = True
    padding: Padding = parameter(PaddingKind(explicit=True), "cells removed around the input", main=True, letter="P")

    def output(self, inputs: Sequence[Volume]) -> Volume:
        needs_axes(inputs[0], "crops")
        pairs = self.padding.pairs(inputs[0].rank)
        sizes = []
        for axis, (size, (before, after)) in enumerate(zip(inputs[0].spatial, pairs, strict=True)):
            left = size - before - after
            if left < 1:
                name = AXES[inputs[0].rank][axis]
                raise Refusal(
                    f"{{layer}} removes {before + after} cells from a {name} of {size}",
                    code="SHAPE202",
                    parameter="padding",
                    notes=[f"{name}: {size} − {before} − {after} = {signed(left)}"],
                    help=f"remove at most {size - 1} cells in all",
                )
            sizes.append(left)
        return Volume(tuple(sizes), inputs[0].depth)

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A view for each axis that it cuts, or of the whole."""
        from analyzer.layers.copies import cut

        pairs = self.padding.pairs(flow.input.rank)
        ranges = [(before, size - after, 1) for (before, after), size in zip(pairs, flow.input.spatial, strict=True)]
        return cut(flow.input, ranges, 0, 1) or (Operation((0,), flow.output.size, place=VIEW),)

    def windows(self, flow: Flow, which: int) -> Readings:
        return tuple(Reading(1, before, before) for before, _ in self.padding.pairs(flow.input.rank))

    def geometry(self, volume: Volume) -> Geometry:
        return Geometry(padding=self.padding.pairs(volume.rank))


class Slice(Layer, type="slice", elsewhere=("Split", "Narrow", "StridedSlice", "chunk")):
    """Takes a range of one axis. A split is several slices of one layer.

    output   ⌈(stop − start)/step⌉ on the axis, the others kept
    refused  a range that ends beyond the axis; an empty range

    Sources: torch.Tensor.narrow; ONNX Slice.
    """

    view = True
    axis: tuple[str, ...] = parameter(Axes(single=True), "the axis that is sliced", default=("depth",), shown="depth")
    start: int = parameter(Whole(0), "first cell", default=0)
    stop: int | None = parameter(Whole(1), "the cell after the last", default=None, shown="the axis's size")
    step: int = parameter(Whole(), "every step-th cell", default=1)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        sizes = list(inputs[0].sizes)
        axis = axis_named(self.axis[0], inputs[0].axes, "axis")
        stop = sizes[axis] if self.stop is None else self.stop
        if stop > sizes[axis] or self.start >= stop:
            raise Refusal(
                f"{{layer}} slices the {self.axis[0]} from {self.start} to {stop}, but its input has a {self.axis[0]} of {sizes[axis]}",
                code="SHAPE210",
                parameter="stop" if stop > sizes[axis] else "start",
                notes=[f"needed: 0 ≤ start < stop ≤ {sizes[axis]}"],
                help=self._within(sizes[axis]),
            )
        sizes[axis] = -(-(stop - self.start) // self.step)
        return Volume.of(sizes)

    def _within(self, size: int) -> str:
        """The help: the largest `start` or `stop` with which a range of an axis of this size is not empty."""
        if self.start >= size:
            return f"a `start` of at most {size - 1}" + (" and no `stop`" if self.stop is not None else "")
        if self.stop is not None and self.stop > size:
            return f"`stop: {size}`, or no `stop`"
        return f"a `stop` of at least {self.start + 1}"

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A view. Its gradient is a volume of zeros with the range filled in."""
        from analyzer.layers.copies import cut

        bounds = self.bounds(flow.input)
        axis = flow.input.axes.index(bounds.axis)
        ranges = [(0, size, 1) for size in flow.input.sizes]
        ranges[axis] = (bounds.start, bounds.stop, bounds.step)
        operations = cut(flow.input, ranges, 0, 1)
        for operation in operations:
            operation.parts = True
        return operations or (Operation((0,), flow.output.size, place=VIEW),)

    def bounds(self, volume: Volume) -> Bounds:
        size = volume.sizes[volume.axes.index(self.axis[0])]
        return Bounds(self.axis[0], self.start, size if self.stop is None else self.stop, self.step)

    def windows(self, flow: Flow, which: int) -> Readings:
        cut = Reading(self.step, self.start, self.start)
        return tuple(cut if name == self.axis[0] else KEPT for name in flow.input.axes[:-1])
