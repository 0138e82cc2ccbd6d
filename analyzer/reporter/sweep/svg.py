"""The variants of a sweep as a picture, for a paper or a wiki: real text, no script, no style sheet, no ids.

The white card under it makes it legible on any ground, and the shapes of the points tell them apart in grey.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.reporter.options import Options
from analyzer.reporter.page.document import text
from analyzer.reporter.picture.widths import cut, width_of
from analyzer.reporter.sweep.measures import chosen, measures_of
from analyzer.reporter.sweep.plot import SIZE, Plot, drawn, glyph, scales_of
from analyzer.reporter.sweep.points import points_of
from analyzer.reporter.sweep.said import described, headed, legend, notes, outside
from analyzer.reporter.terminal import joined, markup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.sweeping.result import Swept

#: The size of the plot, the space around the picture, and the height of a line of words.
_WIDTH, _HEIGHT, _MARGIN, _LINE = 800, 460, 20, 17

_FONTS = "'DejaVu Sans', Verdana, 'Helvetica Neue', Arial, sans-serif"
_INK, _FAINT, _GRID, _BAD, _FITS, _BREAKS, _FRONT = (
    "#1b222c", "#57606c", "#e3e7ec", "#b42318", "#1d5fc4", "#7b8591", "#b3480f"
)  # fmt: skip

#: What each role of the plot looks like.
_LOOKS = {
    "grid": f'stroke="{_GRID}"',
    "edge": f'fill="none" stroke="{_BREAKS}"',
    "axis": f'fill="{_FAINT}"',
    "title": 'font-weight="bold"',
    "beyond": f'fill="{_BAD}" fill-opacity="0.05"',
    "limit": f'stroke="{_BAD}" stroke-width="1.5" stroke-dasharray="6 4"',
    "words": f'fill="{_BAD}" stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"',
    "stairs": f'fill="none" stroke="{_FRONT}" stroke-width="1.5"',
    "breaks": f'fill="none" stroke="{_BREAKS}" stroke-width="1.3" stroke-opacity="0.75"',
    "fits": f'fill="{_FITS}" fill-opacity="0.7"',
    "front": f'fill="{_FRONT}" stroke="#ffffff" stroke-width="0.8"',
}


def render(swept: Swept, options: Options) -> Iterator[str]:
    """The picture."""
    for piece in _picture(swept):
        yield markup(piece, options.unicode)


def _picture(swept: Swept) -> Iterator[str]:
    measures = measures_of(swept)
    points = points_of(swept, measures)
    x, y = chosen(swept, measures)
    across, up = (scales_of(one, points.ends[measures.index(one)])[0] for one in (x, y))
    plot = Plot(points=points, measures=measures, x=x, y=y, across=across, up=up, width=_WIDTH, height=_HEIGHT)
    said = [line for fact in headed(swept, points) for line in _wrapped(fact)]
    signs = list(_legend(legend(swept, points)))
    remarks = [*notes(swept, points), *outside(points, ((x, across), (y, up)))]
    below = [line for note in remarks for line in _wrapped(note)]
    top = _MARGIN + 20 + _LINE * (len(said) + len(signs)) + 14
    width, height = _WIDTH + 2 * _MARGIN, top + _HEIGHT + (_LINE * len(below) + 8 if below else 0) + _MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}" '
    yield f'viewBox="0 0 {width} {height}" font-family="{_FONTS}" font-size="{SIZE}" fill="{_INK}">\n'
    yield f"<title>{text(f'{swept.name}: {y.title} against {x.title}')}</title>\n"
    yield f"<desc>{text(described(x, y, [*said, *remarks]))}</desc>\n"
    yield f'<rect width="{width}" height="{height}" rx="10" fill="#ffffff"/>\n'
    name = text(cut(swept.name, _WIDTH, 17, bold=True))
    yield f'<text x="{_MARGIN}" y="{_MARGIN + 15}" font-size="17" font-weight="bold">{name}</text>\n'
    for number, line in enumerate(said):
        at = _MARGIN + 20 + _LINE * (number + 1)
        yield f'<text x="{_MARGIN}" y="{at}" fill="{_FAINT}">{text(line)}</text>\n'
    for number, line in enumerate(signs, 1):
        yield f'<g transform="translate({_MARGIN} {_MARGIN + 22 + _LINE * (len(said) + number)})">\n{line}</g>\n'
    yield f'<g transform="translate({_MARGIN} {top})">\n'
    yield from drawn(plot, _look)
    yield "</g>\n"
    for number, line in enumerate(below, 1):
        at = top + _HEIGHT + _LINE * number
        yield f'<text x="{_MARGIN}" y="{at}" fill="{_FAINT}">{text(line)}</text>\n'
    yield "</svg>\n"


def _look(role: str) -> str:
    return f" {_LOOKS[role]}" if role in _LOOKS else ""


def _legend(signs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The signs of the points with their words, in lines."""
    line, at = "", 0.0
    for kind, words in signs:
        wide = 20 + width_of(words, SIZE) + 18
        if line and at + wide > _WIDTH:
            yield line
            line, at = "", 0.0
        line += f'<g{_look(kind)}>{glyph(kind, at + 6, -4, 1.1)}/></g><text x="{at + 18:.0f}">{text(words)}</text>\n'
        at += wide
    if line:
        yield line


def _wrapped(note: str) -> list[str]:
    """The lines of a note."""
    lines = joined(note.split(" "), " ", int(_WIDTH / SIZE / 0.65)).split("\n")
    return [cut(line, _WIDTH, SIZE) for line in lines]
