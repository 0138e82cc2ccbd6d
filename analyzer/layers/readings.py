"""Which input cells an output cell is made of, for the receptive field.

Windows, scattered kernels, resampling, shifts and slices all have one form; see `Reading`.
"""

from __future__ import annotations


class Reading:
    """Which input cells an output cell is made of, on one axis.

    Output cell u reads the cells from ⌊(scale·u + low)/divisor⌋ to ⌊(scale·u + high)/divisor⌋, `spread` apart, of the
    input's axis number `axis` (None: the axis in the same place; −1: none, the axis is new); none where the first is
    beyond the last. Windows, resampling, shifts and slices all have this form. `through` is a reading that lies between:
    the cells are those of a volume which reads the input so.
    """

    __slots__ = ("axis", "divisor", "high", "low", "scale", "spread", "through")

    def __init__(
        self,
        scale: int,
        low: int,
        high: int,
        divisor: int = 1,
        *,
        spread: int = 1,
        axis: int | None = None,
        through: Reading | None = None,
    ) -> None:
        self.scale = scale
        self.low = low
        self.high = high
        self.divisor = divisor
        self.spread = spread
        self.axis = axis
        self.through = through


class Everything:
    """Each output cell is made of the whole input."""


class Nothing:
    """No output cell is made of this input's values."""


#: The cell at the same place.
KEPT = Reading(1, 0, 0)


#: The whole axis.
WHOLE = Reading(0, 0, 0)


#: The first cell, whatever the output cell: an axis of 1 that is broadcast.
FIRST = Reading(0, 0, 0)


EVERYTHING = Everything()


NOTHING_READ = Nothing()


#: What `Layer.windows` answers: a reading for each spatial axis of the output; None where it has no such form.
Readings = tuple[Reading, ...] | Everything | Nothing | None
