"""Softmax and its like: functions over one axis without trained numbers.

Sources: ONNX' Softmax, LogSoftmax, Hardmax: until opset 12 over all axes from `axis` on, since 13 over one axis.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.tensors import Tensor

_TYPES = {"Softmax": "softmax", "LogSoftmax": "log_softmax"}


@operator(*_TYPES)
def softmax(reading: Reading, node: Node) -> None:
    """Over the axes as one axis, where they are several of more than one cell."""
    x = reading.tensor(node, 0)
    place, type = reading.place(node), _TYPES[node.operator]
    if reading.opset(node) >= 13:
        reading.give(node, reading.heart.softmax(type, x, x.at(node.int("axis", -1)), place))
        return
    axis = x.at(node.int("axis", 1))
    long = [at for at in range(axis, x.rank) if x.shape[at] > 1]
    if len(long) <= 1:
        made: Tensor = reading.heart.softmax(type, x, long[0] if long else x.rank - 1, place)
    else:
        flat = reading.heart.reshape(x, [*x.shape[:axis], -1], place)
        made = reading.heart.reshape(reading.heart.softmax(type, flat, -1, place), x.shape, place)
    reading.give(node, made)
