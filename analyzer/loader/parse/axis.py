"""An axis of a sweep, as plain data."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: A value of an axis: a number or a word; the volume of an input is a word, `128x128x3`.
    Value: TypeAlias = int | float | str

#: The name of the axis that is the volume of the only input; that of an input `image` beside others is `input.image`.
INPUT = "input"


class Axis(Record, eq=True):
    """A variable, or the volume of an input, and the values that it takes in a sweep, in the order of writing.

    name      the variable; `input`, or `input.NAME` where the model has several inputs
    values    at least one; a `range`, or another sequence that calculates them, where there may be millions; empty
              where it is continuous
    volume    whether it is the volume of an input
    between   the ends of a continuous axis, both in it, from which random variants draw; None for any other
    """

    name: str
    values: Sequence[Value]
    volume: bool = False
    between: tuple[float, float] | None = None
