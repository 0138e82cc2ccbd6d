"""What the inspector says of a layer: its arithmetic with its numbers, in both modes; the script only lays it out.

Equal layers share an entry. What depends on the layers before, the tensors kept for backward and the receptive field,
is in patterns of its own: a pattern names other layers by how far before they are, so that equal blocks share it.

`columns` gives, for the JSON block of the page:

    texts    every text that comes more than once; the others refer to it by place, −1 is none
    shapes   [names of letters, steps], a step as [topic, name, mode, axis, letters] of texts, and 1 if it counts bytes
    entries  [shape, rule, values of the letters, values of the steps, {place of a step: words}, {place: formula with
             numbers, where it is not that in letters with their values}]
    of       the entry of each layer; −1 where there are too many different layers
    kept     patterns: [name, letters, numbers, bytes of one, how many, owner, first, view] of each tensor
    keeps    the pattern of kept tensors of each layer
    moves    patterns of fields: [source, axes, [letters and numbers of r, j and start of each axis]], or words
    field    the pattern of each layer's field
    r, j, start  the field of each layer, in cells: a number, or one for each axis; null where it is no range
    frozen   the layers that are not trained; `tied`: the layers whose parameters another one has; `notes`: of the file

A layer before is written as its distance, 0 for the layer itself, −1 for the one before it; 1 is the first input of the
network, 2 the second. In formulas `*` is `·`, and `[]` and `{}` are the signs of rounding down and up. `r_in`, `j_in`
and `start_in` stay in the numbers of a move: the script puts in those of its source.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence

from analyzer.engine.explained.arithmetic import Arithmetic
from analyzer.engine.explained.explain import around_of
from analyzer.engine.explained.expression import Expression, Letter, Number, letters_in, written
from analyzer.engine.explained.field import Move, field_steps, moves
from analyzer.engine.explained.result import Step
from analyzer.engine.explained.rule import rule
from analyzer.engine.explained.saved import kept_alike
from analyzer.engine.explained.steps import Around, own_steps
from analyzer.engine.network import Node
from analyzer.engine.result import MODES, Analysis, Row
from analyzer.layers.readings import Cells
from analyzer.reporter.options import Options
from analyzer.reporter.page.document import card
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.page.values import Table
from analyzer.reporter.picture.scene import Scene
from analyzer.source import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The most different layers whose arithmetic is in a page: each takes about half a millisecond.
MOST = 3000

#: The signs of formulas in ASCII: in the page's data any other character takes six.
_SIGNS = str.maketrans({"·": "*", "−": "-", "⌊": "[", "⌋": "]", "⌈": "{", "⌉": "}"})

#: The letters of a move that belong to its source.
_SOURCE = {"r_in": 0, "j_in": 1, "start_in": 2}

#: Where the field of an input of the network begins: each cell sees itself.
_ENTRY = 1, 1, 0


def section(reviewed: Reviewed, scene: Scene, options: Options) -> Iterator[str]:
    """The view before the script shows a layer in it."""
    hint = "Point at a layer in any view, or choose one: its arithmetic is here."
    yield from card("inspector", "Inspector", [f'<div class="inspector-layer"><p class="page-note">{hint}</p></div>\n'])


def columns(reviewed: Reviewed, scene: Scene, options: Options) -> dict[str, Any]:
    """The arithmetic of every layer, for the script."""
    return _Inspected(reviewed.analysis, scene).columns() if reviewed.analysis.rows else {}


class _Inspected:
    """The tables while they are filled."""

    def __init__(self, analysis: Analysis, scene: Scene) -> None:
        self.rows = analysis.rows
        self.around = around_of(analysis, MODES)
        self.contents = [box.group.content if box.group is not None else -box.id for box in scene.leaves]
        self.texts, self.shapes, self.kept, self.fields = Table(), Table(), Table(), Table()
        self.entries: list[Any] = []
        self.arithmetic: dict[Hashable, tuple[int, Arithmetic | None]] = {}
        self.tensors: dict[Hashable, int] = {}
        self.used: dict[Hashable, list[int]] = {}
        self.ways: dict[Hashable, tuple[Sequence[Move], Hashable]] = {}

    def columns(self) -> dict[str, Any]:
        """All tables, and the places of every layer in them."""
        of, keeps, field, numbers = [], [], [], []
        for index, row in enumerate(self.rows):
            key = self.contents[index], -1 if row.node.tied is None else row.node.tied.index
            entry, arithmetic = self._entry(key, row)
            of.append(entry)
            keeps.append(-1 if arithmetic is None else self._keeps(key, row, arithmetic))
            field.append(-1 if arithmetic is None else self._field(key, row, arithmetic))
            numbers.append(_range(row))
        return {
            "texts": self.texts.list(),
            "shapes": self.shapes.list(),
            "entries": self.entries,
            "of": of,
            "kept": self.kept.list(),
            "keeps": keeps,
            "moves": self.fields.list(),
            "field": field,
            **{
                name: [None if one is None else _alike([axis[place] for axis in one]) for one in numbers]
                for place, name in enumerate(("r", "j", "start"))
            },
            "frozen": [row.node.index for row in self.rows if row.node.frozen],
            "tied": {row.node.index: row.node.tied.index for row in self.rows if row.node.tied is not None},
            "notes": {row.node.index: inert(row.note) for row in self.rows if row.note},
        }

    def _entry(self, key: Hashable, row: Row) -> tuple[int, Arithmetic | None]:
        """The entry of equal layers, and their formulas."""
        found = self.arithmetic.get(key)
        if found is None:
            if len(self.entries) == MOST:
                return -1, None
            arithmetic = Arithmetic(row.node.layer, row.node.flow)
            steps = list(own_steps(row, arithmetic, self.around))
            found = self.arithmetic[key] = len(self.entries), arithmetic
            self.entries.append(self._written(row, steps))
        return found

    def _written(self, row: Row, steps: Sequence[Step]) -> list[Any]:
        """An entry."""
        text = self.texts.text
        letters = _values_of(steps)
        shape = tuple(
            (text(step.topic), text(step.name), text(step.mode or ""), text(step.axis or ""), text(_letters(step)))
            + ((1,) if step.unit else ())
            for step in steps
        )
        numbers = {
            place: _numbers(step.formula)
            for place, step in enumerate(steps)
            if _numbers(step.formula) not in ("", _filled(_letters(step), letters))
        }
        words = {place: text(step.words) for place, step in enumerate(steps) if step.words}
        return [
            self.shapes.place((tuple(map(text, letters)), shape)),
            text(rule(row.node.layer.__class__)),
            list(letters.values()),
            [_safe(step.value) for step in steps],
            *([words, numbers] if numbers else [words] if words else []),
        ]

    def _keeps(self, key: Hashable, row: Row, arithmetic: Arithmetic) -> int:
        """The pattern of the tensors that a layer keeps for the backward pass."""
        node, around = row.node, self.around
        tensors = around.kept[row.name]
        alike = key, *[(_away(one.owner, node), _away(one.first, node), one.output, one.bytes) for one in tensors]
        place = self.tensors.get(alike)
        if place is None:
            text = self.texts.text
            pattern = tuple(
                (
                    text(one.name), text(_in_letters(one.size)), text(_numbers(one.size)), _safe(one.bytes), one.count,
                    _away(one.owner, node) if one.whose else None, _away(one.first, node), int(one.view),
                )
                for one in kept_alike(node, arithmetic, tensors, around.batch, around.dtype)
            )  # fmt: skip
            place = self.tensors[alike] = self.kept.place(pattern)
        return place

    def _field(self, key: Hashable, row: Row, arithmetic: Arithmetic) -> int:
        """The pattern of a layer's receptive field."""
        found = _range(row)
        used = self.used.get(key)
        if used is None:
            used = self.used[key] = list(_used(row.node, arithmetic))
        sources = [row.node.inputs[which] for which in used]
        if found is not None and sources and all(node is sources[0] for node in sources):
            source = _source(sources[0], self.around)
            if source is not None:
                if key not in self.ways:
                    self.ways[key] = self._way(arithmetic, used[0], source)
                way, axes = self.ways[key]
                if way and all(one.gives(before, after) for one, before, after in zip(way, source, found, strict=True)):
                    return self.fields.place((_away(sources[0], row.node), axes))
        return self.fields.place(tuple(self._followed(row, arithmetic)))

    def _way(
        self, arithmetic: Arithmetic, which: int, source: Sequence[tuple[int, int | float, int]]
    ) -> tuple[Sequence[Move], Hashable]:
        """The way of a field through equal layers, and its formulas on each axis; once where all axes have the same."""
        way = moves(arithmetic, which, source) or ()
        text = self.texts.text
        axes = [
            tuple([(text(_in_letters(one)), text(_of_source(one))) for one in move.formulas.values()]) for move in way
        ]
        return way, tuple(axes[:1] if len(set(axes)) == 1 else axes)

    def _followed(self, row: Row, arithmetic: Arithmetic) -> Iterator[Any]:
        """The steps of a field that has no such form, as they are."""
        text = self.texts.text
        yield None
        for step in field_steps(row, self.around.rows, arithmetic):
            yield (
                text(step.name), text(step.axis or ""), step.value, text(_letters(step)),
                text(_numbers(step.formula)), text(step.words),
            )  # fmt: skip


