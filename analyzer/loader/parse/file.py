"""The parser: a tree to a description, with every structural mistake of the file found in one walk."""

from __future__ import annotations

import os

from analyzer.diagnostics import Diagnostic, in_order, nearest
from analyzer.layers import CATALOGUE, found_elsewhere
from analyzer.layers.reference_kinds import Sugar
from analyzer.loader.expressions.expression import BUILT_IN
from analyzer.loader.parse.blocks import BlockParser
from analyzer.loader.parse.budget import BudgetParser
from analyzer.loader.parse.context import Context
from analyzer.loader.parse.description import UNKNOWN, Argument, Model, Template
from analyzer.loader.parse.grammar import KEYS_ELSEWHERE, TOP_KEYS
from analyzer.loader.parse.inputs import InputParser
from analyzer.loader.parse.layers import LayerParser
from analyzer.loader.parse.suggestions import meant
from analyzer.loader.text.limits import Enough
from analyzer.loader.text.places import described
from analyzer.loader.text.reader import read_tree
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree, value_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.context import Known

_NOTHING_KNOWN: frozenset[str] = frozenset()


def parse(text: str, file: str) -> tuple[Model | None, list[Diagnostic]]:
    """The description of a model's text and every mistake in it; None where nothing could be made of it.

    A description beside mistakes is good enough to look for more of them, not to be analysed.
    """
    tree, problems = read_tree(text, file)
    context = Context(file, text)
    context.problems.extend(problems)
    if tree is None and not problems:
        tree = Scalar("", *_START, plain=True)
    model = None
    try:
        model = None if tree is None else _FileParser(context).file(tree)
    except Enough as enough:
        context.problems.append(enough.note())
    if model is not None:
        model.faulty = bool(context.problems)
    return model, in_order(context.problems)


class _Start:
    line = 0
    column = 0


_START = (_Start(), _Start())


