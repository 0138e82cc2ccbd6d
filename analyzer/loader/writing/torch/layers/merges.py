"""Merges: operators of PyTorch broadcast as ours do."""

from __future__ import annotations

from analyzer.engine.network import Node
from analyzer.layers.merge import Concat, Merge
from analyzer.loader.writing.code.template import Built, Layout
from analyzer.loader.writing.torch.layers.making import batched, dim, either

#: The operator of each merge; what has none is written as a call.
_OPERATORS = {"add": " + ", "subtract": " - ", "multiply": " * "}

_NEEDED = ("center_crop",)


def merge(layer: Merge, node: Node) -> Built:
    """A merge of volumes that are broadcast."""
    reads, values = _cropped(layer, node, [f"{{{place}}}" for place in range(len(node.inputs))])
    built = Built(layout=Layout.FIRST if values else Layout.ANY, values=values, needs=_NEEDED if values else ())
    if layer.type in _OPERATORS:
        built.forward = _OPERATORS[layer.type].join(reads)
    elif len(reads) == 1:
        built.forward = reads[0]
    elif layer.type == "average":
        built.forward = f"({' + '.join(reads)}) / {len(reads)}"
    else:
        built.forward = reads[0]
        for read in reads[1:]:
            built.forward = f"torch.maximum({built.forward}, {read})"
    return built


def concat(layer: Concat, node: Node) -> Built:
    """`torch.cat`, along the depth or another axis."""
    reads, values = _cropped(layer, node, batched(node))
    plain = [f"{{{place}}}" for place in range(len(node.inputs))]
    inside = "{all}" if reads == plain else ", ".join(reads)

    def joined(layout: Layout) -> Built:
        axis = dim(layer.axis[0], node.output, layout)
        return Built(forward=f"torch.cat([{inside}], {axis})", values=values)

    if not values:
        return either(joined)
    built = joined(Layout.FIRST)
    built.layout, built.needs = Layout.FIRST, _NEEDED
    return built


def _cropped(layer: Merge, node: Node, reads: list[str]) -> tuple[list[str], dict[str, object]]:
    """What is merged, and the sizes to which inputs are cropped that are larger than the smallest one."""
    values: dict[str, object] = {}
    for place, (volume, aligned) in enumerate(zip(node.flow.inputs, layer.aligned(node.flow.inputs), strict=True)):
        if volume != aligned:
            reads[place], values["size"] = f"center_crop({reads[place]}, {{size}})", aligned.spatial
    return reads, values
