"""The picture as SVG, for a paper or a notebook: real text, no script, no style sheet, and colours that print in grey.

It has no ids, so that several pictures fit into one document. The white card under it makes it legible on any ground.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import log2, sqrt

from analyzer.engine.result import Analysis
from analyzer.reporter.options import Options
from analyzer.reporter.picture.figure import GLYPH, HEADER, KIND, NAME, VOLUME, Figure, Item, Line, figure_of
from analyzer.reporter.picture.opened import opened
from analyzer.reporter.picture.scene import Scene, scene_of
from analyzer.reporter.picture.widths import cut, width_of
from analyzer.reporter.terminal import markup
from analyzer.source import inert
from analyzer.units import plural, short

#: The space around the picture, the height of its heading, and of the words below it.
_MARGIN, _HEADING, _LEGEND = 20.0, 52.0, 30.0

_FONTS = "'DejaVu Sans', Verdana, 'Helvetica Neue', Arial, sans-serif"
_INK, _FAINT, _LINE, _SKIP, _TINT = "#1b222c", "#57606c", "#7b8591", "#2b5aa8", "#0f766e"

#: Boxes that the description lists.
_LISTED = 20


def render(reports: Sequence[Analysis], options: Options) -> Iterator[str]:
    """The picture of one network."""
    for piece in picture(reports[0], options.depth):
        yield markup(piece, options.unicode)


def picture(analysis: Analysis, depth: int | str = "auto", scene: Scene | None = None) -> Iterator[str]:
    """The picture in pieces."""
    scene = scene_of(analysis) if scene is None else scene
    figure = figure_of(analysis, scene, opened(scene, depth))
    name, facts = inert(analysis.name or "network"), _facts(analysis)
    wide = max(figure.width, 320.0)
    shown = cut(name, wide, 17, bold=True)
    legend = "tint: share of MACs · small shape: height is spatial size, width is depth"
    wide = max(wide, min(width_of(facts, KIND), 900), width_of(legend, 9))
    width, height = wide + 2 * _MARGIN, figure.height + _HEADING + _LEGEND + 2 * _MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" height="{height:.0f}" '
    yield f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="{_FONTS}" font-size="{KIND}" fill="{_INK}">\n'
    yield f"<title>{_xml(name)}</title>\n<desc>{_xml(_described(analysis, scene))}</desc>\n"
    yield f'<rect width="{width:.0f}" height="{height:.0f}" rx="10" fill="#ffffff"/>\n'
    yield f'<text x="{_MARGIN:.0f}" y="{_MARGIN + 15:.0f}" font-size="17" font-weight="bold">{_whole(name, shown)}</text>\n'
    yield f'<text x="{_MARGIN:.0f}" y="{_MARGIN + 34:.0f}" fill="{_FAINT}">{_xml(cut(facts, wide, KIND))}</text>\n'
    yield f'<g transform="translate({_MARGIN + (wide - figure.width) / 2:.1f} {_MARGIN + _HEADING:.1f})">\n'
    yield from _drawn(figure, scene, analysis)
    yield "</g>\n"
    yield f'<text x="{_MARGIN:.0f}" y="{height - _MARGIN:.0f}" font-size="9" fill="{_FAINT}">{_xml(legend)}</text>\n'
    yield "</svg>\n"


def _facts(analysis: Analysis) -> str:
    inputs = ", ".join(node.output.pretty() for node in analysis.network.inputs)
    totals = analysis.totals
    parameters, macs = short(totals.shared.parameters), short(totals.macs)
    return f"input {inputs} · {plural(len(analysis.rows), 'layer')} · {parameters} parameters · {macs} MACs"


def _described(analysis: Analysis, scene: Scene) -> str:
    """What the picture shows, in words."""
    parts = scene.root.parts
    names = [f"{inert(cut(part.label, 200, NAME))} ({inert(cut(part.kind, 300, KIND))})" for part in parts[:_LISTED]]
    more = f" and {len(parts) - _LISTED} more" if len(parts) > _LISTED else ""
    outputs = ", ".join(node.output.pretty() for node in analysis.network.outputs[:_LISTED])
    return f"From the top to the bottom: {_facts(analysis)}; {', '.join(names)}{more}; output {outputs}."


def _drawn(figure: Figure, scene: Scene, analysis: Analysis) -> Iterator[str]:
    sides = [max(node.output.spatial, default=1) for node in (*scene.network.nodes, *scene.network.inputs)]
    depths = [node.output.depth for node in (*scene.network.nodes, *scene.network.inputs)]
    most = max(sides, default=1), max(depths, default=1)
    for item in figure.items:
        if item.frame:
            yield from _frame(item)
    for line in figure.lines:
        yield from _line(line)
    for low, high, y in figure.bars:
        yield f'<path d="M{low:.1f} {y:.1f}H{high:.1f}" stroke="{_INK}" stroke-width="3" stroke-linecap="round"/>\n'
    for x, top, bottom in figure.stubs:
        yield f'<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" stroke="{_LINE}" stroke-dasharray="2 2"/>\n'
    for item in figure.items:
        if not item.frame:
            yield from _box(item, scene, most)
    yield f'<g font-size="{VOLUME}" fill="{_FAINT}">\n'
    for mark in figure.marks:
        anchor = ' text-anchor="end"' if mark.ends else ""
        yield f'<text x="{mark.x:.1f}" y="{mark.y:.1f}"{anchor}>{_xml(mark.text)}</text>\n'
    yield "</g>\n"


def _frame(item: Item) -> Iterator[str]:
    yield (
        f'<rect x="{item.x:.1f}" y="{item.y:.1f}" width="{item.width:.1f}" height="{item.height:.1f}" rx="8" '
        f'fill="#5b7090" fill-opacity="0.06" stroke="#98a2b0" stroke-dasharray="4 3"/>\n'
    )
    name = cut(item.name, item.axis - item.x - 34, NAME, bold=True)
    kind = cut(item.lines[0], item.x + item.width - item.axis - 34, KIND)
    base = item.y + HEADER - 10
    yield f'<text x="{item.x + 10:.1f}" y="{base:.1f}" font-size="{NAME}" font-weight="bold">{_whole(item.name, name)}</text>\n'
    yield (
        f'<text x="{item.x + item.width - 10:.1f}" y="{base:.1f}" text-anchor="end" fill="{_FAINT}">'
        f"{_whole(item.lines[0], kind)}</text>\n"
    )


def _box(item: Item, scene: Scene, most: tuple[int, int]) -> Iterator[str]:
    """A closed box, or a pill."""
    corner = f'x="{item.x:.1f}" y="{item.y:.1f}" width="{item.width:.1f}" height="{item.height:.1f}"'
    if item.box is None:
        name = cut(item.name, item.width - 16, KIND)
        yield f'<rect {corner} rx="12" fill="#f4f6f8" stroke="{_LINE}"/>\n'
        yield f'<text x="{item.axis:.1f}" y="{item.y + 16:.1f}" text-anchor="middle">{_whole(item.name, name)}</text>\n'
        return
    if item.box.times > 1:  # equal neighbours are a pile
        pile = f'x="{item.x + 4:.1f}" y="{item.y + 4:.1f}" width="{item.width:.1f}" height="{item.height:.1f}"'
        yield f'<rect {pile} rx="6" fill="#e9edf1" stroke="#98a2b0"/>\n'
    tint = min(0.04 + 0.5 * sqrt(item.share), 0.34) if item.share else 0.0
    yield f'<rect {corner} rx="6" fill="#ffffff"/>\n'
    yield f'<rect {corner} rx="6" fill="{_TINT}" fill-opacity="{tint:.2f}" stroke="#5d6875"/>\n'
    volume = scene.network.nodes[item.box.stop - 1].output
    yield _glyph(item, max(volume.spatial, default=1) / most[0], log2(1 + volume.depth) / log2(1 + most[1]))
    room = item.width - GLYPH - 8
    name = cut(item.name, room, NAME, bold=True)
    left, base = item.x + GLYPH, item.y + 18
    yield f'<text x="{left:.1f}" y="{base:.1f}" font-size="{NAME}" font-weight="bold">{_whole(item.name, name)}</text>\n'
    for number, text in enumerate(item.lines, 1):
        y = base + 15 * number - 1
        yield f'<text x="{left:.1f}" y="{y:.1f}" fill="#3d4652">{_whole(text, cut(text, room, KIND))}</text>\n'


def _glyph(item: Item, side: float, depth: float) -> str:
    """A shape as high as the spatial size and as wide as the depth, each against the largest of the network."""
    high, wide = 3 + 25 * sqrt(side), 3 + 19 * depth
    x, y = item.x + GLYPH / 2 - wide / 2 - 1, item.y + item.height / 2 - high / 2
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="1.5" fill="#b9c6d6" stroke="#45566b"/>\n'


def _line(line: Line) -> Iterator[str]:
    """An edge with round corners and its arrow head."""
    way = line.way
    path = [f"M{way[0][0]:.1f} {way[0][1]:.1f}"]
    for before, (x, y), after in zip(way, way[1:-1], way[2:], strict=False):
        start, end = _towards((x, y), before), _towards((x, y), after)
        path.append(f"L{start[0]:.1f} {start[1]:.1f}Q{x:.1f} {y:.1f} {end[0]:.1f} {end[1]:.1f}")
    x, y = way[-1]
    path.append(f"L{x:.1f} {y - 4 if line.arrow else y:.1f}")
    color = _SKIP if line.skip else _LINE
    yield f'<path d="{"".join(path)}" fill="none" stroke="{color}" stroke-width="1.5"/>\n'
    if line.arrow:
        yield f'<path d="M{x:.1f} {y:.1f}l-3.5 -7h7z" fill="{color}"/>\n'


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The place where a line leaves for a round corner: at most 5 pixels before it, at most half the way."""
    (x, y), (a, b) = corner, other
    length = abs(a - x) + abs(b - y)
    part = min(5.0, length / 2) / length if length else 0
    return x + (a - x) * part, y + (b - y) * part


def _whole(text: str, shown: str) -> str:
    """What is shown of a text, with the whole in a title where it is cut."""
    return _xml(shown) if shown == text else f"{_xml(shown)}<title>{_xml(text)}</title>"


def _xml(text: str) -> str:
    return escape(inert(text))
