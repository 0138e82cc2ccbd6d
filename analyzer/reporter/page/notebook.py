"""What a notebook shows of an analysis: the summary, the folded graph, the folded table.

GitHub and nbviewer strip scripts, so there is none. The graph has neither ids nor a style sheet, and the style of the
rest is only about what is inside of its own element, so that several fit into one notebook.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis, Row
from analyzer.reporter.analysis.shown import grid_of
from analyzer.reporter.analysis.summary import about_layers, conventions, facts, title
from analyzer.reporter.column import Column
from analyzer.reporter.grid import Grid, grouped
from analyzer.reporter.options import Options
from analyzer.reporter.page.document import style_of, text, with_code
from analyzer.reporter.picture.svg import picture


def notebook(analysis: Analysis, options: Options | None = None) -> str:
    """The part of a page that a notebook shows; its table has as many rows as fit."""
    body = "".join(_section(analysis, options or Options()))
    return f'<div class="analyzer"><style>{style_of(["notebook"])}</style>{body}</div>'


def _section(analysis: Analysis, options: Options) -> Iterator[str]:
    name, *run = title(analysis)
    yield f'<section>\n<h1>{text(name)}</h1>\n<p class="run">{text(" · ".join(run))}</p>\n'
    if analysis.description:
        yield f'<p class="notes">{text(analysis.description)}</p>\n'
    yield '<dl class="cards">\n'
    for label, parts in facts(analysis, options):
        values = "".join(f"<dd>{with_code(part)}</dd>" for part in parts)
        yield f'<div class="card"><dt>{text(label)}</dt>{values}</div>\n'
    yield '</dl>\n<div class="scroll">\n'
    yield from picture(analysis)
    yield "</div>\n"
    grid = grid_of(analysis, options)
    if options.top is None and options.columns is None:
        grid = grid.but(columns=_with_bars(grid.columns, analysis))
    yield from _table(grid)
    notes = [*about_layers(analysis), *grid.notes, " · ".join(conventions(grid)), " · ".join(grid.folded)]
    yield "".join(f'<p class="notes">{with_code(note)}</p>\n' for note in notes if note) + "</section>\n"


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


def _table(grid: Grid) -> Iterator[str]:
    yield '<div class="scroll"><table>\n<thead>\n'
    if any(column.group for column in grid.columns):
        yield "<tr>"
        place = 0
        for name, number in grouped(grid.columns):
            group = grid.columns[place].group
            yield f'<th colspan="{number}" scope="colgroup" class="{group}">{text(name)}</th>'
            place += number
        yield "</tr>\n"
    yield "<tr>"
    for column in grid.columns:
        side = "n " if column.align == "right" and column.nature != "bar" else ""
        yield f'<th scope="col" class="{side}{column.group}" title="{text(column.doc)}">{text(column.heading)}</th>'
    yield "</tr>\n</thead>\n<tbody>\n"
    yield from _rows(grid)
    yield "</tbody>\n"
    sums = grid.sum_texts()
    if sums:
        yield "<tfoot>\n" + "".join(f"<tr>{_cells(grid.columns, line)}</tr>\n" for line in sums) + "</tfoot>\n"
    yield "</table></div>\n"


def _rows(grid: Grid) -> Iterator[str]:
    for subject, line in zip(grid.subjects, grid.body(), strict=True):
        yield f"<tr{_faint(subject)}>{_cells(grid.columns, line)}</tr>\n"


def _cells(columns: Sequence[Column], line: Sequence[str]) -> str:
    """The cells of a row. The first one is its heading."""
    cells = []
    for place, (column, content) in enumerate(zip(columns, line, strict=True)):
        if column.nature == "bar":
            width = f'<i style="width:{int(content) / 10:g}%"></i>' if content and content != "0" else ""
            cells.append(f'<td class="bar {column.group}">{width}</td>')
        elif place == 0:
            cells.append(f'<th scope="row">{text(content)}</th>')
        else:
            side = ' class="n"' if column.align == "right" else ""
            cells.append(f"<td{side}>{text(content)}</td>")
    return "".join(cells)


def _faint(subject: object) -> str:
    """The class of a row: `zero` if it has neither parameters nor MACs."""
    own = getattr(subject, "own", None)
    zero = (
        own is not None
        and not own.macs
        and not own.at_least
        and not own.local.parameters
        and not own.declared.parameters
    )
    return ' class="zero"' if zero else ""
