"""Operators that take some cells of a tensor, or put cells into it: Slice, Gather, Scatter, TopK and their like.

Sources: ONNX' Slice (attributes before opset 10), Gather, GatherND, GatherElements, Scatter*, TopK, OneHot (1.23.2).
"""

from __future__ import annotations

import builtins
from math import prod

from analyzer.loader.formats.choosing import chosen, ranged, taken
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import Constant, unknown
from analyzer.loader.formats.views import Tensor

#: An end that means all cells.
_ENDLESS = 2**31 - 1


@operator("Slice")
def slice(reading: Reading, node: Node) -> None:
    """A range of each axis named. A negative step is a `flip` of the cells that the range takes."""
    x = reading.tensor(node, 0)
    if node.has("starts"):
        starts, ends = node.ints("starts"), node.ints("ends")
        axes, steps = node.ints("axes") or list(range(len(starts))), [1] * len(starts)
    else:
        starts, ends = reading.sizes(node, 1), reading.sizes(node, 2)
        axes = reading.sizes(node, 3) if node.reads(3) else list(range(len(starts)))
        steps = reading.sizes(node, 4) if node.reads(4) else [1] * len(starts)
    cells = {}
    for axis, start, stop, step in zip(axes, starts, ends, steps, strict=True):
        axis = x.at(axis)
        if not x.is_batch(axis):
            cells[axis] = _cells(x.shape[axis], start, stop, step)
    sizes = [len(cells.get(axis, range(size))) for axis, size in enumerate(x.shape)]
    if 0 in sizes:
        reading.give(node, unknown(sizes, "float32"))  # a shift by no cells has an empty part
        return
    for axis, wanted in cells.items():
        x = ranged(reading.heart, x, axis, wanted, reading.place(node))
    reading.give(node, x)


def _cells(size: int, start: int, stop: int, step: int) -> range:
    """Every `step`-th cell of an axis from `start` to `stop`, as Python's slices count them.

    Backwards, a start before the axis is its first cell; an endless stop is behind the last one, as in onnxruntime.
    """
    if step == 0:
        raise Unsupported
    if step < 0:
        start = min(max(start + size if start < 0 else start, 0), size - 1)
        stop = -size - 1 if stop >= _ENDLESS else stop
    return range(*builtins.slice(start, stop, step).indices(size))


@operator("Gather")
def gather(reading: Reading, node: Node) -> None:
    """Cells of one axis by their numbers: one is a `slice` without its axis, neighbours are a `slice`."""
    x = reading.tensor(node, 0)
    axis = x.at(node.int("axis", 0))
    indices = reading.operand(node, 1)
    numbers = indices.numbers() if isinstance(indices, Constant) else None
    if numbers is not None:
        reading.give(node, taken(reading.heart, x, axis, list(map(int, numbers)), indices.shape, reading.place(node)))
        return
    made = picked(reading, node, x, axis, prod(indices.shape), indices)
    shape = [*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]]
    reading.give(node, reading.heart.reshape(made, shape, reading.place(node)))


@operator("GatherElements")
def gather_elements(reading: Reading, node: Node) -> None:
    """A cell of an axis for each element of the indices; other axes may be shorter than the tensor's."""
    x, indices = reading.tensor(node, 0), reading.operand(node, 1)
    shape = indices.shape
    axis, place = x.at(node.int("axis", 0)), reading.place(node)
    for other, size in enumerate(shape):
        if other != axis and size < x.shape[other]:
            x = reading.heart.slice(x, other, 0, size, 1, place)
    reading.give(node, picked(reading, node, x, axis, shape[axis], indices))


@operator("GatherND")
def gather_nd(reading: Reading, node: Node) -> None:
    """Parts of the tensor at places of several axes, which are put together as one."""
    x, indices = reading.tensor(node, 0), reading.operand(node, 1)
    shape = indices.shape
    first, depth = node.int("batch_dims", 0), shape[-1]
    place, heart = reading.place(node), reading.heart
    rest = x.shape[first + depth :]
    flat = heart.reshape(x, [*x.shape[:first], prod(x.shape[first : first + depth]), *rest], place)
    count = prod(shape[first:-1])
    made = picked(reading, node, flat, first, count, indices)
    reading.give(node, heart.reshape(made, [*x.shape[:first], *shape[first:-1], *rest], place))


def picked(
    reading: Reading, node: Node, x: Tensor, axis: int, count: int, indices: Tensor | Constant | None = None
) -> Tensor:
    """This number of cells of an axis, which indices choose: those that a layer calculates are a second input."""
    beside = [reading.heart.volume(indices)] if isinstance(indices, Tensor) else []
    return chosen(reading.heart, x, axis, count, reading.place(node), beside)


@operator("Scatter", "ScatterElements", "ScatterND", "TensorScatter")
def scatter(reading: Reading, node: Node) -> None:
    """The tensor with some elements replaced, or more added to them."""
    values, indices = (1, 2) if node.operator == "TensorScatter" else (2, 1)
    read = [reading.operand(node, at) for at in (values, indices) if node.reads(at)]
    beside = [reading.heart.volume(one) for one in read if isinstance(one, Tensor)]
    x, place = reading.tensor(node, 0), reading.place(node)
    reading.give(node, reading.heart.pointwise("elementwise", x, place, {"op": "scatter"}, beside))


@operator("TopK")
def top_k(reading: Reading, node: Node) -> None:
    """The K largest cells of an axis, and where they are."""
    x = reading.tensor(node, 0)
    axis = x.at(node.int("axis", -1))
    count = node.int("k", 0) or reading.sizes(node, 1)[0]
    made = picked(reading, node, x, axis, min(count, x.shape[axis]))
    for place in range(len(node.outputs)):
        reading.give(node, made, place)


@operator("ReverseSequence")
def reverse_sequence(reading: Reading, node: Node) -> None:
    """The first cells of an axis in reverse, of each sample so many as its length."""
    x = reading.tensor(node, 0)
    axis = node.int("time_axis", 0)
    reading.give(node, picked(reading, node, x, axis, x.shape[axis]))


@operator("Compress")
def compress(reading: Reading, node: Node) -> None:
    """The cells for which a constant condition holds; without an axis, those of the whole tensor as one."""
    x = reading.tensor(node, 0)
    place, condition = reading.place(node), reading.numbers(node, 1)
    if not node.has("axis"):
        x = reading.heart.reshape(x, [x.size], place)
    axis = x.at(node.int("axis", 0))
    numbers = [at for at, holds in enumerate(condition) if holds and at < x.shape[axis]]
    if not numbers:
        raise Unsupported
    reading.give(node, taken(reading.heart, x, axis, numbers, [len(numbers)], reading.place(node)))


@operator("OneHot")
def one_hot(reading: Reading, node: Node) -> None:
    """A new axis, in which each index is compared with every number below `depth`."""
    x = reading.tensor(node, 0)
    depth, place, heart = reading.sizes(node, 1)[0], reading.place(node), reading.heart
    axis = node.int("axis", -1) % (x.rank + 1)
    x = heart.unsqueeze(x, [axis])
    wide = heart.expand(x, [depth if at == axis else size for at, size in enumerate(x.shape)], place)
    reading.give(node, heart.pointwise("elementwise", wide, place, {"op": "equal"}))


@operator("Trilu")
def trilu(reading: Reading, node: Node) -> None:
    """Zeros on one side of a diagonal."""
    made = reading.heart.pointwise("elementwise", reading.tensor(node, 0), reading.place(node), {"op": "where"})
    reading.give(node, made)
