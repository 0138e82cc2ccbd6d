"""The functions that a file brings along: none calls itself, and putting them in place of their calls does not explode.

A function that calls another twice, which calls a third twice, and so on, is a small file and a huge graph.
"""

from __future__ import annotations

from analyzer.loader.formats.onnx.order import all_nodes, order_function
from analyzer.loader.formats.onnx.records import Function, Model, Node
from analyzer.loader.formats.onnx.wire import Damaged
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Key: TypeAlias = tuple[str, str, str]

#: More nodes, those of subgraphs and of called functions included, are not read.
MOST_NODES = 100_000

#: Functions that call each other may be as many deep.
DEEPEST = 64


def called(model: Model, node: Node) -> Function | None:
    """The function of the file that a node calls; None for an operator."""
    return model.functions.get((node.domain, node.operator, node.overload))


def check_functions(model: Model) -> None:
    """Puts the nodes of functions in an order. Raises `Damaged` where calls never end, or lead to too many nodes."""
    if not model.functions:
        return
    for function in model.functions.values():
        order_function(function)
    calls = {key: _calls(model, list(function.nodes)) for key, function in model.functions.items()}
    sizes: dict[Key, int] = {}
    for key in model.functions:
        _measure(key, calls, sizes, model)
    _refuse_many(sum(sizes[key] for key in _calls(model, model.graph.nodes)) + _count(model.graph.nodes))


def _calls(model: Model, nodes: list[Node]) -> list[Key]:
    """The functions that nodes call, one for each call."""
    keys = ((node.domain, node.operator, node.overload) for node in all_nodes(nodes))
    return [key for key in keys if key in model.functions]


def _count(nodes: list[Node]) -> int:
    return sum(1 for _ in all_nodes(nodes))


def _measure(first: Key, calls: dict[Key, list[Key]], sizes: dict[Key, int], model: Model) -> None:
    """The nodes of a function with those of the functions that it calls, of these first."""
    path = [first]
    open_: set[Key] = set()
    while path:
        key = path[-1]
        before = [other for other in calls[key] if other not in sizes]
        if key in sizes or not before:
            path.pop()
            open_.discard(key)
            sizes[key] = _count(model.functions[key].nodes) + sum(sizes[other] for other in calls[key])
            continue
        open_.add(key)
        if any(other in open_ for other in before):
            raise Damaged(f"the function `{shown(key[1])}` calls itself")
        if len(open_) > DEEPEST:
            raise Damaged(f"functions call each other more than {DEEPEST} deep")
        path += set(before)


def _refuse_many(count: int) -> None:
    if count > MOST_NODES:
        many = f"{count:,}" if count < 10**12 else "more than 10¹²"
        raise Damaged(f"it has {many} nodes with those of its functions; at most {MOST_NODES:,} are read")
