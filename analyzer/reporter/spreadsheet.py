"""Lines of comma-separated values that a spreadsheet opens as they are meant (RFC 4180, lines end in CR LF).

A spreadsheet takes a text for a formula, a date or a number where it looks like one: the layers `dec1` and `1-2` would
become days of December and January. An apostrophe before such a text keeps it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from analyzer.reporter.grid import Grid
from analyzer.source import inert
from analyzer.units import exact

#: Lines in one chunk.
_CHUNK = 512

#: With these a spreadsheet begins a formula, or drops them and then begins one; the last four are full-width signs.
#: Source: OWASP, "CSV Injection".
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

#: A number, or one for each axis of a volume.
_NUMBERS = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?(x-?\d+(\.\d+)?)*", re.ASCII)

_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december)"

#: Texts that Excel or LibreOffice takes for a date, a time, a fraction, or a number written otherwise.
#: Sources: Excel's "Stop automatically changing numbers to dates"; Ziemann et al. 2016, "Gene name errors are
#: widespread" (DEC1, MARCH1, SEPT2, and `2310009E13`).
_CONVERTED = re.compile(
    rf"\d{{1,4}}([-/.:])\d{{1,4}}(\1\d{{1,4}})?( ?[ap]m?)?|\d+ \d+/\d+"
    rf"|{_MONTH}[-/. ,]{{0,2}}\d{{1,4}}([-/. ,]{{1,2}}\d{{1,4}})?|\d{{1,4}}[-/. ]?{_MONTH}([-/. ,]{{0,2}}\d{{1,4}})?"
    r"|\d+(\.\d*)?e[-+]?\d+|0\d+|\d+[.,]\d*0|\d{16,}|\d+(\.\d+)?%|\$.*\d|(true|false)",
    re.ASCII | re.IGNORECASE,
)

#: What a cell is put into quotes for: LibreOffice takes semicolons and tabs for separators too.
_QUOTED = re.compile('[",;\t\r\n]')


def cell(text: str) -> str:
    """A text as a cell: a text in a spreadsheet too, and nothing for a terminal or a log to obey.

    >>> print(cell("=1+1"), cell("a=1"), cell("1/2"), cell("dec1"), cell("dec1.conv1"), cell("10x4"))
    '=1+1 a=1 '1/2 'dec1 dec1.conv1 10x4
    """
    start = "'" if text.startswith(_FORMULA) or _CONVERTED.fullmatch(text) else ""
    if not text.isprintable():
        return start + "\n".join("\t".join(map(inert, line.split("\t"))) for line in text.split("\n"))
    return start + inert(text)


def number_cell(text: str) -> str:
    """A cell of a column of numbers: numbers as they are, `-4` and `-4x-3` too, other values as texts."""
    return text if not text or _NUMBERS.fullmatch(text) else cell(text)


def head(grid: Grid, before: Sequence[str]) -> str:
    """The line of column names, after the names of the columns `before`."""
    return _line([*before, *(column.name for column in grid.columns)])


def body(grid: Grid, before: Sequence[str]) -> Iterator[str]:
    """A line for each row, after the cells `before`."""
    writers = [cell if column.nature == "word" else number_cell for column in grid.columns]
    for values in grid.values():
        cells = [
            # most are numbers, which need no pattern
            quoted(write(value)) if isinstance(value, str) else str(value) if value or exact(value) else "unknown"
            for write, value in zip(writers, values, strict=True)
        ]
        yield _line([*map(quoted, before), *cells])


def quoted(text: str) -> str:
    """A cell as it is written.

    >>> print(quoted('b"c'), quoted("d;e"), quoted("f g"))
    "b""c" "d;e" f g
    """
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _line(cells: list[str]) -> str:
    if cells == [""]:
        return '""\r\n'  # an empty line is no row
    return ",".join(cells) + "\r\n"


def in_chunks(lines: Iterable[str]) -> Iterator[str]:
    """Lines, some hundred together."""
    together: list[str] = []
    for one in lines:
        together.append(one)
        if len(together) == _CHUNK:
            yield "".join(together)
            together.clear()
    yield "".join(together)
