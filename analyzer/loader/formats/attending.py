"""Attention over queries, keys and values that other layers put out."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.loader.formats.arranging import Unarranged
from analyzer.loader.formats.digits import BATCH
from analyzer.loader.formats.sheet import Place, Written
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor


def attended(heart: Tensors, xs: Sequence[Tensor], beside: Sequence[Written], place: Place) -> Tensor:
    """An `attention` layer over a query, a key and a value of batch × heads × T × d, and maybe a mask.

    The first axis is one of the volume only where it has more than the batch, such as windows.
    """
    alone = all(x.shape[0] == 1 for x in xs)
    groups = [[axis] for axis in range(1 if alone else 0, 4)]
    volumes = [heart.arranged(x, groups, place) for x in xs]
    made = heart.new("attention", [*volumes, *beside], place, batch=False)
    if not alone:
        first = xs[0].axes[0]
        if BATCH not in first:
            return made
        if BATCH not in (first[0], first[-1]):
            raise Unarranged
        own = (BATCH, *made.axes[0]) if first[0] == BATCH else (*made.axes[0], BATCH)
        return Tensor(made.base, [own, *made.axes[1:]])
    return heart.batched(made, 0) if xs[0].batch is not None else heart.unsqueeze(made, [0])
