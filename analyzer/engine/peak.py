"""The peak of activation memory: the volumes between layers that are alive at once while a network runs forward.

At every layer these are its inputs, its output and every volume that a later layer reads. A view (`flatten`, `reshape`,
`slice`) uses its input's memory; a layer with `inplace: true` overwrites its first input. Outputs of the network stay
to the end. Linear in the number of reads.

This is the column `peak` of a report: it counts volumes and nothing else, and frees the network's input after its last
reader. `analyzer.engine.memory.inference` is the peak of inference in `analyzer memory`: it counts parameters, buffers
and the tensors that a layer makes within itself too, and its input stays, because the caller owns it.

>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("input", Volume((), 10))
>>> for name, units in (("a", 20), ("b", 5)):
...     node = network.place(name, CATALOGUE["dense"](units=units), [node])
>>> network.name_outputs([node])
>>> peak_activation(network, batch=1, dtype="float32")  # the input of 40 bytes, and a's output of 80
ActivationPeak(bytes=120, name='a')

Source: liveness of tensors as torch frees them in graph execution; docs/decisions/peak.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.dtypes import size_in_bytes
from analyzer.engine.network import Network, Node
from analyzer.engine.result import ActivationPeak
from analyzer.layers.operations import Place


def peak_activation(network: Network, *, batch: int, dtype: str) -> ActivationPeak:
    """The most bytes of volumes alive at once, and the name of the first layer where they are."""
    order = [*network.inputs, *network.nodes]
    storage, uses = _storages(network, order)
    sizes: dict[int, int] = {}
    known: dict[int, int] = {}  # bytes by identity: equal volumes of a network are one object
    alive, most, where = 0, 0, order[0].name
    for node in order:
        own = storage[node.index]
        if node.layer.stored:
            sizes[own] = 0
        elif own == node.index:
            size = known.get(id(node.output))
            if size is None:
                size = known[id(node.output)] = size_in_bytes(node.output.size * batch, dtype)
            sizes[own] = size
            alive += size
        if alive > most:
            most, where = alive, node.name
        if own == node.index and not uses[own] and node.index >= 0:  # nothing reads it: freed at once
            alive -= sizes.pop(own)
        for source in node.inputs:
            read = storage[source.index]
            uses[read] -= 1
            if not uses[read]:
                alive -= sizes.pop(read)
    return ActivationPeak(most, where)


def _storages(network: Network, order: Sequence[Node]) -> tuple[dict[int, int], dict[int, int]]:
    """For each node the index of the node whose memory it uses, and for each of those how many reads it has."""
    storage: dict[int, int] = {}
    uses: dict[int, int] = {}
    for node in order:
        shares = bool(node.inputs) and node.layer.place is not Place.OWN
        storage[node.index] = storage[node.inputs[0].index] if shares else node.index
        uses.setdefault(storage[node.index], 0)
        for source in node.inputs:
            uses[storage[source.index]] += 1
    for node in network.outputs:
        uses[storage[node.index]] += 1
    return storage, uses
