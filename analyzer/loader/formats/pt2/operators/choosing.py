"""Operators that take some cells of a tensor, or put cells into it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.loader.formats.choosing import chosen
from analyzer.loader.formats.pt2.program import Node, Ref
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.sheet import Written
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@operator("aten.slice", "aten.narrow", "aten.slice_copy")
def slice(reading: Reading, node: Node) -> None:
    """A range of one axis."""
    x = reading.tensor(node)
    axis = x.at(int(reading.number(node, "dim", 0)))
    if reading.keeps_batch(node, x, axis):
        reading.give(node, x)
        return
    size = x.shape[axis]
    start, step = int(reading.number(node, "start", 0)), int(reading.number(node, "step", 1))
    if node.operator == "aten.narrow":
        stop = start + int(reading.number(node, "length"))
    else:
        stop = int(reading.number(node, "end", size))
    cells = range(size)[start:stop:step]
    if not cells:
        reading.give(node, Fixed(reading.shape_of(node.output), reading.info(node).dtype))
        return
    reading.give(node, reading.heart.slice(x, axis, cells[0], cells[-1] + 1, step, reading.place(node)))


@operator("aten.select", "aten.select_copy")
def select(reading: Reading, node: Node) -> None:
    """One cell of an axis, without the axis."""
    x = reading.tensor(node)
    axis = x.at(int(reading.number(node, "dim", 0)))
    if not reading.keeps_batch(node, x, axis):
        index = range(x.shape[axis])[int(reading.number(node, "index", 0))]
        x = reading.heart.slice(x, axis, index, index + 1, 1, reading.place(node))
    reading.give(node, reading.heart.squeeze(x, [axis]))


@operator("aten.index_select", "aten.gather", "aten.take_along_dim")
def gather(reading: Reading, node: Node) -> None:
    """Cells of one axis by their numbers; other axes may be shorter than the tensor's."""
    x = reading.tensor(node)
    axis = x.at(int(reading.number(node, "dim", 0)))
    indices = reading.value(node, "indices" if "indices" in node.args else "index")
    shape = reading.own(x, reading.shape_of(node.output))
    for other, size in enumerate(shape):
        if other != axis and size < x.shape[other]:
            x = reading.heart.slice(x, other, 0, size, 1, reading.place(node))
    beside = [reading.heart.volume(indices)] if isinstance(indices, Tensor) else []
    reading.give(node, chosen(reading.heart, x, axis, shape[axis], reading.place(node), beside))


@operator("aten.index", "aten._unsafe_index")
def index(reading: Reading, node: Node) -> None:
    """`x[a, :, b]`: neighbouring axes that are indexed become the axes of the indices, others come first."""
    x = reading.tensor(node)
    indices = node.args["indices"]
    axes = [axis for axis, one in enumerate(indices) if one is not None]
    values = [reading.values[ref.name] for ref in indices if isinstance(ref, Ref)]
    if not axes or any(value.dtype == "bool" for value in values if isinstance(value, Fixed)):
        raise Unsupported
    beside = [reading.heart.volume(value) for value in values if isinstance(value, Tensor)]
    if x.is_batch(axes[0]):
        _of_each_sample(reading, node, x, axes, beside)
        return
    if any(x.is_batch(axis) for axis in axes):
        raise Unsupported
    heart, place = reading.heart, reading.place(node)
    if axes != list(range(axes[0], axes[-1] + 1)):
        x = heart.transpose(x, [*axes, *(axis for axis in range(x.rank) if axis not in axes)])
        axes = list(range(len(axes)))
    shape = reading.own(x, reading.shape_of(node.output))
    first, behind = axes[0], x.rank - axes[-1] - 1
    if x.batch is not None and x.batch > axes[-1]:
        shape[x.batch - x.rank] = 1
    chosen_shape = shape[first : len(shape) - behind]
    if len(axes) > 1:
        x = heart.reshape(x, [*x.shape[:first], prod(x.shape[at] for at in axes), *x.shape[axes[-1] + 1 :]], place)
    made = chosen(heart, x, first, prod(chosen_shape), place, beside)
    reading.give(node, heart.reshape(made, [*made.shape[:first], *chosen_shape, *made.shape[first + 1 :]], place))


def _of_each_sample(reading: Reading, node: Node, x: Tensor, axes: Sequence[int], beside: Sequence[Written]) -> None:
    """`x[samples, a]`: one cell, of its own, of each sample."""
    shape = reading.shape_of(node.output)
    if list(axes) != list(range(len(axes))) or shape[:1] != (reading.samples,) or len(shape) != x.rank - len(axes) + 1:
        raise Unsupported
    for _ in axes[1:]:
        x = chosen(reading.heart, x, 1, 1, reading.place(node), beside)
        x = reading.heart.squeeze(x, [1])
    reading.give(node, x)


@operator("aten.flip", "aten.fliplr")
def flip(reading: Reading, node: Node) -> None:
    """Axes backwards."""
    x = reading.tensor(node)
    for axis in reading.ints(node, "dims", [1]):
        x = reading.heart.on_axis("flip", x, x.at(axis), reading.place(node))
    reading.give(node, x)


@operator("aten.roll")
def roll(reading: Reading, node: Node) -> None:
    """Cells moved along axes; what leaves at one end enters at the other."""
    x = reading.tensor(node)
    shifts, axes = reading.ints(node, "shifts"), reading.ints(node, "dims")
    if not axes:
        raise Unsupported
    for shift, axis in zip(shifts, axes, strict=True):
        x = reading.heart.on_axis("roll", x, x.at(axis), reading.place(node), {"shift": shift})
    reading.give(node, x)


