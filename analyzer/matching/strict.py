"""A module compared layer by layer, those without parameters too: its exported program is read for that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.align import aligned
from analyzer.engine.result import Analysis, Row
from analyzer.matching.anchoring import anchored
from analyzer.matching.doing import defaults, written
from analyzer.matching.functional import Numbers, Places, Side, side_of
from analyzer.matching.observed import Observed, Shape
from analyzer.matching.result import Difference, Match, Pair
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: How often pairs that differ are taken for the same, so that what is behind them is compared with what it reads.
_ROUNDS = 16


def compared_strictly(match: Match, program: Analysis) -> Match:
    """A match, with the differences of the layers without parameters; `program` is the exported module."""
    places, numbers = anchored(match, program), Numbers()
    mine = side_of(program, places, numbers, sized=match.equal)
    anchors = {pair.row.node.index: place for place, pair in enumerate(match.pairs)}
    given: dict[int, int] = {}
    differences = list(match.differences)
    for _ in range(_ROUNDS):
        theirs = side_of(
            match.analysis, Places(anchors, {}, given, places.called, places.crops), numbers, sized=match.equal
        )
        found = _Comparison(mine, theirs, first=match.observation.framework == "torch")
        settled = {**found.authored(), **found.others(differences)}
        if not settled:
            break
        given.update(settled)
    known = {one.row.node.index for one in match.differences if one.row is not None}
    pairs = [pair for pair in match.pairs if pair.row.node.index not in known]
    differences += [*found.differences(), *found.of_pairs(pairs)]
    if differences and all(one.follows for one in differences):
        differences[0].follows = False  # what it would follow from is not known
    strict: Match = match.but(differences=_in_order(differences), strict=True)
    return strict


def _in_order(found: Sequence[Difference]) -> list[Difference]:
    """Causes first, each in the order of the network; one that only the module has is behind the one before it."""
    last, keyed = -1, []
    for place, one in enumerate(found):
        last = one.row.node.index if one.row is not None else last
        keyed.append((one.follows, last, place, one))
    return [one for *_, one in sorted(keyed, key=lambda each: each[:3])]


class _Comparison:
    """Two graphs, and their layers without parameters that do what none of the other side does.

    `pairs` are those of them that are the same layer: they read the same, or do the same, in order. `first` is whether
    the framework has the depth first.
    """

    def __init__(self, mine: Side, theirs: Side, *, first: bool) -> None:
        self.mine, self.theirs, self.first = mine, theirs, first
        self.known = mine.known(), theirs.known()
        self.here = [index for index in mine.shown if mine.meaning[index] not in self.known[1]]
        self.there = [index for index in theirs.shown if theirs.meaning[index] not in self.known[0]]
        self.pairs = self._paired()

    def _paired(self) -> list[tuple[int, int]]:
        reading: dict[tuple[int, ...], list[int]] = {}
        for row in reversed(self.there):
            reading.setdefault(tuple(sorted(self.theirs.reads[row])), []).append(row)
        found = []
        for call in self.here:
            rows = reading.get(tuple(sorted(self.mine.reads[call])))
            if rows and self._replaces(call, rows[-1]):
                found.append((call, rows.pop()))
        taken = {call for call, _ in found}, {row for _, row in found}
        calls = [call for call in self.here if call not in taken[0]]
        rows = [row for row in self.there if row not in taken[1]]
        same = aligned([self.mine.does[call] for call in calls], [self.theirs.does[row] for row in rows])
        return [*found, *((calls[call], rows[row]) for call, row in same)]

    def _replaces(self, call: int, row: int) -> bool:
        """Whether of two layers that read the same one is in the place of the other, and none was left out or added."""
        one, other = self.mine.rows[call], self.theirs.rows[row]
        does, asked = self.mine.does[call], self.theirs.does[row]
        if does in self.theirs.behind(row) or asked in self.mine.behind(call):
            return False
        return does.kind == asked.kind or one.output.size == other.output.size or other.node.layer.authored

    def authored(self) -> dict[int, int]:
        """The rows whose author says what they cost, and nothing about what they do, with what is in their place."""
        found = {}
        for call, row in self.pairs:
            if self.theirs.rows[row].node.layer.authored:
                chain = self._chain(call)
                found[row] = self.mine.meaning[chain[-1]]
                self.mine.shown[:] = [one for one in self.mine.shown if one not in chain]
        return found

    def others(self, found: list[Difference]) -> dict[int, int]:
        """The rows of which the module has another layer in their place, with that; adds the differences to `found`."""
        settled = {}
        for call, row in self.pairs:
            if call in self.mine.shown and not self._follows(call=call) and not self._follows(row=row):
                found.append(Difference(self._seen(call), self.theirs.rows[row], self._fields(call, row)))
                settled[row] = self.mine.meaning[call]
                self.mine.shown.remove(call)
        return settled

    def _chain(self, call: int) -> list[int]:
        """Layers without parameters, each the only one that reads the one before and no merge."""
        chain = [call]
        while True:
            behind = [index for index, sources in self.mine.near.items() if chain[-1] in sources]
            one = behind[0] if len(behind) == 1 else -1
            if one not in self.mine.does or self.mine.rows[one].node.layer.merges:
                return chain
            chain.append(one)

    def differences(self) -> Iterator[Difference]:
        """The layers without parameters that differ, in the order of the network."""
        partner = {row: call for call, row in self.pairs}
        paired = set(partner.values())
        waiting = [call for call in self.here if call not in paired]
        for row in self.there:
            call = partner.get(row)
            if call is None:
                yield Difference(None, self.theirs.rows[row], {}, follows=self._follows(row=row))
                continue
            while waiting and waiting[0] < call:
                yield self._only(waiting.pop(0))
            follows = self._follows(row=row) or self._follows(call=call)
            yield Difference(self._seen(call), self.theirs.rows[row], self._fields(call, row), follows=follows)
        yield from map(self._only, waiting)

    def _only(self, call: int) -> Difference:
        return Difference(self._seen(call), None, {}, follows=self._follows(call=call))

    def _follows(self, *, call: int | None = None, row: int | None = None) -> bool:
        """Whether a layer reads what the other side does not have."""
        if call is not None:
            return any(meaning not in self.known[1] for meaning in self.mine.reads[call])
        return row is not None and any(meaning not in self.known[0] for meaning in self.theirs.reads[row])

    def _fields(self, call: int, row: int) -> dict[str, Any]:
        """What differs between two layers without parameters."""
        one, other = self.mine.rows[call], self.theirs.rows[row]
        does, asked = self.mine.does[call], self.theirs.does[row]
        fields: dict[str, Any] = {}
        if does.kind != asked.kind:
            fields["kind"] = (one.kind, other.kind)
        elif does.how != asked.how:
            mine, theirs = written(one), written(other)
            fields["arguments"] = ({**defaults(one, theirs), **mine}, {**defaults(other, mine), **theirs})
        if does.size != asked.size:
            fields["output"] = (self._shape(one.output), other.output)
        if sorted(self.mine.reads[call]) != sorted(self.theirs.reads[row]) or not fields:
            fields["sources"] = (_names(self.mine, call), _names(self.theirs, row))
        return fields

    def _seen(self, index: int) -> Observed:
        """A layer without parameters of an exported program, as one that was seen."""
        row = self.mine.rows[index]
        inputs = [self._shape(source.output) for source in row.node.inputs]
        return Observed(row.name, row.kind, inputs, [self._shape(row.output)], 0, 0, 0)

    def _shape(self, volume: Volume) -> Shape:
        """A volume as a tensor of the framework, with its batch."""
        return (1, volume.depth, *volume.spatial) if self.first else (1, *volume.sizes)

    def of_pairs(self, pairs: Sequence[Pair]) -> Iterator[Difference]:
        """The layers with parameters whose window differs, or that read something else, although both sides have it."""
        where = {meaning: index for index, meaning in self.mine.meaning.items() if index in self.mine.near}
        for pair in pairs:
            row = pair.row.node.index
            call = where.get(self.theirs.meaning[row])
            if call is None:
                continue
            fields: dict[str, Any] = {}
            mine, theirs = _window(self.mine.rows[call]), _window(pair.row)
            names = [name for name in mine if name in theirs and mine[name] != theirs[name]]
            if self.mine.rows[call].kind == pair.row.kind and names:
                fields["arguments"] = ({name: mine[name] for name in names}, {name: theirs[name] for name in names})
            same = set(self.mine.reads[call]) == set(self.theirs.reads[row])
            if not same and not self._follows(call=call) and not self._follows(row=row):
                fields["sources"] = _names(self.mine, call), _names(self.theirs, row)
            if fields:
                yield Difference(pair.observed, pair.row, fields)


def _window(row: Row) -> dict[str, Any]:
    """How a layer with a window moves over what it reads."""
    shape = row.geometry
    found = {"kernel": shape.kernel, "stride": shape.stride, "dilation": shape.dilation}
    return {name: list(values) for name, values in found.items() if values}


def _names(side: Side, index: int) -> tuple[str, ...]:
    """The names of the layers that a layer reads, those passed over that are left out."""
    return tuple(side.rows[one].name if one in side.rows else "the input" for one in side.near[index])
