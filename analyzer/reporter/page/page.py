"""The page: which views it has, and where they are on a wide screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.engine.result import Analysis
from analyzer.record import Record
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page import (
    findings,
    graph,
    inspector,
    layers,
    memory,
    several,
    share,
    source,
    summary,
    table,
    wrong,
)
from analyzer.reporter.page.data import columns
from analyzer.reporter.page.document import MAIN, block, document
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import Scene, scene_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class View(Record):
    """One view: the HTML of its section, and what its script reads; `assets/NAME.js` and `.css` belong to it.

    `before` are scripts that its own needs.
    """

    name: str
    section: Callable[[Reviewed, Scene, Options], Iterator[str]]
    data: Callable[[Reviewed, Scene, Options], Any] | None = None
    before: Sequence[str] = ()


#: The views in the order in which they are read, by their place on a wide screen.
VIEWS: dict[str, Sequence[View]] = {
    "top": (View("summary", summary.section),),
    "left": (View("graph", graph.section, graph.columns, ("graph_stack", "graph_picture")),),
    "middle": (
        View("layers", layers.section),
        View("memory", memory.section, memory.data, ("memory_step", "memory_picture")),
        View("share", share.section),
    ),
    "right": (
        View("inspector", inspector.section, inspector.columns),
        View("findings", findings.section),
        View("source", source.section, source.data),
    ),
    "bottom": (View("table", table.section, table.columns),),
}

#: The places that are side by side on a wide screen.
_COLUMNS = ("left", "middle", "right")


def render(reports: Sequence[Reviewed | Analysis | Failed], options: Options, opened: str = "") -> Iterator[str]:
    """All reports on one page, which is opened at a view. An analysis that nobody checked has a page too."""
    found = [Reviewed(analysis=one) if isinstance(one, Analysis) else one for one in reports]
    first = found[0]
    if len(found) == 1 and isinstance(first, Reviewed):
        return document(first.analysis.name, _body(first, options), options, assets=assets_of(VIEWS), opened=opened)
    if len(found) == 1 and isinstance(first, Failed):
        return document(first.file, _wrong(first), options, assets=["core", *wrong.VIEWS])
    return document("Comparison", several.body(found, options), options, assets=several.ASSETS)


def assets_of(views: dict[str, Sequence[View]]) -> list[str]:
    """The scripts and styles of views."""
    return ["core", *(name for place in views.values() for view in place for name in (*view.before, view.name))]


def _wrong(failed: Failed) -> Iterator[str]:
    """The page of a file that is wrong."""
    yield f'<main id="{MAIN}" tabindex="-1">\n'
    yield from wrong.sections(failed)
    yield "</main>\n"


def _body(reviewed: Reviewed, options: Options) -> Iterator[str]:
    """The views of one network, and the data for their scripts."""
    scene = scene_of(reviewed.analysis)

    def sections(place: str) -> Iterator[str]:
        for view in VIEWS[place]:
            yield from view.section(reviewed, scene, options)

    yield f'<main id="{MAIN}" tabindex="-1">\n'
    yield from sections("top")
    yield '<div class="page-columns">\n'
    for place in _COLUMNS:
        yield f'<div class="page-{place}">\n'
        yield from sections(place)
        yield "</div>\n"
    yield "</div>\n"
    yield from sections("bottom")
    yield "</main>\n"
    yield from block(_data(reviewed, scene, options))


def _data(reviewed: Reviewed, scene: Scene, options: Options) -> Iterator[tuple[str, Any]]:
    """The network as columns, and what each view has besides."""
    yield from columns(reviewed.analysis, scene)
    for views in VIEWS.values():
        for view in views:
            if view.data is not None:
                yield view.name, view.data(reviewed, scene, options)
