"""The page of several networks: their comparison first, then the summary and the tracks of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page import comparison, layers, summary, wrong
from analyzer.reporter.page.data import columns
from analyzer.reporter.page.document import MAIN, block
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import scene_of

#: The scripts and styles of the page.
ASSETS = ("core", "comparison", "summary", "layers", *wrong.VIEWS)


def body(reports: Sequence[Reviewed | Failed], options: Options) -> Iterator[str]:
    """The content of the page. Each part has its own data, for which the scripts run once."""
    yield f'<main id="{MAIN}" tabindex="-1">\n<div data-network>\n'
    yield from comparison.section(reports, options)
    yield from block([])
    yield "</div>\n"
    for number, report in enumerate(reports, 1):
        yield '<div class="page-network" data-network>\n'
        if isinstance(report, Failed):
            yield from wrong.sections(report, "h2", number)
            yield from block([])
        else:
            yield from _network(report, options)
        yield "</div>\n"
    yield "</main>\n"


def _network(reviewed: Reviewed, options: Options) -> Iterator[str]:
    """The parts of one network."""
    scene = scene_of(reviewed.analysis)
    yield from summary.section(reviewed, scene, options, "h2")
    yield from layers.section(reviewed, scene, options)
    yield from block(columns(reviewed.analysis, scene))
