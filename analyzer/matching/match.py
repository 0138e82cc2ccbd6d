"""A module held against a network: which call of the one is which layer of the other, and what differs."""

from __future__ import annotations

from analyzer.align import Pairs
from analyzer.engine.result import Analysis
from analyzer.matching.following import followed
from analyzer.matching.items import calls_of, rows_of
from analyzer.matching.judging import Judge
from analyzer.matching.observed import Observation
from analyzer.matching.pairing import ways
from analyzer.matching.result import Difference, Match, Pair


def match(observation: Observation, analysis: Analysis) -> Match:
    """Holds a module against a network, in time about proportional to their layers."""
    rows = rows_of(analysis)
    calls = calls_of(observation, rows)

    def judged(pairs: Pairs) -> tuple[Pairs, list[Difference]]:
        judge = Judge(calls, rows, pairs, analysis)
        return pairs, [*judge.differences(), *judge.ends(observation.outputs)]

    begun = followed(calls, rows, analysis.network)
    if len(begun) == len(calls) == len(rows):
        pairs, found = judged(begun)
    else:
        pairs, found = min(map(judged, ways(calls, rows, begun, analysis.network)), key=_weight)
    found += [Difference(one, None, {}) for one in observation.unused]
    if found and all(one.follows for one in found):
        found[0].follows = False  # what it would follow from is not known
    found.sort(key=lambda one: one.follows)
    return Match(observation, analysis, calls, [Pair(calls[call], rows[row]) for call, row in sorted(pairs)], found)


def _weight(way: tuple[Pairs, list[Difference]]) -> float:
    """How much a way to pair leaves to report: what follows counts little, a layer that only one side has the most."""
    return sum(0.01 if one.follows else 1.0 if one.observed and one.row else 1.5 for one in way[1])
