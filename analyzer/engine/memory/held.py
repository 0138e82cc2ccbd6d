"""What each layer holds in a run: its parameters and all that is kept for them, its activations, and what is alive.

The sums over all parts are the numbers of `ModeMemory`: of parameters, buffers, gradients, the optimizer's state, saved
tensors. The largest `live` is the peak of training, the largest `inference` that of inference.

>>> from analyzer.engine.memory.work import operations_of
>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("input", Volume((4, 4), 1))
>>> for name in ("conv1", "conv2"):
...     node = network.place(name, CATALOGUE["conv"](filters=2, kernel=3, padding=1), [node])
>>> network.name_outputs([node])
>>> work, run = operations_of(network, "shared"), Run(optimizer="adam")
>>> layers, rest = held_by_layer(work, run)
>>> [layer.parameters for layer in layers], [layer.optimizer for layer in layers]  # 20 and 38 numbers; two counters
([80, 152], [168, 312])
>>> training = Training(Tape(work, run))
>>> sum(layer.saved for layer in (*layers, rest)) == training.saved
True
>>> max(layer.live for layer in (*layers, rest)) == training.ledger.peak.bytes
True
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.settings import TRAINED, Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.tensors import owned_by_layer
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import Work
from analyzer.record import Record


class Held(Record, eq=True):
    """The bytes that a layer holds, or several together.

    parameters   its parameters; of a tied layer only those that no layer before it has
    buffers      its buffers
    gradients    the gradients of its trained parameters
    optimizer    the optimizer's state for them, with the running mean of an EMA
    activations  the output of a batch, whether it has memory of its own or is written over its input
    saved        the tensors that it is the first to save for the backward pass
    live         the most bytes alive, whatever for, while it runs in a training step
    inference    the same in inference
    """

    parameters: int = 0
    buffers: int = 0
    gradients: int = 0
    optimizer: int = 0
    activations: int = 0
    saved: int = 0
    live: int = 0
    inference: int = 0

    @property
    def kept(self) -> int:
        """What it keeps for longer than it runs: parameters, buffers, gradients, the optimizer's state, `saved`."""
        return self.parameters + self.buffers + self.gradients + self.optimizer + self.saved

    def __add__(self, other: Held) -> Held:
        """What both hold; of what is alive the larger one."""
        return Held(
            self.parameters + other.parameters,
            self.buffers + other.buffers,
            self.gradients + other.gradients,
            self.optimizer + other.optimizer,
            self.activations + other.activations,
            self.saved + other.saved,
            max(self.live, other.live),
            max(self.inference, other.inference),
        )


def held_by_layer(work: Work, run: Run) -> tuple[list[Held], Held]:
    """What each layer of a network holds, in its order, and what belongs to none: the loss, and the outputs for it.

    Where the run's number format is not one that networks are trained in, nothing is held for training.
    """
    names = [node.name for node, _ in work.nodes]
    found = {name: Held() for name in names}
    _count_inference(work, run, found)
    rest = _count_training(work, run, found) if run.dtype in TRAINED else Held()
    return [found[name] for name in names], rest


def _count_inference(work: Work, run: Run, found: dict[str, Held]) -> None:
    """Sets parameters, buffers and activations, and what is alive in inference."""
    tape = Tape(work, run, training=False)
    inference = Inference(tape, timed=True)
    for (size, _), (_, _, layer) in zip(tape.parameters, work.parameters, strict=True):
        found[layer].parameters += size
    for size, (_, _, _, layer) in zip(tape.buffers, work.buffers, strict=True):
        found[layer].buffers += size
    for node, _ in work.nodes:
        found[node.name].activations = tape.value_bytes[tape.values[node.index]]
    for mark in inference.ledger.timeline or ():
        found[mark.layer].inference = max(found[mark.layer].inference, mark.live)


def _count_training(work: Work, run: Run, found: dict[str, Held]) -> Held:
    """Sets what is held in training; returns what belongs to no layer."""
    tape = Tape(work, run)
    training = Training(tape, timed=True)
    owned = owned_by_layer(tape, training)
    for layer, size in owned.gradients.items():
        found[layer].gradients = size
    for layer, size in owned.optimizer.items():
        found[layer].optimizer = size
    rest = Held()
    before = 0
    for mark in training.ledger.timeline or ():
        holder = found.get(mark.layer, rest)
        holder.live = max(holder.live, mark.live)
        if mark.phase == "forward":
            holder.saved += mark.saved - before
            before = mark.saved
    # The loss has what is alive at the end of the forward pass and saved by no layer, such as the outputs.
    rest.saved = training.saved - sum(layer.saved for layer in found.values())
    return rest


def added(parts: Sequence[Held]) -> Held:
    """What several hold together."""
    total = Held()
    for part in parts:
        total = total + part
    return total
