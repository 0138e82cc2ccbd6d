"""Windows of a tensor as cells of their own, and back: im2col, col2im, and `Tensor.unfold`.

Sources: torch.nn.Unfold, torch.nn.Fold, torch.Tensor.unfold (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.choosing import chosen
from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@operator("aten.im2col")
def im2col(reading: Reading, node: Node) -> None:
    """N × C·ΠF × L of N × C × H × W: an `unfold`, which has the windows before their cells."""
    x, place, heart = reading.tensor(node), reading.place(node), reading.heart
    single = x.rank == 3
    x = heart.unsqueeze(x, [0]) if single else x
    if x.rank != 4 or x.shape[0] > 1:
        raise Unsupported
    inside = heart.arranged(x, [[2], [3], [1]], place)
    made = heart.new("unfold", [inside], place, _window(reading, node), batch=False)
    _give(reading, node, x, heart.transpose(made, [1, 0]), single=single)


@operator("aten.col2im")
def col2im(reading: Reading, node: Node) -> None:
    """N × C × H × W of N × C·ΠF × L: a `fold`. Cells of windows that overlap are added up."""
    x, place, heart = reading.tensor(node), reading.place(node), reading.heart
    single = x.rank == 2
    x = heart.unsqueeze(x, [0]) if single else x
    if x.rank != 3 or x.shape[0] > 1:
        raise Unsupported
    parameters = {"to": reading.ints(node, "output_size"), **_window(reading, node)}
    made = heart.new("fold", [heart.arranged(x, [[2], [1]], place)], place, parameters, batch=False)
    _give(reading, node, x, heart.transpose(made, [2, 0, 1]), single=single)


def _window(reading: Reading, node: Node) -> dict[str, Any]:
    usual = {"kernel_size": 1, "dilation": 1, "padding": 0, "stride": 1}
    names = {"kernel_size": "kernel"}
    given = {names.get(name, name): reading.ints(node, name, [one] * 2) for name, one in usual.items()}
    return {name: sizes * 2 if len(sizes) == 1 else sizes for name, sizes in given.items()}


def _give(reading: Reading, node: Node, x: Tensor, made: Tensor, *, single: bool) -> None:
    if not single:
        made = reading.heart.unsqueeze(made, [0]) if x.batch is None else reading.heart.batched(made, 0)
    reading.give(node, made)


@operator("aten.unfold", "aten.unfold_copy")
def unfold(reading: Reading, node: Node) -> None:
    """Windows of one axis: their number in its place, their cells as a new last axis.

    Windows that do not overlap only regroup the axis.
    """
    x, place, heart = reading.tensor(node), reading.place(node), reading.heart
    axis = x.at(int(reading.number(node, "dimension")))
    size, step = int(reading.number(node, "size")), int(reading.number(node, "step"))
    count = (x.shape[axis] - size) // step + 1
    if x.is_batch(axis) or count < 1:
        raise Unsupported
    if size <= step:
        if count * step > x.shape[axis]:  # the last window has no gap behind it
            last = heart.slice(x, axis, (count - 1) * step, (count - 1) * step + size, 1, place)
            x = last if count == 1 else chosen(heart, x, axis, count * size, place)
            step = size
        else:
            x = heart.slice(x, axis, 0, count * step, 1, place)
    else:
        x = chosen(heart, x, axis, count * size, place)
        step = size
    x = heart.reshape(x, [*x.shape[:axis], count, step, *x.shape[axis + 1 :]], place)
    x = heart.slice(x, axis + 1, 0, size, 1, place)
    reading.give(node, heart.transpose(x, [at for at in range(x.rank) if at != axis + 1] + [axis + 1]))
