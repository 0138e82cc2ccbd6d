"""What a notebook shows of an analysis: the summary, the folded graph, the folded table.

GitHub and nbviewer strip scripts, so there is none. The graph has neither ids nor a style sheet, and the style of the
rest is only about what is inside of its own element, so that several fit into one notebook.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.result import Analysis
from analyzer.reporter.analysis.html import fragment
from analyzer.reporter.picture.svg import picture


def notebook(analysis: Analysis) -> str:
    """The part of a page that a notebook shows."""
    return fragment(analysis, picture=_graph(analysis))


def _graph(analysis: Analysis) -> Iterator[str]:
    """The graph, folded as the table is."""
    yield '<div class="scroll">\n'
    yield from picture(analysis)
    yield "</div>\n"
