"""The steps of a tape: one operation of a network each, with sizes in bytes at one batch and number format."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.memory.sums import Buffer
from analyzer.engine.memory.workspace import workspaces
from analyzer.engine.network import Node
from analyzer.layers.operations import BY_ORDER, ORDERED, Back, ConvolutionShape, Lie, View
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.memory.workspace import Workspaces


class Convolved(Record):
    """A convolution as cuDNN runs it: its geometry, the bits of its elements, and what is taken for a batch.

    `tf32` says whether 32-bit numbers run in TF32, `last` whether its tensors lie with their planes last.
    """

    convolution: ConvolutionShape
    bits: int
    tf32: bool
    last: bool
    batch: int
    workspaces: Workspaces = field(init=False)

    def check(self) -> None:
        self.workspaces = self.taken(self.batch)

    def taken(self, batch: int) -> Workspaces:
        """What is taken for another batch."""
        return workspaces(self.convolution, batch, self.bits, tf32=self.tf32, channels_last=self.last)


class Step(Record):
    """One operation on the tape. All sizes are bytes.

    reads       the values that it reads
    bytes       the size of its output
    place       where the output lies: OWN, VIEW or INPLACE
    gradients   for each read, the rule of its gradient: NEW, PASSED, SUMMED or NONE
    keeps       the values that its backward pass needs, without parameters
    extras      sizes of tensors that it makes and saves in training
    made        sizes of tensors that it makes and frees in inference
    brief       sizes of tensors that it makes and frees wherever it runs
    parameters  for each parameter its number, and the size of its gradient as the operation makes it
    copies      sizes of the 16-bit copies of weights that autocast makes for it
    passing     sizes of the 16-bit copies of biases, which no backward pass needs
    transient   the size of the tensors that its backward pass makes beside the gradients
    summed      the buffer of a sum that its backward pass takes beside those
    inside      whether its backward pass copies the gradient of its output where that does not lie in order
    convolved   the convolution that cuDNN runs as this step; None for others
    product     whether each kept value is needed only for the gradients of the others
    collects    whether it collects the gradients of the parts of a split
    lies, backward  how its output and the gradients of its reads lie; see `Operation`
    view        the view that it is with other axes (of the tensor) or another shape, even where that is a copy
    viewed      whether the gradients of its parameters are views
    """

    node: Node
    reads: Sequence[int]
    bytes: int
    place: int
    gradients: Sequence[int]
    keeps: Sequence[int] = ()
    extras: Sequence[int] = ()
    made: Sequence[int] = ()
    brief: Sequence[int] = ()
    parameters: Sequence[tuple[int, int]] = ()
    copies: list[int] = field(factory=list)
    passing: list[int] = field(factory=list)
    transient: int = 0
    summed: Buffer | None = None
    inside: bool = False
    convolved: Convolved | None = None
    product: bool = False
    collects: bool = False
    lies: Lie = ORDERED
    backward: Back = BY_ORDER
    view: View | None = None
    viewed: bool = False
