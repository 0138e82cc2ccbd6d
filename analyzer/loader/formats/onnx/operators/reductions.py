"""Reductions: one number of the cells along axes.

Sources: ONNX' Reduce* (axes as an attribute, from opset 18 as an input; ReduceSum from 13), ArgMax, CumSum.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.operators.regrouping import axes_of
from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node

_OPS = {
    "ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "max", "ReduceMin": "min", "ReduceProd": "prod",
    "ReduceL1": "l1", "ReduceL2": "l2", "ReduceLogSum": "log_sum", "ReduceLogSumExp": "logsumexp",
    "ReduceSumSquare": "sum_square",
}  # fmt: skip


@operator(*_OPS)
def reduce(reading: Reading, node: Node) -> None:
    """Over the axes named, or over all; with no axes and `noop_with_empty_axes` it changes nothing but the function."""
    x = reading.tensor(node, 0)
    axes = axes_of(reading, node) or []
    if not axes and node.int("noop_with_empty_axes", 0):
        reading.give(node, x)
        return
    keep = bool(node.int("keepdims", 1))
    made = reading.heart.reduce(x, _OPS[node.operator], axes or range(x.rank), keep, reading.place(node))
    reading.give(node, made)


@operator("CumSum", "CumProd")
def cumulated(reading: Reading, node: Node) -> None:
    """The sum or the product of each cell and those before it."""
    x, op = reading.tensor(node, 0), node.operator.lower()
    reading.give(node, reading.heart.pointwise("elementwise", x, reading.place(node), {"op": op}))


@operator("ArgMax", "ArgMin")
def arg(reading: Reading, node: Node) -> None:
    """The place of the largest or smallest cell of an axis."""
    x = reading.tensor(node, 0)
    op = "argmax" if node.operator == "ArgMax" else "argmin"
    keep = bool(node.int("keepdims", 1))
    reading.give(node, reading.heart.reduce(x, op, [node.int("axis", 0)], keep, reading.place(node)))
