"""Parsing the graph keys of an item: the keys beside a layer type, a block or a structure."""

from __future__ import annotations

from analyzer.diagnostics import Refusal
from analyzer.layers.kinds import Flag, Whole
from analyzer.layers.spatial_kinds import VolumeKind
from analyzer.loader.expressions.expression import valid_name
from analyzer.loader.expressions.nodes import truth
from analyzer.loader.parse.arguments import parse_arguments
from analyzer.loader.parse.budget import parse_weights_dtype
from analyzer.loader.parse.calls import call_arguments
from analyzer.loader.parse.description import BrokenItem, CallItem, Item, LayerItem, Template
from analyzer.loader.parse.naming import layer_name
from analyzer.loader.parse.parser import Parser
from analyzer.loader.parse.shapes import list_of, mapping_of, text_of
from analyzer.loader.parse.templates import template_of
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.parser import Known

_FLAG = Flag()
_COUNT = Whole(0)


def parse_graph_keys(parser: Parser, item: Item, graph: dict[str, Tree], known: Known) -> None:
    """Reads the graph keys of an item, without `repeat`, into it."""
    for word, tree in graph.items():
        if word == "name":
            item.name = layer_name(parser, tree, "`name`", dotted=True)
        elif word == "from":
            item.source = _source(parser, item, tree, known)
        elif word == "first":
            _first(parser, item, tree, known, repeats="repeat" in graph)
        elif word == "when":
            item.when = _when(parser, tree, known)
        elif word == "expect":
            item.expect = _expect(parser, tree, known)
        elif word == "note":
            item.note = text_of(parser, tree, "`note`")
        elif word == "tied":
            item.tied = _tied(parser, item, tree, known)
        elif word == "frozen":
            item.frozen = _frozen(parser, tree)
        elif word == "weights_dtype":
            item.weights_dtype = parse_weights_dtype(parser, tree)


def _frozen(parser: Parser, tree: Tree) -> bool:
    template = template_of(parser, tree, frozenset())
    try:
        return _FLAG.read(template.value if template else True)
    except Refusal as refusal:
        parser.refused(refusal, "`frozen`", tree)
        return False


def _when(parser: Parser, tree: Tree, known: Known) -> Template | None:
    template = template_of(parser, tree, known)
    if template is None or template.dynamic:
        return template
    try:
        truth(template.value)
    except Refusal:
        from analyzer.loader.parse.suggestions import with_dollars  # with tables that only a mistake needs

        dollared = with_dollars(tree.text if isinstance(tree, Scalar) else "", known)
        help = f"write a variable with its `$`: `{shown(dollared)}`" if dollared else "for example `when: $depth > 34`"
        parser.problem("EXPR103", f"`when` takes a condition, not {described(tree)}", tree, help=help)
        return None
    return template


def _source(parser: Parser, item: Item, tree: Tree, known: Known) -> Template | None:
    kind = item.type if isinstance(item, LayerItem) else None
    if kind is not None and "inputs" in kind.declared:
        message = f"`{kind.type}` names what it reads in its own list"
        parser.problem("MODEL106", message, tree, help=f"`{kind.type}: [prev, …]`")
        return None
    template = template_of(parser, tree, known, names=True)
    if template is None:
        return None
    values = template.value if isinstance(template.value, list) else [template.value]
    if isinstance(template.value, list) and not isinstance(item, BrokenItem):
        refused = several_sources(item, len(values))
        if refused is not None:
            message, help = refused
            parser.problem("MODEL106", message, tree, help=help)
            return None
    if any(isinstance(value, dict) or value in (None, "") for value in values):
        message = f"`from` takes the name of a layer above, not {described(tree)}"
        parser.problem("MODEL103", message, tree, help="for example `from: enc1`")
        return None
    return template


def several_sources(item: Item, count: int) -> tuple[str, str] | None:
    """Why an item cannot read a list of so many volumes, and what helps; None where it can."""
    if not count:
        return "`from` names nothing", "for example `from: enc1`"
    kind = item.type if isinstance(item, LayerItem) else None
    most = kind.reads[1] if kind is not None else 1
    like = kind is not None and "like" in kind.declared
    if (most is None or count <= most) and not like:
        return None
    what = f"`{kind.type}`" if kind is not None else "it"
    several = most is not None and most > 1 and not like
    message = (
        f"reads at most {most} volumes, but `from` names {count}"
        if several
        else "reads one volume, but `from` names a list"
    )
    return f"{what} {message}", "merge them first, with `concat` or `add`"


