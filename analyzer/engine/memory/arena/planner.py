"""The planner: places tensors one after the other, each in the lowest gap between those of its lifetime already placed.

Tensors alive at the same step must not overlap, so the arena is at least as large as the most bytes alive at once, the
bound. The order of placing decides the size, so several orders are tried; where none meets the bound, the tensors that
exceed it are placed again before their neighbours.

Activations only: weights lie in flash, and an interpreter's own records are extra.

Sources: TensorFlow Lite Micro, `GreedyMemoryPlanner`; those of placement.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.memory.arena.fusing import fused_into
from analyzer.engine.memory.arena.lifetimes import Lifetimes
from analyzer.engine.memory.arena.placement import candidates
from analyzer.engine.memory.arena.plan import ALIGNMENT, Plan, Tensor
from analyzer.engine.memory.inference import last_reads
from analyzer.engine.memory.tape import Tape


def arena_tensors(tape: Tape) -> list[Tensor]:
    """The tensors of one forward pass, from a tape laid out for inference.

    Inputs are alive from step 0, the others from their own step, each to the step of its last reader, and outputs to
    the end. Views, in-place layers and layers that run in the kernel of the layer before have no tensor of their own:
    the one that they share lives longer. A layer that runs as several operations has a tensor for each: `gate`,
    `gate#2`.
    """
    roots = _roots(tape)
    last, end = last_reads(tape, roots), len(tape.steps) - 1
    tensors = [
        Tensor(node.name, size, 0, min(last.get(value, end), end))
        for value, (node, size) in enumerate(zip(tape.work.network.inputs, tape.inputs, strict=True))
    ]
    count: dict[int, int] = {}
    for place, step in enumerate(tape.steps):
        value = tape.first + place
        if roots[value] == value:
            count[step.node.index] = number = count.get(step.node.index, 0) + 1
            name = step.node.name if number == 1 else f"{step.node.name}#{number}"
            tensors.append(Tensor(name, step.bytes, place, min(last[value], end)))
    return tensors


def _roots(tape: Tape) -> list[int]:
    """For every value the value whose memory it uses where layers are fused."""
    fused = fused_into(tape.work.network)
    roots = list(range(tape.first))
    for place, step in enumerate(tape.steps):
        value = tape.first + place
        within = fused.get(step.node.index)
        if within is not None:
            roots.append(roots[tape.values[within.index]])
        else:
            roots.append(value if tape.root[value] == value else roots[step.reads[0]])
    return roots


def plan_arena(tensors: Sequence[Tensor], *, alignment: int = ALIGNMENT) -> Plan:
    """The smallest plan found; the same tensors give the same plan.

    Raises `ValueError` for an alignment below 1, a negative size, a lifetime that ends before it begins, and a name
    that is used twice.

    >>> plan = plan_arena([Tensor("a", 100, 0, 1), Tensor("b", 50, 1, 2), Tensor("c", 100, 2, 3)])
    >>> dict(plan.offsets), plan.size, plan.bound
    ({'a': 0, 'b': 112, 'c': 0}, 176, 176)
    """
    _check(tensors, alignment)
    slots = [-(-tensor.size // alignment) * alignment for tensor in tensors]
    lives = Lifetimes(tensors, slots)
    best: list[int] | None = None
    size, order = 0, ""
    for name, offsets in candidates(tensors, slots, lives):
        height = max((offset + slot for offset, slot in zip(offsets, slots, strict=True)), default=0)
        if best is None or height < size:
            best, size, order = offsets, height, name
        if size == lives.bound:
            break
    return Plan(
        tensors,
        {tensor.name: offset for tensor, offset in zip(tensors, best or (), strict=True)},
        alignment=alignment,
        size=size,
        bound=lives.bound,
        live_bytes=max(lives.alive([tensor.size for tensor in tensors]), default=0),
        order=order,
    )


def _check(tensors: Sequence[Tensor], alignment: int) -> None:
    """Refuses tensors and alignments that cannot be planned."""
    if alignment < 1:
        raise ValueError(f"alignment must be at least 1, not {alignment}")
    names = set()
    for tensor in tensors:
        if tensor.size < 0:
            raise ValueError(f"{tensor.name} has a size of {tensor.size} bytes")
        if tensor.last < tensor.first:
            raise ValueError(f"{tensor.name} is alive from step {tensor.first} to step {tensor.last}")
        if tensor.name in names:
            raise ValueError(f"two tensors are named {tensor.name}")
        names.add(tensor.name)
