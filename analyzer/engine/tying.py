"""Tied layers: who may reuse whose parameters, and whose parameters count in which mode.

A layer of the same type and shape reuses all of them, as a module that is called twice: weights, biases and buffers. A
layer of another type, or one that leads back, reuses the weights only and keeps its own biases, as `head.weight =
table.weight` does in torch: a projection and its embedding's table, a transposed convolution and the filters of a
convolution, a dense layer and one of swapped sizes.

Where every layer is locally connected, a bank belongs to a position. Then a layer reuses the parameters of the first
one that is tied to the same layer and has equal volumes, and has its own where none has.

Sources: Press & Wolf 2017, "Using the output embedding to improve language models"; torch.nn.Module (torch 2.13.0).
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Refusal
from analyzer.layers import Flow, Layer
from analyzer.layers.answers import Bank
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.engine.network import Node


class Reuse(Record):
    """What a tied layer reuses of `owner`: all parameters and buffers, or the weights only (`whole` is false)."""

    owner: Node
    whole: bool


def check_tied(layer: Layer, flow: Flow, tied: Node) -> None:
    """Refuses to reuse parameters that do not fit, neither as they are nor transposed (NAME105)."""
    bank, theirs = layer.bank(flow), tied.layer.bank(tied.flow)
    if bank is None or theirs is None or (layer.type == tied.layer.type and bank.transposed != theirs):
        check_same(layer, flow, tied)
    elif theirs not in (bank, bank.transposed):
        raise _misfit(
            tied,
            [f"the weights of {{layer}} are {bank}", f"those of `{tied.name}` are {theirs}"],
            help=_fitting(bank, theirs),
        )


def check_same(layer: Layer, flow: Flow, tied: Node) -> None:
    """Refuses to reuse all parameters of a layer of another type, or parameters of another shape (NAME105)."""
    if tied.layer.type != layer.type:
        raise Refusal(
            f"{{layer}} is a `{layer.type}`, but it reuses the parameters of `{tied.name}`, a `{tied.layer.type}`",
            code="NAME105",
            parameter="tied",
        )
    if _is_same(layer, flow, tied):
        return
    mine = layer.parameters(flow, layer.declared_sharing)
    theirs = tied.layer.parameters(tied.flow, tied.layer.declared_sharing)
    depths = flow.input.depth, tied.flow.input.depth
    raise _misfit(
        tied,
        [
            f"{{layer}} has {mine.weights:,} weights and {mine.biases:,} biases over an input depth of {depths[0]}",
            f"`{tied.name}` has {theirs.weights:,} and {theirs.biases:,} over {depths[1]}",
        ],
    )


def _misfit(tied: Node, notes: Sequence[str], *, help: str | None = None) -> Refusal:
    message = f"{{layer}} reuses the parameters of `{tied.name}`, which have another shape"
    return Refusal(message, code="NAME105", parameter="tied", notes=notes, help=help)


def _fitting(bank: Bank, theirs: Bank) -> str | None:
    """What would fit where only the depth that a layer puts out does not."""
    for other in (theirs, theirs.transposed):
        if bank.reads == other.reads and bank.but(filters=other.filters) == other:
            return f"{other.filters:,} in place of {bank.filters:,} would fit"
    return None


def _is_same(layer: Layer, flow: Flow, tied: Node) -> bool:
    """Whether a layer has parameters of the same shape as another one of its type."""
    mine = layer.parameters(flow, layer.declared_sharing)
    theirs = tied.layer.parameters(tied.flow, tied.layer.declared_sharing)
    same = mine.weights == theirs.weights and mine.biases == theirs.biases and mine.buffers == theirs.buffers
    if not same or (layer.shares and flow.input.depth != tied.flow.input.depth):
        return False
    return layer.agreed() == tied.layer.agreed()


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
        same = node.layer.type == tied.layer.type and _is_same(node.layer, node.flow, tied)
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
    """The positions that have a filter bank each where the node is locally connected."""
    return node.layer.bank_positions(node.flow) if node.layer.shares else ()
