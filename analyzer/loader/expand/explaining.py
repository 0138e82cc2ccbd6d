"""Notes about placed layers: where an input comes from, the layers behind it, the arithmetic of a window."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Node
from analyzer.loader.expand.scope import Missing
from analyzer.source import shown
from analyzer.volume import AXES


def sources_told(sources: Sequence[Node | Missing]) -> list[str]:
    """Where the inputs of a layer come from, numbered where there are several."""
    if len(sources) == 1:
        return [line for _, node in numbered(sources) for line in _source(node)]
    return [
        line.replace("its input", f"input {number}", 1) for number, node in numbered(sources) for line in _source(node)
    ]


def numbered(sources: Sequence[Node | Missing]) -> list[tuple[int, Node]]:
    """The inputs that are known, with their numbers from 1."""
    return [(number, node) for number, node in enumerate(sources, 1) if isinstance(node, Node)]


def _source(node: Node) -> list[str]:
    if node.origin.span is None:
        return [f"its input is the network's input: {node.output.pretty()}"]
    return [f"its input comes from `{shown(node.name)}` ({node.origin.span.said}): {node.output.pretty()}"]


def behind(node: Node) -> list[str]:
    """What a node read, and what that read, three steps back."""
    lines: list[str] = []
    for _ in range(3):
        if not node.inputs:
            break
        node = node.inputs[0]
        place = f" ({node.origin.span.said})" if node.origin.span is not None else ""
        what = f"`{shown(node.name)}`{place}" if place else "the network's input"
        lines.append(f"{'behind' if not lines else 'which is behind'} {what}: {node.output.pretty()}")
    return lines


def formula_of(node: Node) -> list[str]:
    """The formula of a window layer with its numbers."""
    if not node.inputs:
        return []
    volume = node.flow.input
    window = node.layer.window(volume)
    if window is None or window.scatters:
        return []
    return [
        f"{name}: {window.formula(volume.spatial[axis], axis)} = {node.output.spatial[axis]}"
        for axis, name in enumerate(AXES[volume.rank])
    ]
