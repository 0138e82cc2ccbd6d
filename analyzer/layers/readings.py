"""Which input cells an output cell is made of, for the receptive field.

Windows, scattered kernels, resampling, shifts and slices all have one form; see `Reading`.
"""

from __future__ import annotations

from analyzer.layers.windows import Pairs, effective


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


def window_readings(
    kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...], pairs: Pairs
) -> Readings:
    """The readings of a window: from u·S − P_before over F_eff cells, every d-th of them."""
    return tuple(
        Reading(step, -before, effective(cells, spread) - 1 - before, spread=spread)
        for cells, step, spread, (before, _) in zip(kernel, stride, dilation, pairs, strict=True)
    )


def scattered_readings(
    kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...], pairs: Pairs
) -> Readings:
    """The readings of a transposed window: from ⌈(u + P_before − (F_eff − 1))/S⌉ to ⌊(u + P_before)/S⌋.

    Dilated and strided it misses cells in between: a window of stride 1 over the input with S − 1 empty cells after each.
    """
    readings = []
    for cells, step, spread, (before, _) in zip(kernel, stride, dilation, pairs, strict=True):
        first = before - effective(cells, spread) + 1
        if step == 1 or spread == 1:
            readings.append(Reading(1, first + step - 1, before, step, spread=spread))
        else:
            readings.append(Reading(1, first, before, spread=spread, through=Reading(1, step - 1, 0, step)))
    return tuple(readings)
