"""Products of tensors that layers put out. A product with a trained matrix is a layer with weights."""

from __future__ import annotations

from analyzer.loader.formats.einsum import Unequal, einsum
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node


@operator("Einsum")
def einstein(reading: Reading, node: Node) -> None:
    """The sum that the equation describes."""
    xs = [reading.tensor(node, place) for place in range(len(node.inputs))]
    try:
        made = einsum(reading.heart, node.string("equation", ""), xs, reading.place(node))
    except Unequal:
        raise Unsupported from None
    reading.give(node, made)
