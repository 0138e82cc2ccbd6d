"""Holds an outcome of a framework against this project's, configuration by configuration, and counts.

An outcome is what a layer puts out and costs, or a refusal. Where one side refuses and the other does not, a
`Restriction` of the framework must explain it; anything else is a difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from building import build
from configurations import Configuration

from analyzer.diagnostics import Refusal
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network


class Outcome(NamedTuple):
    """The output's sizes, depth last, trained weights and biases, buffers, and MACs of one sample."""

    output: tuple[int, ...]
    weights: int = 0
    biases: int = 0
    buffers: int = 0
    macs: int = 0


class Refused(NamedTuple):
    """A refusal and its message."""

    message: str


class Restriction(NamedTuple):
    """Why a framework alone refuses: a part of its message, the reason, and what it refuses."""

    message: str
    reason: str


class Departure(NamedTuple):
    """What a framework alone accepts: a part of our refusal's message, the reason, and whether an axis of 0 comes out."""

    message: str
    reason: str
    empty: bool = False


class Tally:
    """How many configurations were compared, and how each ended."""

    def __init__(self) -> None:
        self.agreed = 0
        self.refused = 0
        self.alone: Counter[str] = Counter()
        self.differences: list[str] = []

    @property
    def compared(self) -> int:
        """All of them."""
        return self.agreed + self.refused + self.alone.total() + len(self.differences)

    def to_dict(self) -> dict[str, object]:
        """As `tests/data/peers.json` keeps it."""
        record: dict[str, object] = {"compared": self.compared, "agreed": self.agreed, "refused_by_both": self.refused}
        return record | ({"framework_alone": dict(sorted(self.alone.items()))} if self.alone else {})

    def __add__(self, other: Tally) -> Tally:
        total = Tally()
        total.agreed = self.agreed + other.agreed
        total.refused = self.refused + other.refused
        total.alone = self.alone + other.alone
        total.differences = self.differences + other.differences
        return total


def ours(configuration: Configuration) -> Outcome | Refused:
    """What this project says."""
    network = Network()
    try:
        layer = build(configuration.type, configuration.written)
        sources = [network.enter(f"input{n}", volume) for n, volume in enumerate(configuration.inputs)]
        node = network.place("layer", layer, sources)
    except Refusal as refusal:
        return Refused(str(refusal))
    totals = analyze_network(network).totals
    cost = totals.declared
    return Outcome(node.output.sizes, cost.weights, cost.biases, cost.buffers, totals.macs)


def compare(
    drawn: Iterable[Configuration],
    theirs: Callable[[Configuration], Outcome | Refused],
    restrictions: Iterable[Restriction] = (),
    departures: Iterable[Departure] = (),
    *,
    macs: bool = True,
) -> Tally:
    """Compares every configuration to the unit; `macs` says whether the framework counts them."""
    restrictions, departures, tally = tuple(restrictions), tuple(departures), Tally()
    for configuration in drawn:
        mine, other = ours(configuration), theirs(configuration)
        if not macs and isinstance(mine, Outcome):
            mine = mine._replace(macs=0)
        if isinstance(mine, Refused) and isinstance(other, Refused):
            tally.refused += 1
        elif mine == other:
            tally.agreed += 1
        else:
            reason = _explained(mine, other, restrictions, departures)
            if reason is None:
                tally.differences.append(f"{configuration}\n    ours {mine}\n    theirs {other}")
            else:
                tally.alone[reason] += 1
    return tally


def _explained(
    mine: Outcome | Refused,
    other: Outcome | Refused,
    restrictions: tuple[Restriction, ...],
    departures: tuple[Departure, ...],
) -> str | None:
    """The reason of a difference that is the framework's own; None where there is none."""
    found = []
    if isinstance(other, Refused):
        found = [r.reason for r in restrictions if r.message in other.message]
    elif isinstance(mine, Refused):
        found = [d.reason for d in departures if d.message in mine.message and (0 in other.output or not d.empty)]
    return found[0] if found else None
