"""FSDP2: the memory of one rank, unit by unit.

Units u_0 … in the order of the forward pass, and the root r (all other layers), which is whole from start to end. Of W
ranks each has 1/W of parameters, gradients and optimizer, and:

forward of unit i    r + 2u_i, the buffer that it arrives in and the copy; where it begins u_{i-1} too, the last buffer
backward of unit i   r + u_i + u_{i-1}, which is gathered ahead; gradients of r and u_i whole, those of u_{i+1} in the
                     buffer that is reduced; where it begins r + 2u_i, its buffer and the copy

Source: `fully_shard` of torch 2.13.0, read from the timeline of a fake process group.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from analyzer.engine.memory.sharding.one_device import Moment, SingleDevice
from analyzer.engine.memory.sharding.rank import Breakdown, on_rank
from analyzer.engine.memory.sharding.strategies import share

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.sharding.rank import Moments


class Fsdp:
    """FSDP2, unit by unit. With `stays` a unit is whole from its forward pass to its backward pass.

    All sizes are bytes. A sum `before` a unit is over those earlier in the forward pass, a sum `from` a unit over it
    and those later.
    """

    def __init__(self, single: SingleDevice, ranks: int, *, stays: bool) -> None:
        cp, cg = single.width, single.gradient_width
        parts = [*single.units, single.root]
        self.single = single
        self.ranks = ranks
        self.stays = stays
        self.root = single.root.parameters * cp
        self.sizes = [unit.parameters * cp for unit in single.units]
        self.before = [0, *accumulate(self.sizes)]
        self.reduced = [*(unit.trained * cg for unit in single.units), 0]
        self.gradients_from = _sums_from(self.reduced)
        self.shards_from = _sums_from([share(unit.trained, ranks) * cg for unit in single.units] + [0])
        self.shards = sum(share(part.trained, ranks) for part in parts) * cg
        self.kept = self.shards if single.kept else 0
        parameters = sum(share(part.parameters, ranks) for part in parts) * cp
        self.rank = on_rank(single, parameters, share(single.optimizer, ranks))

    def moments(self) -> Moments:
        """The memory at rest, then at every moment and where every unit begins."""
        yield "", self.rank(self.kept), ""
        ran, left = -1, len(self.sizes)  # the unit that began last, in the forward pass and in the backward pass
        previous = Moment("")
        for moment in self.single.moments:
            phase, unit, layer = moment.phase, moment.unit, moment.layer
            if phase == "forward":
                if unit is not None and unit != ran:
                    ran = unit
                    behind = self.sizes[unit - 1] if unit else self.root
                    # The tensors that the unit's own layers make do not exist yet.
                    edge = min(previous, moment, key=lambda one: one.saved + one.transient)
                    yield phase, self._forward(edge, unit, ran, behind), layer
                yield phase, self._forward(moment, unit, ran), layer
            elif phase == "backward":
                if unit is not None and unit != left:
                    left = unit
                    yield phase, self._backward(moment, unit, left, _arriving(previous, moment)), layer
                yield phase, self._backward(moment, unit, left), layer
            else:
                transient = share(moment.transient, self.ranks)
                yield phase, self.rank(self.shards, saved=moment.saved, transient=transient), layer
            previous = moment

    def _forward(self, moment: Moment, unit: int | None, ran: int, behind: int = 0) -> Breakdown:
        """The root, the unit and the buffer that it arrived in, which is still alive after the unit."""
        gathered = self.root + behind
        if ran < 0:
            gathered += self.root
        else:
            gathered += self.sizes[ran] if unit is None else 2 * self.sizes[ran]
            if self.stays:
                gathered += self.before[ran if unit is not None else ran + 1]
        return self.rank(self.kept, gathered=gathered, saved=moment.saved, transient=moment.transient)

    def _backward(self, moment: Moment, unit: int | None, left: int, arriving: int | None = None) -> Breakdown:
        """The root, the unit, the unit gathered ahead, and the gradients of the unit run before in their buffer.

        `arriving` are the transient bytes where the unit begins. There its buffer is alive, and nothing is gathered
        ahead.
        """
        done = left if unit is None else left + 1  # gradients from this unit on are reduced
        ahead = self.sizes[done - 2] if unit is not None and done > 1 else 0
        if self.stays:
            gathered = self.before[done]
        elif unit is None:
            gathered = self.sizes[left - 1] if left else 0
        else:
            gathered = self.sizes[unit] + (ahead if arriving is None else self.sizes[unit])
        made = max(moment.gradients - self.gradients_from[done], 0)
        return self.rank(
            made + (self.kept or self.shards_from[done]),
            self.reduced[done],
            self.root + gathered,
            saved=moment.saved,
            transient=moment.transient if arriving is None else arriving,
        )


def _arriving(previous: Moment, moment: Moment) -> int:
    """Transient bytes between two moments: at most those of either, less the parameter gradients made at the first."""
    made = max(moment.gradients - previous.gradients, 0)
    return min(moment.transient, max(previous.saved + previous.transient - made - moment.saved, 0))


def _sums_from(sizes: Sequence[int]) -> list[int]:
    """For every position the sum from there to the end."""
    return [*accumulate(reversed(sizes))][::-1]
