"""A network tried with other volumes for some of its inputs, as often as its size allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter

from analyzer.engine.network import Network, Node
from analyzer.engine.sizes import placed_again
from analyzer.engine.sizing.replay import Replay, Step
from analyzer.record import Record
from analyzer.volume import Volume

#: What the trials of one step of a search may cost, in layers of a replay: counted, so that a file gets the same answer
#: on every machine. An expansion of the description takes about this many times as long for each layer.
LAYERS, EXPANDED = 2_500_000, 8

#: How much more they may cost where the sizes to try were asked for.
ASKED = 4

#: Where expressions make the expansion slow, time ends the trials.
SECONDS = 20.0


class Placed(Record):
    """A network over some volumes: its nodes are those of `network`, with the layers of `steps`.

    `ends` are the nodes whose volumes are the network's outputs.
    """

    network: Network
    steps: Sequence[Step]
    ends: Sequence[Node]

    @property
    def outputs(self) -> dict[str, Volume]:
        """What the outputs of the network put out, by their names."""
        return {node.name: self.steps[node.index].output for node in self.ends}


class Trials:
    """Trials with one network, which may cost `layers` in all."""

    def __init__(self, network: Network, *, layers: int = LAYERS) -> None:
        self._network = network
        self._replay: Replay | None = None
        self._ends: Sequence[Node] = ()
        self._left = layers
        self._end = perf_counter() + SECONDS

    @property
    def ended(self) -> bool:
        """Whether they have taken what they may."""
        return self._left <= 0 or perf_counter() > self._end

    def renew(self, layers: int) -> None:
        """Allows trials of another question, which may cost `layers` more."""
        self._left, self._end = layers, perf_counter() + SECONDS

    def over(self, volumes: Mapping[str, Volume]) -> Placed | None:
        """The network with these volumes for some of its inputs; None where a layer refuses what it reads."""
        steps = None if self._replay is None else self._replay.over(volumes)
        if self._replay is not None and steps is not None:
            self._left -= len(steps) + 1
            network = self._replay.network
            return Placed(network, steps, self._ends) if len(steps) == len(network.nodes) else None
        return self._expanded(volumes)

    def _expanded(self, volumes: Mapping[str, Volume]) -> Placed | None:
        """The network placed again, from its description if it has one."""
        again = self._network.again
        network = placed_again(self._network, volumes) if again is None else again(volumes)
        layers = len(self._network.nodes if network is None else network.nodes)
        self._left -= (layers + 1) * EXPANDED
        if network is None:
            return None
        ends = [node for node in network.outputs if node.index >= 0]  # nothing changes an input that is an output
        if self._replay is None:
            self._replay, self._ends = Replay(network), ends
        return Placed(network, [Step.of(node.layer, node.flow) for node in network.nodes], ends)
