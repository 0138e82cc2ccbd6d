"""The variants for spreadsheets and programs: a line each, with exact amounts.

It is written while the variants are read, so a million of them need no more memory than some hundred.
docs/spreadsheets.md says what each cell may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from analyzer.reporter.column import Column
from analyzer.reporter.grid import Grid
from analyzer.reporter.options import Options
from analyzer.reporter.spreadsheet import body, cell, head
from analyzer.sweeping.result import Swept, Variant, column_of

#: Lines in one chunk.
_CHUNK = 512


def render(swept: Swept, options: Options) -> Iterator[str]:
    """A line of column names, then a line for each variant, by id."""
    grid = Grid(list(_columns(swept)), ())
    yield head(grid, ())
    rows = swept.rows()
    while some := list(islice(rows, _CHUNK)):
        yield "".join(body(grid.but(subjects=some), ()))


def _columns(swept: Swept) -> Iterator[Column]:
    """The columns; `at_least` names the amounts of which a part is unknown, where a variant has one."""
    yield _column("id", "its number", lambda variant: variant.id)
    for axis in swept.axes:
        yield _column(cell(column_of(axis.name, swept.amounts)), "the value on this axis", _choice(axis.name))
    for key in swept.amounts:
        yield _column(key, "exact; sizes are bytes", _amount(key))
    bounds = _bounds(swept.amounts)
    if any(map(bounds, swept.rows())):
        yield _column("at_least", "its amounts of which a part is unknown", bounds)
    yield _column("fits", "1 where it breaks no limit, otherwise 0", lambda variant: int(variant.fits))
    yield _column("breaks", "the limits that it breaks", lambda variant: " ".join(variant.breaks))
    if swept.front is not None:
        yield _column("front", "1 on the front, otherwise 0", lambda variant: int(variant.front))
    yield _column("error", "why it is no network", _error)


def _column(name: str, doc: str, value: Callable[[Variant], float | str]) -> Column:
    return Column(name, name, doc, value=value)


def _choice(axis: str) -> Callable[[Variant], float | str]:
    return lambda variant: variant.set[axis]


def _amount(key: str) -> Callable[[Variant], int | str]:
    def value(variant: Variant) -> int | str:
        amount = variant.amounts.get(key)
        return "" if amount is None else amount

    return value


def _bounds(keys: Sequence[str]) -> Callable[[Variant], str]:
    return lambda variant: " ".join(key for key in variant.at_least if key in keys)


def _error(variant: Variant) -> str:
    return "" if variant.error is None else f"{variant.error.code}: {variant.error.message}"
