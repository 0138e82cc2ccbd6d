"""The operations that attention runs as, and what their backward passes keep.

Without a window as torch.nn.MultiheadAttention runs when it returns no weights: a fused attention that keeps queries,
keys, values, its output and a logarithm for each row. With a window as torchvision's Swin runs: a copy of each window,
the kept matrix of its attention, and a copy back. Decomposed relative positions are added to the matrix as in SAM.

Sources: torch 2.13.0 on a CPU; torchvision, `swin_transformer.shifted_window_attention`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from analyzer.layers.answers import Counts, Flow
from analyzer.layers.attention_kernels import Heads
from analyzer.layers.dense import sums_bias
from analyzer.layers.operations import (
    FULL,
    FULL_ON_CUDA,
    HALF,
    INDEX,
    INPLACE,
    LOGARITHM,
    MATRIX,
    NEW,
    NONE,
    NUMBER,
    OUT,
    OWN,
    PASSED,
    PROJECTIONS,
    RESHAPED,
    ROWS,
    STEPS_RESHAPED,
    STEPS_ROWS,
    SUMMED,
    VIEW,
    WIDEST,
    Array,
    Kernel,
    Operation,
)
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.volume import Volume

#: The shapes of parameter tensors.
Shapes = tuple[tuple[int, ...], ...]


class Attention(Record):
    """An attention over the volumes of a flow.

    groups      heads of keys and values
    key, value  the depth of a head's queries and keys, and of its values
    biases      the projections that have a bias
    relative    which tables of relative positions it has: `False` for none, `True` for one, or `decomposed`
    window      the sizes of the windows that limit it, if any
    """

    flow: Flow
    heads: int
    groups: int
    key: int
    value: int
    biases: tuple[str, ...]
    relative: bool | str = False
    window: tuple[int, ...] | None = None

    @property
    def volumes(self) -> tuple[Volume, Volume, Volume]:
        """The volumes of the queries, of the keys and of the values."""
        inputs = self.flow.inputs
        return inputs[0], inputs[1 % len(inputs)], inputs[-1]

    @property
    def projections(self) -> dict[str, tuple[int, int]]:
        """The outputs and the inputs of each projection at one token."""
        query, key, value = self.volumes
        sizes = (
            (self.heads * self.key, query.depth),
            (self.groups * self.key, key.depth),
            (self.groups * self.value, value.depth),
            (query.depth, self.heads * self.value),
        )
        return dict(zip(PROJECTIONS, sizes, strict=True))

    @property
    def tokens(self) -> tuple[int, int]:
        """The tokens of the query, and those of the memory; with a window, after the axes are padded to whole ones."""
        query, key, _ = self.volumes
        if self.window is None:
            return query.positions, key.positions
        padded = padded_tokens(query, self.window)
        return padded, padded

    @property
    def projected(self) -> tuple[int, int, int, int]:
        """The MACs of the projections, in their order."""
        queries, memory = self.tokens
        tokens = (queries, memory, memory, queries)
        query, key, value, output = (
            count * units * depth for count, (units, depth) in zip(tokens, self.projections.values(), strict=True)
        )
        return query, key, value, output

    @property
    def multiplied(self) -> tuple[int, int, int]:
        """The MACs of queries times keys, of their result times the values, and of queries times decomposed tables."""
        pairs, rows = self.tokens[0] * self.heads, prod(self.attended)
        tables = sum(self.attended) if self.relative == "decomposed" else 0
        return pairs * rows * self.key, pairs * rows * self.value, pairs * self.key * tables

    @property
    def attended(self) -> tuple[int, ...]:
        """The positions that a query attends to, on each axis."""
        return self.volumes[1].spatial if self.window is None else self.window

    @property
    def queried(self) -> tuple[int, ...]:
        """The positions of the queries that attend to the same ones, on each axis."""
        return self.flow.input.spatial if self.window is None else self.window

    @property
    def tables(self) -> Shapes:
        """The shapes of its tables of relative positions: a row a distance; a column a head, or a number of a key."""
        if self.relative == "decomposed":
            return tuple((2 * max(sizes) - 1, self.key) for sizes in zip(self.queried, self.attended, strict=True))
        return ((prod(2 * cells - 1 for cells in self.queried), self.heads),) if self.relative else ()

    @property
    def standard(self) -> bool:
        """Whether torch.nn.MultiheadAttention has these parameters: heads of D/h, one flag for all biases."""
        sizes = {self.heads * self.key, self.heads * self.value, self.volumes[0].depth}
        return len(sizes) == 1 and self.groups == self.heads and len(self.biases) in (0, len(PROJECTIONS))

    @property
    def packed(self) -> bool:
        """Whether one projection makes queries, keys and values."""
        same = self.key == self.value and self.heads == self.groups
        return same and len(self.flow.inputs) == 1 and len({name in self.biases for name in PROJECTIONS[:3]}) == 1

    def trained(self, name: str) -> Shapes:
        """The parameter tensors of one projection."""
        return self._dense(*self.projections[name], bias=name in self.biases)

    @property
    def trained_packed(self) -> Shapes:
        """The parameter tensors of the projection to queries, keys and values in one."""
        units, depth = self.projections["query"]
        return self._dense(3 * units, depth, bias="query" in self.biases)

    @staticmethod
    def _dense(units: int, depth: int, *, bias: bool) -> Shapes:
        return Counts(units * depth, units if bias else 0).tensors(units, depth)


def operations_of(attention: Attention, *, cuda: bool = False) -> Sequence[Operation]:
    """The operations that an attention runs as.

    The CPU's fused kernel takes heads whose keys and values have one depth.
    """
    if attention.window or attention.tables:
        return written_out(attention)
    if cuda:
        return fused_on_cuda(attention)
    return fused(attention) if attention.key == attention.value else unfused(attention)


def padded_tokens(volume: Volume, window: Sequence[int]) -> int:
    """The tokens of `volume` after its axes are padded to whole windows, as Swin pads before it projects them."""
    return prod(-(-size // cells) * cells for size, cells in zip(volume.spatial, window, strict=True))


def fused(attention: Attention) -> Sequence[Operation]:
    """The projections, one fused attention, and the projection back.

    Where torch.nn.MultiheadAttention takes the parameters it is that module, which projects its inputs with the tokens
    before the batch. Otherwise four dense layers read the inputs where they lie, as in Whisper and in Llama; torch's
    kernel reads shared keys and values without a copy for each head (`enable_gqa`).
    """
    chain = Chain(attention)
    mixed = attention.volumes[0].positions * attention.heads * attention.value
    reads = chain.packed() if attention.packed and attention.standard else chain.projected(copied=(False,) * 3)
    rows = Array(attention.volumes[0].positions * attention.heads, LOGARITHM, always=True)
    out = chain.then(reads, mixed, keeps=(*reads, OUT), extras=(rows,), precision=HALF)
    return chain.back(chain.then((out,), mixed, place=VIEW))


def fused_on_cuda(attention: Attention) -> Sequence[Operation]:
    """The same with CUDA's kernels; see `attention_kernels`.

    torch.nn.MultiheadAttention adds the biases to the product of tokens before the batch as an operation of its own,
    and puts the tokens before the batch again where the kernel does not.
    """
    chain = Chain(attention, cuda=True)
    standard = attention.packed and attention.standard
    heads = Heads(
        attention.heads, attention.volumes[0].positions, attention.key, attention.value, turned=attention.standard
    )
    reads = chain.packed() if standard else chain.projected(copied=(False,) * 3)
    chain.operations.append(heads.run(reads))
    out = len(attention.flow.inputs) + len(chain.operations) - 1
    view = Operation((out,), heads.size, place=VIEW)
    if attention.standard:
        out = chain.then((out,), heads.size, gradients=(PASSED,), cuda=Kernel(narrow=view if heads.flash else None))
    else:
        chain.operations.append(view)
        out += 1
    return chain.back(out)


def unfused(attention: Attention) -> Sequence[Operation]:
    """The same where no fused kernel takes the heads: products with the matrix of weights between them, which is kept.

    torch scales queries and keys, and its batched products read matrices that lie in order: heads beside each other are
    copied, and shared keys and values are copied for each head. It frees the scores inside of the call, as if the
    softmax overwrote them.
    """
    chain = Chain(attention)
    tokens, several = attention.tokens, attention.heads > 1
    arguments = query, key, value = chain.projected(copied=(several, True, several))
    keys, values = (tokens[1] * attention.heads * depth for depth in (attention.key, attention.value))
    if attention.groups < attention.heads:
        key, value = (chain.then((read,), size) for read, size in ((key, keys), (value, values)))
    elif several:
        value = chain.then((value,), values, gradients=(PASSED,))
    sizes = [tokens[0] * attention.heads * attention.key, keys]
    query, key = (chain.then((read,), size) for read, size in zip((query, key), sizes, strict=True))
    matrix = tokens[0] * tokens[1] * attention.heads
    scores = chain.then((query, key), matrix, keeps=(query, key), precision=HALF)
    weights = chain.then((scores,), matrix, place=INPLACE, keeps=(OUT,), precision=FULL_ON_CUDA)
    mixed = tokens[0] * attention.heads * attention.value
    # The arguments of the call are alive until it returns.
    held = (*arguments[:2], *arguments[2:] * several)
    gradients = (NEW, NEW, *[NONE] * len(held))
    out = chain.then((weights, value, *held), mixed, keeps=(weights, value), gradients=gradients, precision=HALF)
    return chain.back(
        chain.then((out,), mixed, place=OWN if several else VIEW, gradients=(NEW if several else PASSED,))
    )


class Chain(Record):
    """The operations of an attention so far, in their order; `cuda` says whether CUDA runs them."""

    attention: Attention
    cuda: bool = False
    operations: list[Operation] = field(factory=list, init=False)

    def then(self, reads: Sequence[int], size: int, **how: Any) -> int:
        """Adds an operation, and returns its number."""
        self.operations.append(Operation(reads, size, **how))
        return len(self.attention.flow.inputs) + len(self.operations) - 1

    def rows(self, read: int, volume: Volume) -> int:
        """The tokens of an input as a matrix."""
        view = STEPS_ROWS if self.attention.standard else ROWS
        return self.then((read,), volume.size, place=VIEW, view=view)

    def packed(self) -> tuple[int, int, int]:
        """One projection to queries, keys and values, and the three parts of a copy of it."""
        query = self.attention.volumes[0]
        rows = self.rows(0, query)
        packed = self.product((rows,), 3 * query.size, self.attention.trained_packed)
        copy = self.then((packed,), 3 * query.size, gradients=(PASSED,))
        first, second, third = (self.then((copy,), query.size, place=VIEW, gradients=(NEW,)) for _ in range(3))
        return first, second, third

    def product(self, reads: Sequence[int], size: int, trained: Shapes) -> int:
        """A dense layer of the first read; the others are arguments of its call."""
        apart = trained[1:] if self.cuda and self.attention.standard else ()
        product = self.then(
            reads,
            size,
            keeps=reads[:1],
            trained=trained[: len(trained) - len(apart)],
            gradients=(NEW, *[NONE] * (len(reads) - 1)),
            precision=HALF,
            viewed=True,
            cuda=sums_bias(trained, size) if not apart else None,
        )
        if not apart:
            return product
        cuda = sums_bias(apart, size)
        return self.then((product,), size, place=INPLACE, trained=apart, gradients=(PASSED,), precision=HALF, cuda=cuda)

    def projected(self, copied: tuple[bool, bool, bool]) -> tuple[int, int, int]:
        """Queries, keys and values; `copied` says of which the gradient is copied to lie as the projection's output."""
        attention, count = self.attention, len(self.attention.flow.inputs)
        standard = attention.standard
        whole = [self.rows(at, attention.flow.inputs[at]) for at in range(count)] if standard else []
        found: list[int] = []
        places = (0, 1 % count, count - 1)
        for name, volume, at, copy in zip(PROJECTIONS, attention.volumes, places, copied, strict=False):
            size, trained = volume.positions * attention.projections[name][0], attention.trained(name)
            rows = whole[at] if standard else self.rows(at, volume)
            held = () if standard else (at,)
            product = self.product((rows, *held), size, trained)
            found.append(self.then((product,), size, place=VIEW, gradients=(NEW,)) if copy else product)
        return found[0], found[1], found[2]

    def back(self, mixed: int) -> Sequence[Operation]:
        """The projection back, while the inputs are alive as arguments; all operations."""
        attention, count = self.attention, len(self.attention.flow.inputs)
        query, trained = attention.volumes[0], attention.trained("output")
        out = self.then(
            (mixed, *range(count)),
            query.size,
            keeps=(mixed,),
            trained=trained,
            gradients=(NEW, *[NONE] * count),
            precision=HALF,
            lies=MATRIX,
            viewed=True,
            cuda=sums_bias(trained, query.size),
        )
        self.then((out,), query.size, place=VIEW, view=STEPS_RESHAPED if attention.standard else RESHAPED)
        return self.operations


