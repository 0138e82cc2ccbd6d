"""Draws a table of a sweep in the room that there is: columns in the widest way that fits, otherwise several tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analyzer.reporter.column import Column
from analyzer.reporter.drawing import draw
from analyzer.reporter.grid import Grid
from analyzer.reporter.layout import GAP, WRAPPED
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import cells, wrapped
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: So many rows a table has; only a front may have more.
MOST = 1_000


def left_out(number: int, what: str, elsewhere: str, options: Options) -> str:
    """The line below a table from which rows are left out, as in `5 variants more; --format json has all`."""
    said = f"{plural(number, what)} more; --format {elsewhere} all"
    return wrapped(options.fit(said), options.width, "  ") + "\n" if number else ""


def drawn(
    first: Sequence[Column],
    ways: Iterable[Sequence[Sequence[Column]]],
    last: Sequence[Column],
    rows: Sequence[Any],
    options: Options,
) -> Iterator[str]:
    """The columns between `first` and `last` in the first of the ways that fits the width.

    A way is a list of columns that stay together. If none fits, the last way is divided over several tables, each of
    which begins with the columns of `first`.
    """
    width = options.width
    around = 0 if width is None else _room([*first, *last], rows, options)
    for way in ways:
        between = [column for columns in way for column in columns]
        if width is None or around + _room(between, rows, options) - GAP <= width:
            yield from draw(Grid([*first, *between, *last], rows), options, free=False)
            return
    for number, columns in enumerate(_divided(first, [*way, last], rows, options)):
        yield "\n" if number else ""
        yield from draw(Grid([*first, *columns], rows), options, free=False)


def _divided(
    first: Sequence[Column], others: Sequence[Sequence[Column]], rows: Sequence[Any], options: Options
) -> Iterator[list[Column]]:
    """The columns of each table beside the first ones: as many as fit, at least those that stay together."""
    around = used = _room(first, rows, options)
    part: list[Column] = []
    for columns in others:
        room = _room(columns, rows, options)
        if part and options.width is not None and used + room - GAP > options.width:
            yield part
            part, used = [], around
        part += columns
        used += room
    yield part


def _room(columns: Sequence[Column], rows: Sequence[Any], options: Options) -> int:
    """The least room that columns take, with a gap behind each."""
    room = 0
    for column in columns:
        texts = [column.heading, *map(column.text, rows)]
        if column.metric in WRAPPED:
            texts = [piece for text in texts for piece in text.split(WRAPPED[column.metric][0])]
        room += GAP + max(cells(options.fit(text)) for text in texts)
    return room
