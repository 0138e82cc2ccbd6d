"""Parsing a list of layers: items, their arguments, sugar and calls of blocks."""

# Longer than most modules: items, arguments and calls parse each other, so they stand together.

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed
from analyzer.layers import CATALOGUE, Layer, Parameter, found_elsewhere
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.loader.parse.context import Context
from analyzer.loader.parse.description import (
    Argument,
    Block,
    BrokenItem,
    CallItem,
    Item,
    LayerItem,
    ResidualItem,
    Template,
    build,
)  # fmt: skip
from analyzer.loader.parse.grammar import (
    GRAPH_KEYS,
    STRUCTURES,
)
from analyzer.loader.parse.graph import GraphParser
from analyzer.loader.parse.structures import StructureParser
from analyzer.loader.parse.suggestions import (
    example,
    meant,
    meant_layer,
    meant_parameter,
    parameters,
    sugar_help,
    written_otherwise,
)
from analyzer.loader.text.places import described, inner
from analyzer.loader.text.tree import Damaged, Mapping, Scalar, Sequence, Tree, value_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.context import Known

_ITEM_EXAMPLE = "for example `- conv: {filters: 64, kernel: 3}`"


class LayerParser:
    """Parses lists of layers; the blocks of the file are known by name, the defaults by type."""

    def __init__(self, context: Context, blocks: dict[str, Block], defaults: dict[str, dict[str, Argument]]) -> None:
        self.context = context
        self.blocks = blocks
        self.defaults = defaults
        self.graph = GraphParser(context, self)
        self.structures = StructureParser(context, self)
        #: Layers made so far, by what was written; see `build`.
        self.alike: dict[object, Layer] = {}
        #: The calls of the body being parsed, for the search of cycles.
        self.calls: list[tuple[str, Tree]] = []
        #: Whether `blocks` is no mapping, so that nobody knows what it declares.
        self.blocks_lost = False
        #: Whether the item being parsed has keys that belong elsewhere.
        self.misplaced = False

    # -- lists and items -------------------------------------------------------------------------------------------

    def items(self, tree: Tree, known: Known, what: str) -> list[Item]:
        """The items of a list of layers."""
        sequence = self.context.sequence(tree, what, "[{conv: {filters: 64, kernel: 3}}, relu]")
        if sequence is None:
            return [BrokenItem(tree, tree.span(self.context.file), "")]
        names: dict[str, Item] = {}
        items = []
        for item in sequence.items:
            parsed = self._item(item, known)
            items.append(parsed)
            self._unique(parsed, names)
        return items

    def _unique(self, item: Item, names: dict[str, Item]) -> None:
        """Finds a name that stands twice in one scope; the bodies of a residual belong to the scope around it."""
        if isinstance(item, ResidualItem):
            for inner in (*item.body, *(item.project or ())):
                self._unique(inner, names)
        if item.name is None:
            return
        first = names.setdefault(item.name, item)
        if first is not item:
            place = item.place.get("name") if isinstance(item.place, Mapping) else None
            self.context.problem(
                "NAME103",
                f"two layers are called `{item.name}`",
                place or item.place,
                help=f"the first one is on line {first.span.line}; names are unique",
            )
            item.name = None

    def _item(self, tree: Tree, known: Known) -> Item:
        if isinstance(tree, Scalar):
            self.misplaced = False
            if value_of(tree) is None:
                self.context.problem("MODEL105", "an empty item", tree, help=_ITEM_EXAMPLE)
                return BrokenItem(tree, tree.span(self.context.file), "")
            item = self._make(tree, tree, None, known)
            return item or BrokenItem(tree, tree.span(self.context.file), tree.text)
        if not isinstance(tree, Mapping):
            help = "each layer is an item of its own; `- sequence: [ … ]` groups some"
            self.context.problem("MODEL103", f"a layer is a mapping or a word, not {described(tree)}", tree, help=help)
            return BrokenItem(tree, tree.span(self.context.file), "")
        before = self.context.troubles
        graph, found = self._split(tree)
        self.misplaced = self.context.troubles > before
        repeat = self.graph.repeat(graph["repeat"], known) if "repeat" in graph else None
        lists = graph.get("repeat")
        inside = known | frozenset(key.text for key, _ in lists.items) if isinstance(lists, Mapping) else known
        item = self._make(found[0], tree, found[1], inside) if found is not None else None
        made = item or BrokenItem(tree, tree.span(self.context.file), found[0].text if found else "")
        made.repeat = repeat
        self.graph.read(made, graph, inside)
        return made if self.context.troubles == before else _break(made)

    def _split(self, tree: Mapping) -> tuple[dict[str, Tree], tuple[Scalar, Tree] | None]:
        """The graph keys of an item, and the key that says what it is."""
        graph: dict[str, Tree] = {}
        found: tuple[Scalar, Tree] | None = None
        strange = []
        for key, value in tree.items:
            word = key.text
            if word in GRAPH_KEYS:
                graph[word] = value
            elif word in CATALOGUE or word in STRUCTURES or word in self.blocks:
                if found is not None:
                    self.context.problem(
                        "MODEL104",
                        f"one item holds two layers, `{found[0].text}` and `{word}`",
                        key,
                        help="each layer is an item of its own, with its own `- `",
                    )
                else:
                    found = key, value
            else:
                strange.append((key, value))
        self._beside(strange, found)
        for key, _ in strange:
            self._strange(key, found)
        if found is None and not strange:
            self.context.problem(
                "MODEL105",
                "no layer type, block or structure stands here" if tree.items else "an empty item",
                tree,
                help=_ITEM_EXAMPLE,
            )
        return graph, found

    def _beside(self, strange: list[tuple[Scalar, Tree]], found: tuple[Scalar, Tree] | None) -> None:
        """Takes out of `strange` the parameters that stand beside their layer or block, and reports them together."""
        if found is None:
            return
        word, inside = found[0].text, found[1]
        kind = CATALOGUE.get(word)
        params = (
            {*kind.declared, *kind.letters}
            if kind is not None
            else {*self.blocks[word].params}
            if word in self.blocks
            else set()
        )
        beside = [pair for pair in strange if pair[0].text in params]
        if not beside:
            return
        strange[:] = [pair for pair in strange if pair[0].text not in params]
        names = [key.text for key, _ in beside]
        many = len(names) > 1
        written = ", ".join(
            f"{key.text}: {shown(value.text) if isinstance(value, Scalar) else '…'}" for key, value in beside
        )
        if isinstance(inside, Mapping):
            help = f"write {'them' if many else 'it'} inside: `{word}: {{…, {written}}}`"
        else:
            help = f"indent {'them' if many else 'it'} further than `{word}`, or write `{word}: {{{written}}}`"
        self.context.problem(
            "MODEL101",
            f"{listed(names, last='and')} {'are parameters' if many else 'is a parameter'} of `{word}` and "
            f"stand{'' if many else 's'} beside it",
            beside[0][0],
            help=help,
        )

    def _strange(self, key: Scalar, found: tuple[Scalar, Tree] | None) -> None:
        """Reports a key that is neither a graph key nor anything that a layer can be."""
        word = key.text
        if found is not None:
            self.context.unknown_key(key, "a layer", [*GRAPH_KEYS], help=meant_layer(word, [*GRAPH_KEYS]))
        else:
            self._unknown_type(key)

    def _unknown_type(self, scalar: Scalar) -> None:
        word = scalar.text
        known = [*CATALOGUE, *STRUCTURES, *self.blocks]
        help = meant_layer(word, [*known, *GRAPH_KEYS])
        if word[:1].isupper() and not found_elsewhere(word):
            if self.blocks_lost:
                self.context.troubles += 1
                return
            help = meant(word, self.blocks) or "a block is declared under `blocks:`, a layer type is written small"
        self.context.problem(
            "MODEL102",
            f"there is no layer type, block or structure called `{shown(word)}`",
            scalar,
            help=help or "`analyzer layers` lists the types",
        )

    def _make(self, key: Scalar, place: Tree, value: Tree | None, known: Known) -> Item | None:
        """The item that a key and its value make, without its graph keys; None after a finding."""
        word = key.text
        span = place.span(self.context.file)
        if word in CATALOGUE:
            layer = LayerItem(place, span, CATALOGUE[word])
            return layer if self._layer(layer, key, value, known) else None
        if value is None and word in STRUCTURES:
            self.context.problem("MODEL103", f"`{word}` needs its layers", key)
            return None
        if word in self.blocks:
            call = CallItem(place, span, word)
            return call if self._call(call, key, value, known) else None
        if value is not None and word in STRUCTURES:
            return self.structures.structure(word, place, value, known)
        self._unknown_type(key)
        return None

    # -- layers ----------------------------------------------------------------------------------------------------

    def _layer(self, item: LayerItem, key: Scalar, value: Tree | None, known: Known) -> bool:
        before = self.context.troubles
        written = self.arguments(item.type, key, value, known)
        item.arguments = {**self.defaults.get(item.type.type, {}), **written}
        if self.context.troubles > before:
            return False
        missing = [name for name in item.type.needed if name not in item.arguments]
        if missing and self.misplaced:
            return False  # it stands beside the layer, which was reported
        if missing:
            self.context.problem(
                "VALUE103",
                f"`{item.type.type}` needs {listed(missing, last='and')}",
                key,
                help=f"for example `{example(item.type)}`, or give it in `defaults`",
            )
            return False
        if any(argument.broken for argument in item.arguments.values()):
            return False
        build(item, self.alike)
        return True

    def arguments(self, kind: type[Layer], key: Scalar, value: Tree | None, known: Known) -> dict[str, Argument]:
        """The arguments that a value holds: a mapping of parameters, or the main one alone."""
        if value is None or self._nothing(value):
            return {}
        if not isinstance(value, Mapping):
            if kind.main is None:
                help = parameters(kind.declared) if kind.declared else f"write `- {kind.type}`"
                self.context.problem(
                    "VALUE104",
                    f"`{kind.type}` takes no bare value, and {described(value)} stands here",
                    value,
                    help=help,
                )
                return {}
            argument = self._argument(kind, kind.declared[kind.main], value, known, bare=True)
            return {} if argument is None else {kind.main: argument}
        known_letters = kind.letters
        arguments: dict[str, Argument] = {}
        for name, item in value.items:
            declaration = kind.declared.get(known_letters.get(name.text, name.text))
            if declaration is None:
                self._unknown_parameter(kind, name)
            elif declaration.name in arguments:
                self.context.problem(
                    "YAML101", f"`{declaration.name}` and its letter `{declaration.letter}` both stand here", name
                )
            else:
                argument = self._argument(kind, declaration, item, known)
                if argument is not None:
                    arguments[declaration.name] = argument
        return arguments

    def _nothing(self, value: Tree) -> bool:
        """Whether nothing stands behind a key; true, and a trouble, for what the reader refused."""
        if value.__class__ is Damaged:
            self.context.troubles += 1
        return isinstance(value, Scalar) and value_of(value) is None

    def _unknown_parameter(self, kind: type[Layer], name: Scalar) -> None:
        if name.text in GRAPH_KEYS:
            help: str | None = f"`{name.text}` stands beside `{kind.type}`, not inside it"
        else:
            help = meant_parameter(name.text, kind)
        what = parameters(kind.declared)
        self.context.problem(
            "VALUE102", f"`{kind.type}` has no parameter `{shown(name.text)}`", name, notes=[what], help=help
        )

    def _argument(
        self, kind: type[Layer], declaration: Parameter, tree: Tree, known: Known, *, bare: bool = False
    ) -> Argument | None:
        """One argument, read and checked where it holds no expression; None after a finding."""
        if isinstance(declaration.kind, Sugar):
            return self.sugar(f"`{declaration.name}` of `{kind.type}`", declaration, tree, known)
        names = isinstance(declaration.kind, (Reference, References))
        template = self.context.template(tree, known, names=names)
        if template is None:
            return None
        if template.dynamic:
            return Argument(declaration, template, None)
        try:
            return Argument(declaration, template, declaration.kind.read(template.value))
        except Refusal as refusal:
            refusal.help = written_otherwise(kind, declaration, inner(tree, refusal.at), known) or refusal.help
            if bare and isinstance(tree, Sequence):
                refusal.help = f"parameters stand with their names: `{example(kind)}`"
            self.context.refused(refusal, f"`{declaration.name}` of `{kind.type}`", tree)
            return None

    def sugar(self, subject: str, declaration: Parameter, tree: Tree, known: Known) -> Argument | None:
        """A layer that stands in an argument (`act: relu`); its value is a `LayerItem`, or None for `none`."""
        if isinstance(tree, Mapping) and len(tree.items) == 1:
            name, inside = tree.items[0]
            template: Template | None = Template({name.text: None}, tree, dynamic=False)
        else:
            name, inside = (tree if isinstance(tree, Scalar) else Scalar("", tree.start, tree.end, plain=False)), None
            template = self.context.template(tree, known)
        if template is None:
            return None
        if template.dynamic:
            return Argument(declaration, template, None)
        try:
            read = declaration.kind.read(template.value)
        except Refusal as refusal:
            refusal.help = sugar_help(declaration, name.text) or refusal.help
            self.context.refused(refusal, subject, tree)
            return None
        if read is None:
            return Argument(declaration, template, None)
        item = LayerItem(tree, tree.span(self.context.file), CATALOGUE[read[0]])
        return Argument(declaration, template, item) if self._layer(item, name, inside, known) else None

    # -- blocks and structures -------------------------------------------------------------------------------------

    def _call(self, item: CallItem, key: Scalar, value: Tree | None, known: Known) -> bool:
        block = self.blocks[item.block]
        self.calls.append((item.block, key))
        before = self.context.troubles
        item.arguments = self.call_arguments(block, value, known)
        if block.broken:
            return self.context.troubles == before
        missing = [name for name, default in block.params.items() if default is None and name not in item.arguments]
        if missing and self.misplaced:
            return False  # it stands beside the call, which was reported
        if missing and self.context.troubles == before:
            self.context.problem(
                "VALUE103",
                f"block `{block.name}` needs {listed(missing, last='and')}",
                key,
                notes=[f"its parameters are declared on line {block.span.line}"],
            )
        return self.context.troubles == before

    def call_arguments(self, block: Block, value: Tree | None, known: Known) -> dict[str, Template]:
        """The arguments of a call, by the parameters of its block."""
        if value is None or self._nothing(value):
            return {}
        if not isinstance(value, Mapping):
            self.context.problem(
                "VALUE104",
                f"block `{block.name}` takes a mapping of its parameters, not {described(value)}",
                value,
                help=f"`{block.name}: {{{', '.join(f'{name}: …' for name in block.params)}}}`",
            )
            return {}
        arguments = {}
        for name, tree in value.items:
            if name.text not in block.params and not block.broken:
                if name.text in GRAPH_KEYS:
                    help: str | None = f"`{name.text}` stands beside `{block.name}`, not inside it"
                else:
                    help = meant(name.text, block.params)
                what = parameters(block.params)
                self.context.problem(
                    "VALUE102",
                    f"block `{block.name}` has no parameter `{shown(name.text)}`",
                    name,
                    notes=[what],
                    help=help,
                )
                continue
            template = self.context.template(tree, known)
            if template is not None:
                arguments[name.text] = template
        return arguments


def _break(item: Item) -> Item:
    """An item with a finding: its name stays known, nothing is expanded."""
    broken = BrokenItem(item.place, item.span, item.stem)
    broken.name = item.name
    return broken
