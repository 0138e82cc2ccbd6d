"""What a call and a row are compared by."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache
from math import prod

from analyzer.engine.result import Row
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.matching.observed import Observed

#: The families of layer types that are put in place of each other.
_LINEAR = ("convolution", "dense")

#: Weights, biases and buffers.
Counts = tuple[int, int, int]

#: What a call or a row is compared by.
Key = Callable[[Observed | Row], Hashable]


def counts(one: Observed | Row) -> Counts:
    """Its weights, biases and buffers."""
    cost = one if isinstance(one, Observed) else one.declared
    return cost.weights, cost.biases, cost.buffers


def is_free(call: Observed) -> bool:
    """Whether a call is a tensor by itself: what it puts out is what the first function makes of it."""
    return call.kind in ("Parameter", "Buffer")


def whole(one: Observed | Row) -> Hashable:
    """Its numbers and the size of what it puts out; of a tensor by itself only the numbers."""
    if isinstance(one, Row):
        return (*counts(one), one.output.size if one.node.inputs else -1)
    return (*counts(one), prod(one.outputs[0]) if one.outputs and not is_free(one) else -1)


def numbers(one: Observed | Row) -> Hashable:
    """Its numbers; of one that reuses the parameters of another, and so has none, also that it does."""
    return (*counts(one), one.tied is not None)


def family(one: Observed | Row) -> str:
    """What kind of layer it is: one of those that are put in place of each other, or an unknown class by its name."""
    if isinstance(one, Row):
        return _family(one.kind, one.kind)
    return _family(_type(one.kind), one.kind)


def is_norm(call: Observed) -> bool:
    """Whether a call normalises, as far as its class is known."""
    return family(call) == "normalization"


def _family(type: str | None, name: str) -> str:
    known = CATALOGUE.get(type or "")
    if known is None:
        return name
    return "linear" if known.family in _LINEAR else known.family


@cache
def _type(kind: str) -> str | None:
    """The layer type of a class of a framework; None for a class that the catalogue does not know."""
    if kind in CATALOGUE:
        return kind
    found = found_elsewhere(kind)
    return found.partition(":")[0] if found is not None else None


def parent(name: str) -> str:
    """The path of the module that a module is in."""
    return name.rpartition(".")[0]


def tail(name: str) -> str:
    """The last part of a name."""
    return name.rpartition(".")[2]
