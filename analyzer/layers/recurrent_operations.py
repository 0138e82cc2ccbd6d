"""The operations that recurrent layers run as on a CPU, and what their backward passes keep.

A step is a few products of small tensors, and the backward pass needs most of their results. An LSTM is one kernel of
oneDNN for each layer and direction, whose workspace is kept.

Sources: torch 2.13.0, ATen/native/RNN.cpp (`GRUCell`, `SimpleCell`), mkldnn/RNN.cpp; oneDNN, `rnn_utils::set_offsets`.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.layers.operations import (
    HALF,
    INSIDE,
    LATE,
    MATRIX,
    NEW,
    NONE,
    OUT,
    PASSED,
    RESHAPED,
    STEPS_ROWS,
    VIEW,
    Array,
    Operation,
    View,
)
from analyzer.record import Record, field
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: The parameter tensors of one direction of a layer: of its input, of its state, and biases.
    Tensors: TypeAlias = Sequence[tuple[int, ...]]

#: Bytes of a page, to which oneDNN aligns each part of a workspace.
_PAGE = 4096


class Recurrence(Record):
    """A stack of recurrent layers over the steps of a volume.

    gates       gates of a unit
    kept        numbers that a unit keeps of each step; None where one kernel runs all steps, and keeps a workspace
    units       of one direction
    sequence    whether every step is put out
    operations  the operations so far, in their order
    """

    volume: Volume
    gates: int
    kept: int | None
    units: int
    sequence: bool
    operations: list[Operation] = field(factory=list, init=False)

    def then(self, reads: Sequence[int], size: int, **how: Any) -> int:
        """Adds an operation, and returns its number."""
        self.operations.append(Operation(reads, size, **how))
        return len(self.operations)

    def run(self, layers: Sequence[Sequence[Tensors]]) -> Sequence[Operation]:
        """The operations; `layers` has the parameter tensors of each direction of each layer."""
        depth, steps = self.units * len(layers[0]), self.volume.spatial[0]
        states = len(layers) * depth * (2 if self.kept is None else 1)
        begin = [Array(states)]  # zeros, the states before the first step
        read = 0
        for layer in layers:
            rows = read if read else self._rows()
            outs = []
            for place, tensors in enumerate(layer):
                if place and not read and self.kept is not None:
                    rows = self._rows()  # each product copies the input by itself
                run = self._kernel if self.kept is None else self._cells
                outs.append(run(rows, tensors, begin))
                begin = []
            read = outs[0]
            if len(outs) > 1:
                read = self.then(outs, depth * steps, gradients=(PASSED,) * len(outs), lies=MATRIX)
        return self._end(read, Volume((steps,), depth), Array(states, kept=False))

    def _end(self, read: int, whole: Volume, states: Array) -> Sequence[Operation]:
        """Puts the batch first again, and takes the last step where only that is put out."""
        read = self.then(
            (read, 0),  # the input is alive as the argument of the call until that returns
            whole.size,
            place=VIEW,
            gradients=(PASSED, NONE),
            view=View(steps=True, loose=True),
            volume=whole.sizes,
            extras=(states,),
        )
        if not self.sequence:
            steps = whole.spatial[0]
            view = View((0, steps - 1, steps, 1))
            read = self.then((read,), whole.depth, place=VIEW, gradients=(NEW,), view=view)
            self.then((read,), whole.depth, place=VIEW, view=RESHAPED)
        return self.operations

    def _rows(self) -> int:
        """A copy of the input with the steps before the batch."""
        return self.then((0,), self.volume.size, place=VIEW, view=STEPS_ROWS)

    def _cells(self, rows: int, tensors: Tensors, extras: Sequence[Array]) -> int:
        """One direction, step by step: the product of the whole input, which the cells read, and the cells.

        That product is freed inside of the call. In the backward pass its gradient grows while what the steps keep is
        freed. The gradients of the state's weights are added up, the first two as a third tensor.
        """
        weights, state, *biases = tensors
        steps = self.volume.spatial[0]
        size, kept = self.units * steps, self.kept or 0
        gates = self.then(
            (rows,),
            self.gates * size,
            place=INSIDE,
            keeps=(rows,),
            trained=(weights, *biases[:1]),
            gradients=(NEW,),
            precision=HALF,
            viewed=True,
        )
        return self.then(
            (gates,),
            size,
            extras=(*extras, Array(size * kept - self.units * (kept > 1))),  # the last output is not read again
            trained=(state, *biases[1:]),
            gradients=(LATE,),
            transient=-kept * self.units * (steps > 1),  # what the last step kept is free when the second adds them up
            once=2 * state[-2] * state[-1] * (steps > 1),
            precision=HALF,
            lies=MATRIX,
            viewed=True,
        )

    def _kernel(self, rows: int, tensors: Tensors, extras: Sequence[Array]) -> int:
        """One direction of an LSTM, with its workspace: gates twice, states of three kinds, and outputs twice."""
        steps = self.volume.spatial[0]
        gates, state = _leading(self.gates * self.units), _leading(max(self.units, tensors[0][-1]))
        parts = [gates * steps] * 2 + [2 * (steps + 1) * state] * 3 + [self.units * steps] * 2
        return self.then(
            (rows,),
            self.units * steps,
            keeps=(rows, OUT),
            extras=(*extras, *[Array(self.units)] * 2, *[Array(size, page=_PAGE) for size in parts]),
            trained=tuple(tensors),
            transient=2 * self.units,
            precision=HALF,
            lies=MATRIX,
        )


def _leading(elements: int) -> int:
    """The elements of a row of a workspace: whole lines of a cache, and no multiple of 256."""
    rounded = -(-elements // 16) * 16
    return rounded + 16 if rounded % 256 == 0 else rounded
