"""Which input cells an output cell is made of, for the receptive field.

Windows, transposed windows, resampling, shifts and slices all have one form: `Reading`.
"""

from __future__ import annotations

from enum import Enum

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Reading(Record):
    """Which input cells an output cell is made of, on one axis.

    Output cell u reads the cells from ⌊(scale·u + low)/divisor⌋ to ⌊(scale·u + high)/divisor⌋, `spread` apart; none
    where the first is beyond the last.

    axis     the number of the input's axis; None for the axis in the same place, −1 where the output's axis is new
    through  a second reading, which follows this one: these cells are of a volume that reads the input by it
    """

    scale: int
    low: int
    high: int
    divisor: int = 1
    spread: int = 1
    axis: int | None = None
    through: Reading | None = None

    def __reduce__(self) -> str | tuple[Any, ...]:
        """The named readings are pickled by their names, since they are compared by identity."""
        for name, known in (("KEPT", KEPT), ("WHOLE", WHOLE), ("FIRST", FIRST)):
            if self is known:
                return name
        return Reading, (self.scale, self.low, self.high, self.divisor, self.spread, self.axis, self.through)


class Cells(Enum):
    """Which input cells an output cell is made of, where `Reading` does not say it."""

    EVERYTHING = "the whole input"
    NOTHING = "no cell: the input's values are not used"
    UNKNOWN = "the layer cannot say: its answer has no such form, or its author gives none"


#: The cell at the same place.
KEPT = Reading(1, 0, 0)


#: The whole axis.
WHOLE = Reading(0, 0, 0)


#: The first cell for every output cell: an axis of 1 that is broadcast.
FIRST = Reading(0, 0, 0)


#: The answer of `Layer.windows`: a reading for each spatial axis of the output, or one for all of them.
Readings = tuple[Reading, ...] | Cells
