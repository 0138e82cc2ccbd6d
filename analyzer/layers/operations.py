"""What a layer runs as, operation by operation, for the memory it takes: what each puts out and what its backward keeps.

A framework runs most layers as one operation and some as several (`squeeze_excite` is a mean, two dense layers, two
activations and a product). Each operation puts out one tensor and says *by reference* what its backward pass keeps:
a tensor that two operations keep is there once. Sizes are elements of one sample; batch and widths enter in the engine.

Source: torch 2.13.0 as it runs on a CPU, read with `torch.autograd.graph.saved_tensors_hooks`; docs/memory.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.volume import Volume

#: A reference to the operation's own output, among what it keeps.
OUT = -1

#: Where an operation's output lies: in memory of its own, in a view of its first read's, or over its first read.
OWN, VIEW, INPLACE = 0, 1, 2

#: What arrives at a read in the backward pass: a tensor of its own; the output's gradient itself, or a view of it; the
#: same where nothing was broadcast and a tensor of its own where something was; nothing (indices, and what is not worked
#: with but held while the operation runs: a module's argument, a local variable).
NEW, PASSED, SUMMED, NONE = 0, 1, 2, 3

#: How autocast runs an operation: in 16 bits; in 32 (where a number of the parameters' format takes part); in 32, behind
#: a cast of what it reads, on CUDA alone or on the CPU alone; in the widest of its reads; as its first read comes.
HALF, FULL, FULL_ON_CUDA, FULL_ON_CPU = "half", "full", "full on cuda", "full on cpu"
WIDEST, AS_READ = "widest", "as read"

#: Widths of a statistic: of a mean or a deviation the parameters', and on CUDA at least 4 bytes; of an attention's
#: logarithm of a sum the parameters', at least 4 bytes everywhere.
STATISTIC, LOGARITHM = 0, -1

#: Bytes of an index.
INDEX = 8


def matrix(elements: int, rows: int, columns: int) -> tuple[int, ...]:
    """The shape of a parameter tensor of so many elements, by its last two axes, as optimizers want it."""
    return elements // (rows * columns), rows, columns


class Array:
    """A tensor that an operation makes besides its output.

    `size` elements of one sample, or of the whole batch where `batched` is false. `width` is bytes of an element,
    STATISTIC, or None for the width of the operation's output; `cuda` its width there, where it is another. `always` says
    that inference makes it too, `kept` that the backward pass needs it.
    """

    __slots__ = ("always", "batched", "cuda", "kept", "size", "width")

    def __init__(
        self,
        size: int,
        width: int | None = None,
        *,
        batched: bool = True,
        always: bool = False,
        kept: bool = True,
        cuda: int | None = None,
    ) -> None:
        self.size = size
        self.width = width
        self.batched = batched
        self.always = always
        self.kept = kept
        self.cuda = width if cuda is None else cuda


def padded_copy(volume: Volume, pairs: Sequence[tuple[int, int]]) -> tuple[Operation, ...]:
    """The copy that is made where the two sides of an axis are padded differently, which no window does by itself."""
    if all(before == after for before, after in pairs):
        return ()
    spatial = (size + before + after for size, (before, after) in zip(volume.spatial, pairs, strict=True))
    return (Operation((0,), prod(spatial) * volume.depth),)


class Operation:
    """One operation of a layer.

    reads      what it reads: the layer's input of that number, or, counted on from the last input, the output of an
               earlier operation of the layer; nothing where parameters alone are repeated
    size       elements of its output
    place      OWN, VIEW or INPLACE
    keeps      the reads (by the same numbers) and OUT that its backward pass needs
    extras     what it makes besides and keeps
    trained    the shape of each parameter tensor that it uses; axes before the last two may be put together
    buffers    what it keeps from step to step and does not train
    gradients  what arrives at each read: NEW, PASSED, SUMMED or NONE
    transient  elements that the backward pass holds beside the gradients while it works this operation out
    precision  how autocast runs it
    training   whether inference leaves it out: its output is its first read there
    product    whether what it keeps is needed for the gradients of its other reads and its parameters alone
    parts      whether it is one of several operations that share the gradient of what they read: a split
    """

    __slots__ = (
        "buffers", "extras", "gradients", "keeps", "parts", "place", "precision", "product", "reads", "size", "trained",
        "training", "transient",
    )  # fmt: skip

    def __init__(
        self,
        reads: Sequence[int],
        size: int,
        *,
        place: int = OWN,
        keeps: Sequence[int] = (),
        extras: Sequence[Array] = (),
        trained: Sequence[tuple[int, ...]] = (),
        buffers: Sequence[Array] = (),
        gradients: Sequence[int] | None = None,
        transient: int = 0,
        precision: str = AS_READ,
        training: bool = False,
        product: bool = False,
        parts: bool = False,
    ) -> None:
        self.reads = reads
        self.size = size
        self.place = place
        self.keeps = keeps
        self.extras = extras
        self.trained = trained
        self.buffers = buffers
        self.gradients = (PASSED if place == VIEW else NEW,) * len(reads) if gradients is None else gradients
        self.transient = transient
        self.precision = precision
        self.training = training
        self.product = product
        self.parts = parts
