"""The view of several networks: parameters against MACs, the networks that no other one undercuts, and the totals.

Both axes are logarithmic; a network without parameters or MACs has a lane of its own beside the axis. A network is on
the Pareto front where no other has at most as many of both and fewer of one. Networks with equal numbers share a dot.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from analyzer.engine.result import Analysis
from analyzer.record import Record, field
from analyzer.reporter.analysis.compare import comparison
from analyzer.reporter.column import Column
from analyzer.reporter.modes import modes_of
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page.document import named, text
from analyzer.reporter.page.labels import Label, placed
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.units import brief_count, memory, plural, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

#: The picture in its own units: the plot with its left, top, width and height, and the lane for zeros at its edge.
_WIDTH, _HEIGHT = 760, 440
_LEFT, _TOP, _WIDE, _HIGH, _LANE = 86, 26, 640, 350, 70

#: The radius of the dot with the largest training peak, and the smallest radius.
_LARGEST, _SMALLEST = 17.0, 4.5

#: The letters of a name in the picture, the width of one, and the names that are listed in words.
_LETTERS, _LETTER, _LISTED = 26, 7.3, 12

#: The most dots of the picture that have names: more would hide each other.
_NAMED = 80


class Dot(Record):
    """Networks with equal numbers: their places among the reports, their numbers, and where they are drawn.

    `peak` is the training peak in bytes; None where there is none. `front` says that no other network has at most as
    many parameters and MACs, and fewer of one.
    """

    places: list[int]
    names: list[str]
    macs: int
    parameters: int
    peak: int | None
    front: bool = False
    x: float = field(default=0.0, init=False)
    y: float = field(default=0.0, init=False)
    radius: float = field(default=_SMALLEST, init=False)


class Axis(Record):
    """A logarithmic axis over powers of ten, from `low` to `high`; `zero` says that it has a lane for zeros."""

    low: int
    high: int
    zero: bool

    def part(self, value: int) -> float:
        """How far along the axis a value is, from 0 to 1."""
        return (math.log10(value) - self.low) / (self.high - self.low)


def section(reports: Sequence[Reviewed | Failed], options: Options) -> Iterator[str]:
    """The view: the picture where there are networks, its point in words, the table."""
    found = [one.analysis if isinstance(one, Reviewed) else one for one in reports]
    mixed = any(isinstance(one, Analysis) and one.mixed for one in found)
    mode = modes_of(options.mode, mixed=mixed)[0]
    dots = dots_of(reports, mode)
    yield '<section class="page-card" data-view="comparison" aria-label="Comparison">\n'
    yield f'<div class="page-head"><h1>{_title(reports)}</h1></div>\n<div class="comparison-parts">\n'
    if dots:
        yield from _figure(dots, mode)
    front = {place for dot in dots if dot.front for place in dot.places}
    yield from _table(reports, found, front, options, mode)
    yield "</div>\n</section>\n"


def _title(reports: Sequence[Reviewed | Failed]) -> str:
    wrong = sum(isinstance(one, Failed) for one in reports)
    said = f"{plural(len(reports), 'network')} compared"
    return f"{said}, {wrong:,} of them wrong" if wrong else said


def dots_of(reports: Sequence[Reviewed | Failed], mode: str) -> list[Dot]:
    """The dots of the networks, those with fewer MACs first."""
    dots: dict[tuple[int, int, int | None], Dot] = {}
    for place, one in enumerate(reports):
        if isinstance(one, Failed):
            continue
        totals = one.analysis.totals
        macs, parameters = int(totals.macs), int(getattr(totals, mode).parameters)
        peak = peak_of(one, mode)
        dot = dots.setdefault((macs, parameters, peak), Dot([], [], macs, parameters, peak))
        dot.places.append(place)
        dot.names.append(one.analysis.name)
    found = sorted(dots.values(), key=lambda dot: (dot.macs, dot.parameters))
    fewest = None
    for dot in found:  # by MACs: on the front where it has fewer parameters than all before it
        dot.front = fewest is None or dot.parameters < fewest[0] or fewest == (dot.parameters, dot.macs)
        if dot.front:
            fewest = dot.parameters, dot.macs
    return found


def peak_of(reviewed: Reviewed, mode: str) -> int | None:
    """The training peak in bytes; None where the network cannot be trained, or where it is unknown."""
    report = reviewed.memory
    if report is None or not report.trains:
        return None
    return int(report.needed(mode))


def _figure(dots: Sequence[Dot], mode: str) -> Iterator[str]:
    """The picture with its point in words."""
    across = _axis([dot.macs for dot in dots])
    up = _axis([dot.parameters for dot in dots])
    largest = max((dot.peak or 0 for dot in dots), default=0)
    for dot in dots:
        dot.x = _LEFT + _along(across, dot.macs, _WIDE)
        dot.y = _TOP + _HIGH - _along(up, dot.parameters, _HIGH)
        if dot.peak:
            dot.radius = max(_SMALLEST, _LARGEST * math.sqrt(dot.peak / largest))
    words = said(dots)
    yield '<figure class="comparison-figure">\n<div class="comparison-scroll" tabindex="0" role="group" aria-label="Picture">\n'
    yield f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{text(words)}">\n'
    yield from _lines(across, up, mode)
    yield from _front(dots)
    for dot in sorted(dots, key=lambda one: -one.radius):
        yield _drawn(dot)
    yield from _labels(dots)
    yield "</svg>\n</div>\n<figcaption>\n"
    yield f'<p class="page-note">{text(words)}</p>\n<p class="page-note">{_legend(dots, largest)}</p>\n'
    yield "</figcaption>\n</figure>\n"


def said(dots: Sequence[Dot]) -> str:
    """The point of the picture in words."""
    front = [
        name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…" for dot in dots if dot.front for name in dot.names
    ]
    more = f" and {len(front) - _LISTED:,} more" if len(front) > _LISTED else ""
    return f"On the Pareto front: {', '.join(front[:_LISTED])}{more}. No other network has fewer parameters without more MACs."


def _legend(dots: Sequence[Dot], largest: int) -> str:
    parts = ["diamond on the line: on the Pareto front", "circle: not on it"]
    if largest:
        parts.append(f"area: training peak, the largest {memory(largest)}")
    if any(dot.peak is None for dot in dots):
        parts.append("hollow: no training peak")
    return " · ".join(parts)


def _axis(values: Sequence[int]) -> Axis:
    """The axis for these values: whole powers of ten around them, at least one decade."""
    known = [value for value in values if value > 0]
    low = min((len(str(value)) - 1 for value in known), default=0)
    high = max((len(str(value - 1)) if value > 1 else 0 for value in known), default=1)
    return Axis(low, max(high, low + 1), len(known) < len(values))


def _along(axis: Axis, value: int, length: float) -> float:
    lane = _LANE if axis.zero else 0
    return lane / 2 if value <= 0 else lane + axis.part(value) * (length - lane)


def _ticks(axis: Axis, length: float) -> Iterator[tuple[float, str]]:
    """Where the axis has a line, and what is written there."""
    if axis.zero:
        yield _along(axis, 0, length), "0"
    step = max(1, (axis.high - axis.low + 7) // 8)
    for power in range(axis.low, axis.high + 1, step):
        yield _along(axis, 10**power, length), short(10**power).replace(".00", "").replace(".0", "")


def _lines(across: Axis, up: Axis, mode: str) -> Iterator[str]:
    """The grid, its numbers, and what the axes are."""
    bottom, right = _TOP + _HIGH, _LEFT + _WIDE
    yield '<g class="comparison-grid">\n'
    for along, label in _ticks(across, _WIDE):
        x = f"{_LEFT + along:.1f}"
        yield f'<path d="M{x} {_TOP}V{bottom}"/><text x="{x}" y="{bottom + 18}" text-anchor="middle">{label}</text>\n'
    for along, label in _ticks(up, _HIGH):
        y = bottom - along
        yield f'<path d="M{_LEFT} {y:.1f}H{right}"/><text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>\n'
    yield f'<text class="comparison-axis" x="{right}" y="{bottom + 40}" text-anchor="end">MACs per sample (log) →</text>\n'
    what = (
        "parameters" if mode == "shared" else f"parameters, {'locally connected' if mode == 'local' else 'as declared'}"
    )
    yield f'<text class="comparison-axis" x="8" y="15">↑ {what} (log)</text>\n</g>\n'


def _front(dots: Sequence[Dot]) -> Iterator[str]:
    """The line through the front: what is above it and to its right costs more of something."""
    front = [dot for dot in dots if dot.front]
    if len(front) > 1:
        steps = "".join(f"H{dot.x:.1f}V{dot.y:.1f}" for dot in front[1:])
        yield f'<path class="comparison-front" d="M{front[0].x:.1f} {front[0].y:.1f}{steps}"/>\n'


def _drawn(dot: Dot) -> str:
    """A dot, with its numbers in a title."""
    peak = "no training peak" if dot.peak is None else f"training peak {memory(dot.peak)}"
    words = f"{', '.join(dot.names)}: {brief_count(dot.parameters)} parameters, {brief_count(dot.macs)} MACs, {peak}"
    r, x, y = dot.radius, dot.x, dot.y
    if dot.front:
        r *= 1.25
        shape = f'<path d="M{x:.1f} {y - r:.1f}L{x + r:.1f} {y:.1f}L{x:.1f} {y + r:.1f}L{x - r:.1f} {y:.1f}Z"/>'
    else:
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>'
    kind = " comparison-best" if dot.front else ""
    hollow = " comparison-hollow" if dot.peak is None else ""
    places = " ".join(map(str, dot.places))
    return f'<g class="comparison-dot{kind}{hollow}" data-places="{places}"><title>{text(words)}</title>{shape}</g>\n'


def _labels(dots: Sequence[Dot]) -> Iterator[str]:
    """The names beside the dots, as many as have room."""
    wanted = [Label(dot.x, dot.y, dot.radius * 1.25, len(_short(dot)) * _LETTER, 14.0) for dot in dots[:_NAMED]]
    others = [(dot.x, dot.y, dot.radius) for dot in dots]
    room = (_LEFT + 2.0, _TOP + 2.0, _WIDTH - 4.0, _TOP + _HIGH - 2.0)
    missing = len(dots) - len(wanted)
    for dot, place in zip(dots, placed(wanted, others, room), strict=False):
        if place is None:
            missing += 1
            continue
        x, y = place
        title = f"<title>{text(', '.join(dot.names))}</title>" if _short(dot) != ", ".join(dot.names) else ""
        places = " ".join(map(str, dot.places))
        bold = " comparison-best" if dot.front else ""
        yield f'<text class="comparison-name{bold}" x="{x:.1f}" y="{y + 11:.1f}" data-places="{places}">{title}{text(_short(dot))}</text>\n'
    if missing:
        said = f"{plural(missing, 'name')} only in the table"
        yield f'<text class="comparison-axis" x="{_LEFT + _WIDE}" y="15" text-anchor="end">{said}</text>\n'


def _short(dot: Dot) -> str:
    """The name beside a dot."""
    more = f" +{len(dot.names) - 1}" if len(dot.names) > 1 else ""
    name = dot.names[0] if len(dot.names[0]) <= _LETTERS else f"{dot.names[0][: _LETTERS - 1]}…"
    return name + more


def _table(
    reports: Sequence[Reviewed | Failed],
    found: Sequence[Analysis | Failed],
    front: set[int],
    options: Options,
    mode: str,
) -> Iterator[str]:
    """The totals, a row for each file."""
    grid = comparison(found, options)
    trains = any(isinstance(one, Reviewed) and peak_of(one, mode) is not None for one in reports)
    yield '<div class="comparison-scroll" tabindex="0" role="group" aria-label="Table"><table>\n<thead><tr>'
    first, *columns = grid.columns
    yield f'{_heading(first)}<th scope="col">Pareto front</th>'
    if trains:
        yield '<th scope="col" class="comparison-n">training peak</th>'
    yield "".join(map(_heading, columns)) + "</tr></thead>\n<tbody>\n"
    for place, (one, (name, *line)) in enumerate(zip(reports, grid.body(), strict=True)):
        cells = [f'<th scope="row">{named(name)}</th>', f"<td>{'◆ on it' if place in front else ''}</td>"]
        if trains:
            peak = None if isinstance(one, Failed) else peak_of(one, mode)
            cells.append(f'<td class="comparison-n">{"" if peak is None else memory(peak)}</td>')
        cells += [_cell(column, cell) for column, cell in zip(columns, line, strict=True)]
        yield f'<tr data-place="{place}">{"".join(cells)}</tr>\n'
    yield "</tbody>\n</table></div>\n"


def _heading(column: Column) -> str:
    side = ' class="comparison-n"' if column.align == "right" else ""
    name = f"{column.group} {column.heading}" if column.group else column.heading
    return f'<th scope="col"{side} title="{escape(column.doc)}">{escape(name)}</th>'


def _cell(column: Column, cell: str) -> str:
    side = ' class="comparison-n"' if column.align == "right" else ""
    return f"<td{side}>{named(cell)}</td>"
