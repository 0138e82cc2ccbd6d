"""Variables of a folded model: the number of classes, and the width that all depths are multiples of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analyzer.engine.network import Network
from analyzer.loader.writing.folded.columns import Expression
from analyzer.loader.writing.folded.defaults import every
from analyzer.loader.writing.folded.items import Item
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Parameters that are a depth; those of blocks are called after them.
_DEPTHS = ("filters", "units")

#: Layers whose depth is the number of classes, where they come last.
_HEADS = ("dense", "linear", "conv")

#: The least width that is called so.
_NARROWEST = 8

#: Depths that must follow from a width, so that it is worth a variable.
_LEAST = 3


class Variables(Record):
    """The variables found, and how to take them back: each place with what was there."""

    values: dict[str, int] = field(factory=dict, init=False)
    places: dict[str, list[tuple[dict[str, Any], str, Any]]] = field(factory=dict, init=False)

    def put(self, name: str, value: int, places: Iterable[tuple[dict[str, Any], str]]) -> None:
        """Writes a variable, or multiples of it, at some places."""
        self.values[name] = value
        self.places[name] = [(values, key, values[key]) for values, key in places]
        for values, key, old in self.places[name]:
            times = old // value
            values[key] = Expression(f"${name}" if times == 1 else f"{times}*${name}")

    def take_back(self, name: str) -> None:
        """Writes the numbers in place of a variable."""
        for values, key, old in self.places.pop(name):
            values[key] = old
        del self.values[name]


def find_variables(network: Network, items: Sequence[Item], bodies: Sequence[Sequence[Item]]) -> Variables:
    """Puts variables into the items of a file and of its blocks."""
    found = Variables()
    head = next((item for item in reversed(items) if any(name in item.values for name in _DEPTHS)), None)
    if head is not None and _counts_classes(network, head):
        name = next(name for name in _DEPTHS if name in head.values)
        found.put("classes", head.values[name], [(head.values, name)])
    places = [place for one in (items, *bodies) for place in _depths(one)]
    inner = [place for place in places if head is None or place[0] is not head.values]
    for some in (places, inner):  # the last depth is often that of an image
        depths = [values[key] for values, key in some]
        width = max((one for one in set(depths) if all(depth % one == 0 for depth in depths)), default=0)
        if width >= _NARROWEST and len(depths) >= _LEAST and len(set(depths)) > 1:
            found.put("width", width, some)
            break
    return found


def _counts_classes(network: Network, item: Item) -> bool:
    """Whether the depth of an item is a number of classes: of the last layer with weights, before the only output."""
    depth = item.values.get("units", item.values.get("filters"))
    plain = item.word in _HEADS and type(depth) is int and "tied" not in item.keys
    if item.word == "conv" and (item.values.get("kernel") != 1 or item.sugars):
        return False  # it may put out an image, or features
    return plain and len(network.outputs) == 1 and network.outputs[0].output.depth == depth


def _depths(items: Iterable[Item]) -> Iterator[tuple[dict[str, Any], str]]:
    """The places of all depths that are numbers."""
    for item in every(items):
        for values in (item.values, item.keys.get("first", {})):
            for name, value in values.items():
                if name.rstrip("0123456789") in _DEPTHS and type(value) is int:
                    yield values, name
