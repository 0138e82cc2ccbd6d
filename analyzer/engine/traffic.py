"""Traffic: the bytes that a layer moves in a forward pass, each of them read or written once.

    traffic = bytes of the volumes that it reads + bytes of its parameters and buffers + bytes of its output

It is the least that a kernel for the whole layer reads from memory and writes to it. What a layer makes within itself
is not in it. Volumes are those of the batch, parameters are read once for all samples.

    a view (`flatten`, `reshape`, `slice`), a dropout   nothing: it hands on its input
    in place                                            the same as not in place: the memory is read and written
    one volume read twice (`add: [x, x]`)               once
    a `parameter`                                       nothing; the layer that reads it reads it once for the batch
    tied parameters                                     read again by each layer, though they count once
    a look-up (`embedding`, `gather`)                   the rows that it picks, at most all, and indices of 8 bytes

Source: Williams et al. 2009, "Roofline", for the arithmetic intensity that it is used in: FLOPs a byte of traffic.
"""

from __future__ import annotations

from analyzer.dtypes import size_in_bytes
from analyzer.engine.network import Network, Node
from analyzer.layers import Counts
from analyzer.layers.operations import INDEX
from analyzer.layers.traits import Drops


class Moved:
    """The bytes of the volumes that each layer of a network reads and writes, for a batch and a number format.

    Asked for one node after the other, in the order of computation.
    """

    def __init__(self, network: Network, *, batch: int, dtype: str) -> None:
        self._network, self._batch, self._dtype = network, batch, dtype
        #: The bytes of each output so far, by the index of its node.
        self._sizes = {node.index: size_in_bytes(node.output.size * batch, dtype) for node in network.inputs}
        #: Of the outputs that are there once for the whole batch, trained tensors and views of them, their formats.
        self._once: dict[int, str] = {}

    def of(self, node: Node) -> int:
        """The bytes of what a node reads and of what it puts out."""
        layer, index, inputs, sizes = node.layer, node.index, node.inputs, self._sizes
        if layer.stored or (layer.view and inputs[0].index in self._once):
            format = self._network.stored(node.name, self._dtype)[0] if layer.stored else self._once[inputs[0].index]
            self._once[index] = format
            sizes[index] = size_in_bytes(node.output.size, format)
            return 0
        size = sizes[index] = size_in_bytes(node.output.size * self._batch, self._dtype)
        if layer.view or layer.drops is not Drops.NOTHING:
            return 0
        if len(inputs) == 1 and layer.indices is None:
            return sizes[inputs[0].index] + size
        return size + sum({source.index: self._read(node, which) for which, source in enumerate(inputs)}.values())

    def _read(self, node: Node, which: int) -> int:
        """The bytes of what a node reads of one of several inputs, or of one with indices."""
        layer, volume, source = node.layer, node.flow.inputs[which], node.inputs[which].index
        elements = layer.elements_read(node.flow, which)
        if which == layer.indices:
            return elements * self._batch * INDEX
        if elements == volume.size:
            return self._sizes[source]
        return size_in_bytes(elements * self._batch, self._dtype)

    def parameters(self, node: Node, counts: Counts, stored: tuple[str, str]) -> int:
        """The bytes of the parameters and buffers that a node reads of `counts`, once for the batch.

        `stored` are the formats of the weights, and of the others. A stored tensor is read by the layers after it.
        """
        layer, weights = node.layer, counts.weights
        if layer.stored:
            return 0
        if layer.looks_up:
            weights = min(weights, node.output.size * self._batch)
        return stored_bytes(weights, counts.biases + counts.buffers, stored)


def stored_bytes(weights: int, others: int, stored: tuple[str, str]) -> int:
    """The bytes of weights, and of biases and buffers, in their number formats."""
    if stored[0] == stored[1]:
        return size_in_bytes(weights + others, stored[0])
    return size_in_bytes(weights, stored[0]) + size_in_bytes(others, stored[1])
