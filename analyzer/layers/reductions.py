"""Reductions: one value of all cells along whole axes. No parameters, no MACs.

Sources: torch.sum, amax, prod, linalg.vector_norm, logsumexp, var, std (torch 2.13.0); ONNX ReduceSum and its like.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.diagnostics import Refusal, listed
from analyzer.layers.answers import Flow
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Choice
from analyzer.layers.operations import FULL_ON_CUDA, NONE, OUT, Operation
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import KEPT, WHOLE, Readings
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Axes, axis_named
from analyzer.layers.traits import Averages
from analyzer.volume import Volume

#: The functions whose backward pass keeps nothing, their input, or both input and output.
_NOTHING, _INPUT, _BOTH = (), (0,), (0, OUT)

#: What torch's backward pass of each function keeps; some run as two operations, see `Reduce.saved`.
OPS = {
    "sum": _NOTHING,
    "mean": _NOTHING,
    "max": _BOTH,
    "min": _BOTH,
    "prod": _BOTH,
    "l1": _BOTH,
    "l2": _BOTH,
    "sum_square": _NOTHING,
    "log_sum": _NOTHING,
    "logsumexp": _BOTH,
    "variance": _INPUT,
    "std": _BOTH,
    "argmax": _NOTHING,
    "argmin": _NOTHING,
    "any": _NOTHING,
    "all": _NOTHING,
}

#: The functions that CUDA's autocast has in 32 bits.
_FULL = ("sum", "prod", "l1", "l2", "sum_square", "log_sum", "logsumexp")

#: The functions of an order or of a truth, which no gradient passes.
_STEPS = ("argmax", "argmin", "any", "all")


class _Along(Layer):
    """The base of both."""

    pools = True
    axis: tuple[str, ...]

    def output(self, inputs: Sequence[Volume]) -> Volume:
        sizes = list(inputs[0].sizes)
        for name in self.axis:
            sizes[axis_named(name, inputs[0].axes, "axis")] = 1
        return Volume.of(sizes)

    def windows(self, flow: Flow, which: int) -> Readings:
        return tuple(WHOLE if name in self.axis else KEPT for name in flow.input.axes[:-1])


class Mean(_Along, type="mean", elsewhere=("ReduceMean", "reduce_mean")):
    """The mean along one axis or several.

    output   each named axis becomes 1

    Sources: torch.mean with keepdim; ONNX ReduceMean.
    """

    keeps = ()
    averages = Averages.AXIS
    axis: tuple[str, ...] = parameter(Axes(), "the axis, or the list of axes, of which it takes the mean", main=True)


class Reduce(
    _Along,
    type="reduce",
    elsewhere=(
        "ReduceSum → reduce: {op: sum}", "ReduceMax → reduce: {op: max}", "ReduceMin → reduce: {op: min}",
        "ReduceProd → reduce: {op: prod}", "ReduceL1 → reduce: {op: l1}", "ReduceL2 → reduce: {op: l2}",
        "ReduceSumSquare → reduce: {op: sum_square}", "ReduceLogSum → reduce: {op: log_sum}",
        "ReduceLogSumExp → reduce: {op: logsumexp}",
        "amax → reduce: {op: max}", "min → reduce: {op: min}", "amin → reduce: {op: min}",
        "prod → reduce: {op: prod}", "var → reduce: {op: variance}", "std → reduce: {op: std}",
        "norm2 → reduce: {op: l2}", "logsumexp → reduce: {op: logsumexp}", "argmax → reduce: {op: argmax}",
        "argmin → reduce: {op: argmin}",
    ),
):  # fmt: skip
    """One value of all cells along an axis or several, by a function of a closed list.

    output   each named axis becomes 1
    refused  `argmax` and `argmin` of several axes

    Sources: torch.sum, amax, prod, linalg.vector_norm, logsumexp, var, argmax with keepdim; ONNX ReduceSum, ReduceL2.
    """

    op: str = parameter(Choice(*OPS), "the function", main=True)
    axis: tuple[str, ...] = parameter(
        Axes(), "the axis, or the list of axes, that it makes one cell of", default=("depth",), shown="depth"
    )

    def output(self, inputs: Sequence[Volume]) -> Volume:
        if self.op in ("argmax", "argmin") and len(self.axis) > 1:
            raise Refusal(
                f"{{layer}} looks for an index along {listed(self.axis, last='and')}, but an index has one axis",
                code="VALUE101",
                parameter="axis",
                help="`reshape` makes one axis of several",
            )
        return super().output(inputs)

    def differentiates(self, which: int) -> bool:
        return self.op not in _STEPS

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """One operation, or several: a product runs axis by axis, squares come first and a logarithm comes last."""
        size = flow.output.size
        if self.op == "sum_square":
            return Operation((0,), flow.input.size, keeps=(0,), volume=flow.input.sizes), Operation((1,), size)
        if self.op == "log_sum":
            return Operation((0,), size), Operation((1,), size, keeps=(1,))
        if self.op == "prod" and len(self.axis) > 1:
            return self._axis_by_axis(flow.input)
        gradients = (NONE,) if self.op in _STEPS else ()
        return (Operation((0,), size, keeps=OPS[self.op], gradients=gradients),)

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """CUDA's autocast has most of them in 32 bits."""
        operations = self.saved(flow, sharing)
        if self.op in _FULL:
            for operation in operations:
                operation.precision = FULL_ON_CUDA
        return operations

    def _axis_by_axis(self, volume: Volume) -> Sequence[Operation]:
        """A product along each axis, one after the other."""
        operations: list[Operation] = []
        sizes = list(volume.sizes)
        for read, name in enumerate(self.axis):
            sizes[volume.axes.index(name)] = 1
            operations.append(Operation((read,), prod(sizes), keeps=(read, OUT), volume=tuple(sizes)))
        return operations
