"""Parsing a file: its keys, and every structural mistake in one walk."""

from __future__ import annotations

from analyzer.diagnostics import Diagnostic, in_order, listed
from analyzer.layers import CATALOGUE
from analyzer.layers.reference_kinds import Sugar
from analyzer.loader.expressions.expression import BUILT_IN
from analyzer.loader.parse.arguments import parse_arguments
from analyzer.loader.parse.blocks import declare_blocks, parse_bodies
from analyzer.loader.parse.budget import parse_budget, parse_training, parse_weights_dtype
from analyzer.loader.parse.description import UNKNOWN, Argument, Model, Template
from analyzer.loader.parse.grammar import TOP_KEYS
from analyzer.loader.parse.inputs import parse_inputs
from analyzer.loader.parse.items import parse_layers
from analyzer.loader.parse.naming import stem_of, unknown_key, variable_name
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import list_of, mapping_of, pairs_of, text_of
from analyzer.loader.parse.templates import template_of
from analyzer.loader.text.limits import Enough
from analyzer.loader.text.places import described
from analyzer.loader.text.read import Read
from analyzer.loader.text.reader import read_tree
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree, value_of
from analyzer.record import Record
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.parser import Known


class Parsed(Record):
    """What parsing makes of a text.

    `model` is the description, None where nothing could be made of the text. Beside `problems` it is good enough to
    look for more of them, not to be analysed. `tree` is the root of the text's tree, None where the text has none.
    """

    model: Model | None
    problems: list[Diagnostic]
    tree: Tree | None


def parse(text: str, file: str) -> Parsed:
    """The description of a model's text, and every mistake in it. `file` is its name in messages."""
    return parse_read(read_tree(text, file), file, text)


def parse_read(read: Read, file: str, text: str = "") -> Parsed:
    """The same of what was read; `text` is empty where that is no text."""
    parser = Parser(Model(file, text, stem_of(file)), read.problems)
    tree = read.tree
    if read.lost:
        from analyzer.loader.parse.sound import sound_tree  # with all that only a wrong text needs

        tree = sound_tree(read)
    if tree is None and not read.problems:
        tree = Scalar("", *_START, plain=True)
    model = None
    try:
        model = None if tree is None else _parse_root(parser, tree)
    except Enough as enough:
        parser.problems.append(enough.note())
    if parser.problems and text:
        from analyzer.loader.foreign.recognize import foreign_finding

        foreign = foreign_finding(text.encode(errors="surrogatepass"), file)
        if foreign is not None:
            return Parsed(None, [foreign], read.tree)
    parser.repeats.tell()
    if model is not None:
        model.faulty = bool(parser.problems)
    return Parsed(None if read.lost else model, in_order(parser.problems), read.tree)


class _Start:
    line = 0
    column = 0


_START = (_Start(), _Start())


_EXAMPLE = "`analyzer example` prints a model to start from"


def _parse_root(parser: Parser, tree: Tree) -> Model | None:
    """The description that the root of a tree makes; None after a finding about the file as a whole."""
    if parser.problems and _is_empty(tree):
        return None  # its one key was refused by the reader, or a second document is the model
    if not isinstance(tree, Mapping) or not tree.items:
        empty = isinstance(tree, Mapping) or (isinstance(tree, Scalar) and not tree.text)
        message = "the model is empty" if empty else f"a model must be a mapping of keys, not {described(tree)}"
        help = _EXAMPLE
        if isinstance(tree, Sequence):
            help = "write the layers under `layers:`, and `input:` beside it"
        parser.problem("MODEL100", message, tree, help=help)
        return None
    if {"format", "file", "diagnostics"} <= {key.text for key, _ in tree.items}:
        message = "this is a report that analyzer wrote, not a model"
        help = "`analyzer diff` compares reports, and `analyzer check --against` takes one as its base"
        parser.problem("MODEL100", message, tree.items[0][0], help=help)
        return None
    if _says_nothing(tree):
        message = "the file does not describe a network: it has neither `input` nor `layers`"
        notes = [f"its keys are {listed((shown(key.text) for key, _ in tree.items), last='and')}"]
        parser.problem("MODEL100", message, tree.items[0][0], notes=notes, help=_EXAMPLE)
        return None
    parser.model.tree = tree
    _parse_keys(parser, tree)
    return parser.model


def _is_empty(tree: Tree) -> bool:
    """Whether the root of a file has nothing in it."""
    return not (tree.text if isinstance(tree, Scalar) else tree.items if isinstance(tree, Mapping) else True)


def _says_nothing(tree: Mapping) -> bool:
    """Whether no key of a file is about a network, nor means one that is: what it lacks is then no second mistake."""
    keys = {key.text for key, _ in tree.items} - {"name", "description"}
    if not keys or any(key in TOP_KEYS for key in keys):
        return False
    from analyzer.loader.parse.top import means_network  # with tables that only a mistake needs

    return not any(map(means_network, keys))


