"""The cost pass: parameters in the three modes, MACs and bytes of every node, running sums and totals.

shared    every layer has one filter bank
local     every layer whose type declares `sharing` has its own bank and biases at each position
declared  as the file says

A tied layer counts its parameters once, with the layer whose parameters it reuses. In local mode a bank belongs to a
position, so a layer tied to one with other volumes has parameters of its own there.
"""

from __future__ import annotations

from analyzer.dtypes import BITS
from analyzer.engine.network import Network, Node, declared_sharing
from analyzer.engine.result import FREE, Cost, Row, Sums
from analyzer.layers import LOCAL, SHARED, Counts


def cost_rows(network: Network, *, batch: int, dtype: str) -> tuple[list[Row], Sums]:
    """A row for every node, with its running sums, and the totals."""
    bits = BITS[dtype]
    running = Sums(FREE, FREE, FREE, 0, 0)
    rows = []
    known: dict[tuple[int, tuple[tuple[int, ...], ...], bool, int | None], Sums] = {}
    for node in network.nodes:
        # A repeated layer that reads the same volumes costs the same: worked out once.
        key = (
            id(node.layer),
            tuple([source.output.sizes for source in node.inputs]),
            node.frozen,
            None if node.tied is None else node.tied.index,
        )
        own = known.get(key)
        if own is None:
            own = known[key] = _own(node, batch, bits)
        running = running + own
        rows.append(Row(node, own, running))
    return rows, running


def _own(node: Node, batch: int, bits: int) -> Sums:
    """The costs of one node."""
    flow, layer = node.flow, node.layer
    shared = _cost(layer.parameters(flow, SHARED), bits, node)
    local = declared = shared
    if layer.shares:
        local = _cost(layer.parameters(flow, LOCAL), bits, node)
        own = declared_sharing(layer)
        if own != SHARED:
            declared = local if own == LOCAL else _cost(layer.parameters(flow, own), bits, node)
    if node.tied is not None:
        shared = declared = FREE
        local = FREE if _same_volumes(node, node.tied) else local
    return Sums(shared, local, declared, layer.macs(flow), (node.output.size * batch * bits + 7) // 8)


def _cost(counts: Counts, bits: int, node: Node) -> Cost:
    """Counts as a cost: bytes of weights, biases and buffers, nothing trainable where the layer is frozen."""
    parameters = counts.weights + counts.biases
    size = ((parameters + counts.buffers) * bits + 7) // 8
    return Cost(counts.weights, counts.biases, counts.buffers, size, 0 if node.frozen else parameters)


def _same_volumes(node: Node, other: Node) -> bool:
    """Whether two nodes read and put out equal volumes."""
    if node.output != other.output or len(node.inputs) != len(other.inputs):
        return False
    return all(a.output == b.output for a, b in zip(node.inputs, other.inputs, strict=True))