def _used(node: Node, arithmetic: Arithmetic) -> Iterator[int]:
    """The places of the inputs whose values a layer uses."""
    for which in range(len(node.inputs)):
        if arithmetic.layer.windows(arithmetic.flow, which) is not Cells.NOTHING:
            yield which


def _source(node: Node, around: Around) -> list[tuple[int, int | float, int]] | None:
    """The field of an input of a layer on each axis; None where it is no range of cells."""
    if node.index < 0:
        return [_ENTRY] * node.output.rank
    return _range(around.rows[node.name])


def _range(row: Row) -> list[tuple[int, int | float, int]] | None:
    """r, j and start of a layer on each axis; None where it sees several inputs, all of one, or no range of cells."""
    if len(row.receptive_fields) != 1:
        return None
    (field,) = row.receptive_fields.values()
    if field is None or field.everything or list(field.size_min) != list(field.size):
        return None
    return list(zip(field.size, field.stride, field.offset, strict=True))


def _alike(numbers: Sequence[Any]) -> Any:
    """Numbers of the axes, or one where all are equal."""
    exact = [int(one) if one == int(one) else one for one in numbers]
    return exact[0] if len(set(exact)) == 1 else exact


def _away(node: Node, here: Node) -> int:
    """How far before a layer is; the number of an input of the network, from 1 on."""
    return node.index - here.index if node.index >= 0 else -node.index


