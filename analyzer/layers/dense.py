"""Dense layers: every output is a sum over the whole input, or over the depth at its position.

Sources: torch.nn.Linear, torch.nn.Embedding (torch 2.13.0); Keras Dense (3.15.1).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Bank, Counts, Flow
from analyzer.layers.axes import checked
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Flag, Whole
from analyzer.layers.operations import (
    FIRST,
    HALF,
    LAST,
    MATRIX,
    NEW,
    NONE,
    RESHAPED,
    ROWS,
    VIEW,
    Kernel,
    Operation,
    Sum,
)
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import KEPT, Cells, Readings
from analyzer.layers.reference_kinds import Sugar
from analyzer.layers.sharing import Sharing
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def along_depth(
    read: int, first: int, size: int, output: int, trained: Sequence[tuple[int, ...]], *, narrow: bool = False
) -> tuple[Operation, ...]:
    """A dense layer along the depth: a matrix of rows of what it reads, a product, and its rows in the old shape.

    `size` and `output` are the elements that it reads and makes, `first` is the number of the first operation. Only the
    product where the input is `narrow`, a row for each sample.
    """
    cuda = sums_bias(trained, output)
    if narrow:
        product = Operation((read,), output, keeps=(read,), trained=trained, precision=HALF, product=True, viewed=True)
        product.cuda = cuda
        return (product,)
    return (
        Operation((read,), size, place=VIEW, view=ROWS),
        Operation(
            (first, read),  # the matrix may be a copy, and the argument of a call is alive until it returns
            output,
            keeps=(first,),
            trained=trained,
            gradients=(NEW, NONE),
            precision=HALF,
            product=True,
            lies=MATRIX,
            viewed=True,
            cuda=cuda,
        ),
        Operation((first + 1,), output, place=VIEW, view=RESHAPED),
    )


def sums_bias(trained: Sequence[tuple[int, ...]], output: int) -> Kernel | None:
    """A product whose backward pass sums the gradient of its `output` over the rows; None where it has no biases."""
    units = trained[-1]
    return Kernel(summed=Sum(units[0], output // units[0])) if len(units) == 1 else None


class _Dense(Layer):
    """The base of both dense layers."""

    linear = True
    clamped = True
    units: int = parameter(Whole(), "number of outputs", main=True, agreed=True)
    bias: bool = parameter(Flag(), "whether biases are added", default=True)
    weight_norm: bool = parameter(
        Flag(), "whether the weights of a unit are a direction times a trained gain", default=False
    )
    norm: Any = parameter(Sugar("normalization"), "a normalisation layer added after it", default=None, shown="none")
    act: Any = parameter(Sugar("activation"), "an activation layer added after it", default=None, shown="none")

    @property
    def _gains(self) -> int:
        """The gains of `weight_norm`: one for each unit."""
        return self.units if self.weight_norm else 0

    def _counts(self, inputs: int) -> Counts:
        """The weights and biases for so many inputs of a unit, without gains."""
        return Counts(inputs * self.units, self.units if self.bias else 0)


class Dense(_Dense, type="dense", elsewhere=("InnerProduct", "fc", "fully_connected", "connected", "Gemm")):
    """A dense layer over the whole input volume, flattened.

    output   a vector of `units`
    weights  W·H·D · units; `weight_norm` adds units
    biases   units
    MACs     W·H·D · units

    Sources: Keras Flatten and Dense; Caffe InnerProduct; torch.nn.Flatten and Linear.
    """

    dense = True
    depth_at = FIRST

    def output(self, inputs: Sequence[Volume]) -> Volume:
        return Volume((), self.units)

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return self._counts(flow.input.size).with_gains(self._gains)

    def bank(self, flow: Flow) -> Bank | None:
        return None if self.weight_norm else Bank(1, flow.input.size, self.units)

    def macs(self, flow: Flow) -> int:
        return flow.input.size * self.units

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its input, flattened."""
        from analyzer.layers.weight_norm import normalised

        size = flow.input.size
        first = (Operation((0,), size, place=VIEW, view=RESHAPED, volume=(size,)),) if flow.input.rank else ()
        read, trained = len(first), self._counts(size).tensors(self.units, size)
        product = Operation(
            (read,), self.units, keeps=(read,), trained=trained, precision=HALF, product=True, viewed=True
        )
        product.cuda = sums_bias(trained, self.units)
        return (*first, normalised(product, self._gains))

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.EVERYTHING


class Linear(_Dense, type="linear", elsewhere=("Linear", "LazyLinear", "TimeDistributed", "EinsumDense")):
    """A dense layer along the depth, the same at each position.

    output   the spatial axes kept, depth `units`
    weights  D · units; `weight_norm` adds units
    biases   units
    MACs     D · units at each position

    Sources: torch.nn.Linear and Keras Dense, which act on the last axis.
    """

    depth_at = LAST

    def output(self, inputs: Sequence[Volume]) -> Volume:
        return checked(Volume(inputs[0].spatial, self.units))

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return self._counts(flow.input.depth).with_gains(self._gains)

    def bank(self, flow: Flow) -> Bank | None:
        return None if self.weight_norm else Bank(1, flow.input.depth, self.units)

    def macs(self, flow: Flow) -> int:
        return flow.input.size * self.units

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its input, as a matrix with a row for each position."""
        from analyzer.layers.weight_norm import normalised

        trained = self._counts(flow.input.depth).tensors(self.units, flow.input.depth)
        steps = along_depth(0, 1, flow.input.size, flow.output.size, trained, narrow=not flow.input.rank)
        return [normalised(step, self._gains) for step in steps]

    def windows(self, flow: Flow, which: int) -> Readings:
        return (KEPT,) * flow.output.rank


class Embedding(Layer, type="embedding", elsewhere=("EmbeddingBag", "Embed")):
    """Looks up vectors in a table.

    output   a vector of L indices becomes L x size
    weights  vocabulary · size
    MACs     none: it looks up and does not multiply
    refused  an input that is not a vector

    Sources: torch.nn.Embedding; Keras Embedding.
    """

    looks_up = True
    indices = 0
    depth_at = LAST
    vocabulary: int = parameter(Whole(), "number of vectors in the table")
    size: int = parameter(Whole(), "length of a vector", agreed=True)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        if inputs[0].spatial:
            raise Refusal(
                f"{{layer}} looks up a vector of indices, but its input is {inputs[0].pretty()}",
                code="SHAPE205",
                help="add `flatten` before it, or use an input such as `128`",
            )
        return checked(Volume((inputs[0].depth,), self.size))

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return Counts(self.vocabulary * self.size)

    def bank(self, flow: Flow) -> Bank:
        """A row of the table is what a vector of one 1 and zeros gives when it is multiplied by the table."""
        return Bank(1, self.vocabulary, self.size)

    def differentiates(self, which: int) -> bool:
        return False

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps the indices; no gradient flows to them."""
        trained = self.parameters(flow, sharing).tensors(self.vocabulary, self.size)
        return (Operation((0,), flow.output.size, keeps=(0,), trained=trained, gradients=(NONE,)),)

    def windows(self, flow: Flow, which: int) -> Readings:
        return Cells.UNKNOWN  # an index is of an axis that the vector does not have
