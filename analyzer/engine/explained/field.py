"""The receptive field of a layer as arithmetic: `r_out = r_in + (F − 1)·j_in`.

r is the cells of the network's input that one cell sees, j how far that moves from one cell to the next, start the
first cell that the first one sees. Those of a layer follow from those of what it reads. The field in a report is
calculated in another way, which is exact over branches and phases too, so a formula is shown only where both agree.

Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.engine.explained.arithmetic import Arithmetic
from analyzer.engine.explained.expression import Expression, Letter, Number, Product, Ratio, Sum
from analyzer.engine.explained.result import Step
from analyzer.engine.explained.simplified import simplified
from analyzer.engine.explained.traced import formula
from analyzer.engine.network import Node
from analyzer.engine.receptive_field import ReceptiveField
from analyzer.engine.result import Row
from analyzer.layers.readings import WHOLE, Cells, Reading
from analyzer.record import Record
from analyzer.units import count, plural
from analyzer.volume import AXES, pretty_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: The formulas on one axis, by the name of the number.
    _Formulas: TypeAlias = dict[str, Expression]

_TOPIC = "receptive_field"

#: More phases of a resampled axis are not looked at.
_MOST_PHASES = 1000

#: What the three numbers of a field are called.
_NAMES = ("r_out", "j_out", "start_out")


def field_steps(row: Row, rows: Mapping[str, Row], arithmetic: Arithmetic) -> Iterator[Step]:
    """The steps about the receptive field of a layer on each input of the network that it sees."""
    for entry, field in row.receptive_fields.items():
        of = f" of `{entry}`" if len(row.receptive_fields) > 1 else ""
        if field is None:
            yield Step(topic=_TOPIC, name="r_out", words=f"unknown: its cells{of} are no range of cells on each axis")
        elif field.everything:
            words = f"every cell sees the whole input{of}, {pretty_sizes(field.spatial)}"
            yield Step(topic=_TOPIC, name="r_out", words=words)
        else:
            yield from _steps(row.node, entry, field, rows, arithmetic, of)


def _steps(
    node: Node, entry: str, field: ReceptiveField, rows: Mapping[str, Row], arithmetic: Arithmetic, of: str
) -> Iterator[Step]:
    """The steps about the field on one input."""
    seen = [(which, _of(source, entry, rows)) for which, source in enumerate(node.inputs)]
    reads = [arithmetic.layer.windows(arithmetic.flow, which) is not Cells.NOTHING for which, _ in seen]
    sources = [(which, found) for (which, found), read in zip(seen, reads, strict=True) if found is not None and read]
    several = len({node.inputs[which].index for which, _ in sources}) > 1
    for place, axis in enumerate(AXES[len(field.spatial)]):
        if several:
            formulas, words = _hull(node, [(which, _at(found, place)) for which, found in sources])
        elif sources:
            which, found = sources[0]
            formulas, words = _composed(arithmetic, which, place, found)
        else:
            formulas, words = {}, ""
        fewest, most = field.size_min[place], field.size[place]
        if fewest < most:
            words = f"the most that a cell sees; the fewest are {count(fewest)}"
        shown = formulas.get("r_out")
        if not words and (shown is None or shown.value != most):
            words = "followed cell by cell: it has no closed form"
        numbers = most, field.stride[place], field.offset[place]
        for name, number in zip(_NAMES, numbers, strict=True):
            said = "; ".join(filter(None, (words, of.strip()))) if name == "r_out" else ""
            yield Step(
                topic=_TOPIC, name=name, value=number, formula=formulas.get(name), unit="cells", axis=axis, words=said
            )


class Move(Record, kw_only=True):
    """How a field follows from that of the one input that a layer reads, on one axis: each number is linear in it.

    formulas  those of r, j and start, with the numbers of one such input
    more      r_out = r_in + more · j_in
    times     j_out = times · j_in
    at        start_out = start_in + at · j_in
    """

    formulas: Mapping[str, Expression]
    more: int
    times: int
    at: int

    def gives(self, source: tuple[int, int | float, int], found: tuple[int, int | float, int]) -> bool:
        """Whether it leads from these numbers of the input to those of the layer."""
        size, step, start = source
        return found == (size + self.more * step, self.times * step, start + self.at * step)


def moves(arithmetic: Arithmetic, which: int, source: Sequence[tuple[int, int | float, int]]) -> list[Move] | None:
    """The way of a field through a layer on each axis, from these numbers of one of its inputs.

    None where it has no such form: phases of a resampled axis, whole axes, or several axes read as one.
    """
    readings = arithmetic.layer.windows(arithmetic.flow, which)
    if not isinstance(readings, tuple) or len(readings) != len(source):
        return None
    found = []
    for place, (reading, (size, step, start)) in enumerate(zip(readings, source, strict=True)):
        if reading is WHOLE or reading.divisor > 1 or reading.through is not None or reading.axis is not None:
            return None
        formulas, _ = _composed(
            arithmetic, which, place, _Field([size] * len(source), [step] * len(source), [start] * len(source))
        )
        more, times, at = int(reading.high - reading.low), int(reading.scale), int(reading.low)
        found.append(Move(formulas=formulas, more=more, times=times, at=at))
    return found


class _Field(Record):
    """The field of what a layer reads, on each axis: the cells that one cell sees, its step, its first cell."""

    size: Sequence[int]
    step: Sequence[int | float]
    start: Sequence[int]


def _at(field: _Field, place: int) -> tuple[int, int | float, int]:
    """The numbers of a field on one axis."""
    return field.size[place], field.step[place], field.start[place]


def _of(source: Node, entry: str, rows: Mapping[str, Row]) -> _Field | None:
    """The field of a layer's input on an input of the network; None where it sees none of it, or it is unknown."""
    if source.index < 0:
        rank = source.output.rank
        return _Field([1] * rank, [1] * rank, [0] * rank) if source.name == entry else None
    field = rows[source.name].receptive_fields.get(entry)
    return None if field is None else _Field(field.size, field.stride, field.offset)


