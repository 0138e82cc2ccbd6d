"""Patterns of `rearrange`, in einops' grammar: `(h a) w c -> h (w a) c`.

A side is a list of axes, an axis a list of names, the slowest first; an axis without names has one cell. The rules here
are those of one sample: a pattern has no batch, and each of its names is on both sides.

Source: einops 0.8.2, parsing.py and its paper, Rogozhnikov 2022.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.layers.axes import nearest_divisor
from analyzer.source import shown
from analyzer.volume import AXES, Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: The names of each axis of one side.
    Side: TypeAlias = tuple[tuple[str, ...], ...]


def parsed(text: str) -> tuple[Side, Side]:
    """The two sides of a pattern. Raises `Refusal` (VALUE101) where it breaks the grammar.

    >>> parsed("(h a) w 1 -> h (w a)")
    ((('h', 'a'), ('w',), ()), (('h',), ('w', 'a')))
    """
    texts = text.split("->")
    if len(texts) != 2:
        raise _wrong(
            f"must have one `->` between the axes of its input and those of its output, not {len(texts) - 1}",
            "for example `(h a) w c -> h (w a) c`",
        )
    left, right = _side(texts[0], "left"), _side(texts[1], "right")
    _check_both_sides(left, right)
    return left, right


def _wrong(message: str, help: str | None = None) -> Refusal:
    return Refusal(message, code="VALUE101", help=help)


def _side(text: str, which: str) -> Side:
    """The axes of one side."""
    axes: list[tuple[str, ...]] = []
    inside: list[str] | None = None
    for word in text.replace("(", " ( ").replace(")", " ) ").split():
        if word == "(":
            if inside is not None:
                raise _wrong(f"opens a parenthesis inside another one on its {which} side")
            inside = []
        elif word == ")":
            if inside is None:
                raise _wrong(f"closes a parenthesis that is not open on its {which} side")
            axes.append(tuple(inside))
            inside = None
        else:
            names = [] if word == "1" else [_name(word)]
            if inside is None:
                axes.append(tuple(names))
            else:
                inside += names
    if inside is not None:
        raise _wrong(f"has a parenthesis that is not closed on its {which} side")
    if not 1 <= len(axes) <= len(AXES):
        raise _wrong(
            f"has {len(axes) or 'no'} axes on its {which} side; a volume has 1 to {len(AXES)}, the depth last",
            "parentheses put axes together: `(h w) c`" if axes else None,
        )
    twice = next((name for name, count in Counter(n for axis in axes for n in axis).items() if count > 1), None)
    if twice is not None:
        raise _wrong(f"has `{shown(twice)}` twice on its {which} side")
    return tuple(axes)


def _name(word: str) -> str:
    if word.isidentifier():
        return word
    if word in ("...", "…"):
        raise _wrong("cannot have `...`", "give each axis a name")
    if word.isdigit():
        raise _wrong(f"cannot have the size {word}", "give the axis a name, and its size in `sizes`")
    raise _wrong(
        f"has `{shown(word)}`, which is not a name", "a name has letters, digits and `_`; a digit is not first"
    )


def _check_both_sides(left: Side, right: Side) -> None:
    """Refuses a name on one side only: einops' `repeat` and `reduce` are other types here."""
    before, after = ([name for axis in side for name in axis] for side in (left, right))
    known = set(before) & set(after)
    for which, own, others in (("left", before, after), ("right", after, before)):
        alone = next((name for name in own if name not in known), None)
        if alone is not None:
            near = nearest(alone, [name for name in others if name not in known])
            other = "`reduce` makes one cell of an axis" if which == "left" else "`tile` repeats the cells of an axis"
            raise _wrong(
                f"has `{shown(alone)}` only on its {which} side",
                f"did you mean `{shown(near)}`?" if near else f"each name is on both sides; {other}",
            )


def text_of(sides: tuple[Side, Side]) -> str:
    """The pattern as a file writes it.

    >>> text_of(parsed("(h a)(w 1) ()->h  w a"))
    '(h a) w 1 -> h w a'
    """
    return " -> ".join(" ".join(_axis(axis) for axis in side) for side in sides)


def _axis(names: Sequence[str]) -> str:
    return f"({' '.join(names)})" if len(names) > 1 else names[0] if names else "1"


def sizes_of(left: Side, given: Mapping[str, int], volume: Volume) -> dict[str, int]:
    """The size of each name, from those that are given and from the volume. Raises `Refusal` where they do not fit."""
    names = {name: None for axis in left for name in axis}
    for name in given:
        if name not in names:
            near = nearest(name, names)
            raise Refusal(
                f"{{layer}} gives a size to `{shown(name)}`, which its pattern does not have",
                code="VALUE102",
                parameter="sizes",
                at=(name,),
                notes=[f"its names are {listed(names, last='and')}"] if names else [],
                help=f"did you mean `{shown(near)}`?" if near else None,
            )
    if len(left) != len(volume.axes):
        count = f"{len(left)} axis" if len(left) == 1 else f"{len(left)} axes"
        raise Refusal(
            f"the left side of the pattern of {{layer}} has {count}, but its input is {volume.pretty()}",
            code="SHAPE203",
            parameter="pattern",
            notes=[f"the axes of its input are {listed(volume.axes, last='and')}"],
            help="leave out the batch" if len(left) == len(volume.axes) + 1 else None,
        )
    found: dict[str, int] = {}
    for axis, own, size in zip(volume.axes, left, volume.sizes, strict=True):
        found.update(_divided(axis, own, given, size))
    return found


def _divided(axis: str, names: Sequence[str], given: Mapping[str, int], size: int) -> dict[str, int]:
    """The sizes of the names that an axis of the input is cut into."""
    known = {name: given[name] for name in names if name in given}
    open_names, product = [name for name in names if name not in given], prod(known.values())
    cut = f"{{layer}} cannot cut a {axis} of {size} into `{_axis(names)}`"
    if len(open_names) > 1:
        raise Refusal(
            f"{cut}: the sizes of {listed(open_names, last='and')} are not given",
            code="SHAPE209",
            parameter="pattern",
            help=f"give all but one of them, such as `sizes: {{{open_names[-1]}: {_divisor(size // product)}}}`",
        )
    if open_names:
        if size % product:
            raise Refusal(
                f"{cut}: {size} is not a multiple of {product}",
                code="SHAPE209",
                parameter="sizes",
                notes=[f"{size} = {size // product}·{product} + {size % product}"],
                help=_nearest(known, size),
            )
        return {name: known.get(name, size // product) for name in names}
    if product != size:
        raise Refusal(
            f"{cut}: {size} is not {product}",
            code="SHAPE209",
            parameter="sizes" if known else "pattern",
            notes=[f"{'·'.join(map(str, known.values()))} = {product}"] if len(known) > 1 else [],
            help=f"leave out the size of `{names[-1]}`, which follows" if len(known) == 1 else None,
        )
    return known


def _divisor(size: int) -> int:
    """The smallest divisor above 1 of the size of an axis, for an example; 1 of a size without a small one."""
    return next((one for one in range(2, 100) if size % one == 0), 1)


def _nearest(known: Mapping[str, int], size: int) -> str | None:
    """The nearest size that divides the axis, where one size is given."""
    if len(known) != 1:
        return None
    ((name, given),) = known.items()
    return f"`{name}: {nearest_divisor(size, given)}` divides {size}"
