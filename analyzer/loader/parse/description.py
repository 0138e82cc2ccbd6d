"""What the parser makes of a file: a description, expanded as often as one likes (`--set`, `--input`).

Values that hold no expression are read and checked once, when the file is parsed; the others wait for their variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.layers.reference_kinds import Sugar
from analyzer.loader.text.tree import Mapping as TreeMapping
from analyzer.loader.text.tree import Tree
from analyzer.record import Record, field
from analyzer.source import Span
from analyzer.units import exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.diagnostics import Diagnostic
    from analyzer.engine.network import Kept, Source
    from analyzer.layers import Layer, Parameter
    from analyzer.loader.expressions.expression import Expression
    from analyzer.loader.parse.axis import Axis


class _Unknown:
    """The value that a mistake left open. Nothing is reported about what depends on it."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __reduce__(self) -> str:
        return "UNKNOWN"  # pickled by its name, since it is compared by identity


UNKNOWN = _Unknown()


class Template(Record):
    """A written value: plain data with compiled expressions in it where it is `dynamic`; `tree` is its place."""

    value: Any
    tree: Tree
    dynamic: bool


class Argument(Record):
    """A written parameter of a layer. `value` is what the rules take, where no expression is left to calculate.

    `broken` marks a default with a mistake, which was reported at the default.
    """

    declaration: Parameter
    template: Template
    value: Any
    broken: bool = False


class Item(Record):
    """One item of a list of layers: its graph keys. `span` is the item as a whole, `place` its tree.

    `extra` are the steps that the expansion counts for it beyond one, once they are known.
    """

    place: Tree
    span: Span
    name: str | None = field(default=None, init=False)
    source: Template | None = field(default=None, init=False)
    repeat: Template | dict[str, Template] | None = field(default=None, init=False)
    first: dict[str, Any] = field(factory=dict, init=False)
    when: Template | None = field(default=None, init=False)
    expect: Template | None = field(default=None, init=False)
    note: str | None = field(default=None, init=False)
    tied: Template | None = field(default=None, init=False)
    weights_only: bool = field(default=False, init=False)
    frozen: bool = field(default=False, init=False)
    weights_dtype: str | None = field(default=None, init=False)
    extra: int | None = field(default=None, init=False)

    @property
    def stem(self) -> str:
        """The word that its automatic name begins with; empty where it has no name of its own."""
        return ""


class BrokenItem(Item):
    """An item with a mistake that was reported. Its name stays known; nothing is reported about what reads it."""

    word: str

    @property
    def stem(self) -> str:
        return self.word if self.word != "residual" else ""


class LayerItem(Item):
    """A layer: its type and arguments, defaults included. `ready` is the layer itself where nothing is dynamic."""

    type: type[Layer]
    arguments: dict[str, Argument] = field(factory=dict, init=False)
    ready: Layer | None = field(default=None, init=False)

    @property
    def stem(self) -> str:
        return self.type.type


