"""Pad and CenterCropPad: cells around a tensor, or cells removed.

Sources: ONNX' Pad (`paddings` in opset 1, `pads` until 10, inputs since 11, `axes` since 18, `wrap` since 19).
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.operators.regrouping import axes_of
from analyzer.loader.formats.onnx.reading import Reading, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.padded import padded

_MODES = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


@operator("Pad")
def pad(reading: Reading, node: Node) -> None:
    """Negative numbers remove cells: those are slices, before the cells that are added."""
    x = reading.tensor(node, 0)
    pads = node.ints("pads") or node.ints("paddings") or reading.sizes(node, 1)
    axes = [x.at(axis) for axis in axes_of(reading, node, 3) or range(x.rank)]
    pairs = {axis: (pads[place], pads[place + len(axes)]) for place, axis in enumerate(axes)}
    mode = _MODES.get(node.string("mode", "constant"), "zeros")
    reading.give(node, padded(reading.heart, x, pairs, mode, reading.place(node)))


@operator("CenterCropPad")
def center_crop_pad(reading: Reading, node: Node) -> None:
    """The middle of axes that are too long; zeros around those that are too short, the odd cell after them."""
    x = reading.tensor(node, 0)
    axes = [x.at(axis) for axis in node.ints("axes") or range(x.rank)]
    pairs = {}
    for axis, size in zip(axes, reading.sizes(node, 1), strict=True):
        more = size - x.shape[axis]
        before = more // 2 if more > 0 else -(-more // 2)
        pairs[axis] = (before, more - before)
    reading.give(node, padded(reading.heart, x, pairs, "zeros", reading.place(node)))
