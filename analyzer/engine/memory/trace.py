"""The allocations of a run in order, as a caching allocator sees them.

Parameters and buffers come first, layer by layer, each tensor by itself; then the input; then the allocations and frees
of the run, which are the ledger's events. Training runs two steps: the optimizer's state is made in the first and
exists in the second.

>>> from analyzer.engine.memory.settings import Run
>>> from analyzer.engine.memory.work import operations_of
>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("input", Volume((4, 4), 1))
>>> for name in ("conv1", "conv2"):
...     node = network.place(name, CATALOGUE["conv"](filters=2, kernel=3, padding=1), [node])
>>> network.name_outputs([node])
>>> tape = Tape(operations_of(network, "shared"), Run(), training=False)
>>> list(inference_trace(tape))  # four parameter tensors, the input, two outputs; the first output is freed
[(-1, 72), (-2, 8), (-3, 144), (-4, 8), (-5, 64), (0, 128), (1, 128), (0, 0)]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.training import Training

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: (storage, bytes); 0 bytes free it.
    Event: TypeAlias = tuple[int, int]


def inference_trace(tape: Tape, run: Inference | None = None) -> Iterator[Event]:
    """The allocations of one forward pass in eval mode, module by module as a framework runs it; on a device of two.

    `run` is such a pass that was traced, if there is one.
    """
    run = run or Inference(tape, eager=True, traced=True)
    yield from _given(_static(tape))
    yield from _given(tape.inputs, len(_static(tape)))
    events, ledger = run.ledger.events or [], run.ledger
    for turn in range(1 if tape.run.device is None else 2):
        yield from _shifted(events, turn * len(ledger.sizes))
        if tape.run.device is not None:
            for storage in ledger.left:
                yield storage + turn * len(ledger.sizes), 0


def training_trace(run: Training) -> Iterator[Event]:
    """The allocations of two training steps, from the first one that was traced."""
    tape, ledger, events = run.tape, run.ledger, run.ledger.events or []
    static = _static(tape)
    yield from _given(static)
    count = len(ledger.sizes)
    state = [(2 * count + number, size) for number, size in enumerate(run.state)]
    batch = [*tape.inputs, run.input - sum(tape.inputs)]
    for step in range(2):
        yield from _given(batch, len(static) + step * len(batch))
        if step:
            yield from ((identity, 0) for identity, _ in _given(batch, len(static)))
        yield from _shifted(events[: run.stepped], step * count)
        if not step:
            yield from state
        yield from _shifted(events[run.stepped :], step * count)
        for storage in ledger.left:
            yield storage + step * count, 0


def step_trace(run: Training) -> Iterator[Event]:
    """The allocations of one step, which finds the optimizer's state; the step must be traced."""
    tape, ledger = run.tape, run.ledger
    given = [*_static(tape), *run.state, *tape.inputs, run.input - sum(tape.inputs)]
    yield from _given(given)
    yield from ledger.events or ()
    for storage in ledger.left:
        yield storage, 0


def _shifted(events: Sequence[Event], by: int) -> Iterator[Event]:
    """Events whose storages have other numbers, so that those of two steps differ."""
    for storage, size in events:
        yield storage + by, size


def _static(tape: Tape) -> list[int]:
    """What is there before the first step: what libraries keep, then parameters and buffers, layer by layer."""
    return [*tape.libraries, *tape.static]


def _given(sizes: Sequence[int], after: int = 0) -> Iterator[Event]:
    """Tensors that the run finds; they count down from −1, behind as many others."""
    for number, size in enumerate(sizes, after):
        if size:
            yield -1 - number, size
