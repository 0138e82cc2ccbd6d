"""The loss of a training step, as steps on the tape after the network's outputs.

Cross-entropy is the logarithm of softmax, which the backward pass needs, and the mean of the targets' entries, as torch
runs it (`torch.nn.functional.cross_entropy`).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.memory.steps import Step
from analyzer.engine.memory.tape import Tape
from analyzer.engine.network import Node, Origin
from analyzer.layers import Flow, Input
from analyzer.layers.operations import INDEX, NEW, OWN, PASSED
from analyzer.volume import Volume


class Loss:
    """The loss as steps on the tape, after its outputs.

    `value` is the value of its scalar, None where there is no loss. `targets` are the bytes of the targets: an int64
    for each position (cross-entropy), or as many numbers as there are outputs (mse). `steps` is the number of steps
    that the loss added.
    """

    def __init__(self, tape: Tape) -> None:
        self.targets = 0
        self.steps = 0
        self.outputs = tape.outputs
        self.value: int | None = None
        network, run = tape.work.network, tape.run
        one = Volume((), 1)
        self.node = Node(len(network.nodes), "loss", Input(), (), Flow((), one), Origin(), None, False, one)
        if run.loss == "none":
            return
        scalars = []
        for node, value in zip(network.outputs, tape.outputs, strict=True):
            cast = tape.cast(self.node, value, tape.bits)
            self.steps += cast != value
            value = cast
            if run.loss == "mse":
                self.targets += tape.value_bytes[value]
                scalars.append(self._add(tape, (value,), tape.bits // 8, keeps=(value,)))
            else:
                self.targets += run.batch * node.output.positions * INDEX
                value = self._add(tape, (value,), tape.value_bytes[value], keeps=(tape.first + len(tape.steps),))
                scalars.append(self._add(tape, (value,), tape.bits // 8, extras=(tape.bits // 8,)))
        self.value = scalars[0]
        for other in scalars[1:]:
            self.value = self._add(tape, (self.value, other), tape.bits // 8, gradients=(PASSED, PASSED))

    @property
    def starts(self) -> Sequence[int]:
        """The values at which the backward pass begins: the loss, or the outputs where there is none."""
        return self.outputs if self.value is None else (self.value,)

    def _add(
        self,
        tape: Tape,
        reads: Sequence[int],
        size: int,
        *,
        keeps: Sequence[int] = (),
        extras: Sequence[int] = (),
        gradients: Sequence[int] = (NEW,),
    ) -> int:
        step = Step(self.node, reads, size, OWN, gradients)
        step.keeps, step.extras = keeps, extras
        self.steps += 1
        return tape.add(step, tape.bits)
