"""A layer of the network asked again with what a module read: would it be what the module is?

So a layer is judged by itself, whatever the layers before it are.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Node
from analyzer.layers import Flow, Layer
from analyzer.layers.windows import window_count
from analyzer.matching.keys import counts
from analyzer.matching.observed import Observed
from analyzer.matching.tensors import is_of, volumes
from analyzer.volume import Volume


def answers(layer: Layer, read: Sequence[Volume], call: Observed) -> bool:
    """Whether a layer that reads these volumes has the numbers of a call, and puts out what it put out."""
    try:
        output = layer.output(read)
    except Refusal:
        return False
    if call.outputs and not is_of(call.outputs[0], output) and not (read and is_cropped(call, layer, read[0], output)):
        return False
    if call.tied is not None:
        return True
    found = layer.parameters(Flow(read, output), layer.declared_sharing)
    return (found.weights, found.biases, found.buffers) == counts(call)


def is_cropped(call: Observed, layer: Layer, read: Volume, output: Volume) -> bool:
    """Whether a module pads both sides as its layer pads one, so that its output is longer until code crops it.

    So causal convolutions are written in torch: `Conv1d(…, padding=2 * dilation)`, and then `x[..., :-2 * dilation]`.
    In Keras, a transposed convolution that removes cells of its output does so in a `Cropping2D` behind it.
    """
    shape = layer.geometry(read)
    if not shape.kernel or not shape.stride or not shape.dilation or not shape.padding:
        return False
    if layer.grows:
        sizes = [size + sum(pads) for size, pads in zip(output.spatial, shape.padding, strict=True)]
    else:
        axes = zip(read.spatial, shape.kernel, shape.stride, shape.dilation, shape.padding, strict=True)
        sizes = [
            window_count(size, kernel, stride, gap, (max(pads), max(pads))) for size, kernel, stride, gap, pads in axes
        ]
    return min(sizes) > 0 and is_of(call.outputs[0], Volume((*sizes,), output.depth))


def read_by(node: Node, call: Observed) -> Sequence[Volume] | None:
    """The volumes that a call read, with which the layer is what the module is; None where there are none such."""
    if not node.inputs or not call.inputs:
        return None
    for volume in volumes(call.inputs[0], node.inputs[0].output):
        alike = all(source.index == node.inputs[0].index for source in node.inputs)
        read = [volume] * len(node.inputs) if alike else [volume, *(source.output for source in node.inputs[1:])]
        if answers(node.layer, read, call):
            return read
    return None
