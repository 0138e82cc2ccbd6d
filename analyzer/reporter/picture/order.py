"""The order of the items in each layer, with few crossings.

Sugiyama, Tagawa and Toda (1981): sweeps up and down sort each layer by the mean place of the items that it is connected
with in the layer before; the best order of all sweeps is kept. Sorting is stable, so where nothing crosses nothing
moves. The order of ports is given.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from analyzer.reporter.picture.layers import Layered

#: Sweeps up and down. More find little.
SWEEPS = 12


def ordered(found: Layered, sweeps: int = SWEEPS) -> None:
    """Sorts the layers of a scope."""
    fewest = crossed(found)
    best = found.layers
    quiet = 0
    for sweep in range(sweeps):
        if not fewest or quiet == 2:
            break
        found.layers = _swept(found, down=sweep % 2 == 0)
        _switched(found)
        now = crossed(found)
        quiet += 1
        if now < fewest:
            fewest, best, quiet = now, found.layers, 0
    found.layers = best


def crossed(found: Layered) -> int:
    """How often pieces of edges cross, over all gaps."""
    total = 0
    places = _places(found.layers, len(found.level))
    for layer in found.layers[:-1]:
        total += _inversions(
            [places[end] for item in layer for end in sorted(found.below[item], key=places.__getitem__)]
        )
    return total


def _inversions(values: Sequence[int]) -> int:
    """How many pairs are in the wrong order."""
    count = 0
    before: list[int] = []
    for value in values:
        count += len(before) - bisect_right(before, value)
        insort(before, value)
    return count


def _places(layers: Sequence[Sequence[int]], count: int) -> list[int]:
    """The place of each item in its layer."""
    places = [0] * count
    for layer in layers:
        for place, item in enumerate(layer):
            places[item] = place
    return places


def _swept(found: Layered, *, down: bool) -> list[list[int]]:
    """The layers after one sweep."""
    places = _places(found.layers, len(found.level))
    layers = list(found.layers)
    ends = found.above if down else found.below
    rows = range(1, len(layers) - 1)
    for row in rows if down else reversed(rows):
        layer = layers[row]
        if len(layer) < 2:
            continue
        means = {
            item: sum([places[end] for end in ends[item]]) / len(ends[item]) if ends[item] else float(places[item])
            for item in layer
        }
        layers[row] = layer = sorted(layer, key=means.__getitem__)
        for place, item in enumerate(layer):
            places[item] = place
    return layers


def _switched(found: Layered) -> None:
    """Switches neighbours where that takes away crossings, once through all layers."""
    places = _places(found.layers, len(found.level))
    for row in range(1, len(found.layers) - 1):
        layer = found.layers[row] = list(found.layers[row])
        for place in range(len(layer) - 1):
            one, other = layer[place], layer[place + 1]
            gain = 0
            for ends in (found.above, found.below):
                mine, theirs = [places[end] for end in ends[one]], [places[end] for end in ends[other]]
                for here in mine:
                    for there in theirs:
                        gain += (here > there) - (here < there)
            if gain > 0:
                layer[place], layer[place + 1] = other, one
                places[one], places[other] = place + 1, place
