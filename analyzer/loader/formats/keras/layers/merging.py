"""Merges of several tensors: a tensor of fewer axes gets axes of one cell behind the batch.

Sources: keras/src/layers/merging/ (Keras 3.15.1), `_standardize_inputs` of base_merge.py; batch_dot of dot.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.keras.call import Called, items, layer
from analyzer.loader.formats.keras.config import Mistake
from analyzer.loader.formats.views import Tensor
from analyzer.source import shown

_TYPES = {"Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Average": "average", "Maximum": "maximum"}


@layer("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
def merge(call: Called) -> Tensor:
    """A merge, broadcast."""
    xs = call.xs
    if len(xs) == 1:
        return xs[0]
    xs = _ranked(call, xs)
    check_broadcast(call, xs)
    if call.kind == "Minimum":
        return call.heart.merge("elementwise", xs, call.place(), {"op": "minimum"})
    return call.heart.merge(_TYPES[call.kind], xs, call.place())


def _ranked(call: Called, xs: Sequence[Tensor]) -> list[Tensor]:
    """The tensors with the same number of axes."""
    rank = max(x.rank for x in xs)
    return [call.heart.unsqueeze(x, range(1, 1 + rank - x.rank)) for x in xs]


def check_broadcast(call: Called, xs: Sequence[Tensor]) -> None:
    """Refuses tensors whose sizes differ where neither is 1."""
    rank = max(x.rank for x in xs)
    for sizes in zip(*[(1,) * (rank - x.rank) + x.shape for x in xs], strict=True):
        if len(set(sizes) - {1}) > 1:
            shapes = " and ".join(dict.fromkeys("x".join(map(str, x.shape[1:])) for x in xs))
            raise Mistake(f"`{shown(call.config.name)}` merges {shapes}: the sizes of an axis differ, and none is 1")


@layer("Concatenate")
def concatenate(call: Called) -> Tensor:
    """`concat` along an axis."""
    xs = call.xs
    axis = call.config.axis("axis", xs[0].rank, -1)
    if len(xs) == 1:
        return xs[0]
    for x in xs:
        rest = [size for at, size in enumerate(x.shape) if at != axis]
        if x.rank != xs[0].rank or rest != [size for at, size in enumerate(xs[0].shape) if at != axis]:
            shapes = " and ".join(dict.fromkeys("x".join(map(str, one.shape[1:])) for one in xs))
            raise Mistake(f"`{shown(call.config.name)}` joins {shapes} along axis {axis}, but other axes differ")
    return call.heart.concat(xs, axis, call.place())


@layer("Dot")
def dot(call: Called) -> Tensor:
    """`matmul` over one axis of each of two tensors."""
    first, second = items(call, 2, "`Dot` merges")
    given = call.config.wholes("axes")
    pair = given if len(given) == 2 else given * 2
    if any(not -x.rank <= axis < x.rank or axis % x.rank == 0 for axis, x in zip(pair, (first, second), strict=True)):
        raise call.config.wrong("axes", "an axis of each tensor behind the batch")
    return summed(call, first, second, pair[0] % first.rank, pair[1] % second.rank)


def summed(call: Called, first: Tensor, second: Tensor, one: int, other: int) -> Tensor:
    """The products of two tensors over an axis of each, sample by sample."""
    if first.shape[one] != second.shape[other]:
        name = shown(call.config.name)
        raise Mistake(f"`{name}` multiplies along axes of {first.shape[one]} and {second.shape[other]} cells")
    heart = call.heart
    left_axes = [axis for axis in range(1, first.rank) if axis != one]
    right_axes = [axis for axis in range(1, second.rank) if axis != other]
    left = heart.transpose(first, [0, *left_axes, one])
    left = heart.reshape(left, [first.shape[0], -1, first.shape[one]], call.beside())
    right = heart.transpose(second, [0, other, *right_axes])
    right = heart.reshape(right, [second.shape[0], second.shape[other], -1], call.beside())
    made = heart.matmul(left, right, call.place())
    shape = [first.shape[axis] for axis in left_axes] + [second.shape[axis] for axis in right_axes]
    return heart.reshape(made, [first.shape[0], *(shape or [1])], call.beside())
