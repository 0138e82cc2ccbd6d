"""Parsing lists of layers: items, and the structures among them, which have lists of their own."""

from __future__ import annotations

from analyzer.diagnostics import listed
from analyzer.layers import CATALOGUE
from analyzer.loader.parse.arguments import parse_layer, parse_sugar
from analyzer.loader.parse.calls import parse_call
from analyzer.loader.parse.description import (
    BrokenItem,
    CallItem,
    Item,
    LayerItem,
    ParallelItem,
    ResidualItem,
    SequenceItem,
)  # fmt: skip
from analyzer.loader.parse.grammar import (
    GRAPH_KEYS,
    JOINS,
    PARALLEL_KEYS,
    RESIDUAL_KEYS,
    STRUCTURES,
)  # fmt: skip
from analyzer.loader.parse.graph_keys import parse_graph_keys, parse_repeat
from analyzer.loader.parse.naming import key_help, layer_name, unknown_key
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import list_of, mapping_of, text_of
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree, value_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.naming import Pair
    from analyzer.loader.parse.parser import Known

_EXAMPLE = "for example `- conv: {filters: 64, kernel: 3}`"


def parse_layers(parser: Parser, tree: Tree, known: Known, what: str) -> list[Item]:
    """The items of a list of layers; `what` begins the message where it is no list."""
    sequence = list_of(parser, tree, what, "[{conv: {filters: 64, kernel: 3}}, relu]")
    if sequence is None:
        return [BrokenItem(tree, tree.span(parser.file), "")]
    names: dict[str, Item] = {}
    items = []
    parser.lists.append(sequence)
    for one in sequence.items:
        item = _item(parser, one, known)
        items.append(item)
        _unique(parser, item, names)
    if any("." in name for name in names):
        _outside_groups(parser, names)
    parser.lists.pop()
    return items


def _outside_groups(parser: Parser, names: dict[str, Item]) -> None:
    """Finds paths in a list that lead into a group which another item of the list makes."""
    for name, item in names.items():
        group = name.rpartition(".")[0]
        while group:
            maker = names.get(group)
            if maker is not None and (maker.repeat is not None or not isinstance(maker, LayerItem | BrokenItem)):
                message = f"`{shown(name)}` would be in the group `{shown(group)}`, but it is not one of its layers"
                help = f"`{shown(group)}` is {maker.span.at}; write the layer there, or call it otherwise"
                parser.problem("NAME103", message, _name_place(item), help=help)
                break
            group = group.rpartition(".")[0]


def _name_place(item: Item) -> Tree:
    """The name of an item where one is written, otherwise the item."""
    return (item.place.get("name") if isinstance(item.place, Mapping) else None) or item.place


def _unique(parser: Parser, item: Item, names: dict[str, Item]) -> None:
    """Finds a name that appears twice in one scope; the lists of a residual belong to the scope around it."""
    if isinstance(item, ResidualItem):
        for inner in (*item.body, *(item.project or ())):
            _unique(parser, inner, names)
    if item.name is None:
        return
    first = names.setdefault(item.name, item)
    if first is not item:
        help = f"the first one is {first.span.at}; names are unique"
        parser.problem("NAME103", f"two layers are called `{item.name}`", _name_place(item), help=help)
        item.name = None


def _item(parser: Parser, tree: Tree, known: Known) -> Item:
    """One item of a list."""
    if isinstance(tree, Scalar):
        return _word(parser, tree, known)
    if not isinstance(tree, Mapping):
        from analyzer.loader.parse.unknown import listed_layer  # with tables that only a mistake needs

        layer = listed_layer(tree) if isinstance(tree, Sequence) else None
        help = "each layer needs an item of its own; group layers with `- sequence: [ … ]`"
        help = f"write `{layer}`" if layer else help
        parser.problem("MODEL103", f"a layer is a mapping or a word, not {described(tree)}", tree, help=help)
        return BrokenItem(tree, tree.span(parser.file), "")
    before = parser.troubles
    graph, found = _split(parser, tree)
    parser.misplaced = parser.troubles > before
    repeat = graph.get("repeat")
    repetitions = parse_repeat(parser, repeat, known) if repeat is not None else None
    if isinstance(repeat, Mapping):
        known = known | frozenset(key.text for key, _ in repeat.items)
    item = _make(parser, found[0], tree, found[1], known) if found is not None else None
    made = item or BrokenItem(tree, tree.span(parser.file), found[0].text if found else "")
    made.repeat = repetitions
    parse_graph_keys(parser, made, graph, known)
    return made if parser.troubles == before else _break(made)


def _word(parser: Parser, word: Scalar, known: Known) -> Item:
    """An item that is only a word, such as `- relu`."""
    parser.misplaced = False
    if value_of(word) is None:
        parser.problem("MODEL105", "an empty item", word, help=_EXAMPLE)
        return BrokenItem(word, word.span(parser.file), "")
    return _make(parser, word, word, None, known) or BrokenItem(word, word.span(parser.file), word.text)


def _break(item: Item) -> Item:
    """An item with a finding: its name stays known, nothing is expanded."""
    broken = BrokenItem(item.place, item.span, item.stem)
    broken.name = item.name
    return broken


