"""Words of hints, and layers with one parameter changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Node
from analyzer.layers import Layer
from analyzer.source import shown
from analyzer.volume import Volume


def line_of(node: Node, more: str = "") -> str:
    """A node with its place, and with more about it: `conv1` (line 4, stride 2)."""
    span = node.origin.span
    told = ", ".join(filter(None, ("" if span is None else span.said, more)))
    return f"`{shown(node.name)}`" + (f" ({told})" if told else "")


def either(options: Sequence[str]) -> str | None:
    """Alternatives in a sentence; None where there are none."""
    if len(options) < 2:
        return options[0] if options else None
    prose = "".join(part for option in options for part in option.split("`")[::2])
    comma = "," if len(options) > 2 or any(sign in prose for sign in (",", ":", " or ")) else ""
    return f"{', '.join(options[:-1])}{comma} or {options[-1]}"


def changed(layer: Layer, attribute: str, value: object) -> Layer:
    """The layer with another value of one parameter."""
    return type(layer).of_read({**layer.__dict__, attribute: value})


def output_of(layer: Layer, inputs: Sequence[Volume]) -> Volume | None:
    """What a layer puts out; None where it refuses."""
    try:
        return layer.output(inputs)
    except Refusal:
        return None


#: So many layers back are looked at: a model may have 100,000, and many mistakes.
_FAR = 2_000


def ways_back(node: Node) -> Iterator[Node]:
    """A node and what it reads, first inputs only, up to the input of the network, if that is not too far."""
    for _ in range(_FAR):
        yield node
        if not node.inputs:
            return
        node = node.inputs[0]


def behind_all(node: Node) -> set[int]:
    """The indices of a node and of everything that it depends on."""
    seen = {node.index}
    waiting = [node]
    while waiting:
        for source in waiting.pop().inputs:
            if source.index not in seen:
                seen.add(source.index)
                waiting.append(source)
    return seen