def _first(parser: Parser, item: Item, tree: Tree, known: Known, *, repeats: bool) -> None:
    if isinstance(item, BrokenItem):
        return
    if not repeats:
        parser.problem("MODEL106", "`first` needs a `repeat` beside it", tree)
    if not isinstance(item, (LayerItem, CallItem)):
        parser.problem("MODEL106", "`first` belongs to a layer or a block, not to a structure", tree)
        return
    mapping = mapping_of(parser, tree, "`first`", "first: {stride: 2}")
    if mapping is None:
        return
    if isinstance(item, LayerItem):
        item.first = parse_arguments(parser, item.type, mapping, known)
    else:
        item.first = call_arguments(parser, parser.model.blocks[item.block], mapping, known)


def _expect(parser: Parser, tree: Tree, known: Known) -> Template | None:
    template = template_of(parser, tree, known, names=True)
    if template is None or template.dynamic:
        return template
    if read_expected(template.value) is None:
        from analyzer.loader.parse.volumes import listed_sizes, volume_help  # only a wrong file needs it

        message = f"`expect` must be a volume such as `14x14x20` or `56x56x?`, not {described(tree)}"
        help = volume_help(listed_sizes(tree), ordered=True)
        parser.problem("VALUE101", message, tree, help=help)
        return None
    return template


def _tied(parser: Parser, item: Item, tree: Tree, known: Known) -> Template | None:
    if isinstance(tree, Mapping) and [key.text for key, _ in tree.items] == ["weights"]:
        if not isinstance(item, (LayerItem, BrokenItem)):
            message = "`tied: {weights: …}` belongs to a layer, not to a block or a structure"
            parser.problem("MODEL106", message, tree, help="`tied` and a name: the group reuses all parameters")
            return None
        item.weights_only = True
        tree = tree.items[0][1]
    template = template_of(parser, tree, known, names=True)
    if template is not None and not isinstance(tree, Scalar):
        message = "`tied` takes the name of an earlier layer, block or structure"
        parser.problem("MODEL103", message, tree, help="or `tied: {weights: NAME}`, of a layer")
        return None
    return template


def parse_repeat(parser: Parser, tree: Tree, known: Known) -> Template | dict[str, Template] | None:
    """How often an item is repeated: a count, or lists to step through; None after a finding."""
    if isinstance(tree, Mapping):
        return _stepped(parser, tree, known)
    template = template_of(parser, tree, known, numbers=True)
    if template is not None and not template.dynamic:
        try:
            template.value = _COUNT.read(template.value)
        except Refusal as refusal:
            if isinstance(tree, Sequence):
                refusal.help = "lists to step through have names: `repeat: {c: [64, 128]}`"
            parser.refused(refusal, "`repeat`", tree)
            return None
    return template


def _stepped(parser: Parser, tree: Mapping, known: Known) -> dict[str, Template] | None:
    """The lists that repetitions step through together."""
    lists: dict[str, Template] = {}
    for key, value in tree.items:
        if not valid_name(key.text):
            parser.problem("NAME101", f"`{shown(key.text)}` is not a valid name for a variable", key)
            continue
        sequence = list_of(parser, value, f"`{shown(key.text)}` in `repeat`", "{c: [64, 128]}")
        template = None if sequence is None else template_of(parser, value, known)
        if template is not None:
            lists[key.text] = template
    lengths = {name: len(template.value) for name, template in lists.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"`{name}` has {count}" for name, count in lengths.items())
        parser.problem("VALUE101", f"the lists of `repeat` have different lengths: {counts}", tree)
    if not tree.items:
        parser.problem("VALUE101", "`repeat` takes a count or lists, but the mapping is empty", tree)
    return lists


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
    parts = text.replace("×", "x").split("x")
    return tuple(None if part == "?" else size for part, size in zip(parts, sizes, strict=True))
