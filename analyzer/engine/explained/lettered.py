"""A layer and its volumes with letters for their numbers: what a layer is asked for its arithmetic with.

A parameter with a letter of the textbook always has that letter (F, S, P, K). Any other has its name, and only where it
differs from its default or where the default of another one follows from it (`D/heads`), so that what a layer does not
use is not in its formulas. The sizes of the volume that it
reads are T, H, W, L and D; those of the volume that it puts out have `_out`.

>>> from analyzer.engine.explained.expression import written
>>> from analyzer.engine.explained.simplified import simplified
>>> from analyzer.engine.explained.traced import formula
>>> from analyzer.layers import CATALOGUE
>>> volume = lettered_volume(Volume((32, 32), 3), "", "input")
>>> layer = lettered(CATALOGUE["conv"](filters=20, kernel=8, stride=2, padding=1))
>>> written(simplified(formula(layer.output([volume]).spatial[0])), letters=True)
'⌊(H − F + 2·P)/S⌋ + 1'
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.explained.expression import Expression, Letter
from analyzer.engine.explained.traced import formula, traced
from analyzer.layers import Layer, Parameter
from analyzer.layers.moving import NamedSizes
from analyzer.layers.padding import Padding, Pairs
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Factors, Sizes, VolumeKind
from analyzer.record import field
from analyzer.volume import AXES, Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The letter of an axis.
AXIS_LETTERS = {"time": "T", "height": "H", "width": "W", "length": "L", "depth": "D"}

#: The words for the two ends of an axis.
_ENDS = {
    "time": ("front", "back"),
    "height": ("top", "bottom"),
    "width": ("left", "right"),
    "length": ("before", "after"),
}


def lettered_volume(volume: Volume, suffix: str, of: str) -> Volume:
    """The volume with a letter for each size; `suffix` ends each letter, `of` says in words whose volume it is."""
    sizes = [
        traced(Letter(f"{AXIS_LETTERS[axis]}{suffix}", size, f"{axis} of the {of}"))
        for axis, size in zip(volume.axes, volume.sizes, strict=True)
    ]
    return Volume.of(sizes)


def lettered(layer: Layer) -> Layer:
    """The layer with a letter for each number among its parameters."""
    values: dict[str, Any] = dict(layer.__dict__)
    named = {word for declared in layer.declared.values() for word in (declared.shown_default or "").split("/")[1:]}
    for declared in layer.declared.values():
        value = values.get(declared.attribute, declared.default)
        plain = declared.letter is None and declared.name not in named and value == declared.default
        if value is None or isinstance(value, bool) or plain:
            continue
        values[declared.attribute] = _parameter(declared, value)
    return layer.of_read(values)


def _parameter(declared: Parameter, value: Any) -> Any:
    """The value of one parameter with letters in place of numbers."""
    name, meaning = declared.letter or declared.name, declared.doc
    if isinstance(value, int | float):
        return traced(Letter(name, value, meaning))
    if isinstance(value, Padding):
        return _padding(value, name, meaning)
    if isinstance(value, Sharing):
        return _sharing(value)
    if isinstance(declared.kind, NamedSizes):
        return tuple((one, traced(Letter(one, size, meaning))) for one, size in value)
    if isinstance(value, tuple) and all(isinstance(one, int | float) or one is None for one in value):
        return _sizes(value, declared)
    return value


def _sizes(sizes: tuple[int | float | None, ...], declared: Parameter) -> Any:
    """Sizes by axis, or by their numbers where they are not of axes. Where all are equal there is one letter."""
    name, meaning, count = declared.letter or declared.name, declared.doc, len(sizes)
    of_axes = isinstance(declared.kind, Sizes | Factors)
    if of_axes and len(set(sizes)) == 1 and sizes[0] is not None:
        return (traced(Letter(name, sizes[0], meaning)),) * count
    if of_axes:
        ends = [AXIS_LETTERS[axis] for axis in AXES[count]]
    elif isinstance(declared.kind, VolumeKind):
        ends = [AXIS_LETTERS[axis] for axis in (*AXES[count - 1], "depth")]
    else:
        ends = [str(place) for place in range(1, count + 1)]
    return tuple(
        None if size is None else traced(Letter(f"{name}_{end}", size, meaning))
        for size, end in zip(sizes, ends, strict=True)
    )


class NamedPadding(Padding):
    """Padding that follows from sizes: `same`, `causal`. Its cells have letters; `found` has the formula of each."""

    found: dict[Expression, Expression] = field(factory=dict)

    def resolve(
        self,
        spatial: tuple[int, ...],
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        dilation: tuple[int, ...],
    ) -> Pairs:
        pairs = super().resolve(spatial, kernel, stride, dilation)
        named = sides(pairs, "P", len(spatial))
        for pair, letters in zip(pairs, named, strict=True):
            for cells, letter in zip(pair, letters, strict=True):
                self.found.setdefault(letter.formula, formula(cells))
        return tuple(named)


def _padding(padding: Padding, name: str, meaning: str) -> Padding:
    """Padding with letters: one where all sides are equal, one an axis, or one for each side."""
    if padding.mode != "explicit":
        return NamedPadding(padding.mode)
    if padding.sides is not None:
        return _by_side(dict(padding.sides), name)
    if isinstance(padding.cells, int):
        return Padding.explicit(traced(Letter(name, padding.cells, meaning)))
    if len({cells for pair in padding.cells for cells in pair}) == 1:
        return Padding.explicit(((traced(Letter(name, padding.cells[0][0], meaning)),) * 2,) * len(padding.cells))
    return Padding.explicit(tuple(sides(padding.cells, name, len(padding.cells))))


def _by_side(cells: dict[str, int], name: str) -> Padding:
    """A letter for each side; the four sides of an image are all there, with 0 where nothing is written."""
    all_sides = {**dict.fromkeys(("top", "bottom", "left", "right"), 0), **cells}
    return Padding.by_side(
        {side: traced(Letter(f"{name}_{side}", number, f"cells {side}")) for side, number in all_sides.items()}
    )


def sides(pairs: Sequence[tuple[int, int]], name: str, rank: int) -> list[tuple[Any, Any]]:
    """A letter for each side of each axis, or one for both sides where they are equal."""
    found = []
    for axis, (before, after) in zip(AXES[rank], pairs, strict=True):
        words = _ENDS[axis]
        if before == after:
            letter = traced(Letter(f"{name}_{AXIS_LETTERS[axis]}", before, f"cells {words[0]} and {words[1]}"))
            found.append((letter, letter))
        else:
            found.append(
                (
                    traced(Letter(f"{name}_{words[0]}", before, f"cells {words[0]}")),
                    traced(Letter(f"{name}_{words[1]}", after, f"cells {words[1]}")),
                )
            )
    return found


def _sharing(sharing: Sharing) -> Sharing:
    """A policy of sharing with letters for its steps."""
    if sharing.policy in ("shared", "local"):
        return sharing
    name, meaning = ("tile", "step of the tiles") if sharing.policy == "tiled" else ("region", "size of a region")
    step = sharing.step
    if isinstance(step, int):
        return Sharing(sharing.policy, traced(Letter(name, step, meaning)))
    letters = [AXIS_LETTERS[axis] for axis in AXES[len(step)]]
    named = [traced(Letter(f"{name}_{end}", one, meaning)) for one, end in zip(step, letters, strict=True)]
    return Sharing(sharing.policy, tuple(named))
