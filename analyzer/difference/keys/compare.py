"""Compares the keys of two descriptions, in the order of the language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from analyzer.difference.keys.change import KeyChange, Marked, Written
from analyzer.difference.keys.concerned import concerned
from analyzer.difference.keys.items import bodies_of, keys_of, word_of
from analyzer.difference.keys.pairing import Contents, paired
from analyzer.difference.keys.top import keys_of_file
from analyzer.engine.network import Network
from analyzer.loader.parse.description import Item, Model
from analyzer.loader.parse.grammar import TOP_KEYS

#: The keys at the top of a file, in the order in which changes are listed.
_SECTIONS = [*TOP_KEYS]

_NOTHING = Written("", None, None)


def changed_keys(
    old: Model, new: Model, networks: tuple[Network, Network], renamed: Callable[[str], str]
) -> list[KeyChange]:
    """The keys that changed; a key that was only written in another way, or in another place, did not.

    `networks` are what the descriptions were expanded to; `renamed` gives the name that a layer of the old network has
    in the new one, or its own where it has none. Items of a list that only one side has are not keys: the layers say
    what they are.
    """
    if old.text == new.text != "":  # a model without a text was given as data
        return []
    found = [*_of_files(old, new), *_Lists(old, new).all()]
    found.sort(key=lambda change: _SECTIONS.index(change.section))
    alike: dict[object, list[Marked]] = {}
    for place, change in enumerate(found):
        change.mark = place
        alike.setdefault(change.alike, []).append(change)
    layers = concerned((old, networks[0]), (new, networks[1]), found, renamed)
    order = {node.name: place for place, node in enumerate(networks[1].nodes)}
    return [_entry(changes, layers, order) for changes in alike.values()]


def _entry(changes: Sequence[Marked], layers: list[list[str] | None], order: Mapping[str, int]) -> KeyChange:
    """The entry of equal changes."""
    first = changes[0]
    parts = [layers[change.mark] for change in changes]
    names = None if any(part is None for part in parts) else {name: None for part in parts for name in part or ()}
    return KeyChange(
        first.key,
        None if first.old is None else first.old.value,
        None if first.new is None else first.new.value,
        None if names is None else sorted(names, key=lambda name: order.get(name, len(order))),
    )


def _of_files(old: Model, new: Model) -> Iterator[Marked]:
    """The changes outside of lists of layers."""
    whole = ""
    for was, now in _compared(list(keys_of_file(old)), list(keys_of_file(new))):
        key = (now or was or _NOTHING).key
        if whole and key.startswith(whole):
            continue  # a part of a block that only one side has
        if key.startswith("blocks.") and key.count(".") == 1:
            whole = f"{key}."
        before, after = (None if side is None else side.source for side in (was, now))
        yield Marked(key.partition(".")[0], key, was, now, (before, after))


def _compared(olds: Sequence[Written], news: Sequence[Written]) -> Iterator[tuple[Written | None, Written | None]]:
    """The keys of two sides that differ, in the order of the new side; those that were removed come last."""
    before, after = ({one.key: one for one in side} for side in (olds, news))
    for key, written in after.items():
        was = before.get(key)
        if was is None or was.meaning != written.meaning:
            yield was, written
    yield from ((written, None) for key, written in before.items() if key not in after)


class _Lists:
    """Compares the lists of layers of two descriptions."""

    def __init__(self, old: Model, new: Model) -> None:
        self.old, self.new = old, new
        self.contents = Contents(old), Contents(new)

    def all(self) -> Iterator[Marked]:
        """The changes in the blocks that both have, and in the list that is the network."""
        for name, block in self.new.blocks.items():
            if name in self.old.blocks:
                yield from self._lists(self.old.blocks[name].body, block.body)
        yield from self._lists(self.old.layers, self.new.layers)

    def _lists(self, olds: Sequence[Item], news: Sequence[Item]) -> Iterator[Marked]:
        for old, new in paired(olds, news, self.contents):
            if self.contents[0].of(old) == self.contents[1].of(new):
                continue
            if word_of(old) != word_of(new):
                was, now = (Written("type", word_of(item), word_of(item), ("item", id(item))) for item in (old, new))
                yield Marked("layers", "type", was, now, (was.source, now.source))
            yield from self._keys(old, new)
            before, after = bodies_of(old), bodies_of(new)
            for name, body in after.items():
                yield from self._lists(before.get(name, []), body)

    def _keys(self, old: Item, new: Item) -> Iterator[Marked]:
        """The keys of an item that differ."""
        for was, now in _compared(list(keys_of(old, self.old)), list(keys_of(new, self.new))):
            one = now or was or _NOTHING
            assert one.source is not None
            word, _, *rest = one.source
            yield Marked("layers", one.key, was, now, ((word, id(old), *rest), (word, id(new), *rest)))
