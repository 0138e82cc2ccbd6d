"""Names that a file gives, and keys that it should not have."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

from analyzer.diagnostics import listed
from analyzer.loader.expressions.expression import BUILT_IN, valid_name
from analyzer.loader.parse.grammar import TAKEN_NAMES
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import text_of
from analyzer.loader.text.tree import Scalar, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: A key with its value.
    Pair: TypeAlias = tuple[Scalar, Tree]


def layer_name(parser: Parser, tree: Tree, what: str, *, dotted: bool = False) -> str | None:
    """`tree` as the name of a layer, an input or a branch, or None and a finding; `dotted` where a path may be one."""
    text = text_of(parser, tree, what)
    if text is None:
        return None
    if not (_is_name(text) or (dotted and is_path(tree))):
        help = "the dot belongs to paths such as `stage2.1.conv3`" if "." in text else _as_name(text)
        message = f"`{shown(text)}` is not a valid name: a name has letters, digits and `_ - / :`"
        parser.problem("NAME101", message, tree, help=help)
        return None
    if text in TAKEN_NAMES:
        parser.problem("NAME101", f"the name `{text}` is taken: it means {TAKEN_NAMES[text]}", tree)
        return None
    return text


def variable_name(parser: Parser, key: Scalar) -> bool:
    """Whether a variable or a parameter may have the name; a finding otherwise."""
    if valid_name(key.text):
        return True
    built_in = key.text in BUILT_IN
    message = f"`{shown(key.text)}` is not a valid name for a variable" + (": it is built in" if built_in else "")
    help = "use letters, digits and `_`, a letter first, and no word of expressions such as `if`"
    parser.problem("NAME101", message, key, help=None if built_in else help)
    return False


def unknown_key(
    parser: Parser, key: Scalar, what: str, known: Iterable[str], *, help: str | None = None, elsewhere: str = ""
) -> None:
    """Reports an unknown key, with what helps; `elsewhere` is as in `key_help`."""
    names = list(known)
    message = f"{what} has no key `{shown(key.text)}`"
    notes = [f"its keys are {listed(names, last='and')}"]
    parser.problem("MODEL101", message, key, notes=notes, help=help or key_help(key.text, names, elsewhere))


def key_help(word: str, known: Collection[str], elsewhere: str) -> str | None:
    """What helps with an unknown key: its name here, what to do without one, or the nearest known key.

    `elsewhere` says which of `OF` in `analyzer.words.keys` are meant; none if empty.
    """
    from analyzer.loader.parse.suggestions import meant_key  # with tables that only a mistake needs
    from analyzer.words.keys import OF

    return meant_key(word, known, *OF.get(elsewhere, ({}, {})))


def _is_name(text: str) -> bool:
    if text.isascii() and text.isidentifier():  # almost every name, and a long one quickly
        return True
    return bool(text) and all(c.isalnum() or c in "_-/:" or _is_mark(c) for c in text)


def _is_mark(sign: str) -> bool:
    """Whether a sign belongs to the letter before it, such as a vowel in Devanagari."""
    from unicodedata import category

    return category(sign)[0] == "M"


def is_path(tree: Tree) -> bool:
    """Whether this is a path of names, written in quotes; without them a dot in a name is a mistake more often."""
    return isinstance(tree, Scalar) and not tree.plain and all(map(_is_name, tree.text.split(".")))


def _as_name(text: str) -> str | None:
    """The name that a text with blanks in it could be."""
    name = "_".join(text.split())
    return f"for example `{shown(name)}`" if name != text and _is_name(name) else None


def stem_of(file: str) -> str:
    """The name of a model that has none: that of its file without the ending."""
    path = file.rpartition(":")[2] if file.startswith("git:") else file
    stem = os.path.splitext(os.path.basename(path))[0]
    return stem if stem and not stem.startswith("<") else "model"
