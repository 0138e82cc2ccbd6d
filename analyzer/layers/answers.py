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

    def with_gains(self, gains: int) -> Counts:
        """The counts of a layer with so many gains of `weight_norm`."""
        return Counts(self.weights + gains, self.biases) if gains else self


#: No weights, no biases, no buffers.
NOTHING = Counts()


class Bank(Record, eq=True):
    """The weights of a layer that sums inputs times weights, as another layer may reuse them.

    groups    the groups of depth that do not mix
    reads     the depth that it reads
    filters   the depth that it puts out
    kernel    the cells of a filter; empty for a single cell, which any number of axes may have
    scatters  whether each input position adds its kernel to the output, as in a transposed convolution
    count     the banks of this shape that the layer has, as its file declares the sharing
    """

    groups: int
    reads: int
    filters: int
    kernel: tuple[int, ...] = ()
    scatters: bool = False
    count: int = 1

    def check(self) -> None:
        if set(self.kernel) <= {1}:
            self.kernel, self.scatters = (), False

    @property
    def transposed(self) -> Bank:
        """The bank of the layer that leads back: from the filters to the depth that was read."""
        return Bank(self.groups, self.filters, self.reads, self.kernel, not self.scatters, self.count)

    def __str__(self) -> str:
        kernel = f"{'×'.join(map(str, self.kernel))} · " if self.kernel else ""
        groups = f" in {self.groups:,} groups" if self.groups > 1 else ""
        banks = f", {self.count:,} times" if self.count > 1 else ""
        return f"{kernel}{self.reads:,} · {self.filters:,}{groups}{banks}"


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
        """The first input; of a layer that reads none, what it puts out."""
        return self.inputs[0] if self.inputs else self.output
