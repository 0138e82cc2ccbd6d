"""What a layer is asked about, and the records that it answers with."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.layers.operations import matrix
from analyzer.record import Record
from analyzer.volume import Volume


class Counts(Record):
    """What a layer keeps: trained weights, trained biases, and buffers that are not trained."""

    weights: int = 0
    biases: int = 0
    buffers: int = 0

    def tensors(self, rows: int = 0, columns: int = 0) -> tuple[tuple[int, ...], ...]:
        """The shapes of its parameter tensors, weights and biases, where there are any.

        Weights are a vector, or have these last two axes.
        """
        weights = matrix(self.weights, rows, columns) if rows else (self.weights,)
        return tuple(shape for shape in (weights, (self.biases,)) if shape[0])


#: No weights, no biases, no buffers.
NOTHING = Counts()


class Bounds(Record):
    """A part of an axis: every `step`-th cell from `start` up to and without `stop`."""

    axis: str
    start: int
    stop: int
    step: int


class Flow(Record):
    """The volumes that a placed layer reads and the one that it puts out."""

    inputs: Sequence[Volume]
    output: Volume

    @property
    def input(self) -> Volume:
        """The first input."""
        return self.inputs[0]
