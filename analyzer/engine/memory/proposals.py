"""Changes of a run that lower its peak: each is tried, and proposed with the peak that it gives.

A change is proposed only if it saves at least 1 % of the peak. Each one costs something (time, a change of the code,
digits), and less than that is lost in what no prediction here knows: the model's own error goes up to 0.3 %, and an
allocator rounds every tensor to 512 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.optimizers import OPTIMIZERS
from analyzer.engine.memory.segments import Blocks
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.verdict import Verdict
from analyzer.record import Record

#: The least share of the peak that a change must save, in percent.
_LEAST_PERCENT = 1


class Change(Record):
    """A change of the run that saves memory: in words, as an option of the command, and the bytes of its peak.

    `run` is the changed run. `verdict` says whether it fits on the device of the analysis; None without a device.
    """

    words: str
    option: str
    bytes: int
    run: Run
    verdict: Verdict | None = None


def changes(memory: ModeMemory, strategy: str = "single", ranks: int = 1) -> list[Change]:
    """The changes that lower the peak of training on a rank by at least 1 %, the most effective first."""
    now = memory.needed(None, strategy, ranks)
    tried = []
    for words, option, settings in _changed(memory, ranks):
        run = memory.run.but(**settings)
        tried.append(Change(words, option, memory.needed(run, strategy, ranks), run))
    worth = (change for change in tried if 100 * (now - change.bytes) >= _LEAST_PERCENT * now)
    return sorted(worth, key=lambda change: change.bytes)


def _changed(memory: ModeMemory, ranks: int) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Changes of the run: words, option of the command, and settings."""
    run = memory.run
    if run.checkpoint is None:
        if Blocks(memory.work.network).calls:
            yield "recompute the activations of each block", "--checkpoint blocks", {"checkpoint": "blocks"}
        yield "recompute activations, √n layers at a time", "--checkpoint sqrt", {"checkpoint": "sqrt"}
    if run.autocast is None and run.dtype == "float32":
        yield "mixed precision", "--autocast bfloat16", {"autocast": "bfloat16"}
    if run.step == "foreach":
        step = "fused" if OPTIMIZERS[run.optimizer].fused else "loop"
        yield f"the optimizer's step {'fused' if step == 'fused' else 'in a loop'}", f"--step {step}", {"step": step}
    if run.batch % (2 * ranks) == 0:
        batch, accumulate = run.batch // 2, 2 * run.accumulate
        yield (
            "half the batch, two passes a step",
            f"--batch {batch} --accumulate {accumulate}",
            {"batch": batch, "accumulate": accumulate},
        )
