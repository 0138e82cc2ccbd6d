"""Operators that run a graph of their own: regions without gradients or with autocast, and checkpoints.

Source: torch/_higher_order_ops/wrap.py (2.13.0).
"""

from __future__ import annotations

from analyzer.loader.formats.pt2.program import Graph, Node, Ref, graph_of
from analyzer.loader.formats.pt2.reading import REGIONS, Reading, Unsupported, operator


@operator(*REGIONS)
def region(reading: Reading, node: Node) -> None:
    """The operations of the graph, in place of the node."""
    graph = next((arg for arg in node.args.values() if isinstance(arg, Graph)), None)
    if graph is None:
        raise Unsupported
    inner = graph_of(graph.data)
    given = [one for arg in node.args.values() for one in (arg if isinstance(arg, list) else [arg])]
    values = [reading.values.get(one.name) for one in given if isinstance(one, Ref)]
    if len(values) != len(inner.inputs):
        raise Unsupported
    made = reading.inside(inner, dict(zip(inner.inputs, values, strict=True)))
    for at, value in enumerate(made):
        if value is not None:
            reading.give(node, value, at)
