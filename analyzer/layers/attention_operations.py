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


class Attention(Record):
    """An attention over the volumes of a flow.

    keys, values  the depth of all heads' keys, and of all their values
    tables        the shapes of its tables of relative positions
    window        the sizes of the windows that limit it, if any
    """

    flow: Flow
    heads: int
    keys: int
    values: int
    bias: bool
    tables: Shapes = ()
    window: tuple[int, ...] | None = None

    @property
    def volumes(self) -> tuple[Volume, Volume, Volume]:
        """The volumes of the queries, of the keys and of the values."""
        inputs = self.flow.inputs
        return inputs[0], inputs[1 % len(inputs)], inputs[-1]

    @property
    def packed(self) -> bool:
        """Whether one projection makes queries, keys and values."""
        return len(self.flow.inputs) == 1 and self.keys == self.values

    def projection(self, units: int, depth: int) -> Shapes:
        """The parameter tensors of a dense layer along the depth."""
        return Counts(units * depth, units if self.bias else 0).tensors(units, depth)


def padded_tokens(volume: Volume, window: Sequence[int]) -> int:
    """The tokens of `volume` after its axes are padded to whole windows, as Swin pads before it projects them."""
    return prod(-(-size // cells) * cells for size, cells in zip(volume.spatial, window, strict=True))


def fused(attention: Attention) -> Sequence[Operation]:
    """The projections, one fused attention, and the projection back."""
    keys, values = attention.keys, attention.values
    query, key, value = attention.volumes
    first, size, mixed = len(attention.flow.inputs), query.size, query.positions * values
    operations = []
    if attention.packed:  # the projection reads a copy with the tokens first
        packed = 3 * query.positions * keys
        trained = attention.projection(3 * keys, query.depth)
        third = Operation((first + 2,), packed // 3, place=VIEW, gradients=(NEW,))
        operations = [
            Operation((0,), size, gradients=(PASSED,)),
            Operation((first,), packed, keeps=(first,), trained=trained, precision=HALF),
            Operation((first + 1,), packed, gradients=(PASSED,)),
            third,
            third,
            third,
        ]
        reads = (first + 3, first + 4, first + 5)
    else:
        operations = [
            Operation((at,), volume.size, gradients=(PASSED,)) for at, volume in enumerate(attention.flow.inputs)
        ]
        copies = first, first + 1 % first, 2 * first - 1
        operations.extend(
            Operation(
                (at,),
                volume.positions * units,
                keeps=(at,),
                trained=attention.projection(units, volume.depth),
                precision=HALF,
            )
            for at, volume, units in zip(copies, (query, key, value), (keys, keys, values), strict=True)
        )
        reads = (2 * first, 2 * first + 1, 2 * first + 2)
    rows = Array(query.positions * attention.heads, LOGARITHM, always=True)
    after = first + len(operations)
    return (
        *operations,
        Operation(reads, mixed, keeps=(*reads, OUT), extras=(rows,), trained=attention.tables, precision=HALF),
        Operation((after,), mixed, place=VIEW),
        Operation(
            (after + 1, *range(first)),
            size,
            keeps=(after + 1,),
            trained=attention.projection(query.depth, values),
            gradients=(NEW, *[NONE] * first),
            precision=HALF,
        ),
    )


def windowed(attention: Attention) -> Sequence[Operation]:
    """A copy of each window, the projections, the matrix of each window's attention, and a copy back."""
    flow, keys, values = attention.flow, attention.keys, attention.values
    first, depth, table = len(flow.inputs), flow.input.depth, attention.tables
    window = attention.window or (1,) * flow.input.rank
    tokens = padded_tokens(flow.input, window)
    matrix = tokens * prod(window) * attention.heads
    operations = [Operation((place,), tokens * flow.inputs[place].depth, gradients=(PASSED,)) for place in range(first)]
    places = (first, first + 1 % first, 2 * first - 1)

    def then(reads: Sequence[int], size: int, **how: Any) -> int:
        operations.append(Operation(reads, size, **how))
        return first + len(operations) - 1

    if attention.packed:  # read by views
        trained = attention.projection(3 * keys, depth)
        packed = then(places[:1], 3 * tokens * keys, keeps=places[:1], trained=trained, precision=HALF)
        query, key, value = (then((packed,), tokens * keys, place=VIEW, gradients=(NEW,)) for _ in range(3))
    else:
        query, key, value = (
            then((at,), tokens * units, keeps=(at,), trained=attention.projection(units, of.depth), precision=HALF)
            for at, of, units in zip(places, attention.volumes, (keys, keys, values), strict=True)
        )
    scaled = then((query,), tokens * keys)
    key, value = (then((read,), tokens * units, gradients=(PASSED,)) for read, units in ((key, keys), (value, values)))
    scores = then((scaled, key), matrix, keeps=(scaled, key), precision=HALF)
    if table:
        scores = then((scores,), matrix, trained=table, gradients=(PASSED,), precision=FULL)
    weights = then((scores,), matrix, keeps=(OUT,), precision=FULL_ON_CUDA)
    mixed = then((weights, value), tokens * values, keeps=(weights, value), precision=HALF)
    joined = then((mixed,), tokens * values, gradients=(PASSED,))
    trained = attention.projection(depth, values)
    out = then((joined,), tokens * depth, keeps=(joined,), trained=trained, precision=HALF)
    then((out,), flow.output.size, gradients=(PASSED,) if tokens == flow.output.positions else (NEW,))
    return operations
