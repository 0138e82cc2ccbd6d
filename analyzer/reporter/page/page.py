"""The page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.reporter.analysis import html
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page.reviewed import Reviewed


def render(reports: Sequence[Reviewed | Failed], options: Options) -> Iterator[str]:
    """All reports on one page."""
    return html.render([one.analysis if isinstance(one, Reviewed) else one for one in reports], options)
