"""Quantisation of activations: no layer, since it changes the format of numbers and not what is counted.

Sources: ONNX' QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear (1.23.2); onnxruntime's QLinear operators
(ContribOperators.md, 1.32.0).
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import Constant
from analyzer.loader.formats.views import Tensor


@operator("QuantizeLinear", "DequantizeLinear")
def quantised(reading: Reading, node: Node) -> None:
    """The same values. Scale and zero point count nowhere."""
    reading.numbers_of(node, 1)
    reading.numbers_of(node, 2)
    reading.give(node, reading.tensor(node, 0))


@operator("DynamicQuantizeLinear")
def dynamically(reading: Reading, node: Node) -> None:
    """The same values, and their scale and zero point, which depend on the data."""
    reading.give(node, reading.tensor(node, 0))
    for place, dtype in ((1, "float32"), (2, "uint8")):
        reading.give(node, Constant((), dtype, lambda: None, scale=True), place)


@operator("QLinearAdd", "QLinearMul")
def merged(reading: Reading, node: Node) -> None:
    """`A, scale, zero point, B, scale, zero point, C's`."""
    for at in (1, 2, 4, 5, 6, 7):
        reading.numbers_of(node, at)
    a, b = reading.tensor(node, 0), reading.operand(node, 3)
    type = "add" if node.operator == "QLinearAdd" else "multiply"
    place = reading.place(node)
    if isinstance(b, Tensor):
        reading.give(node, reading.heart.merge(type, [a, b], place))
    else:
        reading.give(node, reading.heart.pointwise("elementwise", a, place, {"op": type}))


@operator("QLinearSigmoid", "QLinearLeakyRelu", "QLinearSoftmax")
def activated(reading: Reading, node: Node) -> None:
    """`X, scale, zero point, Y's`."""
    for at in range(1, len(node.inputs)):
        reading.numbers_of(node, at)
    x = reading.tensor(node, 0)
    place = reading.place(node)
    if node.operator == "QLinearSoftmax":
        made = reading.heart.softmax("softmax", x, x.at(node.int("axis", -1)), place)
    elif node.operator == "QLinearSigmoid":
        made = reading.heart.pointwise("sigmoid", x, place)
    else:
        made = reading.heart.pointwise("leaky_relu", x, place, {"slope": round(node.float("alpha", 0.01), 7)})
    reading.give(node, made)


@operator("QLinearGlobalAveragePool")
def pooled(reading: Reading, node: Node) -> None:
    """`X, scale, zero point, Y's`."""
    for at in range(1, len(node.inputs)):
        reading.numbers_of(node, at)
    x = reading.tensor(node, 0)
    axes = range(1, x.rank - 1) if node.int("channels_last", 0) else range(2, x.rank)
    reading.give(node, reading.heart.reduce(x, "mean", axes, True, reading.place(node)))


@operator("QLinearConcat")
def joined(reading: Reading, node: Node) -> None:
    """`Y's scale and zero point, then tensors with theirs`."""
    places = range(2, len(node.inputs), 3)
    for place in (0, 1, *(p + after for p in places for after in (1, 2))):
        reading.numbers_of(node, place)
    xs = [reading.tensor(node, place) for place in places]
    reading.give(node, reading.heart.concat(xs, node.int("axis", 1), reading.place(node)))
