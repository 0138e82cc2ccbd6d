"""The expansion: a description to a placed network.

Plain walking over the items: variables are worked out, blocks called, repetitions stepped through, and every layer is
placed by `Network.place`, so that `$D`, `project`, `when` and `expect` see real volumes. A mistake is reported once,
where it stands; what would read the layer that could not be placed is left alone, and everything else goes on.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence

from analyzer.diagnostics import LAYER, Diagnostic, Refusal, listed, nearest
from analyzer.engine.network import Network, Node, Origin
from analyzer.layers import CATALOGUE, Layer
from analyzer.layers.kinds import Reference, References, Sugar, Whole, written
from analyzer.layers.windows import arithmetic
from analyzer.loader.context import inner
from analyzer.loader.description import (
    UNKNOWN,
    Argument,
    BrokenItem,
    CallItem,
    Item,
    LayerItem,
    Model,
    ParallelItem,
    ResidualItem,
    SequenceItem,
    Template,
    build,
)  # fmt: skip
from analyzer.loader.expressions import truth
from analyzer.loader.limits import LIMITS
from analyzer.loader.parse import refuse_volume
from analyzer.loader.parse_layers import read_expected
from analyzer.loader.reader import Scalar, Tree, value_of
from analyzer.loader.scope import MISSING, Dependent, LayerWord, Missing, Names, Scope, Values
from analyzer.source import shown
from analyzer.volume import AXES, Volume, read_sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A block call or a structure within another takes a few of Python's frames.
_DEEPEST = 150


class SettingError(ValueError):
    """A value given from outside the file (`--set`, `--input`) fits nothing in it."""


class _Stop(Exception):
    """The expansion is beyond a limit; it was reported."""


def expand(
    model: Model, *, set: AnyMapping[str, Any] | None = None, input: AnyMapping[str, str] | str | None = None
) -> tuple[Network, list[Diagnostic]]:
    """The network of a description, with variables of `set` in place of its own, and every mistake found.

    `input` overrides the input volume (a text), or several by name. Raises `SettingError` for what the file lacks.
    Beside mistakes the network holds the layers that could be placed.
    """
    return _Expansion(model, set or {}, input).run()


class _Expansion:
    """One expansion of one description."""

    def __init__(self, model: Model, settings: AnyMapping[str, Any], inputs: AnyMapping[str, str] | str | None) -> None:
        self.model = model
        self.network = Network()
        self.names = Names()
        self.problems: list[Diagnostic] = []
        self.reported: dict[tuple[str, int, int], Diagnostic] = {}
        self.steps = 0
        self.calls = 0
        self.depth = 0
        self.values = Values({})
        self.settings = settings
        self.inputs = inputs
        self.entry: Node | Missing = MISSING
        self.frozen = False

    def run(self) -> tuple[Network, list[Diagnostic]]:
        scope = Scope("", self.model.layers, None, None)
        self._variables()
        self._enter()
        try:
            self._list(self.model.layers, self.entry, scope, self.values)
            self._outputs(scope)
        except _Stop:
            pass
        if not self.network.nodes and not self.problems and not isinstance(self.entry, Missing):
            self._report(
                Refusal("no layer is left: every `when` is false or every `repeat` 0", code="MODEL107"),
                self.model.layers[0].place,
            )
        self.problems.sort(key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))
        return self.network, self.problems

    # -- what comes from outside -------------------------------------------------------------------------------------

    def _variables(self) -> None:
        for name in self.settings:
            if name not in self.model.vars:
                near = nearest(name, self.model.vars)
                known = (
                    f"its variables are {listed(self.model.vars, last='and')}"
                    if self.model.vars
                    else "it has no `vars`"
                )
                raise SettingError(
                    f"the model has no variable `{shown(name)}`; "
                    + (f"did you mean `{near}`? " if near else "")
                    + known
                )
        for name, template in self.model.vars.items():
            if name in self.settings:
                self.values.variables[name] = _setting(self.settings[name])
                continue
            try:
                self.values.variables[name] = self.values.evaluate(template, None)
            except Refusal as refusal:
                self._report(refusal, inner(template.tree, refusal.at), notes=self.values.explain(template.value))
                self.values.variables[name] = UNKNOWN
            except Dependent:
                if not _blamed(template, self.values):
                    self._report(
                        Refusal("`$H`, `$W`, `$D` and `$i` belong to layers, not to `vars`", code="EXPR106"),
                        template.tree,
                    )
                self.values.variables[name] = UNKNOWN

    def _enter(self) -> None:
        given = self._given_inputs()
        for place, (name, template) in enumerate(self.model.inputs.items()):
            node: Node | Missing = MISSING
            volume = given.get(name) or self._input_volume(name, template)
            if volume is not None:
                node = self.network.enter(name, volume)
            self.names.labels[name] = node
            if place == 0:
                self.entry = node

    def _given_inputs(self) -> dict[str, Volume]:
        if self.inputs is None:
            return {}
        first = next(iter(self.model.inputs))
        given = {first: self.inputs} if isinstance(self.inputs, str) else self.inputs
        volumes = {}
        for name, text in given.items():
            if name not in self.model.inputs:
                raise SettingError(
                    f"the model has no input `{shown(name)}`; its inputs are {listed(self.model.inputs, last='and')}"
                )
            refusal = refuse_volume(str(text))
            if refusal is not None:
                raise SettingError(f"the input {refusal.message}")
            volumes[name] = Volume.of([size or 0 for size in read_sizes(str(text)) or ()])
        return volumes

    def _input_volume(self, name: str, template: Template) -> Volume | None:
        try:
            value = self.values.evaluate(template, None)
            text = str(value) if not isinstance(value, float) else f"{value:g}"
            refusal = refuse_volume(text)
            if refusal is not None:
                raise Refusal(f"`{name}` {refusal.message}", code=refusal.code, help=refusal.help)
        except Refusal as refusal:
            self._report(refusal, template.tree, notes=self.values.explain(template.value))
            return None
        except Dependent:
            return None
        return Volume.of([size or 0 for size in read_sizes(text) or ()])

    def _outputs(self, scope: Scope) -> None:
        nodes = []
        for template in self.model.outputs:
            try:
                node = self.names.resolve(template.value, scope, MISSING, self.entry)
            except Refusal as refusal:
                self._report(refusal, template.tree)
                continue
            if isinstance(node, Node):
                nodes.append(node)
        self.network.name_outputs(nodes)

    # -- lists and items ---------------------------------------------------------------------------------------------

    def _list(self, items: Sequence[Item], source: Node | Missing, scope: Scope, values: Values) -> Node | Missing:
        """Expands a list behind `source`; returns what its last item puts out."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self._report(
                Refusal(f"blocks and structures nest deeper than {_DEEPEST} levels", code="LIMIT102"),
                items[0].place,
                scope,
            )
            raise _Stop
        for item in items:
            source = self._item(item, source, scope, values)
        self.depth -= 1
        return source

    def _item(self, item: Item, above: Node | Missing, scope: Scope, values: Values) -> Node | Missing:
        """Expands an item with all its repetitions; returns what it puts out."""
        self._step(item, scope)
        stem = _stem(item)
        label = item.name or (scope.automatic(stem) if stem else None)
        sources = self._sources(item, above, scope, values)
        result = sources[0] if sources else MISSING
        count, lists = self._repetitions(item, result, scope, values)
        inside, name = values, label
        for i in range(count):
            if i:
                self._step(item, scope)
            if item.repeat is not None:
                inside = Values(
                    {**values.variables, **{name: column[i] for name, column in lists.items()}}
                    if lists
                    else values.variables,
                    i,
                )
            name = f"{label}.{i + 1}" if label and item.repeat is not None else label
            keep = self._kept(item, result, scope, inside)
            if keep is None:
                result = MISSING
            elif keep:
                result = self._one(item, name, [result, *sources[1:]], result if i else above, scope, inside, i)
            if name is not None and item.repeat is not None:
                self.names.labels[scope.prefix + name] = result
        if count < 0:
            result = MISSING
        elif item.expect is not None and isinstance(result, Node):
            result = self._expected(item, item.expect, result, label, sources[0], scope, inside)
        if label is not None:
            self.names.labels[scope.prefix + label] = result
            if item.repeat is not None and f"{scope.prefix}{name}" in self.names.owners:
                self.names.owners[scope.prefix + label] = self.names.owners[f"{scope.prefix}{name}"]
        return result

    def _step(self, item: Item, scope: Scope) -> None:
        self.steps += 1
        if self.steps > LIMITS.steps:
            self._report(
                Refusal(
                    f"the model expands in more than {LIMITS.steps:,} steps", code="LIMIT106", help="fewer repetitions"
                ),
                item.place,
                scope,
            )
            raise _Stop

    def _sources(self, item: Item, above: Node | Missing, scope: Scope, values: Values) -> list[Node | Missing]:
        """What an item reads: the layer above, or what `from` names."""
        if item.source is None:
            return [above]
        try:
            names = values.evaluate(item.source, _volume(above))
            if not isinstance(names, list):
                return [self.names.resolve(_name(names), scope, above, self.entry)]
            found = []
            for place, name in enumerate(names):
                try:
                    found.append(self.names.resolve(_name(name), scope, above, self.entry))
                except Refusal as refusal:
                    refusal.at = (place,)
                    raise
            return found
        except Refusal as refusal:
            self._report(refusal, inner(item.source.tree, refusal.at), scope)
        except Dependent:
            pass
        return [MISSING]

    def _repetitions(
        self, item: Item, source: Node | Missing, scope: Scope, values: Values
    ) -> tuple[int, dict[str, list[Any]]]:
        """How often an item is repeated, and the lists that it steps through; −1 where a mistake left it open."""
        if item.repeat is None:
            return 1, {}
        template = None
        try:
            if isinstance(item.repeat, dict):
                lists = {}
                for template in item.repeat.values():
                    lists[next(n for n, t in item.repeat.items() if t is template)] = values.evaluate(
                        template, _volume(source)
                    )
                return len(next(iter(lists.values()))), lists
            template = item.repeat
            count = Whole(0).read(values.evaluate(template, _volume(source)))
            if count > LIMITS.layers:
                raise Refusal(f"is {written(count)}, and a network may have {LIMITS.layers:,} layers", code="LIMIT106")
            return count, {}
        except Refusal as refusal:
            assert template is not None
            if not refusal.at and refusal.code in ("VALUE101", "LIMIT103", "LIMIT106"):
                refusal.message = f"`repeat` {refusal.message}"
            self._report(refusal, inner(template.tree, refusal.at), scope, notes=values.explain(template.value))
        except Dependent:
            pass
        return -1, {}

    def _kept(self, item: Item, source: Node | Missing, scope: Scope, values: Values) -> bool | None:
        """Whether `when` keeps this repetition; None where a mistake left it open."""
        if item.when is None:
            return True
        try:
            value = values.evaluate(item.when, _volume(source))
            return truth(value)
        except Refusal as refusal:
            self._report(refusal, item.when.tree, scope, notes=values.explain(item.when.value))
        except Dependent:
            pass
        return None

    def _expected(
        self,
        item: Item,
        expect: Template,
        result: Node,
        label: str | None,
        source: Node | Missing,
        scope: Scope,
        values: Values,
    ) -> Node | Missing:
        """Holds the output against the author's; a difference is an error, and what follows is left alone."""
        try:
            text = values.evaluate(expect, _volume(source))
            text = str(text) if not isinstance(text, float) else f"{text:g}"
            sizes = read_expected(text)
            if sizes is None:
                raise Refusal(f"`expect` must be a volume such as `14x14x20`, not `{shown(text)}`", code="VALUE101")
            output = result.output.sizes
            same = len(sizes) == len(output) and all(a is None or a == b for a, b in zip(sizes, output, strict=True))
            if same:
                return result
            asked = "×".join("?" if size is None else str(size) for size in sizes)
            who = f"`{scope.prefix}{label}` puts" if label is not None else "this puts"
            raise Refusal(
                f"{who} out {result.output.pretty()}, and {asked} is expected",
                code="EXPECT201",
                notes=_arithmetic(result) + _read_by(result),
            )
        except Refusal as refusal:
            self._report(refusal, expect.tree, scope)
        except Dependent:
            return result
        return MISSING

    def _one(
        self,
        item: Item,
        name: str | None,
        sources: Sequence[Node | Missing],
        above: Node | Missing,
        scope: Scope,
        values: Values,
        i: int,
    ) -> Node | Missing:
        """Expands one repetition of an item."""
        if isinstance(item, LayerItem):
            assert name is not None
            return self._layer(item, name, sources, above, scope, values, first=i == 0)
        source = sources[0]
        if isinstance(item, CallItem):
            assert name is not None
            return self._call(item, name, source, above, scope, values, first=i == 0)
        if isinstance(item, ResidualItem):
            return self._residual(item, name, source, scope, values)
        if isinstance(item, ParallelItem):
            assert name is not None
            return self._parallel(item, name, source, scope, values)
        if isinstance(item, SequenceItem):
            group = Scope(f"{scope.prefix}{name}.", item.body, scope, scope.caller)
            self.network.groups[group.path] = "sequence"
            return self._list(item.body, source, group, values)
        assert isinstance(item, BrokenItem)
        return MISSING

    # -- layers ------------------------------------------------------------------------------------------------------

    def _layer(
        self,
        item: LayerItem,
        name: str,
        sources: Sequence[Node | Missing],
        above: Node | Missing,
        scope: Scope,
        values: Values,
        *,
        first: bool,
    ) -> Node | Missing:
        """Places a layer and the rows that its `norm` and `act` stand for."""
        arguments = {**item.arguments, **item.first} if first and item.first else item.arguments
        read: Sequence[Node | Missing] = sources
        volume = _volume(sources[0])
        try:
            layer = _make(item, arguments, values, volume)
            read = self._read(item, arguments, sources, above, scope, values)
            sugar = [self._sugar(arguments[word], values, volume) for word in ("norm", "act") if word in arguments]
            tied = self._owner(item, scope, values)
            nodes = [node for node in read if isinstance(node, Node)]
            if len(nodes) < len(read):
                return MISSING
            origin = Origin(item.span, scope.path, item.note)
            node = self._place(scope.prefix + name, layer, nodes, origin, tied=tied, frozen=item.frozen)
        except Refusal as refusal:
            self._report_layer(refusal, item, arguments, scope.prefix + name, read, scope, values)
            return MISSING
        except Dependent:
            return MISSING
        for row in sugar:
            if row is not None:
                added = self._sugar_row(row, f"{name}.{row.type.type}", node, item, scope, values)
                if isinstance(added, Missing):
                    return MISSING
                node = added
        return node

    def _place(
        self,
        name: str,
        layer: Layer,
        nodes: Sequence[Node],
        origin: Origin,
        *,
        tied: Node | None = None,
        frozen: bool = False,
    ) -> Node:
        if len(self.network.nodes) >= LIMITS.layers:
            raise Refusal(
                f"{LAYER} is one more than the {LIMITS.layers:,} layers that a network may have", code="LIMIT106"
            )
        if name in self.names.labels:
            raise Refusal(
                f"a second layer is called {LAYER}",
                code="NAME103",
                help="a `residual` adds no level to names: leave the name out, or put it in a `sequence`",
            )
        node = self.network.place(name, layer, nodes, origin, tied=tied, frozen=frozen or self.frozen)
        self.names.labels[name] = node
        self.names.owners[name] = node
        return node

    def _sugar_row(
        self, row: LayerItem, name: str, source: Node, item: Item, scope: Scope, values: Values
    ) -> Node | Missing:
        """Places a layer that stands in an argument of `item`."""
        full = scope.prefix + name
        try:
            layer = _make(row, row.arguments, values, source.output)
            return self._place(full, layer, [source], Origin(item.span, scope.path), frozen=item.frozen)
        except Refusal as refusal:
            self._report_layer(refusal, row, row.arguments, full, [source], scope, values)
        except Dependent:
            pass
        return MISSING

    def _read(
        self,
        item: LayerItem,
        arguments: dict[str, Argument],
        sources: Sequence[Node | Missing],
        above: Node | Missing,
        scope: Scope,
        values: Values,
    ) -> Sequence[Node | Missing]:
        """The nodes that a layer reads, those of its own list included."""
        for argument in arguments.values():
            kind = argument.declaration.kind
            if not isinstance(kind, (Reference, References)):
                continue
            named = kind.read(values.evaluate(argument.template, _volume(above)))
            names = named if isinstance(named, tuple) else (named,)
            found = []
            for place, name in enumerate(names):
                try:
                    found.append(self.names.resolve(name, scope, above, self.entry))
                except Refusal as refusal:
                    refusal.parameter = argument.declaration.name
                    refusal.at = (place,) if isinstance(named, tuple) else ()
                    raise
            return found if isinstance(named, tuple) else [*sources, *found]
        return sources

    def _sugar(self, argument: Argument, values: Values, volume: Volume | None) -> LayerItem | None:
        """The layer that `norm` or `act` stands for, or None."""
        if not argument.template.dynamic:
            row: LayerItem | None = argument.value
            return row
        kind = argument.declaration.kind
        assert isinstance(kind, Sugar)
        try:
            read = kind.read(values.evaluate(argument.template, volume))
        except Refusal as refusal:
            refusal.parameter = argument.declaration.name
            raise
        if read is None:
            return None
        tree = argument.template.tree
        made = LayerItem(tree, tree.span(self.model.file), CATALOGUE[read[0]])
        made.arguments = self.model.defaults.get(read[0], {})
        build(made)
        return made

    def _owner(self, item: LayerItem, scope: Scope, values: Values) -> Node | None:
        if item.tied is None:
            return None
        try:
            name = values.evaluate(item.tied, None)
            if name.__class__ is LayerWord:
                return self.names.owner(str(name), scope.caller or scope)
            return self.names.owner(str(name), scope)
        except Refusal as refusal:
            refusal.parameter = "tied"
            raise

    # -- blocks and structures ---------------------------------------------------------------------------------------

    def _call(
        self,
        item: CallItem,
        name: str,
        source: Node | Missing,
        above: Node | Missing,
        scope: Scope,
        values: Values,
        *,
        first: bool,
    ) -> Node | Missing:
        """Expands a block's body with the arguments of one call."""
        block = self.model.blocks[item.block]
        if block.broken:
            return MISSING
        given = {**item.arguments, **item.first} if first and item.first else item.arguments
        variables = dict(self.values.variables)
        inside = Values(variables, values.i)
        for parameter, default in block.params.items():
            template = given.get(parameter, default)
            if template is None:
                return MISSING  # a required one that `first` alone gives; the parser reported it
            seen = values if parameter in given else inside
            variables[parameter] = self._argument(template, seen, source, above, scope)
        calls = (
            f"block `{block.name}`"
            + (f", repetition {name.rpartition('.')[2]}" if item.repeat is not None else "")
            + ", called on"
        )
        body = Scope(f"{scope.prefix}{name}.", block.body, None, scope, calls, item.span.line)
        self.network.groups[body.path] = block.name
        self.calls += 1
        if self.calls > LIMITS.nesting:
            self._report(
                Refusal(f"blocks call each other deeper than {LIMITS.nesting} levels", code="LIMIT102"),
                item.place,
                scope,
            )
            raise _Stop
        frozen, self.frozen = self.frozen, self.frozen or item.frozen
        result = self._list(block.body, source, body, inside)
        self.frozen = frozen
        self.calls -= 1
        return result

    def _argument(
        self, template: Template, values: Values, source: Node | Missing, above: Node | Missing, scope: Scope
    ) -> Any:
        """The value of a block's argument; a word that names a visible layer means that layer."""
        try:
            value = values.evaluate(template, _volume(source))
        except Refusal as refusal:
            self._report(refusal, inner(template.tree, refusal.at), scope, notes=values.explain(template.value))
            return UNKNOWN
        except Dependent:
            return UNKNOWN
        if value.__class__ is str:
            if value == "prev":
                return LayerWord(value, above)
            node = self.entry if value == "input" else self.names.find(value, scope)
            if node is not None:
                return LayerWord(value, node)
        return value

    def _residual(
        self, item: ResidualItem, name: str | None, source: Node | Missing, scope: Scope, values: Values
    ) -> Node | Missing:
        """Expands a body and its shortcut, and places their sum."""
        frozen, self.frozen = self.frozen, self.frozen or item.frozen
        end = self._list(item.body, source, scope, values)
        shortcut = source
        changed = isinstance(end, Node) and isinstance(source, Node) and end.output != source.output
        if changed and item.project:
            shortcut = self._list(item.project, source, scope, values)
        self.frozen = frozen
        if not isinstance(end, Node) or not isinstance(source, Node) or not isinstance(shortcut, Node):
            return MISSING
        try:
            if changed and item.project is None:
                raise Refusal(
                    f"the body turns {source.output.pretty()} into {end.output.pretty()}, and there is no `project` for the shortcut",
                    code="SHAPE213",
                    notes=_read_by(source),
                    help=f"`project: [conv: {{filters: {end.output.depth}, kernel: 1, stride: …}}]`, or `project: none` for no shortcut there",
                )
            if not (changed and not item.project):
                if shortcut.output != end.output:
                    raise Refusal(
                        f"the body puts out {end.output.pretty()} and `project` {shortcut.output.pretty()}: they cannot be added",
                        code="SHAPE213",
                        notes=[f"both read {source.output.pretty()}"],
                    )
                name = name or scope.automatic("add")
                add = CATALOGUE["add"](inputs=())
                end = self._place(scope.prefix + name, add, [end, shortcut], Origin(item.span, scope.path, item.note))
            row = self._sugar(item.act, values, end.output) if item.act is not None else None
        except Refusal as refusal:
            self._report(
                refusal, item.place if refusal.parameter is None or item.act is None else item.act.template.tree, scope
            )
            return MISSING
        except Dependent:
            return MISSING
        if row is None:
            return end
        return self._sugar_row(
            row, f"{name}.{row.type.type}" if name else scope.automatic(row.type.type), end, item, scope, values
        )

    def _parallel(
        self, item: ParallelItem, name: str, source: Node | Missing, scope: Scope, values: Values
    ) -> Node | Missing:
        """Expands branches that read the same volume, and joins them."""
        path = scope.prefix + name
        self.network.groups[path] = "parallel"
        frozen, self.frozen = self.frozen, self.frozen or item.frozen
        ends = []
        for branch, items in item.branches.items():
            inside = Scope(f"{path}.{branch}.", items, scope, scope.caller)
            end = self._list(items, source, inside, values)
            self.names.labels[f"{path}.{branch}"] = end
            ends.append(end)
        self.frozen = frozen
        nodes = [end for end in ends if isinstance(end, Node)]
        if len(nodes) < len(ends):
            return MISSING
        join = item.join if item.join not in item.branches else f"{item.join}ed"
        try:
            layer = CATALOGUE[item.join](inputs=tuple(item.branches))
            return self._place(f"{path}.{join}", layer, nodes, Origin(item.span, path, item.note))
        except Refusal as refusal:
            refusal.notes = tuple(
                f"branch `{branch}` puts out {node.output.pretty()}"
                for branch, node in zip(item.branches, nodes, strict=True)
            )
            self._report(refusal, item.place, scope, name=path)
            return MISSING

    # -- messages ----------------------------------------------------------------------------------------------------

    def _report_layer(
        self,
        refusal: Refusal,
        item: LayerItem,
        arguments: dict[str, Argument],
        name: str,
        sources: Sequence[Node | Missing],
        scope: Scope,
        values: Values,
    ) -> None:
        """Reports the refusal of a layer: at the parameter at fault where it is written, with what the layer reads."""
        argument = arguments.get(refusal.parameter or "")
        place, notes = item.place, []
        if refusal.parameter == "tied" and item.tied is not None:
            place = item.tied.tree
        elif argument is not None:
            place = inner(argument.template.tree, refusal.at)
            notes = values.explain(argument.template.value) if argument.template.dynamic else []
            if place.start.line + 1 < item.span.line or place.start.line + 1 > item.span.end_line:
                notes.append(f"for `{shown(name)}`, line {item.span.line}")
        if refusal.code.startswith(("VALUE", "LIMIT103")) and argument is not None and LAYER not in refusal.message:
            refusal.message = f"`{argument.declaration.name}` of `{item.type.type}` {refusal.message}"
        notes += (
            [line for node in sources if isinstance(node, Node) for line in _source_line(node)]
            if refusal.code.startswith("SHAPE")
            else []
        )
        self._report(refusal, place, scope, name=name, notes=notes)
        if refusal.code == "LIMIT106":
            raise _Stop

    def _report(
        self, refusal: Refusal, tree: Tree, scope: Scope | None = None, *, name: str = "", notes: Sequence[str] = ()
    ) -> None:
        """Reports a mistake once for each place, however often a block is called."""
        span = tree.span(self.model.file)
        key = (refusal.code, span.line, span.column)
        if key in self.reported:
            return
        trail = scope.trail() if scope is not None else []
        short = f"`{shown(name)}`" if name else "the layer"
        diagnostic = Diagnostic(
            refusal.code,
            refusal.message.replace(LAYER, short),
            span,
            notes=[note.replace(LAYER, short) for note in (*refusal.notes, *notes, *trail)],
            help=refusal.help.replace(LAYER, short) if refusal.help else None,
        )
        self.reported[key] = diagnostic
        self.problems.append(diagnostic)


