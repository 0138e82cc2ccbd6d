"""The nearest sizes of its input that a network accepts. Every answer comes from placing the network again.

A size is tried on one axis or on several at once. `Place` places the network with another input volume and returns it,
or None where a layer refuses what it reads; `placing` makes one for a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from time import perf_counter

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Network, Node
from analyzer.record import Record
from analyzer.volume import Volume

Place = Callable[[Volume], Network | None]

#: How far from a size a nearer one is looked for.
REACH = 64

#: The layers that all trials of one question may place, so that a deep network is tried less often.
NODES = 30_000


class Nearest(Record, eq=True):
    """The nearest sizes that a network accepts, None where none was found.

    `multiple` is a number of which the sizes are consecutive multiples, 1 where the accepted sizes follow no such rule.
    """

    below: int | None
    above: int | None
    multiple: int = 1

    @property
    def found(self) -> list[int]:
        """The sizes themselves, the smaller one first."""
        return [size for size in (self.below, self.above) if size is not None]


def placing(network: Network, name: str, *, seconds: float = inf) -> Place:
    """Places `network` again with other volumes for its input `name`.

    A network from a description is expanded again, so that expressions see the new sizes, and its `expect`s are left
    out; one that was built without a description has its layers placed again as they are. After this many `seconds`
    nothing is placed any more, for a question that is not worth the time of a description that is slow to expand.
    """
    begin = perf_counter()

    def place(volume: Volume) -> Network | None:
        if perf_counter() - begin > seconds:
            return None
        if network.again is not None:
            return network.again({name: volume})
        return placed_again(network, {name: volume})

    return place


def placed_again(network: Network, volumes: Mapping[str, Volume]) -> Network | None:
    """The layers of a network over other input volumes; None where one refuses."""
    again = Network(network.most)
    nodes: dict[int, Node] = {}
    try:
        for node in network.inputs:
            nodes[node.index] = again.enter(node.name, volumes.get(node.name, node.output))
        for node in network.nodes:
            inputs = [nodes[source.index] for source in node.inputs]
            tied = None if node.tied is None else nodes[node.tied.index]
            nodes[node.index] = again.place(
                node.name,
                node.layer,
                inputs,
                node.origin,
                tied=tied,
                weights_only=node.weights_only,
                frozen=node.frozen,
            )
    except Refusal:
        return None
    if network.names_outputs:
        again.name_outputs([nodes[node.index] for node in network.outputs])
    return again


def resized(volume: Volume, axes: Iterable[int], size: int) -> Volume:
    """`volume` with `size` cells on these spatial axes.

    >>> resized(Volume((32, 32), 3), [1], 48)
    Volume(32x48x3)
    """
    chosen = set(axes)
    spatial = tuple(size if axis in chosen else own for axis, own in enumerate(volume.spatial))
    return Volume(spatial, volume.depth)


def nearest(place: Place, volume: Volume, axes: Sequence[int], *, tries: int = 2 * REACH) -> Nearest:
    """The nearest sizes to that of `volume` on the first of these axes, other than its own, within `tries` trials."""
    size, reach = volume.spatial[axes[0]], min(REACH, tries // 2)
    below = next(iter(_first(place, volume, axes, range(size - 1, max(size - reach - 1, 0), -1))), None)
    found = _first(place, volume, axes, range(size + 1, size + reach + 1), count=2)
    above = found[0] if found else None
    step = found[1] - found[0] if len(found) > 1 else 0
    kept = step > 1 and found[0] % step == 0
    if kept and below is not None:  # the size itself lies between the two, where it is accepted
        kept = found[0] - below == (step if place(volume) is None else 2 * step)
    return Nearest(below, above, step if kept else 1)


def fitting(place: Place, volume: Volume, axes: Sequence[int], *, tries: int = 2 * REACH) -> tuple[list[Volume], int]:
    """The nearest volumes with other sizes on these axes that the network accepts, the smaller first, and the multiple.

    Axes of one size are changed together. Where the axes have several sizes, each is looked for with all of these axes
    equal, and the answer is placed as well.
    """
    found: dict[int, Nearest] = {}
    for size in dict.fromkeys(volume.spatial[axis] for axis in axes):
        first = sorted(axes, key=lambda axis: volume.spatial[axis] != size)
        found[size] = nearest(place, volume, first, tries=tries)
    volumes = []
    for below in (True, False):
        sizes = {size: one.below if below else one.above for size, one in found.items()}
        spatial = [sizes[size] if axis in axes else size for axis, size in enumerate(volume.spatial)]
        known = tuple(size for size in spatial if size is not None)
        if len(known) == volume.rank:
            other = Volume(known, volume.depth)
            if len(found) == 1 or place(other) is not None:
                volumes.append(other)
    return volumes, min(one.multiple for one in found.values())


def _first(place: Place, volume: Volume, axes: Sequence[int], sizes: Iterable[int], count: int = 1) -> list[int]:
    """The first sizes that the network accepts, at most `count`."""
    found: list[int] = []
    for size in sizes:
        if place(resized(volume, axes, size)) is not None:
            found.append(size)
            if len(found) == count:
                break
    return found


def runs(sizes: Iterable[int]) -> list[tuple[int, int, int]]:
    """Sizes in ascending order as runs of equal steps: from, to, step.

    >>> runs([32, 64, 96, 97, 98])
    [(32, 96, 32), (97, 98, 1)]
    >>> runs([7])
    [(7, 7, 1)]
    """
    found: list[list[int]] = []
    for size in sizes:
        last = found[-1] if found else None
        if last is not None and (last[0] == last[1] or size - last[1] == last[2]):
            last[1:] = [size, size - last[1]]
        else:
            found.append([size, size, 1])
    return [(first, last, step) for first, last, step in found]
