"""The peak of inference: parameters, buffers, input, and the activations alive while the network runs in eval mode.

Each tensor is freed after its last reader, in the order of the file; the network's outputs stay. `eager` is the memory
of a framework that runs modules as they are written. There Python's variables keep tensors alive for longer: the
arguments of a block until the block returns (each repetition is a call of its own), and a tensor that several layers or
blocks of one list read until that list ends. Both are linear in the operations.

This is the peak of `analyzer memory`. The peak of activations in `analyzer.engine.peak` is another, simpler model.

>>> from analyzer.engine.memory.settings import Run
>>> from analyzer.engine.memory.work import operations_of
>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> input = network.enter("input", Volume((), 10))
>>> network.name_outputs([network.place("dense1", CATALOGUE["dense"](units=5), [input])])
>>> inference = Inference(Tape(operations_of(network, "shared"), Run(), training=False))
>>> inference.parameters, inference.input, inference.peak.bytes  # and an output of 20 bytes
(220, 40, 280)

Source: torch 2.13.0, eval mode under no_grad, graph execution and modules; docs/memory.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.memory.ledger import Ledger, PhasePeak
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.workspace import FORWARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.network import Node


class Inference:
    """The memory of inference, in bytes, from a tape laid out for inference.

    `parameters`, `buffers`, `input` and `libraries`, the workspaces that cuBLAS keeps, stay throughout, and `peak`
    includes them. Its `saved` are the tensors that operations make beside their output (the positions of a pool's
    largest values, 16-bit copies of weights), its `transient` the activations.
    """

    __slots__ = ("buffers", "input", "ledger", "libraries", "parameters", "peak")

    def __init__(self, tape: Tape, *, eager: bool = False, traced: bool = False, timed: bool = False) -> None:
        self.parameters = sum(size for size, _ in tape.parameters)
        self.buffers = sum(tape.buffers)
        self.input = sum(tape.inputs)
        self.libraries = sum(tape.libraries)
        base = self.parameters + self.buffers + self.input + self.libraries
        self.ledger = Ledger(base, traced=traced, timed=timed)
        last = last_reads(tape)
        if eager:
            for value, place in _alive_until(tape).items():
                last[tape.root[value]] = max(last[tape.root[value]], place)
        _run(tape, self.ledger, last)
        self.peak: PhasePeak = self.ledger.peak


def last_reads(tape: Tape, roots: Sequence[int] | None = None) -> dict[int, int]:
    """The last step that reads each value with memory of its own, or its own step if none does; outputs stay.

    `roots` has for every value the value whose memory it uses, by default that of the tape.
    """
    roots = tape.root if roots is None else roots
    last: dict[int, int] = {}
    for place, step in enumerate(tape.steps):
        for value in (tape.first + place, *step.reads):
            last[roots[value]] = place
    last.update((roots[value], len(tape.steps)) for value in tape.outputs)
    return last


def _run(tape: Tape, ledger: Ledger, last: dict[int, int]) -> None:
    """Runs the steps forward; each value's memory is freed after its last step."""
    ending: dict[int, list[int]] = {}
    for value, place in last.items():
        if value >= tape.first:  # the caller owns the inputs
            ending.setdefault(place, []).append(value)
    storage: dict[int, int] = {}
    for place, step in enumerate(tape.steps):
        value = tape.first + place
        for size in (*step.copies, *step.passing):  # cached for the next use until autocast ends
            ledger.keep(ledger.new(size, 0))
        if tape.root[value] == value:
            storage[value] = ledger.new(step.bytes)
        made = [ledger.new(size, 0) for size in (*step.made, *step.brief)]
        for extra in made:
            ledger.keep(extra)
        if step.convolved is None:
            ledger.mark(step.node.name)
        else:
            ledger.lend(step.node.name, step.convolved, FORWARD)
        for extra in made:
            ledger.release(extra)
        for gone in ending.get(place, ()):
            ledger.drop(storage[gone])


def _alive_until(tape: Tape) -> dict[int, int]:
    """For every value that Python's variables keep alive beyond its last reader, the step after which it is freed."""
    ends: dict[tuple[str, ...], int] = {}
    paths: list[tuple[str, ...]] = [()] * tape.first
    for place, step in enumerate(tape.steps):
        path = _path(step.node)
        paths.append(path)
        for depth in range(len(path) + 1):
            ends[path[:depth]] = place
    consumers: dict[int, set[tuple[str, ...]]] = {}
    shared: dict[int, int] = {}
    until: dict[int, int] = {}
    for place, step in enumerate(tape.steps):
        reader = paths[tape.first + place]
        for read in step.reads:
            own = paths[read]
            common = 0
            while common < min(len(own), len(reader)) and own[common] == reader[common]:
                common += 1
            if common < len(reader):  # the argument of the blocks between the two
                until[read] = max(until.get(read, 0), ends[reader[: common + 1]])
            shared[read] = min(shared.get(read, common), common)
            consumers.setdefault(read, set()).add(reader[: common + 1])
    for value, found in consumers.items():
        if len(found) > 1:
            until[value] = max(until.get(value, 0), ends[paths[value][: shared[value]]])
    return until


def _path(node: Node) -> tuple[str, ...]:
    """The names of the blocks around a node, outermost first, and its own."""
    return (*node.origin.path.split("."), node.name) if node.origin.path else (node.name,)
