"""Functional networks, made to run in the order of their layers.

Keras runs a network depth by depth, and the layers of one depth in the order in which it met them on its way back from
the outputs. The summary of a model and its file have another order, that of `model.layers`. Both are orders of
computation; the second is what people read, and what the reader of `.keras` files writes.

Source: keras/src/ops/function.py, `map_graph` and `_run_through_graph` (Keras 3.15.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from analyzer.matching.keras.backend import Backend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def order_networks(model: Any, backend: Backend) -> None:
    """Gives each functional network in a model that order; the attribute is put back with all others."""
    for layer in model._flatten_layers():
        if backend.is_own(layer, "Functional"):
            vars(layer)["_nodes_by_depth"] = {0: _ordered(layer)}


def _ordered(network: Any) -> Sequence[Any]:
    """The calls of a network: of those whose inputs exist, the one of the earliest layer is next."""
    places = {id(one): place for place, one in enumerate(network._operations)}
    nodes = [node for depth in network._nodes_by_depth.values() for node in depth]
    nodes.sort(key=lambda node: (places[id(node.operation)], _number(node)))
    at = {id(node): place for place, node in enumerate(nodes)}
    waiting = [0] * len(nodes)
    readers: dict[int, list[int]] = {}
    for place, node in enumerate(nodes):
        for source in {_source(tensor) for tensor in node.input_tensors} & at.keys():
            waiting[place] += 1
            readers.setdefault(at[source], []).append(place)
    ready = [place for place, count in enumerate(waiting) if not count]
    heapify(ready)
    found = []
    while ready:
        place = heappop(ready)
        found.append(nodes[place])
        for reader in readers.get(place, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, reader)
    return found


def _number(node: Any) -> int:
    """Which call of its layer it is."""
    return next(place for place, one in enumerate(node.operation._inbound_nodes) if one is node)


def _source(tensor: Any) -> int:
    """The call that puts a tensor out, by its `id`."""
    layer, number, _ = tensor._keras_history
    return id(layer._inbound_nodes[number])
