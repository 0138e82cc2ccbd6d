"""The layers of a Keras model, with the path by which a person finds each.

In a network that is built from an `Input`, or from a list, a layer is called what the summary of Keras calls it, as in
the names that the reader of `.keras` files gives: `block1.conv`. In other models and layers it is the attribute that it
is kept in, `encoder.blocks.0`, unless its author gave it a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from analyzer.matching.keras.backend import Backend
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Found(Record):
    """A layer: its path, and whether it and all that is around it are trained."""

    layer: Any
    path: str
    trained: bool


def layers_of(model: Any, backend: Backend) -> dict[int, Found]:
    """Every layer of a model by its `id`, the model itself first, each under its first path."""
    found: dict[int, Found] = {}
    left = [Found(model, "", True)]
    while left:
        one = left.pop()
        if id(one.layer) in found:
            continue
        trained = one.trained and bool(one.layer.trainable)
        found[id(one.layer)] = Found(one.layer, one.path, trained)
        inner = [
            Found(layer, ".".join(filter(None, (one.path, name))), trained)
            for name, layer in children(one.layer, backend)
        ]
        left += reversed(inner)
    return found


def children(layer: Any, backend: Backend) -> Iterator[tuple[str, Any]]:
    """The layers in a layer, each with its name there; the one in a wrapper has none, and is called as the wrapper."""
    if not layer._layers:
        return
    if backend.is_own(layer, "Wrapper"):
        yield "", layer.layer
    inner = [one for one in layer._flatten_layers(include_self=False, recursive=False) if backend.is_layer(one)]
    # A `Sequential` keeps the network that it builds of its layers as one more layer.
    built = backend.network_of(layer)
    inner = [one for one in inner if one is not built]
    kept = {} if is_network(layer, backend) else _attributes(layer, backend)
    for one in inner:
        yield (one.name if _named(one) or id(one) not in kept else kept[id(one)]), one


def is_network(layer: Any, backend: Backend) -> bool:
    """Whether it calls its layers in an order that Keras knows."""
    return backend.is_own(layer, "Functional", "Sequential")


def _named(layer: Any) -> bool:
    """Whether the author gave it a name: Keras makes one of the class, `conv2d_3` of `Conv2D`."""
    made = re.sub(r"\W+", "", type(layer).__name__)
    made = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", made)
    made = re.sub("([a-z])([A-Z])", r"\1_\2", made).lower()
    return re.fullmatch(rf"{re.escape(made)}(_\d+)?", layer.name) is None


def _attributes(layer: Any, backend: Backend) -> dict[int, str]:
    """What the layers in a layer are called by its attributes: `head`, `blocks.0`, `towers.left`."""
    found: dict[int, str] = {}
    attributes = dict(vars(layer))
    attributes.update(attributes.pop("_modules", {}))  # where torch keeps those that are modules
    # Lists of all layers that Keras and TensorFlow keep beside the attributes are no places that a person knows.
    own = [one for one in attributes.items() if one[0] != "_layers" and not one[0].startswith("_self_")]
    left = own[::-1]
    seen: set[int] = set()
    while left:
        name, value = left.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if backend.is_layer(value):
            found.setdefault(id(value), name)
        elif isinstance(value, (list, tuple)):
            left += [(f"{name}.{place}", one) for place, one in reversed(list(enumerate(value)))]
        elif isinstance(value, Mapping):
            left += [(f"{name}.{key}", one) for key, one in reversed(list(value.items()))]
    return found
