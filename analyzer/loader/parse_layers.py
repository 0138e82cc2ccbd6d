"""Parsing a list of layers: items, their graph keys, arguments, sugar and structures."""

from __future__ import annotations

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.layers import CATALOGUE, Layer, Parameter, found_elsewhere, letters
from analyzer.layers.kinds import Flag, Reference, References, Sugar, VolumeKind, Whole
from analyzer.loader.context import Context, described
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
from analyzer.loader.expressions import valid_name
from analyzer.loader.grammar import GRAPH_KEYS, JOINS, PARALLEL_KEYS, RESIDUAL_KEYS, STRUCTURES
from analyzer.loader.reader import Mapping, Scalar, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.context import Known

_FLAG = Flag()
_COUNT = Whole(0)


class LayerParser:
    """Parses lists of layers; the blocks of the file are known by name, the defaults by type."""

    def __init__(self, context: Context, blocks: dict[str, Block], defaults: dict[str, dict[str, Argument]]) -> None:
        self.context = context
        self.blocks = blocks
        self.defaults = defaults
        #: The calls of the body being parsed, for the search of cycles.
        self.calls: list[tuple[str, Tree]] = []
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

    def _item(self, tree: Tree, known: Known) -> Item:
        if isinstance(tree, Scalar):
            self.misplaced = False
            item = self._make(tree, tree, None, known)
            return item or BrokenItem(tree, tree.span(self.context.file), tree.text)
        if not isinstance(tree, Mapping):
            self.context.problem("MODEL103", f"a layer is a mapping or a word, not {described(tree)}", tree)
            return BrokenItem(tree, tree.span(self.context.file), "")
        before = len(self.context.problems)
        graph, found = self._split(tree)
        self.misplaced = len(self.context.problems) > before
        repeat = self._repeat(graph["repeat"], known) if "repeat" in graph else None
        inside = known | frozenset(repeat) if isinstance(repeat, dict) else known
        item = self._make(found[0], tree, found[1], inside) if found is not None else None
        made = item or BrokenItem(tree, tree.span(self.context.file), found[0].text if found else "")
        made.repeat = repeat
        self._read_graph(made, graph, inside)
        return made if len(self.context.problems) == before else _break(made)

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
        for key, _ in strange:
            self._strange(key, found)
        if found is None and not strange:
            self.context.problem(
                "MODEL105",
                "no layer type, block or structure stands here" if tree.items else "an empty item",
                tree,
                help="for example `- conv: {filters: 64, kernel: 3}`",
            )
        return graph, found

    def _strange(self, key: Scalar, found: tuple[Scalar, Tree] | None) -> None:
        """Reports a key that is neither a graph key nor anything that a layer can be."""
        word = key.text
        kind = CATALOGUE.get(found[0].text) if found else None
        if kind is not None and found is not None and (word in kind.declared or word in letters(kind)):
            self.context.problem(
                "MODEL101",
                f"`{word}` is a parameter of `{kind.type}` and stands beside it",
                key,
                help=f"write it inside: `{kind.type}: {{{word}: …}}`, or indent it further",
            )
        elif found is not None:
            self.context.unknown_key(key, "a layer", [*GRAPH_KEYS], help=self._meant(word, [*GRAPH_KEYS]))
        else:
            self._unknown_type(key)

    def _unknown_type(self, scalar: Scalar) -> None:
        known = [*CATALOGUE, *STRUCTURES, *self.blocks]
        self.context.problem(
            "MODEL102",
            f"there is no layer type, block or structure called `{shown(scalar.text)}`",
            scalar,
            help=self._meant(scalar.text, [*known, *GRAPH_KEYS]) or "`analyzer layers` lists the types",
        )

    def _meant(self, word: str, known: list[str]) -> str | None:
        elsewhere = found_elsewhere(word)
        if elsewhere is not None:
            return f"`{shown(word)}` is `{elsewhere}` here"
        near = nearest(word, known)
        return f"did you mean `{near}`?" if near else None

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
        before = len(self.context.problems)
        written = self.arguments(item.type, key, value, known)
        item.arguments = {**self.defaults.get(item.type.type, {}), **written}
        if len(self.context.problems) > before:
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
        if value is None or (isinstance(value, Scalar) and value.plain and not value.text):
            return {}
        if not isinstance(value, Mapping):
            if kind.main is None:
                help = (
                    f"`- {kind.type}`"
                    if not kind.declared
                    else f"its parameters are {listed(kind.declared, last='and')}"
                )
                self.context.problem(
                    "VALUE104",
                    f"`{kind.type}` takes no bare value, and {described(value)} stands here",
                    value,
                    help=help,
                )
                return {}
            argument = self._argument(kind, kind.declared[kind.main], value, known)
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

    def _unknown_parameter(self, kind: type[Layer], name: Scalar) -> None:
        if name.text in GRAPH_KEYS:
            help: str | None = f"`{name.text}` stands beside `{kind.type}`, not inside it"
        else:
            near = _meant_parameter(name.text, kind)
            help = f"did you mean `{near}`?" if near else None
        what = f"its parameters are {listed(kind.declared, last='and')}" if kind.declared else "it has none"
        self.context.problem(
            "VALUE102", f"`{kind.type}` has no parameter `{shown(name.text)}`", name, notes=[what], help=help
        )

    def _argument(self, kind: type[Layer], declaration: Parameter, tree: Tree, known: Known) -> Argument | None:
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
            if refusal.help is None and isinstance(name, Scalar):
                elsewhere = found_elsewhere(name.text)
                refusal.help = f"`{shown(name.text)}` is `{elsewhere}` here" if elsewhere else None
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
        before = len(self.context.problems)
        item.arguments = self._call_arguments(block, value, known)
        if block.broken:
            return len(self.context.problems) == before
        missing = [name for name, default in block.params.items() if default is None and name not in item.arguments]
        if missing and len(self.context.problems) == before:
            self.context.problem(
                "VALUE103",
                f"block `{block.name}` needs {listed(missing, last='and')}",
                key,
                notes=[f"its parameters are declared on line {block.span.line}"],
            )
        return len(self.context.problems) == before

    def _call_arguments(self, block: Block, value: Tree | None, known: Known) -> dict[str, Template]:
        if value is None or (isinstance(value, Scalar) and value.plain and not value.text):
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
                near = nearest(name.text, block.params)
                what = f"its parameters are {listed(block.params, last='and')}" if block.params else "it has none"
                self.context.problem(
                    "VALUE102",
                    f"block `{block.name}` has no parameter `{shown(name.text)}`",
                    name,
                    notes=[what],
                    help=f"did you mean `{near}`?" if near else None,
                )
                continue
            template = self.context.template(tree, known)
            if template is not None:
                arguments[name.text] = template
        return arguments

    def _residual(self, place: Tree, value: Tree, known: Known) -> Item | None:
        item = ResidualItem(place, place.span(self.context.file))
        mapping = self.context.mapping(value, "`residual`", "residual: {body: […]}")
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
                near = nearest(word, JOINS)
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
        for key, _ in mapping.items:
            if key.text not in known:
                self.context.unknown_key(key, what, known)
        if mapping.get(needed) is None:
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
                item.when = context.template(tree, known)
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
            if (most is not None and not 1 <= len(values) <= most) or "like" in (kind.declared if kind else ()):
                what = f"`{kind.type}`" if kind is not None else "it"
                self.context.problem(
                    "MODEL106",
                    f"{what} reads one volume, and `from` names a list",
                    tree,
                    help="merge them first, with `concat` or `add`",
                )
                return None
        for value in values:
            if isinstance(value, dict) or value in (None, ""):
                self.context.problem(
                    "MODEL103", "`from` takes the name of a layer above", tree, help="for example `from: enc1`"
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
            self.context.problem(
                "VALUE101", f"`expect` must be a volume such as `14x14x20` or `56x56x?`, not {described(tree)}", tree
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
    """The parameter that a name from elsewhere or a misspelling means."""
    elsewhere = {
        "kernel_size": "kernel", "ksize": "kernel", "size": "kernel", "pool_size": "kernel", "window": "kernel",
        "strides": "stride", "pad": "padding", "pads": "padding", "out_channels": "filters", "channels": "filters",
        "num_output": "filters", "features": "units", "out_features": "units", "depth": "filters", "use_bias": "bias",
        "dilation_rate": "dilation", "group": "groups", "activation": "act", "normalization": "norm",
        "depth_multiplier": "multiplier", "p": "rate", "dim": "axis", "num_heads": "heads", "hidden_size": "units",
        "scale_factor": "factor", "ceil_mode": "rounding", "n": "filters", "alpha": "slope", "negative_slope": "slope",
    }.get(name.lower())  # fmt: skip
    if elsewhere in kind.declared:
        return elsewhere
    return nearest(name, [*kind.declared, *letters(kind)])


def _example(kind: type[Layer]) -> str:
    """A call of a type with its required parameters."""
    samples = {"filters": "64", "kernel": "3", "units": "10", "inputs": "[prev, conv1]", "axis": "height", "to": "7x7x512",
               "order": "[depth, height, width]", "output": "7x7x512", "vocabulary": "10000", "size": "7", "factor": "2",
               "groups": "4", "heads": "8", "padding": "1"}  # fmt: skip
    parts = [f"{p.name}: {samples.get(p.name, '1')}" for p in kind.declared.values() if p.required]
    return f"{kind.type}: {{{', '.join(parts)}}}"
