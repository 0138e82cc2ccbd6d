"""Merges: `Add`, `Concatenate` … of Keras broadcast as ours do."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.merge import Concat, Merge
from analyzer.loader.writing.code.making import options, unless
from analyzer.loader.writing.code.template import Built
from analyzer.loader.writing.keras.layers.making import axis_of, of_rank, padding_of

#: The layer of Keras for each merge.
_LAYERS = {
    "add": "layers.Add",
    "subtract": "layers.Subtract",
    "multiply": "layers.Multiply",
    "maximum": "layers.Maximum",
    "average": "layers.Average",
}


def merge(layer: Merge, node: Node) -> Built:
    """A merge of volumes that are broadcast."""
    return _merged(layer, node, Built(_LAYERS[layer.type]))


def concat(layer: Concat, node: Node) -> Built:
    """`Concatenate`, along the depth or another axis."""
    axis = axis_of(layer.axis[0], node.flow.input)
    return _merged(layer, node, Built("layers.Concatenate", (), options(axis=unless(axis, -1))))


def _merged(layer: Merge, node: Node, built: Built) -> Built:
    """The layer of a merge, behind layers that crop its inputs; one input is handed on."""
    if len(node.inputs) == 1:
        return Built("layers.Identity")
    built.forward = "{self}([{all}])"
    reads, values = [], {}
    for place, (volume, aligned) in enumerate(zip(node.flow.inputs, layer.aligned(node.flow.inputs), strict=True)):
        reads.append(f"{{{place}}}")
        if volume != aligned:
            starts = [
                ((size - left) // 2, size - left - (size - left) // 2)
                for size, left in zip(volume.spatial, aligned.spatial, strict=True)
            ]
            values[f"crop{place}"] = padding_of(tuple(starts))
            reads[-1] = f"{of_rank('Cropping', volume.rank)}({{crop{place}}})({reads[-1]})"
    if values:
        built.forward, built.values = f"{{self}}([{', '.join(reads)}])", values
    return built
