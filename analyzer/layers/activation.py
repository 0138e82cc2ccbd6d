"""Activations keep the volume and have no MACs. Only `prelu` has parameters, only `glu` changes the depth.

Sources: torch.nn (torch 2.13.0) for each of the same name; He et al. 2015 (PReLU); Dauphin et al. 2017 (GLU).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Refusal
from analyzer.layers.answers import Counts, Flow
from analyzer.layers.base import Layer
from analyzer.layers.kinds import Choice, Flag, Number
from analyzer.layers.operations import (
    ADDED,
    ALIKE,
    BY_GRADIENT,
    BY_ORDER,
    BY_READ,
    FIRST,
    FULL_ON_CUDA,
    HALF,
    ORDERED,
    OUT,
    POOLED,
    Array,
    Kernel,
    Operation,
    Sum,
)
from analyzer.layers.parameters import parameter
from analyzer.layers.readings import KEPT, WHOLE, Readings
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Axes, axis_named
from analyzer.layers.traits import Scores
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class Activation(Layer):
    """A function of each element. In place, its backward pass uses the output, or a copy of the input made before."""

    activates = True
    pointwise = True
    keeps = (0,)
    lies = ALIKE
    #: Whether the output is enough for its backward pass where it overwrote its input.
    invertible: ClassVar[bool] = False
    inplace: bool = parameter(Flag(), "whether it overwrites its input (memory only)", default=False)

    @property
    def overwrites(self) -> bool:
        return self.inplace

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        if not self.inplace:
            return (self.operation(flow, sharing),)
        keeps, extras = ((OUT,), ()) if self.invertible else ((), (Array(flow.output.size),))
        operation = self.operation(flow, sharing, extras)
        operation.keeps, operation.backward = keeps, BY_GRADIENT
        return (operation,)


class _FromOutput(Activation):
    """A function whose slope follows from its value."""

    keeps = (OUT,)
    invertible = True


class _Monotone(Activation):
    """A function that can be inverted; torch uses that only in place."""

    invertible = True


class Relu(_FromOutput, type="relu", elsewhere=("ReLU", "Threshold")):
    """max(0, x). Source: torch.nn.ReLU."""

    clips = True
    backward = BY_READ


class Relu6(Activation, type="relu6", elsewhere=("ReLU6",)):
    """min(max(0, x), 6). Source: torch.nn.ReLU6."""

    clips = True


class Elu(_Monotone, type="elu", elsewhere=("ELU",)):
    """x above 0, e^x − 1 below. Source: torch.nn.ELU."""


class Selu(_Monotone, type="selu", elsewhere=("SELU",)):
    """A scaled ELU. Source: torch.nn.SELU."""


class Celu(_Monotone, type="celu", elsewhere=("CELU",)):
    """A continuously differentiable ELU. Source: torch.nn.CELU."""


class Gelu(Activation, type="gelu", elsewhere=("GELU",)):
    """x·Φ(x). Source: torch.nn.GELU."""


class Silu(Activation, type="silu", elsewhere=("SiLU", "swish")):
    """x·sigmoid(x). Source: torch.nn.SiLU."""


class Mish(Activation, type="mish", elsewhere=("Mish",)):
    """x·tanh(softplus(x)). Source: torch.nn.Mish."""


class Softplus(Activation, type="softplus", elsewhere=("Softplus",)):
    """log(1 + e^x). Source: torch.nn.Softplus."""

    precision = FULL_ON_CUDA


class Softsign(Activation, type="softsign", elsewhere=("Softsign",)):
    """x/(1 + |x|). Source: torch.nn.Softsign."""

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """A magnitude, a sum and a quotient, which keeps its numerator and its denominator."""
        size = flow.output.size
        if self.inplace:
            return super().saved(flow, sharing)
        return (
            Operation((0,), size, keeps=(0,), lies=ALIKE),
            Operation((1,), size, lies=ALIKE, extras=(ADDED,)),
            Operation((0, 2), size, keeps=(0, 2), transient=2 * size, lies=ALIKE),
        )


class Sigmoid(_FromOutput, type="sigmoid", elsewhere=("logistic",)):
    """1/(1 + e^−x). Source: torch.nn.Sigmoid."""


class LogSigmoid(Activation, type="log_sigmoid", elsewhere=("LogSigmoid",)):
    """log(sigmoid(x)). Source: torch.nn.LogSigmoid."""

    lies = ORDERED
    backward = BY_GRADIENT

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its input and the exponentials where it is not in place."""
        if self.inplace:
            return super().saved(flow, sharing)
        return (self.operation(flow, sharing, (Array(flow.output.size, always=True),)),)


class HardSigmoid(Activation, type="hard_sigmoid", elsewhere=("Hardsigmoid",)):
    """A piecewise linear sigmoid. Source: torch.nn.Hardsigmoid."""


