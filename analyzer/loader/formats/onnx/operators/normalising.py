"""Softmax and its like: functions over one axis without trained numbers.

Sources: ONNX' Softmax, LogSoftmax, Hardmax: until opset 12 over all axes from `axis` on, since 13 over one axis.
"""

from __future__ import annotations

from collections.abc import Callable

from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.views import Tensor

_TYPES = {"Softmax": "softmax", "LogSoftmax": "log_softmax"}


@operator(*_TYPES)
def softmax(reading: Reading, node: Node) -> None:
    """Exponentials that sum to 1, or their logarithms."""
    type, place = _TYPES[node.operator], reading.place(node)
    reading.give(node, _along(reading, node, lambda x, axis: reading.heart.softmax(type, x, axis, place)))


@operator("Hardmax")
def hardmax(reading: Reading, node: Node) -> None:
    """1 where a cell is the largest."""
    heart, place = reading.heart, reading.place(node)

    def largest(x: Tensor, axis: int) -> Tensor:
        most = heart.reduce(x, "max", [axis], True, place)
        return heart.merge("elementwise", [x, most], place, {"op": "equal"})

    reading.give(node, _along(reading, node, largest))


def _along(reading: Reading, node: Node, function: Callable[[Tensor, int], Tensor]) -> Tensor:
    """The function along the axis of a node; until opset 12 along all axes from it on, as one."""
    x, place = reading.tensor(node, 0), reading.place(node)
    if reading.opset(node) >= 13:
        return function(x, x.at(node.int("axis", -1)))
    axis = x.at(node.int("axis", 1))
    long = [at for at in range(axis, x.rank) if x.shape[at] > 1]
    if len(long) <= 1:
        return function(x, long[0] if long else x.rank - 1)
    flat = function(reading.heart.reshape(x, [*x.shape[:axis], -1], place), axis)
    return reading.heart.reshape(flat, x.shape, place)
