"""Parsing a list of layers: items, their graph keys, arguments, sugar and structures."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.layers import CATALOGUE, Layer, Parameter, found_elsewhere, letters
from analyzer.layers.kinds import Axes, Flag, Reference, References, Sugar, VolumeKind, Whole
from analyzer.loader.context import Context, described, inner, meant, volume_help, with_dollars
from analyzer.loader.description import (
    Argument,
    Block,
    BrokenItem,
    CallItem,
    Item,
    LayerItem,
    ParallelItem,
    ResidualItem,
    SequenceItem,
    Template,
    build,
)  # fmt: skip
from analyzer.loader.expressions import truth, valid_name
from analyzer.loader.grammar import (
    AXES_ELSEWHERE,
    GRAPH_KEYS,
    JOINS,
    JOINS_ELSEWHERE,
    PARALLEL_KEYS,
    RESIDUAL_KEYS,
    STRUCTURE_KEYS_ELSEWHERE,
    STRUCTURES,
)
from analyzer.loader.reader import Damaged, Mapping, Scalar, Sequence, Tree, value_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.context import Known

_FLAG = Flag()
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%", re.ASCII)
_COUNT = Whole(0)
_ITEM_EXAMPLE = "for example `- conv: {filters: 64, kernel: 3}`"


class LayerParser:
    """Parses lists of layers; the blocks of the file are known by name, the defaults by type."""

    def __init__(self, context: Context, blocks: dict[str, Block], defaults: dict[str, dict[str, Argument]]) -> None:
        self.context = context
        self.blocks = blocks
        self.defaults = defaults
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
            if tree.plain and not tree.text:
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
        repeat = self._repeat(graph["repeat"], known) if "repeat" in graph else None
        lists = graph.get("repeat")
        inside = known | frozenset(key.text for key, _ in lists.items) if isinstance(lists, Mapping) else known
        item = self._make(found[0], tree, found[1], inside) if found is not None else None
        made = item or BrokenItem(tree, tree.span(self.context.file), found[0].text if found else "")
        made.repeat = repeat
        self._read_graph(made, graph, inside)
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
            {*kind.declared, *letters(kind)}
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
            self.context.unknown_key(key, "a layer", [*GRAPH_KEYS], help=self._meant(word, [*GRAPH_KEYS]))
        else:
            self._unknown_type(key)

    def _unknown_type(self, scalar: Scalar) -> None:
        word = scalar.text
        known = [*CATALOGUE, *STRUCTURES, *self.blocks]
        help = self._meant(word, [*known, *GRAPH_KEYS])
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

    def _meant(self, word: str, known: list[str]) -> str | None:
        elsewhere = found_elsewhere(word)
        if elsewhere is not None:
            return f"`{shown(word)}` is `{elsewhere}` here"
        name = word.partition("(")[0].strip()
        if name != word and name in known:
            return f"the parameters of `{name}` are written `{name}: {{name: value, …}}`"
        return meant(word, known)

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
            structure = {"residual": self._residual, "parallel": self._parallel, "sequence": self._sequence}[word]
            return structure(place, value, known)
        self._unknown_type(key)
        return None

    # -- layers ----------------------------------------------------------------------------------------------------

    def _layer(self, item: LayerItem, key: Scalar, value: Tree | None, known: Known) -> bool:
        before = self.context.troubles
        written = self.arguments(item.type, key, value, known)
        item.arguments = {**self.defaults.get(item.type.type, {}), **written}
        if self.context.troubles > before:
            return False
        missing = [p.name for p in item.type.declared.values() if p.required and p.name not in item.arguments]
        if missing and self.misplaced:
            return False  # it stands beside the layer, which was reported
        if missing:
            self.context.problem(
                "VALUE103",
                f"`{item.type.type}` needs {listed(missing, last='and')}",
                key,
                help=f"for example `{_example(item.type)}`, or give it in `defaults`",
            )
            return False
        if any(argument.broken for argument in item.arguments.values()):
            return False
        build(item)
        return True

    def arguments(self, kind: type[Layer], key: Scalar, value: Tree | None, known: Known) -> dict[str, Argument]:
        """The arguments that a value holds: a mapping of parameters, or the main one alone."""
        if value is None or self._nothing(value):
            return {}
        if not isinstance(value, Mapping):
            if kind.main is None:
                help = _parameters(kind.declared) if kind.declared else f"write `- {kind.type}`"
                self.context.problem(
                    "VALUE104",
                    f"`{kind.type}` takes no bare value, and {described(value)} stands here",
                    value,
                    help=help,
                )
                return {}
            argument = self._argument(kind, kind.declared[kind.main], value, known, bare=True)
            return {} if argument is None else {kind.main: argument}
        known_letters = letters(kind)
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
        return isinstance(value, Scalar) and value.plain and not value.text

    def _unknown_parameter(self, kind: type[Layer], name: Scalar) -> None:
        if name.text in GRAPH_KEYS:
            help: str | None = f"`{name.text}` stands beside `{kind.type}`, not inside it"
        else:
            help = _meant_parameter(name.text, kind)
        what = _parameters(kind.declared)
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
            refusal.help = self._written_otherwise(kind, declaration, inner(tree, refusal.at), known) or refusal.help
            if bare and isinstance(tree, Sequence):
                refusal.help = f"parameters stand with their names: `{_example(kind)}`"
            self.context.refused(refusal, f"`{declaration.name}` of `{kind.type}`", tree)
            return None

    def _written_otherwise(self, kind: type[Layer], declaration: Parameter, tree: Tree, known: Known) -> str | None:
        """What helps where a text would be right without its quotes, with a `$`, as a list, or by its name here."""
        if not isinstance(tree, Scalar) or not tree.text:
            return None
        if isinstance(declaration.kind, References):
            return f"write `{kind.type}: [prev, {shown(tree.text)}]`" if tree.text not in ("prev", "input") else None
        axis = AXES_ELSEWHERE.get(tree.text.lower()) if isinstance(declaration.kind, Axes) else None
        if axis is not None:
            return f"did you mean `{axis}`?"
        percent = _PERCENT.fullmatch(tree.text)
        if percent is not None:
            return f"write {float(percent.group(1)) / 100:.12g}"
        if not tree.plain:
            try:
                declaration.kind.read(value_of(Scalar(tree.text, tree.start, tree.end, plain=True)))
            except Refusal:
                return None
            return f"write `{shown(tree.text)}` without quotes"
        dollared = with_dollars(tree.text, known) if isinstance(value_of(tree), str) else None
        return f"a variable is written with its `$`: `{shown(dollared)}`" if dollared else None

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
            refusal.help = _sugar_help(declaration, name.text) or refusal.help
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
        item.arguments = self._call_arguments(block, value, known)
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

    def _call_arguments(self, block: Block, value: Tree | None, known: Known) -> dict[str, Template]:
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
                what = _parameters(block.params)
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

    def _residual(self, place: Tree, value: Tree, known: Known) -> Item | None:
        item = ResidualItem(place, place.span(self.context.file))
        mapping = self.context.mapping(value, "`residual`", "residual: {body: […]}", listed="body")
        if mapping is None:
            return None
        self._check_keys(mapping, "`residual`", RESIDUAL_KEYS, "body")
        body, project, act = (mapping.get(key) for key in ("body", "project", "act"))
        if body is not None:
            item.body = self.items(body, known, "`body`")
        if project is not None:
            none = isinstance(project, Scalar) and project.text == "none"
            item.project = [] if none else self.items(project, known, "`project`")
        if act is not None:
            item.act = self.sugar("`act` of `residual`", CATALOGUE["conv"].declared["act"], act, known)
        return item

    def _parallel(self, place: Tree, value: Tree, known: Known) -> Item | None:
        item = ParallelItem(place, place.span(self.context.file))
        mapping = self.context.mapping(value, "`parallel`", "parallel: {join: concat, branches: {a: […], b: […]}}")
        if mapping is None:
            return None
        self._check_keys(mapping, "`parallel`", PARALLEL_KEYS, "branches")
        join, branches = mapping.get("join"), mapping.get("branches")
        if join is not None:
            word = self.context.text_of(join, "`join`")
            if word in JOINS:
                item.join = word
            elif word is not None:
                near = JOINS_ELSEWHERE.get(word) or nearest(word, JOINS)
                help = f"did you mean `{near}`?" if near else None
                self.context.problem(
                    "VALUE101", f"`join` must be {listed(JOINS)}, not `{shown(word)}`", join, help=help
                )
        if branches is not None:
            lists = self.context.mapping(branches, "`branches`", "branches: {a: […], b: […]}")
            for name, tree in lists.items if lists is not None else ():
                text = self.context.layer_name(name, "a branch")
                parsed = self.items(tree, known, f"branch `{shown(name.text)}`")
                if text is not None:
                    item.branches[text] = parsed
            if lists is not None and not lists.items:
                self.context.problem("VALUE103", "`parallel` needs a branch at least", branches)
        return item

    def _sequence(self, place: Tree, value: Tree, known: Known) -> Item | None:
        item = SequenceItem(place, place.span(self.context.file))
        item.body = self.items(value, known, "`sequence`")
        return item

    def _check_keys(self, mapping: Mapping, what: str, known: dict[str, str], needed: str) -> None:
        unknown = [(key, value) for key, value in mapping.items if key.text not in known]
        lacks = mapping.get(needed) is None
        if lacks and needed == "branches" and unknown and all(isinstance(value, Sequence) for _, value in unknown):
            names = listed([key.text for key, _ in unknown], last="and")
            help = f"{names} stand{'' if len(unknown) > 1 else 's'} under `{needed}:`"
            self.context.problem("VALUE103", f"{what} needs `{needed}`", unknown[0][0], help=help)
            return
        for key, _ in unknown:
            elsewhere = STRUCTURE_KEYS_ELSEWHERE.get(key.text)
            help = f"did you mean `{elsewhere}`?" if elsewhere in known else ""
            self.context.unknown_key(key, what, known, help=help or None)
        if lacks and not unknown:
            self.context.problem("VALUE103", f"{what} needs `{needed}`", mapping)

    # -- graph keys ------------------------------------------------------------------------------------------------

    def _read_graph(self, item: Item, graph: dict[str, Tree], known: Known) -> None:
        context = self.context
        for word, tree in graph.items():
            if word == "name":
                item.name = context.layer_name(tree, "`name`")
            elif word == "from":
                item.source = self._source(item, tree, known)
            elif word == "first":
                self._first(item, tree, known, repeats="repeat" in graph)
            elif word == "when":
                item.when = self._when(tree, known)
            elif word == "expect":
                item.expect = self._expect(tree, known)
            elif word == "note":
                item.note = context.text_of(tree, "`note`")
            elif word == "tied":
                item.tied = self._tied(item, tree, known)
            elif word == "frozen":
                template = context.template(tree, frozenset())
                try:
                    item.frozen = _FLAG.read(template.value if template else True)
                except Refusal as refusal:
                    context.refused(refusal, "`frozen`", tree)

    def _when(self, tree: Tree, known: Known) -> Template | None:
        template = self.context.template(tree, known)
        if template is None or template.dynamic:
            return template
        try:
            truth(template.value)
        except Refusal:
            text = tree.text if isinstance(tree, Scalar) else ""
            dollared = with_dollars(text, known)
            self.context.problem(
                "EXPR103",
                f"`when` takes a condition, not {described(tree)}",
                tree,
                help=f"a variable is written with its `$`: `{shown(dollared)}`"
                if dollared
                else "for example `when: $depth > 34`",
            )
            return None
        return template

    def _source(self, item: Item, tree: Tree, known: Known) -> Template | None:
        kind = item.type if isinstance(item, LayerItem) else None
        if kind is not None and "inputs" in kind.declared:
            self.context.problem(
                "MODEL106", f"`{kind.type}` names what it reads in its own list", tree, help=f"`{kind.type}: [prev, …]`"
            )
            return None
        template = self.context.template(tree, known, names=True)
        if template is None:
            return None
        values = template.value if isinstance(template.value, list) else [template.value]
        if isinstance(template.value, list) and not isinstance(item, BrokenItem):
            most = kind.reads[1] if kind is not None else 1
            if not values:
                self.context.problem("MODEL106", "`from` names nothing", tree, help="for example `from: enc1`")
                return None
            if (most is not None and len(values) > most) or "like" in (kind.declared if kind else ()):
                what = f"`{kind.type}`" if kind is not None else "it"
                several = most is not None and most > 1 and "like" not in (kind.declared if kind else ())
                self.context.problem(
                    "MODEL106",
                    f"{what} reads at most {most} volumes, and `from` names {len(values)}"
                    if several
                    else f"{what} reads one volume, and `from` names a list",
                    tree,
                    help="merge them first, with `concat` or `add`",
                )
                return None
        for value in values:
            if isinstance(value, dict) or value in (None, ""):
                self.context.problem(
                    "MODEL103",
                    f"`from` takes the name of a layer above, not {described(tree)}",
                    tree,
                    help="for example `from: enc1`",
                )
                return None
        return template

    def _first(self, item: Item, tree: Tree, known: Known, *, repeats: bool) -> None:
        if isinstance(item, BrokenItem):
            return
        if not repeats:
            self.context.problem("MODEL106", "`first` goes with `repeat`, and nothing is repeated here", tree)
        if isinstance(item, LayerItem):
            mapping = self.context.mapping(tree, "`first`", "first: {stride: 2}")
            if mapping is not None:
                item.first = self.arguments(
                    item.type, Scalar("first", tree.start, tree.end, plain=True), mapping, known
                )
        elif isinstance(item, CallItem):
            mapping = self.context.mapping(tree, "`first`", "first: {stride: 2}")
            if mapping is not None:
                item.first = self._call_arguments(self.blocks[item.block], mapping, known)
        else:
            self.context.problem("MODEL106", "`first` goes with a layer or a block, not with a structure", tree)

    def _expect(self, tree: Tree, known: Known) -> Template | None:
        template = self.context.template(tree, known, names=True)
        if template is None or template.dynamic:
            return template
        if read_expected(template.value) is None:
            items = tree.items if isinstance(tree, Sequence) else [tree]
            self.context.problem(
                "VALUE101",
                f"`expect` must be a volume such as `14x14x20` or `56x56x?`, not {described(tree)}",
                tree,
                help=volume_help(",".join(item.text for item in items if isinstance(item, Scalar))),
            )
            return None
        return template

    def _tied(self, item: Item, tree: Tree, known: Known) -> Template | None:
        if not isinstance(item, (LayerItem, BrokenItem)):
            self.context.problem("MODEL106", "`tied` goes with a layer, not with a block or a structure", tree)
            return None
        template = self.context.template(tree, known, names=True)
        if template is not None and not isinstance(tree, Scalar):
            self.context.problem("MODEL103", "`tied` takes the name of an earlier layer", tree)
            return None
        return template

    def _repeat(self, tree: Tree, known: Known) -> Template | dict[str, Template] | None:
        if isinstance(tree, Mapping):
            return self._stepped(tree, known)
        template = self.context.template(tree, known)
        if template is not None and not template.dynamic:
            try:
                template.value = _COUNT.read(template.value)
            except Refusal as refusal:
                if isinstance(tree, Sequence):
                    refusal.help = "lists to step through have names: `repeat: {c: [64, 128]}`"
                self.context.refused(refusal, "`repeat`", tree)
                return None
        return template

    def _stepped(self, tree: Mapping, known: Known) -> dict[str, Template] | None:
        lists: dict[str, Template] = {}
        for key, value in tree.items:
            if not valid_name(key.text):
                self.context.problem("NAME101", f"`{shown(key.text)}` is no name for a variable", key)
                continue
            sequence = self.context.sequence(value, f"`{shown(key.text)}` in `repeat`", "{c: [64, 128]}")
            template = None if sequence is None else self.context.template(value, known)
            if template is not None:
                lists[key.text] = template
        lengths = {name: len(template.value) for name, template in lists.items()}
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"`{name}` has {count}" for name, count in lengths.items())
            self.context.problem("VALUE101", f"the lists of `repeat` are of different length: {counts}", tree)
        if not tree.items:
            self.context.problem("VALUE101", "`repeat` takes a count or lists, and the mapping is empty", tree)
        return lists


def _parameters(names: Iterable[str]) -> str:
    """The parameters of a type or a block, in a sentence."""
    known = list(names)
    if not known:
        return "it has none"
    return f"its parameter{'s are' if len(known) > 1 else ' is'} {listed(known, last='and')}"


def _sugar_help(declaration: Parameter, word: str) -> str | None:
    """What helps where `norm` or `act` names no such layer."""
    elsewhere = found_elsewhere(word)
    if elsewhere is not None:
        return f"`{shown(word)}` is `{elsewhere}` here"
    kind = CATALOGUE.get(word)
    if kind is not None:
        other = {"activation": "act", "normalization": "norm"}.get(kind.family)
        return f"`{word}` goes into `{other}`" if other else f"write `- {word}` as an item of its own"
    if word in ("", "~", "null", "false"):
        return "`none` takes a default away"
    return (
        f"for example `{declaration.name}: {'relu' if declaration.name == 'act' else 'batch_norm'}`"
        if word in ("true", "True")
        else None
    )


def _break(item: Item) -> Item:
    """An item with a finding: its name stays known, nothing is expanded."""
    broken = BrokenItem(item.place, item.span, item.stem)
    broken.name = item.name
    return broken


def read_expected(text: object) -> tuple[int | None, ...] | None:
    """The sizes of an `expect`, None for each `?`; None where it is no volume."""
    kind = VolumeKind(wildcard=True)
    if not isinstance(text, str):
        return None
    count = text.count("?")
    try:
        sizes = kind.read(text.replace("?", "1"))
    except Refusal:
        return None
    if not count:
        return sizes
    return tuple(
        None if part == "?" else size for part, size in zip(text.replace("×", "x").split("x"), sizes, strict=True)
    )


def _meant_parameter(name: str, kind: type[Layer]) -> str | None:
    """What helps where a parameter has a name from elsewhere or a misspelt one."""
    elsewhere = {
        "kernel_size": "kernel", "ksize": "kernel", "size": "kernel", "pool_size": "kernel", "window": "kernel",
        "strides": "stride", "pad": "padding", "pads": "padding", "out_channels": "filters", "channels": "filters",
        "num_output": "filters", "features": "units", "out_features": "units", "depth": "filters", "use_bias": "bias",
        "dilation_rate": "dilation", "group": "groups", "activation": "act", "normalization": "norm",
        "depth_multiplier": "multiplier", "p": "rate", "dim": "axis", "num_heads": "heads", "hidden_size": "units",
        "scale_factor": "factor", "ceil_mode": "rounding", "n": "filters", "alpha": "slope", "negative_slope": "slope",
    }.get(name.lower())  # fmt: skip
    if elsewhere in kind.declared:
        return f"did you mean `{elsewhere}`?"
    return meant(name, [*kind.declared, *letters(kind)])


def _example(kind: type[Layer]) -> str:
    """A call of a type with its required parameters."""
    samples = {"filters": "64", "kernel": "3", "units": "10", "inputs": "[prev, conv1]", "axis": "height", "to": "7x7x512",
               "order": "[depth, height, width]", "output": "7x7x512", "vocabulary": "10000", "size": "7", "factor": "2",
               "groups": "4", "heads": "8", "padding": "1"}  # fmt: skip
    parts = [f"{p.name}: {samples.get(p.name, '1')}" for p in kind.declared.values() if p.required]
    return f"{kind.type}: {{{', '.join(parts)}}}"
