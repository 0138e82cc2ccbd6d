"""Recurrent layers: time first, the batch second; states at the start are not read.

Sources: ONNX' LSTM, GRU, RNN (1.23.2); onnxruntime's DynamicQuantizeLSTM (ContribOperators.md, 1.32.0).
"""

from __future__ import annotations

from analyzer.loader.formats.digits import BATCH, Digit
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import NUMBERS
from analyzer.loader.formats.onnx.weights import count, held, held_or_none, name_of, weighted
from analyzer.loader.formats.sheet import Weights, Written
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TYPES = {"LSTM": ("lstm", 4), "DynamicQuantizeLSTM": ("lstm", 4), "GRU": ("gru", 3), "RNN": ("rnn", 1)}


@operator(*_TYPES)
def recurrent(reading: Reading, node: Node) -> None:
    """`X, W, R, B`: directions × gates·units × what is read. Y has all steps, Y_h the last one."""
    type, gates = _TYPES[node.operator]
    x, w, r = reading.tensor(node, 0), held(reading, node, 1), held(reading, node, 2)
    biases = held_or_none(reading, node, 3)
    first = bool(node.int("layout", 0))
    time, batch = (1, 0) if first else (0, 1)
    if x.rank != 3 or len(w.shape) != 3:
        raise Unsupported
    turned = node.operator == "DynamicQuantizeLSTM"
    directions, width = w.shape[0], w.shape[2 if turned else 1]
    units = node.int("hidden_size", width // gates)
    if width != gates * units or directions not in (1, 2):
        raise Unsupported
    if x.shape[batch] > 1 or node.reads(7):
        _by_hand(reading, node, x, (time, batch), (directions, gates, units))
        return
    for at in range(8, len(node.inputs)) if turned else ():
        reading.numbers_of(node, at)
    parameters: dict[str, Any] = {"units": units}
    if directions == 2:
        parameters["bidirectional"] = True
    parameters["biases"] = 2 if biases is not None else 0
    whole = not reading.empty(node, 0)
    if not whole:
        parameters["sequence"] = False
    place = reading.place(node, name_of(w))
    inside = reading.heart.arranged(x, [[time], [2]], place)

    def write(given: dict[str, Any], tied: Written | Weights | None) -> Tensor:
        return reading.heart.new(type, [inside], place, given, batch=False, tied=tied)

    tied = id(w.weights) in reading.owners
    made = weighted(reading, parameters, w, [biases], write)
    count(reading, r, tied=tied)
    _zero_states(reading, node)
    _give(reading, node, made, (x.shape[time], directions, units), whole=whole, first=first)


def _zero_states(reading: Reading, node: Node) -> None:
    """States to begin with are not read. Those that are 0, as exporters write them, are numbers that nobody trained."""
    for place in (5, 6):
        value = reading.constant(node, place)
        if value is not None and not any(value.numbers() or [1]):
            reading.used(value, NUMBERS)


def _by_hand(reading: Reading, node: Node, x: Tensor, axes: tuple[int, int], sizes: tuple[int, int, int]) -> None:
    """Peepholes, or several sequences that are no batch: no layer of the catalogue, but its MACs are known."""
    steps, samples = (x.shape[axis] for axis in axes)
    directions, gates, units = sizes
    macs = steps * samples * directions * gates * units * (x.shape[2] + units)
    first = axes[0] == 1
    shape = [samples, steps, directions, units] if first else [steps, directions, samples, units]
    made = reading.custom(node, shape, macs=macs)
    last = [samples, directions, units] if first else [directions, samples, units]
    time = 1 if first else 0
    for place in (1, 2):
        if not reading.empty(node, place):
            one = reading.heart.slice(made, time, steps - 1, steps, 1, reading.place(node))
            reading.give(node, reading.heart.reshape(one, last), place)


def _give(reading: Reading, node: Node, made: Tensor, sizes: tuple[int, int, int], *, whole: bool, first: bool) -> None:
    """The outputs: all steps of each direction, and the last one of the output and of the cell."""
    steps, directions, units = sizes
    deep = len(made.axes) - 1
    way = (Digit(deep, units, directions),) if directions > 1 else ()
    cell = (Digit(deep, 1, units),)
    last = made
    if whole:
        length = (Digit(0, 1, steps),)
        axes = [(BATCH,), length, way, cell] if first else [length, way, (BATCH,), cell]
        reading.give(node, Tensor(made.base, axes))
    for place in (1, 2):
        if reading.empty(node, place):
            continue
        if whole and last is made:
            last = reading.heart.slice(made, 0, steps - 1, steps, 1, reading.place(node))
        at = last.axes[-1][0].axis if last.axes[-1] else len(last.base.groups) - 1
        way = (Digit(at, units, directions),) if directions > 1 else ()
        cell = (Digit(at, 1, units),)
        reading.give(node, Tensor(last.base, [(BATCH,), way, cell] if first else [way, (BATCH,), cell]), place)
