"""The receptive field pass: which cells of the network's first input each output cell of a layer sees.

For every axis of the input a field is a pair of functions of the output cell u: the first and the last input cell that
it sees; cells in the padding count. Along a path of windows both are u·stride + constant. After transposed or resampled
layers they repeat with a period of q output cells, and each period is `step` input cells further on. A layer composes
its `Reading` with the fields of its inputs; several inputs give their hull. So fields are exact over branches and
phases, and cost one small step a layer. A normalisation counts as reading only the cell itself.

>>> from analyzer.layers import CATALOGUE
>>> network = Network()
>>> node = network.enter("image", Volume((32, 32), 3))
>>> for name, stride in (("first", 2), ("second", 1)):
...     node = network.place(name, CATALOGUE["conv"](filters=8, kernel=3, stride=stride, padding=1), [node])
>>> first, second = receptive_fields(network)
>>> second.size, second.stride, second.offset  # 3 + (3 − 1)·2 = 7 cells, from −1 − 2 on
([7, 7], [2, 2], [-3, -3])

Sources: Araujo, Norris & Sim 2019, "Computing receptive fields of convolutional neural networks", for single paths;
interval propagation otherwise, held against autograd on 2,999 random stacks (torch 2.13.0).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice, pairwise
from math import gcd

from analyzer.engine.network import Network, Node
from analyzer.layers.readings import KEPT, WHOLE, Cells, Reading, Readings
from analyzer.record import Record, Reported
from analyzer.volume import Volume

# The most phases that are kept. With more, and where paths of different strides meet, the real cells are listed; with
# more cells than this the field stays unknown.
_MOST = 4096

# The most taps that a window over a ragged field looks at.
_MOST_TAPS = 1 << 17


class AxisField(Record):
    """The field along one input axis.

    Output cell u = period·t + k of axis number `axis` sees the cells from first[k] + step·t to last[k] + step·t; it
    sees none where the first is beyond the last.

    axis    the number of the output's axis; None where every output cell sees the same
    period  0 where the real cells are listed one by one
    whole   whether every output cell sees the whole axis
    ragged  whether some cells see nothing, or begin or end before those in front of them
    """

    axis: int | None
    first: list[int]
    last: list[int]
    period: int = 1
    step: int = 1
    whole: bool = False
    ragged: bool = False

    def at(self, cell: int) -> tuple[int, int]:
        """The first and the last input cell that one output cell sees."""
        if not self.period:
            cell = min(max(cell, 0), len(self.first) - 1)
            return self.first[cell], self.last[cell]
        t, k = divmod(cell, self.period)
        return self.first[k] + self.step * t, self.last[k] + self.step * t

    def seen(self, low: int, high: int, spread: int = 1) -> tuple[int, int]:
        """The first and the last input cell that the output cells from `low` to `high`, `spread` apart, see."""
        if not self.period:  # cells beyond the real ones are padding
            end = len(self.first) - 1
            low += max(-(low // spread), 0) * spread
            high -= max((high - end + spread - 1) // spread, 0) * spread
        if low <= high and not self.ragged:
            return self.at(low)[0], self.at(high)[1]
        # The cells that an output cell sees repeat with the period, further on: the first and the last period decide.
        cells = range(low, high + 1, spread)
        most = self.period or len(self.first)
        near = [self.at(cell) for cell in cells[:most]]
        far = near if len(cells) <= most else [self.at(cell) for cell in cells[-most:]]
        first = min((first for first, last in near if first <= last), default=None)
        if first is None:
            return _nothing(self.at(low)[0])
        return first, max(last for first, last in far if first <= last)


def _nothing(cell: int) -> tuple[int, int]:
    """What an output cell sees that sees nothing: it begins at `cell` and ends before it."""
    return cell, cell - 1


class ReceptiveField(Reported):
    """The receptive field of a layer on the axes of the network's first input, in cells; one number for each axis.

    size      the cells that an output cell sees; the most, where output cells see different numbers
    size_min  the fewest
    stride    how far the field moves from one output cell to the next; 0 where all see the same
    offset    the first cell that the first output cell sees; below 0 in the padding
    whole     whether every output cell sees the whole input
    """

    size: list[int]
    size_min: list[int]
    stride: list[int | float]
    offset: list[int]
    whole: bool


def _measured(fields: Sequence[AxisField], output: Volume) -> ReceptiveField:
    """The receptive field of a layer with this output and these fields."""
    most, fewest, strides, offsets, whole = [], [], [], [], True
    for field in fields:
        least, largest = _extremes(field, output)
        fewest.append(least)
        most.append(largest)
        strides.append(_stride(field))
        offsets.append(field.first[0])
        whole = whole and field.whole
    return ReceptiveField(most, fewest, strides, offsets, whole)


def _extremes(field: AxisField, output: Volume) -> tuple[int, int]:
    """The fewest and the most cells that an output cell sees along one axis."""
    if len(field.first) == 1:
        size = field.last[0] - field.first[0] + 1
        return size, size
    length = 1 if field.axis is None else output.spatial[field.axis]  # maybe less than a period
    ends = zip(field.first[:length], field.last[:length], strict=True)
    sizes = [last - first + 1 for first, last in ends]
    return min(sizes), max(sizes)


def _stride(field: AxisField) -> int | float:
    if not field.period:
        cells = len(field.first) - 1
        moved = field.first[-1] - field.first[0]
        return (moved // cells if moved % cells == 0 else moved / cells) if cells else 0
    return field.step // field.period if field.step % field.period == 0 else field.step / field.period


#: The field of a node on each input axis; None where it is unknown; () where the node does not depend on the input.
_State = list[AxisField] | tuple[()] | None


def receptive_fields(network: Network) -> list[ReceptiveField | None]:
    """The receptive field of every node, in the order of the network; None where it is unknown."""
    made: dict[int, ReceptiveField] = {}
    states = propagated(network)  # keeps every state, so that each has an id of its own
    fields: list[ReceptiveField | None] = []
    for node, state in zip(network.nodes, states, strict=True):
        if not state:
            fields.append(None)
            continue
        known = made.get(id(state))  # a layer that keeps the field shares the state of its input
        if known is None:
            known = made[id(state)] = _measured(state, node.output)
        fields.append(known)
    return fields


def propagated(network: Network) -> list[_State]:
    """The field of every node, in the order of the network, on the axes of the first input."""
    entry = network.inputs[0]
    whole = [AxisField(None, [0], [size - 1], step=0, whole=True) for size in entry.output.spatial]
    if not whole:
        return [None] * len(network.nodes)
    states: dict[int, _State] = {node.index: () for node in network.inputs}
    states[entry.index] = [AxisField(axis, [0], [0]) for axis in range(entry.output.rank)]
    answers: dict[tuple[int, int], _Answer] = {}
    for node in network.nodes:
        states[node.index] = _state(node, states, whole, answers)
    return [states[node.index] for node in network.nodes]


class _Answer:
    """The readings of a layer, and whether all of them are `KEPT` or keep their axis: every node is asked for it."""

    __slots__ = ("kept", "readings", "straight")

    def __init__(self, readings: Readings) -> None:
        several = readings if isinstance(readings, tuple) else None
        self.readings = readings
        self.kept = several is not None and all(reading is KEPT for reading in several)
        self.straight = several is not None and all(reading.axis is None for reading in several)


def _state(
    node: Node, states: dict[int, _State], whole: list[AxisField], answers: dict[tuple[int, int], _Answer]
) -> _State:
    """The field of a node, from the fields of its inputs."""
    flow = node.flow
    result: _State = ()
    for which, source in enumerate(node.inputs):
        state = states[source.index]
        if isinstance(state, tuple):  # it does not depend on the first input
            continue
        answer = answers.get((id(flow), which))
        if answer is None:
            answer = answers[id(flow), which] = _Answer(node.layer.windows(flow, which))
        readings = answer.readings
        if readings is Cells.NOTHING:
            continue
        if readings is Cells.EVERYTHING or (
            _is_global(readings) if state is None else state[0].whole and all(field.whole for field in state)
        ):
            return whole
        if state is None or result is None or readings is Cells.UNKNOWN:
            result = None
            continue
        seen = _composed(state, answer, node.output, whole)
        result = seen if result == () else _hulls(result, seen, node.output)
    return result


def _is_global(readings: Readings) -> bool:
    """Whether each axis is read whole."""
    return isinstance(readings, tuple) and readings != () and all(reading is WHOLE for reading in readings)


def _composed(state: _State, answer: _Answer, output: Volume, whole: list[AxisField]) -> _State:
    """The fields of a layer with these readings, whose input has the fields `state`."""
    assert state is not None
    readings = answer.readings
    assert isinstance(readings, tuple)
    if answer.kept and (readings or all(field.axis is None for field in state)):
        return state
    fields = []
    for place, field in enumerate(state):
        if field.whole:
            fields.append(field)
            continue
        # The output axis that reads the axis which this field lies on; none where the axis is gone.
        axis = field.axis
        if not answer.straight or (axis is not None and axis >= len(readings)):
            axis = next((n for n, reading in enumerate(readings) if _axis(reading, n) == field.axis), None)
        if axis is None:
            low, high = field.at(0)
            fields.append(AxisField(None, [low], [high], step=0, ragged=low > high))
        elif readings[axis] is WHOLE:
            fields.append(whole[place])
        else:
            composed = _compose(field, readings[axis], axis, output.spatial[axis])
            if composed is None:
                return None
            fields.append(composed)
    return fields


def _axis(reading: Reading, place: int) -> int:
    return place if reading.axis is None else reading.axis


def _compose(field: AxisField, reading: Reading, axis: int, length: int) -> AxisField | None:
    """The field of `length` output cells that read cells which have `field`; None beyond the limit."""
    if reading.through is not None:
        between = 0 if field.period else (len(field.first) - 1) * reading.through.divisor + 1
        through = _compose(field, reading.through, axis, between)
        if through is None:
            return None
        field = through
    scale, divisor = reading.scale, reading.divisor
    if field.period == 1 and divisor == 1 and not field.ragged:
        step = field.step
        return AxisField(
            axis, [field.first[0] + step * reading.low], [field.last[0] + step * reading.high], step=step * scale
        )
    period = step = 0
    if field.period:
        turns = field.period // gcd(scale, field.period)
        period, step = divisor * turns, field.step * (scale * turns // field.period)
    if field.ragged:
        taps = (reading.high - reading.low) // (divisor * reading.spread) + 1
        if min(taps, field.period or len(field.first)) * (period or length) > _MOST_TAPS:
            return None
    seen = (
        field.seen((scale * u + reading.low) // divisor, (scale * u + reading.high) // divisor, reading.spread)
        for u in count()
    )
    return _tabled(axis, seen, period, step, length)


def _tabled(
    axis: int | None, cells: Iterator[tuple[int, int]], period: int, step: int, length: int
) -> AxisField | None:
    """The field of these `cells`: of one period, or of all real cells; None where both are too many."""
    if period > _MOST:
        period = step = 0
    number = period or length
    if not 0 < number <= _MOST:
        return None
    seen = list(islice(cells, number))
    first, last = [low for low, _ in seen], [high for _, high in seen]
    following = [(first[0] + step, last[0] + step)] if period else []
    ragged = any(low > high for low, high in seen) or any(
        low > low2 or high > high2 for (low, high), (low2, high2) in pairwise([*seen, *following])
    )
    return AxisField(axis, first, last, period=period, step=step, ragged=ragged)


def _hulls(a: _State, b: _State, output: Volume) -> _State:
    """The hull of the fields of two inputs, axis by axis."""
    if not a or not b:
        return None
    fields = []
    for one, other in zip(a, b, strict=True):
        hull = _hull(one, other, output)
        if hull is None:
            return None
        fields.append(hull)
    return fields


def _hull(a: AxisField, b: AxisField, output: Volume) -> AxisField | None:
    if a is b or a.whole:
        return a
    if b.whole:
        return b
    if a.axis != b.axis and a.axis is not None and b.axis is not None:
        return None  # one input with its axes turned: the cells that are seen are not a range on each axis
    axis = b.axis if a.axis is None else a.axis
    period = step = 0
    if a.period and b.period and a.step * b.period == b.step * a.period:
        period = a.period * b.period // gcd(a.period, b.period)
        step = a.step * (period // a.period)
    length = 1 if axis is None else output.spatial[axis]
    return _tabled(axis, (_both(a.at(u), b.at(u)) for u in count()), period, step, length)


def _both(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """The hull of two ranges, either of which may be empty."""
    if a[0] > a[1]:
        return b
    return a if b[0] > b[1] else (min(a[0], b[0]), max(a[1], b[1]))
