"""Merges: operators of PyTorch broadcast as ours do."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.merge import Concat, Merge
from analyzer.loader.writing.code.template import Built, Layout
from analyzer.loader.writing.torch.layers.making import batched, dim, either

#: The operator of each merge; what has none is written as a call.
_OPERATORS = {"add": " + ", "subtract": " - ", "multiply": " * "}


def merge(layer: Merge, node: Node) -> Built:
    """A merge of volumes that are broadcast."""
    return either(lambda layout: _merged(layer, node, layout))


def _merged(layer: Merge, node: Node, layout: Layout) -> Built:
    reads, values = _cropped(layer, node, layout, [f"{{{place}}}" for place in range(len(node.inputs))])
    if layer.type in _OPERATORS:
        return Built(forward=_OPERATORS[layer.type].join(reads), values=values)
    if len(reads) == 1:
        return Built(forward=reads[0], values=values)
    if layer.type == "average":
        return Built(forward=f"({' + '.join(reads)}) / {len(reads)}", values=values)
    text = reads[0]
    for read in reads[1:]:
        text = f"torch.maximum({text}, {read})"
    return Built(forward=text, values=values)


def concat(layer: Concat, node: Node) -> Built:
    """`torch.cat`, along the depth or another axis."""
    return either(lambda layout: _concat(layer, node, layout))


def _concat(layer: Concat, node: Node, layout: Layout) -> Built:
    reads, values = _cropped(layer, node, layout, batched(node))
    axis = dim(layer.axis[0], node.output, layout)
    plain = [f"{{{place}}}" for place in range(len(node.inputs))]
    inside = "{all}" if reads == plain else ", ".join(reads)
    return Built(forward=f"torch.cat([{inside}], {axis})", values=values)


def _cropped(layer: Merge, node: Node, layout: Layout, reads: list[str]) -> tuple[list[str], dict[str, object]]:
    """What is merged: ranges of inputs that are larger than the smallest one where they are cropped."""
    values: dict[str, object] = {}
    for place, (volume, aligned) in enumerate(zip(node.flow.inputs, layer.aligned(node.flow.inputs), strict=True)):
        if volume == aligned:
            continue
        ranges = []
        for axis, (size, left) in enumerate(zip(volume.spatial, aligned.spatial, strict=True)):
            start, stop = f"start{place}_{axis}", f"stop{place}_{axis}"
            values[start], values[stop] = (size - left) // 2, (size - left) // 2 + left
            ranges.append(f"{{{start}}}:{{{stop}}}")
        before = ":, :, " if layout is Layout.FIRST else ":, "
        reads[place] = f"{reads[place]}[{before}{', '.join(ranges)}]"
    return reads, values