def written_out(attention: Attention) -> Sequence[Operation]:
    """The projections, the matrix of each head's attention, and the projection back.

    With a window a copy of each window goes before them, and a copy back after them.
    """
    volumes, first = attention.volumes, len(attention.flow.inputs)
    depth, tokens, heads = volumes[0].depth, attention.tokens, attention.heads
    matrix = tokens[0] * prod(attention.attended) * heads
    operations: list[Operation] = []

    def then(reads: Sequence[int], size: int, **how: Any) -> int:
        operations.append(Operation(reads, size, **how))
        return first + len(operations) - 1

    inputs: Sequence[int] = range(first)
    if attention.window:
        inputs = [
            then((at,), tokens[0] * volume.depth, gradients=(PASSED,))
            for at, volume in enumerate(attention.flow.inputs)
        ]
    places = (inputs[0], inputs[1 % first], inputs[-1])
    keys, values = tokens[1] * attention.groups * attention.key, tokens[1] * attention.groups * attention.value
    sizes = (tokens[0] * heads * attention.key, keys, values)
    if attention.packed:  # read by views
        read, trained = places[:1], attention.trained_packed
        packed = then(
            read, sum(sizes), keeps=read, trained=trained, precision=HALF, cuda=sums_bias(trained, sum(sizes))
        )
        query, key, value = (then((packed,), size, place=VIEW, gradients=(NEW,)) for size in sizes)
    else:
        query, key, value = (
            then((at,), size, keeps=(at,), trained=trained, precision=HALF, cuda=sums_bias(trained, size))
            for trained, at, size in zip(map(attention.trained, PROJECTIONS), places, sizes, strict=False)
        )
    plain = query
    query = then((query,), sizes[0], extras=(NUMBER,))
    held = (packed, query) if attention.packed else (query,)
    # A copy for each head that reads them: Keras and Llama repeat shared keys and values. Heads beside each other are
    # copied to lie in order.
    group = heads // attention.groups
    if heads > 1:
        query = then((query,), sizes[0], gradients=(PASSED,))
        key = then((key,), keys * group, gradients=(PASSED if group == 1 else NEW,))
        value = then((value,), values * group, gradients=(PASSED if group == 1 else NEW,))
    scores = then((query, key), matrix, keeps=(query, key), precision=HALF)
    if attention.relative == "decomposed":
        for product in _along_axes(attention, then, plain, sizes[0]):
            scores = then((scores, product), matrix, gradients=(PASSED, SUMMED), precision=WIDEST)
    elif attention.tables:
        scores = then((scores,), matrix, trained=attention.tables, gradients=(PASSED,), precision=FULL)
    weights = then((scores,), matrix, keeps=(OUT,), precision=FULL_ON_CUDA, cuda=Kernel((Array(matrix),)))
    mixed = then((weights, value), tokens[0] * heads * attention.value, keeps=(weights, value), precision=HALF)
    joined = then((mixed,), tokens[0] * heads * attention.value, gradients=(PASSED,))
    size, trained = tokens[0] * depth, attention.trained("output")
    out = then((joined,), size, keeps=(joined,), trained=trained, precision=HALF, cuda=sums_bias(trained, size))
    if attention.window:
        whole = tokens[0] == volumes[0].positions
        # The variables of the function are alive until it returns.
        gradients = (PASSED if whole else NEW, *[NONE] * len(held))
        then((out, *held), volumes[0].size, gradients=gradients)
    return operations


def _along_axes(attention: Attention, then: Callable[..., int], query: int, size: int) -> list[int]:
    """For each axis the product of the queries, which have `size` elements, and the positions along it."""
    tokens, heads = attention.tokens, attention.heads
    flat = then((query,), size, gradients=(PASSED,)) if heads > 1 else query
    last = len(attention.attended) - 1
    products = []
    for axis, (table, cells) in enumerate(zip(attention.tables, attention.attended, strict=True)):
        # The queries in rows along this axis: all but the last axis of a copy come between two others.
        along = flat if axis == last else then((flat,), size, gradients=(PASSED,))
        rows = attention.queried[axis] * cells  # of the table, one for each pair of positions on the axis
        looked = (Array(rows * attention.key, batched=False), Array(rows, INDEX, batched=False))
        made = tokens[0] * heads * cells
        products.append(then((along,), made, keeps=(along,), extras=looked, trained=(table,), precision=HALF))
    return products
