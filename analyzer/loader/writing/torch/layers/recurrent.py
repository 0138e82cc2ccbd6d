"""Recurrent layers."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.recurrent import ConvLstm, Gru, Lstm, Rnn
from analyzer.layers.windows import Window
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built, Layout
from analyzer.loader.writing.torch.layers.making import pads
from analyzer.volume import Volume


def lstm(layer: Lstm, node: Node) -> Built:
    """`nn.LSTM`; with one bias vector `LSTM` of the file."""
    return _recurrent(layer, node, "LSTM")


def gru(layer: Gru, node: Node) -> Built:
    """`nn.GRU`; with one bias vector `GRU` of the file."""
    return _recurrent(layer, node, "GRU")


def rnn(layer: Rnn, node: Node) -> Built:
    """`nn.RNN`; with one bias vector `RNN` of the file."""
    return _recurrent(layer, node, "RNN")


def _recurrent(layer: Lstm | Gru | Rnn, node: Node, kind: str) -> Built:
    """Every step that it puts out, the last one, or the last one of each direction."""
    named = options(
        num_layers=unless(layer.layers, 1),
        bias=unless(bool(layer.biases), True),
        batch_first=True,
        bidirectional=unless(layer.bidirectional, False),
    )
    forward = "{self}({0})[0]" if layer.sequence else "{self}({0})[0][:, -1]"
    if layer.bidirectional and not layer.sequence:
        state = "[1][0]" if kind == "LSTM" else "[1]"
        forward = f"{{self}}({{0}}){state}[-2:].transpose(0, 1).flatten(1)"
    call, needs = (f"OneBias{kind}", ("OneBias", f"OneBias{kind}")) if layer.biases == 1 else (f"nn.{kind}", ())
    return Built(call, (node.flow.input.depth, layer.units), named, forward, Layout.LAST, needs=needs)


def conv_lstm(layer: ConvLstm, node: Node) -> Built:
    """`ConvLSTM` of the file, whose first axis is the time."""
    volume = node.flow.input
    frame = Volume(volume.spatial[1:], volume.depth)
    window = Window.over(frame, layer.padding, kernel=layer.kernel)
    named = options(
        padding=pads(window.padding) if any(map(sum, window.padding)) else None,
        sequence=unless(layer.sequence, True),
    )
    first = (volume.depth, layer.filters, window.kernel)
    return Built("ConvLSTM", first, named, layout=Layout.FIRST, needs=("ConvLSTM",))
