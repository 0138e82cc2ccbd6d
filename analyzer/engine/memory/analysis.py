"""The memory analysis of a network: inference and training in each mode of sharing, and what they come to on a device."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from analyzer.engine.memory.allocator import replay
from analyzer.engine.memory.arena import Plan, arena_tensors, plan_arena
from analyzer.engine.memory.devices import verdict
from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.ledger import Peak
from analyzer.engine.memory.optimizers import OPTIMIZERS
from analyzer.engine.memory.ranks import per_rank_of
from analyzer.engine.memory.segments import Blocks
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.sharding import PerRank, check_ranks
from analyzer.engine.memory.tape import Tape, Work, operations_of
from analyzer.engine.memory.trace import inference_trace, training_trace
from analyzer.engine.memory.training import Training
from analyzer.engine.network import Network
from analyzer.engine.result import MODES
from analyzer.layers import SHARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The formats that networks are trained in; in the others they are only run.
TRAINED = ("float64", "float32", "tf32", "float16", "bfloat16")


class Held:
    """What inference and training hold in one mode of sharing.

    Each is worked out when it is first asked for.
    """

    def __init__(self, network: Network, mode: str, run: Run) -> None:
        self.mode = mode
        self.run = run
        self.work: Work = operations_of(network, mode)

    @cached_property
    def inference(self) -> Inference:
        """Inference as a graph executor runs it."""
        return Inference(Tape(self.work, self.run, training=False))

    @cached_property
    def eager_bytes(self) -> int:
        """The peak of inference where modules are run as they are written."""
        return Inference(Tape(self.work, self.run, training=False), eager=True).peak.bytes

    @cached_property
    def training(self) -> Training:
        """A training step."""
        return Training(Tape(self.work, self.run))

    def with_run(self, run: Run) -> Training:
        """The training step of the same network in another run."""
        return Training(Tape(self.work, run))

    @property
    def peak(self) -> Peak:
        """The peak of training."""
        return self.training.ledger.peak

    @cached_property
    def reserved_inference(self) -> int:
        """Bytes that a caching allocator reserves for inference."""
        return replay(inference_trace(Tape(self.work, self.run, training=False))).reserved

    @cached_property
    def reserved_training(self) -> int:
        """Bytes that a caching allocator reserves for training, its first two steps."""
        return replay(training_trace(Tape(self.work, self.run))).reserved

    @cached_property
    def timeline(self) -> list[tuple[str, str, int]]:
        """The phase, the layer and the bytes alive at every operation of a training step."""
        return [moment[:3] for moment in Training(Tape(self.work, self.run), timed=True).ledger.timeline or ()]

    @cached_property
    def arena(self) -> Plan:
        """The static plan of inference's tensors."""
        return plan_arena(arena_tensors(Tape(self.work, self.run, training=False)))

    @property
    def trains(self) -> bool:
        """Whether the run's format is one that networks are trained in."""
        return self.run.dtype in TRAINED

    def on_ranks(self, strategy: str, ranks: int, run: Run | None = None) -> PerRank:
        """What one of several devices holds in training; the run's batch is that of all of them together.

        Raises ShardingError where it does not divide, and for a strategy that there is not.
        """
        run = run or self.run
        return per_rank_of(self.work, run.but(batch=check_ranks(run.batch, ranks)), strategy, ranks)

    def needed(self, run: Run | None = None, strategy: str = "single", ranks: int = 1) -> int:
        """Bytes alive at the peak in a run, on the fullest rank: of training, or of inference where nothing is trained."""
        run = run or self.run
        if run.dtype not in TRAINED:
            return Inference(Tape(self.work, run, training=False)).peak.bytes
        if ranks == 1 and strategy == "single":
            return self.with_run(run).ledger.peak.bytes
        return self.on_ranks(strategy, ranks, run).peak.bytes

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
        inference = {
            "peak_bytes": self.inference.peak.bytes,
            "at": {"layer": self.inference.peak.layer},
            "breakdown": self.inference_parts(),
            "eager_peak_bytes": self.eager_bytes,
            "reserved_bytes": self.reserved_inference,
        }
        if not self.trains:
            return {"inference": inference}
        return {
            "inference": inference,
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


def largest_batch(
    held: Held, capacity: int, *, context: int = 0, at_risk: bool = False, strategy: str = "single", ranks: int = 1
) -> int:
    """The largest batch, of all ranks together, that fits into `capacity` bytes a device, or that is `at_risk` there.

    The peak is the largest of sums that rise evenly with the batch: convex, so no more fits than where the line through
    two smaller batches reaches the capacity. From there halving and lines in turn close in; each batch that is tried costs
    a simulated step. 0 where one sample a rank is too many.
    """

    def taken(each: int) -> int:
        found = verdict(held.needed(held.run.but(batch=each * ranks), strategy, ranks), context, capacity)
        return found.low if at_risk else found.high

    low, high = 1, 2
    at_low = taken(low)
    if at_low > capacity:
        return 0
    at_high = taken(high)
    while at_high <= capacity:
        beyond = high + (capacity - at_high) * (high - low) // max(at_high - at_low, 1) + 1
        low, at_low, high, at_high = high, at_high, beyond, taken(beyond)
    halve = False
    while high - low > 1:
        middle = (low + high) // 2
        if not halve:
            middle = low + (capacity - at_low) * (high - low) // (at_high - at_low)
            middle = min(max(middle, low + 1), high - 1)
        halve = not halve
        at_middle = taken(middle)
        if at_middle <= capacity:
            low, at_low = middle, at_middle
        else:
            high, at_high = middle, at_middle
    return low * ranks


class Change:
    """A change of the run that saves memory: what it is, the option for it, and the peak with it."""

    __slots__ = ("bytes", "option", "words")

    def __init__(self, words: str, option: str, bytes: int) -> None:
        self.words = words
        self.option = option
        self.bytes = bytes


def changes(held: Held, strategy: str = "single", ranks: int = 1) -> list[Change]:
    """What would lower the peak of training on a rank, the most first; changes that do not are left out."""
    now = held.needed(None, strategy, ranks)
    tried = [
        Change(words, option, held.needed(held.run.but(**settings), strategy, ranks))
        for words, option, settings in _changed(held, ranks)
    ]
    return sorted((change for change in tried if change.bytes < now), key=lambda change: change.bytes)


def _changed(held: Held, ranks: int) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Changes of the run: what they are, their options, and the settings of the run."""
    run = held.run
    if run.checkpoint is None:
        if Blocks(held.work.network).calls:
            yield "activations of blocks worked out again", "--checkpoint blocks", {"checkpoint": "blocks"}
        yield "activations worked out again every √n layers", "--checkpoint sqrt", {"checkpoint": "sqrt"}
    if run.autocast is None and run.dtype == "float32":
        yield "mixed precision", "--autocast bfloat16", {"autocast": "bfloat16"}
    if run.step == "foreach":
        step = "fused" if OPTIMIZERS[run.optimizer].fused else "loop"
        yield f"the optimizer's step {'fused' if step == 'fused' else 'in a loop'}", f"--step {step}", {"step": step}
    if run.batch % (2 * ranks) == 0:
        batch, accumulate = run.batch // 2, 2 * run.accumulate
        yield (
            "half the batch, twice for one step",
            f"--batch {batch} --accumulate {accumulate}",
            {"batch": batch, "accumulate": accumulate},
        )