def _make(item: LayerItem, arguments: dict[str, Argument], values: Values, volume: Volume | None) -> Layer:
    """The layer of an item, its expressions worked out."""
    if arguments is item.arguments and item.ready is not None:
        return item.ready
    read: dict[str, Any] = {}
    worked_out = []
    for argument in arguments.values():
        declaration = argument.declaration
        if not argument.template.dynamic or isinstance(declaration.kind, (Sugar, Reference, References)):
            read[declaration.attribute] = argument.value
            continue
        try:
            value = values.evaluate(argument.template, volume)
            worked_out.append(str(value))
            read[declaration.attribute] = declaration.kind.read(value)
        except Refusal as refusal:
            refusal.parameter = declaration.name
            raise
    key = (arguments is item.arguments, *worked_out)
    layer = item.made.get(key)
    if layer is None:
        layer = item.made[key] = item.type(**read)
    return layer


def _stem(item: Item) -> str | None:
    """What an automatic name is made of; None where an item has no name of its own."""
    if isinstance(item, LayerItem):
        return item.type.type
    if isinstance(item, CallItem):
        return item.block
    if isinstance(item, ParallelItem):
        return "parallel"
    return "sequence" if isinstance(item, SequenceItem) else None


def _volume(node: Node | Missing) -> Volume | None:
    return node.output if isinstance(node, Node) else None


