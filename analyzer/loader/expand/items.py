"""Expanding items: lists, repetitions, calls of blocks, structures.

All of it is in one module, since it is one recursion: a list has items, and an item may have lists.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.diagnostics import Refusal
from analyzer.engine.network import Node
from analyzer.loader.expand.frame import Frame, volume_of
from analyzer.loader.expand.graph_keys import as_expected, is_kept, read_sources, read_turns, reads_anew
from analyzer.loader.expand.joining import add_shortcut, join_branches
from analyzer.loader.expand.names import LayerWord
from analyzer.loader.expand.placing import place_layer
from analyzer.loader.expand.scope import MISSING, Missing, Scope
from analyzer.loader.expand.size import calling, copying
from analyzer.loader.expand.state import Expansion, Expects
from analyzer.loader.expand.values import Dependent, Values, spliced
from analyzer.loader.parse.description import (
    UNKNOWN,
    Block,
    BrokenItem,
    CallItem,
    Item,
    LayerItem,
    ParallelItem,
    ResidualItem,
    SequenceItem,
    Template,
)  # fmt: skip
from analyzer.loader.text.limits import LIMITS
from analyzer.loader.text.places import inner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A block call or a structure in another one takes a few of Python's frames.
_DEEPEST = 150


def expand_list(run: Expansion, items: Sequence[Item], frame: Frame) -> Node | Missing:
    """Expands a list, whose first item reads what `frame` reads; returns what its last item puts out."""
    run.depth += 1
    if run.depth > _DEEPEST:
        message = f"blocks and structures nest deeper than {_DEEPEST} levels"
        run.stop(Refusal(message, code="LIMIT102"), items[0], frame.scope)
    above = frame.source
    for item in items:
        above = _item(run, item, Frame(frame.scope, frame.values, above, (above,)))
    run.depth -= 1
    return above


def _item(run: Expansion, item: Item, frame: Frame) -> Node | Missing:
    """Expands an item with all its repetitions; returns what it puts out."""
    scope = frame.scope
    run.step(item, scope)
    label = item.name or (scope.automatic(item.stem) if item.stem else None)
    if item.source is not None and not reads_anew(item):
        frame.sources = read_sources(run, item, frame)
    source = frame.source
    if item.repeat is None:
        frame.name = label
        result = _turn(run, item, frame)
    else:
        result = _repeated(run, item, label, frame)
    if item.expect is not None and run.expects is not Expects.SKIP and isinstance(result, Node):
        seen = Frame(scope, frame.values, frame.above, (source,))
        result = as_expected(run, item, result, label, seen)
    if label is not None:
        scope.labels[label] = result
    return result


def _repeated(run: Expansion, item: Item, label: str | None, frame: Frame) -> Node | Missing:
    """Expands the repetitions of an item, each behind the one before; `frame` is that of the last one then."""
    turns = read_turns(run, item, frame)
    if turns is None:
        return MISSING
    scope, around, count = frame.scope, frame.values, turns.count
    frame.turns = count
    if label is not None:
        run.names.turns[scope.prefix + label] = count
    if isinstance(item, SequenceItem) and not item.body and count > 1:
        run.step(item, scope, count - 1)  # an empty repetition is a step that leaves its source
        count = 1
    anew = reads_anew(item)
    result, others = frame.source, frame.sources[1:]
    for i in range(count):  # one frame for all of them: nothing keeps it, and a model may have a million steps
        if i:
            run.step(item, scope)
            frame.above, frame.first = result, False
        if turns.lists:
            run.step(item, scope, copying(len(around.variables)))
        frame.values = turns.values(around, i)
        frame.sources = read_sources(run, item, frame) if anew else (result, *others) if others else (result,)
        name = frame.name = f"{label}.{i + 1}" if label else None
        result = _turn(run, item, frame)
        if name is not None:
            scope.labels[name] = result
    last = run.network.names.get(frame.path) if count else None
    if label is not None:
        path = scope.prefix + label
        if last is not None:
            run.network.also_name(path, last)
        if count and frame.path in run.names.groups:
            run.names.groups[path] = run.names.groups[frame.path]
    return result


def _turn(run: Expansion, item: Item, frame: Frame) -> Node | Missing:
    """Expands one repetition of an item; returns what it reads where `when` leaves it out."""
    if item.when is not None:
        kept = is_kept(run, item, frame)
        if not kept:
            return MISSING if kept is None else frame.source
    if isinstance(item, LayerItem):
        return place_layer(run, item, frame)
    frozen, weights, tying = run.frozen, run.weights_dtype, run.tying
    run.frozen, run.weights_dtype = frozen or item.frozen, item.weights_dtype or weights
    if item.tied is not None:
        from analyzer.loader.expand.ties import close_tie, open_tie  # few networks have tied groups

        run.tying = open_tie(run, item, frame)
    placed, mistakes = run.progress
    end = _group(run, item, frame)
    complete = isinstance(end, Node) and run.progress[1] == mistakes
    if item.tied is not None and run.tying is not None:
        close_tie(run, run.tying, complete=complete)
    run.frozen, run.weights_dtype, run.tying = frozen, weights, tying
    if frame.name is not None and (run.progress[0] > placed or not complete):
        run.names.groups[frame.path] = (placed, run.progress[0]) if complete else None
    return end


def _group(run: Expansion, item: Item, frame: Frame) -> Node | Missing:
    """Expands one repetition of a block's call or of a structure."""
    if isinstance(item, CallItem):
        return _call(run, item, frame)
    if isinstance(item, ResidualItem):
        return _residual(run, item, frame)
    if isinstance(item, ParallelItem):
        return _parallel(run, item, frame)
    if isinstance(item, SequenceItem):
        scope = frame.scope.inside(f"{frame.path}.", item.body)
        return _inside(run, item.body, frame.within(scope), "sequence")
    assert isinstance(item, BrokenItem)
    return MISSING


