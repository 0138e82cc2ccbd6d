"""The operations that a layer runs as: what each puts out, and what its backward pass keeps.

A framework runs most layers as one operation and some as several (`squeeze_excite` is a mean, two dense layers, two
activations and a product). Each operation puts out one tensor and says *by reference* what its backward pass keeps, so
that a tensor which two operations keep is counted once. Sizes are elements of one sample; the engine knows the batch
and the bytes of an element.

Source: torch 2.13.0 as it runs on a CPU, read with `torch.autograd.graph.saved_tensors_hooks`; docs/memory.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, IntEnum

from analyzer.record import Record

#: A reference to the operation's own output, among what it keeps.
OUT = -1


class Place(IntEnum):
    """Where the output of an operation lies."""

    #: In memory of its own.
    OWN = 0
    #: In the memory of its first read, as a view of it.
    VIEW = 1
    #: In the memory of its first read, which it overwrites.
    INPLACE = 2
    #: In scratch memory of a call, freed before that returns, which no number counts.
    INSIDE = 3


class Gradient(IntEnum):
    """What arrives at a read in the backward pass."""

    #: A tensor of its own.
    NEW = 0
    #: The gradient of the output itself, or a view of it.
    PASSED = 1
    #: The gradient of the output, or a tensor of its own where the read was broadcast.
    SUMMED = 2
    #: None: the read is an index, or is only kept alive while the operation runs, as an argument of a module is.
    NONE = 3
    #: A tensor as large as the output, and where the read was broadcast its sum, after all of them are made.
    REDUCED = 4
    #: A tensor of its own that is made piece by piece while what the operation keeps is freed.
    LATE = 5


class Depth(IntEnum):
    """The place of the depth among the axes of a tensor: N×D×H×W or N×H×W×D."""

    FIRST = 0
    LAST = 1


class Lie(IntEnum):
    """How the elements of a tensor that an operation makes lie in memory."""

    #: In the order of its axes.
    ORDERED = 0
    #: As an elementwise kernel chooses: as the tensor beside it lies.
    ALIKE = 1
    #: With the depth last where the tensor beside it lies so and has two or three spatial axes, otherwise in order.
    FORMAT = 2
    #: The same with one spatial axis too: torch runs 1-D pools as 2-D ones.
    POOLED = 3
    #: With the batch after the positions, as recurrent layers work.
    STEPS = 4
    #: A matrix in order, with as many rows as the one that it reads.
    MATRIX = 5
    #: With the heads of a token side by side, as CUDA's memory-efficient attention works.
    HEADS = 6
    #: As its first read lies.
    AS_FIRST = 7


class Back(IntEnum):
    """How the gradient of a read lies in memory."""

    #: In the order of its axes.
    BY_ORDER = 0
    #: As the gradient of the output does.
    BY_GRADIENT = 1
    #: As the read does.
    BY_READ = 2


class Precision(Enum):
    """How autocast runs an operation."""

    #: In 16 bits.
    HALF = "half"
    #: In 32 bits, since a number of the parameters' format takes part.
    FULL = "full"
    #: In 32 bits behind a cast of what it reads, on CUDA only.
    FULL_ON_CUDA = "full on cuda"
    #: The same, on the CPU only.
    FULL_ON_CPU = "full on cpu"
    #: In the widest format of its reads.
    WIDEST = "widest"
    #: In the format of its first read.
    AS_READ = "as read"
    #: In 16 bits, with all its parameters in one tensor, which is kept; they lie so by themselves in 32 bits.
    TOGETHER = "together"


class Width(IntEnum):
    """A width that depends on the run, in place of bytes of an element."""

    #: Of a mean or a deviation: that of the parameters, on CUDA at least 4 bytes.
    STATISTIC = -2
    #: Of the logarithm that attention keeps for each row: that of the parameters, at least 4 bytes everywhere.
    LOGARITHM = -3
    #: Of a number of Python that a tensor is multiplied by: 8 bytes; a dispatch mode does not see it.
    SCALAR = -4


OWN, VIEW, INPLACE, INSIDE = Place
NEW, PASSED, SUMMED, NONE, REDUCED, LATE = Gradient
FIRST, LAST = Depth
ORDERED, ALIKE, FORMAT, POOLED, STEPS, MATRIX, HEADS, AS_FIRST = Lie
HALF, FULL, FULL_ON_CUDA, FULL_ON_CPU, WIDEST, AS_READ, TOGETHER = Precision
STATISTIC, LOGARITHM, SCALAR = Width

BY_ORDER, BY_GRADIENT, BY_READ = Back

#: How gradients lie by default, for each `Lie`.
_BACKWARD = (BY_ORDER, BY_GRADIENT, BY_READ, BY_READ, BY_READ, BY_ORDER, BY_ORDER, BY_ORDER)

#: The dense layers around an attention, in their order.
PROJECTIONS = ("query", "key", "value", "output")

#: Bytes of an index.
INDEX = 8


def matrix(elements: int, rows: int, columns: int) -> tuple[int, ...]:
    """The shape of a parameter tensor, by its last two axes, as optimizers want it."""
    return elements // (rows * columns), rows, columns


class Array(Record):
    """A tensor that an operation makes besides its output.

    size     elements of one sample, or of the whole batch where it is not `batched`
    width    bytes of an element, or a `Width`; None for the width of the operation's output
    batched  whether there is one for each sample
    always   whether inference makes it too
    kept     whether the backward pass needs it
    cuda     its width on CUDA, where it is another
    page     bytes that its size is rounded up to a multiple of
    """

    size: int
    width: int | None = None
    batched: bool = True
    always: bool = False
    kept: bool = True
    cuda: int | None = None
    page: int = 1

    def check(self) -> None:
        if self.cuda is None:
            self.cuda = self.width


#: A number of Python that the backward pass of a product keeps, and one that is added.
NUMBER = Array(1, SCALAR, batched=False)
ADDED = Array(1, SCALAR, batched=False, kept=False)


class Sum(Record):
    """A sum of so many rows of each sample, over the whole batch, into so many columns.

    `beside` says whether the elements of a row lie side by side; otherwise those of a column do. None: whether the
    planes of the operation's output do.
    """

    columns: int
    rows: int
    beside: bool | None = True


class View(Record):
    """How a view has the elements of what it reads. Where it neither cuts nor turns, it has another shape.

    A shape that strides do not allow is a copy.

    cut     the range that it takes of an axis: axis, start, stop, step
    turned  the order of the axes: of the batch, then those of the volume
    rows    whether the shape is a matrix, with a row for each position of each sample
    steps   whether the batch comes after the positions in that matrix, of this view or of the one that it reads
    loose   whether the backward pass reads the gradient as it lies
    """

    cut: tuple[int, int, int, int] | None = None
    turned: Sequence[int] | None = None
    rows: bool = False
    steps: bool = False
    loose: bool = False

    @property
    def reshapes(self) -> bool:
        """Whether it has another shape."""
        return self.cut is None and self.turned is None


#: The shape of the output, and that of a matrix of rows; the same with the batch after the positions.
RESHAPED = View()
ROWS = View(rows=True)
STEPS_RESHAPED = View(steps=True)
STEPS_ROWS = View(rows=True, steps=True)


class Kernel(Record):
    """What a kernel of CUDA takes beside what an operation says.

    back    tensors that its backward pass makes and frees, besides `transient`
    summed  the sum that the gradient of the operation's last parameter is: it takes a buffer
    narrow  the operation in its place where that runs in 16 bits, if another kernel takes those: from compute
            capability 8.0 on
    inside  whether it copies its first read for itself where that does not lie in order; the backward pass copies it
            again if that was kept, and the gradient of the output
    """

    back: Sequence[Array] = ()
    summed: Sum | None = None
    narrow: Operation | None = None
    inside: bool = False


class ConvolutionShape(Record):
    """The geometry of a convolution that a framework runs as one, for one sample.

    `read` and `made` are the cells of the padded input and of the output along each axis; `kernel`, `stride` and
    `dilation` have as many axes.
    """

    depth: int
    filters: int
    groups: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    read: tuple[int, ...]
    made: tuple[int, ...]
    transposed: bool = False

    def turned(self) -> ConvolutionShape:
        """The convolution whose backward pass this transposed one is."""
        return ConvolutionShape(
            self.filters,
            self.depth,
            self.groups,
            self.kernel,
            self.stride,
            self.dilation,
            self.made,
            self.read,
            not self.transposed,
        )


class Operation(Record):
    """One operation of a layer.

    reads      what it reads: the layer's input of that number, or, counted on from the last input, the output of an
               earlier operation of the layer; nothing where it only repeats parameters
    size       elements of its output
    place      where its output lies
    keeps      the reads (by the same numbers) and OUT that its backward pass needs
    extras     what it makes besides its output and keeps
    trained    the shape of each parameter tensor that it uses; axes before the last two may be put together
    buffers    what it keeps from step to step and does not train
    gradients  what arrives at each read; where it is left out, a view passes its gradient on and any other makes one
    transient  elements that the backward pass holds beside the gradients while it runs this operation
    once       elements that it holds there whatever the batch
    precision  how autocast runs it
    training   whether inference leaves it out: there its output is its first read
    product    whether what it keeps is needed only for the gradients of its other reads and its parameters
    parts      whether it is one of several operations that share the gradient of what they read: a split
    lies       how its output lies in memory
    backward   how the gradients of its reads lie; by default in order where the output does, by the gradient of the
               output where that lies `ALIKE`, and otherwise by the read
    orders     the reads that must lie in order: it reads a copy of one that does not
    view       how its output has the elements of its read, where it is a view with other axes or another shape
    volume     sizes of its output, where they are not those of the layer's
    viewed     whether the gradients of its parameters are views, so that no other is added into them in place
    cuda       what CUDA's kernel takes besides; see `Kernel`
    convolution  the convolution that it is, where it is one; None for others
    """

    reads: Sequence[int]
    size: int
    place: Place = OWN
    keeps: Sequence[int] = ()
    extras: Sequence[Array] = ()
    trained: Sequence[tuple[int, ...]] = ()
    buffers: Sequence[Array] = ()
    gradients: Sequence[Gradient] = ()
    transient: int = 0
    once: int = 0
    precision: Precision = AS_READ
    training: bool = False
    product: bool = False
    parts: bool = False
    lies: Lie = ORDERED
    backward: Back | None = None
    orders: Sequence[int] = ()
    view: View | None = None
    volume: Sequence[int] | None = None
    viewed: bool = False
    cuda: Kernel | None = None
    convolution: ConvolutionShape | None = None

    def check(self) -> None:
        if not self.gradients:
            self.gradients = (PASSED if self.place is VIEW else NEW,) * len(self.reads)
        if self.backward is None:
            self.backward = _BACKWARD[self.lies]
