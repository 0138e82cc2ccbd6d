"""Layers that reuse the parameters of another one: in Keras one layer that is called again."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Network, Node
from analyzer.layers.dense import Embedding
from analyzer.loader.writing.code.classes import constructed
from analyzer.loader.writing.code.refusing import refusal
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.keras.lines import reads
from analyzer.source import shown

#: What is constructed with layers of its own in it.
_WITH_PARTS = (
    "keras.Sequential", "layers.MultiHeadAttention", "layers.GroupQueryAttention", "layers.Bidirectional", "layers.RNN",
    "layers.LSTM", "layers.GRU", "layers.SimpleRNN", "layers.ConvLSTM", "WeightNormalization", "SqueezeExcite",
    "Attention",
)  # fmt: skip


def owner_of(node: Node) -> Node:
    """The layer whose parameters a tied layer reuses in the end."""
    while node.tied is not None:
        node = node.tied
    return node


def settled(network: Network, built: Sequence[Built]) -> list[Built]:
    """What each layer becomes, with its ties, and not trained where it is frozen.

    Raises `ModelError` with every layer that cannot reuse parameters in Keras.
    """
    made = list(built)
    without = []
    for node in network.nodes:
        if node.tied is not None and _counts(node):
            reason = _tied(node, owner_of(node), made)
            if reason:
                without.append((node, reason))
        if node.frozen and node.tied is None and made[node.index].call and _counts(node, trained=True):
            made[node.index] = _frozen(made[node.index])
    if without:
        raise refusal(without, "Keras code")
    return made


def _frozen(built: Built) -> Built:
    """A layer that is not trained, and the layer that it reads where both are one here."""
    if has_parts(built):
        return built
    forward = built.forward.replace("use_bias=False)", "use_bias=False, trainable=False)")
    frozen: Built = built.but(named={**built.named, "trainable": False}, forward=forward)
    return frozen


def has_parts(built: Built) -> bool:
    """Whether a layer has its parameters in layers of its own, which its `trainable` does not reach at first."""
    return built.call.startswith(_WITH_PARTS)


def frozen_later(network: Network, built: Sequence[Built]) -> list[int]:
    """The layers that can only be frozen when they have their parameters."""
    return [
        node.index
        for node in network.nodes
        if node.frozen and node.tied is None and has_parts(built[node.index]) and _counts(node, trained=True)
    ]


def unread(network: Network) -> set[int]:
    """The layers with parameters that no output of the network is made of; Keras leaves them out of a model."""
    reached = {node.index for node in network.outputs}
    for node in reversed(network.nodes):
        if node.index in reached:
            reached.update(source.index for source in reads(node, network))
    owners = {owner_of(node).index for node in network.nodes if node.index in reached}
    return {
        node.index
        for node in network.nodes
        if node.index not in reached and node.tied is None and node.index not in owners and _counts(node)
    }


def _tied(node: Node, owner: Node, made: list[Built]) -> str:
    """Lets a layer be called again, in `made`; otherwise why it cannot be."""
    mine, theirs = made[node.index], made[owner.index]
    if _turns_back(node, owner):
        made[owner.index] = theirs.but(call="layers.ReversibleEmbedding")
        made[node.index] = mine.but(forward="{self}({0}, reverse=True)")
        return ""
    if node.weights_only or not _same(mine, theirs):
        return f"it reuses parameters of `{shown(owner.name)}`, but Keras can only call that layer again as it is"
    if node.frozen != owner.frozen:
        return f"only one of it and `{shown(owner.name)}`, whose parameters it reuses, is frozen"
    return ""


def _counts(node: Node, *, trained: bool = False) -> bool:
    """Whether a layer has parameters, or buffers."""
    counts = node.layer.parameters(node.flow, node.layer.declared_sharing)
    return bool(counts.weights or counts.biases or (counts.buffers and not trained))


def _same(one: Built, other: Built) -> bool:
    """Whether two layers are constructed alike."""
    mine, theirs = constructed(one), constructed(other)
    mine[2].pop("trainable", None)
    theirs[2].pop("trainable", None)
    return bool(one.call) and mine == theirs


def _turns_back(node: Node, owner: Node) -> bool:
    """Whether a layer gives the scores of an embedding's vectors, without biases of its own."""
    counts = node.layer.parameters(node.flow, node.layer.declared_sharing)
    if not isinstance(owner.layer, Embedding) or node.layer.type != "linear" or counts.biases:
        return False
    return (node.output.depth, node.flow.input.depth) == (owner.layer.vocabulary, owner.layer.size)
