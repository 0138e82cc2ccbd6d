"""Operators that take some cells of a tensor, or put cells into it."""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.choosing import chosen
from analyzer.loader.formats.pt2.program import Node, Ref
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@operator("aten.slice", "aten.narrow", "aten.slice_copy")
def slice(reading: Reading, node: Node) -> None:
    """A range of one axis."""
    x = reading.tensor(node)
    axis = x.at(int(reading.number(node, "dim", 0)))
    if x.is_batch(axis):
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
    if not x.is_batch(axis):
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


@operator("aten.index")
def index(reading: Reading, node: Node) -> None:
    """`x[a, :, b]`: neighbouring axes that are indexed become the axes of the indices."""
    x = reading.tensor(node)
    indices = node.args["indices"]
    axes = [axis for axis, one in enumerate(indices) if one is not None]
    if not axes or axes != list(range(axes[0], axes[-1] + 1)) or any(x.is_batch(axis) for axis in axes):
        raise Unsupported
    values = [reading.values[ref.name] for ref in indices if isinstance(ref, Ref)]
    if any(value.dtype == "bool" for value in values if isinstance(value, Fixed)):
        raise Unsupported
    heart, place = reading.heart, reading.place(node)
    beside = [heart.volume(value) for value in values if isinstance(value, Tensor)]
    shape = reading.own(x, reading.shape_of(node.output))
    first, behind = axes[0], x.rank - axes[-1] - 1
    chosen_shape = shape[first : len(shape) - behind]
    if len(axes) > 1:
        x = heart.reshape(x, [*x.shape[:first], prod(x.shape[at] for at in axes), *x.shape[axes[-1] + 1 :]], place)
    made = chosen(heart, x, first, prod(chosen_shape), place, beside)
    reading.give(node, heart.reshape(made, [*made.shape[:first], *chosen_shape, *made.shape[first + 1 :]], place))


@operator("aten.flip")
def flip(reading: Reading, node: Node) -> None:
    """Axes backwards."""
    x = reading.tensor(node)
    for axis in reading.ints(node, "dims"):
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


@operator("aten.topk", "aten.sort", "aten.kthvalue")
def topk(reading: Reading, node: Node) -> None:
    """The largest cells of an axis in order, and where they are."""
    x = reading.tensor(node)
    axis = x.at(int(reading.number(node, "dim", -1)))
    count = reading.own(x, reading.shape_of(node.output))[axis]
    made = chosen(reading.heart, x, axis, count, reading.place(node))
    reading.give_all(node, [made, made])


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
