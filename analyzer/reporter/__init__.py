"""The reporter: an analysis as text, one module a format.

Every format module has `render(analysis, options)` for one report and `render_many(reports, options)` for several;
both give chunks of text. A format's module is imported when it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.reporter.options import Failed, Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

#: The formats by name, each with the module that writes it.
FORMATS = {
    "table": "table",
    "json": "json",
    "csv": "csv",
    "markdown": "markdown",
    "latex": "latex",
    "html": "html",
}

__all__ = ["FORMATS", "Failed", "Options", "render", "render_many"]


def render(format: str, analysis: Analysis, options: Options | None = None) -> Iterator[str]:
    """One report in a format (a key of `FORMATS`), in chunks of text."""
    chunks: Iterator[str] = _module(format).render(analysis, options or Options())
    return chunks


def render_many(format: str, reports: Sequence[Analysis | Failed], options: Options | None = None) -> Iterator[str]:
    """Several reports in the order asked, and a comparison of their totals where the format has room for one."""
    chunks: Iterator[str] = _module(format).render_many(reports, options or Options())
    return chunks


def _module(format: str) -> ModuleType:
    """The module that writes a format."""
    name = f"{__name__}.analysis.{FORMATS[format]}"
    __import__(name)  # importlib itself would cost more than the JSON report's module
    return sys.modules[name]
