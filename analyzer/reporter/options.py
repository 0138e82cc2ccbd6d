"""What a report was asked to show."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Diagnostic


class Options:
    """How a report is drawn.

    `mode` is `both`, `shared` or `local`; `columns` names from `columns.py` (None: the usual ones); `depth` folds names
    of more components; `top` keeps the biggest rows; `sort` is the column that orders them. `width` is the room in
    cells (None: as much as it takes), `color` allows ANSI colours, `unicode` says that the stream can encode × and ─.
    """

    __slots__ = ("color", "columns", "depth", "mode", "sort", "top", "unicode", "width")

    def __init__(
        self,
        *,
        mode: str = "both",
        columns: Sequence[str] | None = None,
        depth: int | None = None,
        top: int | None = None,
        sort: str | None = None,
        width: int | None = None,
        color: bool = False,
        unicode: bool = True,
    ) -> None:
        self.mode = mode
        self.columns = columns
        self.depth = depth
        self.top = top
        self.sort = sort
        self.width = width
        self.color = color
        self.unicode = unicode


class Failed:
    """A file that gave no report: its name and what is wrong with it."""

    __slots__ = ("diagnostics", "file")

    def __init__(self, file: str, diagnostics: Sequence[Diagnostic]) -> None:
        self.file = file
        self.diagnostics = tuple(diagnostics)
