"""The pass over real data: the MACs that do not multiply padding, and the cells that no window reads.

The MACs of a layer count every tap of every window, also those over padding. This pass counts the taps over real cells
on each axis and multiplies them, without a walk over the volume. Padding that repeats cells of the input (reflect,
replicate, circular) is data.

>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> line = network.enter("line", Volume((4,), 1))
>>> padded = network.place("padded", CATALOGUE["conv"](filters=1, kernel=3, padding=1), [line])
>>> macs_on_data(padded)  # 3·4 = 12 MACs, of which the first and the last window have 1 on padding
10
>>> unread(network.place("strided", CATALOGUE["conv"](filters=1, kernel=1, stride=2), [line]))  # reads cells 0 and 2
[1]

Source: measured as the sum of a layer's output with all-ones input and weights (torch 2.13.0, Keras 3.15.1, ONNX).
"""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.readings import Cells


def macs_on_data(node: Node) -> int | None:
    """The MACs of one sample whose taps fall on data; None where the layer does not say what it reads."""
    layer, flow = node.layer, node.flow
    macs = layer.macs(flow)
    if macs.__class__ is not int:
        return None
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
    """The cells at the end of each axis that no window of a layer reads; None for a layer without a sliding window."""
    volume = node.flow.input
    window = node.layer.window(volume)
    return None if window is None or window.scatters else window.unread(volume, node.output)
