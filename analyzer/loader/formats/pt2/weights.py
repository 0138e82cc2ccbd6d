"""Layers whose weights the module keeps: what is counted with them, and whose weights they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.loader.formats.pt2.reading import Reading, Unsupported
from analyzer.loader.formats.pt2.values import Fixed, Owner
from analyzer.loader.formats.sheet import Weights, Written
from analyzer.loader.formats.views import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: What writes a layer: its parameters, and what else `Tensors` and `Sheet.write` take by name.
    Write: TypeAlias = Callable[[dict[str, Any], dict[str, Any]], Tensor]


def path_of(weights: Fixed | None) -> str:
    """The path in the module of the parameter that weights are made of."""
    root = None if weights is None else weights.root
    return "" if root is None else root.kept.path


def trainable(weights: Fixed) -> bool:
    """Whether weights are parameters, as many as a layer of their shape has.

    They may be made of more, such as a gain; that has a layer of its own. A filter that nobody trains is none.
    """
    root = weights.root
    if root is None:
        return False
    total = sum(one.size for one in weights.origins if one.trained)
    return root.size == weights.size or total == weights.size


def weighted(
    reading: Reading,
    parameters: dict[str, Any],
    weights: Fixed,
    others: Sequence[Fixed | None],
    write: Write,
    *,
    ties: bool = True,
) -> Tensor:
    """Writes a layer with weights; `others` are its biases and other vectors, counted with it.

    It is tied where another layer has the parameter of its weights: wholly where its biases are the same too.
    """
    if not trainable(weights):
        raise Unsupported
    whole = weights.whole
    biases = next((one.root for one in others if one is not None), None)
    owner = reading.owners.get(id(whole)) if whole is not None and ties else None
    tied: Written | Weights | None = None
    if owner is not None:
        tied = owner.layer if owner.biases is biases else Weights(owner.layer)
    more: dict[str, Any] = {"tied": tied} if tied is not None else {}
    made_of = [one for value in (weights, *others) if value is not None for one in value.origins if one.trained]
    if made_of and all(one.frozen for one in made_of):
        more["frozen"] = True
    made = write(parameters, more)
    layer = reading.sheet.layers[-1]
    _count(reading, weights)
    for one in others:
        if one is not None:
            _count(reading, one)
    root = weights.root
    if root is not None:
        reading.sheet.formats[layer.name] = root.dtype
    if whole is not None and ties and id(whole) not in reading.owners:
        reading.owners[id(whole)] = Owner(layer, biases)
    return made


def _count(reading: Reading, weights: Fixed) -> None:
    """Counts the parameters of weights; what they are scaled with is a layer by itself, which nothing reads."""
    root = weights.root
    if root is not None and root.size == weights.size:
        root.counted = True
        for one in weights.origins:
            if one.trained and not one.counted:
                reading.beside(one)
    reading.buffers_of(weights)
    reading.count(weights)
