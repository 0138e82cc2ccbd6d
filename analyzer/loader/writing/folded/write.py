"""A placed network as a folded model: blocks, repetitions, structures, defaults and variables.

The network is read from small to large: layers with their `norm` and `act` (`units`), structures (`structures`), groups
that come again (`grouping`), the numbers in which these differ (`columns`), items (`items`), text (`text`). What a
reader of the file gets is compared with the network; the names alone may differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.engine.network import Network
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.file import parse
from analyzer.loader.parse.grammar import JOINS
from analyzer.loader.writing.folded.columns import Block, Columns, Expression, Texts
from analyzer.loader.writing.folded.defaults import every, find_defaults
from analyzer.loader.writing.folded.grouping import Grouping
from analyzer.loader.writing.folded.items import Definition, Item
from analyzer.loader.writing.folded.labels import Labels, block_name, class_name, common, label_of
from analyzer.loader.writing.folded.parts import Group, Residual
from analyzer.loader.writing.folded.same import same
from analyzer.loader.writing.folded.shapes import Shapes, outside_of
from analyzer.loader.writing.folded.structures import Structures
from analyzer.loader.writing.folded.text import block_lines, item_lines
from analyzer.loader.writing.folded.units import Units, units_of
from analyzer.loader.writing.folded.variables import Variables, find_variables
from analyzer.loader.writing.scalars import comment, flow, text
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


#: Passes until a text stays the same: names that one gives can change what the next makes of them.
_PASSES = 8


def write_folded(network: Network, head: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """The folded model; flat where folding it would change the network."""
    from analyzer.loader.writing.flat import write_flat

    texts: list[str] = []
    made: Network | None = network
    while made is not None and len(texts) < _PASSES:
        text = folded_text(made, head, comments)
        if text in texts:  # the same text again, or one of a few that lead to each other
            return min(texts[texts.index(text) :], key=lambda one: (one.count("\n"), one))
        texts.append(text)
        made = network_of(text)
        if made is not None and not same(network, made):
            made = None
    return texts[-1] if made is not None else "".join(write_flat(network, head, comments))


def network_of(text: str, set: Mapping[str, int] | None = None) -> Network | None:
    """The network of a text, with variables in place of its own; None where it has mistakes."""
    read = parse(text, "<folded>")
    if read.problems or read.model is None:
        return None
    network, problems = expand(read.model, set=set, hints=False)
    return None if problems else network


def folded_text(network: Network, head: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """The text of one pass."""
    units = units_of(network, str(head.get("weights_dtype") or "float32"))
    joins = _joins(units)
    parts = Structures(units, joins).find()
    shapes = Shapes(units)
    columns = Columns(units, shapes.projects)
    grouping = Grouping(units, shapes, columns, parts)
    parts = grouping.group()
    columns.find_blocks(parts)
    ranges = {(start, stop): name for start, found in grouping.named.items() for stop, name, _ in reversed(found)}
    bodies = _bodies(columns, shapes, ranges)
    layers = Definition(
        columns,
        shapes,
        Texts([slot.value for slot in columns.slots(parts)]),
        ranges,
        Labels({node.name for node in network.inputs}),
        inputs=[node.name for node in network.inputs],
    )
    items = layers.items(parts, -1)
    outputs = [layers.label_output(units.of[node.index]) for node in network.outputs] if units.names_outputs else []
    layers.entitle(items)
    variables = find_variables(network, items, [body for _, body in bodies])
    file = File(network, head, comments, bodies, items, joins, outputs)
    text = file.text(variables)
    for name in [*variables.values]:
        if (
            network_of(text, {name: 2 * variables.values[name]}) is None
        ):  # something else would have to follow from it too
            variables.take_back(name)
            text = file.text(variables)
    return text


class File(Record):
    """All that a file says."""

    network: Network
    head: Mapping[str, Any]
    comments: Sequence[str]
    bodies: Sequence[tuple[Block, list[Item]]]
    items: Sequence[Item]
    joins: Mapping[str, Mapping[str, Any]]
    outputs: Sequence[str]

    def text(self, variables: Variables) -> str:
        """The text, with these variables."""
        lists = [*(body for _, body in self.bodies), self.items]
        defaults = find_defaults((item for one in lists for item in every(one)), self.joins)
        lines = [f"{comment(line)}\n" for line in self.comments]
        lines += [f"{key}: {flow(value)}\n" for key, value in self.head.items()]
        lines += _inputs(self.network)
        if variables.values:
            lines += ["\nvars:\n", *(f"  {name}: {value}\n" for name, value in variables.values.items())]
        if defaults:
            lines += ["\ndefaults:\n", *(f"  {kind}: {flow(values)}\n" for kind, values in defaults.items())]
        if self.bodies:
            lines.append("\nblocks:\n")
            for block, body in self.bodies:
                lines += block_lines(block, body, defaults)
        lines.append("\nlayers:\n" if defaults or self.bodies or variables.values else "layers:\n")
        lines += item_lines(self.items, "  ", defaults)
        if self.outputs:
            lines.append(f"outputs: {flow(list(self.outputs))}\n")
        return "".join(lines)


def _joins(units: Units) -> dict[str, dict[str, Any]]:
    """For each type that structures join with, the parameters that most layers of it have."""
    times: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for unit in units.all:
        if unit.type in JOINS and unit.values.keys() <= {"inplace"}:
            times.setdefault(unit.type, {}).setdefault(repr(unit.values), []).append(unit.values)
    return {kind: max(found.values(), key=len)[0] for kind, found in times.items()}


def _inputs(network: Network) -> list[str]:
    if [node.name for node in network.inputs] == ["input"]:
        return [f"input: {network.inputs[0].output}\n"]
    named = ", ".join(f"{text(node.name)}: {node.output}" for node in network.inputs)
    return [f"inputs: {{{named}}}\n"]


def _bodies(columns: Columns, shapes: Shapes, ranges: Mapping[tuple[int, int], str]) -> list[tuple[Block, list[Item]]]:
    """The blocks with their items, inner ones first."""
    names = Labels()
    found = []
    for block in sorted(columns.blocks.values(), key=lambda one: not one.members[0].kind):  # names of classes first
        first = block.members[0]
        block.name = names.free(_block_name(first, ranges, columns.units), "")
        block.outside = _outside_names(len(outside_of(first, columns.units)), block)
        block.grows = "features" if first.grows else ""
    for block in columns.blocks.values():
        first = block.members[0]
        outside = dict(zip(outside_of(first, columns.units), block.outside, strict=True))
        definition = Definition(
            columns, shapes, Texts(block.texts), ranges, Labels(), block.members, first.source, outside=outside
        )
        items = definition.items(first.parts, first.source, first.out)
        if block.grows:
            join = Item("concat", first.start - 1, first.start, {"inputs": Expression(f"${block.grows}")})
            if first.grows == "later":
                join.keys["when"] = Expression("$i > 0")
            items.insert(0, join)
        definition.entitle(items)
        found.append((block, items))
    return found


def _outside_names(count: int, block: Block) -> list[str]:
    taken = {one.name for one in block.parameters}
    labels = Labels(taken)
    return [labels.free("skip", "") for _ in range(count)]


def _block_name(group: Group, ranges: Mapping[tuple[int, int], str], units: Units) -> str:
    if group.kind and class_name(group.kind):
        return class_name(group.kind)
    path = group.path or ranges.get((group.start, group.stop), "")
    if not path:
        path = common([unit.node.name for unit in units.all[group.start : group.stop]])
    name = block_name(label_of(path)) if path else ""
    if name:
        return name
    return "Residual" if any(isinstance(part, Residual) for part in group.parts) else "Block"
