"""What a memory report shows, before any format draws it: the run in every mode, and what it comes to on a device."""

from __future__ import annotations

from functools import cached_property

from analyzer.engine.memory.analysis import Change, Held, MemoryAnalysis, changes, largest_batch
from analyzer.engine.memory.arena import Plan
from analyzer.engine.memory.devices import CONTEXT, Device, Verdict, verdict
from analyzer.engine.memory.segments import Blocks
from analyzer.engine.memory.sharding import PerRank

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What is assumed where nothing is trained.
_RUN_ALONE = ("counted", "slices", "local")


class MemoryReport:
    """The memory of one network in one run.

    `analysis` holds every mode; its run's batch is that of all `ranks` together. `device` is what it is to fit into (None:
    nothing is asked), with `context` bytes beside the tensors; `strategy` and `ranks` say how training is divided, and
    `planned` whether an arena is wanted. The verdict is about the fullest rank, or about inference where the format is not
    one that networks are trained in.
    """

    def __init__(
        self,
        analysis: MemoryAnalysis,
        *,
        device: Device | None = None,
        context: int = CONTEXT,
        strategy: str = "single",
        ranks: int = 1,
        planned: bool = False,
    ) -> None:
        self.analysis = analysis
        self.run = analysis.run
        self.device = device
        self.context = context
        self.strategy = strategy
        self.ranks = ranks
        self.planned = planned
        self._rank: dict[str, PerRank] = {}

    @property
    def mode(self) -> str:
        """The mode that was asked for; `shared` is `declared` where the file declares no other."""
        return self.analysis.mode

    @property
    def modes(self) -> list[str]:
        """The modes that stand side by side."""
        return self.analysis.modes

    def held(self, mode: str | None = None) -> Held:
        """What is held in a mode, by default the one asked for."""
        mode = mode or self.mode
        return self.analysis.held("shared" if mode == "declared" and not self.analysis.mixed else mode)

    @property
    def trains(self) -> bool:
        """Whether there is anything about training."""
        return self.held().trains

    @property
    def divided(self) -> bool:
        """Whether training is divided among devices."""
        return self.ranks > 1 or self.strategy != "single"

    def rank(self, mode: str | None = None) -> PerRank:
        """What the fullest rank holds in a mode, by default the one asked for."""
        held = self.held(mode)
        if held.mode not in self._rank:
            self._rank[held.mode] = held.on_ranks(self.strategy, self.ranks)
        return self._rank[held.mode]

    def needed(self, mode: str | None = None) -> int:
        """The bytes of tensors that the verdict is about."""
        if self.divided:
            return self.rank(mode).peak.bytes
        held = self.held(mode)
        return held.peak.bytes if held.trains else held.inference.peak.bytes

    def verdict(self, mode: str | None = None) -> Verdict | None:
        """The verdict in a mode, by default the one asked for; None where no device is named."""
        return self.judged(self.needed(mode))

    def judged(self, needed: int) -> Verdict | None:
        """The verdict on so many bytes of tensors."""
        return None if self.device is None else verdict(needed, self.context, self.device.capacity)

    @cached_property
    def largest(self) -> tuple[int, int] | None:
        """The largest batch that fits, and the largest that is at risk; None where no device is named."""
        if self.device is None:
            return None
        fits, at_risk = (
            largest_batch(
                self.held(),
                self.device.capacity,
                context=self.context,
                at_risk=at_risk,
                strategy=self.strategy,
                ranks=self.ranks,
            )
            for at_risk in (False, True)
        )
        return fits, at_risk

    @cached_property
    def changes(self) -> list[Change]:
        """What would lower the peak of training."""
        return changes(self.held(), self.strategy, self.ranks) if self.trains else []

    @cached_property
    def plan(self) -> Plan | None:
        """The arena of inference, where it is wanted."""
        return self.held().arena if self.planned else None

    @property
    def without_blocks(self) -> bool:
        """Whether blocks are to be worked out again and there are none."""
        return self.run.checkpoint == "blocks" and not Blocks(self.analysis.network).calls

    def assumptions(self) -> dict[str, Any]:
        """What the numbers assume; what is not the case is left out."""
        record = {key: value for key, value in self.analysis.assumptions().items() if value is not None}
        if self.trains:
            return record
        return {**{key: record[key] for key in _RUN_ALONE}, "counted": "input, and buffers with their counters"}
