"""Concat, Split, and the sequences of tensors between them."""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node


@operator("Concat")
def concat(reading: Reading, node: Node) -> None:
    """The tensors one behind the other. Constants among them become volumes, which count nowhere."""
    given = [place for place in range(len(node.inputs)) if node.reads(place)]
    full = [place for place in given if prod(reading.operand(node, place).shape)]
    xs = [reading.tensor(node, place) for place in full or given[:1]]
    if len(xs) == 1:
        reading.give(node, xs[0])
        return
    reading.give(node, reading.heart.concat(xs, node.int("axis", 1), reading.place(node)))


@operator("Split")
def split(reading: Reading, node: Node) -> None:
    """Ranges of one axis, one for each output: of the sizes given, otherwise alike, the last one smaller."""
    x = reading.tensor(node, 0)
    axis = x.at(node.int("axis", 0))
    start = 0
    for place, size in enumerate(parts(reading, node, x.shape[axis], len(node.outputs))):
        if not reading.empty(node, place):
            reading.give(node, reading.heart.slice(x, axis, start, start + size, 1, reading.place(node)), place)
        start += size


def parts(reading: Reading, node: Node, size: int, count: int) -> list[int]:
    """The sizes of the parts that an axis is split into."""
    given = node.ints("split") or (reading.sizes(node, 1) if node.reads(1) else [])
    if given:
        return given
    each = -(-size // count)
    return [min(each, size - each * place) for place in range(count)]


@operator("Tile")
def tile(reading: Reading, node: Node) -> None:
    """Each axis as often as the repeats say."""
    x = reading.tensor(node, 0)
    place = reading.place(node)
    for axis, count in enumerate(reading.sizes(node, 1)):
        if count > 1:
            x = reading.heart.on_axis("tile", x, axis, place, {"count": count})
    reading.give(node, x)