def _split(parser: Parser, tree: Mapping) -> tuple[dict[str, Tree], Pair | None]:
    """The graph keys of an item, and the key that says what it is."""
    graph: dict[str, Tree] = {}
    found: Pair | None = None
    strange = []
    for key, value in tree.items:
        word = key.text
        if word in GRAPH_KEYS:
            graph[word] = value
        elif word not in CATALOGUE and word not in STRUCTURES and word not in parser.model.blocks:
            strange.append((key, value))
        elif found is None:
            found = key, value
        else:
            message = f"one item has two layers, `{found[0].text}` and `{word}`"
            parser.problem("MODEL104", message, key, help="each layer needs an item of its own, with its own `- `")
    if strange:
        from analyzer.loader.parse.strange import report_strange  # with tables that only a mistake needs

        report_strange(parser, strange, found)
    if found is None and not strange:
        message = "this item has no layer type, block or structure" if tree.items else "an empty item"
        parser.problem("MODEL105", message, tree, help=_EXAMPLE)
    return graph, found


def _make(parser: Parser, key: Scalar, place: Tree, value: Tree | None, known: Known) -> Item | None:
    """The item that a key and its value make, without its graph keys; None after a finding."""
    word = key.text
    span = place.span(parser.file)
    if word in CATALOGUE:
        layer = LayerItem(place, span, CATALOGUE[word])
        return layer if parse_layer(parser, layer, key, value, known) else None
    if value is None and word in STRUCTURES:
        parser.problem("MODEL103", f"`{word}` needs its layers", key)
        return None
    if word in parser.model.blocks:
        call = CallItem(place, span, word)
        return call if parse_call(parser, call, key, value, known) else None
    if value is not None and word in STRUCTURES:
        return _STRUCTURES[word](parser, place, value, known)
    from analyzer.loader.parse.strange import report_unknown  # with tables that only a mistake needs

    report_unknown(parser, key, value=value)
    return None


def _residual(parser: Parser, place: Tree, value: Tree, known: Known) -> Item | None:
    item = ResidualItem(place, place.span(parser.file))
    mapping = mapping_of(parser, value, "`residual`", "residual: {body: […]}", listed="body")
    if mapping is None:
        return None
    _check_keys(parser, mapping, "`residual`", RESIDUAL_KEYS, "body")
    body, project, act = (mapping.get(key) for key in ("body", "project", "act"))
    if body is not None:
        item.body = parse_layers(parser, body, known, "`body`")
    if project is not None:
        none = isinstance(project, Scalar) and project.text == "none"
        item.project = [] if none else parse_layers(parser, project, known, "`project`")
    if act is not None:
        item.act = parse_sugar(parser, "`act` of `residual`", CATALOGUE["conv"].declared["act"], act, known)
    return item


def _parallel(parser: Parser, place: Tree, value: Tree, known: Known) -> Item | None:
    item = ParallelItem(place, place.span(parser.file))
    mapping = mapping_of(parser, value, "`parallel`", "parallel: {join: concat, branches: {a: […], b: […]}}")
    if mapping is None:
        return None
    _check_keys(parser, mapping, "`parallel`", PARALLEL_KEYS, "branches")
    join, branches = mapping.get("join"), mapping.get("branches")
    if join is not None:
        _join(parser, item, join)
    if branches is not None:
        lists = mapping_of(parser, branches, "`branches`", "branches: {a: […], b: […]}")
        for name, tree in lists.items if lists is not None else ():
            text = layer_name(parser, name, "a branch")
            parsed = parse_layers(parser, tree, known, f"branch `{shown(name.text)}`")
            if text is not None:
                item.branches[text] = parsed
        if lists is not None and not lists.items:
            parser.problem("VALUE103", "`parallel` needs at least one branch", branches)
    return item


def _join(parser: Parser, item: ParallelItem, tree: Tree) -> None:
    word = text_of(parser, tree, "`join`")
    if word in JOINS:
        item.join = word
    elif word is not None:
        help = key_help(word, JOINS, "joins")
        parser.problem("VALUE101", f"`join` must be {listed(JOINS)}, not `{shown(word)}`", tree, help=help)


def _sequence(parser: Parser, place: Tree, value: Tree, known: Known) -> Item | None:
    item = SequenceItem(place, place.span(parser.file))
    item.body = parse_layers(parser, value, known, "`sequence`")
    return item


_STRUCTURES = {"residual": _residual, "parallel": _parallel, "sequence": _sequence}


def _check_keys(parser: Parser, mapping: Mapping, what: str, known: dict[str, str], needed: str) -> None:
    """Finds unknown keys of a structure, and the key that it needs and lacks."""
    unknown = [(key, value) for key, value in mapping.items if key.text not in known]
    lacks = mapping.get(needed) is None
    if lacks and needed == "branches" and unknown and all(isinstance(value, Sequence) for _, value in unknown):
        names = listed([key.text for key, _ in unknown], last="and")
        help = f"write {names} under `{needed}:`"
        parser.problem("VALUE103", f"{what} needs `{needed}`", unknown[0][0], help=help)
        return
    for key, _ in unknown:
        unknown_key(parser, key, what, known, elsewhere="structure")
    if lacks and not unknown:
        parser.problem("VALUE103", f"{what} needs `{needed}`", mapping)
