"""Recurrent layers: time is the axis behind the batch, states are not read.

Sources: keras/src/layers/rnn/ (Keras 3.15.1); CuDNNLSTM and CuDNNGRU (Keras 2.3), which have two vectors of biases.
"""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.keras.call import Called, Unknown, layer
from analyzer.loader.formats.keras.config import Config, Mistake, of_object
from analyzer.loader.formats.keras.layers.convolutions import padding_of, rank_in
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The type of each class and of each cell, and the states that it keeps.
_TYPES = {
    "LSTM": ("lstm", 2), "CuDNNLSTM": ("lstm", 2), "LSTMV1": ("lstm", 2), "LSTMCell": ("lstm", 2),
    "GRU": ("gru", 1), "CuDNNGRU": ("gru", 1), "GRUV1": ("gru", 1), "GRUCell": ("gru", 1),
    "SimpleRNN": ("rnn", 1), "SimpleRNNCell": ("rnn", 1),
}  # fmt: skip


def _steps(call: Called, x: Tensor) -> Tensor:
    """The tensor batch × steps × depth; more axes of the depth are an error of the file."""
    if x.rank != 3:
        raise Mistake(f"`{shown(call.config.name)}` reads steps × depth, but a tensor of {x.rank - 1} axes is given")
    return call.heart.transpose(x, [1, 0, 2]) if call.config.flag("time_major", False) else x


def _parameters(config: Config) -> dict[str, Any]:
    """The parameters of one layer, without `sequence`."""
    kind = config.kind.rpartition(">")[2]
    type = _TYPES[kind][0]
    cudnn = kind.startswith("CuDNN")
    biases = 1 if cudnn or config.flag("use_bias", True) else 0
    if biases and (cudnn or (type == "gru" and config.flag("reset_after", False))):
        biases = 2
    found: dict[str, Any] = {"units": config.whole("units")}
    if biases != 1:
        found["biases"] = biases
    return found


def _run(
    call: Called, x: Tensor, config: Config, *, sequence: bool, part: str = "", more: dict[str, Any] | None = None
) -> Tensor:
    """One row over the steps; the result is batch × steps × units, or batch × units."""
    type = _TYPES[config.kind.rpartition(">")[2]][0]
    parameters = {**_parameters(config), **({} if sequence else {"sequence": False}), **(more or {})}
    alone = x.is_batch(0)
    if not alone:
        return _repeated(call, x, type, parameters, part)
    return call.row(type, [call.heart.arranged(x, [[1], [2]], call.beside())], parameters, part)


def _repeated(call: Called, x: Tensor, type: str, parameters: dict[str, Any], part: str) -> Tensor:
    """A layer over each of several sequences of a sample: its own weights once, its MACs for each."""
    from analyzer.layers import CATALOGUE, SHARED, Flow

    layer_ = CATALOGUE[type](**parameters)
    volume = Volume.of([x.shape[1], x.shape[2]])
    output = layer_.output([volume])
    flow = Flow((volume,), output)
    counts = layer_.parameters(flow, SHARED)
    numbers = {"weights": counts.weights, "biases": counts.biases, "macs": x.shape[0] * layer_.macs(flow)}
    made = call.known([1, x.shape[0], *output.sizes], [x], part, **numbers)
    return call.heart.reshape(made, [x.shape[0], *output.sizes], call.beside())


def _outputs(call: Called, y: Tensor, states: int) -> Any:
    """The output, followed by its states where they are asked for.

    The last step is the state. A second state, the cell of an LSTM, has its sizes and is read as a first state only.
    """
    if not call.config.flag("return_state", False):
        return y
    state = y
    if call.config.flag("return_sequences", False):
        last = call.heart.slice(y, 1, y.shape[1] - 1, y.shape[1], 1, call.place("state"))
        state = call.heart.squeeze(last, [1])
    return [y] + [state] * states


