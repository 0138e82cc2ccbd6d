"""The memory analysis of a network: inference and training in each mode of sharing, and what they come to on a device."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.engine.memory.allocator import replay
from analyzer.engine.memory.arena import Plan, arena_tensors, plan_arena
from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.ledger import Peak
from analyzer.engine.memory.optimizers import OPTIMIZERS
from analyzer.engine.memory.ranks import per_rank_of
from analyzer.engine.memory.segments import Blocks
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.sharding import PerRank
from analyzer.engine.memory.tape import Tape, Work, operations_of
from analyzer.engine.memory.trace import inference_trace, training_trace
from analyzer.engine.memory.training import Training
from analyzer.engine.network import Network
from analyzer.engine.result import MODES
from analyzer.layers import SHARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Held:
    """What inference and training hold in one mode of sharing.

    `inference`, `eager_bytes` (its peak where modules are run as they are written) and `training`; what is asked for
    seldom is worked out when it is.
    """

    def __init__(self, network: Network, mode: str, run: Run) -> None:
        self.mode = mode
        self.run = run
        self.work: Work = operations_of(network, mode)
        self.inference = Inference(Tape(self.work, run, training=False))
        self.eager_bytes = Inference(Tape(self.work, run, training=False), eager=True).peak.bytes
        self.training = Training(Tape(self.work, run))

    def with_run(self, run: Run) -> Training:
        """The training step of the same network in another run."""
        return Training(Tape(self.work, run))

    @property
    def peak(self) -> Peak:
        """The peak of training."""
        return self.training.ledger.peak

    @property
    def reserved_inference(self) -> int:
        """Bytes that a caching allocator reserves for inference."""
        return replay(inference_trace(Tape(self.work, self.run, training=False))).reserved

    @property
    def reserved_training(self) -> int:
        """Bytes that a caching allocator reserves for training, its first two steps."""
        return replay(training_trace(Tape(self.work, self.run))).reserved

    @property
    def timeline(self) -> list[tuple[str, str, int]]:
        """The phase, the layer and the bytes alive at every operation of a training step."""
        return [moment[:3] for moment in Training(Tape(self.work, self.run), timed=True).ledger.timeline or ()]

    @property
    def arena(self) -> Plan:
        """The static plan of inference's tensors."""
        return plan_arena(arena_tensors(Tape(self.work, self.run, training=False)))

    def on_ranks(self, strategy: str, ranks: int) -> PerRank:
        """What one of several devices holds in training; the run's batch is that of one."""
        return per_rank_of(self.work, self.run, strategy, ranks)

    def inference_parts(self) -> dict[str, int]:
        """What the peak of inference consists of, in bytes; the sum is the peak."""
        peak = self.inference.peak
        return {
            "parameters": self.inference.parameters,
            "buffers": self.inference.buffers,
            "input": self.inference.input,
            "activations": peak.transient,
            "temporary": peak.saved,
        }

    def training_parts(self, peak: Peak | None = None) -> dict[str, int]:
        """What the peak of training (or of a phase of it) consists of, in bytes; the sum is the peak."""
        peak = self.peak if peak is None else peak
        return {
            "parameters": self.training.parameters,
            "buffers": self.training.buffers,
            "gradients": peak.gradients,
            "optimizer": self.training.optimizer,
            "saved": peak.saved,
            "transient": peak.transient,
            "input": self.training.input,
        }

    def to_dict(self) -> dict[str, Any]:
        """The keys of the JSON report that a mode has."""
        return {
            "inference": {
                "peak_bytes": self.inference.peak.bytes,
                "at": {"layer": self.inference.peak.layer},
                "breakdown": self.inference_parts(),
                "eager_peak_bytes": self.eager_bytes,
                "reserved_bytes": self.reserved_inference,
            },
            "training": {
                "peak_bytes": self.peak.bytes,
                "saved_bytes": self.training.saved,
                "at": {"layer": self.peak.layer, "phase": self.peak.phase},
                "breakdown": self.training_parts(),
                "phases": {phase: peak.bytes for phase, peak in self.training.ledger.peaks.items()},
                "reserved_bytes": self.reserved_training,
            },
        }


