"""The peak of inference: parameters, buffers, input, and the activations alive while the network runs in eval mode.

Each tensor goes after its last reader, in the order of the file; outputs stay. `eager` is what a framework holds that
runs modules as they are written: a block's arguments stay until the block returns (a repetition is one too), and a
tensor that several layers or blocks of one list read stays until that list ends, as the local variable that it is. Both
are linear in the operations.

Source: torch 2.13.0, eval mode under no_grad, graph execution and modules; docs/memory.md.
"""

from __future__ import annotations

from analyzer.engine.memory.ledger import Ledger, Peak
from analyzer.engine.memory.tape import Tape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.network import Node


class Inference:
    """What inference holds, in bytes, over a tape laid out for it.

    `parameters`, `buffers` and `input` stay throughout. `peak` counts them in; its `saved` are what operations make
    besides their output (where a pool's largest values stood, 16-bit copies of weights), its `transient` activations.
    """

    __slots__ = ("buffers", "input", "ledger", "parameters", "peak")

    def __init__(self, tape: Tape, *, eager: bool = False, traced: bool = False, timed: bool = False) -> None:
        self.parameters = sum(size for size, _ in tape.parameters)
        self.buffers = sum(tape.buffers)
        self.input = sum(tape.inputs)
        self.ledger = Ledger(self.parameters + self.buffers + self.input, traced=traced, timed=timed)
        last = last_reads(tape)
        if eager:
            for value, place in _held_until(tape).items():
                last[tape.root[value]] = max(last[tape.root[value]], place)
        _run(tape, self.ledger, last)
        self.peak: Peak = self.ledger.peak


def last_reads(tape: Tape) -> dict[int, int]:
    """For every value with memory of its own the last step that reads it: its own where none does; outputs stay."""
    last: dict[int, int] = {}
    for place, step in enumerate(tape.steps):
        for value in (tape.first + place, *step.reads):
            last[tape.root[value]] = place
    last.update((tape.root[value], len(tape.steps)) for value in tape.outputs)
    return last


def _run(tape: Tape, ledger: Ledger, last: dict[int, int]) -> None:
    """Runs the steps forward; each value's memory goes after its last step."""
    ending: dict[int, list[int]] = {}
    for value, place in last.items():
        if value >= tape.first:  # the caller holds the inputs
            ending.setdefault(place, []).append(value)
    storage: dict[int, int] = {}
    for place, step in enumerate(tape.steps):
        value = tape.first + place
        if tape.root[value] == value:
            storage[value] = ledger.new(step.bytes)
        made = [ledger.new(size, 0) for size in step.made]
        for extra in made:
            ledger.keep(extra)
        for size in (*step.copies, *step.passing):  # there for the next time until autocast ends
            ledger.keep(ledger.new(size, 0))
        ledger.mark(step.node.name)
        for extra in made:
            ledger.release(extra)
        for gone in ending.get(place, ()):
            ledger.drop(storage[gone])


def _held_until(tape: Tape) -> dict[int, int]:
    """For every value that Python's frames hold beyond its last reader, the step at whose end they let it go."""
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
