"""The tables of the page of a sweep: the front, the largest values that fit, and what one step of an axis changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analyzer.engine.amounts import AMOUNTS
from analyzer.reporter.difference.words import percent, signed
from analyzer.reporter.page.document import card, named, text
from analyzer.reporter.sweep.answers import Question, questions
from analyzer.reporter.sweep.columns import amount
from analyzer.reporter.sweep.words import written
from analyzer.sweeping.goals import ordered
from analyzer.sweeping.result import column_of
from analyzer.units import count, memory, plural, ratio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.reporter.sweep.points import Points
    from analyzer.sweeping.result import Found, Move, Swept, Variant

#: The most rows of a table.
_ROWS = 500

#: What a cell without a value has.
_NONE = "–"

#: Without a front the variants that fit have a table where they are at most so many.
_FEW = 100


def sections(swept: Swept, points: Points) -> Iterator[str]:
    """Every table, each in a card."""
    if swept.front is not None:
        yield from _front(swept, points)
    elif swept.found is None and 0 < points.counts[1] <= _FEW:
        yield from card("fits", "What fits", _variants(swept, points.fits, "The variants that fit"))
    for question in questions(swept.found or ()):
        yield from card("found", f"The {question.title}", _found(swept, question))
    if swept.moves is not None:
        yield from card("moves", "What one step changes", _moves(swept, swept.moves))


def _front(swept: Swept, points: Points) -> Iterator[str]:
    """The front, the best in the first goal first."""
    rows = ordered(points.front, swept.minimize, swept.maximize)
    content = _variants(swept, rows, "The front") if rows else ['<p class="page-note">No variant fits.</p>\n']
    yield from card(
        "front", "The front", content, f'<span class="page-note">{plural(points.counts[0], "variant")}</span>'
    )


def _variants(swept: Swept, variants: Sequence[Variant], label: str) -> Iterator[str]:
    """Variants, a row each; a pointer on a row marks its point."""
    heads = ["variant", *(column_of(axis.name, swept.amounts) for axis in swept.axes), *swept.amounts]
    rows = (
        _row([str(variant.id), *_cells(swept, variant)], f' data-id="{variant.id}"') for variant in variants[:_ROWS]
    )
    yield from _table(label, heads, rows)
    if len(variants) > _ROWS:
        yield f'<p class="page-note">The first {count(_ROWS)} of them.</p>\n'


def _cells(swept: Swept, variant: Variant) -> Iterator[str]:
    """The values of a variant on the axes, then its amounts."""
    yield from (written(variant.set[axis.name], axis) for axis in swept.axes)
    yield from _amounts(swept, variant)


def _amounts(swept: Swept, variant: Variant | None) -> Iterator[str]:
    for key in swept.amounts:
        yield _NONE if variant is None else amount(key, variant.amounts.get(key), brief=False)


def _found(swept: Swept, question: Question) -> Iterator[str]:
    """The answers to one question: the value, what it costs, and why the next value does not fit."""
    name = question.axis
    (axis,) = [one for one in swept.axes if one.name == name]
    others = [one for one in swept.axes if one is not axis]

    def cells(one: Found) -> Iterator[str]:
        yield from (written(one.set[other.name], other) for other in others)
        yield "none fits" if one.best is None else written(one.best.set[name], axis)
        yield from _amounts(swept, one.best)
        yield _NONE if one.next is None else written(one.next.set[name], axis)
        yield _why(one.next)

    heads = [*(column_of(one.name, swept.amounts) for one in (*others, axis)), *swept.amounts, "next", "breaks"]
    yield from _table(f"The {question.title}", heads, (_row(cells(one)) for one in question.first[:_ROWS]))
    if question.number > _ROWS:
        yield f'<p class="page-note">The first {count(_ROWS)} of {count(question.number)}.</p>\n'


def _why(variant: Variant | None) -> str:
    """Why a variant does not fit."""
    if variant is None:
        return _NONE
    return ", ".join(variant.breaks) or _NONE if variant.error is None else f"no network: {variant.error.message}"


def _moves(swept: Swept, moves: Sequence[Move]) -> Iterator[str]:
    """What each step changes, in absolute numbers and in percent, and what it breaks where one breaks anything."""
    axes = {axis.name: axis for axis in swept.axes}
    breaks = any(not move.after.fits for move in moves)

    def cells(move: Move) -> Iterator[str]:
        yield move.axis
        yield " → ".join(written(one.set[move.axis], axes[move.axis]) for one in (move.before, move.after))
        yield from (_change(move, key) for key in swept.amounts)
        yield from (_ratio(number) for number in (move.macs_per_parameter, move.bytes_per_parameter))
        if breaks:
            yield _why(move.after)

    heads = ["axis", "step", *swept.amounts, "MACs per added parameter", "bytes per added parameter"]
    heads += ["breaks"] * breaks
    yield from _table("What one step changes", heads, map(_row, map(cells, moves)))


def _change(move: Move, key: str) -> str:
    """A change of an amount: `+1,024 (+12.5 %)`."""
    pair = move.pair(key)
    if pair is None:
        return _NONE
    change = signed(pair[1] - pair[0], memory if AMOUNTS[key] == "bytes" else count)
    share = percent(*pair)
    return f"{change} ({share})" if share and pair[0] != pair[1] else change


def _ratio(number: float | None) -> str:
    return _NONE if number is None else ratio(number)


def _table(label: str, heads: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    """A table that scrolls sideways in its card where it is wider."""
    yield f'<div class="sweep-scroll" tabindex="0" role="group" aria-label="{text(label)}"><table class="sweep-table">\n'
    yield "<thead><tr>" + "".join(f'<th scope="col">{named(head)}</th>' for head in heads) + "</tr></thead>\n<tbody>\n"
    yield from rows
    yield "</tbody></table></div>\n"


def _row(cells: Iterable[str], attributes: str = "") -> str:
    first, *others = cells
    return f'<tr{attributes}><th scope="row">{named(first)}</th>{"".join(f"<td>{named(one)}</td>" for one in others)}</tr>\n'
