"""Draws a grid for a terminal with `tabulate`: titles of groups above the headings, rows of several lines."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence

from analyzer.reporter import light
from analyzer.reporter.column import Column
from analyzer.reporter.grid import Grid, grouped
from analyzer.reporter.layout import GAP, WRAPPED, laid_out, spread, wrap
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import cells, joined, styled, wrapped
from analyzer.source import shown

#: A longer text is cut: each line of a table is as long as the longest text of every column.
_LONGEST = 300

#: Replaces each cell of a text that `tabulate` would misalign, because it counts characters and strips spaces.
_CELL = "\ue000"


def draw(grid: Grid, options: Options, *, free: bool) -> Generator[str, None, Sequence[str]]:
    """The grid as one table, or as several if one does not fit; returns the columns that it left out, if `free` to."""
    drawing = Drawing(grid, options, free=free)
    yield from drawing.lines()
    return drawing.left_out


class Drawing:
    """A grid laid out for a width: its `height` in lines is known before a line is drawn.

    `left_out` are the columns that are left out, if it is `free` to.
    """

    def __init__(self, grid: Grid, options: Options, *, free: bool) -> None:
        lines = [[options.fit(column.heading) for column in grid.columns]]
        lines += [[options.fit(shown(cell, _LONGEST)) for cell in line] for line in grid.body()]
        lines += [[options.fit(cell) for cell in line] for line in grid.sum_texts()]
        styles = ["bold", *(_style(subject) if options.color else "" for subject in grid.subjects)]
        styles += ["bold"] * len(grid.sums)
        layout = laid_out(grid.columns, lines, options.width, free=free)
        wraps = {place: (WRAPPED[grid.columns[place].metric][0], width) for place, width in layout.widths.items()}
        if options.color:
            _mark(grid, lines)
        self.left_out = layout.left_out
        self._tables = []
        for places in layout.tables:
            drawn = _Drawn([grid.columns[place] for place in places], options, len(grid.sums))
            for style, line in zip(styles, lines, strict=True):
                drawn.add([wrap(line[p], *wraps[p]) if p in wraps else [line[p]] for p in places], style)
            self._tables.append(drawn)

    @property
    def height(self) -> int:
        """The lines that it has."""
        return sum(drawn.height for drawn in self._tables) + len(self._tables) - 1

    def lines(self) -> Iterator[str]:
        """The lines, each with its line break."""
        for number, drawn in enumerate(self._tables):
            if number:
                yield "\n"
            yield from drawn.lines()


def labelled(lines: Sequence[tuple[str, Sequence[str]]], options: Options) -> Iterator[str]:
    """Labels with their facts, one label per line; the facts wrap beside it."""
    wide = max(len(label) for label, _ in lines) + GAP
    room = None if options.width is None else options.width - wide
    for label, parts in lines:
        text = joined([options.fit(part) for part in parts], options.fit(" · "), room)
        text = "\n".join(wrapped(line, room) for line in text.split("\n"))
        yield label.ljust(wide) + text.replace("\n", "\n" + " " * wide) + "\n"


class _Marked(str):
    """A cell with a style of its own."""

    __slots__ = ("style",)
    style: str


def _mark(grid: Grid, lines: Sequence[list[str]]) -> None:
    """Marks the cells that have a style of their own; the first line has the headings."""
    for place, column in enumerate(grid.columns):
        if column.style is None:
            continue
        for subject, line in zip(grid.subjects, lines[1:], strict=False):
            style = column.style(subject)
            if style:
                line[place] = marked = _Marked(line[place])
                marked.style = style


class _Drawn:
    """One table being drawn: its lines, and the number of lines of each row."""

    def __init__(self, columns: Sequence[Column], options: Options, sums: int) -> None:
        self.columns = columns
        self.sums = sums
        self.options = options
        self.rows: list[list[str]] = []
        self.heights: list[tuple[int, str]] = []

    def add(self, row: list[list[str]], style: str) -> None:
        """Adds a row, each cell a list of lines."""
        height = max(map(len, row), default=1)
        self.heights.append((height, style))
        if height == 1:
            self.rows.append([cell[0] for cell in row])
            return
        for number in range(height):
            self.rows.append([cell[number] if number < len(cell) else "" for cell in row])

    @property
    def height(self) -> int:
        """The lines that it has: a rule follows the headings, and another one comes before the sums."""
        rules = 2 if 0 < self.sums < len(self.heights) - 1 else 1
        return len(self.rows) + rules + any(column.group for column in self.columns)

    def lines(self) -> Iterator[str]:
        """The table's lines: groups, headings, rows, sums."""
        widths = [max(map(cells, column)) for column in zip(*self.rows, strict=True)]
        widths = spread(widths, [column.group for column in self.columns])
        stroke, color = "─" if self.options.unicode else "-", self.options.color
        rule = styled((" " * GAP).join(stroke * width for width in widths), "dim", color) + "\n"
        if any(column.group for column in self.columns):
            yield styled(self._groups(widths, stroke), "bold", color) + "\n"
        drawn = self._tabulated(widths)
        start = 0
        for number, (height, style) in enumerate(self.heights):
            if number == 1 or number == len(self.heights) - self.sums:
                yield rule
            for line in drawn[start : start + height]:
                yield (styled(line, style, color) if color and style else line) + "\n"
            start += height
        if len(self.heights) == 1:
            yield rule

    def _tabulated(self, widths: Sequence[int]) -> list[str]:
        """The lines, drawn by `tabulate`."""
        tabulate = light.tabulate()
        hidden: list[str] = []
        row = tabulate.DataRow("", " " * GAP, "")
        head = [
            _hide(" " * (width - cells(text)) + text, hidden)
            if column.align == "right" and cells(text) < width
            else text
            for text, width, column in zip(self.rows[0], widths, self.columns, strict=True)
        ]
        text = tabulate.tabulate(
            [head, *(_hidden(line, hidden) for line in self.rows[1:])],
            tablefmt=tabulate.TableFormat(None, None, None, None, row, row, 0, None),
            disable_numparse=True,
            colalign=[column.align for column in self.columns],
        )
        return [_shown(line, hidden) for line in text.split("\n")]

    def _groups(self, widths: Sequence[int], stroke: str) -> str:
        """The line above the headings: the title of each group above its columns."""
        line, place = "", 0
        for name, number in grouped(self.columns):
            span = sum(widths[place : place + number]) + GAP * (number - 1)
            text = f" {name} " if len(name) + 2 <= span else name
            line += (text.center(span, stroke) if name else " " * span) + " " * GAP
            place += number
        return line.rstrip()


def _hidden(line: list[str], hidden: list[str]) -> list[str]:
    """The texts; one that `tabulate` would misalign is replaced, and appended to `hidden`."""
    return [text if not _is_hidden(text) or not cells(text) else _hide(text, hidden) for text in line]


def _is_hidden(text: str) -> bool:
    """Whether a text has codes of a style, or takes more or fewer cells than it has characters."""
    return isinstance(text, _Marked) or (not text.isascii() and len(text) != cells(text))


def _hide(text: str, hidden: list[str]) -> str:
    hidden.append(styled(text, text.style, True) if isinstance(text, _Marked) else text)
    return _CELL * cells(text)


def _shown(line: str, hidden: list[str]) -> str:
    """A drawn line with the hidden texts back in their places, which have the same order."""
    if _CELL in line:
        line = re.sub(f"{_CELL}+", lambda _: hidden.pop(0), line)
    return line.rstrip()


def _style(subject: object) -> str:
    """`dim` for a row without parameters and MACs."""
    own = getattr(subject, "own", None)
    if own is None or own.macs or own.at_least or own.local.parameters or own.declared.parameters:
        return ""
    return "dim"
