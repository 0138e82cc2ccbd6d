"""The plot of a sweep: axes, limits, the points and the line of the front, as elements of SVG of a given size.

What an element looks like is the caller's: a file of its own has attributes for colours, the page has classes. A point
also differs by its shape, so nothing is said by colour alone. Its attributes `data-…` are a contract (docs/sweep.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from analyzer.record import Record
from analyzer.reporter.page.document import text
from analyzer.reporter.picture.widths import cut, width_of
from analyzer.reporter.sweep.measures import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from analyzer.reporter.sweep.measures import Measure
    from analyzer.reporter.sweep.points import Ends, Points
    from analyzer.reporter.sweep.scale import Scale
    from analyzer.sweeping.result import Variant

    #: The attributes of what has a role: `grid`, `axis`, `title`, `limit`, `beyond`, `stairs`, and the kinds of points.
    Look: TypeAlias = Callable[[str], str]

#: The kinds of points from the back to the front, with the words of the legend.
KINDS = {"breaks": "breaks a limit", "fits": "fits", "front": "on the front"}

#: The height of the letters, and of a line of them.
SIZE, _LINE = 12, 15

#: The room around the plot: to the right, below for ticks and title, above for the title, and beside ticks.
_RIGHT, _BELOW, _ABOVE, _BESIDE = 18, 44, 26, 10

#: So many points are few.
_FEW = 300

#: Arrows towards the wanted end, by the axis and the direction.
_ARROWS = {("x", -1): "←", ("x", 1): "→", ("y", -1): "↓", ("y", 1): "↑"}


class Plot(Record, kw_only=True):
    """A plot of `points`: `x` and `y` with their scales, in a picture of a width and a height in pixels."""

    points: Points
    measures: Sequence[Measure]
    x: Measure
    y: Measure
    across: Scale
    up: Scale
    width: float
    height: float

    @property
    def size(self) -> float:
        """How large a point is; few points are larger."""
        return 1.4 if self.points.drawn <= _FEW else 1

    @property
    def left(self) -> float:
        """Where the plot begins, beside the longest tick."""
        return max((width_of(words, SIZE) for _, words in self.up.ticks), default=0) + _BESIDE

    @property
    def top(self) -> float:
        """Where the plot begins, below the title of y and the values of the limits of x."""
        return _ABOVE + _LINE * len(_shown(self.x, self.across))

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.width - _RIGHT

    @property
    def bottom(self) -> float:
        """Where it ends, above the ticks."""
        return self.height - _BELOW

    def place(self, variant: Variant) -> tuple[float, float] | None:
        """Where a variant is; None where it has no such numbers."""
        x, y = self.x.number(variant), self.y.number(variant)
        return None if x is None or y is None else (self.along(x), self.above(y))

    def along(self, value: float) -> float:
        """Where a value of x is."""
        return self.left + self.across.at(value) * (self.right - self.left)

    def above(self, value: float) -> float:
        """Where a value of y is."""
        return self.bottom - self.up.at(value) * (self.bottom - self.top)


def scales_of(measure: Measure, ends: tuple[Ends, Ends]) -> tuple[Scale, Scale | None]:
    """The scale of all variants, and that of those that fit; None where none has a number."""
    every, fitting = (None if one.low is None or one.high is None else measure.scale(one.low, one.high) for one in ends)
    return every or measure.scale(0, 1), fitting


def drawn(plot: Plot, look: Look) -> Iterator[str]:
    """The plot."""
    yield f"<g{look('frame')}>\n"
    yield from _beyond(plot, look)
    yield from _ticks(plot, look)
    yield "</g>\n"
    for kind in ("breaks", "fits"):
        yield from _kind(plot, kind, look)
    yield f'<path{look("stairs")} d="{stairs(plot)}"/>\n'
    yield from _kind(plot, "front", look)
    yield f"<g{look('over')}>\n"
    yield from _limits(plot, look)
    yield "</g>\n"


def title(measure: Measure, axis: str) -> str:
    """The title of an axis, with an arrow towards what is wanted.

    >>> from analyzer.reporter.sweep.measures import Measure
    >>> title(Measure(name="macs", title="macs", attribute="macs", unit="count", better=-1), "x")
    '← macs · less is better'
    """
    if not measure.better:
        return measure.title
    return f"{_ARROWS[axis, measure.better]} {measure.title} · {'less' if measure.better < 0 else 'more'} is better"


def glyph(kind: str, x: float, y: float, size: float = 1) -> str:
    """The shape of a kind of point, without its end: a cross, a disc, or a diamond."""
    if kind == "fits":
        return f'<circle cx="{_at(x)}" cy="{_at(y)}" r="{_at(3 * size)}"'
    wide = _at(6 * size)
    if kind == "breaks":
        return f'<path d="M{_at(x - 3 * size)} {_at(y - 3 * size)}l{wide} {wide}m0-{wide}l-{wide} {wide}"'
    return f'<path d="M{_at(x)} {_at(y - 6 * size)}l{wide} {wide}-{wide} {wide}-{wide}-{wide}z"'


def stairs(plot: Plot) -> str:
    """The path of the front: everything beyond it is worse in both; empty where x and y are not both goals.

    It has a step for each point that no other one is better than in both, and ends at the sides of the plot.
    """
    x, y = plot.x, plot.y
    if not x.better or not y.better or x is y:
        return ""
    places = [place for place in map(plot.place, plot.points.front) if place is not None]
    best = sorted((-x.better * across, y.better * up, across, up) for across, up in places)
    worst = plot.right if x.better < 0 else plot.left
    path, before = "", None
    for _, height, across, up in best:
        if before is None:
            path = f"M{_at(across)} {_at(plot.top if y.better < 0 else plot.bottom)}V{_at(up)}"
        elif height < before:
            path += f"H{_at(across)}V{_at(up)}"
        else:
            continue
        before = height
    return f"{path}H{_at(worst)}" if path else ""


def _kind(plot: Plot, kind: str, look: Look) -> Iterator[str]:
    """The points of a kind; one without a place is there too, since the page may show it on other axes."""
    variants: Sequence[Variant] = getattr(plot.points, kind)
    yield f"<g{look(kind)}>\n"
    for variant in variants:
        place = plot.place(variant)
        x, y = place or (0, 0)
        shape = glyph(kind, x, y, plot.size) + ("" if place else ' display="none"')
        yield f"{shape}{_data(variant, plot.measures)}/>\n"
    yield "</g>\n"


def _data(variant: Variant, measures: Sequence[Measure]) -> str:
    """The attributes of a point: everything that is known of its variant, as the report in JSON writes it."""
    found = [f' data-id="{variant.id}" data-fits="{plain(variant.fits)}" data-front="{plain(variant.front)}"']
    if variant.breaks:
        found.append(f' data-breaks="{text(" ".join(variant.breaks))}"')
    if variant.at_least:
        found.append(f' data-at_least="{text(" ".join(variant.at_least))}"')
    for measure in measures:
        value = measure.value(variant)
        if value is not None:
            found.append(f' data-{measure.attribute}="{text(plain(value))}"')
    return "".join(found)


def _shown(measure: Measure, scale: Scale) -> list[tuple[float, bool, str]]:
    """The limits that are in the plot."""
    return [(line.value, line.most, line.words) for line in measure.lines if scale.shows(line.value)]


def _beyond(plot: Plot, look: Look) -> Iterator[str]:
    """A wash over what a limit forbids."""
    for value, most, _ in _shown(plot.x, plot.across):
        edge, at = plot.right if most else plot.left, plot.along(value)
        yield _rect(look("beyond"), min(at, edge), plot.top, abs(edge - at), plot.bottom - plot.top)
    for value, most, _ in _shown(plot.y, plot.up):
        edge, at = plot.top if most else plot.bottom, plot.above(value)
        yield _rect(look("beyond"), plot.left, min(at, edge), plot.right - plot.left, abs(edge - at))


def _rect(attributes: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect{attributes} x="{_at(x)}" y="{_at(y)}" width="{_at(width)}" height="{_at(height)}"/>\n'


def _ticks(plot: Plot, look: Look) -> Iterator[str]:
    """Lines at the ticks with their texts, and the titles of the axes."""
    base, free = plot.bottom + _LINE + 2, -1.0
    for value, words in plot.across.ticks:
        at, half = plot.along(value), width_of(words, SIZE) / 2
        yield f'<path{look("grid")} d="M{_at(at)} {_at(plot.top)}V{_at(plot.bottom)}"/>\n'
        if at - half > free and at + half < plot.width:
            yield f'<text{look("axis")} x="{_at(at)}" y="{_at(base)}" text-anchor="middle">{text(words)}</text>\n'
            free = at + half + 6
    for value, words in plot.up.ticks:
        at = plot.above(value)
        yield f'<path{look("grid")} d="M{_at(plot.left)} {_at(at)}H{_at(plot.right)}"/>\n'
        beside = f'x="{_at(plot.left - 6)}" y="{_at(at + 4)}" text-anchor="end"'
        yield f"<text{look('axis')} {beside}>{text(words)}</text>\n"
    edge = f"M{_at(plot.left)} {_at(plot.top)}V{_at(plot.bottom)}H{_at(plot.right)}"
    yield f'<path{look("edge")} d="{edge}"/>\n'
    words = text(cut(title(plot.x, "x"), plot.right - plot.left, SIZE, bold=True))
    yield f'<text{look("title")} x="{_at(plot.right)}" y="{_at(plot.height - 6)}" text-anchor="end">{words}</text>\n'
    words = text(cut(title(plot.y, "y"), plot.width, SIZE, bold=True))
    yield f'<text{look("title")} x="0" y="{SIZE}">{words}</text>\n'


def _limits(plot: Plot, look: Look) -> Iterator[str]:
    """The lines of the limits with their values: those of x above the plot, those of y in it."""
    for number, (value, most, words) in enumerate(_shown(plot.x, plot.across)):
        at, y = plot.along(value), _ABOVE + _LINE * number
        wide = width_of(words, SIZE)
        after = at + wide + 4 < plot.width if most else at - wide < 0
        yield f'<path{look("limit")} d="M{_at(at)} {_at(y - 8)}V{_at(plot.bottom)}"/>\n'
        beside = f'x="{_at(at + 4)}"' if after else f'x="{_at(at - 4)}" text-anchor="end"'
        yield f'<text{look("words")} {beside} y="{_at(y + 2)}">{text(words)}</text>\n'
    for value, most, words in _shown(plot.y, plot.up):
        at = plot.above(value)
        below = not most if plot.top + _LINE < at < plot.bottom - _LINE else at < plot.top + _LINE
        yield f'<path{look("limit")} d="M{_at(plot.left)} {_at(at)}H{_at(plot.right)}"/>\n'
        beside = f'x="{_at(plot.right - 4)}" y="{_at(at + (SIZE + 2 if below else -5))}" text-anchor="end"'
        yield f"<text{look('words')} {beside}>{text(words)}</text>\n"


def _at(value: float) -> str:
    """A place with a decimal where it needs one."""
    return f"{value:.1f}".removesuffix(".0")
