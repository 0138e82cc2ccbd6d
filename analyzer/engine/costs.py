"""The cost pass: parameters in the three modes, MACs, bytes and traffic of every node, running sums and totals.

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
>>> row.traffic.shared, row.backward_macs  # 4 bytes of 32·32·3 + 3,860 + 14·14·20; the gradient of the weights only
(43408, 752640)

Source: CS231n, "Convolutional neural networks", for the example.
"""

from __future__ import annotations

from analyzer.dtypes import size_in_bytes
from analyzer.engine.gradients import Gradients
from analyzer.engine.network import Network, Node
from analyzer.engine.on_data import macs_on_data, unread
from analyzer.engine.result import FREE, STILL, Cost, Row, Sums, Traffic
from analyzer.engine.traffic import Moved, stored_bytes
from analyzer.layers import LOCAL, SHARED, Counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import TypeAlias

    from analyzer.engine.tying import Reuse

    #: Counts of parameters with the cost that follows from them.
    _Counted: TypeAlias = tuple[Counts, Cost]


def cost_rows(network: Network, *, batch: int, dtype: str) -> tuple[list[Row], Sums]:
    """A row for every node with its running sums, and the totals; bytes at this batch and dtype.

    Parameters and buffers have the number format of the network's file, where it has one.
    """
    running = Sums(FREE, FREE, FREE, 0, 0, 0, STILL, batch)
    priced, moved, gradients = Priced(network, dtype), Moved(network, batch=batch, dtype=dtype), Gradients(network)
    rows = []
    known: dict[tuple[object, ...], tuple[Sums, int | None, list[int] | None]] = {}
    for node in network.nodes:
        counts = priced.counts(node)
        volumes, (needed, trained) = moved.of(node), gradients.of(node, counts)
        key = *priced.alike(node), volumes, needed, trained
        found = known.get(key)
        if found is None:
            layer, flow = node.layer, node.flow
            shared, local, declared = priced.modes(node)
            stored = priced.stored(node)
            once = volumes + moved.parameters(node, counts, stored)
            others = (
                once if mode is shared else volumes + moved.parameters(node, mode[0], stored)
                for mode in (local, declared)
            )
            traffic = Traffic(once, *others)
            macs = layer.macs(flow)
            backward = layer.backward_macs(flow, needed, trained=trained) if trained or True in needed else 0
            size = _put_out(node, batch, dtype)
            own = Sums(shared[1], local[1], declared[1], macs, size, backward, traffic, batch)
            found = known[key] = own, macs_on_data(node), unread(node)
        own, on_data, left = found
        running = running + own
        rows.append(Row(node, own, running, on_data, left))
    return rows, running


#: What a node adds to each total, given the costs of its network, the batch and the number format.
_ADDED: dict[str, Callable[[Priced, Node, int, str], int]] = {
    "params": lambda priced, node, batch, dtype: priced.declared(node)[1].parameters,
    "params_local": lambda priced, node, batch, dtype: priced.local(node)[1].parameters,
    "trainable": lambda priced, node, batch, dtype: priced.declared(node)[1].trainable,
    "macs": lambda priced, node, batch, dtype: node.layer.macs(node.flow),
    "flops": lambda priced, node, batch, dtype: 2 * node.layer.macs(node.flow),
    "weight_memory": lambda priced, node, batch, dtype: priced.declared(node)[1].bytes,
    "activation_memory": lambda priced, node, batch, dtype: _put_out(node, batch, dtype),
}

#: The amounts that are sums over the layers.
SUMMED = tuple(_ADDED)


def cost_totals(network: Network, keys: Collection[str], *, batch: int, dtype: str) -> dict[str, int]:
    """The totals of these `keys` of `SUMMED`, equal to those of `cost_rows`, without its rows and the other costs.

    >>> from analyzer.layers import CATALOGUE
    >>> from analyzer.volume import Volume
    >>> network = Network()
    >>> image = network.enter("image", Volume((32, 32), 3))
    >>> node = network.place("conv", CATALOGUE["conv"](filters=20, kernel=8, stride=2, padding=1), [image])
    >>> cost_totals(network, ("params", "macs"), batch=1, dtype="float32")
    {'params': 3860, 'macs': 752640}
    """
    priced = Priced(network, dtype)
    distinct: dict[tuple[object, ...], list[Node]] = {}
    for node in network.nodes:
        distinct.setdefault(priced.alike(node), []).append(node)
    return {
        key: sum(_ADDED[key](priced, nodes[0], batch, dtype) * len(nodes) for nodes in distinct.values())
        for key in keys
    }


