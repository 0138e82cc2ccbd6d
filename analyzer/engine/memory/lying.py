"""Where the elements of each value on a tape lie: its shape, its strides, and the place of its depth.

A layer reads a volume with the depth first (what slides or pools) or last (what works along the depth of tokens), or as
it comes. A change between the two is a view. An operation that needs its elements in order copies what lies otherwise:
a slice, a volume with other axes. Strides of None say that the elements lie in order.

Sources: torch 2.13.0, each operation run on tensors that lie in each way.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.engine.memory.strides import dense, depth_last, elementwise, in_order, strided, viewed, with_depth_last
from analyzer.engine.network import Node
from analyzer.layers.operations import (
    ALIKE,
    AS_FIRST,
    BY_GRADIENT,
    BY_ORDER,
    FIRST,
    FORMAT,
    HEADS,
    LAST,
    MATRIX,
    ORDERED,
    POOLED,
    RESHAPED,
    STEPS,
    Back,
    Depth,
    Lie,
    Operation,
    View,
)
from analyzer.record import Record, field
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from analyzer.engine.memory.strides import Sizes

    #: A shape, and its strides.
    Placed: TypeAlias = tuple[Sizes | None, Sizes | None]


class Lying(Record):
    """The shape, the strides and the place of the depth of every value of a tape, in their order.

    A shape of None is of a value inside a layer that nothing asks for; it lies in order. `planes_last` says whether
    inputs and the weights of convolutions lie with their planes last (`channels_last`), which all else follows.
    """

    batch: int
    planes_last: bool = False
    shapes: list[Sizes | None] = field(factory=list, init=False)
    strides: list[Sizes | None] = field(factory=list, init=False)
    depths: list[Depth] = field(factory=list, init=False)

    def add(self, shape: Sizes | None, strides: Sizes | None, depth: Depth) -> None:
        """Adds the next value."""
        self.shapes.append(shape)
        self.strides.append(None if strides is None or shape is None or in_order(shape, strides) else strides)
        self.depths.append(depth)

    def along(self, volume: Volume | Sequence[int], depth: Depth) -> Sizes:
        """The shape of a volume's tensor."""
        *spatial, planes = volume.sizes if isinstance(volume, Volume) else volume
        return (self.batch, planes, *spatial) if depth == FIRST else (self.batch, *spatial, planes)

    def given(self, volume: Volume, depth: Depth) -> Placed:
        """The shape and the strides of an input of the network."""
        shape = self.along(volume, depth)
        last = self.planes_last and depth == FIRST and len(shape) > 3
        return shape, with_depth_last(shape) if last else None

    def lies_last(self, value: int) -> bool:
        """Whether a convolution runs with the planes last: its weights lie so, or its input does."""
        shape, strides = self.shapes[value], self.strides[value]
        if self.planes_last or shape is None or strides is None:
            return self.planes_last
        return len(shape) > 3 and depth_last(shape, strides)

    def lie(self, value: int) -> tuple[Sizes, Sizes] | None:
        """The shape of a value and all its strides; None where the shape is not known."""
        shape, strides = self.shapes[value], self.strides[value]
        return None if shape is None else (shape, strided(shape) if strides is None else strides)

    def turn(self, value: int, depth: Depth) -> tuple[Sizes, Sizes, Sizes] | None:
        """The order of the axes that puts a value's depth elsewhere, and its shape and strides then.

        None where the depth is there already, or the value has no spatial axes.
        """
        lie = self.lie(value)
        if self.depths[value] == depth or lie is None or len(lie[0]) < 3:
            return None
        rank = len(lie[0])
        order = (0, *range(2, rank), 1) if depth == LAST else (0, rank - 1, *range(1, rank - 1))
        shape, strides = (tuple([one[axis] for axis in order]) for one in lie)
        return order, shape, strides

    def ordered(self, value: int, operation: Operation) -> bool:
        """Whether an operation that needs this read in order can read it where it lies."""
        shape, strides = self.shapes[value], self.strides[value]
        if shape is None or strides is None:
            return True
        return operation.lies == FORMAT and len(shape) > 3 and depth_last(shape, strides) and dense(shape, strides)

    def copied(self, value: int, operation: Operation) -> Sizes | None:
        """The strides of the copy that it reads otherwise."""
        shape, strides = self.shapes[value], self.strides[value]
        return _format(shape, shape, strides, 4) if operation.lies == FORMAT else None

    def output(self, node: Node, operation: Operation, reads: Sequence[int], depth: Depth) -> Placed:
        """The shape and the strides of what an operation makes, where it is no view."""
        if operation.lies == ALIKE:
            return self._alike(reads)
        if operation.lies == AS_FIRST:
            return self._alike(reads[:1])
        if operation.lies == MATRIX:
            rows = (self.shapes[reads[0]] or (1,))[0]
            return (rows, operation.size * self.batch // rows), None
        if operation.volume is not None:
            shape = self.along(operation.volume, depth)
        elif operation.size == node.output.size:
            shape = self.along(node.output, depth)
        else:
            return None, None
        if operation.lies == STEPS:
            return shape, _steps(shape)
        if operation.lies == HEADS:
            return shape, _heads(shape)
        if self.planes_last and operation.convolution is not None and len(shape) > 3:
            return shape, with_depth_last(shape)
        if operation.lies == ORDERED or not reads:
            return shape, None
        least = 3 if operation.lies == POOLED else 4
        found = [_format(shape, self.shapes[read], self.strides[read], least) for read in reads]
        return shape, None if None in found else found[0]

    def _alike(self, reads: Sequence[int]) -> Placed:
        lies = [lie for read in reads if (lie := self.lie(read)) is not None]
        if not lies:
            return None, None
        rank = max(len(shape) for shape, _ in lies)
        shape = tuple(map(max, zip(*((1,) * (rank - len(sizes)) + sizes for sizes, _ in lies), strict=True)))
        if all(self.strides[read] is None for read in reads):
            return shape, None
        return shape, elementwise(shape, lies)

    def view(self, view: View | None, value: int) -> Placed:
        """The shape and the strides of a value that a view cuts or turns."""
        lie = self.lie(value)
        if lie is None:
            return None, None
        if view is None:
            return lie
        if view.turned is not None:
            rank, first = len(lie[0]), self.depths[value] == FIRST
            places = [place_of(axis, rank, first=first) for axis in view.turned]
            return tuple(lie[0][place] for place in places), tuple(lie[1][place] for place in places)
        if view.cut is not None:
            axis, start, stop, step = view.cut
            place = place_of(axis + 1, len(lie[0]), first=self.depths[value] == FIRST)
            shape, strides = list(lie[0]), list(lie[1])
            shape[place] = -(-(stop - start) // step)
            strides[place] *= step
            return tuple(shape), tuple(strides)
        return lie

    def reshape(self, operation: Operation, value: int, node: Node, depth: Depth) -> Placed:
        """The shape that an operation gives a value, and its strides as a view, None where it is a copy."""
        lie, view = self.lie(value), operation.view or RESHAPED
        if view.rows:
            own = self.shapes[value] or (self.batch * operation.size, 1)
            to: Sizes = (prod(own[:-1]), own[-1])
            if view.steps and lie is not None:
                lie = (
                    tuple([lie[0][axis] for axis in _behind(lie[0])]),
                    tuple([lie[1][axis] for axis in _behind(lie[0])]),
                )
        else:
            to = self.along(operation.volume or node.output, depth)
            if view.steps:
                return to, _steps(to)
        if lie is None or prod(lie[0]) != prod(to) or (self.strides[value] is None and not view.steps):
            return to, strided(to)
        return to, viewed(*lie, to)

    # -- gradients -----------------------------------------------------------------------------------------------------

    def gradient(self, lies: Lie, backward: Back, value: int, read: int, strides: Sizes | None) -> Sizes | None:
        """The strides of a read's gradient that is made from one of the output `value` with these strides."""
        shape = self.shapes[read]
        if shape is None or backward == BY_ORDER:
            return None
        if lies == STEPS:
            return _steps(shape)
        beside, of = (self.shapes[value], strides) if backward == BY_GRADIENT else (shape, self.strides[read])
        if beside is None or of is None:
            return None
        if beside == shape and lies == ALIKE:
            found = elementwise(shape, ((beside, of),))
            return None if in_order(shape, found) else found
        return _format(shape, beside, of, 3 if lies == POOLED else 4)

    def restored(self, view: View, value: int, read: int, strides: Sizes | None) -> tuple[Sizes | None, bool]:
        """The strides of a gradient of `value` in the shape of the value that it was reshaped from.

        And whether that is a copy.
        """
        shape, to = self.shapes[value], self.shapes[read]
        if shape is None or to is None or (strides is None and not view.steps):
            return None, False
        strides = strided(shape) if strides is None else strides
        if view.steps and view.rows:
            return (_steps(to), False) if in_order(shape, strides) else (None, True)
        if view.steps:
            order = _behind(shape)
            shape, strides = tuple([shape[axis] for axis in order]), tuple([strides[axis] for axis in order])
        found = viewed(shape, strides, to)
        if found is None and view.loose:
            return None, False
        return (None, True) if found is None else (None if in_order(to, found) else found, False)

    def turned_back(self, value: int, order: Sequence[int], strides: Sizes | None) -> Sizes | None:
        """The strides of a gradient of `value` with the axes of the read that it was turned from."""
        shape = self.shapes[value]
        if shape is None:
            return None
        strides = strided(shape) if strides is None else strides
        found, sizes = [0] * len(shape), [0] * len(shape)
        for place, axis in enumerate(order):
            found[axis], sizes[axis] = strides[place], shape[place]
        return None if in_order(tuple(sizes), tuple(found)) else tuple(found)

    def part(self, value: int, strides: Sizes | None) -> Sizes | None:
        """The strides of a part of the gradient of `value`."""
        shape = self.shapes[value]
        return strided(shape) if strides is None and shape is not None else strides

    def sum(self, value: int, one: Sizes | None, other: Sizes | None) -> Sizes | None:
        """The strides of the sum of two gradients of a value."""
        shape = self.shapes[value]
        if shape is None or (one is None and other is None):
            return None
        found = elementwise(shape, [(shape, strided(shape) if each is None else each) for each in (one, other)])
        return None if in_order(shape, found) else found


def place_of(axis: int, rank: int, *, first: bool) -> int:
    """The place in a tensor of `rank` axes of the batch (0) or an axis of the volume, counted from 1."""
    if not first or not axis:
        return axis
    return 1 if axis == rank - 1 else axis + 1


def planes_beside(shape: Sizes | None, strides: Sizes | None, depth: Depth) -> bool:
    """Whether the planes of a tensor that lies so are beside each other; strides of None: in order."""
    if shape is None or strides is None:
        return depth == LAST
    return strides[-1 if depth == LAST else 1] == 1


def _behind(shape: Sizes) -> Sizes:
    """The axes of a tensor with the batch after the positions."""
    return (*range(1, len(shape) - 1), 0, len(shape) - 1)


def _steps(shape: Sizes) -> Sizes:
    """The strides of a tensor that lies so."""
    return strided(shape, _behind(shape)) if len(shape) > 2 else strided(shape)


def _heads(shape: Sizes) -> Sizes:
    """The strides of a tensor …×heads×tokens×depth that lies with the heads of a token side by side."""
    rank = len(shape)
    return strided(shape, (*range(rank - 3), rank - 2, rank - 3, rank - 1)) if rank > 3 else strided(shape)


def _format(shape: Sizes | None, beside: Sizes | None, strides: Sizes | None, least: int) -> Sizes | None:
    """The strides of a shape with the depth last where another tensor of at least that many axes lies so."""
    if shape is None or beside is None or strides is None or min(len(beside), len(shape)) < least:
        return None
    found = with_depth_last(shape) if depth_last(beside, strides) else None
    return None if found is None or in_order(shape, found) else found
