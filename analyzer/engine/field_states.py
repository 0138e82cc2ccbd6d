"""Which cells of an input of the network each output cell of each layer sees, layer by layer.

The state of a node is a field on each axis of the input; or a volume whose elements were moved (`Arranged`); or, where
the field is unknown, what all of its cells see together. A layer composes its `Reading` with the states of its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.arranged import Arranged, moved, settled, together
from analyzer.engine.axis_field import AxisField, compose, constant, extent, hull
from analyzer.engine.network import Network, Node
from analyzer.layers import Flow, Layer
from analyzer.layers.readings import KEPT, WHOLE, Cells, Reading, Readings
from analyzer.record import Record
from analyzer.volume import Volume


class _Lost(Record):
    """A field that is unknown.

    together  what all cells of the volume see, on each axis (None: unknown too)
    even      whether all planes of a cell see the same cells
    """

    together: list[AxisField] | None
    even: bool = True


#: The field of a node on each axis of an input; () where the node does not depend on the input.
State = list[AxisField] | Arranged | _Lost | tuple[()]


def propagated(network: Network, entry: Node | None = None) -> list[State]:
    """The state of every node, in the order of the network, on the axes of one input, by default the first."""
    entry = network.inputs[0] if entry is None else entry
    if not entry.output.spatial:
        return [()] * len(network.nodes)
    states: dict[int, State] = {node.index: () for node in network.inputs}
    states[entry.index] = [AxisField(axis, [0], [0]) for axis in range(entry.output.rank)]
    reader = _Reader(entry.output.spatial)
    for node in network.nodes:
        states[node.index] = reader.state(node, states)
    return [states[node.index] for node in network.nodes]


class _Answer:
    """How a layer reads one of its inputs: every node is asked for it.

    kept      whether it reads only the cell at the same place, on every axis
    straight  whether each axis stays in its place
    all       whether every output cell reads all cells
    """

    __slots__ = ("all", "kept", "readings", "several", "straight")

    def __init__(self, readings: Readings) -> None:
        self.readings = readings
        self.several = isinstance(readings, tuple)
        self.kept = self.straight = self.all = False
        if isinstance(readings, tuple):
            self.kept = all(reading is KEPT for reading in readings)
            self.straight = self.kept or all(reading.axis is None for reading in readings)
            self.all = readings != () and not self.kept and all(reading is WHOLE for reading in readings)
        else:
            self.all = readings is Cells.EVERYTHING


class _Reader:
    """Composes states along the network, on an input with these spatial sizes."""

    def __init__(self, spatial: Sequence[int]) -> None:
        self.spatial = spatial
        self.whole = [constant(0, size - 1, size) for size in spatial]
        self.answers: dict[tuple[int, int], _Answer] = {}

    def state(self, node: Node, states: dict[int, State]) -> State:
        """The state of a node, from those of its inputs."""
        flow, layer = node.flow, node.layer
        result: State = ()
        for which, source in enumerate(node.inputs):
            state = states[source.index]
            if isinstance(state, tuple):  # it does not depend on this input
                continue
            answer = self.answers.get((id(flow), which))
            if answer is None:
                answer = self.answers[id(flow), which] = _Answer(layer.windows(flow, which))
            if answer.readings is Cells.NOTHING:
                continue
            if answer.kept and answer.readings and isinstance(state, list):  # most layers: nothing to compose
                seen: State = state
            else:
                seen = self.read(state, answer, layer, flow, which)
            if seen is self.whole:
                return seen  # the hull with anything
            result = seen if isinstance(result, tuple) else self.merged(result, seen, flow.output)
        return result

    def read(self, state: State, answer: _Answer, layer: Layer, flow: Flow, which: int) -> State:
        """What a layer sees through one of its inputs, which has this state."""
        volume = flow.inputs[which]
        if isinstance(state, list):
            if state[0].whole and all(field.whole for field in state):
                return self.whole
            if answer.several and not answer.all:
                return self.composed(state, answer, flow, which)
            if answer.all:
                return self.all_of(state, volume)
            if layer.moved_axes(flow) is not None:
                state = Arranged.of(state, volume)
        mixes = layer.mixes_planes or (layer.linear and layer.plane_groups(volume) == 1)
        even = not isinstance(state, Arranged | _Lost) or state.even or mixes
        if answer.all and (even or not (layer.pools or layer.pointwise)):
            return self.all_of(state, volume)
        if isinstance(state, Arranged):
            return self.read_arranged(state, answer, layer, flow, which, mixes=even)
        together = self.together(state, volume)
        even = even and (isinstance(state, list) or layer.moved_axes(flow) is None)
        return _Lost(together if _reads_all(answer.readings, layer, flow, which) else None, even)

    def read_arranged(
        self, state: Arranged, answer: _Answer, layer: Layer, flow: Flow, which: int, *, mixes: bool
    ) -> State:
        """What a layer sees of a volume whose elements were moved; `mixes` says that its planes then see the same."""
        volume = flow.inputs[which]
        order = layer.moved_axes(flow)
        if order is not None:
            cut = moved(state, range(len(volume.sizes)), layer.cut_axes(flow))
            now = None if cut is None else moved(cut, order, flow.output.sizes)
            return _Lost(state.extents(self.spatial), even=False) if now is None else now
        alike = (layer.pointwise or layer.merges) and not layer.mixes_planes
        if answer.kept and alike and volume == flow.output:
            return state
        if answer.kept and state.depth_whole and volume.spatial == flow.output.spatial:
            return state.with_depth(flow.output.depth)
        fields = settled(state, self.spatial) if mixes else None
        if fields is not None and answer.several:
            return self.read(fields, answer, layer, flow, which)
        lost = _Lost(state.extents(self.spatial), even=mixes)
        return lost if answer.all else self.read(lost, answer, layer, flow, which)

    def composed(self, state: list[AxisField], answer: _Answer, flow: Flow, which: int) -> State:
        """The fields of a layer with these readings, whose input has the fields `state`."""
        readings = answer.readings
        assert isinstance(readings, tuple)
        if answer.kept and (readings or all(field.axis is None for field in state)):
            return state
        fields: list[AxisField] = []
        lost = False
        for field, size in zip(state, self.spatial, strict=True):
            axis = field.axis
            # The output axis that reads the axis which this field lies on; none where the axis is gone.
            if not answer.straight or (axis is not None and axis >= len(readings)):
                axis = next((n for n, reading in enumerate(readings) if _axis(reading, n) == field.axis), None)
            if field.whole or field.axis is None:
                fields.append(field)
            elif axis is None:
                low, high = field.at(0)
                fields.append(AxisField(None, [low], [high], step=0, ragged=low > high, real=field.real))
            elif readings[axis] is WHOLE:
                fields.append(together(field, flow.inputs[which], size))
            else:
                length = flow.output.spatial[axis]
                now = compose(field, readings[axis], axis, length)
                first, last = _span(readings[axis], length)
                cells = flow.inputs[which].spatial[field.axis]
                if now is None:
                    lost = True
                    first, last = max(first, 0), min(last, cells - 1)
                    now = constant(*extent(field, first, last, size), size)
                elif first > 0 or last < cells - 1:  # padding behind it has none of the cells that are left out
                    now.real = extent(field, max(first, 0), min(last, cells - 1), size)
                else:
                    now.real = field.real
                fields.append(now)
        if lost:
            return _Lost(self.together(fields, flow.output))
        return fields

    def together(self, state: State, volume: Volume) -> list[AxisField] | None:
        """What all cells of a volume with this state see, on each axis; None where it is not known."""
        if isinstance(state, list):
            return [together(field, volume, size) for field, size in zip(state, self.spatial, strict=True)]
        return state.extents(self.spatial) if isinstance(state, Arranged) else state.together if state else None

    def all_of(self, state: State, volume: Volume) -> State:
        """The state of a layer whose output cells all read a whole volume with this state."""
        found = self.together(state, volume)
        if found is None:
            return _Lost(None)
        return self.whole if all(field.whole for field in found) else found

    def settled(self, state: State) -> list[AxisField] | None:
        """The fields of a state, if they are known and all planes of a cell see the same."""
        if isinstance(state, Arranged):
            return settled(state, self.spatial) if state.even else None
        return state if isinstance(state, list) else None

    def merged(self, a: State, b: State, output: Volume) -> State:
        """The hull of the states of two inputs."""
        if isinstance(a, Arranged) and isinstance(b, Arranged) and a.axes == b.axes and a.before == b.before:
            fields = _hulls(a.fields, b.fields, a.before)
            if fields is not None:
                return Arranged(fields, a.before, a.axes)
        else:
            one, other = self.settled(a), self.settled(b)
            fields = None if one is None or other is None else _hulls(one, other, output)
            if fields is not None:
                return fields
        all_a, all_b = self.together(a, output), self.together(b, output)
        even = all(not isinstance(state, Arranged | _Lost) or state.even for state in (a, b))
        return _Lost(None if all_a is None or all_b is None else _hulls(all_a, all_b, output), even)


def _axis(reading: Reading, place: int) -> int:
    return place if reading.axis is None else reading.axis


def _span(reading: Reading, length: int) -> tuple[int, int]:
    """The first and the last cell that `length` output cells read."""
    low, high = reading.low // reading.divisor, (reading.scale * (length - 1) + reading.high) // reading.divisor
    if reading.through is None:
        return low, high
    inner = reading.through
    return (inner.scale * low + inner.low) // inner.divisor, (inner.scale * high + inner.high) // inner.divisor


def _reads_all(readings: Readings, layer: Layer, flow: Flow, which: int) -> bool:
    """Whether the output cells together are made of all elements of an input."""
    volume, cut = flow.inputs[which], layer.bounds(flow.inputs[which])
    if layer.picks:
        return False
    if not isinstance(readings, tuple):
        return True  # its form is unknown, but no layer of this kind leaves anything out
    if cut is not None and cut.axis == volume.axes[-1]:
        return False
    reading_of = {_axis(reading, place): (reading, place) for place, reading in enumerate(readings)}
    for axis, size in enumerate(volume.spatial):
        reading, place = reading_of.get(axis, (None, 0))
        if reading is None or not (reading is WHOLE or size == 1 or _covers(reading, flow.output.spatial[place], size)):
            return False
    return True


def _covers(reading: Reading, length: int, size: int) -> bool:
    """Whether `length` output cells read all of `size` cells."""
    first, last = _span(reading, length)
    if first > 0 or last < size - 1 or reading.through is not None:
        return False
    if reading.spread > 1:  # each tap reads a run of cells, and the runs touch
        return reading.scale == reading.divisor == 1 and length >= reading.spread
    return reading.scale + reading.low <= reading.high + reading.divisor


def _hulls(a: Sequence[AxisField], b: Sequence[AxisField], output: Volume) -> list[AxisField] | None:
    """The hull of the fields of two inputs, axis by axis; None where one is not a range."""
    fields = []
    for one, other in zip(a, b, strict=True):
        axis = other.axis if one.axis is None else one.axis
        found = hull(one, other, 1 if axis is None else output.spatial[axis])
        if found is None:
            return None
        fields.append(found)
    return fields
