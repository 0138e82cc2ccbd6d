"""Which layer of the one network is which of the other.

Block by block, from the top. The parts of a block are matched in two ways, by their names and by their contents, and
the way that leaves less to report is taken: `conv3` after an insertion is `conv4`, and a `conv3` of half the width is
still `conv3`. What remains is aligned once more over the whole networks, so that layers are found that went into a
block, out of one, or elsewhere.

Where both networks have the same layers in the same order, which read each other alike, only names can differ: other
blocks, or none, do not hide that. Such layers are matched row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analyzer.align import Pairs, aligned, rising
from analyzer.difference.tree import NamedNode
from analyzer.layers import CATALOGUE
from analyzer.record import Record, field

#: How much differences weigh where two ways to match compete: a layer that only one side has, one that moved, one of
#: another name.
_LACKING, _MOVED, _RENAMED = 2.0, 0.5, 0.3


class Rename(Record):
    """A name that changed, and the number of layers it is part of; `numbering` where only its number changed."""

    old: str
    new: str
    layers: int
    numbering: bool


class Matching(Record):
    """What was found: `renames`, and the layers of the new network that have another place (`moved`, by name)."""

    renames: list[Rename] = field(factory=list)
    moved: set[str] = field(factory=set)


def match(old: NamedNode, new: NamedNode) -> Matching:
    """Sets `match` on the nodes of both trees that are the same, and returns what has another name or place."""
    found = Matching()
    _meet(old, new)
    pairs = [(old, new)]
    while pairs:
        a, b = pairs.pop()
        for child_a, child_b, moved in _children(a, b):
            _meet(child_a, child_b)
            if moved:
                found.moved.update(node.name for node in child_b.layers())
            if child_a.part != child_b.part and not named_by_type(child_a, child_b):
                found.renames.append(_rename(child_a.name, child_b.name, child_b.size))
            if child_a.children or child_b.children:
                pairs.append((child_a, child_b))
    _elsewhere(old, new, found)
    olds, news = _in_order(old), _in_order(new)
    doubtful = bool(found.moved) or any(a.match is not b for a, b in zip(olds, news, strict=False))
    if doubtful and _are_same(olds, news):
        found = _by_row(olds, news)
    found.renames.sort(key=lambda rename: -rename.layers)
    return found


def _are_same(olds: Sequence[NamedNode], news: Sequence[NamedNode]) -> bool:
    """Whether two networks have equal layers in the same order, which read layers in the same places."""
    if [node.own for node in olds] != [node.own for node in news]:
        return False
    reads = []
    for nodes in (olds, news):
        places: dict[str, object] = {node.name: place for place, node in enumerate(nodes)}
        layers = [node.layer for node in nodes if node.layer is not None]
        reads.append([[places.get(name, name) for name in layer["inputs"]] for layer in layers])
    return reads[0] == reads[1]


def _by_row(olds: Sequence[NamedNode], news: Sequence[NamedNode]) -> Matching:
    """Matches equal networks in their order."""
    found = Matching()
    renames: dict[tuple[str, str], int] = {}
    for a, b in zip(olds, news, strict=True):
        _meet(a, b)
        if a.name != b.name:
            ends = _ends(a.name, b.name)
            renames[ends] = renames.get(ends, 0) + 1
    found.renames += [_rename(*ends, layers) for ends, layers in renames.items()]
    return found


def named_by_type(a: NamedNode, b: NamedNode) -> bool:
    """Whether two matched layers differ in their types, and have the automatic names of these: `conv1.relu`."""
    if a.layer is None or b.layer is None or a.layer["kind"] == b.layer["kind"]:
        return False
    return all(_unnumbered(node.name) == layer["kind"] for node, layer in ((a, a.layer), (b, b.layer)))


def _meet(a: NamedNode, b: NamedNode) -> None:
    a.match, b.match = b, a


def _rename(old: str, new: str, layers: int) -> Rename:
    return Rename(old, new, layers, numbering=_unnumbered(old) == _unnumbered(new))


def _unnumbered(name: str) -> str:
    return name.rpartition(".")[2].rstrip("0123456789")


def _children(a: NamedNode, b: NamedNode) -> list[tuple[NamedNode, NamedNode, bool]]:
    """The parts of two matched blocks in pairs, each with whether it moved."""
    olds, news = list(a.children.values()), list(b.children.values())
    if [(x.part, x.content) for x in olds] == [(x.part, x.content) for x in news]:
        return [(x, y, False) for x, y in zip(olds, news, strict=True)]
    ways = [_by_name(olds, news), _by_content(olds, news)]
    pairs, moved = min(ways, key=lambda way: _weight(olds, news, *way))
    return [(olds[i], news[j], (i, j) in moved) for i, j in pairs]


def _by_name(olds: list[NamedNode], news: list[NamedNode]) -> tuple[Pairs, set[tuple[int, int]]]:
    """Pairs by name first, then by content; and those that moved."""
    there = {node.part: place for place, node in enumerate(news)}
    pairs = []
    for place, node in enumerate(olds):
        other = there.get(node.part)
        if other is not None and _alike(node, news[other]):
            pairs.append((place, other))
    kept = {pairs[place] for place in rising([j for _, j in pairs])}
    moved = {pair for pair in pairs if pair not in kept}
    return _filled(olds, news, pairs, moved), moved


def _by_content(olds: list[NamedNode], news: list[NamedNode]) -> tuple[Pairs, set[tuple[int, int]]]:
    """Pairs by content first, then by name in the gaps, then by shape."""
    pairs = aligned([node.content for node in olds], [node.content for node in news])
    return _filled(olds, news, pairs, set()), set()


def _alike(a: NamedNode, b: NamedNode) -> bool:
    """Whether two nodes may be the same: two layers or two blocks."""
    return (a.layer is None) == (b.layer is None)


def _filled(olds: list[NamedNode], news: list[NamedNode], pairs: Pairs, moved: set[tuple[int, int]]) -> Pairs:
    """More pairs in the gaps between pairs: by content, name, the kinds in them, kind, family, volume."""
    passes: list[Callable[[NamedNode], object]] = [
        lambda node: node.content,
        lambda node: (node.part, node.layer is None),
        lambda node: node.shape,
        lambda node: node.layer["kind"] if node.layer is not None else None,
        lambda node: _family(node.layer["kind"]) if node.layer is not None else None,
    ]
    pairs = sorted(pairs)
    for key in passes:
        if min(len(olds), len(news)) == len(pairs):
            return pairs
        pairs = sorted([*pairs, *_in_gaps(olds, news, pairs, moved, key)])
    return sorted([*pairs, *_replaced(olds, news, pairs, moved)])


def _family(kind: str) -> str:
    """The family of a layer type, in which one type is often put in place of another: convolutions, activations …"""
    known = CATALOGUE.get(kind)
    return kind if known is None else known.family


def _gaps(
    olds: Sequence[NamedNode], news: Sequence[NamedNode], pairs: Pairs, moved: set[tuple[int, int]]
) -> list[tuple[list[int], list[int]]]:
    """The places between pairs that both sides have free."""
    taken_a, taken_b = {i for i, _ in pairs}, {j for _, j in pairs}
    gaps = []
    at_a = at_b = 0
    for i, j in [*(pair for pair in pairs if pair not in moved), (len(olds), len(news))]:
        free_a = [place for place in range(at_a, i) if place not in taken_a]
        free_b = [place for place in range(at_b, j) if place not in taken_b]
        if free_a and free_b:
            gaps.append((free_a, free_b))
        at_a, at_b = i + 1, j + 1
    return gaps


def _in_gaps(
    olds: list[NamedNode],
    news: list[NamedNode],
    pairs: Pairs,
    moved: set[tuple[int, int]],
    key: Callable[[NamedNode], object],
) -> Pairs:
    found = []
    for free_a, free_b in _gaps(olds, news, pairs, moved):
        part = aligned([key(olds[i]) for i in free_a], [key(news[j]) for j in free_b])
        found += [(free_a[i], free_b[j]) for i, j in part if _alike(olds[free_a[i]], news[free_b[j]])]
    return found


def _replaced(olds: list[NamedNode], news: list[NamedNode], pairs: Pairs, moved: set[tuple[int, int]]) -> Pairs:
    """Layers of another kind in place of as many others that put out the same volumes."""
    found: Pairs = []
    for free_a, free_b in _gaps(olds, news, pairs, moved):
        if len(free_a) == len(free_b):
            both = [(olds[i].layer, news[j].layer) for i, j in zip(free_a, free_b, strict=True)]
            if all(a is not None and b is not None and a["output"] == b["output"] for a, b in both):
                found += zip(free_a, free_b, strict=True)
    return found


def _weight(olds: list[NamedNode], news: list[NamedNode], pairs: Pairs, moved: set[tuple[int, int]]) -> float:
    """How much a way to match would leave to report; numbers in names count for nothing."""
    weight = _LACKING * (sum(node.size for node in olds) + sum(node.size for node in news))
    for pair in pairs:
        a, b = olds[pair[0]], news[pair[1]]
        weight -= _LACKING * (a.size + b.size)
        if a.content != b.content:
            weight += _changed(a, b)
        if pair in moved:
            weight += _MOVED * b.size
        if a.part.rstrip("0123456789") != b.part.rstrip("0123456789"):
            weight += _RENAMED
    return weight


def _changed(a: NamedNode, b: NamedNode) -> float:
    """About how much two nodes of different contents differ."""
    if not a.children and not b.children:
        return 1.0
    have: dict[int, int] = {}
    for node in a.layers():
        have[node.own] = have.get(node.own, 0) + 1
    common = 0
    for node in b.layers():
        if have.get(node.own):
            have[node.own] -= 1
            common += 1
    least = min(a.size, b.size)
    return (least - common) + _LACKING * (max(a.size, b.size) - least) + (0.1 if common == least else 0.0)


def _elsewhere(old: NamedNode, new: NamedNode, found: Matching) -> None:
    """Matches the rest only by content, over the whole networks, in runs that have parameters or MACs."""
    lefts = [node for node in _in_order(old) if node.match is None]
    rights = [node for node in _in_order(new) if node.match is None]
    if not lefts or not rights:
        return
    pairs = aligned([node.own for node in lefts], [node.own for node in rights])
    renames: dict[tuple[str, str], int] = {}
    for run in _runs(pairs):
        if not any(_costs(lefts[i]) for i, _ in run):
            continue
        for i, j in run:
            a, b = lefts[i], rights[j]
            _meet(a, b)
            ends = _ends(a.name, b.name)
            renames[ends] = renames.get(ends, 0) + 1
    found.renames += [_rename(*ends, layers) for ends, layers in renames.items() if ends[0] != ends[1]]


def _in_order(root: NamedNode) -> list[NamedNode]:
    return sorted(root.layers(), key=lambda node: node.place)


def _costs(node: NamedNode) -> bool:
    return node.layer is not None and (node.layer["local"]["parameters"] > 0 or node.layer.get("macs") != 0)


def _runs(pairs: Pairs) -> list[Pairs]:
    """Pairs in runs that continue on both sides."""
    runs: list[Pairs] = []
    for pair in pairs:
        if runs and runs[-1][-1] == (pair[0] - 1, pair[1] - 1):
            runs[-1].append(pair)
        else:
            runs.append([pair])
    return runs


def _ends(old: str, new: str) -> tuple[str, str]:
    """Two names without the components at their ends that are equal."""
    a, b = old.split("."), new.split(".")
    while a and b and a[-1] == b[-1]:
        a.pop()
        b.pop()
    return ".".join(a), ".".join(b)
