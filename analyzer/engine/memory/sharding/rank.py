"""The memory of one rank: at one moment, and at rest and at the peak of each phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from analyzer.engine.memory.sharding.one_device import SingleDevice
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: (phase, memory, layer that runs) in order of time; the first is at rest.
    Moments: TypeAlias = Iterator[tuple[str, "Breakdown", str]]

#: The phases of a step, in order.
PHASES = ("forward", "backward", "step")


class Breakdown(Record, kw_only=True):
    """Bytes alive on one rank at one moment, by their purpose.

    `buckets` are gradients in the buffers that are reduced. `gathered` are whole parameters, put together from the
    shards of all ranks, and the buffers that they arrive in. `libraries` is what cuBLAS keeps on a device; what is lent
    for a moment is `transient` here.
    """

    parameters: int
    buffers: int
    gradients: int
    optimizer: int
    buckets: int
    gathered: int
    saved: int
    transient: int
    input: int
    libraries: int

    @property
    def bytes(self) -> int:
        """All of it."""
        return (
            self.parameters
            + self.buffers
            + self.gradients
            + self.optimizer
            + self.buckets
            + self.gathered
            + self.saved
            + self.transient
            + self.input
            + self.libraries
        )

    def parts(self) -> dict[str, int]:
        """The bytes by purpose; the sum is `bytes`."""
        return {name: getattr(self, name) for name in self._fields}


class PerRank(Record):
    """The memory of one rank at `rest`, between two steps with the batch loaded, and at the peak of each phase.

    `phases` and `layers` have a breakdown and the layer that runs for every name of `PHASES`; `layer` is "" for a peak
    that belongs to no layer. `phase` is the phase with the highest peak.
    """

    strategy: str
    ranks: int
    rest: Breakdown
    phases: dict[str, Breakdown]
    layers: dict[str, str]
    phase: str = field(init=False)
    layer: str = field(init=False)

    def check(self) -> None:
        self.phase = max(PHASES, key=lambda name: self.phases[name].bytes)
        self.layer = self.layers[self.phase]

    @property
    def peak(self) -> Breakdown:
        """The breakdown at the highest peak."""
        return self.phases[self.phase]


def on_rank(single: SingleDevice, parameters: int, optimizer: int) -> Callable[..., Breakdown]:
    """A function that makes breakdowns of a rank with these shares of parameters and optimizer, in bytes."""

    def made(gradients: int, buckets: int = 0, gathered: int = 0, *, saved: int = 0, transient: int = 0) -> Breakdown:
        return Breakdown(
            parameters=parameters,
            buffers=single.buffers,
            gradients=gradients,
            optimizer=optimizer,
            buckets=buckets,
            gathered=gathered,
            saved=saved,
            transient=transient,
            input=single.input,
            libraries=single.libraries,
        )

    return made
