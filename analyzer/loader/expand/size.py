"""How much an expansion writes and reads: names, notes and lists grow with repetition, not only the layers."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import LAYER, Refusal
from analyzer.engine.network import Node
from analyzer.loader.parse.description import Block, CallItem, Item, LayerItem, Template
from analyzer.loader.text.limits import LIMITS
from analyzer.record import Record

#: One step copies this many characters of names or variables, reads this many values, or calculates this many
#: expressions. What does more counts as several: every repetition copies a name of 100,000 characters.
_CHARACTERS, _VARIABLES, _VALUES, _EXPRESSIONS = 128, 32, 4, 2

#: The written values of an item that count for nothing: more than a layer has parameters.
_FEW = 32


class Size(Record):
    """The bytes of the names and notes of all layers, and those of the names that layers read; how many they read."""

    written: int = 0
    named: int = 0
    read: int = 0

    def place(self, name: str, note: str | None, nodes: Sequence[Node]) -> None:
        """Counts a layer that reads `nodes`; raises `Refusal` (LIMIT106) beyond the limit of text."""
        self.written += _bytes(name) + (_bytes(note) if note is not None else 0)
        for node in nodes:
            self.named += len(node.name)
        if self.written > LIMITS.names or self.named > LIMITS.names:
            what = "names and notes" if self.written > LIMITS.names else "names in what the layers read"
            raise Refusal(
                f"the {what} have more than {LIMITS.names >> 20} MiB up to {LAYER}",
                code="LIMIT106",
                help="shorter names and notes, or fewer repetitions",
            )

    def refer(self, names: int) -> None:
        """Counts the names of layers to read; raises `Refusal` (LIMIT106) beyond the limit."""
        self.read += names
        if self.read > LIMITS.reads:
            raise Refusal(
                f"the layers up to here read more than {LIMITS.reads:,} layers in all",
                code="LIMIT106",
                help="shorter lists of layers, or fewer repetitions",
            )


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def extra_steps(item: Item, prefix: str) -> int:
    """The steps that a visit of an item takes beyond one; `prefix` stands before its name."""
    if item.extra is None:
        item.extra = _extra(item)
    return item.extra + len(prefix) // _CHARACTERS


def _extra(item: Item) -> int:
    """What is the same for each visit of an item: its own name, the values of a layer or a call, its expressions."""
    own = len(item.name or "") + (len(item.block) if isinstance(item, CallItem) else 0)
    templates = [item.source, item.when, item.expect, item.tied, *_arguments(item)]
    dynamic = sum(template.tree.weight for template in templates if template is not None and template.dynamic)
    values = item.place.weight if isinstance(item, (LayerItem, CallItem)) else 0
    return own // _CHARACTERS + max(0, values - _FEW) // _VALUES + dynamic // _EXPRESSIONS


def _arguments(item: Item) -> list[Template]:
    """The written arguments of a layer or a call, defaults included."""
    if isinstance(item, LayerItem):
        return [argument.template for argument in item.arguments.values()]
    return list(item.arguments.values()) if isinstance(item, CallItem) else []


def copying(variables: int) -> int:
    """The steps that it takes to copy all variables that an item sees."""
    return variables // _VARIABLES


def calling(block: Block, variables: int) -> int:
    """The steps that it takes to give the parameters of a block their values."""
    defaults = sum(default.tree.weight for default in block.params.values() if default is not None)
    return copying(variables) + max(0, defaults + len(block.params) - _FEW) // _VALUES
