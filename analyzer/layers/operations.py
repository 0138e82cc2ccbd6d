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
from math import prod

from analyzer.record import Record
from analyzer.volume import Volume

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


class Width(IntEnum):
    """A width that depends on the run, in place of bytes of an element."""

    #: Of a mean or a deviation: that of the parameters, on CUDA at least 4 bytes.
    STATISTIC = -2
    #: Of the logarithm that attention keeps for each row: that of the parameters, at least 4 bytes everywhere.
    LOGARITHM = -3


OWN, VIEW, INPLACE = Place
NEW, PASSED, SUMMED, NONE = Gradient
HALF, FULL, FULL_ON_CUDA, FULL_ON_CPU, WIDEST, AS_READ = Precision
STATISTIC, LOGARITHM = Width

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
    """

    size: int
    width: int | None = None
    batched: bool = True
    always: bool = False
    kept: bool = True
    cuda: int | None = None

    def check(self) -> None:
        if self.cuda is None:
            self.cuda = self.width


def padded_copy(volume: Volume, pairs: Sequence[tuple[int, int]]) -> tuple[Operation, ...]:
    """The copy that is made where the two sides of an axis are padded differently, which no framework's window does."""
    if all(before == after for before, after in pairs):
        return ()
    spatial = (size + before + after for size, (before, after) in zip(volume.spatial, pairs, strict=True))
    return (Operation((0,), prod(spatial) * volume.depth),)


def repeated_cells(volume: Volume, spatial: Sequence[int], mode: str) -> Operation:
    """The copy of `volume` with these spatial sizes whose new cells repeat values of it.

    `reflect` and `replicate` are one kernel, which keeps its input. torch writes `circular` as a copy into each side of
    an empty tensor, and keeps nothing; each step back holds three tensors of the padded size, one of them the gradient
    of the output.

    Source: torch 2.13.0, aten::_pad_circular.
    """
    size = prod(spatial) * volume.depth
    if mode == "circular":
        return Operation((0,), size, transient=2 * size - volume.size)
    return Operation((0,), size, keeps=(0,))


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
    precision  how autocast runs it
    training   whether inference leaves it out: there its output is its first read
    product    whether what it keeps is needed only for the gradients of its other reads and its parameters
    parts      whether it is one of several operations that share the gradient of what they read: a split
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
    precision: Precision = AS_READ
    training: bool = False
    product: bool = False
    parts: bool = False

    def check(self) -> None:
        if not self.gradients:
            self.gradients = (PASSED if self.place is VIEW else NEW,) * len(self.reads)
