"""A training step on several devices: the step of one, moment by moment, handed to the strategies of `sharding`.

The units that FSDP gathers are the outermost block calls, each repetition one; all other layers are the root.
"""

from __future__ import annotations

from math import prod

from analyzer.engine.memory.segments import Blocks
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.sharding import Moment, PerRank, SingleDevice, Unit, per_rank
from analyzer.engine.memory.tape import Tape, Work
from analyzer.engine.memory.training import Training


def per_rank_of(work: Work, run: Run, strategy: str, ranks: int) -> PerRank:
    """What the fullest of `ranks` ranks holds in a step of `run`, whose batch is the one of a rank."""
    tape = Tape(work, run.but(accumulate=1))
    training = Training(tape, timed=True)
    block_of = Blocks(work.network)
    units: dict[str | None, list[int]] = {None: [0, 0]}
    unit_of: dict[str, str | None] = {}
    for node, _ in work.nodes:
        unit = unit_of[node.name] = block_of(node)
        units.setdefault(unit, [0, 0])
    for shape, trained, layer in work.parameters:
        counts = units[unit_of[layer]]
        counts[0] += prod(shape)
        counts[1] += prod(shape) * trained
    root, named = units.pop(None), [unit for unit, counts in units.items() if counts[0]]
    place = {unit: number for number, unit in enumerate(named)}
    base = training.ledger.base
    moments = [
        Moment(
            mark.phase,
            saved=mark.saved,
            transient=mark.live - base - mark.gradients - mark.saved,
            gradients=mark.gradients,
            unit=place.get(unit_of.get(mark.layer) or ""),
            layer=mark.layer,
        )
        for mark in training.ledger.timeline or ()
    ]
    single = SingleDevice(
        moments,
        Unit(*root),
        [Unit(*units[unit]) for unit in named],
        optimizer=training.optimizer - training.ema,
        buffers=training.buffers,
        input=training.input,
        width=tape.bits // 8,
        gradient_width=tape.bits // 8,
        tensors=[prod(shape) for shape, trained, _ in work.parameters if trained],
        loop=run.step == "loop",
        kept=run.accumulate > 1,
    )
    found = per_rank(single, strategy, ranks)
    for held in {id(held): held for held in (found.rest, *found.phases.values())}.values():
        held.optimizer += training.ema  # every rank keeps the running mean, whole
    return found
