"""The page of a model that is wrong: its mistakes over its source."""

from __future__ import annotations

import os
from collections.abc import Iterator

from analyzer.reporter.options import Failed
from analyzer.reporter.page import findings, source
from analyzer.reporter.page.document import named
from analyzer.reporter.page.reviewed import Wrong
from analyzer.reporter.page.verdicts import counted, listed

#: The views that it has.
VIEWS = ("summary", "findings", "source")


def sections(failed: Failed, heading: str = "h1", number: int = 0) -> Iterator[str]:
    """The name of the file, what is wrong, and where. `heading` is the element of the name.

    `number` is the place of the file on a page of several, from 1.
    """
    yield '<section data-view="summary" aria-label="Summary">\n<div class="summary-head">\n<div class="summary-title">\n'
    name = os.path.basename(failed.file) or failed.file
    path = "" if name == failed.file else f"{named(failed.file)} · "
    yield f"<{heading}>{named(name)}</{heading}>\n"
    yield f'<p class="page-run">{path}a wrong model has no numbers</p>\n</div>\n'
    yield from listed([counted(failed.diagnostics)])
    yield "</div>\n</section>\n"
    yield '<div class="source-beside">\n'
    yield from findings.mistakes(failed, number)
    if isinstance(failed, Wrong):
        yield from source.mistaken(failed, number)
    yield "</div>\n"
