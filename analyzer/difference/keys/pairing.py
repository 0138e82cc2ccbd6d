"""Which item of one list of layers is which of another list."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from analyzer.align import Pairs, aligned
from analyzer.difference.keys.items import bodies_of, keys_of, word_of
from analyzer.layers import CATALOGUE
from analyzer.loader.parse.description import CallItem, Item, LayerItem, Model
from analyzer.record import Record, field


class Contents(Record):
    """What the items of one description contain, so that equal items are recognised; each is asked once."""

    model: Model
    known: dict[int, Hashable] = field(factory=dict)

    def of(self, item: Item) -> Hashable:
        """All that an item says, in one value."""
        found = self.known.get(id(item))
        if found is None:
            keys = frozenset((one.key, one.meaning) for one in keys_of(item, self.model))
            bodies = tuple((name, *map(self.of, body)) for name, body in bodies_of(item).items())
            found = self.known[id(item)] = hash((word_of(item), keys, bodies))
        return found


def paired(olds: Sequence[Item], news: Sequence[Item], contents: tuple[Contents, Contents]) -> list[tuple[Item, Item]]:
    """The items of two lists that are the same, in order.

    They are paired in two ways: by names and types, and by contents first. The way that leaves less to report is taken:
    where every width is doubled, a layer is not the one that has its new width. Items of different types are the same
    where equally many of them are left between two pairs.
    """
    if len(olds) == len(news) == 1:
        return [(olds[0], news[0])] if _alike(olds[0], news[0]) else []
    old, new = ([one.of(item) for item in items] for one, items in zip(contents, (olds, news), strict=True))
    same = aligned(old, new)
    if len(same) == len(olds) == len(news):
        return [(olds[i], news[j]) for i, j in same]
    ways = [_filled(olds, news, []), _filled(olds, news, same)]
    pairs = min(ways, key=lambda pairs: _cost(old, new, pairs))
    return [(olds[i], news[j]) for i, j in pairs]


def _filled(olds: Sequence[Item], news: Sequence[Item], pairs: Pairs) -> Pairs:
    """More pairs between pairs: by name, by type, by family, and by place."""
    for key in (_named, word_of, _family):
        if len(pairs) == min(len(olds), len(news)):
            break
        pairs = sorted([*pairs, *_in_gaps(olds, news, pairs, key)])
    return sorted([*pairs, *_replaced(olds, news, pairs)])


def _cost(old: Sequence[Hashable], new: Sequence[Hashable], pairs: Pairs) -> int:
    """How much a way to pair leaves to report: an item without a counterpart counts twice as much as a change."""
    return 2 * (len(old) + len(new) - 2 * len(pairs)) + sum(old[i] != new[j] for i, j in pairs)


def _named(item: Item) -> Hashable:
    """The word and the name of an item that has a name."""
    return (word_of(item), item.name) if item.name is not None else id(item)


def _family(item: Item) -> Hashable:
    return CATALOGUE[item.type.type].family if isinstance(item, LayerItem) else item.__class__


def _alike(a: Item, b: Item) -> bool:
    """Whether one item may be another one that was changed: both are layers, or calls, or one structure."""
    return (a.__class__ is b.__class__ and isinstance(a, (LayerItem, CallItem))) or word_of(a) == word_of(b)


def _gaps(olds: Sequence[Item], news: Sequence[Item], pairs: Pairs) -> list[tuple[range, range]]:
    """The places between pairs that both lists have free."""
    gaps = []
    at_a = at_b = 0
    for i, j in [*pairs, (len(olds), len(news))]:
        if i > at_a and j > at_b:
            gaps.append((range(at_a, i), range(at_b, j)))
        at_a, at_b = i + 1, j + 1
    return gaps


def _in_gaps(olds: Sequence[Item], news: Sequence[Item], pairs: Pairs, key: Callable[[Item], Hashable]) -> Pairs:
    found = []
    for free_a, free_b in _gaps(olds, news, pairs):
        part = aligned([key(olds[i]) for i in free_a], [key(news[j]) for j in free_b])
        found += [(free_a[i], free_b[j]) for i, j in part]
    return found


def _replaced(olds: Sequence[Item], news: Sequence[Item], pairs: Pairs) -> Pairs:
    """Items in place of as many others."""
    found: Pairs = []
    for free_a, free_b in _gaps(olds, news, pairs):
        if len(free_a) == len(free_b):
            found += [(i, j) for i, j in zip(free_a, free_b, strict=True) if _alike(olds[i], news[j])]
    return found
