"""Operators of `ai.onnx.ml`: preparations of features. Trees, support vectors and other models are not networks.

Sources: the operators of the same names in ONNX' Operators-ml.md (1.23.2).
"""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.onnx.operators.choosing import picked
from analyzer.loader.formats.onnx.reading import Reading, Unsupported, operator
from analyzer.loader.formats.onnx.records import Node


@operator("Scaler", "Imputer", "Normalizer", "LabelEncoder", "CategoryMapper")
def each(reading: Reading, node: Node) -> None:
    """A number for each feature."""
    reading.custom(node, list(reading.tensor(node, 0).shape), macs=0)


@operator("OneHotEncoder")
def one_hot_encoder(reading: Reading, node: Node) -> None:
    """A new last axis, with a cell for each category."""
    given = node.attributes.get("cats_int64s") or node.attributes.get("cats_strings")
    if not isinstance(given, list):
        raise Unsupported
    reading.custom(node, [*reading.tensor(node, 0).shape, len(given)], macs=0)


@operator("ArrayFeatureExtractor")
def array_feature_extractor(reading: Reading, node: Node) -> None:
    """Features of the last axis by their numbers."""
    x, numbers = reading.tensor(node, 0), reading.operand(node, 1)
    reading.give(node, picked(reading, node, x, x.rank - 1, prod(numbers.shape), numbers))


@operator("FeatureVectorizer")
def feature_vectorizer(reading: Reading, node: Node) -> None:
    """The features of all inputs one behind the other."""
    xs = [reading.tensor(node, place) for place in range(len(node.inputs))]
    reading.give(node, reading.heart.concat(xs, -1, reading.place(node)) if len(xs) > 1 else xs[0])
