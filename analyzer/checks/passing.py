"""Questions about places in a network that several checks ask."""

from __future__ import annotations

from analyzer.checks.subject import Subject
from analyzer.engine.network import Node


def source_of_values(node: Node) -> Node:
    """The node whose values these are: the nearest one that does more than pass them on."""
    while node.layer.passes and node.inputs:
        node = node.inputs[0]
    return node


def owners(subject: Subject) -> set[int]:
    """The indices of the nodes whose parameters another node reuses."""
    return {node.tied.index for node in subject.network.nodes if node.tied is not None}


def heads(subject: Subject) -> set[int]:
    """The indices of the nodes at the end of the network: no layer with MACs comes after them on any path."""
    computed: set[int] = set()
    for row in reversed(subject.rows):
        node = row.node
        if node.index in computed or ((row.macs or row.unknown) and not node.layer.fixed):
            computed.update(source.index for source in node.inputs)
    return {row.node.index for row in subject.rows if row.node.index not in computed} | subject.outputs