@layer("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "LSTMV1", "GRUV1")
def recurrent(call: Called) -> Any:
    """`lstm`, `gru` or `rnn`."""
    x = _steps(call, call.x)
    sequence = call.config.flag("return_sequences", False)
    y = _run(call, x, call.config, sequence=sequence)
    if call.config.flag("time_major", False) and sequence:
        y = call.heart.transpose(y, [1, 0, 2])
    return _outputs(call, y, _TYPES[call.kind][1])


def _cells(config: Config, key: str = "cell") -> list[Config]:
    """The cells of an `RNN`, one behind the other."""
    value = config.value(key)
    if isinstance(value, list):
        found = [of_object(one, f"{config.name}.{place}") for place, one in enumerate(value)]
    else:
        cell = of_object(value, f"{config.name}.{key}")
        if cell.kind.rpartition(">")[2] == "StackedRNNCells":
            return _cells(cell, "cells")
        found = [cell]
    if not found:
        raise config.wrong(key, "a cell or a list of cells")
    if any(one.kind not in _TYPES or not one.kind.endswith("Cell") for one in found):
        raise Unknown
    return found


@layer("RNN")
def rnn(call: Called) -> Any:
    """A row for each cell, each of which reads the one before."""
    x = _steps(call, call.x)
    cells = _cells(call.config)
    sequence = call.config.flag("return_sequences", False)
    states: list[Tensor] = []
    for place, cell in enumerate(cells):
        last = place == len(cells) - 1
        part = str(place) if len(cells) > 1 else ""
        x = _run(call, x, cell, sequence=sequence or not last, part=part)
        states += [x] * _TYPES[cell.kind][1]
    if not call.config.flag("return_state", False):
        return x
    found = [x]
    for state in states:
        if state.rank == 3:
            state = call.heart.squeeze(
                call.heart.slice(state, 1, state.shape[1] - 1, state.shape[1], 1, call.place("state")), [1]
            )
        found.append(state)
    return found


@layer("Bidirectional")
def bidirectional(call: Called) -> Any:
    """One row for both directions where they are concatenated and alike, otherwise a row each and a merge."""
    config = call.config
    forward = config.part("layer")
    if forward.kind.rpartition(">")[2] not in _TYPES or forward.kind.endswith("Cell"):
        raise Unknown
    backward = config.part("backward_layer") if config.has("backward_layer") else forward
    merge = "none" if "merge_mode" in config.data and config.data["merge_mode"] is None else config.word(
        "merge_mode", ("concat", "sum", "mul", "ave"), "concat"
    )  # fmt: skip
    inner = call.within("", forward, call.args)
    x = _steps(inner, call.x)
    sequence = forward.flag("return_sequences", False)
    states = _TYPES[forward.kind][1] if forward.flag("return_state", False) else 0
    alike = backward.kind == forward.kind and _parameters(forward) == _parameters(backward)
    if merge == "concat" and alike and not states and x.is_batch(0):
        return _run(inner, x, forward, sequence=sequence, more={"bidirectional": True})
    ways = [
        _run(inner, x, one, sequence=sequence, part=part)
        for part, one in (("forward", forward), ("backward", backward))
    ]
    ends: list[Tensor] = []
    for part, y in zip(("forward", "backward"), ways, strict=True):
        if states:
            last = y
            if sequence:
                cut = call.heart.slice(y, 1, y.shape[1] - 1, y.shape[1], 1, call.place(f"{part}.state"))
                last = call.heart.squeeze(cut, [1])
            ends += [last] * states
    if merge == "none":
        return [*ways, *ends]
    if merge == "concat":
        y = call.heart.concat(ways, ways[0].rank - 1, call.place())
    else:
        y = call.heart.merge({"sum": "add", "mul": "multiply", "ave": "average"}[merge], ways, call.place())
    return [y, *ends] if ends else y


@layer("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def conv_lstm(call: Called) -> Any:
    """`conv_lstm` over time; a `custom` with known numbers where the first product has a step, or no biases."""
    from analyzer.layers import CATALOGUE

    rank, config, x = rank_in(call.kind), call.config, call.x
    if x.rank != rank + 3:
        raise Mistake(f"`{shown(config.name)}` needs a tensor of {rank + 3} axes with the batch, but reads {x.rank}")
    first = config.channels_first
    spatial = list(range(3, rank + 3)) if first else list(range(2, rank + 2))
    depth = 2 if first else rank + 2
    filters, kernel = config.whole("filters"), config.sizes("kernel_size", rank)
    strides, dilation = config.sizes("strides", rank, 1), config.sizes("dilation_rate", rank, 1)
    padding, sequence = padding_of(config), config.flag("return_sequences", False)
    plain = set(strides) == {1} and set(dilation) == {1} and config.flag("use_bias", True) and rank < 3
    if plain and x.is_batch(0):
        written = call.heart.arranged(x, [[1], *[[axis] for axis in spatial], [depth]], call.beside())
        parameters = {"filters": filters, "kernel": kernel, "padding": padding}
        y = call.row("conv_lstm", [written], {**parameters, **({} if sequence else {"sequence": False})})
    else:
        slid = CATALOGUE["conv"](filters=filters, kernel=kernel, stride=strides, dilation=dilation, padding=padding)
        frame = slid.output([Volume.of([*(x.shape[axis] for axis in spatial), x.shape[depth]])])
        taps, steps = prod(kernel), x.shape[1]
        weights = taps * (x.shape[depth] + filters) * 4 * filters
        biases = 4 * filters if config.flag("use_bias", True) else 0
        macs = x.shape[0] * steps * weights * frame.positions
        y = call.known(
            [x.shape[0], *([steps] if sequence else []), *frame.sizes], [x], weights=weights, biases=biases, macs=macs
        )
    if first:
        y = call.heart.transpose(y, [*range(y.rank - rank - 1), y.rank - 1, *range(y.rank - rank - 1, y.rank - 1)])
    return _outputs(call, y, 2)
