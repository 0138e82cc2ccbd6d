"""Which call of a module is which row of a network, by their numbers, in an order that the network allows.

First the calls are followed through the network: each must be a layer all of whose inputs were called before, with its
numbers and its volume. If that succeeds to the end, the two are equal, in whatever order the module calls branches. If
not, the two sequences are aligned: by numbers and volumes, by numbers, and by names, each time filled in the gaps. The
caller takes the way that leaves least to report.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache
from math import prod

from analyzer.align import Pairs, aligned
from analyzer.engine.network import Network, Node
from analyzer.engine.result import Row
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.matching.asking import read_by
from analyzer.matching.items import counts
from analyzer.matching.observed import Observed

#: The families of layer types that are put in place of each other.
_LINEAR = ("convolution", "dense")

#: How far from the diagonal of a gap calls and rows are tried, and how many pairs of one gap.
_BAND, _TRIALS = 12, 6000

#: What a call or a row is compared by.
_Key = Callable[[Observed | Row], Hashable]


def followed(calls: Sequence[Observed], rows: Sequence[Row], network: Network) -> Pairs | None:
    """Pairs of places where every call is a row with its numbers whose inputs were called before; None otherwise."""
    if len(calls) != len(rows):
        return None
    walk = _Walk(rows, network)
    pairs = []
    for place, call in enumerate(calls):
        row = walk.next(call)
        if row is None:
            return None
        pairs.append((place, row))
    return pairs


class _Walk:
    """The rows of a network whose inputs were all called, as the calls of a module are followed."""

    def __init__(self, rows: Sequence[Row], network: Network) -> None:
        self.rows = rows
        self.place = {row.node.index: place for place, row in enumerate(rows)}
        self.readers: dict[int, list[Node]] = {}
        self.missing: dict[int, int] = {}
        self.ready: dict[Hashable, list[int]] = {}
        self.last: dict[str, str] = {}
        for node in network.nodes:
            sources = {source.index for source in node.inputs if source.index >= 0}
            self.missing[node.index] = len(sources)
            for source in sources:
                self.readers.setdefault(source, []).append(node)
        self._reach([node for node in network.nodes if not self.missing[node.index]])

    def next(self, call: Observed) -> int | None:
        """The row that a call is, which has now been called; None where none is ready."""
        choices = self.ready.get(_whole(call) if call.outputs else counts(call))
        if not choices:
            return None
        place = self._chosen(call, choices)
        row = self.rows[place]
        for key in (_whole(row), counts(row)):
            self.ready[key].remove(place)
        self.last[_parent(call.name)] = row.path
        self._reach(self._behind(row.node))
        return place

    def _chosen(self, call: Observed, choices: Sequence[int]) -> int:
        """Of several equal rows that of the call's name, of the block where the last call beside it was, the first."""
        if len(choices) == 1:
            return choices[0]
        block = self.last.get(_parent(call.name))
        return min(
            choices,
            key=lambda place: (
                self.rows[place].name != call.name,
                block is None or self.rows[place].path != block,
                _tail(self.rows[place].name) != _tail(call.name),
                place,
            ),
        )

    def _behind(self, node: Node) -> list[Node]:
        """The readers of a node all of whose inputs are there now."""
        found = []
        for reader in self.readers.get(node.index, ()):
            self.missing[reader.index] -= 1
            if not self.missing[reader.index]:
                found.append(reader)
        return found

    def _reach(self, nodes: list[Node]) -> None:
        """Nodes whose inputs are all there: rows become ready, and what is behind other layers is reached."""
        while nodes:
            node = nodes.pop()
            place = self.place.get(node.index)
            if place is None:
                nodes += self._behind(node)
                continue
            for key in (_whole(self.rows[place]), counts(self.rows[place])):
                self.ready.setdefault(key, []).append(place)


def ways(calls: Sequence[Observed], rows: Sequence[Row]) -> Iterator[Pairs]:
    """Alignments of the calls with the rows, each by something else first."""
    if sum(call.name in {row.name for row in rows} for call in calls) * 2 > min(len(calls), len(rows)):
        yield _filled(calls, rows, _by(calls, rows, lambda one: one.name))
    yield _filled(calls, rows, _by(calls, rows, _whole))
    yield _filled(calls, rows, _by(calls, rows, _numbers))
    yield _filled(calls, rows, _by(calls, rows, family))


def _by(calls: Sequence[Observed], rows: Sequence[Row], key: _Key) -> Pairs:
    return aligned([key(call) for call in calls], [key(row) for row in rows])


def _filled(calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs) -> Pairs:
    """More pairs: in the gaps by numbers, anywhere by numbers and volumes, in the gaps by what kind of layer it is."""
    pairs = sorted(pairs)
    moved: set[tuple[int, int]] = set()
    for key in (_whole, _numbers):
        pairs += _in_gaps(calls, rows, pairs, moved, key)
    anywhere = _anywhere(calls, rows, pairs)
    moved.update(anywhere)
    pairs += anywhere
    pairs += _fitting(calls, rows, pairs, moved)
    passes: list[_Key] = [
        lambda one: (family(one), _tail(one.name)),
        lambda one: (family(one), counts(one)[2] > 0),
        family,
    ]
    for one in passes:
        pairs += _in_gaps(calls, rows, pairs, moved, one)
    return sorted(_uncrossed(calls, rows, pairs))


