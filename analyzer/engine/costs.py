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
    from analyzer.engine.tying import Reuse


def cost_rows(network: Network, *, batch: int, dtype: str) -> tuple[list[Row], Sums]:
    """A row for every node with its running sums, and the totals; bytes at this batch and dtype.

    Parameters and buffers have the number format of the network's file, where it has one.
    """
    running = Sums(FREE, FREE, FREE, 0, 0, 0, STILL, batch)
    moved, gradients = Moved(network, batch=batch, dtype=dtype), Gradients(network)
    counted: dict[int, Counts] = {}  # the parameters in shared mode, by the identity of a flow
    rows = []
    known: dict[tuple[object, ...], tuple[Sums, int | None, list[int] | None]] = {}
    several, stored = network.formats, network.stored("", dtype)
    shared: dict[int, Reuse] = {}
    local: dict[int, Reuse] = {}
    if any(node.tied is not None for node in network.nodes):
        from analyzer.engine.tying import reused  # few networks have tied layers

        shared, local = reused(network.nodes), reused(network.nodes, local=True)
    for node in network.nodes:
        layer, flow = node.layer, node.flow
        counts = counted.get(id(flow))
        if counts is None:
            counts = counted[id(flow)] = layer.parameters(flow, SHARED)
        reuses = shared.get(node.index), local.get(node.index)
        volumes, (needed, trained) = moved.of(node), gradients.of(node, counts)
        # Nodes that share a flow are one layer that reads equal volumes: they cost the same.
        key: tuple[object, ...] = id(flow), node.frozen, volumes, needed, trained, *[r and r.whole for r in reuses]
        if several:  # few files have weights of several formats
            stored = network.stored(node.name, dtype)
            key = *key, *stored
        found = known.get(key)
        if found is None:
            in_shared, in_local, as_declared, traffic = _own(node, counts, reuses, stored, volumes, moved)
            macs = layer.macs(flow)
            backward = layer.backward_macs(flow, needed, trained=trained) if trained or True in needed else 0
            put_out = 0 if layer.stored else node.output.size * batch  # a trained tensor is there once, as parameters
            size = size_in_bytes(put_out, dtype)
            own = Sums(in_shared, in_local, as_declared, macs, size, backward, traffic, batch)
            found = known[key] = own, macs_on_data(node), unread(node)
        own, on_data, left = found
        running = running + own
        rows.append(Row(node, own, running, on_data, left))
    return rows, running


def _own(
    node: Node,
    counts: Counts,
    reuses: tuple[Reuse | None, Reuse | None],
    stored: tuple[str, str],
    volumes: int,
    moved: Moved,
) -> tuple[Cost, Cost, Cost, Traffic]:
    """The costs of one node in each mode, and its traffic.

    `counts` are its parameters in shared mode; `reuses` is what it reuses in shared mode, and in local mode; `stored`
    are the number formats of its weights, and of its biases and buffers; `volumes` are the bytes of what it reads and
    puts out.
    """
    flow, layer = node.flow, node.layer
    shared = local = declared = _cost(counts, reuses[0], stored, node)
    read = read_local = read_declared = moved.parameters(node, counts, stored)
    if layer.shares or reuses[0] is not None:
        of_local = layer.parameters(flow, LOCAL)
        local, read_local = _cost(of_local, reuses[1], stored, node), moved.parameters(node, of_local, stored)
    if layer.shares:
        own = layer.declared_sharing
        if own != SHARED:
            of_own = layer.parameters(flow, own)
            declared, read_declared = _cost(of_own, reuses[0], stored, node), moved.parameters(node, of_own, stored)
    return shared, local, declared, Traffic(volumes + read, volumes + read_local, volumes + read_declared)


def _cost(counts: Counts, reuse: Reuse | None, stored: tuple[str, str], node: Node) -> Cost:
    """Counts as a cost: the bytes of weights, biases and buffers; nothing is trainable where the layer is frozen."""
    weights = counts.weights if reuse is None else 0
    parameters = weights + counts.biases
    if (reuse is not None and reuse.whole) or (not parameters and not counts.buffers):
        return FREE
    size = stored_bytes(weights, counts.biases + counts.buffers, stored)
    return Cost(weights, counts.biases, counts.buffers, size, 0 if node.frozen else parameters)
