"""The peak of training: one step simulated tensor by tensor, in steady state.

It is the second step: the optimizer's state exists, and gradients were set to none after the first.

>>> from analyzer.engine.memory.settings import Run
>>> from analyzer.engine.memory.work import operations_of
>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> input = network.enter("input", Volume((), 10))
>>> output = network.place("dense1", CATALOGUE["dense"](units=5), [input])
>>> network.name_outputs([output])
>>> training = Training(Tape(operations_of(network, "shared"), Run(batch=2, optimizer="sgd", loss="mse")))
>>> training.parameters, training.gradients, training.ledger.peak.phase
(220, 220, 'backward')
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.memory.history import OF_ALL, History
from analyzer.engine.memory.ledger import Ledger
from analyzer.engine.memory.loss import Loss
from analyzer.engine.memory.simulation import Simulation
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.updates import kept_by, made_by
from analyzer.layers.operations import NONE


class Training:
    """The memory of a training step, in bytes.

    parameters  all parameters
    buffers     all buffers
    optimizer   the optimizer's state, with the master weights and with the running mean of an EMA
    input       the network's inputs, and the targets of the loss
    state       the tensors of `optimizer`
    ema         the part of `optimizer` that is the running mean
    saved       alive at the end of the forward pass beside the above
    gradients   of all trained parameters
    reached     the numbers of the parameters that get a gradient
    ledger      the peaks of the phases; the first four and `libraries` stay throughout and are its base
    history     the ledger where it remembers its tensors, otherwise None
    libraries   the workspaces that cuBLAS keeps
    tape, loss  the steps; the loss, which is among them
    stepped     the number of its events before the optimizer's step
    """

    __slots__ = (
        "buffers", "ema", "gradients", "history", "input", "ledger", "libraries", "loss", "optimizer", "parameters",
        "reached", "saved", "state", "stepped", "tape",
    )  # fmt: skip

    def __init__(
        self,
        tape: Tape,
        *,
        traced: bool = False,
        timed: bool = False,
        kind: type[Ledger] = Ledger,
        loss: Loss | None = None,
    ) -> None:
        run, self.tape = tape.run, tape
        self.loss = loss = loss or Loss(tape)
        needs = needs_gradient(tape, loss.starts)
        self.reached = sorted(_reached(tape, needs))
        shapes = [tape.work.parameters[number][0] for number in self.reached]
        width = tape.weight_bits // 8
        self.parameters = sum(size for size, _ in tape.parameters)
        self.buffers = sum(tape.buffers)
        self.state = kept_by(run, shapes, width)
        self.ema = sum(size for size, _ in tape.parameters) if run.ema else 0
        if run.ema:
            self.state.extend(size for size, _ in tape.parameters)
        self.optimizer = sum(self.state)
        self.gradients = sum(tape.parameters[number][0] for number in self.reached)
        self.input = sum(tape.inputs) + loss.targets
        self.libraries = sum(tape.libraries)
        base = self.parameters + self.buffers + self.optimizer + self.input + self.libraries
        self.ledger = kind(base, traced=traced, timed=timed)
        self.history = self.ledger if isinstance(self.ledger, History) else None
        simulation = Simulation(tape, loss, needs, self.ledger)
        if run.accumulate > 1:
            self.ledger.collect(self.ledger.new(self.gradients, 1, OF_ALL))
        simulation.forward()
        self.saved = self.ledger.live - base - self.ledger.gradients
        simulation.backward()
        self.stepped = len(self.ledger.events or ())
        made = made_by(run, shapes, width)
        places = [place for _, place in made] if self.history else ()
        simulation.step([size for size, _ in made], [tape.work.parameters[self.reached[place]][2] for place in places])


def needs_gradient(tape: Tape, starts: Sequence[int]) -> list[bool]:
    """Whether a gradient flows to each value: a trained parameter comes before it, and one of `starts` after it."""
    first, steps, parameters = tape.first, tape.steps, tape.parameters
    behind = [False] * (first + len(steps))
    for value in starts:
        behind[value] = True
    for place in range(len(steps) - 1, -1, -1):
        if behind[first + place]:
            for read, rule in zip(steps[place].reads, steps[place].gradients, strict=True):
                behind[read] = behind[read] or rule != NONE
    needs = [False] * (first + len(steps))
    for place, step in enumerate(steps):
        if behind[first + place]:
            needs[first + place] = any(parameters[number][1] for number, _ in step.parameters) or any(
                needs[read] and rule != NONE for read, rule in zip(step.reads, step.gradients, strict=True)
            )
    return needs


def _reached(tape: Tape, needs: Sequence[bool]) -> set[int]:
    """The numbers of the parameters that get a gradient."""
    return {
        number
        for place, step in enumerate(tape.steps)
        if needs[tape.first + place]
        for number, _ in step.parameters
        if tape.parameters[number][1]
    }