def build(item: LayerItem, alike: dict[Any, Layer]) -> None:
    """Makes the layer of an item whose arguments hold no expression.

    Items written alike get one layer, kept in `alike`, so that a long file costs as much as the same number of
    repetitions: rules are pure, and a layer that reads equal volumes is costed once.
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

    block: str
    arguments: dict[str, Template] = field(factory=dict, init=False)

    @property
    def stem(self) -> str:
        return self.block


class ResidualItem(Item):
    """`residual`: `project` is None where it was left out, an empty list for `none`."""

    body: list[Item] = field(factory=list, init=False)
    project: list[Item] | None = field(default=None, init=False)
    act: Argument | None = field(default=None, init=False)


class ParallelItem(Item):
    """`parallel`: `branches` in the order of the file."""

    join: str = field(default="concat", init=False)
    branches: dict[str, list[Item]] = field(factory=dict, init=False)

    @property
    def stem(self) -> str:
        return "parallel"


class SequenceItem(Item):
    """`sequence`."""

    body: list[Item] = field(factory=list, init=False)

    @property
    def stem(self) -> str:
        return "sequence"


class Block(Record):
    """A block: parameters with their defaults (None: required) and a body. `broken`: its signature has a mistake."""

    name: str
    span: Span
    params: dict[str, Template | None] = field(factory=dict, init=False)
    body: list[Item] = field(factory=list, init=False)
    broken: bool = field(default=False, init=False)


class Unsettled(Record):
    """A limit of `budget`, or a value of `training`, that depends on variables.

    `parts` are its ends by their names (`min`, `max`), or the only value under an empty name.
    """

    section: str
    key: str
    place: Tree
    parts: dict[str, Template]


class Made(dict["Any", "Layer"]):
    """Layers that were made of items before, by the item and the values of its dynamic arguments.

    It has at most 10,000: a sweep expands a description 100,000 times with other values. A pickle has none of them.
    """

    def keep(self, key: Any, layer: Layer) -> None:
        """Keeps a layer, and none of those before where there are too many."""
        if len(self) >= 10_000:
            self.clear()
        self[key] = layer

    def __reduce__(self) -> tuple[type[Made], tuple[()]]:
        return Made, ()


class Model(Record):
    """A parsed model file.

    `name` and `description` for the reports, `file` and `text` for messages; `budget` (key → (least, most), each None
    where open) and `training` for the checks and the memory analysis, `unsettled` those of them with expressions, which
    `expand.settling` calculates; `sweep` the axes of a sweep by name; `places` of the keys under `vars` and `defaults`;
    `asks` has the expressions that ask for the volume that a layer reads (`H`, `W`, `D`); `tree` has what was written.
    `faulty` says that parsing found mistakes. `weights_dtype` is the number format of the weights where the file has
    one. `source`, `uncovered`, `tensors` and `formats` are those of `Network`, for a file of another program, of which
    `told` has the reader's warnings and notes, `groups` the class of the module at a path (`layer1.0` → `Bottleneck`),
    `texts` those of other files that places are in, and `format` is the one that its reader reads. `made` are
    layers of earlier expansions.
    """

    file: str
    text: str
    name: str
    description: str | None = field(default=None, init=False)
    inputs: dict[str, Template] = field(factory=dict, init=False)
    vars: dict[str, Template] = field(factory=dict, init=False)
    defaults: dict[str, dict[str, Argument]] = field(factory=dict, init=False)
    blocks: dict[str, Block] = field(factory=dict, init=False)
    layers: list[Item] = field(factory=list, init=False)
    outputs: list[Template] = field(factory=list, init=False)
    budget: dict[str, Limit] = field(factory=dict, init=False)
    training: dict[str, Any] = field(factory=dict, init=False)
    unsettled: list[Unsettled] = field(factory=list, init=False)
    sweep: dict[str, Axis] = field(factory=dict, init=False)
    places: dict[tuple[str, str], Span] = field(factory=dict, init=False)
    asks: list[Expression] = field(factory=list, init=False)
    tree: Tree | None = field(default=None, init=False)
    faulty: bool = field(default=False, init=False)
    source: Source | None = field(default=None, init=False)
    uncovered: dict[str, int] = field(factory=dict, init=False)
    tensors: Mapping[str, Kept] = field(factory=dict, init=False)
    weights_dtype: str | None = field(default=None, init=False)
    formats: dict[str, str] = field(factory=dict, init=False)
    told: Sequence[Diagnostic] = field(default=(), init=False)
    groups: Mapping[str, str] = field(factory=dict, init=False)
    texts: Mapping[str, str] = field(factory=dict, init=False)
    format: str | None = field(default=None, init=False)
    made: Made = field(factory=Made, init=False)

    def __repr__(self) -> str:
        return f"Model({self.name!r} from {self.file})"

    def __str__(self) -> str:
        """Its text."""
        return self.text.rstrip("\n") or repr(self)

    def training_places(self) -> dict[str, Tree]:
        """The values that `training` writes, by their keys."""
        written = self.tree.get("training") if isinstance(self.tree, TreeMapping) else None
        return {key.text: value for key, value in written.items} if isinstance(written, TreeMapping) else {}


class Limit(Record):
    """A budget: the least and the most that is allowed, their units as written, and its place.

    `least_unit` is `unit` where it is left out. `span` is None for a budget of the command line or of Python.
    """

    least: int | None
    most: int | None
    unit: str
    span: Span | None
    least_unit: str = field(default=None)

    def check(self) -> None:
        if self.least_unit is None:
            self.least_unit = self.unit

    def broken_by(self, amount: int | None) -> bool:
        """Whether an amount breaks it, as one does that the network lacks (None).

        An amount of which a part is unknown breaks only a most that the known part is above.
        """
        if amount is None:
            return True
        if self.most is not None and amount > self.most:
            return True
        return self.least is not None and amount < self.least and exact(amount)
