"""The columns of the tables of a sweep: the values on the axes, the amounts, and the limits that are broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analyzer.engine.amounts import AMOUNTS
from analyzer.reporter.column import Column
from analyzer.reporter.sweep.words import written
from analyzer.sweeping.result import Axis, Variant, column_of
from analyzer.units import brief_count, memory, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.sweeping.result import Value

    #: Takes the variant that a row is about; None where it has none.
    Read = Callable[[Any], "Variant | None"]

#: The headings of amounts where there is no room for their keys.
_SHORT = {
    "params_local": "local",
    "macs": "MACs",
    "flops": "FLOPs",
    "weight_memory": "weights",
    "activation_memory": "activations",
    "peak_inference_memory": "inference",
    "peak_training_memory": "training",
    "receptive_field": "RF",
}

#: What marks a cell with an amount that breaks its limit, and a variant on the front.
BROKEN, ON_FRONT = "! ", "*"


def itself(variant: Variant) -> Variant:
    """The variant of a row that is one."""
    return variant


def axis_columns(axes: Sequence[Axis], amounts: Sequence[str]) -> list[Column]:
    """The values of a row on these axes."""
    return [axis_column(axis, column_of(axis.name, amounts), lambda row: row.set) for axis in axes]


def axis_column(axis: Axis, heading: str, read: Callable[[Any], Mapping[str, Value] | None]) -> Column:
    """The value on an axis, numbers to the right; `none` where a row has none."""

    def text(row: Any) -> str:
        set = read(row)
        return "none" if set is None else written(set[axis.name], axis)

    words = axis.between is None and isinstance(axis.values[0], str)
    return Column(heading, heading, "the value on this axis", value=text, nature="word" if words else "place")


#: How amounts are written, in less and less room: whether under short words, and whether shortened.
WAYS = ((False, False), (True, False), (True, True))


def heading(key: str, *, brief: bool) -> str:
    """The heading of an amount: its key, or a short word."""
    return _SHORT.get(key, key) if brief else key


def amount_columns(keys: Sequence[str], read: Read = itself) -> Iterator[list[list[Column]]]:
    """The amounts in each of `WAYS`."""
    for words, numbers in WAYS:
        yield [[_amount(key, heading(key, brief=words), numbers, read)] for key in keys]


def _amount(key: str, heading: str, brief: bool, read: Read) -> Column:
    def text(row: Any) -> str:
        variant = read(row)
        if variant is None or variant.error is not None:
            return ""
        return (BROKEN if key in variant.breaks else "") + amount(key, variant.amounts[key], brief=brief)

    def style(row: Any) -> str:
        variant = read(row)
        return "red" if variant is not None and key in variant.breaks else ""

    return Column(key, heading, "the amount", value=text, nature="place", style=style)


def amount(key: str, number: int | None, *, brief: bool) -> str:
    """An amount of a key as a cell.

    >>> amount("macs", 4089184256, brief=False), amount("macs", 4089184256, brief=True)
    ('4,089,184,256', '4.09 G')
    >>> amount("weight_memory", 3041920, brief=False), amount("peak_training_memory", None, brief=False)
    ('2.9 MiB', 'none')
    """
    if number is None:
        return "none"
    if AMOUNTS[key] == "bytes":
        return memory(number)
    return short(number) if brief else brief_count(number)


def broken_column(read: Read = itself) -> Column:
    """The limits that a variant breaks, or that it is no network, with the code of the mistake."""

    def text(row: Any) -> str:
        variant = read(row)
        if variant is None:
            return ""
        return ", ".join(variant.breaks) if variant.error is None else f"no network: {variant.error.code}"

    def style(row: Any) -> str:
        return "red" if text(row) else ""

    return Column("kind", "breaks", "the limits that it breaks", value=text, style=style)  # under this name it may wrap
