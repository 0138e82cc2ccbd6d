"""The layers of a placed network over other input volumes, without placing them again.

It asks each layer for its output as `Network.place` does; the laws of a network, such as unique names, hold already. A
network that is placed from its description takes ten times as long, since every expression is evaluated again. The
layers are the same only where the loader would get the same answers to all that it asked of volumes (`Facts`), and a
replay is sure only then:

- no expression reads a spatial size, other than in the parameters of a layer, which is made anew,
- where expressions elsewhere read depths, every layer puts out the depth that it had,
- volumes that the loader compared are equal where they were, and different where they were. Where a sum needs them
  equal, the network is refused.

Where it is not sure, the description has to be expanded again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Network
from analyzer.layers import Flow, Layer
from analyzer.record import Record
from analyzer.volume import Volume

#: The steps that are remembered, so that sizes that become equal after a few strides are calculated once.
_MOST = 200_000

_NONE: frozenset[int] = frozenset()


class Step(Record):
    """A layer over some volumes: what it puts out, and the spatial axes along which it leaves cells unread or crops."""

    layer: Layer
    output: Volume
    unread: frozenset[int]
    cropped: frozenset[int]

    @classmethod
    def of(cls, layer: Layer, flow: Flow) -> Step:
        """The step of a layer that reads and puts out these volumes."""
        return cls(layer, flow.output, _unread(layer, flow), _cropped(layer, flow))


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


class Replay:
    """The layers of `network`, which has no mistake, over other volumes."""

    def __init__(self, network: Network) -> None:
        self.network = network
        facts = network.facts
        # A layer that shares parameters may be refused over volumes that it could read alone.
        self._never = facts.sizes or any(node.tied is not None for node in network.nodes)
        self._depths = [node.output.depth for node in network.nodes] if facts.depths else []
        self._compared = [
            (one.index, other.index, one.output == other.output, sums) for one, other, sums in facts.compared
        ]
        self._layers = [(node.layer, [source.index for source in node.inputs]) for node in network.nodes]
        self._made = {index: (source.index, make) for index, (source, make) in facts.made.items()}
        # By the identities of a layer and of what it reads. Equal volumes are one object.
        self._known: dict[tuple[int, ...], Step] = {}
        self._volumes: dict[Volume, Volume] = {}

    def over(self, volumes: Mapping[str, Volume]) -> list[Step] | None:
        """The layers in their order, up to one that refuses what it reads; None where they are not sure.

        `volumes` are other volumes for some inputs.
        """
        if self._never:
            return None
        if len(self._known) > _MOST:
            self._known, self._volumes = {}, {}  # both: a step is found by the identities of volumes
        entered = [self._one(volumes.get(node.name, node.output)) for node in self.network.inputs]
        return self._sure(entered, self._stepped(entered))

    def _stepped(self, entered: Sequence[Volume]) -> list[Step]:
        """Each layer up to one that refuses. An input has a negative index, so it is found from the end of a list."""
        known, made, steps = self._known, self._made, []
        outputs: list[Volume] = [entered[0]] * len(self._layers) + [*reversed(entered)]
        for index, (layer, sources) in enumerate(self._layers):
            if index in made:
                source, make = made[index]
                try:
                    layer = make(outputs[source])
                except Refusal:
                    break
            read = [outputs[source] for source in sources]
            key = (id(layer), *map(id, read)) if len(read) != 1 else (id(layer), id(read[0]))
            step = known.get(key)
            if step is None:
                try:
                    step = Step.of(layer, Flow(read, self._one(layer.output(read))))
                except Refusal:
                    break
                known[key] = step
            outputs[index] = step.output
            steps.append(step)
        return steps

    def _one(self, volume: Volume) -> Volume:
        """The one object for all volumes that are equal to this one."""
        return self._volumes.setdefault(volume, volume)

    def _sure(self, entered: Sequence[Volume], steps: list[Step]) -> list[Step] | None:
        """The layers that the loader would have placed: up to a sum that it refuses, otherwise all; None if unsure."""
        if any(step.output.depth != depth for step, depth in zip(steps, self._depths, strict=False)):
            return None
        for one, other, equal, sums in self._compared:
            if max(one, other) >= len(steps):
                continue
            first, second = (entered[-1 - index] if index < 0 else steps[index].output for index in (one, other))
            if (first == second) != equal:
                return steps[: max(one, other) + 1] if sums and equal else None
        return steps
