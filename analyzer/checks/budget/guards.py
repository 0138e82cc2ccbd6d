"""Guards: how much the amounts of a network may grow against those of another one, its base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.checks.budget.suggestions import cure
from analyzer.checks.budget.words import GIVE, difference, in_units, largest_parts, percent, unknown_parts
from analyzer.checks.found import Found
from analyzer.units import exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.checks.subject import Guard
    from analyzer.engine.amounts import Amounts


def increased(amounts: Amounts, guards: Iterable[Guard]) -> Iterator[Found]:
    """A finding for every guard that the network breaks, or may break by what is unknown of it."""
    for guard in guards:
        amount = amounts.of(guard.key)
        if amount is None:
            continue
        broken = amount - guard.base > guard.most
        both = exact(guard.base) == exact(amount)
        if broken and (both or exact(guard.base)):
            yield _grown(guard, amount, amounts)
        elif not both and broken != exact(guard.base):
            yield _unknown(guard, amount, amounts)


def _grown(guard: Guard, amount: int, amounts: Amounts) -> Found:
    """The finding for a guard that is broken; where a part is unknown on both sides, by what is known."""
    base = int(guard.base)
    now = amount if exact(guard.base) else int(amount)
    share = f" ({percent(now - base, base)})" if base else ""
    by, allowed = in_units(now - base, guard.most, unit=guard.unit)
    may = guard.written if guard.written.endswith("%") else f"+{allowed}"
    what = f"`{guard.key}`" if exact(guard.base) else f"what is known of `{guard.key}`"
    return Found(
        f"{what} grew by {by}{share} against {guard.label}; {may} is allowed",
        None,
        notes=[difference(guard.key, now, base), *largest_parts(guard.key, amount, amounts)],
        help=cure(guard.key, amount, base + guard.most, amounts),
    )


def _unknown(guard: Guard, amount: int, amounts: Amounts) -> Found:
    """The note where only one side has unknown parts, so that nobody knows how much it grew."""
    now, base = in_units(amount, guard.base, unit=guard.unit)
    return Found(
        f"`{guard.key}` is {now}, and {base} in {guard.label}: nobody knows by how much it grew",
        None,
        notes=[unknown_parts(amounts)] if amounts.analysis.unknown else [],
        help=GIVE,
        severity="note",
    )
