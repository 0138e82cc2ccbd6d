"""The expansion: a description to a placed network.

Plain walking over the items: variables are worked out, blocks called, repetitions stepped through, and every layer is
placed by `Network.place`, so that `$D`, `project`, `when` and `expect` see real volumes. A mistake is reported once,
where it stands; what would read the layer that could not be placed is left alone, and everything else goes on.
"""

# Longer than most modules: items, blocks and structures expand each other, so they stand together.

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence

from analyzer.diagnostics import Diagnostic, Refusal, in_order
from analyzer.engine.network import Network, Node, Origin
from analyzer.layers import CATALOGUE
from analyzer.layers.kinds import Whole, written
from analyzer.loader.expand.entry import enter_inputs, work_out_variables
from analyzer.loader.expand.findings import Findings, Stop, behind, formula_of
from analyzer.loader.expand.least import first_beyond
from analyzer.loader.expand.placing import Placer, volume_of
from analyzer.loader.expand.scope import MISSING, Dependent, LayerWord, Missing, Scope, Values
from analyzer.loader.expressions.expression import truth
from analyzer.loader.parse.context import inner
from analyzer.loader.parse.description import (
    UNKNOWN,
    BrokenItem,
    CallItem,
    Item,
    LayerItem,
    Model,
    ParallelItem,
    ResidualItem,
    SequenceItem,
    Template,
)  # fmt: skip
from analyzer.loader.parse.graph import read_expected
from analyzer.loader.parse.suggestions import projected, projection
from analyzer.loader.text.limits import LIMITS
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A block call or a structure within another takes a few of Python's frames.
_DEEPEST = 150


def expand(
    model: Model, *, set: AnyMapping[str, Any] | None = None, input: AnyMapping[str, str] | str | None = None
) -> tuple[Network, list[Diagnostic]]:
    """The network of a description, with variables of `set` in place of its own, and every mistake found.

    `input` overrides the input volume (a text), or several by name. Raises `SettingError` for what the file lacks.
    Beside mistakes the network holds the layers that could be placed.
    """
    findings = Findings(model.file)
    values = work_out_variables(model, set or {}, findings)
    placer = Placer(model, findings)
    enter_inputs(model, input, values, placer)
    beyond = first_beyond(model)
    if beyond is None:
        _Expansion(model, placer, values).run()
    else:
        message = f"the model has {beyond[1]:,} layers or more up to here, and a network may have {LIMITS.layers:,}"
        findings.report(Refusal(message, code="LIMIT106", help="fewer repetitions"), beyond[0].place)
    found = in_order(findings.problems)
    _suspect_input(placer.network, found)
    return placer.network, found


def _suspect_input(network: Network, problems: Sequence[Diagnostic]) -> None:
    """Says with the first shape that does not fit that an input looks as if it were written depth first."""
    wrong = next((problem for problem in problems if problem.code.startswith("SHAPE")), None)
    node = next((node for node in network.inputs if node.output.looks_depth_first), None)
    if wrong is not None and node is not None:
        first, *others = node.output.sizes
        meant = "x".join(map(str, (*others, first)))
        note = f"`{node.name}` of {node.output.pretty()} looks as if its depth stood first; is `{meant}` meant?"
        wrong.notes = (*wrong.notes, note)


