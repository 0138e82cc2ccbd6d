"""The operations that attention runs as, and what their backward passes keep.

Without a window as torch.nn.MultiheadAttention runs when it returns no weights: a fused attention that keeps queries,
keys, values, its output and a logarithm for each row. With a window as torchvision's Swin runs: a copy of each window,
the kept matrix of its attention, and a copy back.

Sources: torch 2.13.0 on a CPU; torchvision, `swin_transformer.shifted_window_attention`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from analyzer.layers.answers import Counts, Flow
from analyzer.layers.operations import (
    FULL,
    FULL_ON_CUDA,
    HALF,
    LOGARITHM,
    NEW,
    NONE,
    OUT,
    PASSED,
    VIEW,
    Array,
    Operation,
)
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.volume import Volume

#: The shapes of parameter tensors.
Shapes = tuple[tuple[int, ...], ...]

#: The dense layers around an attention, in their order.
PROJECTIONS = ("query", "key", "value", "output")


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
    def attended(self) -> tuple[int, ...]:
        """The positions that a query attends to, on each axis."""
        return self.volumes[1].spatial if self.window is None else self.window

    @property
    def tables(self) -> Shapes:
        """The shapes of its tables of relative positions: a row a distance; a column a head, or a number of a key."""
        spatial = self.flow.input.spatial if self.window is None else self.window
        if self.relative == "decomposed":
            return tuple((2 * max(sizes) - 1, self.key) for sizes in zip(spatial, self.attended, strict=True))
        return ((prod(2 * cells - 1 for cells in spatial), self.heads),) if self.relative else ()

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


def operations_of(attention: Attention) -> Sequence[Operation]:
    """The operations that an attention runs as."""
    return written_out(attention) if attention.window or attention.tables else fused(attention)


def padded_tokens(volume: Volume, window: Sequence[int]) -> int:
    """The tokens of `volume` after its axes are padded to whole windows, as Swin pads before it projects them."""
    return prod(-(-size // cells) * cells for size, cells in zip(volume.spatial, window, strict=True))


def fused(attention: Attention) -> Sequence[Operation]:
    """The projections, one fused attention, and the projection back.

    Where torch.nn.MultiheadAttention takes the parameters it is that module, which projects copies with the tokens
    first. Otherwise four dense layers read the inputs where they lie, as in Whisper and in Llama; torch's kernel reads
    shared keys and values without a copy for each head (`enable_gqa`).
    """
    volumes, first = attention.volumes, len(attention.flow.inputs)
    query, mixed = volumes[0], volumes[0].positions * attention.heads * attention.value
    operations = []
    if attention.packed and attention.standard:
        packed = 3 * query.size
        third = Operation((first + 2,), query.size, place=VIEW, gradients=(NEW,))
        operations = [
            Operation((0,), query.size, gradients=(PASSED,)),
            Operation((first,), packed, keeps=(first,), trained=attention.trained_packed, precision=HALF),
            Operation((first + 1,), packed, gradients=(PASSED,)),
            third,
            third,
            third,
        ]
    else:
        copied = first if attention.standard else 0
        operations = [Operation((at,), volumes[at].size, gradients=(PASSED,)) for at in range(copied)]
        for name, volume, at in zip(PROJECTIONS, volumes, (0, 1 % first, first - 1), strict=False):
            size, read = volume.positions * attention.projections[name][0], copied + at
            trained = attention.trained(name)
            operations.append(Operation((read,), size, keeps=(read,), trained=trained, precision=HALF))
    after = first + len(operations)
    reads = (after - 3, after - 2, after - 1)
    rows = Array(query.positions * attention.heads, LOGARITHM, always=True)
    return (
        *operations,
        Operation(reads, mixed, keeps=(*reads, OUT), extras=(rows,), precision=HALF),
        Operation((after,), mixed, place=VIEW),
        Operation(
            (after + 1, *range(first)),
            query.size,
            keeps=(after + 1,),
            trained=attention.trained("output"),
            gradients=(NEW, *[NONE] * first),
            precision=HALF,
        ),
    )


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
        packed = then(read, sum(sizes), keeps=read, trained=trained, precision=HALF)
        query, key, value = (then((packed,), size, place=VIEW, gradients=(NEW,)) for size in sizes)
    else:
        query, key, value = (
            then((at,), size, keeps=(at,), trained=attention.trained(name), precision=HALF)
            for name, at, size in zip(PROJECTIONS, places, sizes, strict=False)
        )
    scaled = then((query,), sizes[0])
    # A copy for each head that reads them: Keras and Llama repeat shared keys and values.
    group = heads // attention.groups
    key = then((key,), keys * group, gradients=(PASSED if group == 1 else NEW,))
    value = then((value,), values * group, gradients=(PASSED if group == 1 else NEW,))
    scores = then((scaled, key), matrix, keeps=(scaled, key), precision=HALF)
    if attention.tables:
        scores = then((scores,), matrix, trained=attention.tables, gradients=(PASSED,), precision=FULL)
    weights = then((scores,), matrix, keeps=(OUT,), precision=FULL_ON_CUDA)
    mixed = then((weights, value), tokens[0] * heads * attention.value, keeps=(weights, value), precision=HALF)
    joined = then((mixed,), tokens[0] * heads * attention.value, gradients=(PASSED,))
    out = then((joined,), tokens[0] * depth, keeps=(joined,), trained=attention.trained("output"), precision=HALF)
    if attention.window:
        whole = tokens[0] == volumes[0].positions
        then((out,), volumes[0].size, gradients=(PASSED,) if whole else (NEW,))
    return operations
