"""The cost pass: parameters in the three modes, MACs and bytes of every node, running sums and totals.

shared    every layer has one filter bank
local     every layer whose type declares `sharing` has its own bank and biases at each position
declared  every layer has the sharing that its file gives it

What a tied layer reuses counts with the layer that it belongs to (`tying`). In local mode a bank belongs to a position,
so a layer that is tied to one with other volumes has parameters of its own.

>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> image = network.enter("image", Volume((32, 32), 3))
>>> node = network.place("conv", CATALOGUE["conv"](filters=20, kernel=8, stride=2, padding=1), [image])
>>> (row,), totals = cost_rows(network, batch=1, dtype="float32")
>>> row.shared.weights, row.shared.biases, row.local.weights, row.local.biases
(3840, 20, 752640, 3920)
>>> row.macs, totals.activation_bytes  # 8·8·3·20 weights at 14·14 positions; 14·14·20 elements of 4 bytes
(752640, 15680)

Source: CS231n, "Convolutional neural networks", for the example.
"""

from __future__ import annotations

from analyzer.dtypes import size_in_bytes
from analyzer.engine.network import Network, Node
from analyzer.engine.on_data import macs_on_data, unread
from analyzer.engine.result import FREE, Cost, Row, Sums
from analyzer.layers import LOCAL, SHARED, Counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.tying import Reuse


def cost_rows(network: Network, *, batch: int, dtype: str) -> tuple[list[Row], Sums]:
    """A row for every node with its running sums, and the totals; bytes at this batch and dtype.

    Parameters and buffers have the number format of the network's file, where it has one.
    """
    running = Sums(FREE, FREE, FREE, 0, 0)
    rows = []
    known: dict[tuple[object, ...], tuple[Sums, int | None, list[int] | None]] = {}
    several, stored = network.formats, network.stored("", dtype)
    shared: dict[int, Reuse] = {}
    local: dict[int, Reuse] = {}
    if any(node.tied is not None for node in network.nodes):
        from analyzer.engine.tying import reused  # few networks have tied layers

        shared, local = reused(network.nodes), reused(network.nodes, local=True)
    for node in network.nodes:
        reuses = shared.get(node.index), local.get(node.index)
        # Nodes that share a flow are one layer that reads equal volumes: they cost the same.
        key: tuple[object, ...] = id(node.flow), node.frozen, *[reuse and reuse.whole for reuse in reuses]
        if several:  # few files have weights of several formats
            stored = network.stored(node.name, dtype)
            key = *key, *stored
        found = known.get(key)
        if found is None:
            found = known[key] = _own(node, reuses, batch, dtype, stored), macs_on_data(node), unread(node)
        own, on_data, left = found
        running = running + own
        rows.append(Row(node, own, running, on_data, left))
    return rows, running


def _own(
    node: Node, reuses: tuple[Reuse | None, Reuse | None], batch: int, dtype: str, stored: tuple[str, str]
) -> Sums:
    """The costs of one node; `reuses` is what it reuses in shared mode, and in local mode.

    `stored` are the number formats of its weights, and of its biases and buffers.
    """
    flow, layer = node.flow, node.layer
    shared = _cost(layer.parameters(flow, SHARED), reuses[0], stored, node)
    local = declared = shared
    if layer.shares or reuses[0] is not None:
        local = _cost(layer.parameters(flow, LOCAL), reuses[1], stored, node)
    if layer.shares:
        own = layer.declared_sharing
        if own != SHARED:
            declared = _cost(layer.parameters(flow, own), reuses[0], stored, node)
    put_out = 0 if layer.stored else node.output.size * batch  # a trained tensor is there once, as parameters
    return Sums(shared, local, declared, layer.macs(flow), size_in_bytes(put_out, dtype))


def _cost(counts: Counts, reuse: Reuse | None, stored: tuple[str, str], node: Node) -> Cost:
    """Counts as a cost: the bytes of weights, biases and buffers; nothing is trainable where the layer is frozen."""
    weights = counts.weights if reuse is None else 0
    parameters = weights + counts.biases
    if (reuse is not None and reuse.whole) or (not parameters and not counts.buffers):
        return FREE
    if stored[0] == stored[1]:
        size = size_in_bytes(parameters + counts.buffers, stored[0])
    else:
        size = size_in_bytes(weights, stored[0]) + size_in_bytes(counts.biases + counts.buffers, stored[1])
    return Cost(weights, counts.biases, counts.buffers, size, 0 if node.frozen else parameters)
