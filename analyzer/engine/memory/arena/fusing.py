"""Layers that a runtime for microcontrollers runs in the kernel of the layer before, so that they have no tensor.

An activation that only cuts values off becomes the `fused_activation_function` of the layer before. A batch norm or a
scale behind a linear layer is multiplied into its weights when the network is converted. Both need an input that nobody
else reads. Dropout does nothing in inference. Weights that several layers use take in nothing, since each of these
layers has a norm of its own.

Sources: TensorFlow Lite's schema (`ActivationFunctionType`: RELU, RELU_N1_TO_1, RELU6) and its kernels for
microcontrollers, CMSIS-NN's `activation.min` and `activation.max`; the converter's passes that fold norms.
"""

from __future__ import annotations

from analyzer.engine.network import Network, Node
from analyzer.layers import SHARED, Layer
from analyzer.layers.traits import Drops, Normalises


def fused_into(network: Network) -> dict[int, Node]:
    """For every node without a tensor of its own, by its index, the node in whose output it runs."""
    readers = dict.fromkeys((node.index for node in network.outputs), 2)  # an output keeps its tensor
    for node in network.nodes:
        for source in node.inputs:
            readers[source.index] = readers.get(source.index, 0) + 1
    common = {index for node in network.nodes if node.tied for index in (node.index, node.tied.index)}
    found: dict[int, Node] = {}
    folded: dict[int, Node] = {}  # norms and scales, behind which another one folds too
    for node in network.nodes:
        if len(node.inputs) != 1:
            continue
        source = node.inputs[0]
        if readers[source.index] > 1:
            continue
        before = found.get(source.index, source) if source.layer.drops is not Drops.NOTHING else source
        linear = folded.get(before.index, before)
        if node.layer.drops is not Drops.NOTHING:
            found[node.index] = before
        elif _folds(node.layer, linear, common):
            found[node.index] = folded[node.index] = linear
        elif node.layer.clips and before.layer.clamped:
            found[node.index] = found.get(before.index, before)
    return found


def shifted_by(network: Network, fused: dict[int, Node]) -> set[int]:
    """The indices of the linear layers that add what a norm or a scale behind them adds, as biases."""
    return {before.index for index, before in fused.items() if _shifts(network.nodes[index])}


def _folds(layer: Layer, before: Node, common: set[int]) -> bool:
    """Whether a layer scales each plane by known numbers, which the linear layer before takes into its weights."""
    known = layer.normalises is Normalises.NOTHING or layer.learns_statistics
    return before.layer.linear and layer.scales and known and not layer.positional and before.index not in common


def _shifts(node: Node) -> bool:
    """Whether a layer that scales also adds something: a norm subtracts the mean, even where it trains no centre."""
    layer = node.layer
    return layer.scales and (
        layer.normalises is not Normalises.NOTHING or layer.parameters(node.flow, SHARED).biases > 0
    )