class _FileParser:
    """Parses one file."""

    def __init__(self, context: Context) -> None:
        self.context = context
        stem = os.path.splitext(os.path.basename(context.file))[0]
        self.model = Model(context.file, context.text, stem if stem and not stem.startswith("<") else "model")
        self.layers = LayerParser(context, self.model.blocks, self.model.defaults)

    def file(self, tree: Tree) -> Model | None:
        context = self.context
        if isinstance(tree, Mapping) and not tree.items and context.problems:
            return None  # its one key was refused by the reader
        if not isinstance(tree, Mapping) or not tree.items:
            empty = isinstance(tree, Mapping) or (isinstance(tree, Scalar) and not tree.text)
            message = "the model is empty" if empty else f"a model is a mapping of keys, not {described(tree)}"
            help = "`analyzer example` prints one to start from"
            if isinstance(tree, Sequence):
                help = "the layers stand under `layers:`, and `input:` beside it"
            context.problem("MODEL100", message, tree, help=help)
            return None
        if {"format", "file", "diagnostics"} <= {key.text for key, _ in tree.items}:
            context.problem(
                "MODEL100",
                "this is a report that analyzer wrote, not a model",
                tree.items[0][0],
                help="`analyzer diff` compares reports, and `analyzer check --against` takes one as its base",
            )
            return None
        keys = {key.text: value for key, value in tree.items if key.text in TOP_KEYS}
        for key, value in tree.items:
            if key.text not in TOP_KEYS:
                self._unknown_key(key, value, keys)
        for word in ("name", "description"):
            if word in keys:
                text = context.text_of(keys[word], f"`{word}`")
                if text is not None:
                    setattr(self.model, word, text)
        if "vars" in keys:
            self._vars(keys["vars"])
        InputParser(self.context, self.model).inputs(tree, keys, frozenset(self.model.vars))
        known = frozenset((*self.model.vars, *BUILT_IN))
        blocks = BlockParser(self.context, self.model, self.layers)
        if "blocks" in keys:
            blocks.declare(keys["blocks"], known)
        if "defaults" in keys:
            self._defaults(keys["defaults"], known)
        blocks.parse_bodies(known)
        if "layers" in keys:
            self.model.layers = self.layers.items(keys["layers"], known, "`layers`")
            if isinstance(keys["layers"], Sequence) and not keys["layers"].items:
                context.problem("MODEL107", "`layers` is empty", keys["layers"])
        else:
            context.problem(
                "MODEL107", "the model has no `layers`", tree.items[0][0], help="`layers:` and a list under it"
            )
        if "outputs" in keys:
            self._outputs(keys["outputs"])
        if "budget" in keys:
            BudgetParser(self.context, self.model).budget(keys["budget"])
        if "training" in keys:
            BudgetParser(self.context, self.model).training(keys["training"])
        return self.model

    def _unknown_key(self, key: Scalar, value: Tree, keys: dict[str, Tree]) -> None:
        """Reports an unknown key; its value stands in for the key that it means, so that nothing else is missed."""
        if key.text in CATALOGUE or found_elsewhere(key.text):
            self.context.unknown_key(key, "a model", TOP_KEYS, help="layers stand in the list under `layers:`")
            return
        elsewhere = KEYS_ELSEWHERE.get(key.text.lower())
        if elsewhere is not None:
            self.context.unknown_key(key, "a model", TOP_KEYS, help=f"did you mean `{elsewhere}`?")
            keys.setdefault(elsewhere, Damaged(value.start, value.end))
            return
        self.context.unknown_key(key, "a model", TOP_KEYS)
        near = nearest(key.text, TOP_KEYS)
        if (
            near is not None
            and not (near == "input" and "inputs" in keys)
            and not (near == "inputs" and "input" in keys)
        ):
            keys.setdefault(near, value)

    # -- vars, defaults, blocks --------------------------------------------------------------------------------------

    def _vars(self, tree: Tree) -> None:
        mapping = self.context.mapping(tree, "`vars`", "vars: {width: 64}")
        if mapping is None:
            return
        self.context.later = frozenset(name.text for name, _ in mapping.items)
        for key, value in mapping.items:
            if not self.context.variable_name(key):
                continue
            template = None
            if isinstance(value, Scalar) and (value_of(value) is not None or value.__class__ is Damaged):
                template = self.context.template(value, self.model.vars.keys())
            else:
                self.context.problem(
                    "VALUE101", f"`${key.text}` must be a number or a word, not {described(value)}", value
                )
            self.model.places["vars", key.text] = key.span(self.context.file)
            self.model.vars[key.text] = template or Template(UNKNOWN, value, dynamic=False)
        self.context.later = _NOTHING_KNOWN

    def _defaults(self, tree: Tree, known: Known) -> None:
        mapping = self.context.mapping(tree, "`defaults`", "defaults: {conv: {padding: same}}")
        items = mapping.items if mapping is not None else []
        # what `norm: batch_norm` adds has the defaults of `batch_norm`, wherever they stand
        for key, value in sorted(items, key=lambda pair: _adds_rows(pair[0].text)):
            kind = CATALOGUE.get(key.text)
            if kind is None:
                elsewhere = found_elsewhere(key.text)
                help = f"`{shown(key.text)}` is `{elsewhere}` here" if elsewhere else meant(key.text, CATALOGUE)
                if key.text in self.model.blocks:
                    help = "the defaults of a block stand in its `params`, such as `params: [stride=1]`"
                self.context.problem("MODEL102", f"there is no layer type called `{shown(key.text)}`", key, help=help)
                continue
            parameters = self.context.mapping(value, f"`{kind.type}` in `defaults`", "conv: {padding: same}")
            if parameters is None:
                continue
            before = self.context.troubles
            arguments = self.layers.arguments(kind, key, parameters, known)
            if self.context.troubles > before:
                lost = (p for p in kind.declared.values() if p.name not in arguments)
                template = Template(UNKNOWN, value, dynamic=False)
                arguments |= {p.name: Argument(p, template, UNKNOWN, broken=True) for p in lost}
            self.model.places["defaults", kind.type] = key.span(self.context.file)
            self.model.defaults[kind.type] = arguments

    def _outputs(self, tree: Tree) -> None:
        sequence = self.context.sequence(tree, "`outputs`", "outputs: [head1, head2]")
        for item in sequence.items if sequence is not None else ():
            text = self.context.text_of(item, "`outputs`")
            if text is not None:
                self.model.outputs.append(Template(text, item, dynamic=False))


def _adds_rows(name: str) -> bool:
    """Whether a layer type has parameters that stand for layers of their own."""
    kind = CATALOGUE.get(name)
    return kind is not None and any(isinstance(p.kind, Sugar) for p in kind.declared.values())
