"""The receptive field of a layer as arithmetic: `r_out = r_in + (F − 1)·j_in`.

r is the cells of the network's input that one cell sees, j how far that moves from one cell to the next, start the
first cell that the first one sees. Those of a layer follow from those of what it reads. The field in a report is
calculated in another way, which is exact over branches and phases too, so a formula is shown only where both agree.

Source: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.engine.explained.arithmetic import Arithmetic
from analyzer.engine.explained.expression import Expression, Letter, Number, Product, Sum
from analyzer.engine.explained.result import Step
from analyzer.engine.explained.simplified import simplified
from analyzer.engine.explained.traced import formula
from analyzer.engine.network import Node
from analyzer.engine.receptive_field import ReceptiveField
from analyzer.engine.result import Row
from analyzer.layers.readings import Reading
from analyzer.volume import AXES, pretty_sizes

_TOPIC = "receptive_field"

#: What the three numbers of a field are called.
_NAMES = ("r_out", "j_out", "start")


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
    sources = [(which, found) for which, found in seen if found is not None]
    names = AXES[len(field.spatial)]
    words = ""
    if len({node.inputs[which].index for which, _ in sources}) > 1:
        inputs = ", ".join(f"`{node.inputs[which].name}` {pretty_sizes(tuple(one[0]))}" for which, one in sources)
        words = f"the smallest range that has the cells which its inputs see: {inputs}"
    formulas = _formulas(node, *sources[0], arithmetic) if len(sources) == 1 else None
    for place, axis in enumerate(names):
        numbers = field.size[place], field.stride[place], field.offset[place]
        fewest = field.size_min[place]
        own = words or (f"at least {fewest}" if fewest != field.size[place] else "") + of
        for name, number, one in zip(_NAMES, numbers, formulas[place] if formulas else (None,) * 3, strict=True):
            yield Step(topic=_TOPIC, name=name, value=number, formula=one, unit="cells", axis=axis, words=own)
            own = ""


def _of(source: Node, entry: str, rows: Mapping[str, Row]) -> tuple[list[int], list[int | float], list[int]] | None:
    """The field of a layer's input on an input of the network; None where it sees none of it, or it is unknown."""
    if source.index < 0:
        rank = source.output.rank
        return ([1] * rank, [1] * rank, [0] * rank) if source.name == entry else None
    field = rows[source.name].receptive_fields.get(entry)
    return None if field is None else (field.size, field.stride, field.offset)


def _formulas(
    node: Node, which: int, source: tuple[list[int], list[int | float], list[int]], arithmetic: Arithmetic
) -> list[tuple[Expression, ...]] | None:
    """The formulas of the field on each axis, from that of the one input that sees it."""
    readings = arithmetic.layer.windows(arithmetic.flow, which)
    sizes, steps, starts = source
    if not isinstance(readings, tuple) or len(readings) != len(sizes):
        return None
    return [_axis(*one) for one in zip(readings, sizes, steps, starts, strict=True)]


def _axis(reading: Reading, size: int, step: int | float, start: int) -> tuple[Expression, ...]:
    """The formulas on one axis, for a layer that reads every cell of a window; any other has another field."""
    r, j, first = Letter("r_in", size), Letter("j_in", step), Letter("start_in", start)
    more = simplified(formula(reading.high - reading.low))
    at = simplified(formula(reading.low))
    sign = 1
    if isinstance(at, Sum) and len(at.terms) == 1:
        (sign, at) = at.terms[0]
    elif at.value < 0:
        sign, at = -1, Number(-at.value)
    return (
        simplified(Sum(((1, r), (1, Product((more, j)))))),
        simplified(Product((j, formula(reading.scale)))),
        simplified(Sum(((1, first), (sign, Product((at, j)))))),
    )
