"""Layers that move cells to other places, choose some of them, or repeat them. No parameters, no MACs.

Sources: einops.rearrange (0.8.2); torch.roll, flip, tile, index_select, nn.Unfold, nn.Fold (torch 2.13.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Flow
from analyzer.layers.axes import checked
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Kind, Whole, number_help
from analyzer.layers.operations import ALIKE, INDEX, LAST, NEW, NONE, RESHAPED, VIEW, Array, Operation, View
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import FIRST, KEPT, Cells, Reading, Readings
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Axes, axis_named
from analyzer.source import shown
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from analyzer.layers.kinds import Fragment, Value

    #: The names of each axis of the input, and of each axis of the output.
    Sides: TypeAlias = tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]


class Pattern(Kind):
    """A pattern in einops' grammar, as `patterns` reads it. Becomes its two sides."""

    words = "a pattern such as `(h a) w c -> h (w a) c`"

    def read(self, value: Value) -> Sides:
        from analyzer.layers.patterns import parsed  # few networks have one

        if not isinstance(value, str):
            raise self.refuse(value)
        return parsed(value)

    def write(self, value: Value) -> Value:
        from analyzer.layers.patterns import text_of

        return text_of(value) if isinstance(value, tuple) else value

    def schema(self) -> Fragment:
        side = r"[^->]*[^->\s][^->]*"
        return {"type": "string", "pattern": f"^{side}->{side}$"}


class NamedSizes(Kind):
    """Sizes by their names: `{a: 2, b: 2}`. Becomes pairs of a name and a size."""

    words = "a mapping of names to sizes such as `{a: 2, b: 2}`"

    def __init__(self) -> None:
        self.one = Whole()

    def read(self, value: Value) -> tuple[tuple[str, int], ...]:
        if not isinstance(value, dict):
            raise self.refuse(value)
        return tuple((str(name), self._size(name, size)) for name, size in value.items())

    def _size(self, name: Value, size: Value) -> int:
        if not isinstance(name, str) or not name.isidentifier():
            raise Refusal(f"has `{shown(str(name))}`, which is not a name", code="VALUE102", at=(name,))
        try:
            return self.one.read(size)
        except Refusal as refusal:
            refusal.at, refusal.help = (name,), number_help(size)
            raise

    def write(self, value: Value) -> Value:
        return dict(value) if isinstance(value, tuple) else value

    def schema(self) -> Fragment:
        return {
            "type": "object",
            "propertyNames": {"pattern": r"^[^\W\d]\w*$"},
            "additionalProperties": self.one.schema(),
        }


class Rearrange(Layer, type="rearrange", elsewhere=("Rearrange",)):
    """The same elements in other axes, by a pattern of names, the depth last: einops' grammar, without the batch.

    Parentheses on the left cut an axis, on the right they put axes together; their first name is the slowest.
    An axis of one cell is `1` or `()`. Of the names that one axis is cut into, all but one need a size in `sizes`.

    output   each axis of the right side: the product of the sizes of its names
    refused  an axis that the sizes do not divide; a name on one side only

    Sources: einops.rearrange; Rogozhnikov 2022, "Einops: clear and reliable tensor manipulations".
    """

    reorders = True
    depth_at = LAST
    pattern: Sides = parameter(Pattern(), "the axes of the input, `->`, the axes of the output", main=True)
    sizes: tuple[tuple[str, int], ...] = parameter(
        NamedSizes(), "sizes of names that an axis is cut into", default=(), shown="those that follow from the input"
    )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        sizes = self._cells(inputs[0])
        return Volume.of([prod(sizes[name] for name in axis) for axis in self.pattern[1]])

    def _cells(self, volume: Volume) -> dict[str, int]:
        """The size of each name."""
        from analyzer.layers.patterns import sizes_of

        return sizes_of(self.pattern[0], dict(self.sizes), volume)

    def _order(self) -> tuple[int, ...]:
        """The names of the input by their places, in their order in the output."""
        places = {name: place for place, name in enumerate(name for axis in self.pattern[0] for name in axis)}
        return tuple(places[name] for axis in self.pattern[1] for name in axis)

    def cut_axes(self, flow: Flow) -> tuple[int, ...]:
        return tuple(self._cells(flow.input).values())

    def moved_axes(self, flow: Flow) -> tuple[int, ...]:
        return self._order()

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """As einops: a view that cuts axes, a view with the axes in another order, and a view or a copy that joins."""
        size, order, cut = flow.output.size, self._order(), self.cut_axes(flow)
        operations: list[Operation] = []
        if cut and cut != flow.input.sizes:
            operations.append(Operation((0,), size, place=VIEW, view=RESHAPED, volume=cut))
        if order != tuple(range(len(order))):
            turned = (0, *[1 + axis for axis in order])
            operations.append(Operation((len(operations),), size, place=VIEW, view=View(turned=turned)))
        if [cut[axis] for axis in order] != list(flow.output.sizes) or not operations:
            operations.append(Operation((len(operations),), size, place=VIEW, view=RESHAPED))
        return operations

    def windows(self, flow: Flow, which: int) -> Readings:
        """Known where the spatial axes stay whole, in any order, and the depth stays the depth."""
        sizes = self._cells(flow.input)
        before, after = ([tuple(n for n in axis if sizes[n] > 1) for axis in side] for side in self.pattern)
        if sorted(before[-1]) != sorted(after[-1]):
            return Cells.UNKNOWN
        places = {axis: place for place, axis in enumerate(before[:-1])}
        if any(axis and axis not in places for axis in after[:-1]):
            return Cells.UNKNOWN
        return tuple(Reading(1, 0, 0, axis=places[axis] if axis else -1) for axis in after[:-1])