@operator("aten.topk", "aten.sort")
def topk(reading: Reading, node: Node) -> None:
    """The largest cells of an axis in order, and where they are."""
    x = reading.tensor(node)
    axis = x.at(int(reading.number(node, "dim", -1)))
    count = reading.own(x, reading.shape_of(node.output))[axis]
    made = chosen(reading.heart, x, axis, count, reading.place(node))
    reading.give_all(node, [made, made])


@operator("aten.kthvalue", "aten.median.dim", "aten.nanmedian.dim", "aten.mode")
def one_of(reading: Reading, node: Node) -> None:
    """One cell of an axis by the order of their values, and where it is."""
    x = reading.tensor(node)
    axis = x.at(int(reading.number(node, "dim", -1)))
    made = chosen(reading.heart, x, axis, 1, reading.place(node))
    made = made if reading.number(node, "keepdim", False) else reading.heart.squeeze(made, [axis])
    reading.give_all(node, [made, made])


@operator("aten.cummax", "aten.cummin")
def running(reading: Reading, node: Node) -> None:
    """The largest or smallest of each cell and those before it, and where it is."""
    made = reading.heart.pointwise("elementwise", reading.tensor(node), reading.place(node), {"op": "cumsum"})
    reading.give_all(node, [made, made])


@operator("aten.diagonal", "aten.diagonal_copy")
def diagonal(reading: Reading, node: Node) -> None:
    """The cells of two axes with equal numbers, as a new last axis."""
    x, heart, place = reading.tensor(node), reading.heart, reading.place(node)
    a, b = (x.at(int(reading.number(node, name, usual))) for name, usual in (("dim1", 0), ("dim2", 1)))
    x = heart.transpose(x, [*(axis for axis in range(x.rank) if axis not in (a, b)), a, b])
    count = reading.shape_of(node.output)[-1]
    flat = heart.reshape(x, [*x.shape[:-2], x.shape[-2] * x.shape[-1]], place)
    reading.give(node, chosen(heart, flat, flat.rank - 1, count, place))


@operator("aten.diag_embed")
def diag_embed(reading: Reading, node: Node) -> None:
    """The last axis on the diagonal of two new ones."""
    x, heart = reading.tensor(node), reading.heart
    if [int(reading.number(node, name, usual)) for name, usual in (("offset", 0), ("dim1", -2), ("dim2", -1))] != [
        0,
        -2,
        -1,
    ]:
        raise Unsupported
    _spread(reading, node, heart.unsqueeze(x, [x.rank]), "where")


@operator("aten.one_hot")
def one_hot(reading: Reading, node: Node) -> None:
    """A new axis, in which each index is compared with every number."""
    x = reading.tensor(node)
    _spread(reading, node, reading.heart.unsqueeze(x, [x.rank]), "equal")


def _spread(reading: Reading, node: Node, x: Tensor, op: str) -> None:
    """A tensor that is repeated along its last axis, and a function of each element."""
    place = reading.place(node)
    wide = reading.heart.expand(x, [*x.shape[:-1], reading.shape_of(node.output)[-1]], place)
    reading.give(node, reading.heart.pointwise("elementwise", wide, place, {"op": op}))


@operator("aten.embedding")
def embedding(reading: Reading, node: Node) -> None:
    """Rows of a table by their numbers: the axes of the indices, and then that of a row."""
    from analyzer.loader.formats.pt2.weights import path_of, weighted

    x, weights = reading.tensor(node, "indices"), reading.fixed(node, "weight")
    if weights is None or weights.root is None:
        raise Unsupported
    heart, place = reading.heart, reading.place(node, path_of(weights))
    parameters = {"vocabulary": weights.shape[0], "size": weights.shape[1]}

    def write(given: dict[str, int], more: dict[str, Any]) -> Tensor:
        flat = heart.reshape(x, [1, -1], place) if x.batch == 0 else heart.reshape(x, [-1], place)
        inside = [heart.natural(flat)]
        made = heart.new("embedding", inside, place, given, batch=x.batch is not None, **more)
        return heart.reshape(made, [*x.shape, weights.shape[1]], place)

    reading.give(node, weighted(reading, dict(parameters), weights, [], write))


@operator("aten.embedding_bag", "aten._embedding_bag", "aten._embedding_bag_forward_only")
def embedding_bag(reading: Reading, node: Node) -> None:
    """One number of the rows of each bag; a bag is a sample, and all have the same size."""
    from analyzer.loader.formats.pt2.weights import path_of, weighted

    x, weights = reading.tensor(node, "indices"), reading.fixed(node, "weight")
    bags = reading.shape_of(node.output)[0]
    if (
        weights is None
        or weights.root is None
        or x.rank != 1
        or bags != reading.samples
        or reading.has(node, "per_sample_weights")
    ):
        raise Unsupported
    heart, place = reading.heart, reading.place(node, path_of(weights))
    op = ("sum", "mean", "max")[int(reading.number(node, "mode", 0))]

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        return heart.new("embedding", [heart.volume(x)], place, given, **more)

    made = weighted(reading, {"vocabulary": weights.shape[0], "size": weights.shape[1]}, weights, [], write)
    reading.give(node, heart.reduce(made, op, [1], False, reading.place(node)))
