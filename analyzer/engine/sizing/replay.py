"""The layers of a placed network over other input volumes, without placing them again.

It asks each layer for its output as `Network.place` does; the laws of a network, such as unique names, hold already. A
network that is placed from its description takes ten times as long, since every expression is evaluated again. The
layers are the same only where the loader would get the same answers to all that it asked of volumes (`Facts`), and a
replay is sure only then:

- no expression reads a spatial size,
- where expressions read depths, every layer puts out the depth that it had,
- volumes that the loader compared are equal where they were, and different where they were.

Where it is not sure, the description has to be expanded again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Network
from analyzer.layers import Flow
from analyzer.volume import Volume

#: The flows that are remembered, so that sizes that become equal after a few strides are calculated once.
_MOST = 200_000


class Replay:
    """The layers of `network`, which has no mistake, over other volumes."""

    def __init__(self, network: Network) -> None:
        self.network = network
        facts = network.facts
        # A layer that shares parameters may be refused over volumes that it could read alone.
        self._never = facts.sizes or any(node.tied is not None for node in network.nodes)
        self._depths = [node.output.depth for node in network.nodes] if facts.depths else []
        self._compared = [(one.index, other.index, one.output == other.output) for one, other in facts.compared]
        self._steps = [(node.layer, id(node.layer), [source.index for source in node.inputs]) for node in network.nodes]
        self._flows: dict[tuple[int, ...], Flow] = {}
        self._volumes: dict[Volume, Volume] = {}

    def over(self, volumes: Mapping[str, Volume]) -> list[Flow] | None:
        """The flows of the layers, in their order, up to one that refuses what it reads; None where they are not sure.

        `volumes` are other volumes for some inputs.
        """
        if self._never:
            return None
        if len(self._flows) > _MOST:
            self._flows, self._volumes = {}, {}  # both: a flow is found by the identities of volumes
        inputs = self.network.inputs
        outputs = {node.index: self._one(volumes.get(node.name, node.output)) for node in inputs}
        flows = self._flowing(outputs)
        return flows if self._sure(outputs, flows) else None

    def _flowing(self, outputs: dict[int, Volume]) -> list[Flow]:
        """The flow of each layer up to one that refuses; adds what each puts out to `outputs`."""
        known, flows = self._flows, []
        for index, (layer, identity, sources) in enumerate(self._steps):
            read = [outputs[source] for source in sources]
            key = (identity, *map(id, read))
            flow = known.get(key)
            if flow is None:
                try:
                    flow = known[key] = Flow(read, self._one(layer.output(read)))
                except Refusal:
                    break
            outputs[index] = flow.output
            flows.append(flow)
        return flows

    def _one(self, volume: Volume) -> Volume:
        """The one object for all volumes that are equal to this one."""
        return self._volumes.setdefault(volume, volume)

    def _sure(self, outputs: Mapping[int, Volume], flows: Sequence[Flow]) -> bool:
        """Whether the loader would have placed the layers of these flows."""
        if any(flow.output.depth != depth for flow, depth in zip(flows, self._depths, strict=False)):
            return False
        for one, other, equal in self._compared:
            if one in outputs and other in outputs and (outputs[one] == outputs[other]) != equal:
                return False
        return True
