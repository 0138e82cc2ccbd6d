"""The cost pass: parameters in the three modes, MACs and bytes of every node, running sums and totals.

shared    every layer has one filter bank
local     every layer whose type declares `sharing` has its own bank and biases at each position
declared  every layer has the sharing that its file gives it

A tied layer has no parameters of its own: they count with the layer whose parameters it reuses. In local mode a bank
belongs to a position, so a layer that is tied to one with other volumes has parameters of its own.

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


def cost_rows(network: Network, *, batch: int, dtype: str) -> tuple[list[Row], Sums]:
    """A row for every node with its running sums, and the totals; bytes at this batch and dtype."""
    running = Sums(FREE, FREE, FREE, 0, 0)
    rows = []
    known: dict[tuple[object, ...], tuple[Sums, int | None, list[int] | None]] = {}
    for node in network.nodes:
        # Nodes that share a flow are one layer that reads equal volumes: they cost the same.
        key = id(node.flow), node.frozen, node.tied
        found = known.get(key)
        if found is None:
            found = known[key] = _own(node, batch, dtype), macs_on_data(node), unread(node)
        own, on_data, left = found
        running = running + own
        rows.append(Row(node, own, running, on_data, left))
    return rows, running


def _own(node: Node, batch: int, dtype: str) -> Sums:
    """The costs of one node."""
    flow, layer = node.flow, node.layer
    shared = _cost(layer.parameters(flow, SHARED), dtype, node)
    local = declared = shared
    if layer.shares:
        local = _cost(layer.parameters(flow, LOCAL), dtype, node)
        own = layer.declared_sharing
        if own != SHARED:
            declared = local if own == LOCAL else _cost(layer.parameters(flow, own), dtype, node)
    if node.tied is not None:
        shared = declared = FREE
        local = FREE if _same_volumes(node, node.tied) else local
    return Sums(shared, local, declared, layer.macs(flow), size_in_bytes(node.output.size * batch, dtype))


def _cost(counts: Counts, dtype: str, node: Node) -> Cost:
    """Counts as a cost: the bytes of weights, biases and buffers; nothing is trainable where the layer is frozen."""
    parameters = counts.weights + counts.biases
    if not parameters and not counts.buffers:
        return FREE
    size = size_in_bytes(parameters + counts.buffers, dtype)
    return Cost(counts.weights, counts.biases, counts.buffers, size, 0 if node.frozen else parameters)


def _same_volumes(node: Node, other: Node) -> bool:
    """Whether two nodes read and put out equal volumes."""
    if node.output != other.output or len(node.inputs) != len(other.inputs):
        return False
    return all(a.output == b.output for a, b in zip(node.inputs, other.inputs, strict=True))
