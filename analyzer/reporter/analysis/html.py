"""The page: one self-contained file with the totals and the table, whose blocks fold; light and dark.

It loads nothing, and a policy in the page forbids it. Names and notes are always text, never markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from analyzer.engine.result import Analysis, Row
from analyzer.engine.tree import tree_of
from analyzer.reporter.analysis.compare import comparable, comparison
from analyzer.reporter.analysis.fold import Folded, row_of
from analyzer.reporter.analysis.html_style import SCRIPT, STYLE
from analyzer.reporter.analysis.shown import grid_of
from analyzer.reporter.analysis.summary import about_layers, conventions, facts, title
from analyzer.reporter.column import Column
from analyzer.reporter.fold import ALL, ROWS, shown_runs, to_level
from analyzer.reporter.grid import Grid, grouped
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.terminal import markup
from analyzer.source import COMMAND

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def render(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    """All reports on one page, the comparison of several first."""
    first = reports[0]
    name = first.name if len(reports) == 1 and isinstance(first, Analysis) else "Comparison"
    yield from _page(name, _sections(reports, options), options)


def fragment(analysis: Analysis, options: Options | None = None, picture: Iterable[str] = ()) -> str:
    """The report as part of a page, for a notebook: as many rows as fit, no script; the picture is before its table."""
    body = "".join(_section(analysis, options or Options(), blocks=False, picture=picture))
    return f'<div class="analyzer"><style>{STYLE}</style>{body}</div>'


def escaped(text: str) -> str:
    """Text for a page: markup and control characters escaped."""
    text = escape(text)
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
    if "::" in text or "##" in text:
        return re.sub(COMMAND, lambda found: f"&#{ord(found.group())};", text)
    return text


def _with_code(text: str) -> str:
    """Text in which the names between backticks become code."""
    parts = text.split("`")
    return "".join(f"<code>{escaped(part)}</code>" if place % 2 else escaped(part) for place, part in enumerate(parts))


def _page(name: str, sections: Iterator[str], options: Options) -> Iterator[str]:
    """The page around its sections, in characters that the stream can encode."""
    yield (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{markup(escaped(name), options.unicode)}</title>\n'
        f'<style>{_fit_style(STYLE, options)}</style>\n</head>\n<body class="analyzer">\n'
    )
    for chunk in sections:
        yield markup(chunk, options.unicode)
    yield f"<script>{SCRIPT}</script>\n</body>\n</html>\n"


def _sections(reports: Sequence[Analysis | Failed], options: Options) -> Iterator[str]:
    if comparable(reports):
        yield "<section>\n<h1>Comparison</h1>\n"
        grid = comparison(reports, options)
        yield from _table(grid, _plain_rows(grid))
        yield "</section>\n"
    for report in reports:
        if isinstance(report, Analysis):
            yield from _section(report, options)
        else:
            yield f"<section>\n<h1>{escaped(report.file)}</h1>\n<ul>\n"
            for finding in report.diagnostics:
                yield f"<li>{escaped(finding.severity)}[{escaped(finding.code)}]: {escaped(finding.message)}</li>\n"
            yield "</ul>\n</section>\n"


def _section(
    analysis: Analysis, options: Options, *, blocks: bool = True, picture: Iterable[str] = ()
) -> Iterator[str]:
    name, *run = title(analysis)
    yield f'<section>\n<h1>{escaped(name)}</h1>\n<p class="run">{escaped(" · ".join(run))}</p>\n'
    if analysis.description:
        yield f'<p class="notes">{escaped(analysis.description)}</p>\n'
    yield '<dl class="cards">\n'
    for label, parts in facts(analysis, options):
        values = "".join(f"<dd>{_with_code(part)}</dd>" for part in parts)
        yield f'<div class="card"><dt>{escaped(label)}</dt>{values}</div>\n'
    yield "</dl>\n"
    yield from picture
    whole = blocks and not isinstance(options.depth, int) and options.top is None and options.sort is None
    grid = grid_of(analysis, options.but(depth=ALL) if whole else options)
    if options.top is None and options.columns is None:
        grid = grid.but(columns=_with_bars(grid.columns, analysis))
    is_open = options.depth == ALL or len(analysis.rows) <= ROWS
    yield from _table(grid, _blocked_rows(analysis, grid, is_open=is_open) if whole else _plain_rows(grid))
    notes = [*about_layers(analysis), *grid.notes, " · ".join(conventions(grid)), " · ".join(grid.folded)]
    yield "".join(f'<p class="notes">{_with_code(note)}</p>\n' for note in notes if note) + "</section>\n"


def _with_bars(columns: Sequence[Column], analysis: Analysis) -> list[Column]:
    """The columns, with a bar after those of each mode: the share of a row in all parameters."""
    result: list[Column] = []
    for place, column in enumerate(columns):
        result.append(column)
        if column.group and (place + 1 == len(columns) or columns[place + 1].group != column.group):
            result.append(_bar(column.group, analysis))
    return result


def _bar(mode: str, analysis: Analysis) -> Column:
    total = getattr(analysis.totals, mode).parameters or 1

    def part(row: Row) -> str:
        return str(getattr(row.own, mode).parameters * 1000 // total)

    return Column(f"{mode}.bar", "share", "share of all parameters", value=part, nature="bar", group=mode)


def _table(grid: Grid, rows: Iterator[str]) -> Iterator[str]:
    yield '<div class="scroll"><table>\n<thead>\n'
    if any(column.group for column in grid.columns):
        yield "<tr>"
        place = 0
        for name, number in grouped(grid.columns):
            group = grid.columns[place].group
            yield f'<th colspan="{number}" scope="colgroup" class="{group}">{escaped(name)}</th>'
            place += number
        yield "</tr>\n"
    yield "<tr>"
    for column in grid.columns:
        side = "n " if column.align == "right" and column.nature != "bar" else ""
        yield f'<th scope="col" class="{side}{column.group}" title="{escaped(column.doc)}">{escaped(column.heading)}</th>'
    yield "</tr>\n</thead>\n<tbody>\n"
    yield from rows
    yield "</tbody>\n"
    sums = grid.sum_texts()
    if sums:
        yield "<tfoot>\n" + "".join(f"<tr>{_cells(grid.columns, line)}</tr>\n" for line in sums) + "</tfoot>\n"
    yield "</table></div>\n"


def _plain_rows(grid: Grid) -> Iterator[str]:
    for subject, line in zip(grid.subjects, grid.body(), strict=True):
        yield f"<tr{_faint(subject)}>{_cells(grid.columns, line)}</tr>\n"


def _blocked_rows(analysis: Analysis, grid: Grid, *, is_open: bool) -> Iterator[str]:
    """The rows; those of a block below one row that folds them, or `is_open`."""
    hidden = "" if is_open else " hidden"
    writers = [column.text for column in grid.columns]
    for number, run in enumerate(shown_runs(tree_of(analysis.network), to_level(1))):
        head = row_of(run, analysis.rows)
        if not isinstance(head, Folded):
            yield f"<tr{_faint(head)}>{_cells(grid.columns, [write(head) for write in writers])}</tr>\n"
            continue
        button = f'<button data-block="{number}" aria-expanded="{str(is_open).lower()}">{{}}</button>'
        line = _cells(grid.columns, [write(head) for write in writers], button)
        yield f'<tr class="block">{line}</tr>\n'
        for row in head.members:
            faint = _faint(row, "in")
            line = _cells(grid.columns, [write(row) for write in writers])
            yield f'<tr{faint} data-in="{number}"{hidden}>{line}</tr>\n'


def _cells(columns: Sequence[Column], line: Sequence[str], first: str = "{}") -> str:
    """The cells of a row. The first one is its heading, formatted into `first`."""
    cells = []
    for place, (column, text) in enumerate(zip(columns, line, strict=True)):
        if column.nature == "bar":
            width = f'<i style="width:{int(text) / 10:g}%"></i>' if text and text != "0" else ""
            cells.append(f'<td class="bar {column.group}">{width}</td>')
        elif place == 0:
            cells.append(f'<th scope="row">{first.format(escaped(text))}</th>')
        else:
            side = ' class="n"' if column.align == "right" else ""
            cells.append(f"<td{side}>{escaped(text)}</td>")
    return "".join(cells)


def _faint(subject: object, also: str = "") -> str:
    """The class of a row: `zero` if it has neither parameters nor MACs."""
    own = getattr(subject, "own", None)
    zero = (
        own is not None
        and not own.macs
        and not own.at_least
        and not own.local.parameters
        and not own.declared.parameters
    )
    names = " ".join(name for name in (also, "zero" if zero else "") if name)
    return f' class="{names}"' if names else ""


def _fit_style(text: str, options: Options) -> str:
    """CSS for the stream; it has its own escapes."""
    if options.unicode:
        return text
    return "".join(c if c.isascii() else f"\\{ord(c):x} " for c in text)
