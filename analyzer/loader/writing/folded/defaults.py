"""The `defaults` of a folded model: what most layers of a type have is said once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.layers import CATALOGUE
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.loader.writing.folded.columns import Expression
from analyzer.loader.writing.folded.items import Item
from analyzer.loader.writing.folded.units import default_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Families whose types have parameters that are a matter of style, and not of one layer.
_STYLED = frozenset(
    ("activation", "attention", "convolution", "dense", "normalization", "pooling", "recurrent", "regularization")
)

#: Items that a default must spare something, less those that must say otherwise.
_LEAST = 2


def every(items: Iterable[Item]) -> Iterator[Item]:
    """All items, those in others after them."""
    left = list(items)[::-1]
    while left:
        item = left.pop()
        yield item
        for inside in reversed(list(item.lists.values())):
            left.extend(reversed(inside))


def find_defaults(items: Iterable[Item], joins: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The defaults by type; `joins` are those of the sums and joins that structures make."""
    said: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        if item.word in CATALOGUE:
            values = {name: plain_sugar(sugar) for name, sugar in item.sugars.items()}
            said.setdefault(item.word, []).append({**item.values, **values})
        for kind, values in item.sugars.values():
            said.setdefault(kind, []).append(values)
    found: dict[str, dict[str, Any]] = {kind: dict(values) for kind, values in joins.items() if values}
    for kind in CATALOGUE:
        if kind in said and CATALOGUE[kind].family in _STYLED:
            usual = _usual(kind, said[kind])
            if usual:
                found[kind] = usual
    return {kind: _shorter(kind, values, found) for kind, values in found.items()}


def _shorter(kind: str, values: dict[str, Any], defaults: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The defaults of a type, whose `norm` and `act` have the defaults of theirs."""
    for name, one in CATALOGUE[kind].declared.items():
        if isinstance(one.kind, Sugar) and isinstance(values.get(name), dict):
            [(inner, inside)] = values[name].items()
            values[name] = plain_sugar((inner, spared(inner, inside, defaults)))
    return values


def _usual(kind: str, said: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found = {}
    for name, one in CATALOGUE[kind].declared.items():
        if isinstance(one.kind, (Reference, References)) or name == CATALOGUE[kind].main:
            continue
        times: dict[str, list[Any]] = {}
        for values in said:
            if name in values and not _is_expression(values[name]):
                times.setdefault(repr(values[name]), []).append(values[name])
        lacking = 0 if one.required else sum(name not in values for values in said)
        best = max(times.values(), key=len, default=[])
        if lacking and default_of(CATALOGUE[kind], name) is None and not isinstance(one.kind, Sugar):
            continue  # a layer could not say that it has none
        if len(best) - lacking >= _LEAST and 2 * len(best) >= len(said):
            found[name] = best[0]
    return found


def _is_expression(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_expression, value.values()))
    if isinstance(value, list):
        return any(map(_is_expression, value))
    return isinstance(value, Expression)


def plain_sugar(sugar: tuple[str, Mapping[str, Any]]) -> Any:
    """A `norm` or `act` as it is written."""
    kind, values = sugar
    return {kind: dict(values)} if values else kind


def spared(kind: str, values: Mapping[str, Any], defaults: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters that a layer of a type must still say beside the defaults."""
    usual = defaults.get(kind)
    if not usual:
        return dict(values)
    found = {}
    for name, one in CATALOGUE[kind].declared.items():
        if name in values:
            if name not in usual or usual[name] != values[name] or type(usual[name]) is not type(values[name]):
                found[name] = values[name]
        elif name in usual:
            found[name] = "none" if isinstance(one.kind, Sugar) else default_of(CATALOGUE[kind], name)
    return found
