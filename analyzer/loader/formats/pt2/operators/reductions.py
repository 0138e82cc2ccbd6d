"""Reductions: one number of the cells along axes."""

from __future__ import annotations

from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator

_OPS = {
    "aten.mean": "mean", "aten.sum": "sum", "aten.amax": "max", "aten.amin": "min", "aten.prod": "prod",
    "aten.max": "max", "aten.min": "min", "aten.max.dim": "max", "aten.min.dim": "min", "aten.logsumexp": "logsumexp",
    "aten.argmax": "argmax", "aten.argmin": "argmin", "aten.var": "variance", "aten.std": "std",
    "aten.linalg_vector_norm": "l2", "aten.norm": "l2", "aten.any": "max", "aten.all": "min", "aten.nansum": "sum",
    "aten.var_mean": "variance", "aten.std_mean": "std", "aten.frobenius_norm": "l2",
    "aten.count_nonzero": "sum", "aten.nanmean": "mean",

}  # fmt: skip


@operator(*_OPS)
def reduce(reading: Reading, node: Node) -> None:
    """Over the axes named, or over all. Beside a maximum, its places are a second output."""
    x = reading.tensor(node)
    op = _OPS.get(node.target) or _OPS[node.operator]
    axes = reading.ints(node, "dim") if reading.has(node, "dim") else []
    keep = bool(reading.number(node, "keepdim", False))
    made = reading.heart.reduce(x, op, axes or range(x.rank), keep, reading.place(node))
    if node.operator in ("aten.var_mean", "aten.std_mean"):
        mean = reading.heart.reduce(x, "mean", axes or range(x.rank), keep, reading.place(node))
        reading.give_all(node, [made, mean])
        return
    reading.give_all(node, [made, made])


@operator("aten.aminmax")
def aminmax(reading: Reading, node: Node) -> None:
    """The smallest and the largest, of one axis or of all."""
    x, place = reading.tensor(node), reading.place(node)
    axes = reading.ints(node, "dim") or range(x.rank)
    keep = bool(reading.number(node, "keepdim", False))
    reading.give_all(node, [reading.heart.reduce(x, op, axes, keep, place) for op in ("min", "max")])


@operator("aten.linalg_matrix_norm")
def matrix_norm(reading: Reading, node: Node) -> None:
    """Over two axes; the root of all squares unless another norm is named."""
    if str(reading.number(node, "ord", "fro")) != "fro":
        raise Unsupported
    x = reading.tensor(node)
    keep = bool(reading.number(node, "keepdim", False))
    reading.give(node, reading.heart.reduce(x, "l2", reading.ints(node, "dim", (-2, -1)), keep, reading.place(node)))
