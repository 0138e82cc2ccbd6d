"""The variants of a sweep as a page: the scatter, what x and y are, and the front, the answers and the steps as tables.

All of it is there without a script: the picture, and every table. With one, a pointer or a key shows the values of a
point, and a reader chooses the axes. The points are in the page once, as elements; the script reads their attributes.
The page loads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.reporter.options import Options
from analyzer.reporter.page.document import MAIN, block, card, document, named, text, with_code
from analyzer.reporter.sweep import tables
from analyzer.reporter.sweep.measures import chosen, measures_of
from analyzer.reporter.sweep.plot import Plot, drawn, glyph, scales_of
from analyzer.reporter.sweep.points import points_of
from analyzer.reporter.sweep.said import described, headed, legend, notes, outside
from analyzer.source import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.reporter.sweep.scale import Scale
    from analyzer.sweeping.result import Swept

    #: The scale of all variants, and that of those that fit.
    Scales = tuple[Scale, Scale | None]

#: The scripts and styles of the page.
ASSETS = ("core", "sweep_axes", "sweep")

#: The size of the picture without a script.
_WIDTH, _HEIGHT = 960, 500


def render(swept: Swept, options: Options) -> Iterator[str]:
    """The whole page."""
    return document(f"Sweep of {swept.name}", _body(swept), options, assets=ASSETS)


def _body(swept: Swept) -> Iterator[str]:
    measures = measures_of(swept)
    points = points_of(swept, measures)
    scales = [scales_of(measure, ends) for measure, ends in zip(measures, points.ends, strict=True)]
    yield f'<main id="{MAIN}" tabindex="-1">\n<div>\n<h1>{named(swept.name)}</h1>\n'
    for line in headed(swept, points):
        yield f'<p class="page-run">{text(line)}</p>\n'
    yield "</div>\n"
    x, y = chosen(swept, measures)
    across, up = scales[measures.index(x)][0], scales[measures.index(y)][0]
    plot = Plot(points=points, measures=measures, x=x, y=y, across=across, up=up, width=_WIDTH, height=_HEIGHT)
    yield from _chart(swept, plot)
    yield from tables.sections(swept, points)
    yield "</main>\n"
    yield from block([("sweep", _data(plot, scales))])


def _chart(swept: Swept, plot: Plot) -> Iterator[str]:
    """The card of the scatter; without a point there are only words."""

    def content() -> Iterator[str]:
        if plot.points.drawn:
            yield from _picture(swept, plot)
        for line in notes(swept, plot.points):
            yield f'<p class="page-note">{with_code(line)}</p>\n'

    yield from card("sweep", "Variants", content())


def _picture(swept: Swept, plot: Plot) -> Iterator[str]:
    """The legend, the scatter, and what is not in it."""
    points, x, y = plot.points, plot.x, plot.y
    yield '<ul class="sweep-legend">\n'
    for kind, words in legend(swept, points):
        sign = f'<g class="sweep-{kind}">{glyph(kind, 7, 7, 1.1)}/></g>'
        yield f'<li><svg width="14" height="14" aria-hidden="true">{sign}</svg>{text(words)}</li>\n'
    yield "</ul>\n"
    label = text(described(x, y, headed(swept, points)[1:2]))
    yield f'<div class="sweep-plot"><svg class="sweep-picture" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
    yield f'width="{_WIDTH}" height="{_HEIGHT}" aria-label="{label}">\n'
    yield from drawn(plot, lambda role: f' class="sweep-{role}"')
    yield "</svg></div>\n"
    beyond = " ".join(outside(points, ((x, plot.across), (y, plot.up))))
    yield f'<p class="page-note sweep-outside">{text(beyond)}</p>\n'


def _data(plot: Plot, scales: Sequence[Scales]) -> dict[str, Any]:
    """What the script needs to draw other axes: every measure with its scales."""
    return {
        "measures": [
            {
                "name": measure.name,
                "title": measure.title,
                "attribute": measure.attribute,
                "unit": measure.unit,
                "better": measure.better,
                "axis": measure.axis is not None,
                "lines": [[line.value, line.most, line.words] for line in measure.lines],
                "words": list(map(inert, measure.words)),
                "scales": [None if scale is None else _scale(scale) for scale in both],
            }
            for measure, both in zip(plot.measures, scales, strict=True)
        ],
        "x": plot.measures.index(plot.x),
        "y": plot.measures.index(plot.y),
        "size": plot.size,
    }


def _scale(scale: Scale) -> dict[str, Any]:
    ticks = [[value, inert(words)] for value, words in scale.ticks]
    return {"low": scale.low, "high": scale.high, "log": scale.log, "ticks": ticks}
