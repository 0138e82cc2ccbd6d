"""The view of the tree as a table: a row for each box, folded at first as the other tables are.

The rows that are open at first are in the page, so that they can be read, found and printed without a script. The
script makes the others when they are opened, sorts and filters. What a column shows that the data of the page does not
have, such as the note of a layer, is in the data of this view, for the columns that were asked for.

The data of the view:

    columns  the names of the columns, as `--columns help` lists them
    open     the boxes that are open at first
    sort     the column that rows are ordered by at first, or null; `top` the number of rows that are shown of them
    texts    the texts of the columns in `more`
    more     {column: [the place of its text for each box, numbers to sort by or null]}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis, Row
from analyzer.reporter.analysis.columns import MEASURED, check_columns, chosen
from analyzer.reporter.analysis.fold import Folded, total_row
from analyzer.reporter.analysis.rank import ranking_column
from analyzer.reporter.column import Column
from analyzer.reporter.fold import ALL, AUTO
from analyzer.reporter.modes import TITLES, modes_of
from analyzer.reporter.options import Options
from analyzer.reporter.page.document import card, named, text
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.page.values import Table
from analyzer.reporter.picture.opened import opened
from analyzer.reporter.picture.scene import Box, Scene
from analyzer.source import inert
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The columns that are shown unless others are asked for.
USUAL = (
    "layer", "kind", "output", "weights", "biases", "parameters", "sum", "memory", "macs", "macs_sum", "receptive_field",
)  # fmt: skip

#: Columns whose cells the script makes from the data that all views have.
_KNOWN = {
    "layer", "kind", "output", "macs", "macs_sum", "flops", "receptive_field", "activation", "activation_sum", "line",
    *[
        f"{mode}.{name}"
        for mode in ("shared", "local", "declared")
        for name in ("weights", "biases", "parameters", "buffers", "sum", "memory", "memory_sum")
    ],
}  # fmt: skip

#: The most rows that are in the page itself; where more are open at first, the script opens the others.
_MOST = 400


def section(reviewed: Reviewed, scene: Scene, options: Options) -> Iterator[str]:
    """The view before a script makes it sort, filter and fold."""
    if reviewed.analysis.rows:
        yield from card("table", "Table", _table(reviewed.analysis, scene, options))
    else:
        yield from card("table", "Table", ['<p class="page-note">The network has no layers.</p>\n'])


def columns(reviewed: Reviewed, scene: Scene, options: Options) -> dict[str, Any]:
    """The data of the view."""
    analysis = reviewed.analysis
    if not analysis.rows:
        return {}
    shown = _columns(analysis, options)
    found: dict[str, Any] = {
        "columns": [column.name for column in shown],
        "open": sorted(_open(scene, options, len(scene.boxes)) - {0}),
    }
    if options.sort is not None or options.top is not None:
        found["sort"] = ranking_column(options.sort, _modes(analysis, options)).name
    if options.top is not None:
        found["top"] = options.top
    more = [column for column in shown if column.name not in _KNOWN]
    if more:
        found |= _more(more, analysis, scene)
    return found


def _table(analysis: Analysis, scene: Scene, options: Options) -> Iterator[str]:
    """The table: the headings, the rows that are open at first, the sums."""
    columns = _columns(analysis, options)
    boxes = list(_shown(scene, _open(scene, options, _MOST)))
    yield '<div class="table-scroll"><table class="table" role="treegrid" aria-label="Layers and blocks">\n'
    yield from _header(columns)
    yield "<tbody>\n"
    for level, box in boxes:
        yield _row(box, level, columns, analysis)
    yield "</tbody>\n"
    total = total_row(analysis)
    if total is not None:
        cells = "".join(_cell(column, column.text(total) if column.sums else "") for column in columns[1:])
        yield f'<tfoot>\n<tr role="row"><th scope="row">total</th>{cells}</tr>\n</tfoot>\n'
    yield f'</table></div>\n<p class="page-note table-note">{text(_note(analysis, boxes))}</p>\n'


def _modes(analysis: Analysis, options: Options) -> tuple[str, ...]:
    return modes_of(options.mode, mixed=analysis.mixed)


def _columns(analysis: Analysis, options: Options) -> list[Column]:
    """The columns. That of the name is the first one: it is where a row is folded."""
    check_columns(options.columns or (), options.sort)
    found = chosen(["layer", *(options.columns or USUAL)], _modes(analysis, options))
    if any(column.name in MEASURED for column in found):
        from analyzer.engine.memory.by_layer import measure_memory  # only for its columns

        measure_memory(analysis)
    return found


def _open(scene: Scene, options: Options, most: int) -> set[int]:
    """The boxes that are open at first; folded further where more than so many rows would be shown.

    Chunks are then closed: where nothing else is left to fold, a network of 10,000 layers has a few rows to begin with.
    """
    depth = options.depth
    found = opened(scene, depth)
    if depth == ALL and _rows(scene, found) > most:
        depth, found = AUTO, opened(scene, AUTO)
    if depth == AUTO and _rows(scene, found) > _MOST:
        found = {box for box in found if not scene.boxes[box].chunk}
    return found


def _rows(scene: Scene, is_open: set[int]) -> int:
    """How many rows there are with these boxes open."""
    return sum(len(scene.boxes[box].parts) for box in is_open)


def _shown(scene: Scene, is_open: set[int]) -> Iterator[tuple[int, Box]]:
    """The boxes that have a row, each with its level, and whether it is open."""
    left = [(1, part) for part in reversed(scene.root.parts)]
    while left:
        level, box = left.pop()
        yield level if box.id in is_open else -level, box
        if box.id in is_open:
            left.extend((level + 1, part) for part in reversed(box.parts))


def row_of(box: Box, rows: Sequence[Row]) -> Row:
    """The row of a box in the terms of the other tables."""
    if not box.parts:
        return rows[box.start]
    return Folded.of(box.name, box.kind, rows[box.start : box.stop])


def _header(columns: Sequence[Column]) -> Iterator[str]:
    """The headings, with those of the modes above them."""
    yield "<thead>\n"
    if any(column.group for column in columns):
        yield '<tr class="table-modes" role="row">'
        for place, wide in _stretches(columns):
            group = columns[place].group
            yield f'<th colspan="{wide}" scope="colgroup"{_class(group)}>{text(TITLES[group])}</th>'
        yield "</tr>\n"
    yield '<tr role="row">'
    for column in columns:
        heading = "Σ" if column.metric == "sum" else column.heading
        doc = f' title="{text(column.doc)}"' if column.doc != heading else ""
        names = _class(column.group, "n" * (column.align == "right"))
        yield f'<th scope="col" data-column="{column.name}"{names}{doc}>{text(heading)}</th>'
    yield "</tr>\n</thead>\n"


def _stretches(columns: Sequence[Column]) -> Iterator[tuple[int, int]]:
    """Where each stretch of columns of one mode begins, and how many they are."""
    starts = [at for at, one in enumerate(columns) if not at or columns[at - 1].group != one.group]
    for start, stop in zip(starts, [*starts[1:], len(columns)], strict=True):
        yield start, stop - start


def _row(box: Box, level: int, columns: Sequence[Column], analysis: Analysis) -> str:
    """The row of a box. A level below 0 is that of a folded one."""
    row = row_of(box, analysis.rows)
    expanded = f' aria-expanded="{str(level > 0).lower()}"' if box.parts else ""
    name = _whole(box)
    title = f' title="{text(name)}"' if name != box.label else ""
    head = f'<th scope="row"{title}>{named(box.label)}</th>'
    kind = f"{box.kind} ×{box.times}" if box.times > 1 else box.kind
    cells = "".join(_cell(column, kind if column.name == "kind" else column.text(row)) for column in columns[1:])
    return f'<tr role="row" aria-level="{abs(level)}"{expanded} data-box="{box.id}">{head}{cells}</tr>\n'


def _whole(box: Box) -> str:
    """The name of a box with those around it."""
    if box.times == 1 and not box.chunk:
        return box.name
    first = box.parts[0]
    return box.name.removesuffix(first.label) + box.label if box.name.endswith(first.label) else box.label


def _cell(column: Column, content: str) -> str:
    return f"<td{_class('w' * (column.align == 'left'))}>{named(content)}</td>"


def _class(*names: str) -> str:
    """What a cell looks like: numbers (`n`) to the right, the headings of a mode in its colour."""
    found = " ".join(name if name == "n" else f"table-{name}" for name in names if name)
    return f' class="{found}"' if found else ""


def _note(analysis: Analysis, boxes: Sequence[object]) -> str:
    return f"{plural(len(boxes), 'row')} for {plural(len(analysis.rows), 'layer')}. Σ is the running sum over the layers in their order."


def _more(columns: Sequence[Column], analysis: Analysis, scene: Scene) -> dict[str, Any]:
    """The texts of columns that only this view has, for every box."""
    values = Table()
    rows = [row_of(box, analysis.rows) for box in scene.boxes[1:]]
    total = total_row(analysis)
    more = {}
    for column in columns:
        texts = [column.text(total) if total is not None and column.sums else "", *map(column.text, rows)]
        of = [values.place(inert(one)) for one in texts]
        sortable = column.nature in ("amount", "ratio")
        amounts = [0, *(column.value(row) or 0 for row in rows)] if sortable else None
        more[column.name] = [of, amounts]
    return {"texts": values.list(), "more": more}
