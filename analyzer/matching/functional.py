"""What a network computes between its layers with parameters: activations, pools, merges, resampling.

Two networks are held against each other, the one that was exported and the one of the file, once their layers with
parameters are paired. A layer without parameters is the same on both sides where it does the same with the same: what
it reads is followed back to layers with parameters, which are the same where they are paired. So a difference says
nothing about what comes behind the next layer with parameters, and the order in which branches run does not matter.
Layers that only move values, and those that do nothing in inference, are left out on both sides.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from analyzer.engine.result import Analysis, Row
from analyzer.layers.traits import Drops
from analyzer.matching.doing import Doing, Pads, doing, pads_of
from analyzer.record import Record, field

#: Types that put the values that they read into other places.
_MOVING = ("pixel_shuffle", "pixel_unshuffle", "roll", "flip")

#: Merges in which the order of what they read matters.
_ORDERED = ("concat", "subtract")


class Numbers(Record):
    """Numbers for meanings, the same for the same."""

    known: dict[Hashable, int] = field(factory=dict)

    def of(self, meaning: Hashable) -> int:
        """The number of a meaning."""
        return self.known.setdefault(meaning, len(self.known))


class Places(Record):
    """Which rows of a network stand for something that is known on both sides.

    anchors  the nodes that are paired with one of the other side, each with the number of its pair
    members  the nodes that are a part of such a one, each with the node of the whole
    given    nodes whose meaning is that of one on the other side, each with that
    called   nodes that are a module without parameters with others, each with the layer type that this module is
    crops    whether merges of the other side cut what they read to the smallest of it
    """

    anchors: Mapping[int, int]
    members: Mapping[int, int] = field(factory=dict)
    given: Mapping[int, int] = field(factory=dict)
    called: Mapping[int, str] = field(factory=dict)
    crops: bool = False


class Side(Record):
    """A network as a graph of what it does; every key is the index of a node.

    rows      the rows in their order
    meaning   a number for what each puts out, the same on both sides where that is the same
    does      what each layer does that is compared
    reads     for each row what it reads, by numbers, of layers that are left out what those read
    near      the rows that it reads, layers that are left out passed over; negative for an input of the network
    shown     the rows without parameters that are compared, in their order
    gathered  parts of a volume that are put together again in another order
    padded    the zeros around what a layer puts out
    merged    what each merge puts together, merges inside of it taken apart
    spread    activations of a concatenation, which are taken for a concatenation of activations
    inside    the meanings of those activations
    """

    rows: Mapping[int, Row]
    meaning: dict[int, int] = field(factory=dict)
    does: dict[int, Doing] = field(factory=dict)
    reads: dict[int, list[int]] = field(factory=dict)
    near: dict[int, list[int]] = field(factory=dict)
    shown: list[int] = field(factory=list)
    gathered: set[int] = field(factory=set)
    padded: dict[int, Pads] = field(factory=dict)
    merged: dict[int, tuple[int, ...]] = field(factory=dict)
    spread: set[int] = field(factory=set)
    inside: set[int] = field(factory=set)

    def known(self) -> set[int]:
        """What this side has."""
        return {*self.meaning.values(), *self.inside}

    def behind(self, index: int) -> list[Doing]:
        """What the layers without parameters do that read what a layer puts out."""
        return [self.does[one] for one, sources in self.near.items() if index in sources and one in self.does]


def side_of(analysis: Analysis, places: Places, numbers: Numbers, *, sized: bool) -> Side:
    """The graph of a network; `sized` is whether volumes are compared."""
    side = Side({row.node.index: row for row in analysis.rows})
    last = _last(places.members)
    cut = _cut(analysis) if places.crops else frozenset[int]()
    named = frozenset(places.called.values())
    stands: dict[int, list[int]] = {}  # for each node the rows that what it puts out comes from
    outside: dict[int, list[int]] = {}
    for node in analysis.network.inputs:
        side.meaning[node.index] = numbers.of(("input", tuple(sorted(size for size in node.output.sizes if size > 1))))
        stands[node.index] = [node.index]
    for index, row in side.rows.items():
        inputs = row.node.inputs[:1] if row.node.layer.grows else row.node.inputs  # a second one gives its size only
        sources = [one for source in inputs for one in stands[source.index]]
        stands[index] = [index]
        whole = places.members.get(index)
        if whole is not None:
            sources = [one for one in sources if places.members.get(one) != whole]
            sources = outside[whole] = list(dict.fromkeys((*outside.get(whole, ()), *sources)))
            if index != last[whole]:
                side.meaning[index] = -1
                continue
        anchor = places.anchors.get(index if whole is None else whole)
        plain = anchor is None and whole is None and index not in places.given
        passed = sources[:1] if index in cut else _passed(row, sources, side) if plain else None
        if passed is not None:
            stands[index] = passed
            continue
        if anchor is not None:  # constants beside what it reads are its own affair, such as a mask
            sources = [one for one in sources if not _is_constant(one, side)]
        side.near[index] = sources
        side.reads[index] = [side.meaning[one] for one in sources]
        if anchor is not None:
            side.meaning[index] = numbers.of(("layer", anchor))
            continue
        does = doing(row, side.padded.get(row.node.inputs[0].index, ()) if row.node.inputs else ())
        kind = does.kind if whole is None else places.called[whole]
        side.does[index] = Doing(kind, None, does.size) if kind in named else does
        side.meaning[index] = places.given.get(index, -1)
        if index not in places.given:
            side.meaning[index] = numbers.of(_meaning(index, side, numbers, sized=sized))
            if whole is not None or not (row.declared.parameters or row.declared.buffers):  # the others are known
                side.shown.append(index)
    _drop_steps(side)
    return side


def _last(members: Mapping[int, int]) -> dict[int, int]:
    """The last node of each whole."""
    found: dict[int, int] = {}
    for index, whole in members.items():
        found[whole] = max(found.get(whole, -1), index)
    return found


def _cut(analysis: Analysis) -> frozenset[int]:
    """The nodes that cut cells off what only merges read."""
    readers: dict[int, list[Row]] = {}
    for row in analysis.rows:
        for source in row.node.inputs:
            readers.setdefault(source.index, []).append(row)
    found: set[int] = set()
    for row in reversed(analysis.rows):
        index, behind = row.node.index, readers.get(row.node.index, [])
        cuts = row.node.layer.view and row.output.size < row.input.size and row.output.depth == row.input.depth
        if cuts and behind and all(one.node.layer.merges or one.node.index in found for one in behind):
            found.add(index)
    return frozenset(found)


def _passed(row: Row, sources: Sequence[int], side: Side) -> list[int] | None:
    """What a layer hands on, in inference and at most in another order; None for a layer that does more."""
    layer = row.node.layer
    if not sources:
        return None
    pads = pads_of(row)
    if pads is not None:
        before = side.padded.get(row.node.inputs[0].index, ((0, 0),) * len(pads))
        side.padded[row.node.index] = [(a + c, b + d) for (a, b), (c, d) in zip(before, pads, strict=True)]
        return list(sources[:1])
    if layer.passes or layer.reorders or row.kind in _MOVING or layer.drops is not Drops.NOTHING:
        return list(sources[:1])
    if layer.view and row.output.size == row.input.size:
        return list(sources[:1])
    if (layer.pools or layer.grows) and not layer.linear and row.input.sizes == row.output.sizes:
        window = layer.window(row.input)
        if window is None or all(size == 1 for size in window.kernel):
            return list(sources[:1])
    whole = _whole_of(row, sources, side)
    return None if whole is None else [whole]


def _whole_of(row: Row, sources: Sequence[int], side: Side) -> int | None:
    """What a concatenation of all its parts puts together again; None where it is no such one."""
    if row.kind != "concat" or len(sources) < 2 or not all(_is_slice(one, side) for one in sources):
        return None
    found, passed = set(), set()
    for source in sources:
        inner = source
        while _is_slice(inner, side):
            passed.add(inner)
            inner = side.near[inner][0]
        found.add(inner)
    whole = found.pop()
    size = side.rows[whole].output.size if whole in side.rows else row.output.size
    if found or size != row.output.size:
        return None
    side.gathered |= passed
    return whole


def _is_slice(index: int, side: Side) -> bool:
    return index in side.near and side.rows[index].kind == "slice"


def _is_constant(index: int, side: Side) -> bool:
    """Whether a node is numbers that no pair has."""
    return index in side.does and side.rows[index].node.layer.stored


def _meaning(index: int, side: Side, numbers: Numbers, *, sized: bool) -> Hashable:
    """What a layer does, and with what."""
    row, reads = side.rows[index], side.reads[index]
    does = side.does[index] if sized else side.does[index].anywhere()
    source = side.near[index][0] if row.node.layer.activates and row.node.layer.pointwise else -1
    if source in side.merged and side.rows[source].kind == "concat":
        side.spread.add(index)
        parts = [numbers.of((does, (part,))) for part in side.merged[source]]
        side.inside.update(parts)
        return side.does[source] if sized else side.does[source].anywhere(), tuple(parts)
    if not row.node.layer.merges:
        return does, tuple(reads)
    parts = []
    for source, read in zip(side.near[index], reads, strict=True):
        inner = side.merged.get(source)
        parts += inner if inner and side.rows[source].kind == row.kind != "subtract" else [read]
    side.merged[index] = tuple(parts if row.kind in _ORDERED else sorted(parts))
    return does, side.merged[index]


def _drop_steps(side: Side) -> None:
    """Leaves out what is a part of something larger and nothing else: in `(a + b) + c`, which is one sum, `a + b`."""
    readers: dict[int, list[int]] = {}
    for index, sources in side.near.items():
        for source in sources:
            readers.setdefault(source, []).append(index)

    def is_step(index: int) -> bool:
        behind = readers.get(index, [])
        if _is_constant(index, side):
            return not behind
        if index in side.gathered:
            return all(one in side.gathered for one in behind)
        row = side.rows[index]
        if behind and side.spread.issuperset(behind):
            return True
        return row.node.layer.merges and bool(behind) and _are(behind, row.kind, side)

    side.shown[:] = [index for index in side.shown if not is_step(index)]


def _are(indices: Iterable[int], kind: str, side: Side) -> bool:
    """Whether all of these are merges of one kind, in which a merge of that kind is no step of its own."""
    return kind != "subtract" and all(side.rows[one].kind == kind for one in indices)
