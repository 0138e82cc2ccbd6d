"""Recurrent layers over the tokens of an L x D volume.

One layer in one direction with input depth i, h units and g gates (lstm 4, gru 3, rnn 1) has g·h·(i + h) weights and
`biases`·g·h biases, and uses each weight once in each step.

Sources: torch.nn.LSTM, GRU, RNN (two bias vectors); Keras LSTM, GRU, SimpleRNN, ConvLSTM2D (one).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Reason, Refusal
from analyzer.layers.answers import Counts, Flow
from analyzer.layers.axes import checked, per_axis
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Flag, Whole
from analyzer.layers.operations import HALF, LAST, OUT, TOGETHER, Array, Operation, matrix
from analyzer.layers.padding import Padding
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import Cells, Readings
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import PaddingKind, Sizes
from analyzer.layers.windows import Geometry, Window
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


#: Bytes of cuDNN's reserve that belong to no step.
_RESERVE = 256


class _Recurrent(Layer):
    """The base of the three."""

    gates = 1
    depth_at = LAST
    #: Numbers that a unit keeps of each step on CUDA besides its output: its gates, its cell, factors of its gates.
    kept = 1
    #: States that a unit begins with.
    states = 1
    #: Numbers that it keeps of each step on a CPU; None where one kernel runs all steps.
    held: ClassVar[int | None] = 1
    units: int = parameter(Whole(), "number of units", main=True, agreed=True)
    bidirectional: bool = parameter(Flag(), "whether it also reads backwards", default=False)
    layers: int = parameter(Whole(1, 1000), "number of layers, each reading the one before", default=1)
    biases: int = parameter(Whole(0, 2), "bias vectors of a gate: 1, or 2 as in PyTorch", default=1)
    sequence: bool = parameter(Flag(), "whether it puts out every step, or only the last", default=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        if inputs[0].rank != 1:
            raise Refusal(
                f"{{layer}} reads steps L x D, but its input is {inputs[0].pretty()}",
                code="SHAPE205",
                help=f"`reshape: {inputs[0].spatial[0] if inputs[0].spatial else 1}x?` before it",
                reason=None if inputs[0].spatial else Reason.OTHER_AXES,
            )
        depth = self.units * (2 if self.bidirectional else 1)
        return checked(Volume(inputs[0].spatial if self.sequence else (), depth))

    def _gates(self) -> int:
        """Gates of one layer, both directions."""
        return self.gates * self.units * (2 if self.bidirectional else 1)

    def _weights(self, flow: Flow) -> int:
        first = flow.input.depth + self.units
        others = (self.layers - 1) * (flow.output.depth + self.units)
        return self._gates() * (first + others)

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return Counts(self._weights(flow), self._gates() * self.biases * self.layers)

    def macs(self, flow: Flow) -> int:
        return flow.input.spatial[0] * self._weights(flow)

    def first_macs(self, flow: Flow) -> int:
        return flow.input.spatial[0] * self._gates() * flow.input.depth

    def backward_macs(self, flow: Flow, needed: Sequence[bool], *, trained: bool) -> int:
        """The state before the first step is a constant, to which no gradient flows."""
        state = self._gates() * self.units * self.layers
        return super().backward_macs(flow, needed, trained=trained) - (trained or needed[0]) * state

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """What each step needs again: its gates and their factors, or the workspace of a kernel."""
        from analyzer.layers.recurrent_operations import Recurrence

        layers = []
        for layer in range(self.layers):
            own = self._tensors(flow.output.depth if layer else flow.input.depth)
            count = len(own) // (2 if self.bidirectional else 1)
            layers.append([own[at : at + count] for at in range(0, len(own), count)])
        return Recurrence(flow.input, self.gates, self.held, self.units, self.sequence).run(layers)

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """An operation for each layer, which keeps the steps that it reads and puts out, and cuDNN's reserve.

        The reserve has the numbers of each step, and 256 bytes; the zeros that the states begin with are kept too.
        """
        steps, units = flow.input.spatial[0], self.units * (2 if self.bidirectional else 1)
        depth = flow.input.depth
        operations: list[Operation] = []
        for layer in range(self.layers):
            last = layer == self.layers - 1
            size = units * steps
            extras = [Array(size * self.kept), Array(units * self.states)]
            if not layer:
                extras.append(Array(_RESERVE, 1, batched=False))
            if last and not self.sequence:
                extras.append(Array(size))  # it calculates every step, though it puts out only the last
                size = units
            trained = self._tensors(depth)
            place = len(operations)
            operations.append(
                Operation((place,), size, keeps=(place, OUT), extras=extras, trained=trained, precision=TOGETHER)
            )
            depth = units
        return operations

    def _tensors(self, depth: int) -> list[tuple[int, ...]]:
        """The parameter tensors of one layer that reads this depth: of input, state and biases, for each direction."""
        rows = self.gates * self.units
        one = [matrix(rows * depth, rows, depth), matrix(rows * self.units, rows, self.units), *[(rows,)] * self.biases]
        return one * (2 if self.bidirectional else 1)

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.EVERYTHING


class Lstm(_Recurrent, type="lstm", elsewhere=("LSTM",)):
    """Long short-term memory, four gates.

    output   L x units, twice the units where bidirectional; a vector where `sequence` is false
    weights  4·h·(i + h), for each layer and direction
    biases   `biases`·4·h, for each layer and direction
    MACs     L · weights
    refused  an input that is not L x D

    Sources: torch.nn.LSTM; Keras LSTM.
    """

    gates = 4
    kept = 5
    states = 2
    held = None


class Gru(_Recurrent, type="gru", elsewhere=("GRU",)):
    """Gated recurrent units, three gates.

    output   as `lstm`
    weights  3·h·(i + h), for each layer and direction
    biases   `biases`·3·h, for each layer and direction (Keras' reset_after has 2)
    MACs     L · weights
    refused  an input that is not L x D

    Sources: torch.nn.GRU; Keras GRU.
    """

    gates = 3
    kept = 6
    held = 7


class Rnn(_Recurrent, type="rnn", elsewhere=("RNN", "SimpleRNN")):
    """The plain recurrent layer.

    output   as `lstm`
    weights  h·(i + h), for each layer and direction
    biases   `biases`·h, for each layer and direction
    MACs     L · weights
    refused  an input that is not L x D

    Sources: torch.nn.RNN; Keras SimpleRNN.
    """


class ConvLstm(Layer, type="conv_lstm", elsewhere=("ConvLSTM1D", "ConvLSTM2D")):
    """An LSTM whose products are convolutions. The first spatial axis is the time.

    output   time x the convolution's output x filters; without the time where `sequence` is false
    weights  ΠF·(D + K)·4·K
    biases   4·K
    MACs     T · ΠF·(D + K)·4·K · ΠO
    refused  an input of fewer than two spatial axes; a kernel larger than the padded input

    Sources: Shi et al. 2015; Keras ConvLSTM2D.
    """

    filters: int = parameter(Whole(), "number of filters, the output's depth", letter="K", main=True, agreed=True)
    kernel: int | tuple[int, ...] = parameter(Sizes(), "size of the filters", letter="F", agreed=True)
    padding: Padding = parameter(
        PaddingKind(),
        "cells added around the input of each step",
        default=Padding("same"),
        letter="P",
        shown="same",
    )
    sequence: bool = parameter(Flag(), "whether it puts out every step, or only the last", default=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        volume = inputs[0]
        if volume.rank < 2:
            raise Refusal(f"{{layer}} reads time and space, but its input is {volume.pretty()}", code="SHAPE205")
        frame = Volume(volume.spatial[1:], volume.depth)
        spatial = Window.over(frame, self.padding, kernel=self.kernel).slide(frame)
        return checked(Volume((*volume.spatial[:1], *spatial) if self.sequence else spatial, self.filters))

    def geometry(self, volume: Volume) -> Geometry:
        """The window over each step."""
        window = Window.over(Volume(volume.spatial[1:], volume.depth), self.padding, kernel=self.kernel)
        return Geometry(window.kernel, window.stride, window.padding, window.dilation, groups=1)

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        taps = prod(per_axis(self.kernel, flow.input.rank - 1, "kernel"))
        return Counts(taps * (flow.input.depth + self.filters) * 4 * self.filters, 4 * self.filters)

    def macs(self, flow: Flow) -> int:
        return self._macs(flow, flow.input.depth + self.filters)

    def first_macs(self, flow: Flow) -> int:
        return self._macs(flow, flow.input.depth)

    def backward_macs(self, flow: Flow, needed: Sequence[bool], *, trained: bool) -> int:
        """The state before the first step is a constant, to which no gradient flows."""
        state = self._macs(flow, self.filters) // flow.input.spatial[0]
        return super().backward_macs(flow, needed, trained=trained) - (trained or needed[0]) * state

    def _macs(self, flow: Flow, depth: int) -> int:
        """The MACs of convolutions over so many planes at each step."""
        taps = prod(per_axis(self.kernel, flow.input.rank - 1, "kernel"))
        positions = prod(flow.output.spatial[1:] if self.sequence else flow.output.spatial)
        return flow.input.spatial[0] * taps * depth * 4 * self.filters * positions

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps the steps that it reads, and the four gates, the cell and the output of each step."""
        steps = flow.input.spatial[0]
        frame = flow.output.size // steps if self.sequence else flow.output.size
        kernel = per_axis(self.kernel, flow.input.rank - 1, "kernel")
        trained = self.parameters(flow, sharing).tensors(kernel[-2] if len(kernel) > 1 else 1, kernel[-1])
        extras = (Array(steps * frame * 6),)
        return (Operation((0,), flow.output.size, keeps=(0,), extras=extras, trained=trained, precision=HALF),)

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.UNKNOWN  # its field grows with every step of time
