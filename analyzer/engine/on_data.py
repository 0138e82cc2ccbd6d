"""The pass over real data: MACs whose taps fall on no padding, and rows and columns that no window reads.

A dense count multiplies every tap of every window, those over padding too. Taps over real cells are counted per axis and
multiplied, never by walking the volume. Padding that repeats cells of the input (reflect, replicate, circular) is data.

Source: measured as the sum of a layer's output with all-ones input and weights (torch 2.13.0, Keras 3.15.1, ONNX).
"""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.readings import Cells


def macs_on_data(node: Node) -> int | None:
    """The MACs of one sample whose taps fall on data; None where a layer's padding has no such form."""
    layer, flow = node.layer, node.flow
    macs = layer.macs(flow)
    if not macs:
        return 0
    window = layer.window(flow.input)
    if window is None:
        return None if layer.windows(flow, 0) is Cells.UNKNOWN else macs
    if window.real_padding:
        return macs
    positions = flow.input.positions if window.scatters else flow.output.positions
    windowed = layer.windowed_macs(flow)
    return macs - windowed + windowed // (window.taps * positions) * window.taps_on_data(flow.input, flow.output)


def unread(node: Node) -> list[int] | None:
    """The cells at the end of each axis that no window of a layer reads; None for a layer without windows."""
    volume = node.inputs[0].output
    window = node.layer.window(volume)
    return None if window is None or window.scatters else window.unread(volume, node.output)
