"""What the parser makes of a file: a description, expanded as often as one likes (`--set`, `--input`).

Values that hold no expression are read and checked once, when the file is parsed; the others wait for their variables.
"""

from __future__ import annotations

from analyzer.layers.reference_kinds import Sugar
from analyzer.loader.text.tree import Tree
from analyzer.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.layers import Layer, Parameter


class _Unknown:
    """Stands for a value that a mistake left open; what depends on it is left alone."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> str:
        return "UNKNOWN"  # pickled by its name, since it is compared by identity


UNKNOWN = _Unknown()


class Template:
    """A written value: plain data with compiled expressions in it where it is `dynamic`; `tree` is its place."""

    __slots__ = ("dynamic", "tree", "value")

    def __init__(self, value: Any, tree: Tree, *, dynamic: bool) -> None:
        self.value = value
        self.tree = tree
        self.dynamic = dynamic


class Argument:
    """A written parameter of a layer. `value` is what the rules take, where no expression is left to work out.

    `broken` marks a default that is wrong and was reported where it stands.
    """

    __slots__ = ("broken", "declaration", "template", "value")

    def __init__(self, declaration: Parameter, template: Template, value: Any, *, broken: bool = False) -> None:
        self.broken = broken
        self.declaration = declaration
        self.template = template
        self.value = value


class Item:
    """One item of a list of layers: its graph keys. `span` is the item as a whole, `place` its tree."""

    __slots__ = ("expect", "first", "frozen", "name", "note", "place", "repeat", "source", "span", "tied", "when")

    #: What its automatic name is made of; empty where it has no name of its own.
    stem = ""

    def __init__(self, place: Tree, span: Span) -> None:
        self.place = place
        self.span = span
        self.name: str | None = None
        self.source: Template | None = None
        self.repeat: Template | dict[str, Template] | None = None
        self.first: dict[str, Any] = {}
        self.when: Template | None = None
        self.expect: Template | None = None
        self.note: str | None = None
        self.tied: Template | None = None
        self.frozen = False


class BrokenItem(Item):
    """An item with a mistake that was reported; its name stays known, what reads it is left alone."""

    __slots__ = ("stem",)

    def __init__(self, place: Tree, span: Span, stem: str) -> None:
        super().__init__(place, span)
        self.stem = stem if stem != "residual" else ""


class LayerItem(Item):
    """A layer: its type and arguments, defaults included. `ready` is the layer itself where nothing is dynamic."""

    __slots__ = ("arguments", "made", "ready", "type")

    def __init__(self, place: Tree, span: Span, type: type[Layer]) -> None:
        super().__init__(place, span)
        self.type = type
        self.arguments: dict[str, Argument] = {}
        self.ready: Layer | None = None
        #: Layers already made of this item, by the values of its dynamic arguments.
        self.made: dict[Any, Layer] = {}

    @property
    def stem(self) -> str:  # type: ignore[override]  # fixed for other items
        """The type."""
        return self.type.type


def build(item: LayerItem, alike: dict[Any, Layer]) -> None:
    """Makes the layer of an item whose arguments hold no expression.

    Items written alike get one layer, kept in `alike`, so that a long file costs what as many repetitions do: rules are
    pure, and a layer that reads equal volumes is costed once.
    """
    arguments = item.arguments.values()
    if any(argument.template.dynamic for argument in arguments):
        return
    key = (item.type, *map(_written, arguments))
    item.ready = alike.get(key)
    if item.ready is None:
        read = {a.declaration.attribute: a.value for a in arguments if not isinstance(a.declaration.kind, Sugar)}
        item.ready = alike[key] = item.type.of_read(read)


def _written(argument: Argument) -> tuple[str, str | int]:
    """What an argument was written as; a layer with parameters of its own is like none but itself."""
    written = argument.template.value
    if isinstance(argument.value, LayerItem) and isinstance(written, dict):
        return argument.declaration.name, id(argument.value)
    return argument.declaration.name, repr(written)


class CallItem(Item):
    """A call of a block."""

    __slots__ = ("arguments", "block")

    def __init__(self, place: Tree, span: Span, block: str) -> None:
        super().__init__(place, span)
        self.block = block
        self.arguments: dict[str, Template] = {}

    @property
    def stem(self) -> str:  # type: ignore[override]  # fixed for other items
        """The block's name."""
        return self.block


class ResidualItem(Item):
    """`residual`: `project` is None where it was left out, an empty list for `none`."""

    __slots__ = ("act", "body", "project")

    def __init__(self, place: Tree, span: Span) -> None:
        super().__init__(place, span)
        self.body: list[Item] = []
        self.project: list[Item] | None = None
        self.act: Argument | None = None


class ParallelItem(Item):
    """`parallel`: `branches` in the order of the file."""

    __slots__ = ("branches", "join")
    stem = "parallel"

    def __init__(self, place: Tree, span: Span) -> None:
        super().__init__(place, span)
        self.join = "concat"
        self.branches: dict[str, list[Item]] = {}


class SequenceItem(Item):
    """`sequence`."""

    __slots__ = ("body",)
    stem = "sequence"

    def __init__(self, place: Tree, span: Span) -> None:
        super().__init__(place, span)
        self.body: list[Item] = []


class Block:
    """A block: parameters with their defaults (None: required), a body; `broken` after a mistake in its signature."""

    __slots__ = ("body", "broken", "name", "params", "span")

    def __init__(self, name: str, span: Span) -> None:
        self.broken = False
        self.name = name
        self.span = span
        self.params: dict[str, Template | None] = {}
        self.body: list[Item] = []


class Model:
    """A parsed model file.

    `name` and `description` for the reports, `file` and `text` for messages; `budget` (key → (least, most), each None
    where open) and `training` for the checks and the memory analysis; `places` of the keys under `vars` and `defaults`.
    `faulty` says that parsing found mistakes.
    """

    def __init__(self, file: str, text: str, name: str) -> None:
        self.file = file
        self.text = text
        self.name = name
        self.description: str | None = None
        self.inputs: dict[str, Template] = {}
        self.vars: dict[str, Template] = {}
        self.defaults: dict[str, dict[str, Argument]] = {}
        self.blocks: dict[str, Block] = {}
        self.layers: list[Item] = []
        self.outputs: list[Template] = []
        self.budget: dict[str, Limit] = {}
        self.training: dict[str, Any] = {}
        self.places: dict[tuple[str, str], Span] = {}
        self.faulty = False

    def __repr__(self) -> str:
        return f"Model({self.name!r} from {self.file})"


class Limit:
    """A budget: the least and the most allowed, their units as written, its place (None: the command line)."""

    __slots__ = ("least", "least_unit", "most", "span", "unit")

    def __init__(
        self, least: int | None, most: int | None, unit: str, span: Span | None, *, least_unit: str | None = None
    ) -> None:
        self.least = least
        self.most = most
        self.unit = unit
        self.least_unit = unit if least_unit is None else least_unit
        self.span = span
