"""What the optimizer of a run keeps beside the parameters, and the tensors that its step makes, in bytes.

With master weights the optimizer keeps a copy of the 16-bit parameters in 32 bits, and all of its own numbers are in 32
bits. Before the step every gradient is copied to 32 bits, after it the copy is written back: docs/decisions has what
programs do.
"""

from __future__ import annotations

from math import prod

from analyzer.engine.memory.optimizers import OPTIMIZERS
from analyzer.engine.memory.settings import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.optimizers import Made, Shapes

#: Bytes of a number of the master weights.
_MASTER = 4


def kept_by(run: Run, shapes: Shapes, width: int) -> list[int]:
    """The bytes of each tensor that the optimizer of a run keeps: its state, and the master weights before it.

    On a card the counters are in main memory, unless the step is fused.

    >>> kept_by(Run(optimizer="adam", dtype="bfloat16", master_weights=True), [(10, 5)], width=2)
    [200, 200, 200, 4]
    """
    optimizer = OPTIMIZERS[run.optimizer]
    counters = run.device is None or run.step == "fused"
    if not run.master_weights:
        return optimizer.state(shapes, width, counters=counters)
    return [*(prod(shape) * _MASTER for shape in shapes), *optimizer.state(shapes, _MASTER, counters=counters)]


def made_by(run: Run, shapes: Shapes, width: int) -> list[Made]:
    """The tensors that are alive when the step of a run makes the most, each with the place of its parameter."""
    optimizer, decays = OPTIMIZERS[run.optimizer], run.weight_decay > 0
    if not run.master_weights:
        return optimizer.tensors(shapes, width, run.step, decays)
    gradients = [(prod(shape) * _MASTER, place) for place, shape in enumerate(shapes)]
    return [*gradients, *optimizer.tensors(shapes, _MASTER, run.step, decays)]
