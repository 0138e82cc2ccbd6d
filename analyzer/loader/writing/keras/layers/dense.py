"""Dense layers and embeddings."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.dense import Dense, Embedding, Linear
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.keras.layers.making import constructed


def dense(layer: Dense, node: Node) -> Built:
    """`Dense` behind `Flatten`, which a vector does not need."""
    built = _units(layer)
    if node.flow.input.rank:
        built.forward = "{self}(layers.Flatten()({0}))"
    return built


def linear(layer: Linear, node: Node) -> Built:
    """`Dense`, which acts on the last axis."""
    return _units(layer)


def _units(layer: Dense | Linear) -> Built:
    built = Built("layers.Dense", (layer.units,), options(use_bias=unless(layer.bias, True)))
    if not layer.weight_norm:
        return built
    return Built("WeightNormalization", (constructed(built),), needs=("WeightNormalization",))


def embedding(layer: Embedding, node: Node) -> Built:
    """`Embedding`, which reads a vector of indices."""
    return Built("layers.Embedding", (layer.vocabulary, layer.size))
