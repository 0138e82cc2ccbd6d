"""Layers whose weights a file stores: what is counted with them, whose tensors they share, and their biases.

A tensor in a weight slot counts by the rule of the layer's type. A layer whose weights (two axes or more) are the
tensor of another layer is tied to it. Vectors are not a tie: exporters merge equal ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.loader.formats.onnx.reading import Reading, Unsupported
from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import WEIGHTS, Constant, Owner
from analyzer.loader.formats.sheet import Weights, Written
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: What writes a layer: its parameters, and what it is tied to.
    Write: TypeAlias = Callable[[dict[str, Any], Written | Weights | None], Tensor]


def held(reading: Reading, node: Node, place: int) -> Constant:
    """The constant in a weight slot. Raises `Unsupported` where weights are calculated from data."""
    value = reading.value(node, place)
    if not isinstance(value, Constant):
        raise Unsupported
    return value


def held_or_none(reading: Reading, node: Node, place: int) -> Constant | None:
    """The same of a slot that may be empty."""
    return held(reading, node, place) if node.reads(place) else None


def name_of(weights: Constant | None) -> str:
    """The name in the file of the tensor that weights come from."""
    root = None if weights is None else weights.weights
    return "" if root is None else root.tensor.name


def weighted(
    reading: Reading,
    parameters: dict[str, Any],
    weights: Constant,
    others: Sequence[Constant | None],
    write: Write,
) -> Tensor:
    """Writes a layer with weights; `others` are its biases and other vectors, counted with it.

    It is tied where another layer has the tensor of its weights: wholly where its biases are the same too. Parts of a
    tensor, such as those for queries and for keys, are weights of their own.
    """
    root = weights.weights
    whole = root is not None and weights.size == root.tensor.size
    biases = next((id(one.weights) for one in others if one is not None and one.weights is not None), None)
    owner = reading.owners.get(id(root)) if whole and root is not None and len(root.tensor.shape) > 1 else None
    tied: Written | Weights | None = None
    if owner is not None:
        tied = owner.layer if owner.biases == biases else Weights(owner.layer)
    before = len(reading.sheet.layers)
    made = write(parameters, tied)
    count(reading, weights, tied=owner is not None)
    for one in others:
        if one is not None:
            count(reading, one, tied=owner is not None and owner.biases == biases)
    if root is not None:
        reading.sheet.formats[reading.sheet.layers[-1].name] = root.tensor.dtype
    if whole and id(root) not in reading.owners:
        reading.owners[id(root)] = Owner(reading.sheet.layers[-1], biases)
    assert len(reading.sheet.layers) > before
    return made


def count(reading: Reading, value: Constant, *, tied: bool = False) -> None:
    """Counts a constant as weights of the layer that was written. A tied layer counts none of its own."""
    root = value.weights
    if root is None:
        reading.unstored += 0 if tied else value.size  # calculated: `ConstantOfShape` in place of weights
        return
    if value.uncounted:
        reading.unstored += value.size - value.uncounted
        reading.used(value, WEIGHTS)
    elif not tied:
        reading.unstored += value.size  # equal tensors that the exporter has merged


def biased(reading: Reading, node: Node) -> bool:
    """Whether an Add is the bias of the product that it reads: a vector, and the product has no other reader."""
    values = [reading.scope.get(name) for name in node.inputs]
    for at in (0, 1):
        product = reading.products.get(node.inputs[at]) if len(node.inputs) == 2 else None
        vector, x = values[1 - at], values[at]
        if product is None or not isinstance(vector, Constant) or not isinstance(x, Tensor):
            continue
        layer, axis = product
        if reading.uses.get(node.inputs[at], 0) > 1 or not _fits(vector, x, axis) or not vector.is_float:
            continue
        layer.item[layer.type].pop("bias")
        layer.parameters.pop("bias", None)  # type: ignore[attr-defined]  # the sheet's own dict
        count(reading, vector)
        root = vector.weights
        for owner in reading.owners.values():
            if owner.layer is layer:
                owner.biases = id(root)
        reading.give(node, x)
        return True
    return False


def _fits(vector: Constant, x: Tensor, axis: int) -> bool:
    """Whether a constant has a number for each cell of one axis of a tensor, and is broadcast over the others."""
    if vector.size != x.shape[axis] or len(vector.shape) > x.rank:
        return False
    at = axis - x.rank  # from the end, as broadcasting counts
    sizes = [size for place, size in enumerate(vector.shape, -len(vector.shape)) if place != at]
    return all(size == 1 for size in sizes) and (len(vector.shape) >= -at)
