"""The keys of one item of a list of layers."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.difference.keys.change import Written
from analyzer.difference.keys.meaning import of_argument, of_names, of_template, of_volume
from analyzer.loader.parse.description import (
    Argument,
    CallItem,
    Item,
    LayerItem,
    Model,
    ParallelItem,
    ResidualItem,
    SequenceItem,
    Template,
)
from analyzer.loader.text.tree import plain_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.difference.keys.change import Source


def word_of(item: Item) -> str:
    """The type, block or structure of an item."""
    if isinstance(item, LayerItem):
        return item.type.type
    if isinstance(item, CallItem):
        return item.block
    return item.__class__.__name__.removesuffix("Item").lower()


def keys_of(item: Item, model: Model) -> Iterator[Written]:
    """The keys of an item, in the order of the language: its parameters, then what stands beside them."""
    if isinstance(item, LayerItem):
        yield from _arguments(own_arguments(item, model), "", ("own", id(item)))
        yield from _arguments(item.first, "first.", ("first", id(item)))
    if isinstance(item, CallItem):
        for prefix, part in (("", item.arguments), ("first.", item.first)):
            for name, template in part.items():
                yield _of_template(prefix + name, template, ("argument", id(item), prefix + name))
    if isinstance(item, ParallelItem) and item.join != "concat":
        yield Written("join", item.join, item.join, ("own", id(item)))
    if isinstance(item, ResidualItem):
        if item.act is not None:
            yield from _arguments({"act": item.act}, "", ("own", id(item)))
        if item.project == []:
            yield Written("project", "none", "none", ("own", id(item)))
    yield from _graph_keys(item)


def _graph_keys(item: Item) -> Iterator[Written]:
    """The keys beside a layer, a call or a structure."""
    source = ("item", id(item))
    if item.name is not None:
        yield Written("name", item.name, item.name, source)
    tied = "tied.weights" if item.weights_only else "tied"
    for key, template in (("from", item.source), (tied, item.tied)):
        if template is not None:
            yield Written(key, of_names(template), plain_value(template.tree), source)
    if isinstance(item.repeat, dict):
        for name, lists in item.repeat.items():
            yield _of_template(f"repeat.{name}", lists, source)
    elif item.repeat is not None:
        yield _of_template("repeat", item.repeat, source)
    if item.when is not None:
        yield _of_template("when", item.when, source)
    if item.expect is not None:
        yield Written("expect", of_volume(item.expect), plain_value(item.expect.tree), source)
    if item.note is not None:
        yield Written("note", item.note, item.note, source)
    if item.frozen:
        yield Written("frozen", True, True, source)
    if item.weights_dtype is not None:
        yield Written("weights_dtype", item.weights_dtype, item.weights_dtype, source)


def own_arguments(item: LayerItem, model: Model) -> dict[str, Argument]:
    """The parameters that a layer itself gives, without those that `defaults` gives."""
    usual = model.defaults.get(item.type.type, {})
    return {name: argument for name, argument in item.arguments.items() if usual.get(name) is not argument}


def _arguments(arguments: dict[str, Argument], prefix: str, source: Source) -> Iterator[Written]:
    for name, argument in arguments.items():
        yield Written(prefix + name, of_argument(argument), plain_value(argument.template.tree), source)


def _of_template(key: str, template: Template, source: Source) -> Written:
    return Written(key, of_template(template), plain_value(template.tree), source)


def bodies_of(item: Item) -> dict[str, list[Item]]:
    """The lists of layers in an item, by their names."""
    if isinstance(item, ResidualItem):
        return {"body": item.body, "project": item.project or []}
    if isinstance(item, ParallelItem):
        return item.branches
    return {"body": item.body} if isinstance(item, SequenceItem) else {}