def by_axis(volume: Volume, named: Sequence[str], where: Reading | None) -> Readings:
    """The readings of a layer that changes only the named axes; unknown where it changes one that has several cells.

    `where` is what a changed axis of one cell is read by.
    """
    found = []
    for name, size in zip(volume.axes[:-1], volume.spatial, strict=True):
        if name not in named:
            found.append(KEPT)
        elif size > 1 or where is None:
            return Cells.UNKNOWN
        else:
            found.append(where)
    return tuple(found)


class Gather(
    Layer, type="gather", elsewhere=("Gather", "index_select", "take", "GatherElements", "GatherND"), reads=(1, 2)
):
    """Picks cells of an axis by their indices, in any order. A second input has the indices.

    output   `count` cells on the axis; without it, as many as the second input has elements
    refused  no `count` and no second input

    Sources: torch.index_select; ONNX Gather.
    """

    picks = True
    indices = 1
    count: int | None = parameter(
        Whole(), "cells that it picks", default=None, main=True, shown="the elements of the second input"
    )
    axis: tuple[str, ...] = parameter(Axes(single=True), "the axis of the cells", default=("depth",), shown="depth")

    def output(self, inputs: Sequence[Volume]) -> Volume:
        sizes = list(inputs[0].sizes)
        axis = axis_named(self.axis[0], inputs[0].axes, "axis")
        if self.count is not None:
            sizes[axis] = self.count
        elif len(inputs) > 1:
            sizes[axis] = inputs[1].size
        else:
            raise Refusal(
                "{layer} needs the number of cells that it picks, or a second input with their indices",
                code="VALUE103",
                parameter="count",
                help="for example `gather: {axis: depth, count: 1}`",
            )
        return checked(Volume.of(sizes))

    def elements_read(self, flow: Flow, which: int) -> int:
        """The cells that it picks, and all indices."""
        return flow.inputs[which].size if which else min(flow.input.size, flow.output.size)

    def differentiates(self, which: int) -> bool:
        return not which

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps the indices; no gradient flows to them."""
        size = flow.output.size
        if len(flow.inputs) > 1:
            return (Operation((0, 1), size, keeps=(1,), gradients=(NEW, NONE)),)
        picked = flow.output.sizes[flow.output.axes.index(self.axis[0])]
        return (Operation((0,), size, extras=(Array(picked, INDEX, batched=False),)),)

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.UNKNOWN if which else by_axis(flow.input, self.axis, FIRST)


class Tile(Layer, type="tile", elsewhere=("Tile", "Expand")):
    """Repeats the cells of an axis or several, as a whole: of 1, 2 it makes 1, 2, 1, 2.

    output   `count` times the cells on each named axis

    Sources: torch.tile; numpy.tile.
    """

    keeps = ()
    count: int = parameter(Whole(), "how often each axis is repeated", main=True)
    axis: tuple[str, ...] = parameter(
        Axes(), "the axis, or the list of axes, that it repeats", default=("depth",), shown="depth"
    )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        sizes = list(inputs[0].sizes)
        for name in self.axis:
            sizes[axis_named(name, inputs[0].axes, "axis")] *= self.count
        return checked(Volume.of(sizes))

    def windows(self, flow: Flow, which: int) -> Readings:
        return (KEPT,) * flow.input.rank if self.count == 1 else by_axis(flow.input, self.axis, FIRST)


class Roll(Layer, type="roll", elsewhere=("Roll", "shift", "circshift")):
    """Shifts cells along an axis or several; what leaves at one end enters at the other.

    output   that of the input

    Sources: torch.roll; numpy.roll.
    """

    keeps = ()
    lies = ALIKE
    shift: int = parameter(
        Whole(-(10**6), 10**6), "cells that it shifts by; below 0 towards the beginning of the axis", main=True
    )
    axis: tuple[str, ...] = parameter(
        Axes(), "the axis, or the list of axes, that it shifts along", default=("depth",), shown="depth"
    )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        for name in self.axis:
            axis_named(name, inputs[0].axes, "axis")
        return inputs[0]

    def windows(self, flow: Flow, which: int) -> Readings:
        sizes = dict(zip(flow.input.axes, flow.input.sizes, strict=True))
        return by_axis(flow.input, [name for name in self.axis if self.shift % sizes[name]], None)


class Flip(Layer, type="flip", elsewhere=("Flip", "Reverse", "ReverseV2", "fliplr", "flipud")):
    """The cells of an axis or several in the opposite order.

    output   that of the input

    Sources: torch.flip; numpy.flip.
    """

    keeps = ()
    lies = ALIKE
    axis: tuple[str, ...] = parameter(Axes(), "the axis, or the list of axes, that it turns round", main=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        for name in self.axis:
            axis_named(name, inputs[0].axes, "axis")
        return inputs[0]

    def windows(self, flow: Flow, which: int) -> Readings:
        return by_axis(flow.input, self.axis, KEPT)
