"""What a report should show, and a file that has no report because it failed."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Diagnostic
from analyzer.record import Record
from analyzer.reporter.terminal import fitted


class Options(Record, kw_only=True):
    """How a report is drawn.

    `mode` is `both`, `shared`, `local` or `declared`; `columns` names from `columns.py` (None: the usual ones); `depth`
    is `auto` (rows are folded until the report fits), `all` (every row) or how many components the names of rows have
    (see `fold.py`); `top` keeps the biggest rows; `sort` is the column that orders them. `width` is the room in cells
    (None: no limit), `color` allows ANSI colours, `unicode` says that the stream can encode × and ─.
    """

    mode: str = "both"
    columns: Sequence[str] | None = None
    depth: int | str = "auto"
    top: int | None = None
    sort: str | None = None
    width: int | None = None
    color: bool = False
    unicode: bool = True

    def fit(self, text: str) -> str:
        """`text` for the stream; a line break in it is escaped too."""
        return fitted(text, self.unicode)


class Failed(Record):
    """A file that has no report: its name and what is wrong with it."""

    file: str
    diagnostics: Sequence[Diagnostic]
