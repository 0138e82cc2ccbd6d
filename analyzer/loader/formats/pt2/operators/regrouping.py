"""Operators that give a tensor other axes, and those that change nothing that is counted.

Most write no layer: the heart regroups axes, and writes one only where a consumer needs it.
"""

from __future__ import annotations

from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, operator
from analyzer.loader.formats.views import Tensor


@operator(
    "aten.clone", "aten.contiguous", "aten.to", "aten._to_copy", "aten.detach", "aten.alias", "aten.lift_fresh_copy",
    "aten.lift_fresh", "aten.type_as", "aten.float", "aten.half", "aten.double", "aten.int", "aten.long", "aten.bool",
    "aten.lift", "aten._conj", "aten.resolve_conj", "aten.resolve_neg", "aten.requires_grad", "aten.positive",
    "aten._to_cpu", "aten.cpu", "aten.real", "quantized_decomposed.quantize_per_tensor",
    "quantized_decomposed.dequantize_per_tensor", "quantized_decomposed.quantize_per_channel",
    "quantized_decomposed.dequantize_per_channel", "prims.convert_element_type",
    "aten.fake_quantize_per_channel_affine", "aten.fake_quantize_per_tensor_affine",
)  # fmt: skip
def same(reading: Reading, node: Node) -> None:
    """The elements as they are, or in another number format."""
    reading.give(node, reading.tensor(node, next(iter(node.args))))


@operator(
    "aten.view", "aten._unsafe_view", "aten.reshape", "aten.view_as", "aten.reshape_as", "aten.unflatten", "aten.view_copy",
    "aten._reshape_copy",
)  # fmt: skip
def reshape(reading: Reading, node: Node) -> None:
    """To the shape that the file says. Another number format, which `view` gives too, changes no axis."""
    x = reading.tensor(node)
    shape = list(reading.shape_of(node.output))
    reading.give(node, reading.heart.reshape(x, shape, reading.place(node), samples=reading.samples))


@operator("aten.flatten", "aten.ravel")
def flatten(reading: Reading, node: Node) -> None:
    """The axes from one to another as one axis."""
    reshape(reading, node)


@operator("aten.squeeze", "aten.squeeze_copy")
def squeeze(reading: Reading, node: Node) -> None:
    """Without the axes named, where they have one cell; without every axis of one cell."""
    x = reading.tensor(node)
    named = reading.ints(node, "dim", range(x.rank)) if reading.has(node, "dim") else list(range(x.rank))
    many = reading.samples > 1
    axes = [at for at in map(x.at, named) if x.shape[at] == 1 and not (many and x.is_batch(at))]
    reading.give(node, reading.heart.squeeze(x, axes))


@operator("aten.unsqueeze", "aten.unsqueeze_copy")
def unsqueeze(reading: Reading, node: Node) -> None:
    """A new axis of one cell."""
    reading.give(node, reading.heart.unsqueeze(reading.tensor(node), [int(reading.number(node, "dim", 0))]))


@operator("aten.permute", "aten.permute_copy")
def permute(reading: Reading, node: Node) -> None:
    """The axes in another order."""
    x = reading.tensor(node)
    reading.give(node, reading.heart.transpose(x, [x.at(axis) for axis in reading.ints(node, "dims")]))


@operator(
    "aten.transpose",
    "aten.swapaxes",
    "aten.swapdims",
    "aten.transpose_copy",
    "aten.t",
    "aten.numpy_T",
    "aten.mT",
    "aten.adjoint",
)
def transpose(reading: Reading, node: Node) -> None:
    """Two axes swapped; all of them from the last to the first for `T`."""
    x = reading.tensor(node)
    reading.give(node, reading.heart.transpose(x, _order(reading, node, x)))


def _order(reading: Reading, node: Node, x: Tensor) -> list[int]:
    order = list(range(x.rank))
    if node.operator in ("aten.numpy_T", "aten.t"):
        return order[::-1]
    last = [-2, -1] if node.operator in ("aten.mT", "aten.adjoint") else None
    a, b = (x.at(int(one)) for one in last or [reading.number(node, name) for name in list(node.args)[1:3]])
    order[a], order[b] = order[b], order[a]
    return order


@operator("aten.movedim", "aten.moveaxis")
def movedim(reading: Reading, node: Node) -> None:
    """Some axes to other places, the others in their order."""
    x = reading.tensor(node)
    sources = [x.at(axis) for axis in reading.ints(node, "source")]
    targets = [x.at(axis) for axis in reading.ints(node, "destination")]
    placed = dict(zip(targets, sources, strict=True))
    rest = iter(axis for axis in range(x.rank) if axis not in sources)
    order = [placed[at] if at in placed else next(rest) for at in range(x.rank)]
    reading.give(node, reading.heart.transpose(x, order))


@operator("aten.expand", "aten.expand_as", "aten.broadcast_to", "aten.expand_copy")
def expand(reading: Reading, node: Node) -> None:
    """Broadcast to a shape. The batch is one sample, whatever the shape says of it."""
    x = reading.tensor(node)
    sizes = reading.own(x, reading.shape_of(node.output))
    reading.give(node, reading.heart.expand(x, sizes, reading.place(node)))


@operator("aten.copy")
def copy(reading: Reading, node: Node) -> None:
    """The elements of another tensor, broadcast to the shape of the overwritten one."""
    x = reading.tensor(node, "src")
    reading.give(node, reading.heart.expand(x, reading.own(x, reading.shape_of(node.output)), reading.place(node)))


@operator("aten.broadcast_tensors", "aten.meshgrid")
def broadcast(reading: Reading, node: Node) -> None:
    """Several tensors broadcast to one shape. Of a grid, each has an axis of its own."""
    values, heart, place = reading.values_of(node, "tensors"), reading.heart, reading.place(node)
    for at, value in enumerate(values):
        x, shape = reading.as_tensor(value), list(reading.shape_of(node.names[at]))
        if node.operator == "aten.meshgrid":
            axis = 1 - at if reading.number(node, "indexing", "ij") == "xy" and at < 2 else at
            x = heart.reshape(x, [x.size if other == axis else 1 for other in range(len(shape))], place)
        reading.give(node, heart.expand(x, reading.own(x, shape), place), at)


@operator("aten.repeat_interleave")
def repeat_interleave(reading: Reading, node: Node) -> None:
    """Each cell of an axis several times; without an axis, of the whole tensor as one."""
    x, heart, place = reading.tensor(node), reading.heart, reading.place(node)
    count = int(reading.number(node, "repeats"))
    if not reading.has(node, "dim"):
        x = heart.reshape(x, [-1], place)
    axis = x.at(int(reading.number(node, "dim", 0)))
    shape = [size * count if at == axis else size for at, size in enumerate(x.shape)]
    x = heart.on_axis("tile", heart.unsqueeze(x, [axis + 1]), axis + 1, place, {"count": count})
    reading.give(node, heart.reshape(x, shape, place))


@operator("aten.repeat", "aten.tile")
def repeat(reading: Reading, node: Node) -> None:
    """Each axis as often as the repeats say; the batch is one sample."""
    x, heart, place = reading.tensor(node), reading.heart, reading.place(node)
    counts = reading.ints(node, "repeats" if "repeats" in node.args else "dims")
    x = Tensor(x.base, [()] * (len(counts) - x.rank) + list(x.axes))
    counts = [1] * (x.rank - len(counts)) + counts
    for axis, count in enumerate(counts):
        if count > 1:
            x = heart.on_axis("tile", x, axis, place, {"count": count})
    reading.give(node, x)
