"""The page, opened at its view of memory: what `analyzer memory` writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page import page
from analyzer.reporter.page.reviewed import Reviewed


def render(reports: Sequence[Reviewed | Failed], options: Options) -> Iterator[str]:
    """All reports on one page."""
    return page.render(reports, options, opened="memory")
