"""A training step of a network on several devices: the step of one device, handed to the strategies.

FSDP gathers the units that the user wraps: here the outermost block calls, with each repetition a call of its own; all
other layers are the root. ZeRO-3 hooks every module that has parameters, so there each layer is a unit, whatever blocks
a file has.

Sources: `fully_shard` of torch 2.13.0; DeepSpeed, `runtime/zero/parameter_offload.py` and
`partitioned_param_coordinator.py`, without its prefetching.
"""

from __future__ import annotations

from math import prod

from analyzer.engine.memory.segments import Blocks
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.sharding.one_device import Moment, SingleDevice, Unit
from analyzer.engine.memory.sharding.per_rank import per_rank
from analyzer.engine.memory.sharding.rank import PerRank
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import Work
from analyzer.engine.network import Network, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def per_rank_of(work: Work, run: Run, strategy: str, ranks: int) -> PerRank:
    """The memory of the fullest of `ranks` ranks in a step of `run`, whose batch is that of one rank."""
    tape = Tape(work, run.but(accumulate=1))
    training = Training(tape, timed=True)
    unit_of, root, units = _units(work, _name if strategy == "zero3" else Blocks(work.network))
    base = training.ledger.base
    moments = [
        Moment(
            mark.phase,
            saved=mark.saved,
            transient=mark.live - base - mark.gradients - mark.saved,
            gradients=mark.gradients,
            unit=unit_of.get(mark.layer),
            layer=mark.layer,
        )
        for mark in training.ledger.timeline or ()
    ]
    single = SingleDevice(
        moments,
        root,
        units,
        optimizer=training.optimizer - training.ema,
        buffers=training.buffers,
        input=training.input,
        libraries=training.libraries,
        width=tape.weight_bits // 8,
        gradient_width=tape.weight_bits // 8,
        tensors=[prod(shape) for shape, trained, _ in work.parameters if trained],
        loop=run.step == "loop",
        kept=run.accumulate > 1,
    )
    found = per_rank(single, strategy, ranks)
    for memory in {id(memory): memory for memory in (found.rest, *found.phases.values())}.values():
        memory.optimizer += training.ema  # every rank keeps the whole running mean
    return found


def gathered_units(network: Network, strategy: str) -> str | None:
    """The units whose parameters are gathered together, in words; None for a strategy that gathers none."""
    if strategy == "zero3":
        return "each layer"
    if not strategy.startswith("fsdp"):
        return None
    return "each outermost block" if Blocks(network).calls else "the whole network, which has no blocks"


def _name(node: Node) -> str:
    return node.name


def _units(work: Work, unit: Callable[[Node], str | None]) -> tuple[dict[str, int], Unit, list[Unit]]:
    """The position of each layer's unit by the layer's name, the root, and the units, which have parameters."""
    units = {node.name: unit(node) for node, _ in work.nodes}
    counts: dict[str | None, list[int]] = {None: [0, 0], **{name: [0, 0] for name in units.values()}}
    for shape, trained, layer in work.parameters:
        count = counts[units[layer]]
        count[0] += prod(shape)
        count[1] += prod(shape) * trained
    root = Unit(*counts.pop(None))
    place = {name: number for number, name in enumerate(name for name, count in counts.items() if count[0])}
    unit_of = {layer: place[name] for layer, name in units.items() if name in place}
    return unit_of, root, [Unit(*counts[name]) for name in place]
