"""Recurrent layers, and their cells as products and gates.

States at the start are not read, but those that are trained are counted.

Sources: torch.nn.LSTM, GRU, RNN and their cells; aten/src/ATen/native/RNN.cpp (2.13.0).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.digits import BATCH, Digit
from analyzer.loader.formats.pt2.operators.matrices import product
from analyzer.loader.formats.pt2.program import Node, Ref
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.pt2.weights import path_of, weighted
from analyzer.loader.formats.views import Tensor
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.formats.digits import Digits

_TYPES = {"aten.lstm": "lstm", "aten.gru": "gru", "aten.rnn_tanh": "rnn", "aten.rnn_relu": "rnn"}

#: The gates of a unit.
_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


class Form(Record):
    """How a recurrent operator reads: its type, the axes of the time and of the batch, its sizes."""

    type: str
    time: int
    batch: int | None
    units: int
    directions: int
    layers: int
    biases: int


@operator(*_TYPES)
def recurrent(reading: Reading, node: Node) -> None:
    """All steps, and the last states of each layer and direction.

    One layer of ours has several of torch's, unless their states are read or elements are dropped between them.
    """
    x = reading.tensor(node, "input")
    weights = _weights(reading, node)
    _starts(reading, node)
    form = _form(reading, node, x, weights)
    each = len(weights) // (form.layers * form.directions)
    if each != 2 + form.biases or (form.batch is not None and x.shape[form.batch] > 1):
        _by_hand(reading, node, x, weights, form)
        return
    states = not all(reading.unread(node, at) for at in (1, 2))
    rate = float(reading.number(node, "dropout", 0.0)) if reading.number(node, "train", False) else 0.0
    apart = form.layers > 1 and (states or rate > 0)
    found: list[Tensor] = []
    count = len(weights) // form.layers if apart else len(weights)
    for first in range(0, len(weights), count):
        if first and rate > 0:
            x = reading.heart.pointwise("dropout", x, reading.place(node), {"rate": round(min(rate, 1.0), 7)})
        last = first + count == len(weights)
        whole = not (last and reading.unread(node, 0))
        x = _layer(
            reading, node, x, weights[first : first + count], form, layers=1 if apart else form.layers, whole=whole
        )
        if states:
            found.append(_state(reading, node, x, form, whole=whole))
        if last and whole:
            reading.give(node, x)
    if states:
        state = found[0] if len(found) == 1 else reading.heart.concat(found, 0, reading.place(node))
        reading.give(node, state, 1)
        reading.give(node, state, 2)


def _weights(reading: Reading, node: Node) -> list[Fixed]:
    """The weights and biases of each layer and direction."""
    found = reading.values_of(node, "params")
    if not found or any(not isinstance(one, Fixed) or one.root is None for one in found):
        raise Unsupported
    return [one for one in found if isinstance(one, Fixed)]


def _starts(reading: Reading, node: Node) -> None:
    """Counts the states to begin with that are trained."""
    given = node.args.get("hx")
    for ref in given if isinstance(given, list) else [given]:
        value = reading.values.get(ref.name) if isinstance(ref, Ref) else None
        for one in value.origins if isinstance(value, Fixed) else ():
            if (one.trained or one.is_buffer) and not one.counted:
                reading.beside(one)


def _form(reading: Reading, node: Node, x: Tensor, weights: Sequence[Fixed]) -> Form:
    type = _TYPES[node.operator]
    if x.rank not in (2, 3):
        raise Unsupported
    first = bool(reading.number(node, "batch_first", False))
    time, batch = (0, None) if x.rank == 2 else (1, 0) if first else (0, 1)
    directions = 2 if reading.number(node, "bidirectional", False) else 1
    layers = int(reading.number(node, "num_layers", 1))
    biases = 2 if reading.number(node, "has_biases", True) else 0
    return Form(type, time, batch, weights[0].shape[0] // _GATES[type], directions, layers, biases)


def _layer(
    reading: Reading, node: Node, x: Tensor, weights: Sequence[Fixed], form: Form, *, layers: int, whole: bool
) -> Tensor:
    """One layer; all steps with the axes of the operator, or the last one as a vector."""
    parameters: dict[str, Any] = {"units": form.units, "biases": form.biases}
    if form.directions > 1:
        parameters["bidirectional"] = True
    if layers > 1:
        parameters["layers"] = layers
    if not whole:
        parameters["sequence"] = False
    place = reading.place(node, path_of(weights[0]))
    inside = reading.heart.arranged(x, [[form.time], [x.rank - 1]], place)

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        return reading.heart.new(form.type, [inside], place, given, batch=False, **more)

    made = weighted(reading, parameters, weights[0], list(weights[1:]), write)
    if not whole:
        return made
    steps, depth = made.axes
    axes = [steps, depth] if form.batch is None else [steps, _batch(x, form), depth]
    if form.batch == 0:
        axes[:2] = axes[1], axes[0]
    return Tensor(made.base, axes)


def _batch(x: Tensor, form: Form) -> Digits:
    return (BATCH,) if form.batch is not None and BATCH in x.axes[form.batch] else ()


def _state(reading: Reading, node: Node, x: Tensor, form: Form, *, whole: bool) -> Tensor:
    """The last state of each direction; that of the way back is of the first step, and of the same shape."""
    batched = form.batch is not None and whole and BATCH in x.axes[form.batch]
    batched = batched or not whole
    if whole:
        steps = x.shape[form.time]
        x = reading.heart.slice(x, form.time, steps - 1, steps, 1, reading.place(node))
    at = x.axes[-1][0].axis if x.axes[-1] else len(x.base.groups) - 1
    way = (Digit(at, form.units, form.directions),) if form.directions > 1 else ()
    cell = (Digit(at, 1, form.units),)
    between: list[Digits] = [] if form.batch is None else [(BATCH,) if batched else ()]
    return Tensor(x.base, [way, *between, cell])


def _by_hand(reading: Reading, node: Node, x: Tensor, weights: Sequence[Fixed], form: Form) -> None:
    """Projected states, or several sequences that are no batch: no layer has them, but the MACs are known."""
    samples = 1 if form.batch is None else x.shape[form.batch]
    matrices = sum(one.size for one in weights if len(one.shape) == 2)
    reading.custom(node, macs=x.shape[form.time] * samples * matrices)


@operator("aten.lstm_cell", "aten.gru_cell", "aten.rnn_tanh_cell", "aten.rnn_relu_cell")
def cell(reading: Reading, node: Node) -> None:
    """One step: a product with what is read, one with the state, and the gates."""
    name = node.operator.removeprefix("aten.")
    read, state = _product(reading, node, "input", "ih"), _product(reading, node, "hx", "hh")
    if name == "lstm_cell":
        _lstm_gates(reading, node, read, state)
    elif name == "gru_cell":
        _gru_gates(reading, node, read, state)
    else:
        place, heart = reading.place(node), reading.heart
        total = heart.merge("add", [read, state], place)
        reading.give(node, heart.pointwise("relu" if "relu" in name else "tanh", total, place))


def _product(reading: Reading, node: Node, name: str, kind: str) -> Tensor:
    """What the step or the state gives to the gates."""
    given = node.args[name]
    value = reading.values[(given[0] if isinstance(given, list) else given).name]
    weights, biases = reading.fixed(node, f"w_{kind}"), reading.fixed(node, f"b_{kind}")
    if weights is None:
        raise Unsupported
    return product(reading, node, _sample(reading, value), weights.shape[0], weights, biases)


def _sample(reading: Reading, value: Tensor | Fixed) -> Tensor:
    """A tensor, or fixed numbers such as a state of zeros with the batch as their first axis."""
    if isinstance(value, Tensor) or len(value.shape) != 2:
        return reading.as_tensor(value)
    x = reading.as_tensor(Fixed(value.shape[1:], value.dtype, value.origins))
    return reading.heart.batched(x, 0)


def _parts(reading: Reading, node: Node, x: Tensor, count: int) -> list[Tensor]:
    """The gates of a product."""
    axis, place = x.rank - 1, reading.place(node)
    size = x.shape[axis] // count
    return [reading.heart.slice(x, axis, at * size, (at + 1) * size, 1, place) for at in range(count)]


def _lstm_gates(reading: Reading, node: Node, read: Tensor, state: Tensor) -> None:
    """`c = σ(f)·c + σ(i)·tanh(g)` and `h = σ(o)·tanh(c)`."""
    place, heart = reading.place(node), reading.heart
    before = reading.values[node.args["hx"][1].name]
    i, f, g, o = _parts(reading, node, heart.merge("add", [read, state], place), 4)
    i, f, o = (heart.pointwise("sigmoid", one, place) for one in (i, f, o))
    g = heart.pointwise("tanh", g, place)
    kept = heart.merge("multiply", [f, _sample(reading, before)], place)
    c = heart.merge("add", [kept, heart.merge("multiply", [i, g], place)], place)
    h = heart.merge("multiply", [o, heart.pointwise("tanh", c, place)], place)
    reading.give(node, h)
    reading.give(node, c, 1)


def _gru_gates(reading: Reading, node: Node, read: Tensor, state: Tensor) -> None:
    """`h = n + z·(h − n)` with `n = tanh(i_n + r·h_n)`."""
    place, heart = reading.place(node), reading.heart
    before = _sample(reading, reading.values[node.args["hx"].name])
    (r, z, n), (hr, hz, hn) = (_parts(reading, node, one, 3) for one in (read, state))
    r = heart.pointwise("sigmoid", heart.merge("add", [r, hr], place), place)
    z = heart.pointwise("sigmoid", heart.merge("add", [z, hz], place), place)
    n = heart.merge("add", [n, heart.merge("multiply", [r, hn], place)], place)
    n = heart.pointwise("tanh", n, place)
    change = heart.merge("multiply", [z, heart.merge("subtract", [before, n], place)], place)
    reading.give(node, heart.merge("add", [n, change], place))
