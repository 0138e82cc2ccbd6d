"""Parsing what stands beside a layer type, a block or a structure: the graph keys."""

from __future__ import annotations

from analyzer.diagnostics import Refusal
from analyzer.layers.kinds import Flag, Whole
from analyzer.layers.spatial_kinds import VolumeKind
from analyzer.loader.expressions.expression import truth, valid_name
from analyzer.loader.parse.context import Context
from analyzer.loader.parse.description import BrokenItem, CallItem, Item, LayerItem, Template
from analyzer.loader.parse.suggestions import volume_help, with_dollars
from analyzer.loader.text.places import described
from analyzer.loader.text.tree import Mapping, Scalar, Sequence, Tree
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.loader.parse.context import Known
    from analyzer.loader.parse.layers import LayerParser

_FLAG = Flag()
_COUNT = Whole(0)


class GraphParser:
    """Parses the graph keys of an item; `layers` parses the parameters in `first`."""

    def __init__(self, context: Context, layers: LayerParser) -> None:
        self.context = context
        self.layers = layers

    def read(self, item: Item, graph: dict[str, Tree], known: Known) -> None:
        """Reads the graph keys of an item into it."""
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
                item.first = self.layers.arguments(
                    item.type, Scalar("first", tree.start, tree.end, plain=True), mapping, known
                )
        elif isinstance(item, CallItem):
            mapping = self.context.mapping(tree, "`first`", "first: {stride: 2}")
            if mapping is not None:
                item.first = self.layers.call_arguments(self.layers.blocks[item.block], mapping, known)
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

    def repeat(self, tree: Tree, known: Known) -> Template | dict[str, Template] | None:
        """How often an item is repeated: a count, or lists to step through; None after a finding."""
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
