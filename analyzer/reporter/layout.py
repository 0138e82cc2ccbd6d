"""Splits columns into tables that fit a width: one wide table, or one for each mode, or one for each topic.

Names and numbers are never cut. If even a table for each topic is too wide, columns are left out in a fixed order, and
the report says which. If the user chose the columns, or nothing more can be left out, a table is wider than asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.record import Record
from analyzer.reporter.column import Column
from analyzer.reporter.modes import TITLES
from analyzer.reporter.terminal import cells

#: Cells between two columns.
GAP = 2

#: The columns that are left out first, second, … to save room. Biases are what parameters have more than weights.
DROPPED = ("macs_sum", "layers", "bytes", "peak", "biases", "memory", "sum", "kind", "macs", "saves")

#: Columns that may wrap: the sign they wrap at, and the width they keep as long as another layout may still fit.
WRAPPED = {"kind": (" ", 11), "layer": (".", 20), "option": (" ", 38)}

#: Tables, each as the indices of its columns.
Tables = list[list[int]]


class Layout(Record):
    """The tables, the widths of columns that wrap, and the metrics that are left out."""

    tables: Tables
    widths: dict[int, int]
    left_out: Sequence[str]


def laid_out(columns: Sequence[Column], lines: Sequence[Sequence[str]], width: int | None, *, free: bool) -> Layout:
    """The layout of these cells at a width; columns are left out only if `free`."""
    everything = list(range(len(columns)))
    if width is None:
        return Layout([everything], {}, ())
    widths = [max(map(cells, column)) for column in zip(*lines, strict=True)]
    least = {
        place: max(_narrowest(line[place], WRAPPED[column.metric][0]) for line in lines)
        for place, column in enumerate(columns)
        if column.metric in WRAPPED
    }
    best: Layout | None = None
    for tables, left_out, floor in _candidates(columns, free=free):
        if best is not None and len(left_out) > len(best.left_out):
            break
        narrow = {} if floor is None else _narrowed(columns, tables, widths, least, width, usual=floor)
        layout = Layout(tables, narrow, left_out)
        if any(_over(columns, table, widths, narrow, width) > 0 for table in tables):
            continue
        if best is None and not narrow:
            return layout
        if best is None or _height(layout, columns, lines) < _height(best, columns, lines):
            best = layout
    return best or layout


def _narrowed(
    columns: Sequence[Column], tables: Tables, widths: Sequence[int], least: dict[int, int], width: int, *, usual: bool
) -> dict[int, int]:
    """The widths of the columns that wrap so that the tables fit; `usual`: no narrower than `WRAPPED` says."""
    narrow: dict[int, int] = {}
    for place, smallest in least.items():
        spare = widths[place] - max(smallest, WRAPPED[columns[place].metric][1] if usual else 0)
        over = max((_over(columns, table, widths, narrow, width) for table in tables if place in table), default=0)
        if spare > 0 and over > 0:
            narrow[place] = widths[place] - min(spare, over)
    return narrow


def _height(layout: Layout, columns: Sequence[Column], lines: Sequence[Sequence[str]]) -> int:
    """The lines of all rows: one that wraps in more tables may be shorter than one that wraps in less."""
    height = len(layout.tables) * len(lines)
    for places in layout.tables:
        wraps = [(place, WRAPPED[columns[place].metric][0]) for place in places if place in layout.widths]
        if wraps:
            height += sum(max(len(wrap(line[p], at, layout.widths[p])) for p, at in wraps) - 1 for line in lines)
    return height


def _over(
    columns: Sequence[Column], table: Sequence[int], widths: Sequence[int], narrow: dict[int, int], width: int
) -> int:
    """By how many cells a table is too wide; negative if it fits."""
    taken = [narrow.get(place, widths[place]) for place in table]
    return sum(spread(taken, [columns[place].group for place in table])) + GAP * (len(table) - 1) - width


def spread(widths: Sequence[int], groups: Sequence[str]) -> list[int]:
    """Column widths of a table; the last column of a group is widened if the title of the group needs it."""
    result = list(widths)
    start = 0
    for place, group in enumerate(groups):
        if place + 1 == len(groups) or groups[place + 1] != group:
            room = sum(result[start : place + 1]) + GAP * (place - start)
            if group:
                result[place] += max(0, len(TITLES[group]) - room)
            start = place + 1
    return result


def _candidates(columns: Sequence[Column], *, free: bool) -> Iterator[tuple[Tables, tuple[str, ...], bool | None]]:
    """Possible layouts, the best first: (tables, left out, how to wrap).

    Wrapping is None (not at all), True (to the widths of `WRAPPED`) or False (to the narrowest that names allow).
    """
    everything = list(range(len(columns)))
    there = {column.metric for column in columns}
    order = tuple(name for name in DROPPED if name in there) if free else ()
    yield [everything], (), None
    first = order[:1] if order[:1] == ("macs_sum",) else ()
    kept = [place for place in everything if columns[place].metric not in first]
    if first:
        yield [kept], first, None
    yield _stacked(columns, kept), first, None
    yield _stacked(columns, kept), first, True
    for number in range(len(order) + 1):
        left_out = order[:number]
        kept = [place for place in everything if columns[place].metric not in left_out]
        for keys in (("layer", "output"), ("layer",)):
            yield _by_topic(columns, kept, keys), left_out, None
        if number >= len(first):
            yield _by_topic(columns, kept, ("layer",)), left_out, True
    yield _by_topic(columns, kept, ("layer",)), left_out, False


def _stacked(columns: Sequence[Column], places: Sequence[int]) -> Tables:
    """A table for each mode: its columns among those that have no mode."""
    groups = _groups(columns, places)
    if len(groups) < 2:
        return [list(places)]
    return [[place for place in places if columns[place].group in ("", group)] for group in groups]


def _by_topic(columns: Sequence[Column], places: Sequence[int], keys: Sequence[str]) -> Tables:
    """A table of the columns without a mode, and a table for each mode, which repeats the names of the rows."""
    names = [place for place in places if columns[place].name in (*keys, "name")]
    plain = [place for place in places if not columns[place].group]
    tables = [[*names, *(p for p in places if columns[p].group == group)] for group in _groups(columns, places)]
    return [plain, *tables] if len(plain) > len(names) or not tables else tables


def _groups(columns: Sequence[Column], places: Sequence[int]) -> list[str]:
    return list(dict.fromkeys(columns[place].group for place in places if columns[place].group))


def _narrowest(text: str, at: str) -> int:
    """The width of the widest piece of a text, below which it cannot be wrapped."""
    return max(map(cells, _pieces(text, at)))


def _pieces(text: str, at: str) -> list[str]:
    """The pieces between which a text may wrap; a dot belongs to the piece before it."""
    parts = text.split(at)
    return parts if at == " " else [part + at for part in parts[:-1]] + parts[-1:]


def wrap(text: str, at: str, width: int) -> list[str]:
    """The lines of a name or a kind at a width."""
    lines: list[str] = []
    join = at if at == " " else ""
    for piece in _pieces(text, at):
        if lines and cells(lines[-1] + join + piece) <= width:
            lines[-1] += join + piece
        else:
            lines.append(piece)
    return lines
