"""The nodes of a graph in an order of computation, and the mistakes that prevent one.

Every name has one maker, every name that a node reads has a maker, and no node reads what follows from it. A graph
inside a node reads names of the graphs around it, so the node reads them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analyzer.loader.formats.onnx.records import Function, Graph, Node, Tensor
from analyzer.loader.formats.onnx.wire import Damaged
from analyzer.source import shown


def graphs_of(node: Node) -> Iterator[Graph]:
    """The graphs inside a node, without those inside them."""
    for value in node.attributes.values():
        if isinstance(value, Graph):
            yield value
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, Graph):
                    yield one


def all_nodes(nodes: Sequence[Node]) -> Iterator[Node]:
    """These nodes and those of the graphs inside them."""
    waiting = [iter(nodes)]
    while waiting:
        node = next(waiting[-1], None)
        if node is None:
            waiting.pop()
            continue
        yield node
        waiting += (iter(graph.nodes) for graph in graphs_of(node))


def tensors_inside(graph: Graph) -> Iterator[Tensor]:
    """The tensors that a graph stores: initializers and `Constant` nodes, those of the graphs inside it too."""
    waiting = [graph]
    while waiting:
        inner = waiting.pop()
        yield from inner.initializers.values()
        for node in inner.nodes:
            if node.operator == "Constant":
                yield from (value for value in node.attributes.values() if isinstance(value, Tensor))
            waiting += graphs_of(node)


def order_graph(graph: Graph) -> None:
    """Puts the nodes of the main graph, and of the graphs inside, in an order. Raises `Damaged`."""
    for name, label in _order(graph).items():
        raise _unmade(name, label)


def order_function(function: Function) -> None:
    """Puts the nodes of a function in an order. Raises `Damaged`."""
    body = Graph(function.name, function.nodes, {}, [], [], {})
    for name, label in _order(body, function.inputs, function.outputs).items():
        raise _unmade(name, label)
    function.nodes = body.nodes


def _unmade(name: str, label: str) -> Damaged:
    if label:
        return Damaged(f"`{shown(label)}` reads `{shown(name)}`, which no node produces", label)
    return Damaged(f"no node produces the output `{shown(name)}`")


def _order(graph: Graph, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> dict[str, str]:
    """Puts the nodes of a graph in an order; the names that they read from around it, each with a node that does."""
    given = {*graph.initializers, *inputs, *(info.name for info in graph.inputs)}
    reads = [_reads(node) for node in graph.nodes]
    makers = _makers(graph.nodes, given)
    graph.nodes = [graph.nodes[place] for place in _places(graph.nodes, reads, makers)]
    missing: dict[str, str] = {}
    for read in reads:
        for name, label in read.items():
            if name not in makers and name not in given:
                missing.setdefault(name, label)
    for name in (*outputs, *(info.name for info in graph.outputs)):
        if name and name not in makers and name not in given:
            missing.setdefault(name, "")
    return missing


def _reads(node: Node) -> dict[str, str]:
    """The names that a node reads, and that graphs inside it read from around them, each with the node that does.

    The latter become its `captures`.
    """
    found = {name: node.label for name in node.inputs if name}
    captures: dict[str, None] = {}
    for graph in graphs_of(node):
        for name, label in _order(graph).items():
            found.setdefault(name, label or node.label)
            captures[name] = None
    if captures:
        node.captures = list(captures)
    return found


def _makers(nodes: Sequence[Node], given: Iterable[str]) -> dict[str, int]:
    """The place of the node that makes each name."""
    makers: dict[str, int] = {}
    for place, node in enumerate(nodes):
        for name in node.outputs:
            if name in makers:
                other = shown(nodes[makers[name]].label)
                raise Damaged(f"`{shown(name)}` is an output of `{other}` and of `{shown(node.label)}`", node.label)
            if name in given:
                raise Damaged(f"`{shown(name)}` is an output of `{shown(node.label)}` and is given already", node.label)
            if name:
                makers[name] = place
    return makers


def _places(nodes: Sequence[Node], reads: Sequence[Iterable[str]], makers: dict[str, int]) -> list[int]:
    """The places of nodes in an order of computation, that of the file where it is one."""
    found: list[int] = []
    done = bytearray(len(nodes))  # 1: what it reads is being put first; 2: it has its place
    for first in range(len(nodes)):
        path = [] if done[first] else [first]
        while path:
            place = path[-1]
            if done[place] == 2:
                path.pop()
                continue
            before = [makers[name] for name in reads[place] if name in makers and done[makers[name]] != 2]
            if not before:
                path.pop()
                found.append(place)
                done[place] = 2
                continue
            done[place] = 1
            if any(done[other] == 1 for other in before):
                raise Damaged(f"`{shown(nodes[place].label)}` reads what follows from it", nodes[place].label)
            path += before
    return found
