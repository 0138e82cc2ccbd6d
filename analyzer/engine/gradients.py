"""Which gradients a training step calculates: those of each layer's inputs and of its weights.

A gradient flows to a volume where something trained is before it and an output of the network after it. A layer that
takes whole numbers or a truth from its input (`argmax`, the indices of an `embedding`) ends the flow. A layer that
reuses weights trains them where the layer that they belong to is trained.

>>> from analyzer.layers import CATALOGUE, Counts
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("input", Volume((), 4))
>>> for name, frozen in (("a", False), ("b", True), ("c", False)):
...     node = network.place(name, CATALOGUE["dense"](units=4), [node], frozen=frozen)
>>> gradients = Gradients(network)
>>> [gradients.of(node, Counts(16, 4)) for node in network.nodes]  # `a` reads the data; `b` hands the gradient on
[((False,), True), ((True,), False), ((True,), True)]
"""

from __future__ import annotations

from analyzer.engine.network import Network, Node
from analyzer.layers import Counts


class Gradients:
    """The gradients of a training step; asked for one node after the other, in the order of computation."""

    def __init__(self, network: Network) -> None:
        #: The nodes whose outputs a gradient comes back to: those that lead to an output of the network.
        self._behind = {node.index for node in network.outputs}
        for node in reversed(network.nodes):
            if node.index in self._behind:
                for which, source in enumerate(node.inputs):
                    if node.layer.differentiates(which):
                        self._behind.add(source.index)
        #: The nodes so far whose outputs have a gradient, and those whose weights are frozen.
        self._needs: set[int] = set()
        self._frozen: set[int] = set()

    def of(self, node: Node, counts: Counts) -> tuple[tuple[bool, ...], bool]:
        """Whether a gradient flows to each input of a node, and whether one flows to its weights, given its counts."""
        needs, inputs, layer = self._needs, node.inputs, node.layer
        if node.frozen if node.tied is None else node.tied.index in self._frozen:
            self._frozen.add(node.index)
        if node.index not in self._behind:
            return (False,) * len(inputs), False
        trained = counts.weights > 0 and node.index not in self._frozen
        if len(inputs) == 1:
            reads: tuple[bool, ...] = (inputs[0].index in needs and layer.differentiates(0),)
        else:
            reads = tuple([source.index in needs and layer.differentiates(at) for at, source in enumerate(inputs)])
        if trained or True in reads or (counts.biases and not node.frozen):
            needs.add(node.index)
        return reads, trained
