"""The number formats of weights, where the layers of a network have several."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.network import Network, Node
from analyzer.layers import SHARED
from analyzer.record import Record


class Stored(Record):
    """What the items of a network say of the number formats of their weights.

    `dtype` is the number format of the run, which weights without one of their own have.
    """

    network: Network
    dtype: str

    def key(self, nodes: Sequence[Node]) -> str | None:
        """The `weights_dtype` of the item that layers of one number format become; None where it needs none."""
        found = self._of(nodes) if self.network.formats else ()
        return next((format for format in found if format != self.network.weights_dtype), None)

    def alike(self, nodes: Sequence[Node]) -> bool:
        """Whether the weights of layers have one number format, so that the layers can be one item."""
        return not self.network.formats or len(self._of(nodes)) < 2

    def _of(self, nodes: Sequence[Node]) -> set[str]:
        return {self.network.formats.get(node.name, self.dtype) for node in nodes if _has_numbers(node)}


def _has_numbers(node: Node) -> bool:
    """Whether a layer has weights, biases or buffers."""
    counts = node.layer.parameters(node.flow, SHARED)
    return bool(counts.weights or counts.biases or counts.buffers)
