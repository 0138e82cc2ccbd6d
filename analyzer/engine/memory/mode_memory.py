"""The memory of a network in one mode of sharing, for inference and training.

Each number is calculated when it is first asked for.
"""

from __future__ import annotations

from functools import cached_property

from analyzer.engine.memory.allocator import replay
from analyzer.engine.memory.bounds import Bounds, largest_batch, last_batch
from analyzer.engine.memory.growth import Growth
from analyzer.engine.memory.held import Held, held_by_layer
from analyzer.engine.memory.history import History, Life
from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.ledger import PhasePeak
from analyzer.engine.memory.settings import TRAINED, Run
from analyzer.engine.memory.sharding.rank import PerRank
from analyzer.engine.memory.sharding.step import per_rank_of
from analyzer.engine.memory.sharding.strategies import check_ranks
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.tensors import tensors_of
from analyzer.engine.memory.trace import inference_trace, training_trace
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import Work, operations_of
from analyzer.engine.network import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class ModeMemory:
    """The bytes that inference and training take in one mode of sharing; with `trained` false only inference."""

    def __init__(self, network: Network, mode: str, run: Run, *, trained: bool = True) -> None:
        self.mode = mode
        self.run = run
        self.trains = trained and run.dtype in TRAINED
        self.work: Work = operations_of(network, mode, cuda=run.device is not None)
        self._growths: list[Growth] = []

    @cached_property
    def inference(self) -> Inference:
        """Inference as a graph executor runs it."""
        return Inference(self._inferring)

    @property
    def eager_bytes(self) -> int:
        """The peak of inference where modules are run as they are written."""
        return self._eager.peak.bytes

    @cached_property
    def _inferring(self) -> Tape:
        """The steps of inference."""
        return Tape(self.work, self.run, training=False)

    @cached_property
    def _eager(self) -> Inference:
        """Inference where modules are run as they are written."""
        return Inference(self._inferring, eager=True, traced=True)

    @cached_property
    def training(self) -> Training:
        """A training step."""
        return Training(Tape(self.work, self.run), traced=True, timed=True)

    def with_run(self, run: Run) -> Training:
        """The training step of the same network in another run."""
        return Training(Tape(self.work, run))

    @property
    def peak(self) -> PhasePeak:
        """The peak of training."""
        return self.training.ledger.peak

    @cached_property
    def reserved_inference(self) -> int:
        """Bytes that a caching allocator reserves for inference."""
        return replay(inference_trace(self._inferring, self._eager)).reserved

    @cached_property
    def reserved_training(self) -> int:
        """Bytes that a caching allocator reserves for training, its first two steps."""
        return replay(training_trace(self.training)).reserved

    @cached_property
    def timeline(self) -> list[tuple[str, str, int]]:
        """The phase, the layer and the bytes alive at every operation of a training step."""
        return [(mark.phase, mark.layer, mark.live) for mark in self.training.ledger.timeline or ()]

    @cached_property
    def tensors(self) -> list[Life]:
        """The tensors of a training step, with the positions of the timeline at which they are alive."""
        tape = Tape(self.work, self.run)
        return tensors_of(tape, Training(tape, kind=History))

    @cached_property
    def layers(self) -> tuple[list[Held], Held]:
        """What each layer holds, and what belongs to none."""
        return held_by_layer(self.work, self.run)

    def on_ranks(self, strategy: str, ranks: int, run: Run | None = None) -> PerRank:
        """The memory of one of several devices in training; the run's batch is that of all of them together.

        Raises ShardingError for a batch that does not divide among the ranks, and for an unknown strategy.
        """
        run = run or self.run
        return per_rank_of(self.work, run.but(batch=check_ranks(run.batch, ranks)), strategy, ranks)

    def needed(self, run: Run | None = None, strategy: str = "single", ranks: int = 1) -> int:
        """Bytes alive at the peak on the fullest rank: of training, or of inference where nothing is trained."""
        if (run or self.run).dtype not in TRAINED:
            return self._inferred(run)
        if ranks == 1 and strategy == "single":
            if run is not None and run.device is not None and run.batch > 1:
                return self._growth(run).alive(run.batch)  # its largest batch is asked for as well
            return (self.training if run is None else self.with_run(run)).ledger.peak.bytes
        return self.on_ranks(strategy, ranks, run).peak.bytes

    def bounds(self, room: int, run: Run | None = None, strategy: str = "single", ranks: int = 1) -> Bounds:
        """The bounds of `needed` on a device where the run has `room` bytes for its tensors.

        A rank is the step of its batch on one device, and what it holds beside that.
        """
        run = run or self.run
        if run.dtype not in TRAINED:
            return self.inference_bounds(room, run)
        growth = self._growth(run)
        if ranks == 1 and strategy == "single":
            reserved = self.reserved_training if run == self.run else growth.reserved(run.batch)
            return growth.bounds(run.batch, room, reserved)
        batch = check_ranks(run.batch, ranks)
        beside = self._beside(run, batch, strategy, ranks)
        found = growth.bounds(batch, room - beside, growth.reserved(batch))
        return Bounds(found.low + beside, found.high + beside)

    def largest(self, room: int, run: Run | None = None, strategy: str = "single", ranks: int = 1) -> tuple[int, int]:
        """The largest batch of all ranks that surely fits a device with `room` bytes for tensors; that may fit."""
        run = run or self.run
        safe = self.safe(room, run, strategy, ranks)
        if run.dtype not in TRAINED:
            return safe, largest_batch(lambda batch: self.inference_bounds(room, run.but(batch=batch)).low, room)
        growth = self._growth(run)

        def may(batch: int, left: int) -> bool:
            return batch <= growth.safe(left) or growth.may_fit(batch, left)

        return safe, max(safe, self._on_all_ranks(growth.most, may, room, run, strategy, ranks))

    def safe(self, room: int, run: Run, strategy: str = "single", ranks: int = 1) -> int:
        """The largest batch of all ranks that surely fits a device with `room` bytes for tensors."""
        if run.dtype not in TRAINED:
            return largest_batch(lambda batch: self.inference_bounds(room, run.but(batch=batch)).high, room)
        growth = self._growth(run)
        return self._on_all_ranks(
            growth.safe, lambda batch, left: batch <= growth.safe(left), room, run, strategy, ranks
        )

    def _on_all_ranks(
        self,
        largest: Callable[[int], int],
        fits: Callable[[int, int], bool],
        room: int,
        run: Run,
        strategy: str,
        ranks: int,
    ) -> int:
        """The largest batch of all ranks: on one device, `largest` finds it for a room, and `fits` tries one."""
        alone = largest(room)
        if ranks == 1 and strategy == "single":
            return alone

        def may(batch: int) -> bool:
            return fits(batch, room - self._beside(run, batch, strategy, ranks))

        return ranks * last_batch(may, largest(room - self._beside(run, max(alone, 1), strategy, ranks)))

    def _beside(self, run: Run, batch: int, strategy: str, ranks: int) -> int:
        """How much larger the peak of a rank with this batch is than that of the step on one device, in bytes."""
        rank = self.on_ranks(strategy, ranks, run.but(batch=batch * ranks))
        return rank.peak.bytes - self._growth(run).alive(batch)

    def _growth(self, run: Run) -> Growth:
        """The allocations of a training step in a run, at any batch."""
        run = run.but(batch=1)
        found = next((growth for growth in self._growths if growth.run == run), None)
        if found is None:
            self._growths.append(found := Growth(self.work, run, self._growths))
        return found

    def inference_bounds(self, room: int, run: Run | None = None) -> Bounds:
        """The bounds of inference on a device where it has `room` bytes for its tensors, run module by module."""
        held = self if run is None or run == self.run else ModeMemory(self.work.network, self.mode, run)
        low = held.eager_bytes - held._eager.peak.lent
        return Bounds(low, max(held.reserved_inference, low))

    def _inferred(self, run: Run | None) -> int:
        """Bytes alive at the peak of inference in a run, by default the own one."""
        return (self.inference if run is None else Inference(Tape(self.work, run, training=False))).peak.bytes

    def inference_parts(self) -> dict[str, int]:
        """The parts of the peak of inference in bytes; their sum is the peak."""
        peak = self.inference.peak
        return {
            "parameters": self.inference.parameters,
            "buffers": self.inference.buffers,
            "input": self.inference.input,
            "activations": peak.transient,
            "temporary": peak.saved,
            "libraries": self.inference.libraries + peak.lent,
        }

    def training_parts(self, peak: PhasePeak | None = None) -> dict[str, int]:
        """The parts of the peak of training, or of one of its phases, in bytes; their sum is the peak."""
        peak = self.peak if peak is None else peak
        return {
            "parameters": self.training.parameters,
            "buffers": self.training.buffers,
            "gradients": peak.gradients,
            "optimizer": self.training.optimizer,
            "saved": peak.saved,
            "transient": peak.transient,
            "input": self.training.input,
            "libraries": self.training.libraries + peak.lent,
        }
