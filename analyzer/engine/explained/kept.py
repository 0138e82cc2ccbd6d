"""The tensors that each layer keeps for the backward pass: whose, how many bytes, and which layer kept one first.

The forward pass of a training step is run on the tape, as `analyzer.engine.memory.by_layer` runs it, so the bytes of
the tensors that a layer is the first to keep are what a report shows as `saved`.

>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("input", Volume((4, 4), 1))
>>> for name in ("conv1", "conv2"):
...     node = network.place(name, CATALOGUE["conv"](filters=2, kernel=3, padding=1), [node])
>>> network.name_outputs([node])
>>> [(tensor.owner.name, tensor.bytes) for tensor in kept_tensors(network, batch=1, dtype="float32")["conv2"]]
[('conv1', 128)]
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.memory.ledger import Ledger
from analyzer.engine.memory.loss import Loss
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.simulation import Simulation
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.training import needs_gradient
from analyzer.engine.memory.work import operations_of
from analyzer.engine.network import Network, Node
from analyzer.record import Record


class Kept(Record):
    """A tensor that a layer keeps for the backward pass.

    owner   the layer that makes it, or the input of the network that it is
    output  whether it is that layer's output; otherwise one that it makes on the way, such as a padded copy or a mask
    bytes   its size; 0 for an input of the network, which exists anyway
    first   the layer that kept it first
    """

    owner: Node
    output: bool
    bytes: int
    first: Node


def kept_tensors(network: Network, *, batch: int, dtype: str) -> dict[str, list[Kept]]:
    """The tensors that each layer keeps, by the layer's name, for a step that trains every layer that is not frozen."""
    tape = Tape(operations_of(network, "shared"), Run(batch=batch, dtype=dtype, loss="none"))
    loss = Loss(tape)
    ledger = Ledger(0)
    simulation = Simulation(tape, loss, needs_gradient(tape, loss.starts), ledger)
    simulation.forward()
    owners = dict(_owners(tape, simulation))
    first: dict[int, Node] = {}
    found: dict[str, dict[int, Kept]] = {node.name: {} for node in network.nodes}
    for step, storages in zip(tape.steps, simulation.saved, strict=True):
        for storage in storages:
            before = first.setdefault(storage, step.node)
            owner, output = owners.get(storage, (step.node, False))
            kept = found[step.node.name]
            kept.setdefault(storage, Kept(owner, output, ledger.sizes[storage], before))
    return {name: list(kept.values()) for name, kept in found.items()}


def _owners(tape: Tape, simulation: Simulation) -> Iterator[tuple[int, tuple[Node, bool]]]:
    """Every storage of an output with the layer that it belongs to, and whether it is that layer's output."""
    inputs = tape.work.network.inputs
    last = {tape.values[node.index] for node in tape.work.network.nodes}
    for value, storage in enumerate(simulation.storage):
        if tape.root[value] != value:
            continue
        if value < tape.first:
            yield storage, (inputs[value], True)
        else:
            yield storage, (tape.steps[value - tape.first].node, value in last)
