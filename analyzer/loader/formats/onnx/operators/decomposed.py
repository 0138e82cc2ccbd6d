"""Operators that ONNX itself defines by others, and the steps that they are.

Sources: the function bodies of these operators in ONNX 1.23.2.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node


@operator("LpNormalization")
def lp_normalization(reading: Reading, node: Node) -> None:
    """Divided by the norm of an axis."""
    x, heart, place = reading.tensor(node, 0), reading.heart, reading.place(node)
    norm = heart.reduce(x, "l1" if node.int("p", 2) == 1 else "l2", [node.int("axis", -1)], True, place)
    reading.give(node, heart.merge("elementwise", [x, norm], place, {"op": "divide"}))


@operator("MeanVarianceNormalization")
def mean_variance_normalization(reading: Reading, node: Node) -> None:
    """Less the mean, divided by the deviation; over the batch too, which is one sample here."""
    x, heart, place = reading.tensor(node, 0), reading.heart, reading.place(node)
    axes = node.ints("axes") or [0, 2, 3]
    centred = heart.merge("subtract", [x, heart.reduce(x, "mean", axes, True, place)], place)
    squares = heart.reduce(heart.pointwise("elementwise", centred, place, {"op": "square"}), "mean", axes, True, place)
    deviation = heart.pointwise("elementwise", squares, place, {"op": "sqrt"})
    reading.give(node, heart.merge("elementwise", [centred, deviation], place, {"op": "divide"}))


@operator("SwiGLU")
def swiglu(reading: Reading, node: Node) -> None:
    """One tensor times the `silu` of the other."""
    heart, place = reading.heart, reading.place(node)
    gate = heart.pointwise("silu", reading.tensor(node, 0), place)
    reading.give(node, heart.merge("multiply", [gate, reading.tensor(node, 1)], place))
