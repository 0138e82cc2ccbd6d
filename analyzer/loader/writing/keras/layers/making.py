"""What templates are made with: padding and axes as Keras takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.layers.padding import Pairs
from analyzer.loader.writing.code.making import alike
from analyzer.loader.writing.code.template import Built, Code
from analyzer.volume import Volume

#: What a layer of Keras calls the axes of a volume: the batch is axis 0.
FIRST_AXIS = 1


def padding_of(pairs: Pairs) -> object:
    """Cells around a volume as `ZeroPadding2D` takes them: one number, one for each axis, or both sides of each."""
    if any(before != after for before, after in pairs):
        return pairs if len(pairs) > 1 else pairs[0]
    return alike([before for before, _ in pairs])


def in_all(pairs: Pairs, depth: tuple[int, int] = (0, 0)) -> Pairs:
    """Cells around a volume for `ops.pad`, which pads the batch and the depth too."""
    return ((0, 0), *pairs, depth)


def axes_of(names: Sequence[str], volume: Volume) -> tuple[int, ...]:
    """Axes of a tensor by their names; `volume` means all but the batch."""
    names = volume.axes if tuple(names) == ("volume",) else names
    return tuple(FIRST_AXIS + volume.axes.index(name) for name in names)


def axis_of(name: str, volume: Volume) -> int:
    """An axis of a tensor by its name; the depth is −1, as Keras has it."""
    return -1 if name == "depth" else axes_of([name], volume)[0]


def of_rank(name: str, rank: int) -> str:
    """The layer of Keras for so many spatial axes: `Conv` and 2 are `layers.Conv2D`."""
    return f"layers.{name}{rank}D"


def constructed(built: Built) -> Code:
    """What constructs a layer, as the argument of another one: `Bidirectional(layers.LSTM(8))`."""
    values = [literal(value) for value in built.positional]
    return Code(f"{built.call}({', '.join([*values, *keywords(built.named)])})")


def keywords(named: Mapping[str, object]) -> list[str]:
    """Arguments by name as text."""
    return [f"{name}={literal(value)}" for name, value in named.items()]


def literal(value: object) -> str:
    """A value as Python has it, in double quotes."""
    if isinstance(value, Code):
        return str(value)
    return f'"{value}"' if isinstance(value, str) else str(value)
