"""What a written value means: equal for two spellings of one value, such as `3` and `3x3`, `4*$c` and `$(4 * c)`."""

from __future__ import annotations

import re
from collections.abc import Hashable

from analyzer.layers.padding import Padding
from analyzer.layers.sharing import Sharing
from analyzer.layers.spatial_kinds import Factors, Sizes
from analyzer.loader.expressions.expression import Expression
from analyzer.loader.parse.description import Argument, LayerItem, Template
from analyzer.volume import read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Spaces around a sign of an expression, outside of quotes.
_AROUND = re.compile(r"\s*([-+*/%()<>=!,])\s*")
_QUOTED = re.compile(r"('[^']*'|\"[^\"]*\")")


def of_template(template: Template | None) -> Hashable:
    """The meaning of a value that may have expressions in it."""
    return None if template is None else frozen(template.value)


def of_volume(template: Template) -> Hashable:
    """The meaning of a volume: `32x32x3` and `32×32×3` are one."""
    value = template.value
    sizes = read_sizes(value) if isinstance(value, str) else None
    return frozen(value) if sizes is None else tuple(sizes)


def of_names(template: Template | None) -> Hashable:
    """The meaning of the names of layers; a list of one is that one."""
    if template is None:
        return None
    value = template.value
    return frozen(value[0] if isinstance(value, list) and len(value) == 1 else value)


def of_argument(argument: Argument) -> Hashable:
    """The meaning of a parameter of a layer."""
    value = argument.value
    if argument.template.dynamic:
        return of_template(argument.template)
    if isinstance(value, LayerItem):
        return value.type.type, of_arguments(value.arguments)
    if isinstance(value, Padding):
        return _of_padding(value)
    if isinstance(value, Sharing):
        return value.policy, _one(value.step)
    return _one(value) if isinstance(argument.declaration.kind, (Sizes, Factors)) else frozen(value)


def of_arguments(arguments: dict[str, Argument]) -> Hashable:
    """The meaning of all parameters of a layer."""
    return tuple(sorted((name, repr(of_argument(argument))) for name, argument in arguments.items()))


def frozen(value: Any) -> Hashable:
    """Plain data, with expressions in it, as a value that can be compared and hashed; `true` is not 1."""
    if isinstance(value, Expression):
        return "$", respelled(value.text)
    if isinstance(value, bool):
        return "true" if value else "false", value
    if isinstance(value, (list, tuple)):
        return tuple(map(frozen, value))
    if isinstance(value, dict):
        return "{", tuple(sorted((key, repr(frozen(one))) for key, one in value.items()))
    found: Hashable = value
    return found


def respelled(text: str) -> str:
    """An expression in one spelling of those that mean the same.

    >>> respelled("$(4 * c)"), respelled("4*$c"), respelled("'a  b' if $i==1 else $c")
    ('4*c', '4*c', "'a  b' if i==1 else c")
    """
    text = text.strip()
    whole = text.startswith("$(") and text.endswith(")") and text.count("$(") == 1
    if whole and text[2:-1].count("(") == text[2:-1].count(")") and text.find(")") >= text.rfind("("):
        text = text[2:-1].strip()
    parts = _QUOTED.split(text)
    for place in range(0, len(parts), 2):
        bare = parts[place] if "$(" in parts[place] else parts[place].replace("$", "")
        parts[place] = " ".join(_AROUND.sub(r"\1", f"|{bare}|").split())[1:-1]
    return "".join(parts)


def _one(value: Any) -> Hashable:
    """Sizes of all axes, or one number where they are equal."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else frozen(value)


def _of_padding(padding: Padding) -> Hashable:
    if padding.mode != "explicit":
        return padding.mode
    if padding.sides is not None:
        in_space = any(side in ("front", "back") for side, _ in padding.sides)
        pairs: Any = padding.pairs(3 if in_space else 2)
    else:
        pairs = padding.cells
    cells = {number for pair in pairs for number in pair} if isinstance(pairs, tuple) else {pairs}
    found: Hashable = cells.pop() if len(cells) == 1 else pairs
    return found
