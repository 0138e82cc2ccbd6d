"""The network as a graph: the placements of all scopes as columns, from which the script draws what is open.

A scope is the inside of a box; `picture.layout` says what its numbers mean. Scopes are mostly alike, so that what they
have in common is written once:

    open     the boxes that are open where a reader begins
    scope    of each box with parts, the network first: its place in `scopes`
    scopes   [place in `places`, of each edge the layer whose volume runs along it, stubs]. Layers count from the first
             one in the box, so that equal blocks have equal numbers; what comes from outside is negative
    places   rows, columns, lanes, axis, tracks, starts, ends, bends as in `Placement`; sources and targets of its edges

A stub is [item, edges out of it that are not drawn, edges into it, some of the layers that it reads along those].
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.reporter.options import Options
from analyzer.reporter.page.document import card
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.layout import Placement
from analyzer.reporter.picture.opened import at_first
from analyzer.reporter.picture.placing import Laid, laid_out
from analyzer.reporter.picture.scene import Scene
from analyzer.units import plural

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The most layers that a stub names.
_NAMED = 12

#: What the glyphs are.
_KEY = '<p class="page-note graph-key">Glyphs: height is the spatial size, width the depth, both on a log scale.</p>\n'

_WITHOUT = "<noscript><p>The graph is drawn by a script. The table has all layers.</p></noscript>\n"


def section(reviewed: Reviewed, scene: Scene, options: Options) -> Iterator[str]:
    """The view before the script draws the graph."""
    yield from card("graph", "Graph", [f'<div class="graph-place" data-label="{said(scene)}"></div>\n', _KEY, _WITHOUT])


def said(scene: Scene) -> str:
    """What the graph shows, in words."""
    return f"The graph of {plural(scene.root.stop, 'layer')}: arrow keys follow edges, Enter opens and folds a block"


def columns(reviewed: Reviewed, scene: Scene, options: Options) -> dict[str, Any]:
    """The columns; see the module."""
    laid = laid_out(scene)
    places: dict[int, int] = {}
    scopes: dict[str, int] = {}
    written: list[Any] = []
    found: list[Any] = []
    scope = []
    for box in scene.boxes:
        if box.scope is None:
            continue
        one = laid[box.id]
        if id(one.placement) not in places:
            places[id(one.placement)] = len(places)
            written.append(_place(one))
        values = [places[id(one.placement)], [edge.node - box.start for edge, _, _, _ in one.drawn()], _stubs(one)]
        number = scopes.setdefault(repr(values), len(scopes))
        if number == len(found):
            found.append(values)
        scope.append(number)
    return {"open": sorted(at_first(scene)), "scope": scope, "scopes": found, "places": written}


def _place(laid: Laid) -> dict[str, Any]:
    """A placement with the ends of its edges."""
    placement: Placement = laid.placement
    edges = [edge for edge, _, _, _ in laid.drawn()]
    return {
        "rows": placement.rows,
        "columns": placement.columns,
        "lanes": placement.lanes,
        "axis": placement.axis,
        "tracks": placement.tracks,
        "sources": [edge.source for edge in edges],
        "targets": [edge.target for edge in edges],
        "starts": placement.starts,
        "ends": placement.ends,
        "bends": placement.bends,
    }


def _stubs(laid: Laid) -> list[list[Any]]:
    """The items with edges that are not drawn."""
    scope, start = laid.box.scope, laid.box.start
    assert scope is not None
    drawn = set(laid.placement.drawn)
    reads = {item: list(nodes) for item, nodes in scope.stubs.items()}
    for number, edge in enumerate(laid.edges):
        if number not in drawn:
            reads.setdefault(edge.target, []).append(edge.node)
    return [
        [item, out, into, [node - start for node in reads.get(item, ())[:_NAMED]]]
        for item, (out, into) in sorted(laid.more.items())
        if 0 <= item < len(laid.placement.rows)
    ]
