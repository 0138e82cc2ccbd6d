"""The pass over real data: MACs whose taps fall on no padding, and rows and columns that no window reads.

A dense count multiplies every tap of every window, those over padding too. Taps over real cells are counted per axis and
multiplied, never by walking the volume. Padding that repeats cells of the input (reflect, replicate, circular) is data.

Source: measured as the sum of a layer's output with all-ones input and weights (torch 2.13.0, Keras 3.15.1, ONNX).
"""

from __future__ import annotations

from math import prod

from analyzer.engine.network import Node
from analyzer.layers.taps import taps_within, unread_after


def macs_on_data(node: Node) -> int | None:
    """The MACs of one sample whose taps fall on data; None where a layer's padding has no such form."""
    layer, flow = node.layer, node.flow
    macs = layer.macs(flow)
    windowed = getattr(layer, "windowed_macs", None)
    if windowed is None or not macs:
        return macs if not macs or layer.windows(flow, 0) is not None else None
    if getattr(layer, "padding_mode", "zeros") != "zeros":
        return macs
    kernel, stride, dilation, pairs = layer.geometry(flow.input)  # type: ignore[attr-defined]
    scattered = layer.type == "conv_transpose"
    positions, cells = (flow.input, flow.output) if scattered else (flow.output, flow.input)
    real: int = prod(
        taps_within(count, k, s, d, before, length)
        for count, k, s, d, (before, _), length in zip(
            positions.spatial, kernel, stride, dilation, pairs, cells.spatial, strict=True
        )
    )
    dense: int = prod(kernel) * positions.positions
    share: int = windowed(flow)
    return macs - share + share // dense * real


def unread(node: Node) -> list[int] | None:
    """The cells at the end of each axis that no window of a layer reads; None for a layer without windows."""
    geometry = getattr(node.layer, "geometry", None)
    if geometry is None or node.layer.type == "conv_transpose":
        return None
    volume = node.inputs[0].output
    kernel, stride, dilation, pairs = geometry(volume)
    return [
        unread_after(size, count, k, s, d, before)
        for size, count, k, s, d, (before, _) in zip(
            volume.spatial, node.output.spatial, kernel, stride, dilation, pairs, strict=True
        )
    ]
