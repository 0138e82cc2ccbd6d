"""What a file declares and what of it is used: variables, blocks and defaults, found without expanding anything.

An expression uses a variable where no parameter of its block and no list of a `repeat` around it has the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from analyzer.loader.expressions.expression import Expression
from analyzer.loader.parse.description import (
    Argument,
    Block,
    CallItem,
    Item,
    LayerItem,
    Model,
    ParallelItem,
    ResidualItem,
    SequenceItem,
    Template,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set
    from typing import Any

_WORD = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_NONE: frozenset[str] = frozenset()


class Uses:
    """What the description of a model uses.

    `variables` by anything but other variables; `blocks` by layers outside of blocks, or by the body of a block that is
    used; `types` of layers anywhere, kept by `when` or not, and the words that an expression may turn into one.
    """

    def __init__(self, model: Model) -> None:
        self.variables: set[str] = set()
        self.blocks: set[str] = set()
        self.types: set[str] = set()
        #: The words in values, and whether the `norm` or `act` of some layer is calculated from one.
        self._words: set[str] = set()
        self._calculated = False
        #: The blocks that a body calls, while it is walked.
        self._called: set[str] = set()
        calls: dict[str, set[str]] = {}
        for template in model.inputs.values():
            self._template(template, _NONE)
        for one in model.unsettled:
            for template in one.parts.values():
                self._template(template, _NONE)
        for arguments in model.defaults.values():
            self._arguments(arguments.values(), _NONE, laid=False)
        for block in model.blocks.values():
            self._called = calls[block.name] = set()
            self._block(block)
        self._called = set()
        self._items(model.layers, _NONE)
        waiting = list(self._called)
        while waiting:
            name = waiting.pop()
            if name not in self.blocks:
                self.blocks.add(name)
                waiting.extend(calls.get(name, ()))
        self._variables_of_variables(model)
        if self._calculated:
            self.types |= self._words

    def _variables_of_variables(self, model: Model) -> None:
        """A variable sees those above it: from the last to the first, each passes its use on."""
        for name in reversed(model.vars):
            template = model.vars[name]
            self._worded(template.value)
            if name in self.variables and template.dynamic:
                self.variables |= names_in(template.value)

    def _block(self, block: Block) -> None:
        seen: set[str] = set()
        for name, default in block.params.items():
            self._template(default, seen)
            seen.add(name)
        self._items(block.body, frozenset(seen))

    def _items(self, items: Iterable[Item], hidden: Set[str]) -> None:
        for item in items:
            self._item(item, hidden)

    def _item(self, item: Item, hidden: Set[str]) -> None:
        if isinstance(item.repeat, dict):
            for template in item.repeat.values():
                self._template(template, hidden)
            hidden = hidden | item.repeat.keys()
        else:
            self._template(item.repeat, hidden)
        for place in (item.source, item.when, item.expect, item.tied):
            self._template(place, hidden)
        if isinstance(item, LayerItem):
            self.types.add(item.type.type)
            self._arguments([*item.arguments.values(), *item.first.values()], hidden)
        elif isinstance(item, CallItem):
            self._called.add(item.block)
            for argument in [*item.arguments.values(), *item.first.values()]:
                self._template(argument, hidden)
        elif isinstance(item, ResidualItem):
            self._items([*item.body, *(item.project or ())], hidden)
            self._arguments([item.act] if item.act is not None else [], hidden)
        elif isinstance(item, ParallelItem):
            for branch in item.branches.values():
                self._items(branch, hidden)
        elif isinstance(item, SequenceItem):
            self._items(item.body, hidden)

    def _arguments(self, arguments: Iterable[Argument], hidden: Set[str], *, laid: bool = True) -> None:
        """The arguments of a layer. `laid`: the layers in them are placed, as those of `defaults` are not."""
        for argument in arguments:
            self._template(argument.template, hidden)
            row = argument.value
            if isinstance(row, LayerItem):
                if laid:
                    self.types.add(row.type.type)
                self._arguments(row.arguments.values(), hidden, laid=laid)
            elif laid and argument.template.dynamic and argument.declaration.name in ("norm", "act"):
                self._calculated = True

    def _template(self, template: Template | None, hidden: Set[str]) -> None:
        if template is not None:
            self.variables |= names_in(template.value) - hidden
            self._worded(template.value)

    def _worded(self, value: Any) -> None:
        """Remembers the words in a value."""
        if isinstance(value, Expression):
            self._words.update(_WORD.findall(value.text))
        elif isinstance(value, str):
            self._words.add(value)
        elif isinstance(value, (list, dict)):
            for part in value.values() if isinstance(value, dict) else value:
                self._worded(part)


def names_in(value: Any) -> set[str]:
    """The variables that the expressions in a value read."""
    if isinstance(value, Expression):
        return set(value.names)
    if isinstance(value, (list, dict)):
        return {name for part in (value.values() if isinstance(value, dict) else value) for name in names_in(part)}
    return set()