class HardSwish(Activation, type="hard_swish", elsewhere=("Hardswish", "HSwish", "HardSiLU")):
    """x·hard_sigmoid(x). Source: torch.nn.Hardswish."""


class HardTanh(Activation, type="hard_tanh", elsewhere=("Hardtanh", "Clip")):
    """x between −1 and 1. Source: torch.nn.Hardtanh."""

    clips = True


class Tanh(_FromOutput, type="tanh", elsewhere=("TanH",)):
    """The hyperbolic tangent. Source: torch.nn.Tanh."""


class _AlongAxis(_FromOutput):
    """The base of both softmaxes."""

    lies = ORDERED
    precision = FULL_ON_CUDA
    axis: tuple[str, ...] = parameter(
        Axes(single=True), "the axis that it sums along", default=("depth",), main=True, shown="depth"
    )

    @property
    def mixes_planes(self) -> bool:
        return self.axis == ("depth",)

    def output(self, inputs: Sequence[Volume]) -> Volume:
        axis_named(self.axis[0], inputs[0].axes, "axis")
        return inputs[0]

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its output. CUDA's kernel reads its input in order."""
        (operation,) = super().saved(flow, sharing)
        operation.cuda = Kernel(inside=True)
        return (operation,)

    def windows(self, flow: Flow, which: int) -> Readings:
        return tuple(WHOLE if name in self.axis else KEPT for name in flow.input.axes[:-1])


class Softmax(_AlongAxis, type="softmax", elsewhere=("Softmax2d",)):
    """Exponentials that sum to 1 along an axis, by default the depth. Source: torch.nn.Softmax."""

    scores = Scores.PROBABILITIES

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """The same; CUDA multiplies the output with its gradient before it sums."""
        (operation,) = super().saved(flow, sharing)
        operation.cuda = Kernel((Array(flow.output.size),), inside=True)
        return (operation,)


class LogSoftmax(_AlongAxis, type="log_softmax", elsewhere=("LogSoftmax",)):
    """The logarithm of softmax. Source: torch.nn.LogSoftmax."""

    scores = Scores.LOGARITHMS


class LeakyRelu(_Monotone, type="leaky_relu", elsewhere=("LeakyReLU", "leaky")):
    """x above 0, slope·x below; the slope is fixed. Source: torch.nn.LeakyReLU."""

    backward = BY_READ
    slope: float = parameter(Number(-(10**6), 10**6), "slope below 0", default=0.01, main=True)


class PRelu(Activation, type="prelu", elsewhere=("PReLU",)):
    """x above 0, slope·x below; the slope is trained.

    weights  1 (`per: layer`), D (`depth`) or W·H·D (`volume`)

    Sources: torch.nn.PReLU (1 or D); Keras PReLU (W·H·D).
    """

    depth_at = FIRST
    backward = BY_READ
    slope: float = parameter(Number(-(10**6), 10**6), "slope below 0 before training", default=0.01, main=True)
    per: str = parameter(
        Choice("layer", "depth", "volume"),
        "which elements share a slope: all, those of a plane, or none",
        default="layer",
    )

    def parameters(self, flow: Flow, sharing: Sharing) -> Counts:
        return Counts({"layer": 1, "depth": flow.input.depth, "volume": flow.input.size}[self.per])

    def saved(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """Keeps its input. The gradient of the slopes is as large as the volume until it is summed."""
        (operation,) = super().saved(flow, sharing)
        operation.transient = flow.output.size
        slopes = self.parameters(flow, sharing).weights
        operation.cuda = Kernel(summed=Sum(slopes, flow.output.size // slopes, beside=None))
        return (operation,)

    def saved_on_cuda(self, flow: Flow, sharing: Sharing) -> Sequence[Operation]:
        """CUDA's autocast has it in 16 bits."""
        (operation,) = self.saved(flow, sharing)
        operation.precision = HALF
        return (operation,)


class Glu(Layer, type="glu", elsewhere=("GLU",)):
    """One half of the depth times the sigmoid of the other.

    output   half the depth
    refused  an odd depth

    Sources: torch.nn.GLU; Dauphin et al. 2017.
    """

    activates = True
    pointwise = True
    keeps = (0,)
    lies = POOLED
    backward = BY_ORDER

    def output(self, inputs: Sequence[Volume]) -> Volume:
        if inputs[0].depth % 2:
            raise Refusal(
                f"{{layer}} halves the depth, but its input has an odd depth of {inputs[0].depth}",
                code="SHAPE207",
                notes=[f"{inputs[0].depth} = 2·{inputs[0].depth // 2} + 1"],
                help="an even number of filters before it",
            )
        return Volume(inputs[0].spatial, inputs[0].depth // 2)