def _inside(run: Expansion, items: Sequence[Item], frame: Frame, group: str) -> Node | Missing:
    """Expands a list that has a level of names of its own; where nothing is placed, its names are forgotten."""
    before = run.progress
    result = expand_list(run, items, frame)
    if run.progress != before:
        run.network.groups[frame.scope.path] = group
        run.names.inside[frame.scope.path] = frame.scope.labels
    return result


def _call(run: Expansion, item: CallItem, frame: Frame) -> Node | Missing:
    """Expands a block's body with the arguments of one call."""
    block = run.model.blocks[item.block]
    values = None if block.broken else _block_values(run, item, block, frame)
    if values is None:
        return MISSING
    source = frame.source
    same = (item.block, id(source), values.i, *[_identity(values.variables[name]) for name in block.params])
    if same in run.empty:
        run.step(item, frame.scope, run.empty[same])
        return source
    repetition = f", repetition {frame.path.rpartition('.')[2]}" if item.repeat is not None else ""
    what = f"block `{block.name}`{repetition}, called"
    scope = Scope(f"{frame.path}.", block.body, None, frame.scope, source, what, item.span)
    run.calls += 1
    if run.calls > LIMITS.nesting:
        message = f"blocks call each other deeper than {LIMITS.nesting} levels"
        run.stop(Refusal(message, code="LIMIT102"), item, frame.scope)
    steps, before = run.steps, run.progress
    result = _inside(run, block.body, frame.within(scope, values), block.name)
    if run.progress != before:
        run.network.sites[scope.path] = item.span
        if isinstance(source, Node):
            run.network.calls[scope.path] = source
    elif result is source:
        run.empty[same] = run.steps - steps
    run.calls -= 1
    return result


def _block_values(run: Expansion, item: CallItem, block: Block, frame: Frame) -> Values | None:
    """What a block's body sees: the variables of the file and its parameters; None where a parameter has no value."""
    given = {**item.arguments, **item.first} if frame.first and item.first else item.arguments
    variables = dict(run.values.variables)
    run.step(item, frame.scope, calling(block, len(variables)))
    inside = Values(variables, frame.values.i)
    for parameter, default in block.params.items():
        template = given.get(parameter, default)
        if template is None:
            return None  # a required one that only `first` gives; the parser reported it
        if parameter not in given and template.value == "block_input":
            variables[parameter] = LayerWord(
                template.value, frame.source, frame.scope.prefix
            )  # written in this block, not in the caller's
            continue
        seen = frame.values if parameter in given else inside
        variables[parameter] = _argument(run, template, seen, frame)
    return inside


def _argument(run: Expansion, template: Template, values: Values, frame: Frame) -> Any:
    """The value of a block's argument."""
    try:
        value = values.evaluate(template, volume_of(frame.source))
    except Refusal as refusal:
        notes = values.explain(template.value)
        run.mistakes.report(refusal, inner(template.tree, refusal.at), frame.scope, notes=notes)
        return UNKNOWN
    except Dependent:
        return UNKNOWN
    return _with_layers(run, value, frame)


def _with_layers(run: Expansion, value: Any, frame: Frame) -> Any:
    """The value of an argument, in which each word that names a visible layer means that layer."""
    if value.__class__ is list:
        return spliced([_with_layers(run, one, frame) for one in value])
    if value.__class__ is str:
        every = run.names.repetitions(value, frame.scope) if value.endswith(".*") else None
        if every is not None:
            run.size.refer(len(every))
            return every
        node = run.names.visible(value, frame.scope, frame.above, run.entry)
        if node is not None:
            return LayerWord(value, node, frame.scope.prefix)
    return value


def _identity(value: Any) -> tuple[object, ...]:
    """What makes an argument the same as another one."""
    if isinstance(value, LayerWord):
        return LayerWord, id(value.node)
    if isinstance(value, list):
        return list, *map(_identity, value)
    return value.__class__, str(value) if isinstance(value, dict) else value


def _residual(run: Expansion, item: ResidualItem, frame: Frame) -> Node | Missing:
    """Expands a body and its shortcut, and places their sum."""
    source = frame.source
    inside = frame.within(frame.scope)
    end = expand_list(run, item.body, inside)
    shortcut = source
    if run.traces and item.project is not None and isinstance(end, Node) and isinstance(source, Node):
        run.network.facts.compared.append((end, source, False))
    if item.project and isinstance(end, Node) and isinstance(source, Node) and end.output != source.output:
        shortcut = expand_list(run, item.project, inside)
    if not isinstance(end, Node) or not isinstance(source, Node) or not isinstance(shortcut, Node):
        return MISSING
    return add_shortcut(run, item, frame, source, end, shortcut)


def _parallel(run: Expansion, item: ParallelItem, frame: Frame) -> Node | Missing:
    """Expands branches that read the same volume, and joins them."""
    scope, path = frame.scope, frame.path
    placed = len(run.network.nodes)
    ends = []
    for branch, items in item.branches.items():
        inside = scope.inside(f"{path}.{branch}.", items)
        first, mistakes = run.progress
        end = expand_list(run, items, frame.within(inside))
        complete = isinstance(end, Node) and run.progress[1] == mistakes
        run.names.groups[inside.path] = (first, run.progress[0]) if complete else None
        scope.labels[f"{frame.name}.{branch}"] = end
        run.names.inside[inside.path] = inside.labels
        ends.append(end)
    if len(run.network.nodes) > placed:
        run.network.groups[path] = "parallel"
    nodes = [end for end in ends if isinstance(end, Node)]
    return MISSING if len(nodes) < len(ends) else join_branches(run, item, path, frame, nodes)
