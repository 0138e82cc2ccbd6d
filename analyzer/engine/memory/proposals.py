"""Changes of a run that lower its peak: each is tried, and proposed with the peak that it gives.

A change is proposed only if it saves at least 1 % of the peak. Each one costs something (time, a change of the code,
digits), and less than that is lost in what no prediction here knows: the model's own error goes up to 0.3 %, and an
allocator rounds every tensor to 512 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.engine.memory.devices import read_device
from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.optimizers import OPTIMIZERS
from analyzer.engine.memory.segments import Blocks
from analyzer.engine.memory.settings import Run
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: Words, options of the command, and settings of the run.
    _Proposal: TypeAlias = tuple[str, str, Mapping[str, object]]

#: The least share of the peak that a change must save, in percent.
_LEAST_PERCENT = 1

#: The compute capability from which on a card calculates in bfloat16 (Ampere).
_BFLOAT16 = (8, 0)


class Change(Record):
    """A change of the run that saves memory: in words, as options of the command, and the bytes of its peak.

    `run` is the changed run. On a device, `verdict` is the word that says whether it fits there, `max_batch` the
    largest batch of one pass that is safe with the change.
    """

    words: str
    option: str
    bytes: int
    run: Run
    verdict: str | None = None
    max_batch: int | None = None


def changes(memory: ModeMemory, strategy: str = "single", ranks: int = 1) -> list[Change]:
    """The changes that lower the peak of training on a rank by at least 1 %, the most effective first.

    One of them is the best two together: the most effective one and the next that saves as much again beside it, though
    perhaps nothing by itself, as checkpoints while the peak is in the optimizer's step.
    """
    now = memory.needed(None, strategy, ranks)

    def tried(proposal: _Proposal) -> Change:
        words, option, settings = proposal
        run = memory.run.but(**settings)
        return Change(words, option, memory.needed(run, strategy, ranks), run)

    def worth(change: Change, before: int) -> bool:
        return 100 * (before - change.bytes) >= _LEAST_PERCENT * now

    alone = sorted(((tried(one), one) for one in _proposals(memory, ranks)), key=lambda found: found[0].bytes)
    pairs = map(tried, _pairs([proposal for _, proposal in alone]))
    together = next((pair for pair in pairs if worth(pair, alone[0][0].bytes)), None)
    found = [change for change, _ in alone if worth(change, now)]
    return found if together is None else [together, *found]


def _pairs(ordered: Sequence[_Proposal]) -> Iterator[_Proposal]:
    """The first proposal, which is the most effective, with each of the others that goes with it."""
    for _, option, settings in ordered[1:]:
        if settings.keys().isdisjoint(ordered[0][2]):
            yield "the best two together", f"{ordered[0][1]} {option}", {**ordered[0][2], **settings}


def _proposals(memory: ModeMemory, ranks: int) -> Iterator[_Proposal]:
    """What may be changed: words, options of the command, and settings of the run."""
    run = memory.run
    if run.checkpoint is None:
        if Blocks(memory.work.network).calls:
            yield "recompute each block", "--checkpoint blocks", {"checkpoint": "blocks"}
        yield "recompute in √n parts", "--checkpoint sqrt", {"checkpoint": "sqrt"}
    if run.autocast is None and run.dtype == "float32":
        half = "float16" if run.device is not None and read_device(run.device).compute < _BFLOAT16 else "bfloat16"
        yield "mixed precision", f"--autocast {half}", {"autocast": half}
    if run.device is not None and run.layout == "channels_first":
        yield "no copies for convolutions", "--layout channels_last", {"layout": "channels_last"}
    if run.step == "foreach":
        step = "fused" if OPTIMIZERS[run.optimizer].fused else "loop"
        yield f"the step {'fused' if step == 'fused' else 'in a loop'}", f"--step {step}", {"step": step}
    if run.batch % (2 * ranks) == 0:
        batch, accumulate = run.batch // 2, 2 * run.accumulate
        yield (
            f"half the batch, {'twice' if accumulate == 2 else f'{accumulate} times'}",
            f"--batch {batch} --accumulate {accumulate}",
            {"batch": batch, "accumulate": accumulate},
        )
