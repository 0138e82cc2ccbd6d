"""Helps of messages: the nearest fix of a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analyzer.diagnostics import Refusal, nearest
from analyzer.layers import CATALOGUE, Layer, Parameter
from analyzer.layers.elsewhere import type_help
from analyzer.layers.reference_kinds import References
from analyzer.layers.spatial_kinds import Axes, SharingKind, Sizes
from analyzer.loader.expressions.expression import BUILT_IN
from analyzer.loader.parse.grammar import TAKEN_NAMES
from analyzer.loader.parse.spellings import is_sound, spelled, variable_meant
from analyzer.loader.text.tree import Scalar, Tree, plain_value, value_of
from analyzer.source import shown
from analyzer.words.keys import AXES
from analyzer.words.lookup import absent, called

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Set
    from collections.abc import Mapping as Table

#: Compiled where they are first used: most files need no suggestion.
_SIGN = "([:=])"
_WORD = r"(?<![\w$.'\"])[A-Za-z_]\w*"
_PERCENT = r"([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%"


def meant(word: str, known: Iterable[str]) -> str | None:
    """The help where `word` is none of the known names: the nearest one, or the space that is missing."""
    names = list(known)
    key, sign, value = re.split(_SIGN, word, maxsplit=1) if re.search(_SIGN, word) else (word, "", "")
    if sign == ":" and key in names:
        return f"a space is missing after `{key}:`" if value[:1] != " " else f"write `{shown(word)}` without quotes"
    if sign == "=" and key.strip() in names:
        return f"write `{key.strip()}: {shown(value.strip())}`"
    near = nearest(word, names)
    return f"did you mean `{near}`?" if near else None


def meant_key(word: str, known: Collection[str], elsewhere: Table[str, str], nowhere: Table[str, str]) -> str | None:
    """The help where `word` is not a key: its name here, what to do without one, or the nearest known key.

    `elsewhere` and `nowhere` are tables of `analyzer.words`.
    """
    name = called(word, elsewhere, known)
    if name is not None:
        return f"did you mean `{name}`?"
    return absent(word, nowhere) or meant(word, known)


def with_dollars(text: str, known: Set[str]) -> str | None:
    """`text` with a `$` before each variable that it names without one; None where it names none."""

    def mark(word: re.Match[str]) -> str:
        name = word.group()
        return f"${name}" if name in known and name not in BUILT_IN else name

    dollared = re.sub(_WORD, mark, text, flags=re.ASCII)
    return dollared if dollared != text else None


def written_otherwise(kind: type[Layer], declaration: Parameter, tree: Tree, known: Set[str]) -> str | None:
    """The help where a value would be right in another spelling, without quotes, with a `$`, or by its name here."""
    sizes = Sizes() if isinstance(declaration.kind, SharingKind) else declaration.kind
    other = spelled(sizes, plain_value(tree))
    if other is not None and (not isinstance(tree, Scalar) or other != tree.text):
        alone = isinstance(declaration.kind, References) and "," not in other
        if not alone:
            return f"write `{shown(other)}`"
    if not isinstance(tree, Scalar) or not tree.text:
        return None
    if isinstance(declaration.kind, References):
        return f"write `{kind.type}: [prev, {shown(tree.text)}]`" if tree.text not in TAKEN_NAMES else None
    axis = called(tree.text, AXES, declaration.kind.choices) if isinstance(declaration.kind, Axes) else None
    if axis is not None:
        return f"did you mean `{axis}`?"
    percent = re.fullmatch(_PERCENT, tree.text, re.ASCII)
    if percent is not None:
        return f"write {float(percent.group(1)) / 100:.12g}"
    variable = variable_meant(tree.text, known)
    if variable is not None:
        return f"write a variable with its `$`: `{shown(variable)}`"
    if not tree.plain:
        try:
            declaration.kind.read(value_of(Scalar(tree.text, tree.start, tree.end, plain=True)))
        except Refusal:
            return None
        return f"write `{shown(tree.text)}` without quotes"
    dollared = with_dollars(tree.text, known) if isinstance(value_of(tree), str) else None
    return f"write a variable with its `$`: `{shown(dollared)}`" if dollared and is_sound(dollared) else None


def sugar_help(declaration: Parameter, word: str) -> str | None:
    """The help where `norm` or `act` names no such layer."""
    kind = CATALOGUE.get(word)
    if kind is not None:
        other = {"activation": "act", "normalization": "norm"}.get(kind.family)
        return f"write `{word}` in `{other}`" if other else f"write `- {word}` as an item of its own"
    if word in ("", "~", "null", "false"):
        return "write `none` to remove a default"
    if word in ("true", "True"):
        return f"for example `{declaration.name}: {'relu' if declaration.name == 'act' else 'batch_norm'}`"
    return type_help(word)
