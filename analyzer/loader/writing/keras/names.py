"""Names that Keras takes: each once in a model, without `/`, and none that Keras gives a layer without one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.engine.network import Network
from analyzer.loader.writing.code.names import Names
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.keras.helpers.texts import HELPERS, needed

#: What makes a layer or an operation without a name in an expression, and its own name.
_MADE = re.compile(r"\b(?:layers|ops|ops\.image)\.(\w+)")

#: The operations that operators of Python become.
_OPERATORS = (
    "add", "subtract", "multiply", "divide", "true_divide", "floor_divide", "power", "mod", "get_item", "greater",
    "greater_equal", "less", "less_equal", "negative",
)  # fmt: skip


def keras_name(name: str) -> str:
    """A name without what Keras refuses."""
    return name.replace("/", "_")


def names_of(network: Network, built: Sequence[Built]) -> tuple[dict[int, str], bool]:
    """The name of each layer and input by its index, and whether each is `keras_name` of its own."""
    automatic = _automatic(built)
    names, found = Names(), {}
    for node in (*network.inputs, *network.nodes):
        wanted = keras_name(node.name)
        if re.sub(r"_\d+$", "", wanted) in automatic:
            wanted = f"{wanted}_layer"
        found[node.index] = names.new(wanted)
    own = all(found[node.index] == keras_name(node.name) for node in network.nodes)
    return found, own


def _automatic(built: Sequence[Built]) -> set[str]:
    """The names, without their numbers, that Keras gives what has no name in these layers."""
    texts = {one.forward for one in built} | {str(value) for one in built for value in one.positional}
    helpers = needed({name for one in built for name in one.needs})
    texts |= {HELPERS[name] for name in helpers}
    found = {snake(name) for text in texts for name in _MADE.findall(text)}
    return found | set(_OPERATORS) if any(not one.call for one in built) else found


def snake(name: str) -> str:
    """The name that Keras makes of a class: `ZeroPadding2D` → `zero_padding2d`.

    >>> snake("ZeroPadding2D"), snake("GlobalAveragePooling1D"), snake("mean")
    ('zero_padding2d', 'global_average_pooling1d', 'mean')
    """
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
