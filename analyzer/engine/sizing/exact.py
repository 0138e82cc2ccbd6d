"""What a network loses along an axis of its input: cells that no window reads, and cells that a merge cuts off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.engine.network import Network
from analyzer.engine.sizing.trials import Placed
from analyzer.record import Record


class Lost(Record, eq=True):
    """Whether windows leave cells unread, and whether merges crop."""

    unread: bool
    cropped: bool


class Losses:
    """What is lost along axes of some inputs, for many sizes of one network.

    An axis is followed from layer to layer by its place. Where a layer changes the order or the number of the axes,
    the cells of every axis after it count.
    """

    def __init__(self, inputs: Sequence[str]) -> None:
        self._inputs = inputs
        self._network: Network | None = None
        self._reached: list[tuple[int, bool]] = []

    def along(self, placed: Placed, axes: Iterable[int]) -> Lost:
        """What is lost along these spatial axes of the inputs."""
        if placed.network is not self._network:
            self._network, self._reached = placed.network, list(_reached(placed.network, self._inputs))
        chosen, steps, unread, cropped = frozenset(axes), placed.steps, False, False
        for index, kept in self._reached:
            step = steps[index]
            if step.unread or step.cropped:
                unread = unread or bool(step.unread & chosen if kept else step.unread)
                cropped = cropped or bool(step.cropped & chosen if kept else step.cropped)
        return Lost(unread, cropped)


def _reached(network: Network, inputs: Sequence[str]) -> Iterable[tuple[int, bool]]:
    """The layers that the inputs reach, by their index, and whether the axes kept their places up to it."""
    kept: dict[int, bool] = {node.index: True for node in network.inputs if node.name in inputs}
    for node in network.nodes:
        sources = [source for source in node.inputs if source.index in kept]
        if not sources:
            continue
        before = all(kept[source.index] for source in sources)
        yield node.index, before
        same = all(source.output.rank == node.output.rank for source in sources)
        kept[node.index] = before and same and not node.layer.reorders
