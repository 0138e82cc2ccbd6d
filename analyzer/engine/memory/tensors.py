"""All tensors of a training step with their lives: those that stay throughout by layer, then the others by birth.

What stays is one entry for each layer and category: its parameters, its buffers, the optimizer's state for it with its
part of an EMA, and its gradients where they are accumulated over several passes. Inputs have their own names; the
targets belong to the loss.

>>> from analyzer.engine.memory.settings import Run
>>> from analyzer.engine.memory.work import operations_of
>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> input = network.enter("input", Volume((), 10))
>>> network.name_outputs([network.place("dense1", CATALOGUE["dense"](units=5), [input])])
>>> from analyzer.engine.memory.history import History
>>> tape = Tape(operations_of(network, "shared"), Run(batch=2, optimizer="sgd", loss="mse"))
>>> training = Training(tape, kind=History)
>>> [(life.layer, life.category, life.bytes) for life in tensors_of(tape, training) if life.born == 0]
[('dense1', 'parameters', 220), ('input', 'input', 80), ('loss', 'input', 40), ('dense1', 'transient', 40),\
 ('dense1', 'transient', 40), ('loss', 'transient', 4)]
"""

from __future__ import annotations

from analyzer.engine.memory.history import OF_ALL, Life
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.updates import kept_by
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


#: Who holds what a library keeps for the whole step.
CUBLAS = "cuBLAS"


class Owned(Record):
    """The bytes that each layer owns in a training step, by its name; layers that own none are left out.

    `gradients` are those of its trained parameters at the end of the backward pass. `optimizer` is the optimizer's
    state for it, with its master weights and its part of the running mean of an EMA.
    """

    parameters: dict[str, int] = field(factory=dict)
    buffers: dict[str, int] = field(factory=dict)
    gradients: dict[str, int] = field(factory=dict)
    optimizer: dict[str, int] = field(factory=dict)


def owned_by_layer(tape: Tape, training: Training) -> Owned:
    """What each layer owns; the sums are the numbers of `training`."""
    found, parameters = Owned(), tape.work.parameters
    width = tape.weight_bits // 8
    for (size, _), (_, _, layer) in zip(tape.parameters, parameters, strict=True):
        _add(found.parameters, layer, size)
        if tape.run.ema:
            _add(found.optimizer, layer, size)
    for size, (_, _, _, layer) in zip(tape.buffers, tape.work.buffers, strict=True):
        _add(found.buffers, layer, size)
    for number in training.reached:
        shape, _, layer = parameters[number]
        _add(found.gradients, layer, tape.parameters[number][0])
        _add(found.optimizer, layer, sum(kept_by(tape.run, [shape], width)))
    return found


def _add(sums: dict[str, int], layer: str, size: int) -> None:
    if size:
        sums[layer] = sums.get(layer, 0) + size


def tensors_of(tape: Tape, training: Training) -> list[Life]:
    """All tensors of a step. Raises ValueError where it keeps no history."""
    if training.history is None:
        raise ValueError("this training step keeps no history of its tensors")
    last = len(training.history.marks) - 1
    lives = [life for life in training.history.lives() if life.layer != OF_ALL]
    return [*(Life(layer, category, size, 0, last) for layer, category, size in _throughout(tape, training)), *lives]


def _throughout(tape: Tape, training: Training) -> Iterator[tuple[str, str, int]]:
    """The layer, category and bytes of what stays for the whole step."""
    owned = owned_by_layer(tape, training)
    yield from ((layer, "parameters", size) for layer, size in owned.parameters.items())
    yield from ((layer, "buffers", size) for layer, size in owned.buffers.items())
    if tape.run.accumulate > 1:
        yield from ((layer, "gradients", size) for layer, size in owned.gradients.items())
    yield from ((layer, "optimizer", size) for layer, size in owned.optimizer.items())
    for node, size in zip(tape.work.network.inputs, tape.inputs, strict=True):
        yield node.name, "input", size
    targets = training.input - sum(tape.inputs)
    if targets:
        yield "loss", "input", targets
    if training.libraries:
        yield CUBLAS, "libraries", training.libraries
