"""Products with matrices that the module keeps, and with those that it calculates.

Sources: aten/src/ATen/native/LinearAlgebra.cpp, native_functions.yaml (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.pt2.program import Node
from analyzer.loader.formats.pt2.reading import Reading, Unsupported, operator
from analyzer.loader.formats.pt2.values import Fixed
from analyzer.loader.formats.pt2.weights import path_of, trainable, weighted
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Value: TypeAlias = Tensor | Fixed


@operator("aten.linear")
def linear(reading: Reading, node: Node) -> None:
    """`x·Wᵀ + b` over the last axis. Weights that are calculated are a second tensor."""
    x, weights = reading.tensor(node, "input"), reading.value(node, "weight")
    biases = reading.value(node, "bias") if reading.has(node, "bias") else None
    if isinstance(weights, Fixed) and len(weights.shape) == 2 and trainable(weights):
        reading.give(node, product(reading, node, x, weights.shape[0], weights, biases))
        return
    made = rowwise(reading, node, x, turned(reading, reading.as_tensor(weights)))
    reading.give(node, added(reading, node, made, biases))


def rowwise(reading: Reading, node: Node, x: Tensor, matrix: Tensor) -> Tensor:
    """The product of the last axis with a matrix that no layer has; the axes before it are one where there are many."""
    heart, place = reading.heart, reading.place(node)
    if x.rank < 4 or matrix.rank > 2:
        return heart.matmul(x, matrix, place)
    made = heart.matmul(heart.reshape(x, [x.shape[0], -1, x.shape[-1]], place), matrix, place)
    return heart.reshape(made, [*x.shape[:-1], made.shape[-1]], place)


def turned(reading: Reading, x: Tensor) -> Tensor:
    """The last two axes swapped."""
    return reading.heart.transpose(x, [*range(x.rank - 2), x.rank - 1, x.rank - 2])


def product(
    reading: Reading, node: Node, x: Tensor, units: int, weights: Fixed, biases: Value | None, *, plain: bool = False
) -> Tensor:
    """The product of the last axis with a matrix of the module; `dense` or `linear`.

    Biases that are not one parameter of a number for each unit, such as those that are put together of others, are
    added by a layer of their own. `plain` is whether the layer is not called by its weights.
    """
    own = isinstance(biases, Fixed) and biases.uncounted == biases.size == units
    shared = isinstance(biases, Fixed) and biases.whole is not None and biases.size == units
    inside = biases if isinstance(biases, Fixed) and (own or shared) else None
    place = reading.place(node, "" if plain else path_of(weights))
    if inside is not None and _in_another_type(reading, x, weights, inside):
        # a layer of another type has the same weights and biases: only the weights can be tied
        made = product(reading, node, x, units, weights, None, plain=plain)
        return reading.heart.pointwise("elementwise", made, reading.place(node), {"op": "add"})
    parameters: dict[str, Any] = {"units": units} if inside is not None else {"units": units, "bias": False}

    def write(given: dict[str, Any], more: dict[str, Any]) -> Tensor:
        return reading.heart.linear(x, place, given, **more)

    made = weighted(reading, parameters, weights, [inside], write)
    return made if inside is not None else added(reading, node, made, biases)


def _in_another_type(reading: Reading, x: Tensor, weights: Fixed, biases: Fixed) -> bool:
    """Whether a layer with these weights and biases is `linear` where this one is `dense`, or the other way round."""
    owner = None if weights.whole is None else reading.owners.get(id(weights.whole))
    if owner is None or owner.biases is not biases.root:
        return False
    return owner.layer.type != ("dense" if reading.heart.is_dense(x) else "linear")


def added(reading: Reading, node: Node, x: Tensor, more: Value | None) -> Tensor:
    """The sum of a product and of what is broadcast to it; the product where there is nothing."""
    if more is None:
        return x
    if isinstance(more, Fixed) and not more.origins:
        return reading.heart.pointwise("elementwise", x, reading.place(node), {"op": "add"})
    return reading.heart.merge("add", [x, reading.as_tensor(more)], reading.place(node))


@operator("aten.addmm", "aten.baddbmm", "aten.addbmm")
def add_product(reading: Reading, node: Node) -> None:
    """`self + mat1·mat2`."""
    names = ("mat1", "mat2") if node.operator == "aten.addmm" else ("batch1", "batch2")
    first, second = (reading.value(node, name) for name in names)
    total = reading.value(node, "self")
    if isinstance(second, Fixed) and len(second.shape) == 2 and trainable(second):
        x = reading.as_tensor(first)
        reading.give(node, product(reading, node, x, second.shape[1], second, total))
        return
    made = reading.heart.matmul(reading.as_tensor(first), reading.as_tensor(second), reading.place(node))
    if node.operator == "aten.addbmm":
        raise Unsupported
    reading.give(node, added(reading, node, made, None if reading.number(node, "beta", 1) == 0 else total))


@operator("aten.matmul", "aten.mm", "aten.bmm", "aten.mv", "aten.dot", "aten.vdot")
def matmul(reading: Reading, node: Node) -> None:
    """A layer where the module has the second matrix, or the first; otherwise a `matmul`."""
    first = reading.value(node, "self")
    second = reading.value(node, next(name for name in node.args if name != "self"))
    heart = reading.heart
    reading.agree([one for one in (first, second) if isinstance(one, Tensor)])
    if isinstance(second, Fixed) and len(second.shape) == 2 and trainable(second):
        x = reading.as_tensor(first)
        reading.give(node, product(reading, node, x, second.shape[1], second, None))
        return
    if isinstance(first, Fixed) and len(first.shape) == 2 and trainable(first) and len(second.shape) > 1:
        x = turned(reading, reading.as_tensor(second))
        made = product(reading, node, x, first.shape[0], first, None, plain=True)
        reading.give(node, turned(reading, made))
        return
    reading.give(node, heart.matmul(reading.as_tensor(first), reading.as_tensor(second), reading.place(node)))


@operator("aten.inner")
def inner(reading: Reading, node: Node) -> None:
    """The product over the last axes of both: `linear` where the module has the second matrix."""
    first, second = reading.value(node, "self"), reading.value(node, "other")
    if isinstance(second, Fixed) and len(second.shape) == 2 and trainable(second):
        x = reading.as_tensor(first)
        reading.give(node, product(reading, node, x, second.shape[0], second, None))
        return
    if len(second.shape) != 2:
        raise Unsupported
    matrix = turned(reading, reading.as_tensor(second))
    reading.give(node, reading.heart.matmul(reading.as_tensor(first), matrix, reading.place(node)))


@operator("aten.outer", "aten.ger")
def outer(reading: Reading, node: Node) -> None:
    """Each element of one vector times each of another."""
    a, b = reading.tensor(node), reading.tensor(node, "vec2")
    heart = reading.heart
    reading.give(node, heart.merge("multiply", [heart.unsqueeze(a, [1]), heart.unsqueeze(b, [0])], reading.place(node)))


@operator("aten.addmv")
def add_vector(reading: Reading, node: Node) -> None:
    """`self + mat·vec`."""
    made = reading.heart.matmul(reading.tensor(node, "mat"), reading.tensor(node, "vec"), reading.place(node))
    reading.give(node, added(reading, node, made, reading.value(node, "self")))


@operator("aten.tensordot")
def tensordot(reading: Reading, node: Node) -> None:
    """A product over pairs of axes, as matrices of the other axes and of these."""
    first, second = reading.value(node, "self"), reading.value(node, "other")
    here, there = reading.ints(node, "dims_self"), reading.ints(node, "dims_other")
    if isinstance(second, Fixed) and len(second.shape) == 2 and trainable(second) and there == [0]:
        x = reading.as_tensor(first)
        rest = [axis for axis in range(x.rank) if axis != x.at(here[0])]
        x = reading.heart.transpose(x, [*rest, x.at(here[0])])
        reading.give(node, product(reading, node, x, second.shape[1], second, None))
        return
    from analyzer.loader.formats.einsum import einsum as written

    a, b = reading.as_tensor(first), reading.as_tensor(second)
    letters = "abcdefghijklmnopqrstuvwxyz"
    terms = [letters[: a.rank], letters[a.rank : a.rank + b.rank]]
    for one, other in zip(here, there, strict=True):
        terms[1] = terms[1].replace(terms[1][b.at(other)], terms[0][a.at(one)])
    out = "".join(letter for letter in terms[0] + terms[1] if (terms[0] + terms[1]).count(letter) == 1)
    reading.give(node, written(reading.heart, f"{terms[0]},{terms[1]}->{out}", [a, b], reading.place(node)))


@operator("aten.einsum")
def einsum(reading: Reading, node: Node) -> None:
    """A product in the words of einsum."""
    from analyzer.loader.formats.einsum import einsum as written

    xs = [reading.as_tensor(value) for value in reading.values_of(node, "tensors")]
    reading.give(node, written(reading.heart, str(node.args["equation"]), xs, reading.place(node)))
