"""Distances and similarities, by the steps that they are calculated in.

Sources: aten/src/ATen/native/Distance.cpp; torch.nn.functional (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.pt2.operators.elementwise import is_volume
from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.sheet import Place
from analyzer.loader.formats.views import Tensor


@operator("aten.cosine_similarity")
def cosine_similarity(reading: Reading, node: Node) -> None:
    """The sum of products along an axis, divided by both norms."""
    place, heart = reading.place(node), reading.heart
    a, b = reading.tensor(node, "x1"), reading.tensor(node, "x2")
    axis = int(reading.number(node, "dim", 1))
    norms = [heart.reduce(x, "l2", [axis], True, place) for x in (a, b)]
    units = [heart.merge("elementwise", [x, n], place, {"op": "divide"}) for x, n in zip((a, b), norms, strict=True)]
    reading.give(node, heart.reduce(heart.merge("multiply", units, place), "sum", [axis], False, place))


@operator("aten.pairwise_distance", "aten.dist")
def distance(reading: Reading, node: Node) -> None:
    """The norm of the difference, over the last axis or over all of them."""
    names = ("x1", "x2") if "x1" in node.args else ("self", "other")
    place, heart = reading.place(node), reading.heart
    difference = heart.merge("subtract", [reading.tensor(node, name) for name in names], place)
    axes = [difference.rank - 1] if node.operator == "aten.pairwise_distance" else range(difference.rank)
    keep = bool(reading.number(node, "keepdim", False))
    reading.give(node, heart.reduce(difference, "l2", axes, keep, place))


@operator("aten.diff")
def diff(reading: Reading, node: Node) -> None:
    """Each cell of an axis less the one before it."""
    x, place, heart = reading.tensor(node), reading.place(node), reading.heart
    if reading.has(node, "prepend") or reading.has(node, "append"):
        raise Unsupported
    axis = x.at(int(reading.number(node, "dim", -1)))
    for _ in range(int(reading.number(node, "n", 1))):
        size = x.shape[axis]
        parts = [heart.slice(x, axis, 1, size, 1, place), heart.slice(x, axis, 0, size - 1, 1, place)]
        x = heart.merge("subtract", parts, place)
    reading.give(node, x)


@operator(
    "aten.mse_loss", "aten.l1_loss", "aten.smooth_l1_loss", "aten.huber_loss", "aten.binary_cross_entropy",
    "aten.binary_cross_entropy_with_logits", "aten.kl_div", "aten.soft_margin_loss",
)  # fmt: skip
def loss(reading: Reading, node: Node) -> None:
    """A function of each difference, and the mean or the sum of all."""
    place, heart = reading.place(node), reading.heart
    xs = [reading.value(node, name) for name in ("self", "target")]
    tensors = [reading.as_tensor(x) for x in xs if isinstance(x, Tensor) or is_volume(x)]
    made = (
        heart.merge("subtract", tensors, place)
        if len(tensors) > 1
        else heart.pointwise("elementwise", tensors[0], place, {"op": "subtract"})
    )
    op = {"aten.mse_loss": "square", "aten.l1_loss": "abs"}.get(node.operator, "where")
    made = heart.pointwise("elementwise", made, place, {"op": op})
    reading.give(node, _reduced(reading, node, made, place))


def _reduced(reading: Reading, node: Node, x: Tensor, place: Place) -> Tensor:
    op = {0: "", 1: "mean", 2: "sum"}[int(reading.number(node, "reduction", 1))]
    return reading.heart.reduce(x, op, range(x.rank), False, place) if op else x
