"""Tensors put together, and taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.views import Tensor


@operator("aten.cat", "aten.concat", "aten.concatenate")
def cat(reading: Reading, node: Node) -> None:
    """The tensors one behind the other; those without elements are left out."""
    xs = [reading.as_tensor(value) for value in reading.values_of(node, "tensors") if prod(value.shape)]
    rank = max(x.rank for x in xs)
    axis = int(reading.number(node, "dim", 0))
    if len(xs) == 1:
        reading.give(node, xs[0])
        return
    reading.give(node, reading.heart.concat(xs, axis % rank, reading.place(node)))


@operator("aten.hstack", "aten.vstack", "aten.row_stack", "aten.column_stack", "aten.dstack")
def numpy_stack(reading: Reading, node: Node) -> None:
    """The tensors one behind the other along the first, second or third axis, which they are given if they lack it."""
    xs = [reading.as_tensor(value) for value in reading.values_of(node, "tensors")]
    name, rank = node.operator.removeprefix("aten."), xs[0].rank
    if rank < 2:
        raise Unsupported
    axis = {"hstack": 1, "column_stack": 1, "dstack": 2}.get(name, 0)
    xs = [reading.heart.unsqueeze(x, [axis]) for x in xs] if rank <= axis else xs
    reading.give(node, reading.heart.concat(xs, axis, reading.place(node)))


@operator("aten.stack")
def stack(reading: Reading, node: Node) -> None:
    """The tensors one behind the other along a new axis."""
    xs = [reading.as_tensor(value) for value in reading.values_of(node, "tensors")]
    axis = int(reading.number(node, "dim", 0)) % (xs[0].rank + 1)
    xs = [reading.heart.unsqueeze(x, [axis]) for x in xs]
    made = xs[0] if len(xs) == 1 else reading.heart.concat(xs, axis, reading.place(node))
    reading.give(node, made)


@operator(
    "aten.split",
    "aten.split_with_sizes",
    "aten.chunk",
    "aten.tensor_split",
    "aten.unsafe_split",
    "aten.unsafe_chunk",
    "aten.split_copy",
    "aten.split_with_sizes_copy",
    "aten.hsplit",
    "aten.vsplit",
)
def split(reading: Reading, node: Node) -> None:
    """Ranges of one axis, each with the size that the file says."""
    x = reading.tensor(node)
    axis = x.at(int(reading.number(node, "dim", 0)))
    sizes = [reading.shape_of(name)[axis] for name in node.names]
    _ranges(reading, node, x, axis, sizes)


def _ranges(reading: Reading, node: Node, x: Tensor, axis: int, sizes: Sequence[int]) -> None:
    """The outputs that are ranges of an axis; those that nobody reads write no layer."""
    reading.keeps_batch(node, x, axis)
    start = 0
    for at, size in enumerate(sizes):
        if not reading.unread(node, at):
            part = reading.heart.slice(x, axis, start, start + size, 1, reading.place(node))
            reading.give(node, part, at)
        start += size


@operator("aten.unbind", "aten.unbind_copy")
def unbind(reading: Reading, node: Node) -> None:
    """Each cell of an axis by itself."""
    x = reading.tensor(node)
    axis = x.at(int(reading.number(node, "dim", 0)))
    reading.keeps_batch(node, x, axis)
    for at in range(x.shape[axis]):
        if not reading.unread(node, at):
            part = reading.heart.slice(x, axis, at, at + 1, 1, reading.place(node))
            reading.give(node, reading.heart.squeeze(part, [axis]), at)
