"""What a network loses along an axis of its input: cells that no window reads, and cells that a merge cuts off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.engine.network import Network
from analyzer.engine.sizing.trials import Placed
from analyzer.layers import Flow, Layer
from analyzer.record import Record

#: What is remembered of flows: sizes that become equal after a few strides are looked at once.
_MOST = 200_000

_NONE: frozenset[int] = frozenset()


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
        self._reached: list[tuple[int, Layer, bool]] = []
        self._lost: dict[int, tuple[Flow, frozenset[int], frozenset[int]]] = {}

    def along(self, placed: Placed, axes: Iterable[int]) -> Lost:
        """What is lost along these spatial axes of the inputs."""
        if placed.network is not self._network:
            self._network, self._reached = placed.network, list(_reached(placed.network, self._inputs))
        if len(self._lost) > _MOST:
            self._lost = {}
        chosen, unread, cropped = set(axes), False, False
        for index, layer, kept in self._reached:
            flow = placed.flows[index]
            known = self._lost.get(id(flow))
            if known is None:
                # With the flow, so that no other one gets its identity.
                known = self._lost[id(flow)] = flow, _unread(layer, flow), _cropped(layer, flow)
            unread = unread or bool(known[1] & chosen if kept else known[1])
            cropped = cropped or bool(known[2] & chosen if kept else known[2])
        return Lost(unread, cropped)


def _reached(network: Network, inputs: Sequence[str]) -> Iterable[tuple[int, Layer, bool]]:
    """The layers that the inputs reach, by their index, and whether the axes kept their places up to it."""
    kept: dict[int, bool] = {node.index: True for node in network.inputs if node.name in inputs}
    for node in network.nodes:
        sources = [source for source in node.inputs if source.index in kept]
        if not sources:
            continue
        before = all(kept[source.index] for source in sources)
        yield node.index, node.layer, before
        same = all(source.output.rank == node.output.rank for source in sources)
        kept[node.index] = before and same and not node.layer.reorders


def _cropped(layer: Layer, flow: Flow) -> frozenset[int]:
    """The spatial axes along which a merge cuts its inputs to the smallest."""
    if not layer.crops:
        return _NONE
    sizes = zip(*(one.spatial for one in flow.inputs), strict=True)
    return frozenset(axis for axis, own in enumerate(sizes) if len(set(own)) > 1)


def _unread(layer: Layer, flow: Flow) -> frozenset[int]:
    """The spatial axes along which the windows of a layer leave cells unread."""
    window = layer.window(flow.input)
    if window is None or window.scatters:
        return _NONE
    return frozenset(axis for axis, cells in enumerate(window.unread(flow.input, flow.output)) if cells)
