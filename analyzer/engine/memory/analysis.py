"""The memory analysis of a network: inference and training in each mode of sharing, and whether they fit a device.

>>> from analyzer.engine.memory.devices import read_device
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("input", Volume((4, 4), 1))
>>> for name in ("conv1", "conv2"):
...     node = network.place(name, CATALOGUE["conv"](filters=2, kernel=3, padding=1), [node])
>>> network.name_outputs([node])
>>> analysis = MemoryAnalysis(network, Run(batch=64), device=read_device("2GiB"), context=0)
>>> analysis.needed(), analysis.verdict().word, analysis.largest  # bytes; samples that fit, and that are at risk
(53720, 'fits', (2507981, 2572288))
>>> for change in analysis.changes:
...     change.option, change.bytes
('--batch 32 --accumulate 2 --autocast bfloat16', 24364)
('--batch 32 --accumulate 2', 27328)
('--autocast bfloat16', 47684)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from analyzer.diagnostics import Diagnostic
from analyzer.engine.memory.arena.asked import check_arena, read_room
from analyzer.engine.memory.arena.microcontroller import Microcontroller
from analyzer.engine.memory.arena.plan import Plan
from analyzer.engine.memory.assumptions import assumptions, on_microcontroller
from analyzer.engine.memory.devices import CONTEXT, Device
from analyzer.engine.memory.mode_memory import ModeMemory
from analyzer.engine.memory.planned import planned
from analyzer.engine.memory.proposals import Change, changes
from analyzer.engine.memory.segments import Blocks, check_names
from analyzer.engine.memory.settings import Run, needs_halves, trained_dtype
from analyzer.engine.memory.sharding.rank import PerRank
from analyzer.engine.memory.sharding.step import gathered_units
from analyzer.engine.memory.sharding.strategies import STRATEGIES, check_ranks, check_single
from analyzer.engine.memory.verdict import AT_RISK, DOES_NOT_FIT, FITS, Verdict, verdict
from analyzer.engine.network import Network
from analyzer.engine.result import MODES
from analyzer.layers import SHARED
from analyzer.layers.traits import Drops
from analyzer.record import ABOVE, Printed
from analyzer.settings import one_of, whole
from analyzer.units import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


#: Formats that a model is exported to after its training.
EVALUATED = ("onnx", "pt2")


class MemoryAnalysis(Printed):
    """The memory of a network in one run, in every mode of sharing. All sizes are bytes.

    `mode` is the mode that the verdict is about. `device` is the device that the run should fit on (None: no verdict),
    and `context` the bytes that the process takes there beside its tensors, by default those of the device. `ranks`
    devices train together by `strategy`; the batch of `run` is that of all of them. The verdict is about the fullest
    rank, or about inference where the number format is not one that networks are trained in. With `arena` the reports
    are about a microcontroller with `ram` and `flash` bytes (None: not given), where nothing is trained; it goes with
    no device and no ranks. `diagnostics` are doubts about the network as a whole.

    Raises `SettingError` for a wrong setting, for a name of the run's checkpoint that the network does not have, and
    for a batch that does not divide among the ranks.
    """

    def __init__(
        self,
        network: Network,
        run: Run,
        *,
        mode: str = "declared",
        device: Device | None = None,
        context: int | None = None,
        strategy: str | None = None,
        ranks: int = 1,
        arena: bool = False,
        ram: int | None = None,
        flash: int | None = None,
        name: str = "network",
        file: str = "",
        diagnostics: Sequence[Diagnostic] = (),
    ) -> None:
        self.network = network
        self.run = run
        self.mode = one_of("mode", mode, MODES)
        self.device = device
        usual = CONTEXT if device is None else device.context
        self.context = usual if context is None else context
        self.ranks = whole("ranks", ranks)
        self.strategy = one_of("strategy", strategy or ("ddp" if ranks > 1 else "single"), STRATEGIES)
        check_names(network, run.checkpoint)
        if run.master_weights and (refused := needs_halves(network, run.dtype)) is not None:
            raise refused
        if self.divided:
            check_ranks(run.batch, ranks)
            check_single(self.strategy, ranks)
        self.arena = arena
        self.ram = ram
        self.flash = flash
        self.name = name
        self.file = file
        self.diagnostics = tuple(diagnostics)
        self._modes: dict[str, ModeMemory] = {}
        self._rank: dict[str, PerRank] = {}
        self._verdicts: dict[tuple[str, bool], Verdict] = {}

    @classmethod
    def of(
        cls,
        network: Network,
        training: Mapping[str, object],
        /,
        *,
        mode: str = "both",
        arena: bool = False,
        ram: str | int | None = None,
        flash: str | int | None = None,
        **settings: object,
    ) -> MemoryAnalysis:
        """The analysis with the settings that `analyzer.memory` takes; `training`, as a file has it, gives the others.

        `settings` are those of `planned`. A microcontroller trains nothing: with `arena` those of the file do not
        count. Raises `SettingError` for a wrong one.
        """
        check_arena(arena, ram, flash, settings)
        found = planned({} if arena else training, settings)
        return cls(
            network,
            found.run,
            mode="declared" if one_of("mode", mode, ("both", *MODES)) == "both" else mode,
            device=found.device,
            context=found.context,
            strategy=found.strategy,
            ranks=found.ranks,
            arena=arena,
            ram=None if ram is None else read_room("ram", ram),
            flash=None if flash is None else read_room("flash", flash),
        )

    def __repr__(self) -> str:
        if self.microcontroller is not None:
            chip = self.microcontroller
            sizes = [f"arena {memory(chip.plan.size)}", f"weights {memory(chip.numbers().bytes)}"]
            sizes += [chip.verdict] if chip.verdict else []
            return f"MemoryAnalysis({self.name!r}: batch {self.run.batch:,}, {self.run.dtype}, {', '.join(sizes)})"
        found = self.held()
        sizes = [f"inference {memory(found.inference.peak.bytes)}"]
        if found.trains:
            sizes.insert(0, f"training {memory(self.needed())}")
        verdict = self.verdict()
        if self.device is not None and verdict is not None:
            sizes.append(f"{verdict.word} on {self.device.name}")
        return f"MemoryAnalysis({self.name!r}: batch {self.run.batch:,}, {self.run.dtype}, {', '.join(sizes)})"

    def to_dict(self) -> dict[str, Any]:
        """The JSON report of `analyzer memory` (schemas/memory.schema.json) as plain data."""
        found: dict[str, Any] = ABOVE["memory_to_dict"](self)
        return found

    def held(self, mode: str | None = None) -> ModeMemory:
        """Inference and training in a mode, by default the one asked for.

        `declared` is `shared` where the file declares no sharing of its own.
        """
        mode = mode or self.mode
        if mode == "declared" and not self.mixed:
            mode = "shared"
        if mode not in self._modes:
            self._modes[mode] = ModeMemory(self.network, mode, self.run, trained=not self.arena)
        return self._modes[mode]

    @cached_property
    def mixed(self) -> bool:
        """Whether the file declares sharing of its own."""
        return any(node.layer.declared_sharing != SHARED for node in self.network.nodes)

    @property
    def modes(self) -> list[str]:
        """The modes that a report shows: shared, local, and declared where the file declares sharing of its own."""
        return [mode for mode in MODES if mode != "declared" or self.mixed]

    @property
    def trains(self) -> bool:
        """Whether the run is one of training: its number format is one for that, and it is not on a microcontroller."""
        return self.held().trains

    @property
    def divided(self) -> bool:
        """Whether training is divided among devices."""
        return self.ranks > 1 or self.strategy != "single"

    def rank(self, mode: str | None = None) -> PerRank:
        """The fullest rank in a mode, by default the one asked for.

        Raises ShardingError for a batch that does not divide among the ranks, and for an unknown strategy.
        """
        found = self.held(mode)
        if found.mode not in self._rank:
            self._rank[found.mode] = found.on_ranks(self.strategy, self.ranks)
        return self._rank[found.mode]

    def needed(self, mode: str | None = None) -> int:
        """The bytes of tensors that the verdict is about."""
        if self.divided:
            return self.rank(mode).peak.bytes
        found = self.held(mode)
        return found.peak.bytes if found.trains else found.inference.peak.bytes

    def verdict(self, mode: str | None = None) -> Verdict | None:
        """The verdict in a mode, by default the one asked for; None where no device is named."""
        return self._verdict(mode, self.trains)

    def inference_verdict(self, mode: str | None = None) -> Verdict | None:
        """The verdict on inference in a mode, by default the one asked for; None where no device is named."""
        return self._verdict(mode, trains=False)

    def _verdict(self, mode: str | None, trains: bool) -> Verdict | None:
        if self.device is None:
            return None
        found = self.held(mode)
        known = found.mode, trains
        if known not in self._verdicts:
            bounds = (
                found.bounds(self.room, None, self.strategy, self.ranks)
                if trains
                else found.inference_bounds(self.room)
            )
            self._verdicts[known] = verdict(bounds, self.context, self.device.capacity)
        return self._verdicts[known]

    @property
    def room(self) -> int:
        """The bytes that the device has for tensors; 0 where the context takes everything, or where none is named."""
        return 0 if self.device is None else max(self.device.capacity - self.context, 0)

    @cached_property
    def largest(self) -> tuple[int, int] | None:
        """The largest batch of all ranks that fits, and the largest that is at risk; None where no device is named."""
        if self.device is None:
            return None
        return self.held().largest(self.room, None, self.strategy, self.ranks)

    @cached_property
    def changes(self) -> list[Change]:
        """The changes of the run that lower the peak of training by at least 1 %, the most effective first."""
        found = changes(self.held(), self.strategy, self.ranks) if self.trains else []
        return found if self.device is None else [self._judged(change) for change in found]

    def _judged(self, change: Change) -> Change:
        """A change with its largest batches on the device."""
        held, run = self.held(), change.run
        safe, word = held.safe(self.room, run, self.strategy, self.ranks), FITS
        if run.batch > safe:
            low = held.bounds(self.room, run, self.strategy, self.ranks).low
            word = AT_RISK if low <= self.room else DOES_NOT_FIT
        judged: Change = change.but(verdict=word, max_batch=safe)
        return judged

    @cached_property
    def microcontroller(self) -> Microcontroller | None:
        """RAM and flash of a microcontroller, where `arena` asks for it."""
        if not self.arena:
            return None
        return Microcontroller(self.network, self.run, self.held().mode, ram=self.ram, flash=self.flash)

    @property
    def plan(self) -> Plan | None:
        """The static plan of inference's tensors, where it is asked for."""
        return None if self.microcontroller is None else self.microcontroller.plan

    @property
    def without_blocks(self) -> bool:
        """Whether the run checkpoints blocks and the network has none."""
        return self.run.checkpoint == "blocks" and not Blocks(self.network).calls

    @property
    def weights_dtype(self) -> str | None:
        """The number format of most weights where it is not that of the run for all."""
        own = self.network.weights_dtype
        return None if own == self.run.dtype and not self.network.formats else own

    def _weights(self) -> str | None:
        """Which number format the weights have, where it is not that of the run."""
        own = self.weights_dtype
        if own is None:
            return None
        several = dict.fromkeys([own, *self.network.formats.values()])
        said = f"in {' and '.join(several)}, as in the file"
        if self.trains and trained_dtype(self.network, self.run) != own:
            return f"{said}; in training in {self.run.dtype}"
        return said

    def assumptions(self) -> dict[str, Any]:
        """What the numbers assume, by the keys of the JSON report.

        `authored` names the layers whose file does not say what they keep: each counts as one operation that keeps its
        input for the backward pass. `weights` says that these have the number format of the file, `export` what a file
        for inference may lack. `units` says whose parameters are gathered together on several devices,
        `fused`, `flash` and `beside` are about a microcontroller: which layers have no tensor in the arena, what lies
        in flash, and what takes memory there beside both.
        """
        export = "of an evaluated model: it often lacks dropout and batch norms, which take memory in training"
        source = self.network.source
        authored = [node.name for node in self.network.nodes if node.layer.authored]
        units = gathered_units(self.network, self.strategy)
        evaluated = source is not None and source.format in EVALUATED
        dropping = any(node.layer.drops is not Drops.NOTHING for node in self.network.nodes)
        exported = export if self.trains and evaluated and not dropping else None
        extra = {
            "weights": self._weights(),
            "export": exported,
            "units": units,
            **(
                {} if self.microcontroller is None else on_microcontroller(self.network.weights_dtype or self.run.dtype)
            ),
            "authored": authored,
        }
        return {**assumptions(self.run, trains=self.trains), **{key: value for key, value in extra.items() if value}}
