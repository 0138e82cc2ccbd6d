"""What the parts of the parser share: the file, the findings, and how a written value becomes a template."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from analyzer.diagnostics import Diagnostic, Refusal, listed, nearest
from analyzer.loader.expressions.expression import BUILT_IN, Expression, is_expression, valid_name
from analyzer.loader.parse.description import Template
from analyzer.loader.parse.grammar import TAKEN_NAMES
from analyzer.loader.parse.suggestions import meant
from analyzer.loader.text.limits import LIMITS, Enough
from analyzer.loader.text.places import at_fault, described, inside
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree, value_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Set
    from typing import Any, TypeAlias

    #: The variables that an expression may use.
    Known: TypeAlias = Set[str]


class Context:
    """The file being parsed and the findings so far.

    `troubles` counts the findings and the meetings with what the reader refused, which is reported already.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.problems: list[Diagnostic] = []
        self.troubles = 0
        #: Whether any `$name` may be used: in a block whose signature is wrong.
        self.lenient = False
        #: Variables that stand further down.
        self.later: Known = frozenset()

    def problem(
        self, code: str, message: str, tree: Tree, *, help: str | None = None, notes: Iterable[str] = ()
    ) -> None:
        """Reports a mistake at a key or value."""
        self.troubles += 1
        if tree.__class__ is Damaged:
            return
        if len(self.problems) >= LIMITS.findings:
            raise Enough(tree.span(self.file))
        self.problems.append(Diagnostic(code, message, tree.span(self.file), notes=notes, help=help))

    def refused(self, refusal: Refusal, subject: str, tree: Tree) -> None:
        """Reports a refused value: `subject` begins the sentence, the refusal says where inside `tree`."""
        message = f"{inside(subject, refusal)} {refusal.message}" if subject else refusal.message
        self.problem(refusal.code, message, at_fault(tree, refusal), notes=refusal.notes, help=refusal.help)

    def template(self, tree: Tree, known: Known, *, names: bool = False) -> Template | None:
        """The template of a written value; None, and a finding, where an expression in it is wrong.

        `names` keeps scalars as the text that was written.
        """
        if tree.__class__ is Scalar:
            text = tree.text
            if "$" not in text:
                return Template(text if names else value_of(tree), tree, dynamic=False)
        before = self.troubles
        value, dynamic = self._value(tree, known, names)
        return None if self.troubles > before else Template(value, tree, dynamic=dynamic)

    def _value(self, tree: Tree, known: Known, names: bool) -> tuple[Any, bool]:
        if isinstance(tree, Scalar):
            if tree.__class__ is Damaged:
                self.troubles += 1
            if is_expression(tree.text):
                return self._expression(tree, known), True
            return (tree.text if names else value_of(tree)), False
        dynamic = False
        if isinstance(tree, Sequence):
            items = []
            for item in tree.items:
                value, moving = self._value(item, known, names)
                dynamic |= moving
                items.append(value)
            return items, dynamic
        assert isinstance(tree, Mapping)
        pairs = {}
        for key, item in tree.items:
            pairs[key.text], moving = self._value(item, known, names)
            dynamic |= moving
        return pairs, dynamic

    def _expression(self, scalar: Scalar, known: Known) -> Expression | None:
        try:
            expression = Expression(scalar.text)
        except Refusal as refusal:
            self.refused(refusal, "", scalar)
            return None
        for name in sorted(expression.names):
            if name in known or self.lenient:
                continue
            near = nearest(name, known)
            help = f"did you mean `${near}`?" if near else None
            if name in self.later:
                help = "it stands further down, and a variable sees those above it"
            self.problem(
                "NAME102", f"nothing is called `${shown(name)}` here", scalar, notes=[_known(known)], help=help
            )
        return expression

    def mapping(self, tree: Tree, what: str, example: str, *, listed: str = "") -> Mapping | None:
        """`tree` as a mapping, or None and a finding; `listed` is the key that a list would stand under."""
        if isinstance(tree, Mapping):
            return tree
        help = f"its list stands under `{listed}:`" if listed and isinstance(tree, Sequence) else None
        self.problem(
            "MODEL103", f"{what} takes a mapping, not {described(tree)}", tree, help=help or f"for example `{example}`"
        )
        return None

    def sequence(self, tree: Tree, what: str, example: str) -> Sequence | None:
        """`tree` as a list, or None and a finding."""
        if isinstance(tree, Sequence):
            return tree
        help = f"for example `{example}`"
        if isinstance(tree, Mapping) and tree.items and not tree.flow:
            dashed = tree.items[0][0].text.startswith("-")
            help = "a space is missing after `-`" if dashed else "each item of the list begins with `- `"
            help = f"for example `{example}`" if what == "`params`" else help
        self.problem("MODEL103", f"{what} takes a list, not {described(tree)}", tree, help=help)
        return None

    def text_of(self, tree: Tree, what: str) -> str | None:
        """`tree` as a text, or None and a finding."""
        if isinstance(tree, Scalar) and (tree.text or not tree.plain):
            return tree.text
        self.problem("MODEL103", f"{what} takes a text, not {described(tree)}", tree)
        return None

    def layer_name(self, tree: Tree, what: str) -> str | None:
        """`tree` as the name of a layer, an input or a branch, or None and a finding."""
        text = self.text_of(tree, what)
        if text is None:
            return None
        if not _is_name(text):
            self.problem(
                "NAME101",
                f"`{shown(text)}` is no name: letters, digits and `_ - / :` make one",
                tree,
                help="the dot belongs to paths such as `stage2.1.conv3`" if "." in text else _as_name(text),
            )
            return None
        if text in TAKEN_NAMES:
            self.problem("NAME101", f"the name `{text}` is taken: it means {_TAKEN[text]}", tree)
            return None
        return text

    def variable_name(self, key: Scalar) -> bool:
        """Whether a variable or a parameter may be called so; a finding otherwise."""
        if valid_name(key.text):
            return True
        built_in = key.text in BUILT_IN
        self.problem(
            "NAME101",
            f"`{shown(key.text)}` is no name for a variable" + (": it is built in" if built_in else ""),
            key,
            help=None
            if built_in
            else "letters, digits and `_`, a letter first, and no word of expressions such as `if`",
        )
        return False

    def unknown_key(
        self, key: Scalar, what: str, known: Iterable[str], *, help: str | None = None, code: str = "MODEL101"
    ) -> None:
        """Reports an unknown key, with the nearest known one."""
        names = list(known)
        self.problem(
            code,
            f"{what} has no key `{shown(key.text)}`",
            key,
            notes=[f"its keys are {listed(names, last='and')}"],
            help=help or meant(key.text, names),
        )


def _known(known: Known) -> str:
    """The variables that an expression may use, in a sentence."""
    if not known:
        return "no variable is known here"
    return f"known are {listed([f'${name}' for name in sorted(known)], last='and')}"


_TAKEN = {"prev": "the layer above", "input": "the network's input"}


def _is_name(text: str) -> bool:
    return bool(text) and all(c.isalnum() or c in "_-/:" or unicodedata.category(c)[0] == "M" for c in text)


def _as_name(text: str) -> str | None:
    """The name that a text with blanks in it could be."""
    name = "_".join(text.split())
    return f"for example `{shown(name)}`" if name != text and _is_name(name) else None