class _Expansion:
    """One walk over the items of a description."""

    def __init__(self, model: Model, placer: Placer, values: Values) -> None:
        self.model = model
        self.placer = placer
        self.findings = placer.findings
        self.values = values
        self.steps = 0
        self.calls = 0
        #: The steps of calls that left nothing, by block, source and arguments: such a call is not walked again.
        self.empty: dict[tuple[object, ...], int] = {}
        self.depth = 0

    def run(self) -> None:
        scope = Scope("", self.model.layers, None, None)
        scope.labels.update(self.placer.names.inputs)
        try:
            self._list(self.model.layers, self.placer.entry, scope, self.values)
            self._outputs(scope)
        except Stop:
            return
        placed = self.placer.network.nodes or self.findings.problems or self.model.faulty
        if not placed and isinstance(self.placer.entry, Node):
            message = "no layer is left: every `when` is false or every `repeat` 0"
            self.findings.report(Refusal(message, code="MODEL107"), self.model.layers[0].place)

    def _outputs(self, scope: Scope) -> None:
        nodes = []
        for template in self.model.outputs:
            try:
                node = self.placer.names.resolve(template.value, scope, MISSING, self.placer.entry)
            except Refusal as refusal:
                self.findings.report(refusal, template.tree)
                continue
            if isinstance(node, Node):
                nodes.append(node)
        self.placer.network.name_outputs(nodes)

    def _list(self, items: Sequence[Item], source: Node | Missing, scope: Scope, values: Values) -> Node | Missing:
        """Expands a list behind `source`; returns what its last item puts out."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.findings.report(
                Refusal(f"blocks and structures nest deeper than {_DEEPEST} levels", code="LIMIT102"),
                items[0].place,
                scope,
            )
            raise Stop
        for item in items:
            source = self._item(item, source, scope, values)
        self.depth -= 1
        return source

    def _inside(
        self, items: Sequence[Item], source: Node | Missing, scope: Scope, values: Values, group: str
    ) -> Node | Missing:
        """Expands a list that has a level of names of its own; where nothing is placed, its names are forgotten."""
        network, problems = self.placer.network, self.findings.problems
        placed, found = len(network.nodes), len(problems)
        result = self._list(items, source, scope, values)
        if len(network.nodes) > placed or len(problems) > found:
            network.groups[scope.path] = group
            self.placer.names.inside[scope.path] = scope.labels
        return result

    def _item(self, item: Item, above: Node | Missing, scope: Scope, values: Values) -> Node | Missing:
        """Expands an item with all its repetitions; returns what it puts out."""
        self._step(item, scope)
        label = item.name or (scope.automatic(item.stem) if item.stem else None)
        sources = self._sources(item, above, scope, values)
        result = sources[0] if sources else MISSING
        count, lists = self._repetitions(item, result, scope, values)
        inside, name = values, label
        walked = count
        if isinstance(item, SequenceItem) and not item.body and count > 1:
            self._step(item, scope, count - 1)  # an empty repetition is a step that leaves its source
            walked = 1
        for i in range(walked):
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
                scope.labels[name] = result
        if count < 0:
            result = MISSING
        elif item.expect is not None and isinstance(result, Node):
            result = self._expected(item, item.expect, result, label, sources[0], scope, inside)
        if label is not None:
            scope.labels[label] = result
            if item.repeat is not None and f"{scope.prefix}{name}" in self.placer.names.owners:
                self.placer.names.owners[scope.prefix + label] = self.placer.names.owners[f"{scope.prefix}{name}"]
        return result

    def _step(self, item: Item, scope: Scope, count: int = 1) -> None:
        self.steps += count
        if self.steps > LIMITS.steps:
            self.findings.report(
                Refusal(
                    f"the model expands in more than {LIMITS.steps:,} steps", code="LIMIT106", help="fewer repetitions"
                ),
                item.place,
                scope,
            )
            raise Stop

    def _sources(self, item: Item, above: Node | Missing, scope: Scope, values: Values) -> list[Node | Missing]:
        """What an item reads: the layer above, or what `from` names."""
        if item.source is None:
            return [above]
        try:
            names = values.evaluate(item.source, volume_of(above))
            if not isinstance(names, list):
                return [self.placer.names.resolve(name_of(names), scope, above, self.placer.entry)]
            found = []
            for place, name in enumerate(names):
                try:
                    found.append(self.placer.names.resolve(name_of(name), scope, above, self.placer.entry))
                except Refusal as refusal:
                    refusal.at = (place,)
                    raise
            return found
        except Refusal as refusal:
            if item.name is not None and refusal.message.startswith(f"`{item.name}` comes later"):
                refusal.message = f"`{item.name}` reads itself; only layers above are visible"
                refusal.help = None
            self.findings.report(refusal, inner(item.source.tree, refusal.at), scope)
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
                for column, template in item.repeat.items():
                    lists[column] = values.evaluate(template, volume_of(source))
                return len(next(iter(lists.values()))), lists
            template = item.repeat
            count = Whole(0).read(values.evaluate(template, volume_of(source)))
            if count > LIMITS.layers:
                raise Refusal(f"is {written(count)}, and a network may have {LIMITS.layers:,} layers", code="LIMIT106")
            return count, {}
        except Refusal as refusal:
            assert template is not None
            if not refusal.at and refusal.code in ("VALUE101", "LIMIT103", "LIMIT106"):
                refusal.message = f"`repeat` {refusal.message}"
            self.findings.report(refusal, inner(template.tree, refusal.at), scope, notes=values.explain(template.value))
        except Dependent:
            pass
        return -1, {}

    def _kept(self, item: Item, source: Node | Missing, scope: Scope, values: Values) -> bool | None:
        """Whether `when` keeps this repetition; None where a mistake left it open."""
        if item.when is None:
            return True
        try:
            value = values.evaluate(item.when, volume_of(source))
            return truth(value)
        except Refusal as refusal:
            self.findings.report(refusal, item.when.tree, scope, notes=values.explain(item.when.value))
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
            text = values.evaluate(expect, volume_of(source))
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
                notes=formula_of(result) + behind(result),
            )
        except Refusal as refusal:
            self.findings.report(refusal, expect.tree, scope)
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
            return self.placer.layer(item, name, sources, above, scope, values, first=i == 0)
        frozen = self.placer.frozen
        self.placer.frozen = frozen or item.frozen
        end = self._group(item, name, sources[0], above, scope, values, first=i == 0)
        self.placer.frozen = frozen
        return end

    def _group(
        self,
        item: Item,
        name: str | None,
        source: Node | Missing,
        above: Node | Missing,
        scope: Scope,
        values: Values,
        *,
        first: bool,
    ) -> Node | Missing:
        """Expands one repetition of a block's call or of a structure."""
        if isinstance(item, ResidualItem):
            return self._residual(item, name, source, scope, values)
        if isinstance(item, BrokenItem):
            return MISSING
        assert name is not None
        if isinstance(item, CallItem):
            return self._call(item, name, source, above, scope, values, first=first)
        if isinstance(item, ParallelItem):
            return self._parallel(item, name, source, scope, values)
        assert isinstance(item, SequenceItem)
        inside = Scope(f"{scope.prefix}{name}.", item.body, scope, scope.caller)
        return self._inside(item.body, source, inside, values, "sequence")

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
        same = (item.block, id(source), values.i, *[_identity(variables[name]) for name in block.params])
        if same in self.empty:
            self._step(item, scope, self.empty[same])
            return source
        calls = (
            f"block `{block.name}`"
            + (f", repetition {name.rpartition('.')[2]}" if item.repeat is not None else "")
            + ", called"
        )
        body = Scope(f"{scope.prefix}{name}.", block.body, None, scope, calls, item.span.line)
        self.calls += 1
        if self.calls > LIMITS.nesting:
            self.findings.report(
                Refusal(f"blocks call each other deeper than {LIMITS.nesting} levels", code="LIMIT102"),
                item.place,
                scope,
            )
            raise Stop
        steps, placed, found = self.steps, len(self.placer.network.nodes), len(self.findings.problems)
        result = self._inside(block.body, source, body, inside, block.name)
        if result is source and (len(self.placer.network.nodes), len(self.findings.problems)) == (placed, found):
            self.empty[same] = self.steps - steps
        self.calls -= 1
        return result

    def _argument(
        self, template: Template, values: Values, source: Node | Missing, above: Node | Missing, scope: Scope
    ) -> Any:
        """The value of a block's argument; a word that names a visible layer means that layer."""
        try:
            value = values.evaluate(template, volume_of(source))
        except Refusal as refusal:
            self.findings.report(refusal, inner(template.tree, refusal.at), scope, notes=values.explain(template.value))
            return UNKNOWN
        except Dependent:
            return UNKNOWN
        if value.__class__ is str:
            if value == "prev":
                return LayerWord(value, above)
            node = self.placer.entry if value == "input" else self.placer.names.find(value, scope)
            if node is not None:
                return LayerWord(value, node)
        return value

    def _residual(
        self, item: ResidualItem, name: str | None, source: Node | Missing, scope: Scope, values: Values
    ) -> Node | Missing:
        """Expands a body and its shortcut, and places their sum."""
        end = self._list(item.body, source, scope, values)
        shortcut = source
        changed = isinstance(end, Node) and isinstance(source, Node) and end.output != source.output
        if changed and item.project:
            shortcut = self._list(item.project, source, scope, values)
        if not isinstance(end, Node) or not isinstance(source, Node) or not isinstance(shortcut, Node):
            return MISSING
        try:
            if changed and item.project is None:
                raise Refusal(
                    f"the body turns {source.output.pretty()} into {end.output.pretty()}, and there is no `project` for the shortcut",
                    code="SHAPE213",
                    notes=behind(source),
                    help=f"`project: [conv: {projection(source.output, end.output)}]`, or `project: none` for no shortcut there",
                )
            if not (changed and not item.project):
                if shortcut.output != end.output:
                    raise Refusal(
                        f"the body puts out {end.output.pretty()} and `project` {shortcut.output.pretty()}: they cannot be added",
                        code="SHAPE213",
                        notes=[f"both read {source.output.pretty()}"],
                        help=projected(shortcut.output, end.output),
                    )
                name = name or scope.automatic("add")
                add = CATALOGUE["add"](inputs=())
                end = self.placer.place(
                    scope.prefix + name, add, [end, shortcut], Origin(item.span, scope.path, item.note)
                )
            row = self.placer.sugar(item.act, values, end.output) if item.act is not None else None
        except Refusal as refusal:
            self.findings.report(
                refusal, item.place if refusal.parameter is None or item.act is None else item.act.template.tree, scope
            )
            return MISSING
        except Dependent:
            return MISSING
        if row is None:
            return end
        return self.placer.sugar_row(
            row, f"{name}.{row.type.type}" if name else scope.automatic(row.type.type), end, item, scope, values
        )

    def _parallel(
        self, item: ParallelItem, name: str, source: Node | Missing, scope: Scope, values: Values
    ) -> Node | Missing:
        """Expands branches that read the same volume, and joins them."""
        path = scope.prefix + name
        placed = len(self.placer.network.nodes)
        ends = []
        for branch, items in item.branches.items():
            inside = Scope(f"{path}.{branch}.", items, scope, scope.caller)
            end = self._list(items, source, inside, values)
            scope.labels[f"{name}.{branch}"] = end
            self.placer.names.inside[inside.path] = inside.labels
            ends.append(end)
        if len(self.placer.network.nodes) > placed:
            self.placer.network.groups[path] = "parallel"
        nodes = [end for end in ends if isinstance(end, Node)]
        if len(nodes) < len(ends):
            return MISSING
        join = item.join if item.join not in item.branches else f"{item.join}ed"
        try:
            layer = CATALOGUE[item.join](inputs=tuple(item.branches))
            return self.placer.place(f"{path}.{join}", layer, nodes, Origin(item.span, path, item.note))
        except Refusal as refusal:
            refusal.notes = tuple(
                f"branch `{branch}` puts out {node.output.pretty()}"
                for branch, node in zip(item.branches, nodes, strict=True)
            )
            if refusal.help is not None and "crop" in refusal.help:
                refusal.help = "`padding: same` keeps the size of what a branch reads"
            self.findings.report(refusal, item.place, scope, name=path)
            return MISSING


def _identity(value: Any) -> tuple[object, ...]:
    """What makes an argument the same as another one."""
    if isinstance(value, LayerWord):
        return LayerWord, id(value.node)
    return value.__class__, str(value) if isinstance(value, (list, dict)) else value


def name_of(value: Any) -> str:
    """A layer's name out of a worked-out value."""
    if isinstance(value, str):
        return value
    return written(value).strip("`")
