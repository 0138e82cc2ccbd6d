"""The peak of activation memory while a network runs forward, layer by layer, keeping only what is still to be read.

At every layer its inputs, its output and whatever later layers still read are alive at once. A view (`flatten`,
`reshape`, `slice`) holds its input's memory; a layer with `inplace: true` overwrites its first input. Outputs of the
network stay to the end. Linear in the number of reads.

Source: liveness of tensors as torch frees them in graph execution; docs/decisions/peak.md.
"""

from __future__ import annotations

from analyzer.dtypes import size_in_bytes
from analyzer.engine.network import Network
from analyzer.engine.result import Peak


def peak_activation(network: Network, *, batch: int, dtype: str) -> Peak:
    """The most bytes alive at once, and the name of the first layer where they are."""
    storage: dict[int, int] = {}  # node index -> the index of the node whose memory it uses
    uses: dict[int, int] = {}  # storage index -> reads still to come
    order = [*network.inputs, *network.nodes]
    for node in order:
        shares = bool(node.inputs) and (node.layer.view or node.layer.overwrites)
        storage[node.index] = storage[node.inputs[0].index] if shares else node.index
        uses.setdefault(storage[node.index], 0)
        for source in node.inputs:
            uses[storage[source.index]] += 1
    for node in network.outputs:
        uses[storage[node.index]] += 1
    sizes: dict[int, int] = {}
    alive, most, where = 0, 0, order[0].name
    for node in order:
        own = storage[node.index]
        if own == node.index:
            sizes[own] = size_in_bytes(node.output.size * batch, dtype)
            alive += sizes[own]
        if alive > most:
            most, where = alive, node.name
        if own == node.index and not uses[own] and node.index >= 0:  # nothing reads it: gone at once
            alive -= sizes.pop(own)
        for source in node.inputs:
            held = storage[source.index]
            uses[held] -= 1
            if not uses[held]:
                alive -= sizes.pop(held)
    return Peak(most, where)
