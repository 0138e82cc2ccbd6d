"""Layers that move cells to other places, choose some of them, or repeat them. No parameters, no MACs.

Sources: einops.rearrange (0.8.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Flow
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Kind, Whole, number_help
from analyzer.layers.operations import LAST, RESHAPED, VIEW, Operation, View
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import Cells, Reading, Readings
from analyzer.layers.sharing import Sharing
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
        names = [name for axis in self.pattern[0] for name in axis]
        return tuple(names.index(name) for axis in self.pattern[1] for name in axis)

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
