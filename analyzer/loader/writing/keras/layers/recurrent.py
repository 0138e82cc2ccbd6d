"""Recurrent layers."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.padding import Padding
from analyzer.layers.recurrent import ConvLstm, Gru, Lstm, Rnn
from analyzer.layers.windows import Window
from analyzer.loader.writing.code.making import alike, options, unless
from analyzer.loader.writing.code.template import Built, Code, NoTemplate
from analyzer.loader.writing.keras.layers.making import constructed, of_rank, padding_of
from analyzer.volume import Volume


def lstm(layer: Lstm, node: Node) -> Built:
    """`LSTM`; with two bias vectors a cell of the file."""
    if layer.biases == 2:
        return _stacked(layer, "layers.RNN", (Code(f"LSTMCell({layer.units})"),), {}, ("LSTMCell",))
    return _stacked(layer, "layers.LSTM", (layer.units,), options(use_bias=unless(bool(layer.biases), True)))


def gru(layer: Gru, node: Node) -> Built:
    """`GRU`, whose `reset_after` has two bias vectors."""
    if not layer.biases:
        return _stacked(layer, "layers.GRU", (layer.units,), {"use_bias": False})
    return _stacked(layer, "layers.GRU", (layer.units,), options(reset_after=unless(layer.biases == 2, True)))


def rnn(layer: Rnn, node: Node) -> Built:
    """`SimpleRNN`; with two bias vectors a cell of the file."""
    if layer.biases == 2:
        return _stacked(layer, "layers.RNN", (Code(f"RNNCell({layer.units})"),), {}, ("RNNCell",))
    return _stacked(layer, "layers.SimpleRNN", (layer.units,), options(use_bias=unless(bool(layer.biases), True)))


def _stacked(
    layer: Lstm | Gru | Rnn, call: str, first: tuple[object, ...], named: dict[str, object], needs: tuple[str, ...] = ()
) -> Built:
    """The layers one after the other, each in one direction or in both; only the last may put out its last step."""
    every = Built(call, first, {**named, "return_sequences": True}, needs=needs)
    last = Built(call, first, every.named if layer.sequence else named, needs=needs)
    if layer.bidirectional:
        every, last = (Built("layers.Bidirectional", (constructed(one),), needs=needs) for one in (every, last))
    if layer.layers == 1:
        return last
    one, end = constructed(every), constructed(last)
    if layer.sequence:
        listed = Code(f"[{one} for _ in range({layer.layers})]")
    elif layer.layers == 2:
        listed = Code(f"[{one}, {end}]")
    else:
        listed = Code(f"[*({one} for _ in range({layer.layers - 1})), {end}]")
    return Built("keras.Sequential", (listed,), needs=needs)


def conv_lstm(layer: ConvLstm, node: Node) -> Built:
    """`ConvLSTM2D`, whose first axis is the time."""
    volume = node.flow.input
    frame = Volume(volume.spatial[1:], volume.depth)
    window = Window.over(frame, layer.padding, kernel=layer.kernel)
    if frame.rank not in (1, 2):
        raise NoTemplate(f"Keras reads a volume of {volume.pretty()} with no ConvLSTM")
    named = options(return_sequences=unless(layer.sequence, False))
    built = Built(of_rank("ConvLSTM", frame.rank), (layer.filters, alike(window.kernel)), named)
    if not any(map(sum, window.padding)):
        return built
    if window.padding == Padding("same").resolve(frame.spatial, window.kernel, window.stride, window.dilation):
        built.named = {"padding": "same", **named}
        return built
    built.forward = f"{{self}}({of_rank('ZeroPadding', volume.rank)}({{padding}})({{0}}))"
    built.values = {"padding": padding_of(((0, 0), *window.padding))}
    return built