class MemoryAnalysis:
    """The memory of a network in every mode that is asked for; `mode` is the one that the verdict is about."""

    def __init__(
        self, network: Network, run: Run, *, mode: str = "declared", name: str = "network", file: str = ""
    ) -> None:
        self.network = network
        self.run = run
        self.mode = mode
        self.name = name
        self.file = file
        self._held: dict[str, Held] = {}

    def held(self, mode: str | None = None) -> Held:
        """What is held in a mode, by default the one asked for."""
        mode = mode or self.mode
        if mode not in self._held:
            self._held[mode] = Held(self.network, mode, self.run)
        return self._held[mode]

    @property
    def modes(self) -> list[str]:
        """The modes that a report shows: shared, local, and declared where the file declares sharing of its own."""
        return [mode for mode in MODES if mode != "declared" or self.mixed]

    @property
    def mixed(self) -> bool:
        """Whether the file declares sharing of its own."""
        return any(getattr(node.layer, "sharing", None) not in (None, SHARED) for node in self.network.nodes)

    def assumptions(self) -> dict[str, Any]:
        """What the numbers assume, as the JSON report gives it."""
        run = self.run
        return {
            "step": "second",
            "gradients": "kept from pass to pass" if run.accumulate > 1 else "none before the step",
            "loss": {
                "cross_entropy": "mean cross-entropy on int64 targets",
                "mse": "mean squared error on targets as the outputs",
                "none": "none: a gradient arrives at the outputs",
            }[run.loss],
            "counted": "input and targets, buffers with their counters, outputs and loss of the step before until they are replaced",
            "masks": "bytes, as on CUDA" if run.device else "numbers of the activations' format, as on the CPU",
            "slices": "views",
            "joins": "in place where a gradient has no other owner" if run.in_place_joins else "out of place",
            "local": "a locally connected layer reads its input where it lies",
            "optimizer": run.optimizer,
            "weight_decay": run.weight_decay,
            "optimizer_step": run.step,
            "autocast": run.autocast,
            "accumulate": run.accumulate,
            "ema": run.ema,
            "checkpoint": run.checkpoint
            if run.checkpoint is None or isinstance(run.checkpoint, str)
            else list(run.checkpoint),
        }


def largest_batch(held: Held, capacity: int, *, hundredths: int = 100, context: int = 0) -> int:
    """The largest batch whose training needs at most `capacity` bytes: hundredths/100 of the live peak, and `context`.

    The peak rises with the batch, being the largest of sums that do, so bisection finds it; 0 where one sample is too
    many.
    """

    def fits(batch: int) -> bool:
        live = held.with_run(held.run.but(batch=batch)).ledger.peak.bytes
        return -(-live * hundredths // 100) + context <= capacity

    if not fits(1):
        return 0
    low, high = 1, 2
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


class Change:
    """A change of the run that saves memory: what it is, the option for it, and the peak with it."""

    __slots__ = ("bytes", "option", "words")

    def __init__(self, words: str, option: str, bytes: int) -> None:
        self.words = words
        self.option = option
        self.bytes = bytes


def changes(held: Held) -> list[Change]:
    """What would lower the peak of training, the most first; changes that do not are left out."""
    return sorted(
        (change for change in _tried(held) if change.bytes < held.peak.bytes), key=lambda change: change.bytes
    )


def _tried(held: Held) -> Iterable[Change]:
    run = held.run

    def tried(words: str, option: str, **settings: object) -> Change:
        return Change(words, option, held.with_run(run.but(**settings)).ledger.peak.bytes)

    if run.checkpoint is None:
        if Blocks(held.work.network).calls:
            yield tried("activations of blocks worked out again", "--checkpoint blocks", checkpoint="blocks")
        yield tried("activations worked out again every √n layers", "--checkpoint sqrt", checkpoint="sqrt")
    if run.autocast is None and run.dtype == "float32":
        yield tried("mixed precision", "--autocast bfloat16", autocast="bfloat16")
    if run.step == "foreach":
        step = "fused" if OPTIMIZERS[run.optimizer].fused else "loop"
        yield tried(f"the optimizer's step {'fused' if step == 'fused' else 'in a loop'}", f"--step {step}", step=step)
    if run.batch % 2 == 0:
        half = run.batch // 2
        yield tried(
            "half the batch, twice for one step",
            f"--batch {half} --accumulate {2 * run.accumulate}",
            batch=half,
            accumulate=2 * run.accumulate,
        )
