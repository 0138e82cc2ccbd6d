"""Operators that give a tensor other axes, and those that change nothing that is counted.

Most write no layer: the heart regroups axes, and writes one only where a consumer needs it.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node


@operator("Identity", "Cast", "CastLike", "BitCast", "StopGradient")
def same(reading: Reading, node: Node) -> None:
    """The elements as they are, or in another number format."""
    reading.give(node, reading.tensor(node, 0))


@operator("Dropout")
def dropout(reading: Reading, node: Node) -> None:
    """A `dropout`, which does nothing while the network is evaluated. Its mask has the same axes."""
    rate = node.float("ratio", None)
    if rate is None:
        given = reading.numbers(node, 1)
        rate = given[0] if given else 0.5
    made = reading.heart.pointwise(
        "dropout", reading.tensor(node, 0), reading.place(node), {"rate": round(min(max(rate, 0.0), 1.0), 7)}
    )
    for place in range(len(node.outputs)):
        reading.give(node, made, place)


@operator("Reshape")
def reshape(reading: Reading, node: Node) -> None:
    """Sizes from an input, an attribute before opset 5; 0 keeps a size, unless `allowzero` is set."""
    x = reading.tensor(node, 0)
    sizes = node.ints("shape") or reading.sizes(node, 1)
    given = reading.constant(node, 1)
    kept = [axis for axis, size in enumerate(sizes) if size == 0 and axis < x.rank and not node.int("allowzero", 0)]
    # in a shape that the file calculates from others, and in one that keeps the batch, there is one sample
    of_one = (given is not None and given.derived) or x.batch in kept
    sizes = [x.shape[axis] if axis in kept else size for axis, size in enumerate(sizes)]
    samples = 1 if of_one else reading.samples
    reading.give(node, reading.heart.reshape(x, sizes, reading.place(node), samples=samples))


@operator("Flatten")
def flatten(reading: Reading, node: Node) -> None:
    """Two axes: those before `axis`, and the others."""
    x = reading.tensor(node, 0)
    reading.give(node, reading.heart.flatten(x, node.int("axis", 1)))


@operator("Squeeze")
def squeeze(reading: Reading, node: Node) -> None:
    """Without the axes named, or without every axis of one cell; the batch is one where the file says that it is 1."""
    x = reading.tensor(node, 0)
    axes = axes_of(reading, node)
    if axes is None:
        firsts = [info.dims[0] for info in reading.model.graph.inputs if info.dims]
        kept = {x.batch} if any(size != 1 for size in firsts) else set()
        axes = [axis for axis, size in enumerate(x.shape) if size == 1 and axis not in kept]
    reading.give(node, reading.heart.squeeze(x, axes))


@operator("Unsqueeze")
def unsqueeze(reading: Reading, node: Node) -> None:
    """New axes of one cell."""
    x, axes = reading.tensor(node, 0), axes_of(reading, node) or []
    rank = x.rank + len(axes)
    if len({axis % rank for axis in axes}) < len(axes) or any(not -rank <= axis < rank for axis in axes):
        raise Unsupported
    reading.give(node, reading.heart.unsqueeze(x, axes))


def axes_of(reading: Reading, node: Node, place: int = 1) -> list[int] | None:
    """The axes that a node names: an attribute, an input in later opsets; None where it names none."""
    if node.has("axes"):
        return node.ints("axes")
    return reading.sizes(node, place) if node.reads(place) else None


@operator("Transpose")
def transpose(reading: Reading, node: Node) -> None:
    """The axes in another order; without one, from the last to the first."""
    x = reading.tensor(node, 0)
    order = node.ints("perm") or list(reversed(range(x.rank)))
    reading.give(node, reading.heart.transpose(x, order))


@operator("Expand")
def expand(reading: Reading, node: Node) -> None:
    """Broadcast to a shape. The batch is one sample, whatever the shape says of it."""
    x = reading.tensor(node, 0)
    sizes = reading.of_one_sample(x, reading.sizes(node, 1))
    reading.give(node, reading.heart.expand(x, sizes, reading.place(node)))
