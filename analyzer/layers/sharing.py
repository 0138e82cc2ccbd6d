"""Weight sharing: how many filter banks the positions of a volume have.

Sources: Taigman et al. 2014 (locally connected); Le et al. 2010, "Tiled convolutional neural networks" (tiled);
Liu et al. 2015, "Deep learning face attributes in the wild" (regions).
"""

from __future__ import annotations

from math import prod

from analyzer.layers.axes import per_axis, times
from analyzer.record import Record


class Sharing(Record, eq=True):
    """One policy of sharing: `shared`, `local`, `tiled` (every `step`-th unit) or `regions` (blocks of `step`).

    `step` is one number for every axis, or one for each.
    """

    policy: str
    step: int | tuple[int, ...] = 1

    def banks(self, positions: tuple[int, ...]) -> int:
        """The number of different filter banks that these positions, by axis, have.

        shared 1, local ΠO, tiled Π min(k, O), regions Π ⌈O/r⌉.
        """
        if self.policy == "shared":
            return 1
        if self.policy == "local":
            return prod(positions)
        steps = per_axis(self.step, len(positions), "sharing")
        if self.policy == "tiled":
            return prod(map(min, steps, positions))
        return prod(-(-length // step) for length, step in zip(positions, steps, strict=True))

    def __str__(self) -> str:
        return self.policy if self.policy in ("shared", "local") else f"{self.policy} {times(self.step)}"


SHARED = Sharing("shared")
LOCAL = Sharing("local")
