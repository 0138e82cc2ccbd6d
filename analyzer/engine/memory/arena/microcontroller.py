"""A network on a microcontroller: the arena of its activations in RAM, its numbers in flash, and whether both fit."""

from __future__ import annotations

from functools import cached_property

from analyzer.engine.memory.arena.flash import Flash, flash_of
from analyzer.engine.memory.arena.fusing import fused_into
from analyzer.engine.memory.arena.peak import Peak, peak_of
from analyzer.engine.memory.arena.plan import Plan, Tensor
from analyzer.engine.memory.arena.planner import arena_tensors, plan_arena
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.verdict import DOES_NOT_FIT, FITS
from analyzer.engine.memory.work import operations_of
from analyzer.engine.network import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Microcontroller:
    """What a network takes of a microcontroller in one run, with weights as `mode` says. All sizes are bytes.

    `ram` and `flash` are the amounts that it has; None: not given.
    """

    def __init__(self, network: Network, run: Run, mode: str, *, ram: int | None = None, flash: int | None = None):
        self.network = network
        self.run = run
        self.mode = mode
        self.ram = ram
        self.flash = flash
        self._flash: dict[str, Flash] = {}

    @cached_property
    def _tape(self) -> Tape:
        return Tape(operations_of(self.network, self.mode), self.run, training=False)

    @cached_property
    def plan(self) -> Plan:
        """Where each tensor lies in the arena."""
        return plan_arena(arena_tensors(self._tape))

    @cached_property
    def peak(self) -> Peak | None:
        """The peak of the arena; None for a network without tensors."""
        return peak_of(self.plan)

    @cached_property
    def _entered(self) -> set[str]:
        return {node.name for node in self.network.inputs}

    def layer_at(self, step: int) -> str:
        """The layer that runs at a step of the plan; the input of a network without layers."""
        steps = self._tape.steps
        return steps[step].node.name if steps else self.network.inputs[0].name

    def maker_of(self, tensor: Tensor) -> str:
        """The layer that makes a tensor; of an input its own name."""
        return tensor.name if tensor.name in self._entered else self.layer_at(tensor.first)

    def reader_of(self, tensor: Tensor) -> str:
        """The layer that a tensor is alive until: its last reader, and of an output the last layer."""
        return self.layer_at(tensor.last)

    @cached_property
    def fused(self) -> Mapping[str, Sequence[str]]:
        """For each layer that runs others in its kernel their names, in their order."""
        found: dict[str, list[str]] = {}
        for index, node in fused_into(self.network).items():
            found.setdefault(node.name, []).append(self.network.nodes[index].name)
        return found

    def numbers(self, mode: str | None = None) -> Flash:
        """What lies in flash in a mode of sharing, by default that of this microcontroller."""
        mode = mode or self.mode
        if mode not in self._flash:
            self._flash[mode] = flash_of(self.network, mode, self.run.dtype)
        return self._flash[mode]

    @property
    def ram_verdict(self) -> str | None:
        """Whether the arena fits into RAM; None where no amount is given."""
        return _fits(self.plan.size, self.ram)

    @property
    def flash_verdict(self) -> str | None:
        """Whether the numbers fit into flash; None where no amount is given."""
        return _fits(self.numbers().bytes, self.flash)

    @property
    def verdict(self) -> str | None:
        """Whether both fit; None where neither amount is given."""
        words = {self.ram_verdict, self.flash_verdict} - {None}
        return DOES_NOT_FIT if DOES_NOT_FIT in words else FITS if words else None


def _fits(needed: int, capacity: int | None) -> str | None:
    return None if capacity is None else FITS if needed <= capacity else DOES_NOT_FIT