def _hull(node: Node, sources: Sequence[tuple[int, tuple[int, int | float, int]]]) -> tuple[_Formulas, str]:
    """The formulas of the smallest range that has what several inputs see, each cell in its own place."""
    first = min(sources, key=lambda one: one[1][2])
    last = max(sources, key=lambda one: one[1][0] + one[1][2])
    (size, step, start), begin = last[1], first[1][2]
    names = node.inputs[first[0]].name, node.inputs[last[0]].name
    one_step = Letter("j_in", step)
    if names[0] == names[1] or first[1][0] + begin == size + start:
        own = Letter("r_in", first[1][0])
        return {
            "r_out": own,
            "j_out": one_step,
            "start_out": Letter("start_in", begin),
        }, f"the cells of `{names[0]}`, which sees all that the others see"
    ends = Sum(((1, Letter("start_last", start)), (1, Letter("r_last", size)), (-1, Letter("start_first", begin))))
    return {
        "r_out": ends,
        "j_out": one_step,
        "start_out": Letter("start_first", begin),
    }, f"from the first cell of `{names[0]}` to the last of `{names[1]}`"


def _composed(arithmetic: Arithmetic, which: int, place: int, source: _Field) -> tuple[_Formulas, str]:
    """The formulas on one axis from the field of the one input that is read."""
    readings = arithmetic.layer.windows(arithmetic.flow, which)
    if not isinstance(readings, tuple) or len(readings) != len(source.size):
        return {}, ""
    reading, (size, step, start) = readings[place], _at(source, place)
    if reading is WHOLE:
        return {}, "all cells that its input sees"
    r, j, first = Letter("r_in", size), Letter("j_in", step), Letter("start_in", start)
    move = Product((j, formula(reading.scale)))
    if reading.divisor > 1 or reading.through is not None:
        counted = _most_cells(reading)
        cells = Sum(((1, r), (1, Product((Number(counted - 1), j)))))
        step_of = Ratio(simplified(move), formula(reading.divisor))
        begin = Sum(((1, first), (1, Product((Number(reading.low // reading.divisor), j)))))
        words = f"a cell is made of at most {plural(counted, 'cell')} of its input"
        return {"r_out": simplified(cells), "j_out": step_of, "start_out": simplified(begin)}, words
    more, at = simplified(formula(reading.high - reading.low)), simplified(formula(reading.low))
    return {
        "r_out": simplified(Sum(((1, r), (1, Product((more, j)))))),
        "j_out": simplified(move),
        "start_out": simplified(Sum(((1, first), _times(at, j)))),
    }, ""


def _times(at: Expression, j: Expression) -> tuple[int, Expression]:
    """A number of cells times their step, with the sign before the product."""
    sign = 1
    if isinstance(at, Sum) and len(at.terms) == 1:
        ((sign, at),) = at.terms
    elif isinstance(at, Number) and at.value < 0:
        sign, at = -1, Number(-at.value)
    return sign, Product((at, j))


def _most_cells(reading: Reading) -> int:
    """The most input cells that an output cell is made of: its form repeats after `divisor` output cells."""
    places = range(min(reading.divisor, _MOST_PHASES))
    return max(
        (reading.scale * u + reading.high) // reading.divisor - (reading.scale * u + reading.low) // reading.divisor + 1
        for u in places
    )
