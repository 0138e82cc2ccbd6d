"""The network that a runtime for microcontrollers runs: activations and norms are part of the layer before.

`memory/arena/fusing.py` says which layers those are. Their volumes, MACs and parameters are gone: the layer before
takes a norm's factors into its weights, and what the norm adds into its biases, one for each filter. It gains biases
where it had none; a locally connected one gains one set for all positions. Biases of int8 weights have 32 bits.

>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("image", Volume((8, 8), 3))
>>> node = network.place("conv1", CATALOGUE["conv"](filters=4, kernel=3, bias=False), [node])
>>> node = network.place("conv1.batch_norm", CATALOGUE["batch_norm"](), [node])
>>> node = network.place("conv1.relu", CATALOGUE["relu"](), [node])
>>> (conv,) = fuse(network).nodes
>>> conv, [node.name for node in conv.fused], conv.layer.bias
(Node(conv1: conv 6x6x4), ['conv1.batch_norm', 'conv1.relu'], True)
"""

from __future__ import annotations

from analyzer.engine.memory.arena.fusing import fused_into, shifted_by
from analyzer.engine.network import Network, Node
from analyzer.layers import Layer


def fuse(network: Network) -> Network:
    """A network of the same computation with a node for each fused layer, which has the name of the first of them.

    A node's `fused` are the nodes of the other network that it takes in, in their order. Linear in the network.
    """
    within = fused_into(network)
    shifted = shifted_by(network, within)
    found = Network(network.most)
    made: dict[int, Node] = {node.index: found.enter(node.name, node.output) for node in network.inputs}
    copies: dict[int, Layer] = {}
    for node in network.nodes:
        first = within.get(node.index)
        if first is not None:
            made[node.index] = made[first.index]
            made[first.index].fused = (*made[first.index].fused, node)
            continue
        layer = node.layer
        if node.index in shifted:
            layer = copies.get(id(layer)) or copies.setdefault(id(layer), with_bias(layer))
        made[node.index] = found.place(
            node.name,
            layer,
            [made[source.index] for source in node.inputs],
            node.origin,
            tied=None if node.tied is None else made[node.tied.index],
            weights_only=node.weights_only,
            frozen=node.frozen,
        )
    _describe(network, found, made)
    return found


def with_bias(layer: Layer) -> Layer:
    """A linear layer that adds a bias for each filter; itself where it adds some already."""
    if vars(layer).get("bias", True):
        return layer
    untied = {"untied_bias": False} if "untied_bias" in layer.declared else {}
    return layer.of_read({**vars(layer), "bias": True, **untied})


def _describe(network: Network, found: Network, made: dict[int, Node]) -> None:
    """Gives the new network what the other one knows about its description and its file."""
    if network.names_outputs:
        found.name_outputs([made[node.index] for node in network.outputs])
    for name, node in network.names.items():
        if name != node.name and name not in found.names:
            found.also_name(name, made[node.index])
    found.groups, found.sites = network.groups, network.sites
    found.calls = {path: made[node.index] for path, node in network.calls.items()}
    found.notes = network.notes
    found.source, found.uncovered = network.source, network.uncovered
    found.weights_dtype, found.formats = network.weights_dtype, network.formats
    found.quantized = True
