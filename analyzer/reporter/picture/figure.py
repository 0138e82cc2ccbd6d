"""A scene with sizes: where each box, frame and line of a picture is, and what is written there.

The placements have no sizes; here boxes get those that their words need, from the inside out, and then their places,
from the outside in. All numbers are in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.result import Analysis
from analyzer.record import Record, field
from analyzer.reporter.picture.placing import Laid, laid_out
from analyzer.reporter.picture.scene import Box, Scene
from analyzer.reporter.picture.stacking import Measures, Room, Stacked, stacked
from analyzer.reporter.picture.widths import width_of
from analyzer.source import inert
from analyzer.units import exact

#: Heights of letters: names, everything else, volumes.
NAME, KIND, VOLUME = 12.0, 10.5, 10.0

#: Room of the glyph in a box, of the words right of it, and the least and the most width of a box.
GLYPH, LEAST, MOST = 38.0, 132.0, 236.0

#: The upper part of a frame, and the space around boxes.
HEADER, SPACE = 28.0, 14.0

#: Lanes of a scope that have their volume written beside them; more stand too close.
_LABELLED = 5

_MEASURES = Measures(half=5, track=10, lane=9, label=17, arrow=15)


class Mark(Record):
    """A word in the picture: where it begins, and whether it ends there instead."""

    x: float
    y: float
    text: str
    ends: bool = False


class Item(Record):
    """A box, a frame around open boxes, or a pill where volumes enter or leave; `box` is None for a pill."""

    box: Box | None
    x: float
    y: float
    width: float
    height: float
    axis: float
    name: str
    lines: Sequence[str] = ()
    frame: bool = False
    share: float = 0


class Line(Record):
    """An edge: its corners, whether it passes beside boxes, and whether it ends in an arrow head."""

    way: list[tuple[float, float]]
    skip: bool
    arrow: bool


class Figure(Record):
    """A whole picture; `bars` are ports where lines split, `stubs` short lines for edges that are not drawn."""

    width: float = 0
    height: float = 0
    items: list[Item] = field(factory=list)
    lines: list[Line] = field(factory=list)
    marks: list[Mark] = field(factory=list)
    bars: list[tuple[float, float, float]] = field(factory=list)
    stubs: list[tuple[float, float, float]] = field(factory=list)


def shares(analysis: Analysis) -> tuple[list[float], list[float]]:
    """The running shares of MACs and of parameters, from 0 before the first layer to 1; all 0 where unknown."""
    found: list[list[float]] = []
    for total, values in (
        (analysis.totals.macs, [row.cumulative.macs for row in analysis.rows]),
        (analysis.totals.shared.parameters, [row.cumulative.shared.parameters for row in analysis.rows]),
    ):
        known = exact(total) and total > 0
        found.append([0.0, *(int(value) / int(total) if known else 0.0 for value in values)])
    return found[0], found[1]


def figure_of(analysis: Analysis, scene: Scene, opened: set[int]) -> Figure:
    """The picture of a scene in which these boxes are open."""
    return _Drawing(analysis, scene, opened).figure()


class _Drawing:
    """A picture while it is made."""

    def __init__(self, analysis: Analysis, scene: Scene, opened: set[int]) -> None:
        self.scene = scene
        self.laid = laid_out(scene, opened)
        self.shares = shares(analysis)
        self.stacks: dict[int, Stacked] = {}
        self.rooms: dict[int, Room] = {}
        self.sizes: dict[int, tuple[float, float, float]] = {}
        self.wide: dict[int, float] = {}
        self.found = Figure()

    def figure(self) -> Figure:
        """Sizes from the inside out, then places from the outside in."""
        order = sorted(self.laid)
        for number in reversed(order):
            self._size(self.laid[number])
        root = self.stacks[0]
        self.found.width, self.found.height = root.width, root.height
        places = {0: (0.0, 0.0)}
        for number in order:
            self._place(self.laid[number], *places[number], places)
        return self.found

    def share(self, box: Box) -> tuple[float, float]:
        """The shares of a box of MACs and of parameters."""
        macs, parameters = self.shares
        return macs[box.stop] - macs[box.start], parameters[box.stop] - parameters[box.start]

    def words(self, laid: Laid, place: int) -> tuple[str, list[str]]:
        """The name of an item and the lines below it."""
        box = laid.box
        assert box.scope is not None
        if place >= len(box.parts):
            inputs = box.scope.enters
            number = place - len(box.parts)
            node = self.scene.node(inputs[number]) if number < len(inputs) else None
            return (inert(node.name) if node else "output"), []
        part = box.parts[place]
        name = inert(part.label) + (f" ×{part.times}" if part.times > 1 and "×" not in part.label else "")
        macs, parameters = self.share(part)
        said = [f"{word} {_percent(part)}" for word, part in (("MACs", macs), ("params", parameters)) if part > 0]
        return name, [inert(part.kind), *([" · ".join(said)] if said else [])]

    def _size(self, laid: Laid) -> None:
        """The sizes of the items of a scope, and of the box around it."""
        count = len(laid.placement.rows)
        upper, lower = laid.sides()
        left, right, height = [], [], []
        for place in range(count):
            part = laid.box.parts[place] if place < len(laid.box.parts) else None
            around = self.sizes.get(part.id) if part is not None else None
            one, other, high = around or self._closed(laid, place)
            slots = [slot for side in (upper, lower) for found in side.get(place, {}).values() for slot in found]
            wide = max(map(abs, slots), default=0) * _MEASURES.half + 8
            more = 64 if place in laid.more else 0
            labels = [width_of(text, VOLUME) for text in self._volumes(lower.get(place, {}))]
            last = max((slot for found in lower.get(place, {}).values() for slot in found), default=0)
            left.append(max(one, wide + more) + SPACE)
            right.append(max(other, wide + more, last * _MEASURES.half + 12 + max(labels, default=0)) + SPACE)
            height.append(high)
        self.rooms[laid.box.id] = Room(left, right, height)
        ends = [(edge.source, edge.target) for edge in laid.edges]
        lines = max((len(side) for side in lower.values()), default=1)
        measures = _MEASURES.but(label=_MEASURES.label + 12 * (min(lines, 3) - 1))
        stack = stacked(laid.placement, self.rooms[laid.box.id], ends, measures, self._beside(laid))
        self.stacks[laid.box.id] = stack
        if laid.box.parent is not None:
            self.sizes[laid.box.id] = self._framed(laid, stack)

    def _closed(self, laid: Laid, place: int) -> tuple[float, float, float]:
        name, lines = self.words(laid, place)
        if place >= len(laid.box.parts):
            half = min(MOST, width_of(name, KIND) + 28) / 2
            return half, half, 24.0
        half = self._wide(laid) / 2
        return half, half, 24.0 + 15 * len(lines)

    def _wide(self, laid: Laid) -> float:
        """The width of the closed boxes of a scope: one for all, so that their sides are in line."""
        found = self.wide.get(laid.box.id)
        if found is None:
            found = LEAST
            for place, part in enumerate(laid.box.parts):
                if part.id not in self.laid and found < MOST:
                    name, lines = self.words(laid, place)
                    texts = width_of(name, NAME, bold=True), *(width_of(line, KIND) for line in lines)
                    found = max(found, min(MOST, max(texts) + GLYPH + 12))
            self.wide[laid.box.id] = found
        return found

    def _framed(self, laid: Laid, stack: Stacked) -> tuple[float, float, float]:
        """The room of an open box: at least what its name and kind need beside its axis."""
        axis = stack.x[laid.placement.axis] if stack.x else 0.0
        name, lines = self.words(self.laid_around(laid.box), self.place_of(laid.box))
        left = max(axis, min(MOST, width_of(name, NAME, bold=True)) + 40)
        right = max(stack.width - axis, min(MOST, width_of(lines[0], KIND)) + 40)
        return left, right, stack.height + HEADER + 6

    def laid_around(self, box: Box) -> Laid:
        """The scope that a box is in."""
        assert box.parent is not None
        return self.laid[box.parent.id]

    def place_of(self, box: Box) -> int:
        """Which part of the box around it a box is."""
        assert box.parent is not None
        return next(place for place, part in enumerate(box.parent.parts) if part is box)

    def _volumes(self, side: dict[int, list[int]]) -> list[str]:
        """The volumes that leave an item, each once, at most three."""
        return list(dict.fromkeys(self.scene.node(node).output.pretty() for node in side))[:3]

    def _beside(self, laid: Laid) -> list[float]:
        """The room for the volumes beside lanes, by column."""
        room = [0.0] * laid.placement.lanes
        lanes = _lanes(laid)
        if len(lanes) <= _LABELLED:
            for column, _, node in lanes:
                room[column] = max(room[column], width_of(self.scene.node(node).output.pretty(), VOLUME) + 10)
        return room

    def _place(self, laid: Laid, x: float, y: float, places: dict[int, tuple[float, float]]) -> None:
        """Draws a scope whose inner corner is at x, y, and gives open boxes in it their corners."""
        stack, placement, found = self.stacks[laid.box.id], laid.placement, self.found
        _, lower = laid.sides()
        for place, (row, column) in enumerate(zip(placement.rows, placement.columns, strict=True)):
            axis, top = x + stack.x[column], y + stack.y[row]
            part = laid.box.parts[place] if place < len(laid.box.parts) else None
            framed = self.sizes.get(part.id) if part is not None else None
            left, right, high = framed or self._closed(laid, place)
            name, lines = self.words(laid, place)
            share = self.share(part)[0] if part is not None else 0
            found.items.append(
                Item(part, axis - left, top, left + right, high, axis, name, lines, framed is not None, share)
            )
            if part is not None and framed is not None:
                inner = self.stacks[part.id]
                offset = inner.x[self.laid[part.id].placement.axis] if inner.x else 0
                places[part.id] = axis - offset, top + HEADER
            self._label(lower.get(place, {}), axis, top + high)
            self._stubs(laid.more.get(place, [0, 0]), axis - left, axis + right, top, top + high)
        for (edge, _, _, bends), way in zip(laid.drawn(), stack.ways, strict=True):
            moved = [(a + x, b + y) for a, b in way]
            ends = edge.target >= len(placement.rows)
            if edge.source < 0:
                moved[0] = moved[0][0], y - HEADER
            if ends:
                moved[-1] = moved[-1][0], moved[-1][1] + 6
            found.lines.append(Line(moved, len(bends) > 3, not ends))
        self._bars(laid, x, y)
        lanes = _lanes(laid)
        for column, row, node in lanes if len(lanes) <= _LABELLED else ():
            volume = self.scene.node(node).output.pretty()
            found.marks.append(Mark(x + stack.x[column] + 6, y + stack.y[row] + 14, volume))

    def _bars(self, laid: Laid, x: float, y: float) -> None:
        """The ports of an open box at which a line splits."""
        stack = self.stacks[laid.box.id]
        _, lower = laid.sides()
        for item, side in lower.items():
            for slots in side.values() if item < 0 else ():
                if len(slots) > 1:
                    axis = x + stack.x[laid.placement.axis]
                    low, high = (axis + slot * _MEASURES.half for slot in (min(slots), max(slots)))
                    self.found.bars.append((low - 3, high + 3, y - HEADER))

    def _label(self, side: dict[int, list[int]], axis: float, bottom: float) -> None:
        """The volumes that leave an item, below it."""
        last = max((slot for slots in side.values() for slot in slots), default=0)
        for number, text in enumerate(self._volumes(side)):
            self.found.marks.append(Mark(axis + last * _MEASURES.half + 6, bottom + 13 + 12 * number, text))

    def _stubs(self, more: Sequence[int], left: float, right: float, top: float, bottom: float) -> None:
        """Short lines for edges that are not drawn."""
        if more[1]:
            self.found.stubs.append((right - 6, top - 11, top))
            self.found.marks.append(Mark(right - 10, top - 4, f"+{more[1]} more", ends=True))
        if more[0]:
            self.found.stubs.append((left + 6, bottom, bottom + 11))
            self.found.marks.append(Mark(left + 10, bottom + 11, f"+{more[0]} more"))


def _lanes(laid: Laid) -> list[tuple[int, int, int]]:
    """The edges that pass rows beside boxes: their column, the first row that they pass there, and their layer."""
    lanes = []
    for edge, _, _, bends in laid.drawn():
        if len(bends) > 3:
            lanes.append((bends[2], bends[0], edge.node))
    return lanes


def _percent(share: float) -> str:
    """A share for people."""
    return "< 1 %" if share < 0.005 else f"{100 * share:.0f} %"
