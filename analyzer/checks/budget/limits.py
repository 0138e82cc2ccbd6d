"""Limits: which amounts of a network break its budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.checks.budget.suggestions import cure
from analyzer.checks.budget.words import GIVE, broken, broken_end, difference, in_units, largest_parts, unknown_parts
from analyzer.checks.found import Found
from analyzer.units import exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.amounts import Amounts
    from analyzer.loader.parse.description import Limit


def exceeded(amounts: Amounts, limits: Mapping[str, Limit]) -> Iterator[Found]:
    """A finding for every limit that the network breaks, at the limit's place in the file."""
    for key, limit in limits.items():
        amount = amounts.of(key)
        if amount is None:
            yield _without(key, limit, amounts)
        elif limit.broken_by(amount):
            yield _broken(key, amount, limit, amounts)
        elif not exact(amount) and (limit.most is not None or amount < (limit.least or 0)):
            yield _unknown(key, amount, limit, amounts)


def _without(key: str, limit: Limit, amounts: Amounts) -> Found:
    """The finding for a limit of an amount that the network does not have."""
    training = key == "peak_training_memory"
    return Found(
        broken(key, None, limit),
        limit.span,
        notes=[f"nothing is trained in {amounts.run.dtype}" if training else "its receptive field is not known"],
        help=f"leave `{key}` out of the budget",
    )


def _unknown(key: str, amount: int, limit: Limit, amounts: Amounts) -> Found:
    """The note on a limit of an amount of which a part is unknown: nobody knows whether the network keeps it."""
    over = limit.most is not None
    allowed, unit = (limit.most or 0, limit.unit) if over else (limit.least or 0, limit.least_unit)
    now, then = in_units(amount, allowed, unit=unit)
    message = f"`{key}` is {now} of its budget of {then}, and the rest is unknown"
    if not over:
        message = f"`{key}` is {now}, and the rest is unknown: the minimum of its budget is {then}"
    return Found(message, limit.span, notes=[unknown_parts(amounts)], help=GIVE, severity="note")


def _broken(key: str, amount: int, limit: Limit, amounts: Amounts) -> Found:
    allowed, _ = broken_end(amount, limit)
    return Found(
        broken(key, amount, limit),
        limit.span,
        notes=[difference(key, amount, allowed), *largest_parts(key, amount, amounts)],
        help=cure(key, amount, allowed, amounts),
    )
