"""A call of a layer, and the tables of what translates each class: `layer("Conv2D")`, `operation("Add")`.

A translator takes a `Called` and returns the tensor that the layer puts out, or a list of them. It writes rows with the
operations of the heart, and raises `Mistake` for a wrong config and `Unknown` for what the catalogue has no type for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

from analyzer.layers.kinds import written
from analyzer.loader.formats.entering import entering
from analyzer.loader.formats.keras.config import Config, Mistake
from analyzer.loader.formats.sheet import Place, Sheet, Written
from analyzer.loader.formats.tensors import Tensors
from analyzer.loader.formats.views import Tensor
from analyzer.record import Record, field
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Translator: TypeAlias = Callable[["Called"], Any]

#: What translates each class of layers, of operations of Keras 3, and of functions of Keras 2.
LAYERS: dict[str, Translator] = {}
OPERATIONS: dict[str, Translator] = {}


class Unknown(Exception):
    """No type of the catalogue is what the layer calculates. It becomes a `custom` where its volume is known."""


def layer(*names: str) -> Callable[[Translator], Translator]:
    """Enters a translator for classes of layers."""
    return entering(LAYERS, names)


def operation(*names: str) -> Callable[[Translator], Translator]:
    """Enters a translator for operations."""
    return entering(OPERATIONS, names)


class Kept(Record):
    """What calls of all layers share: the rows with weights that a layer wrote when it was called first."""

    sheet: Sheet
    heart: Tensors
    rows: dict[tuple[str, str], Written] = field(factory=dict, init=False)
    tensors: dict[tuple[str, str], Tensor] = field(factory=dict, init=False)


class Called(Record):
    """One call of a layer.

    owner    the layer, whatever the call: its path in the file
    path     the name of its row
    kind     its class
    args, kwargs   structures with tensors in them
    frozen   whether it, or a network around it, is not trained
    """

    kept: Kept
    owner: str
    path: str
    kind: str
    config: Config
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    frozen: bool

    @property
    def heart(self) -> Tensors:
        """The operations on tensors."""
        return self.kept.heart

    def place(self, part: str = "") -> Place:
        """The place of a row; `part` is its name in the layer where the layer has several."""
        return Place(f"{self.path}.{part}" if part else self.path, self.owner)

    def beside(self) -> Place:
        """The place of a row that only moves cells for the layer."""
        return Place(f"{self.path}.", self.owner)

    def within(self, part: str, config: Config, args: Sequence[Any]) -> Called:
        """A call of a layer in this layer."""
        data = config.data
        frozen = self.frozen or data.get("trainable") is False
        path, owner = (f"{self.path}.{part}", f"{self.owner}.{part}") if part else (self.path, self.owner)
        return Called(self.kept, owner, path, config.kind.rpartition(">")[2], config, args, {}, frozen)

    @property
    def xs(self) -> list[Tensor]:
        """The tensors of its first argument."""
        from analyzer.loader.formats.keras.description import flat

        first = self.args[0] if self.args else next(iter(self.kwargs.values()), None)
        found = [one for one in flat(first) if isinstance(one, Tensor)]
        if not found:
            raise Mistake(f"`{shown(self.config.name)}` reads no tensor")
        return found

    @property
    def x(self) -> Tensor:
        """The first tensor that it reads."""
        return self.xs[0]

    def argument(self, place: int, name: str, default: Any = None) -> Any:
        """An argument by its place or by its name."""
        if len(self.args) > place:
            return self.args[place]
        return self.kwargs.get(name, default)

    def weighted(self, write: Callable[..., Tensor], part: str = "") -> Tensor:
        """A row with weights: tied to that of the first call, where the layer was called before.

        `write` is called with `tied` and `frozen`, and returns the tensor of the row.
        """
        key = self.owner, part
        made = write(tied=self.kept.rows.get(key), frozen=self.frozen)
        assert made.base.written is not None
        self.kept.rows.setdefault(key, made.base.written)
        return made

    def row(self, type: str, inputs: Sequence[Written], parameters: Mapping[str, Any], part: str = "") -> Tensor:
        """A row with weights over volumes; the axes of the result are the batch and those of its volume."""
        return self.weighted(lambda **more: self.heart.new(type, inputs, self.place(part), parameters, **more), part)

    def parameter(self, shape: Sequence[int], part: str, *, trained: bool = True, count: int | None = None) -> Tensor:
        """A tensor that the layer keeps, the same one in each call; `count` are its elements that count."""
        key = self.owner, part
        if key not in self.kept.tensors:
            self.kept.tensors[key] = self.heart.parameter(
                shape, self.place(part), trained=trained, count=count, frozen=self.frozen and trained
            )
        return self.kept.tensors[key]

    def known(self, shape: Sequence[int], inputs: Sequence[Tensor], part: str = "", **numbers: Any) -> Tensor:
        """A `custom` row that puts out this shape, the batch first, with numbers that are known (0 otherwise)."""
        inner = [size for size in shape[1:] if size > 1] if len(shape) > 5 else list(shape[1:])
        while len(inner) > 4:
            inner[:2] = [inner[0] * inner[1]]
        if any(size < 1 for size in inner):
            raise Mistake(f"`{shown(self.config.name)}` puts out {'x'.join(map(str, shape[1:]))}, which has no cells")
        output = "x".join(map(str, inner or [1]))
        volumes = [self.heart.volume(x) for x in inputs]
        given = {"output": output, **numbers}
        if any(numbers.get(key) for key in ("weights", "biases", "buffers")):
            made = self.row("custom", volumes, given, part)
        else:
            made = self.heart.new("custom", volumes, self.place(part), given)
        return self.heart.reshape(made, [1, *shape[1:]], self.beside())


def items(call: Called, count: int, what: str) -> list[Tensor]:
    """The tensors of a call that reads so many of them."""
    found = call.xs
    if len(found) != count:
        raise Mistake(f"`{shown(call.config.name)}` reads {len(found)} tensors, but {what} {count}")
    return found


def rank_of(call: Called, x: Tensor, least: int) -> int:
    """The rank of a tensor, which must have at least so many axes, the batch included."""
    if x.rank < least:
        axes = f"{x.rank} {'axis' if x.rank == 1 else 'axes'}"
        raise Mistake(f"`{shown(call.config.name)}` needs a tensor of {least} axes with the batch, but reads {axes}")
    return x.rank


def elements(shape: Sequence[int]) -> int:
    """The elements of a tensor for one sample."""
    return prod(shape)


def whole_shape(value: Any, name: str) -> list[int]:
    """A shape without open axes."""
    if not isinstance(value, (list, tuple)) or not all(type(one) is int for one in value):
        raise Mistake(f"the shape of `{shown(name)}` must be a list of whole numbers, not {written(value)}")
    return list(value)