def _name(value: Any) -> str:
    """A layer's name out of a worked-out value."""
    if isinstance(value, str):
        return value
    return written(value).strip("`")


def _setting(value: Any) -> Any:
    """A variable's value given from outside; a text is read as it would be in the file."""
    if isinstance(value, str):
        return value_of(Scalar(value, _NOWHERE, _NOWHERE, plain=True))
    return value


class _Nowhere:
    line = 0
    column = 0


_NOWHERE = _Nowhere()


def _blamed(template: Template, values: Values) -> bool:
    """Whether a variable hangs on another one that a mistake left open."""
    names = getattr(template.value, "names", frozenset())
    return template.value is UNKNOWN or any(values.variables.get(name) is UNKNOWN for name in names)


def _source_line(node: Node) -> list[str]:
    """Where a layer's input comes from."""
    if node.origin.span is None:
        return [f"its input is the network's input: {node.output.pretty()}"]
    return [f"its input comes from `{shown(node.name)}` (line {node.origin.span.line}): {node.output.pretty()}"]


def _read_by(node: Node) -> list[str]:
    """What a node read, and what that read, three steps back."""
    lines = []
    for _ in range(3):
        if not node.inputs:
            break
        node = node.inputs[0]
        place = f" (line {node.origin.span.line})" if node.origin.span is not None else ""
        what = f"`{shown(node.name)}`{place}" if place else "the network's input"
        lines.append(f"{'behind' if not lines else 'which is behind'} {what}: {node.output.pretty()}")
    return lines


def _arithmetic(node: Node) -> list[str]:
    """The formula of a window layer with its numbers."""
    window = getattr(node.layer, "window", None)
    if window is None or not node.inputs or node.layer.type == "conv_transpose":
        return []
    volume = node.inputs[0].output
    kernel, stride, dilation, pairs = window(volume)
    rounding = getattr(node.layer, "rounding", "floor")
    lines = []
    for axis, name in enumerate(AXES[volume.rank]):
        formula = arithmetic(volume.spatial[axis], kernel[axis], stride[axis], dilation[axis], pairs[axis], rounding)
        lines.append(f"{name}: {formula} = {node.output.spatial[axis]}")
    return lines