def _parse_keys(parser: Parser, tree: Mapping) -> None:
    """The keys of a file, in the order in which they build on each other, not in that of the file."""
    model = parser.model
    keys = _known_keys(parser, tree)
    if "name" in keys:
        name = text_of(parser, keys["name"], "`name`")
        model.name = model.name if name is None else name
    if "description" in keys:
        model.description = text_of(parser, keys["description"], "`description`")
    if "vars" in keys:
        _parse_vars(parser, keys["vars"])
    parse_inputs(parser, tree, keys, frozenset(model.vars))
    known = frozenset((*model.vars, *BUILT_IN))
    bodies = declare_blocks(parser, keys["blocks"], known) if "blocks" in keys else []
    if "defaults" in keys:
        _parse_defaults(parser, keys["defaults"], known)
    parse_bodies(parser, bodies, known)
    _parse_list(parser, tree, keys.get("layers"), known)
    if "outputs" in keys:
        _parse_outputs(parser, keys["outputs"])
    if "budget" in keys:
        parse_budget(parser, keys["budget"], frozenset(model.vars))
    if "training" in keys:
        parse_training(parser, keys["training"], frozenset(model.vars))
    if "sweep" in keys:
        from analyzer.loader.parse.sweep import parse_sweep  # few files have axes

        parse_sweep(parser, keys["sweep"])
    if "weights_dtype" in keys:
        model.weights_dtype = parse_weights_dtype(parser, keys["weights_dtype"])


def _known_keys(parser: Parser, tree: Mapping) -> dict[str, Tree]:
    """The known keys of a file with their values; the others are reported."""
    keys = {key.text: value for key, value in tree.items if key.text in TOP_KEYS}
    for key, value in tree.items:
        if key.text not in TOP_KEYS:
            _unknown_key(parser, key, value, keys)
    return keys


def _unknown_key(parser: Parser, key: Scalar, value: Tree, keys: dict[str, Tree]) -> None:
    """Reports an unknown key; its value is used for the key that it means, so that the other mistakes are found too."""
    from analyzer.loader.parse.top import inputs_key, top_key  # with all that only a wrong file needs

    help, meant, same = top_key(key.text) if isinstance(value, Mapping) else inputs_key(key.text)
    unknown_key(parser, key, "a model", TOP_KEYS, help=help)
    other = {"input": "inputs", "inputs": "input"}.get(meant or "")
    if meant is not None and other not in keys:
        keys.setdefault(meant, value if same else Damaged(value.start, value.end))


def _parse_vars(parser: Parser, tree: Tree) -> None:
    mapping = mapping_of(parser, tree, "`vars`", "vars: {width: 64}")
    if mapping is None:
        parser.lenient = True  # nobody knows what it declares
        return
    model = parser.model
    parser.later = frozenset(name.text for name, _ in mapping.items)
    for key, value in mapping.items:
        if not variable_name(parser, key):
            continue
        template = None
        if isinstance(value, Scalar) and (value_of(value) is not None or value.__class__ is Damaged):
            template = template_of(parser, value, model.vars.keys())
        else:
            message = f"`${key.text}` must be a number or a word, not {described(value)}"
            parser.problem("VALUE101", message, value)
        model.places["vars", key.text] = key.span(parser.file)
        model.vars[key.text] = template or Template(UNKNOWN, value, dynamic=False)
    parser.later = frozenset()


def _parse_defaults(parser: Parser, tree: Tree, known: Known) -> None:
    pairs = pairs_of(parser, tree, "`defaults`", "defaults: {conv: {padding: same}}")
    # the layer of `norm: batch_norm` has the defaults of `batch_norm`, even where these are written below
    for key, value in sorted(pairs, key=lambda pair: _adds_rows(pair[0].text)):
        if key.text in CATALOGUE:
            _default(parser, key, value, known)
            continue
        from analyzer.layers.elsewhere import nearest_type, type_help  # with tables that only a mistake needs

        help = type_help(key.text) or nearest_type(key.text)
        if key.text in parser.model.blocks:
            help = "write the defaults of a block in its `params`, such as `params: [stride=1]`"
        message = f"no layer type is called `{shown(key.text)}`"
        parser.problem("MODEL102", message, key, help=help)


def _default(parser: Parser, key: Scalar, value: Tree, known: Known) -> None:
    """The defaults of one layer type; those lost to a mistake are marked, since layers need them."""
    kind = CATALOGUE[key.text]
    parameters = mapping_of(parser, value, f"`{kind.type}` in `defaults`", "conv: {padding: same}")
    if parameters is None:
        return
    before = parser.troubles
    arguments = parse_arguments(parser, kind, parameters, known)
    if parser.troubles > before:
        lost = (p for p in kind.declared.values() if p.name not in arguments)
        template = Template(UNKNOWN, value, dynamic=False)
        arguments |= {p.name: Argument(p, template, UNKNOWN, broken=True) for p in lost}
    parser.model.places["defaults", kind.type] = key.span(parser.file)
    parser.model.defaults[kind.type] = arguments


def _adds_rows(name: str) -> bool:
    """Whether a layer type has parameters that add layers of their own."""
    kind = CATALOGUE.get(name)
    return kind is not None and any(isinstance(p.kind, Sugar) for p in kind.declared.values())


def _parse_list(parser: Parser, root: Mapping, tree: Tree | None, known: Known) -> None:
    """The list that is the network."""
    if tree is None:
        help = "`layers:` and a list under it"
        parser.problem("MODEL107", "the model has no `layers`", root.items[0][0], help=help)
        return
    parser.model.layers = parse_layers(parser, tree, known, "`layers`")
    if isinstance(tree, Sequence) and not tree.items:
        parser.problem("MODEL107", "`layers` is empty", tree)


def _parse_outputs(parser: Parser, tree: Tree) -> None:
    sequence = list_of(parser, tree, "`outputs`", "outputs: [head1, head2]")
    for item in sequence.items if sequence is not None else ():
        text = text_of(parser, item, "`outputs`")
        if text is not None:
            parser.model.outputs.append(Template(text, item, dynamic=False))