def _uncrossed(calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs) -> Pairs:
    """The same pairs, but of equal layers the first call is the first row: a layer that moved passes over its twin."""
    alike: dict[Hashable, Pairs] = {}
    for call, row in sorted(pairs):
        key = _whole(calls[call]) if _whole(calls[call]) == _whole(rows[row]) else (call, row)
        alike.setdefault(key, []).append((call, row))
    return [
        (call, row)
        for some in alike.values()
        for (call, _), row in zip(some, sorted(row for _, row in some), strict=True)
    ]


def _gaps(
    calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs, moved: set[tuple[int, int]]
) -> Iterator[tuple[list[int], list[int]]]:
    """The calls and rows that are free between pairs."""
    taken, used = {place for place, _ in pairs}, {row for _, row in pairs}
    call = row = 0
    for next_call, next_row in [*sorted(set(pairs) - moved), (len(calls), len(rows))]:
        lefts = [place for place in range(call, next_call) if place not in taken]
        rights = [place for place in range(row, next_row) if place not in used]
        if lefts and rights:
            yield lefts, rights
        call, row = next_call + 1, next_row + 1


def _in_gaps(
    calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs, moved: set[tuple[int, int]], key: _Key
) -> Pairs:
    """Pairs of calls and rows in the gaps that have the same key."""
    found: Pairs = []
    for lefts, rights in _gaps(calls, rows, pairs, moved):
        part = aligned([key(calls[place]) for place in lefts], [key(rows[place]) for place in rights])
        found += [(lefts[i], rights[j]) for i, j in part]
    return found


def _fitting(calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs, moved: set[tuple[int, int]]) -> Pairs:
    """Pairs in the gaps by what a layer would be, had it read what the call read; in gaps that are not too large."""
    found: Pairs = []
    for lefts, rights in _gaps(calls, rows, pairs, moved):
        band = abs(len(lefts) - len(rights)) + _BAND
        if min(len(lefts), len(rights)) * min(2 * band + 1, max(len(lefts), len(rights))) <= _TRIALS:
            best = _best(lefts, rights, band, lambda call, row: _fit(calls[call], rows[row]))
            found += [(lefts[i], rights[j]) for i, j in best]
    return found


def _fit(call: Observed, row: Row) -> float:
    """How well a call fits a row: 0 where one is not put in place of the other."""
    if family(call) != family(row):
        return 0.0
    named = 0.2 if _tail(call.name) == _tail(row.name) else 0.0
    if read_by(row.node, call) is not None:
        return 3.0 + named
    return 1.0 + named + (1.0 if _numbers(call) == _numbers(row) else 0.0)


def _best(lefts: Sequence[int], rights: Sequence[int], band: int, fit: Callable[[int, int], float]) -> Pairs:
    """The rising pairs whose fits add up to most, near the diagonal (Needleman & Wunsch 1970, gaps are free)."""
    sums = [[0.0] * (len(rights) + 1) for _ in range(len(lefts) + 1)]
    fits: dict[tuple[int, int], float] = {}
    for i in range(1, len(lefts) + 1):
        for j in range(1, len(rights) + 1):
            sums[i][j] = max(sums[i - 1][j], sums[i][j - 1])
            if abs(i - j) <= band:
                fits[i, j] = fit(lefts[i - 1], rights[j - 1])
                if fits[i, j]:
                    sums[i][j] = max(sums[i][j], sums[i - 1][j - 1] + fits[i, j])
    found: Pairs = []
    i, j = len(lefts), len(rights)
    while i and j:
        if fits.get((i, j)) and sums[i][j] == sums[i - 1][j - 1] + fits[i, j]:
            i, j = i - 1, j - 1
            found.append((i, j))
        elif sums[i][j] == sums[i - 1][j]:
            i -= 1
        else:
            j -= 1
    return found[::-1]


def _anywhere(calls: Sequence[Observed], rows: Sequence[Row], pairs: Pairs) -> Pairs:
    """Pairs of free calls and rows that are equal, in whatever order: branches may be called in another one."""
    taken, used = {place for place, _ in pairs}, {row for _, row in pairs}
    found: Pairs = []
    for key in (lambda one: (_whole(one), _tail(one.name)), _whole):
        there: dict[Hashable, list[int]] = {}
        for place in range(len(rows) - 1, -1, -1):
            if place not in used:
                there.setdefault(key(rows[place]), []).append(place)
        for place, call in enumerate(calls):
            choices = there.get(key(call)) if place not in taken else None
            if choices:
                found.append((place, choices.pop()))
                taken.add(place)
                used.add(found[-1][1])
    return found


def _whole(one: Observed | Row) -> Hashable:
    """Its numbers and the size of what it puts out."""
    if isinstance(one, Row):
        return (*counts(one), one.output.size)
    return (*counts(one), prod(one.outputs[0]) if one.outputs else -1)


def _numbers(one: Observed | Row) -> Hashable:
    """Its numbers; of one that reuses the parameters of another, and so has none, also that it does."""
    return (*counts(one), one.tied is not None)


def family(one: Observed | Row) -> str:
    """What kind of layer it is: one of those that are put in place of each other, or an unknown class by its name."""
    if isinstance(one, Row):
        return _family(one.kind, one.kind)
    return _family(_type(one.kind), one.kind)


def _family(type: str | None, name: str) -> str:
    known = CATALOGUE.get(type or "")
    if known is None:
        return name
    return "linear" if known.family in _LINEAR else known.family


@cache
def _type(kind: str) -> str | None:
    """The layer type of a class of a framework; None for a class that the catalogue does not know."""
    if kind in CATALOGUE:
        return kind
    found = found_elsewhere(kind)
    return found.partition(":")[0] if found is not None else None


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _tail(name: str) -> str:
    return name.rpartition(".")[2]
