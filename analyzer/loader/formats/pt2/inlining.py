"""Graphs inside of operations that only run them: parts without gradients, in another number format, or checkpointed.

Their operations take the place of the one that runs them. Source: torch/_higher_order_ops/wrap.py (2.13.0).
"""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.loader.formats.pt2.program import Broken, Graph, Node, Program, Ref, check_count, graph_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What runs a graph once, as it is.
_RUNS = frozenset(
    f"higher_order.{name}"
    for name in (
        "wrap", "wrap_with_set_grad_enabled", "wrap_with_autocast", "wrap_activation_checkpoint",
        "tag_activation_checkpoint", "invoke_subgraph", "strict_mode",
    )
)  # fmt: skip


def inlined(program: Program) -> Program:
    """The program with the operations of such graphs in the places of those that run them. Raises `Broken`."""
    if not any(node.target in _RUNS for node in program.nodes):
        return program
    found: list[Node] = []
    waiting = program.nodes[::-1]
    while waiting:
        node = waiting.pop()
        graph = next((arg for arg in node.args.values() if isinstance(arg, Graph)), None)
        if node.target not in _RUNS or graph is None:
            found.append(node)
            continue
        try:
            waiting += _opened(program, node, graph)[::-1]
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise Broken(f"the graph inside of `{shown(node.target)}` does not have the form of its schema") from None
        check_count(len(found) + len(waiting))
    program.nodes = found
    return program


def _opened(program: Program, node: Node, graph: Graph) -> list[Node]:
    """The operations of a graph, with the names that the program has for what goes in and comes out."""
    inner = graph_of(graph.data)
    args = list(node.args.values())
    operands = [one for arg in args[args.index(graph) + 1 :] for one in (arg if isinstance(arg, list) else [arg])]
    names = {name: arg.name for name, arg in zip(inner.inputs, operands, strict=False) if name and isinstance(arg, Ref)}
    nodes: list[Node] = []
    again: list[Node] = []
    for name, outer in zip(inner.outputs, node.names, strict=False):
        if name in names:  # an input, or what is put out twice
            again.append(Node("aten.alias.default", {"self": Ref(names[name])}, [outer], node.stack, node.trace))
        elif name:
            names[name] = outer
    for name, info in inner.infos.items():
        own = names.setdefault(name, name if name not in program.infos else f"{name}@{len(program.infos)}")
        program.infos.setdefault(own, info)
    for name, number in inner.numbers.items():
        program.numbers.setdefault(name, number)
    for one in inner.nodes:
        outputs = [_renamed(output, names) for output in one.outputs]
        args_of = {key: _given(arg, names) for key, arg in one.args.items()}
        nodes.append(Node(one.target, args_of, outputs, one.stack or node.stack, one.trace or node.trace))
    return nodes + again


def _given(arg: Any, names: Mapping[str, str]) -> Any:
    """An argument with the names of the program."""
    if isinstance(arg, Ref):
        return Ref(names.get(arg.name, arg.name))
    return [_given(one, names) for one in arg] if isinstance(arg, list) else arg


def _renamed(output: str | list[str] | None, names: Mapping[str, str]) -> str | list[str] | None:
    if isinstance(output, list):
        return [names.get(name, name) for name in output]
    return names.get(output, output) if output else output
