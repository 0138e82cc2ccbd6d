"""A training step on one device, moment by moment, as the strategies read it."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.record import Record


class Unit(Record):
    """Parameters that are gathered together: the number of all of them and of the trained ones (-1: all)."""

    parameters: int
    trained: int = -1

    def check(self) -> None:
        if self.trained < 0:
            self.trained = self.parameters


class Moment(Record):
    """The bytes alive while one operation runs, beside those that stay throughout the step.

    `gradients` are those of parameters that earlier operations of this backward pass made. Gradients that the operation
    makes itself are `transient`, as is everything that is neither saved nor kept for the step. `unit` is the position
    of the unit whose layer runs, None for a layer of the root.
    """

    phase: str
    saved: int = 0
    transient: int = 0
    gradients: int = 0
    unit: int | None = None
    layer: str = ""


class SingleDevice(Record):
    """One training step on one device.

    moments         in order of time
    root, units     the parameters of no unit; the units in the order of the forward pass
    optimizer       bytes of its state
    buffers, input  bytes
    libraries       bytes that cuBLAS keeps
    width           bytes of a parameter
    gradient_width  bytes of a gradient's number
    tensors         numbers of each trained tensor, for `zero1`; without them its ranks get equal shares
    loop            whether the optimizer's step works on one tensor at a time
    kept            whether gradients of earlier passes exist from the start (accumulation)
    """

    moments: Sequence[Moment]
    root: Unit
    units: Sequence[Unit] = ()
    optimizer: int = 0
    buffers: int = 0
    input: int = 0
    libraries: int = 0
    width: int = 4
    gradient_width: int = 4
    tensors: Sequence[int] = ()
    loop: bool = False
    kept: bool = False

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        return self.root.parameters + sum(unit.parameters for unit in self.units)

    @property
    def trained(self) -> int:
        """The number of parameters that have gradients."""
        return self.root.trained + sum(unit.trained for unit in self.units)
