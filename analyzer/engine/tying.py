"""Tied layers: what each reuses, and of which layer, in which mode. `network` says what may be tied.

A layer of the same type whose parameters have the same shape reuses all of them, as a module that is called twice:
weights, biases and buffers. Any other reuses the weights only and keeps its own biases, as `head.weight = table.weight`
does in torch: a layer of another type with a bank of the same shape (a 1×1 convolution and a linear layer), one of the
same type with biases where the other has none, and one that leads back (a projection and its embedding's table, a
transposed convolution and the filters of a convolution, a dense layer and one of swapped sizes). So does a layer that
says so (`weights_only`): two framework layers can have one tensor of weights and a vector of biases each.

Where every layer is locally connected, a bank belongs to a position. Then a layer reuses the parameters of the first
one that is tied to the same layer and has equal volumes, and has its own where none has.

Sources: Press & Wolf 2017, "Using the output embedding to improve language models"; torch.nn.Module (torch 2.13.0).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Node, is_same
from analyzer.record import Record


class Reuse(Record):
    """What a tied layer reuses of `owner`: all parameters and buffers, or the weights only (`whole` is false)."""

    owner: Node
    whole: bool


def reused(nodes: Sequence[Node], *, local: bool = False) -> dict[int, Reuse]:
    """What each tied node reuses, by its index; `local`: where every layer that can is locally connected.

    Such a node may have parameters of its own then, and is left out.
    """
    found: dict[int, Reuse] = {}
    whole: dict[int, Node] = {}  # for each tied node the first one of those that share all parameters
    weights: dict[int, Node] = {}  # and the first one of those that share the weights
    first: dict[tuple[object, ...], Node] = {}  # the first of them with these volumes
    for node in nodes:
        tied = node.tied
        if tied is None:
            continue
        weights[node.index] = weights.get(tied.index, tied)
        same = not node.weights_only and node.layer.type == tied.layer.type and is_same(node.layer, node.flow, tied)
        if same:
            whole[node.index] = whole.get(tied.index, tied)
        if not local:
            found[node.index] = Reuse(tied, same)
            continue
        root, key = (whole, _volumes) if same else (weights, _positions)
        origin = root[node.index]
        first.setdefault((origin.index, same, key(origin)), origin)
        owner = first.setdefault((origin.index, same, key(node)), node)
        if owner is not node:
            found[node.index] = Reuse(owner, same)
    return found


def _volumes(node: Node) -> tuple[object, ...]:
    return node.output.sizes, *[source.output.sizes for source in node.inputs]


def _positions(node: Node) -> tuple[int, ...]:
    """The positions that have a filter bank each where the node is locally connected; none where there is one bank."""
    positions = node.layer.bank_positions(node.flow) if node.layer.shares else ()
    return positions if any(size > 1 for size in positions) else ()
