"""Values and variables in the spelling of another language, as this language writes them: `(2, 2)` is `2x2`."""

from __future__ import annotations

import re

from analyzer.diagnostics import Refusal
from analyzer.layers.kinds import Kind
from analyzer.layers.spatial_kinds import Sizes
from analyzer.loader.expressions.expression import BUILT_IN, Expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Set
    from typing import Any

#: A longer text is not one value.
_LONGEST = 100

#: A number or a word of a list, and what may be between two of them.
_ITEM = r"-?[0-9]+(?:\.[0-9]+)?|[A-Za-z_][\w./-]*"
_BETWEEN = r"\s*[,;*/xX×]\s*|\s+"

#: What other languages write around the name of a variable, or before it.
_BRACED = r"\$?\{\{?\s*([A-Za-z_]\w*)\s*\}\}?|\$\[\s*([A-Za-z_]\w*)\s*\]|<\s*([A-Za-z_]\w*)\s*>"
_MARKED = r"[%@#&]\(?([A-Za-z_]\w*)\)?s?|\$\$([A-Za-z_]\w*)|\$?([A-Za-z_]\w*)\$|\$\s+([A-Za-z_]\w*)"
_OWNED = r"(?<![\w.])\$?(?:vars|params|self|args|cfg|config|variables)\.([A-Za-z_]\w*)"

#: The axes of a mapping of sizes, in their order.
_AXES = ("time", "t", "length", "l", "height", "h", "width", "w")


def spelled(kind: Kind, value: Any) -> str | None:
    """A value of another spelling as this kind reads it, in YAML; None where it reads none of its meanings.

    >>> spelled(Sizes(), "(2, 3)"), spelled(Sizes(), "2,2"), spelled(Sizes(), "(5,)"), spelled(Sizes(), "2 apples")
    ('2x3', '2x2', '5', None)
    """
    strides = isinstance(kind, Sizes)
    for meaning, text in _meanings(value, strides=strides):
        try:
            kind.read(meaning)
        except Refusal:
            continue
        return text
    return None


def _meanings(value: Any, *, strides: bool) -> Iterator[tuple[Any, str]]:
    """What a value may mean, with the text of each meaning."""
    items = items_of(value)
    if not items:
        return
    if items in ([1, 2], [2, 3], [-2, -1]):  # axes of a batch of images, in Keras and in torch
        yield ["height", "width"], "[height, width]"
    numbers = [item for item in items if isinstance(item, int)]
    if len(items) == 1:
        yield items[0], str(items[0])
    if len(numbers) == len(items):
        sizes = [numbers]
        if (
            strides and len(numbers) == 4 and numbers[0] == numbers[3] == 1
        ):  # TensorFlow's strides: batch and depth are 1
            sizes.append(numbers[1:3])
        for one in sizes:
            text = "x".join(map(str, one))
            yield text, text
    yield items, f"[{', '.join(map(_in_list, items))}]"


def _in_list(item: Any) -> str:
    return f"[{', '.join(map(_in_list, item))}]" if isinstance(item, list) else str(item)


def items_of(value: Any) -> list[Any]:
    """The items of a list in any spelling; none where it is no list."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        named = {str(key).lower(): size for key, size in value.items()}
        sizes = [named[axis] for axis in _AXES if axis in named]
        return sizes if sizes and len(sizes) == len(value) else []
    if not isinstance(value, str) or len(value) > _LONGEST:
        return []
    inner = value.strip()
    pairs = re.fullmatch(r"[\[(]\s*((?:[\[(][^\[\]()]*[\])]\s*,?\s*)+)[\])]", inner)
    if pairs is not None:
        return [_flat(part) for part in re.findall(r"[\[(]([^\[\]()]*)[\])]", pairs.group(1))]
    return _flat(re.sub(r"^(?:torch\.Size|tuple|list)?\s*[\[({]+|[\])}]+$", "", inner))


def _flat(text: str) -> list[Any]:
    """The items of a text without brackets."""
    text = text.strip().rstrip(",").strip("'\"")
    parts = re.split(_BETWEEN, text)
    signs = {sign.strip().lower() for sign in re.findall(_BETWEEN, text)}
    if not text or len(signs) > 1 or not all(re.fullmatch(_ITEM, part, re.ASCII) for part in parts):
        return []
    return [int(p) if p.lstrip("-").isdigit() else float(p) if p[:1] in "-0123456789" else p for p in parts]


def variable_meant(text: str, known: Set[str]) -> str | None:
    """A text with its variables as this language writes them: `${width}` is `$width`; None where it names none.

    >>> variable_meant("2 * ${width}", {"width"}), variable_meant("{{ width }}", {"width"})
    ('2 * $width', '$width')
    """
    if len(text) > _LONGEST:
        return None
    written = re.sub(_BRACED, _named, text, flags=re.ASCII)
    written = re.sub(_MARKED, _named, written, flags=re.ASCII)
    written = re.sub(_OWNED, _named, written, flags=re.ASCII).strip()
    inside = re.fullmatch(r"\$\(\s*(\$[A-Za-z_]\w*)\s*\)", written, re.ASCII)
    written = inside.group(1) if inside is not None else written
    if written == text:
        return None
    try:
        names = Expression(written).names
    except Refusal:
        return None
    return written if names and names <= {*known, *BUILT_IN} else None


def tuple_meant(text: str) -> str | None:
    """A tuple of expressions as a list: `($k, 3)` is `[$k, 3]`; None for any other text.

    >>> tuple_meant("($k, 2*$k)")
    '[$k, 2*$k]'
    """
    inside = re.fullmatch(r"\s*[\[(]([^\[\]()]*)[\])]\s*", text)
    parts = [part.strip() for part in inside.group(1).split(",") if part.strip()] if inside is not None else []
    sound = len(text) <= _LONGEST and len(parts) > 1 and all("$" not in part or is_sound(part) for part in parts)
    return f"[{', '.join(parts)}]" if sound else None


def _named(match: re.Match[str]) -> str:
    """The variable of a match."""
    return f"${next(name for name in match.groups() if name)}"


def is_sound(text: str) -> bool:
    """Whether a text is a valid expression, so that it may be offered."""
    try:
        Expression(text)
    except Refusal:
        return False
    return True
