"""The receptive field pass: which cells of each input of the network an output cell of a layer sees.

A layer composes its `Reading` with the fields of its inputs, axis by axis (`AxisField`); several inputs give their
hull. So fields are exact over branches and phases, and cost one small step a layer. A normalisation counts as reading
only the cell itself. Behind a `reshape` or a `permute` the axes are followed (`Arranged`). Where a field is unknown,
the pass still knows which cells the whole volume sees, as long as no layer drops a part of it: a dense layer behind
it sees those.

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

from collections.abc import Sequence

from analyzer.engine.arranged import Arranged, settled
from analyzer.engine.axis_field import AxisField, covers
from analyzer.engine.field_states import State, propagated
from analyzer.engine.network import Network, Node
from analyzer.record import Reported
from analyzer.volume import Volume

# The most steps of all walks together: many inputs of a large network must not take a time that grows with both.
_MOST_STEPS = 400_000


class ReceptiveField(Reported):
    """The receptive field of a layer on the axes of an input of the network, in cells; one number for each axis.

    size        the cells that an output cell sees; the most, where output cells see different numbers
    size_min    the fewest
    stride      how far the field moves from one output cell to the next; 0 where all see the same
    offset      the first cell that the first output cell sees; below 0 in the padding
    whole       whether every output cell sees the whole input
    everything  whether that is so because a layer reads everything at once, so that the field ends with the input
    spatial     the sizes of that input
    input       its name; None for the network's first input
    """

    size: list[int]
    size_min: list[int]
    stride: list[int | float]
    offset: list[int]
    whole: bool
    everything: bool
    spatial: tuple[int, ...]
    input: str | None = None


def _measured(fields: Sequence[AxisField], output: Volume, cells: tuple[int, ...], input: str | None) -> ReceptiveField:
    """The receptive field of a layer with this output and these fields, on an input of this name with these cells."""
    most, fewest, strides, offsets, whole = [], [], [], [], True
    for field, size in zip(fields, cells, strict=True):
        least, largest = _extremes(field, output)
        fewest.append(least)
        most.append(largest)
        strides.append(_stride(field))
        offsets.append(field.first[0])
        whole = whole and largest >= size and (field.whole or covers(field, _length(field, output), size))
    everything = whole and all(field.whole for field in fields)
    return ReceptiveField(most, fewest, strides, offsets, whole, everything, cells, input)


def _extremes(field: AxisField, output: Volume) -> tuple[int, int]:
    """The fewest and the most cells that an output cell sees along one axis."""
    if len(field.first) == 1:
        size = field.last[0] - field.first[0] + 1
        return size, size
    length = _length(field, output)  # maybe less than a period
    ends = zip(field.first[:length], field.last[:length], strict=True)
    sizes = [last - first + 1 for first, last in ends]
    return min(sizes), max(sizes)


def _length(field: AxisField, output: Volume) -> int:
    return 1 if field.axis is None else output.spatial[field.axis]


def _stride(field: AxisField) -> int | float:
    if not field.period:
        cells = len(field.first) - 1
        moved = field.first[-1] - field.first[0]
        return (moved // cells if moved % cells == 0 else moved / cells) if cells else 0
    return field.step // field.period if field.step % field.period == 0 else field.step / field.period


def receptive_fields(network: Network) -> list[ReceptiveField | None]:
    """The receptive field of every node on the first input that it sees; None where it is unknown, or sees none."""
    return [next(iter(fields.values()), None) for fields in fields_by_input(network)]


def fields_by_input(network: Network) -> list[dict[str, ReceptiveField | None]]:
    """For every node its receptive field on each input with axes that it sees, by name; None where it is unknown.

    Every input takes a walk over the network. Of very many inputs only the first are walked from.
    """
    found: list[dict[str, ReceptiveField | None]] = [{} for _ in network.nodes]
    entries = [entry for entry in network.inputs if entry.output.spatial]
    for entry in entries[: max(_MOST_STEPS // max(len(network.nodes), 1), 1)]:
        made: dict[int, ReceptiveField | None] = {}
        states = propagated(network, entry)  # keeps every state, so that each has an id of its own
        for node, state, fields in zip(network.nodes, states, found, strict=True):
            if isinstance(state, tuple):
                continue
            known = id(state)  # a layer that keeps the field shares the state of its input
            if known not in made:
                made[known] = _record(state, node.output, entry, first=entry is network.inputs[0])
            fields[entry.name] = made[known]
    return found


def _record(state: State, output: Volume, entry: Node, *, first: bool) -> ReceptiveField | None:
    fields = settled(state, entry.output.spatial) if isinstance(state, Arranged) else state
    if not isinstance(fields, list):
        return None
    return _measured(fields, output, entry.output.spatial, None if first else entry.name)
