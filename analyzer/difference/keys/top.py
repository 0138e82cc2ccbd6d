"""The keys of a model file outside of its lists of layers: `vars.base`, `defaults.conv.act`, `training.batch`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from analyzer.difference.keys.change import Written
from analyzer.difference.keys.meaning import frozen, of_argument, of_template, of_volume
from analyzer.loader.parse.description import Block, Model
from analyzer.loader.text.tree import Mapping, Tree, plain_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.difference.keys.change import Source


def keys_of_file(model: Model) -> Iterator[Written]:
    """The keys, in the order of the language."""
    for key, text in (
        ("name", model.name),
        ("description", model.description),
        ("weights_dtype", model.weights_dtype),
    ):
        if _at(model, key) is not None:
            yield Written(key, text, text)
    yield from _inputs(model)
    for name, template in model.vars.items():
        yield Written(f"vars.{name}", of_template(template), plain_value(template.tree), ("var", name))
    for type, arguments in model.defaults.items():
        for name, argument in arguments.items():
            value = plain_value(argument.template.tree)
            yield Written(f"defaults.{type}.{name}", of_argument(argument), value, ("default", type, name))
    for name, block in model.blocks.items():
        yield from _block(model, name, block)
    if model.outputs:
        names = [template.value for template in model.outputs]
        yield Written("outputs", frozen(names), names)
    for section in ("budget", "training"):
        yield from _settings(model, section)


def _at(model: Model, *keys: str) -> Tree | None:
    """The value at a way of keys through the file."""
    tree: Tree | None = model.tree
    for key in keys:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _value(model: Model, *keys: str) -> object:
    tree = _at(model, *keys)
    return None if tree is None else plain_value(tree)


def _inputs(model: Model) -> Iterator[Written]:
    """The input; several by their names, with their order, since the first is what the first layer reads."""
    several = _at(model, "inputs") is not None
    for name, template in model.inputs.items():
        value = plain_value(template.tree)
        yield Written(f"inputs.{name}" if several else "input", of_volume(template), value)
    if len(model.inputs) > 1:
        names = [*model.inputs]
        yield Written("inputs", frozen(names), names)


def _block(model: Model, name: str, block: Block) -> Iterator[Written]:
    """A block that only one side has is a change as a whole; of one that both have, the parameters are compared."""
    whole = ("block", name)
    yield Written(f"blocks.{name}", True, _value(model, "blocks", name), whole)
    description = _value(model, "blocks", name, "description")
    if description is not None:
        yield Written(f"blocks.{name}.description", frozen(description), description)
    for parameter, default in block.params.items():
        source: Source = ("parameter", name, parameter)
        value = parameter if default is None else plain_value(default.tree)
        meaning = ("required",) if default is None else of_template(default)
        yield Written(f"blocks.{name}.params.{parameter}", meaning, value, source)


def _settings(model: Model, section: str) -> Iterator[Written]:
    """The limits of `budget`, and the values of `training`."""
    tree = _at(model, section)
    open = {one.key: one for one in model.unsettled if one.section == section}
    for key, value in tree.items if isinstance(tree, Mapping) else ():
        name = key.text
        if name in open:
            meaning: Hashable = tuple((part, of_template(template)) for part, template in open[name].parts.items())
        elif section == "budget":
            limit = model.budget[name]
            meaning = limit.least, limit.most
        else:
            meaning = frozen(model.training[name])
        yield Written(f"{section}.{name}", meaning, plain_value(value))
