"""Guards: how much the amounts of a network may grow against those of another one, its base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.checks.budget.suggestions import cure
from analyzer.checks.budget.words import difference, in_units, largest_parts, percent
from analyzer.checks.found import Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.checks.subject import Guard
    from analyzer.engine.amounts import Amounts


def increased(amounts: Amounts, guards: Iterable[Guard]) -> Iterator[Found]:
    """A finding for every guard that the network breaks."""
    for guard in guards:
        amount = amounts.of(guard.key)
        if amount is None or amount - guard.base <= guard.most:
            continue
        grown = amount - guard.base
        share = f" ({percent(grown, guard.base)})" if guard.base else ""
        by, allowed = in_units(grown, guard.most, unit=guard.unit)
        may = guard.written if guard.written.endswith("%") else f"+{allowed}"
        yield Found(
            f"`{guard.key}` grew by {by}{share} against {guard.label}; {may} is allowed",
            None,
            notes=[difference(guard.key, amount, guard.base), *largest_parts(guard.key, amount, amounts)],
            help=cure(guard.key, amount, guard.base + guard.most, amounts),
        )