def _letters(step: Step) -> str:
    """The formula of a step in letters, where it has any."""
    return "" if step.formula is None else _in_letters(step.formula)


def _in_letters(formula: Expression) -> str:
    return written(formula, letters=True).translate(_SIGNS) if any(letters_in(formula)) else ""


def _values_of(steps: Sequence[Step]) -> dict[str, int]:
    """The values of the letters of steps; a letter that has several is left out."""
    found: dict[str, int] = {}
    several = set()
    for step in steps:
        for letter in letters_in(step.formula) if step.formula is not None else ():
            value = letter.value
            if not isinstance(value, int) or abs(value) > 2**53 or found.setdefault(letter.name, int(value)) != value:
                several.add(letter.name)
    return {name: value for name, value in found.items() if name not in several}


def _filled(formula: str, values: dict[str, int]) -> str:
    """A formula in letters with these values, as the script fills it in."""
    return re.sub(r"[A-Za-z_][A-Za-z_0-9]*", lambda name: _grouped(values.get(name.group())), formula)


def _grouped(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _numbers(formula: Expression | None) -> str:
    """A formula with its numbers; empty for a number that is taken over."""
    return "" if formula is None or isinstance(formula, Letter | Number) else written(formula).translate(_SIGNS)


def _of_source(formula: Expression) -> str:
    """A formula with its numbers but for those of its source: `r_in + (3 − 1)·j_in`."""
    values = {letter.name: letter for letter in letters_in(formula)}

    def number(found: re.Match[str]) -> str:
        name = found.group()
        return name if name in _SOURCE or name not in values else written(values[name])

    return re.sub(r"[A-Za-z_]\w*", number, written(formula, letters=True)).translate(_SIGNS)


def _safe(value: float | None) -> int | float | str | None:
    """A number that a script reads without losing a digit: a whole number beyond 2^53 as text."""
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value
