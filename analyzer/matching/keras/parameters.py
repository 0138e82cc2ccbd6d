"""The variables of Keras layers: which are weights, biases and buffers, as the catalogue counts them.

Sources: keras/src/layers/layer.py, and the names that its layers give their variables (Keras 3.15.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from analyzer.matching.keras.backend import Backend
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What the additive trained numbers of a layer are called.
_BIASES = ("bias", "beta", "biases")


class Numbers(Record):
    """What a layer adds to a network: numbers that no earlier call had."""

    weights: int = 0
    biases: int = 0
    buffers: int = 0


class Variables(Record):
    """The variables of a layer."""

    weights: list[Any] = field(factory=list)
    biases: list[Any] = field(factory=list)
    buffers: list[Any] = field(factory=list)

    @property
    def parameters(self) -> list[Any]:
        """Weights and biases."""
        return [*self.weights, *self.biases]

    def __bool__(self) -> bool:
        return bool(self.weights or self.biases or self.buffers)


def own(layer: Any, backend: Backend) -> Variables:
    """The variables of a layer itself, not those of the layers in it."""
    return _collected([layer], backend)


def all_of(layer: Any, backend: Backend) -> Variables:
    """The variables of a layer and of all layers in it, each once."""
    return _collected([layer, *layer._flatten_layers(include_self=False)], backend)


def _collected(layers: Iterable[Any], backend: Backend) -> Variables:
    found = Variables()
    seen: set[int] = set()
    for layer in layers:
        for one in layer._trainable_variables:
            if id(one) not in seen:
                seen.add(id(one))
                (found.biases if _is_bias(layer, one) else found.weights).append(one)
        if backend.is_own(layer, "SpectralNormalization"):
            continue  # the vector for the norm of the weights is no number of the layer
        for one in layer._non_trainable_variables:
            if id(one) not in seen:
                seen.add(id(one))
                found.buffers.append(one)
    if found.biases and not found.weights and not backend.is_theirs(next(iter(layers))):
        found.weights, found.biases = found.biases, []
    return found


def _is_bias(layer: Any, variable: Any) -> bool:
    if variable.name in _BIASES or variable.name.endswith("_bias"):
        return True
    attributes = vars(layer)
    return any(attributes.get(name) is variable for name in (*_BIASES, "b"))


class Ledger:
    """Which variables were counted already, and under whose name: a variable counts at its first use only."""

    # By hand: it starts empty.
    def __init__(self) -> None:
        self.names: dict[int, str] = {}

    def counted(self, variables: Variables, name: str) -> tuple[Numbers, str | None]:
        """The numbers that a layer adds, and the name of the one whose weights it uses again, if it does."""
        tied = self._owner(variables.weights) or self._owner([*variables.parameters, *variables.buffers])
        numbers = Numbers(
            self._new(variables.weights, name), self._new(variables.biases, name), self._new(variables.buffers, name)
        )
        return numbers, tied

    def _owner(self, variables: list[Any]) -> str | None:
        """The name under which all of these were counted, if they were."""
        names = [self.names.get(id(one)) for one in variables]
        return names[0] if names and all(names) else None

    def _new(self, variables: list[Any], name: str) -> int:
        fresh = [one for one in variables if id(one) not in self.names]
        self.names.update((id(one), name) for one in fresh)
        return sum(prod(one.shape) for one in fresh)
