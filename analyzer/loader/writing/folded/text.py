"""The text of a folded model, made of its items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.layers import CATALOGUE
from analyzer.loader.writing.folded.columns import Block, Expression
from analyzer.loader.writing.folded.defaults import plain_sugar, spared
from analyzer.loader.writing.folded.items import Item
from analyzer.loader.writing.scalars import flow, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The order of the keys beside an item.
_KEYS = ("from", "name", "repeat", "first", "when", "tied", "frozen", "weights_dtype", "note", "expect")


#: An item with these keys is one line: where layers read several others, there are many of them.
_TANGLED = {"from", "name"}

#: Signs on such a line.
_WIDEST = 100


class Written(str):
    """A value that is written as it is."""

    __slots__ = ()


def item_lines(items: Iterable[Item], indent: str, defaults: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The lines of a list of items."""
    for item in items:
        keys = [f"{key}: {value_text(item.keys[key])}" for key in _KEYS if key in item.keys]
        if item.lists:
            yield from _structure(item, indent, defaults)
        else:
            line = _single(item, defaults)
            short = f"{line}{'' if ':' in line else ': {}'}, {', '.join(keys)}"
            if item.keys.keys() == _TANGLED and len(short) <= _WIDEST:
                yield f"{indent}- {{{short}}}\n"
                continue
            yield f"{indent}- {line}{':' if keys and ':' not in line else ''}\n"
        yield from (f"{indent}  {key}\n" for key in keys)


def _single(item: Item, defaults: Mapping[str, Mapping[str, Any]]) -> str:
    """A layer or a call on one line."""
    values = _values(item, defaults)
    if not values:
        return f"{item.word}: {{}}" if item.usual is not None or _needs(item.word) else item.word
    main = CATALOGUE[item.word].main if item.usual is None else None
    if main is not None and list(values) == [main] and not isinstance(values[main], dict):
        return f"{item.word}: {value_text(values[main])}"
    return f"{item.word}: {value_text(values)}"


def _needs(word: str) -> bool:
    """Whether the type requires parameters, so that its bare word is no layer."""
    return bool(CATALOGUE[word].needed)


def _values(item: Item, defaults: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if item.usual is not None or item.word not in CATALOGUE:
        return item.values
    sugars = {place: plain_sugar((kind, spared(kind, own, defaults))) for place, (kind, own) in item.sugars.items()}
    return spared(item.word, {**item.values, **sugars}, defaults)


def _structure(item: Item, indent: str, defaults: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    inner = f"{indent}    "
    yield f"{indent}- {item.word}:\n"
    if item.word == "sequence":
        yield from item_lines(item.lists["sequence"], inner, defaults)
    elif item.word == "parallel":
        yield f"{inner}join: {item.values['join']}\n{inner}branches:\n"
        for name, items in item.lists.items():
            only = items[0] if len(items) == 1 else None
            if only is not None and not only.lists and not only.keys:
                yield f"{inner}  {text(name)}: [{_single(only, defaults)}]\n"
            else:
                yield f"{inner}  {text(name)}:\n"
                yield from item_lines(items, f"{inner}    ", defaults)
    else:
        for name, items in item.lists.items():
            yield f"{inner}{name}:\n"
            yield from item_lines(items, f"{inner}  ", defaults)
        if "project" in item.values:
            yield f"{inner}project: none\n"
        for place, (kind, values) in item.sugars.items():
            yield f"{inner}{place}: {value_text(plain_sugar((kind, spared(kind, values, defaults))))}\n"


def block_lines(block: Block, items: Sequence[Item], defaults: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The lines of a block."""
    yield f"  {block.name}:\n"
    names = [one.name if one.default is None else Written(f"{one.name}={one.default}") for one in block.parameters]
    names += [*block.outside, *([block.grows] if block.grows else [])]
    if names:
        yield f"    params: {value_text(names)}\n"
    yield "    layers:\n"
    yield from item_lines(items, "      ", defaults)


def value_text(value: Any) -> str:
    """A value in flow style; expressions without quotes where YAML allows it.

    >>> value_text({"filters": Expression("4*$mid"), "sizes": [Expression("$a, $b"), 3]})
    '{filters: 4*$mid, sizes: ["$a, $b", 3]}'
    """
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, Expression):
        return str(value) if not set(value) & set(",[]{}\"'#:") else f'"{value}"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {value_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(value_text, value)) + "]"
    return f'"{value}"' if isinstance(value, str) and value.startswith("?") else flow(value)
