"""A row for each layer as a pandas DataFrame, for notebooks and scripts: the columns of the CSV, with their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.engine.result import MODES, Analysis
from analyzer.reporter.analysis.shown import exact_grid, saved_grid
from analyzer.reporter.column import Column
from analyzer.reporter.options import Options
from analyzer.settings import one_of
from analyzer.units import exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.contract.saved_rows import SavedReport

#: A number that `Int64` cannot hold.
_TOO_LARGE = 1 << 63


def dataframe(analysis: Analysis | SavedReport, mode: str = "both") -> Any:
    """The DataFrame; raises `ImportError` without pandas, `SettingError` for a mode that does not exist."""
    one_of("mode", mode, ("both", *MODES))
    pandas = _pandas()
    grid = exact_grid(analysis, Options(mode=mode)) if isinstance(analysis, Analysis) else saved_grid(analysis, mode)
    cells = list(zip(*grid.values(), strict=True)) or [()] * len(grid.columns)
    frame = {column.name: _series(pandas, column, found) for column, found in zip(grid.columns, cells, strict=True)}
    return pandas.DataFrame(frame)


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            f"a data frame needs pandas ({error}): pip install 'conv-analyzer[dataframe]'", name="pandas"
        ) from None
    return pandas


def _series(pandas: Any, column: Column, cells: Iterable[int | str]) -> Any:
    """The values of a column with their type, None where a row has none."""
    if column.nature == "word":
        return pandas.Series([cell if cell != "" else None for cell in cells], dtype=object)
    values = [_number(cell) for cell in cells]
    return pandas.Series(values, dtype=_dtype([value for value in values if value is not None]))


def _number(cell: int | str) -> int | float | str | None:
    """The number that a cell is, None for an empty one; `10x4` and `whole` stay texts."""
    if not isinstance(cell, str):
        return cell if exact(cell) else int(cell) or None
    for read in (int, float):
        try:
            return read(cell)
        except ValueError:
            continue
    return cell or None


def _dtype(values: Sequence[int | float | str]) -> Any:
    """Whole numbers stay exact, and so does their sum; texts among them leave a column of objects."""
    kinds = set(map(type, values))
    if kinds == {int} and sum(map(abs, values)) < _TOO_LARGE:  # type: ignore[arg-type]  # whole numbers
        return "Int64"
    return "Float64" if kinds in ({float}, {int, float}) else object