def _put_out(node: Node, batch: int, dtype: str) -> int:
    """The bytes of what a node puts out; a trained tensor is there once, as parameters."""
    return 0 if node.layer.stored else size_in_bytes(node.output.size * batch, dtype)


class Priced:
    """What the parameters of each node cost in each mode, for a number format of the run."""

    def __init__(self, network: Network, dtype: str) -> None:
        self._network, self._dtype = network, dtype
        self._usual = network.stored("", dtype)
        self._counted: dict[int, Counts] = {}  # the parameters in shared mode, by the identity of a flow
        self._shared: dict[int, Reuse] = {}
        self._local: dict[int, Reuse] = {}
        if any(node.tied is not None for node in network.nodes):
            from analyzer.engine.tying import reused  # few networks have tied layers

            self._shared, self._local = reused(network.nodes), reused(network.nodes, local=True)

    def alike(self, node: Node) -> tuple[object, ...]:
        """Equal for nodes whose parameters and MACs cost the same: those that share a flow read equal volumes."""
        key: tuple[object, ...] = id(node.flow), node.frozen
        if node.tied is not None:
            reuses = self._shared.get(node.index), self._local.get(node.index)
            key = *key, *(reuse and reuse.whole for reuse in reuses)
        if self._network.formats:  # few files have weights of several formats
            key = *key, *self.stored(node)
        return key

    def stored(self, node: Node) -> tuple[str, str]:
        """The number formats of a node's weights, and of its biases and buffers."""
        return self._network.stored(node.name, self._dtype) if self._network.formats else self._usual

    def counts(self, node: Node) -> Counts:
        """The parameters of a node in shared mode, those that it reuses too."""
        flow = node.flow
        found = self._counted.get(id(flow))
        if found is None:
            found = self._counted[id(flow)] = node.layer.parameters(flow, SHARED)
        return found

    def modes(self, node: Node) -> tuple[_Counted, _Counted, _Counted]:
        """The parameters in shared, local and declared mode, and their costs; one object where they are the same."""
        shared = self._in_shared(node)
        return shared, self._in_local(node) or shared, self._as_declared(node) or shared

    def local(self, node: Node) -> _Counted:
        """The parameters in local mode, with what they cost."""
        return self._in_local(node) or self._in_shared(node)

    def declared(self, node: Node) -> _Counted:
        """The parameters in declared mode, with what they cost."""
        return self._as_declared(node) or self._in_shared(node)

    def _in_shared(self, node: Node) -> _Counted:
        counts = self.counts(node)
        return counts, self._cost(counts, self._shared.get(node.index), node)

    def _in_local(self, node: Node) -> _Counted | None:
        """None where it is as in shared mode."""
        if not node.layer.shares and node.index not in self._shared:
            return None
        counts = node.layer.parameters(node.flow, LOCAL)
        return counts, self._cost(counts, self._local.get(node.index), node)

    def _as_declared(self, node: Node) -> _Counted | None:
        """None where it is as in shared mode."""
        layer = node.layer
        if not layer.shares or layer.declared_sharing == SHARED:
            return None
        counts = layer.parameters(node.flow, layer.declared_sharing)
        return counts, self._cost(counts, self._shared.get(node.index), node)

    def _cost(self, counts: Counts, reuse: Reuse | None, node: Node) -> Cost:
        """Counts as a cost: the bytes of weights, biases and buffers; of a frozen layer nothing is trainable."""
        weights = counts.weights if reuse is None else 0
        parameters = weights + counts.biases
        if (reuse is not None and reuse.whole) or (not parameters and not counts.buffers):
            return FREE
        size = stored_bytes(weights, counts.biases + counts.buffers, self.stored(node))
        return Cost(weights, counts.biases, counts.buffers, size, 0 if node.frozen else parameters)
