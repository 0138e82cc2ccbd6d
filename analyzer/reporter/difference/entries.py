"""The changes as people read them: one entry for what belongs together, the entries by block, the biggest first.

A block that was added or removed is one entry together with equal neighbours (`stage3.7–36`, 30 blocks of 10 layers). A
layer has its normalisation and activation in its entry. Repetitions that changed alike are one entry with their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.difference.changes import LayerChange, cost_of
from analyzer.difference.match import Rename, named_by_type
from analyzer.difference.result import Difference
from analyzer.difference.tree import NamedNode
from analyzer.engine.result import MODES
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The costs that an entry sums its change of.
COSTS = (*(f"{mode}.parameters" for mode in MODES), "macs", "activation_bytes")

#: The group of an entry that is about layers of several blocks; no block has such a name.
SEVERAL = "several blocks"

SIGNS = {"added": "+", "removed": "−", "changed": "~", "moved": ">"}


class Entry(Record):
    """One line of a review: equal changes of `nodes`.

    `what` is `added`, `removed`, `changed` or `moved`; `name` its name now and `was` its name before, if that
    differs. It is about `times` blocks or layers, of `layers` layers together. `kind` is the kind of a layer, empty
    for a block; `parts` the kinds that belong to a layer; `group` the block at the top that it is in; `fields` what
    changed in one of the layers; `output` the output volume of one; `delta` the change of each of `COSTS` over all
    of them; `size` ranks the entry against the whole network.
    """

    what: str
    nodes: Sequence[NamedNode]
    layers: int
    delta: dict[str, int]
    name: str = field(init=False)
    was: str = field(default="", init=False)
    times: int = field(init=False)
    kind: str = field(init=False)
    parts: list[str] = field(factory=list, init=False)
    group: str = field(init=False)
    fields: dict[str, tuple[Any, Any]] = field(factory=dict, init=False)
    output: str = field(init=False)
    size: float = field(default=0.0, init=False)

    def check(self) -> None:
        """Derives what the nodes say."""
        first = self.nodes[0]
        self.name = together([node.name for node in self.nodes])
        self.times = len(self.nodes)
        self.kind = "" if first.layer is None else str(first.layer["kind"])
        groups = {_group(node) for node in self.nodes}
        self.group = groups.pop() if len(groups) == 1 else SEVERAL
        last = list(first.layers())[-1].layer
        self.output = "" if last is None else str(last["output"])


def entries(difference: Difference) -> list[Entry]:
    """All entries, the biggest first; layers that are only affected have none."""
    found = [
        *_whole(difference.root_new, "added", difference),
        *_whole(difference.root_old, "removed", difference),
        *_changed(difference.layers),
    ]
    least = {name: max(difference.old.total(name), difference.new.total(name), 1) for name in COSTS}
    for entry in found:
        shares = {name: abs(entry.delta[name]) / least[name] for name in COSTS}
        shares["activation_bytes"] /= 8  # a review is rarely about volumes only
        entry.size = max(shares.values())
    found.sort(key=lambda entry: -entry.size)
    return found


def grouped(found: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """The entries by the block at the top that they are in, the block that changed most first."""
    groups: dict[str, list[Entry]] = {}
    for entry in found:
        groups.setdefault(entry.group, []).append(entry)
    return sorted(groups.items(), key=lambda item: -sum(entry.size for entry in item[1]))


def together(names: Sequence[str]) -> str:
    """Several names as one: `stage3.2–6.conv2` where one number tells them apart, otherwise the first and the last.

    >>> together(["stage3.2.conv", "stage3.3.conv", "stage3.4.conv"]), together(["a.1", "a.3"]), together(["a", "b"])
    ('stage3.2–4.conv', 'a.1,3', 'a … b')
    """
    if len(names) == 1:
        return names[0]
    rows = [name.split(".") for name in names]
    columns = list(zip(*rows, strict=True)) if len({len(row) for row in rows}) == 1 else []
    differing = [place for place, column in enumerate(columns) if len(set(column)) > 1]
    if len(differing) == 1 and all(_digits(part) for part in columns[differing[0]]):
        numbers = sorted({int(part) for part in columns[differing[0]]})
        if len(numbers) == len(names):
            middle = list(rows[0])
            whole = numbers == list(range(numbers[0], numbers[-1] + 1)) and len(numbers) > 2
            middle[differing[0]] = f"{numbers[0]}–{numbers[-1]}" if whole else ",".join(map(str, numbers))
            if whole or len(numbers) <= 6:
                return ".".join(middle)
    return f"{names[0]} … {names[-1]}"


def renamed(renames: Sequence[Rename]) -> list[tuple[str, str, int]]:
    """The renames that people read: not those of numbers only, and the repetitions of a block as one."""
    alike: dict[tuple[str, str], list[Rename]] = {}
    for rename in renames:
        if not rename.numbering:
            alike.setdefault((_numberless(rename.old), _numberless(rename.new)), []).append(rename)
    return [
        (
            together([rename.old for rename in group]),
            together([rename.new for rename in group]),
            sum(rename.layers for rename in group),
        )
        for group in alike.values()
    ]


def renumbered(renames: Sequence[Rename]) -> int:
    """The number of layers of which only a number in the name changed."""
    return sum(rename.layers for rename in renames if rename.numbering)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _numberless(name: str) -> str:
    return ".".join("*" if _digits(part) else part for part in name.split("."))


def _group(node: NamedNode) -> str:
    """The block at the top that a node is in; empty where it is at the top itself."""
    top = node
    while top.parent is not None and top.parent.parent is not None:
        top = top.parent
    return "" if top.layer is not None else top.name


def _whole(root: NamedNode, what: str, difference: Difference) -> Iterator[Entry]:
    """Layers that only one side has, in the largest parts without layers of both."""
    sign = 1 if what == "added" else -1
    run: list[NamedNode] = []
    for node in _alone(root):
        if run and (node.parent is not run[0].parent or node.content != run[0].content):
            yield _whole_entry(run, what, sign)
            run = []
        run.append(node)
    if run:
        yield _whole_entry(run, what, sign)


def _alone(node: NamedNode) -> Iterator[NamedNode]:
    for child in node.children.values():
        if all(layer.match is None for layer in child.layers()):
            yield child
        elif child.children:
            if child.layer is not None and child.match is None:
                yield _without_children(child)
            yield from _alone(child)


def _without_children(node: NamedNode) -> NamedNode:
    """The layer of a node without what is below it."""
    bare = NamedNode(node.part, node.name, node.parent, node.place)
    bare.layer, bare.own, bare.content, bare.size = node.layer, node.own, node.own, 1
    return bare


def _whole_entry(nodes: Sequence[NamedNode], what: str, sign: int) -> Entry:
    delta = dict.fromkeys(COSTS, 0)
    for node in nodes:
        for part in node.layers():
            assert part.layer is not None
            for name in COSTS:
                delta[name] += sign * cost_of(part.layer, name)
    entry = Entry(what, nodes, layers=sum(node.size for node in nodes), delta=delta)
    entry.parts = [part.layer["kind"] for part in nodes[0].layers() if part is not nodes[0] and part.layer is not None]
    return entry


def _changed(changes: Sequence[LayerChange]) -> Iterator[Entry]:
    """Changed and moved layers, each with those below its name; repetitions that changed alike are one entry."""
    families: dict[int, list[LayerChange]] = {}
    for change in changes:
        if change.what not in ("changed", "moved"):
            continue
        parent = change.node.parent
        family = families.get(id(parent)) if parent is not None and parent.layer is not None else None
        if family is not None and family[0].what == change.what:
            family.append(change)
        else:
            families[id(change.node)] = [change]
    alike: dict[object, list[list[LayerChange]]] = {}
    for family in families.values():
        alike.setdefault(_key(family), []).append(family)
    for group in alike.values():
        delta = {name: sum(change.delta(name) for family in group for change in family) for name in COSTS}
        first = group[0][0]
        heads = [family[0] for family in group]
        entry = Entry(first.what, [head.node for head in heads], layers=sum(map(len, group)), delta=delta)
        was = together([head.old.name for head in heads if head.old is not None and not _named_by_type(head)] or [""])
        entry.was = was if was != entry.name else ""
        entry.fields = dict(first.fields) if "kind" not in first.fields else _common(heads)
        entry.output = "" if first.node.layer is None else str(first.node.layer["output"])
        entry.parts = [change.node.layer["kind"] for change in group[0][1:] if change.node.layer is not None]
        yield entry


def _named_by_type(change: LayerChange) -> bool:
    """Whether only its type gave a layer another name."""
    return change.old is not None and change.new is not None and named_by_type(change.old, change.new)


def _common(changes: Sequence[LayerChange]) -> dict[str, tuple[Any, Any]]:
    """The fields that changed alike in all of these."""
    first, *others = (change.fields for change in changes)
    return {name: pair for name, pair in first.items() if all(other.get(name) == pair for other in others)}


def _key(family: Sequence[LayerChange]) -> object:
    """What changes of one entry have in common: their names except numbers, and the layers before and after.

    A type in place of another is one change, wherever it was made.
    """
    kinds = [change.fields.get("kind") for change in family]
    if kinds[0] is not None:
        return family[0].what, *kinds
    return tuple(
        (
            _numberless(change.node.name),
            change.what,
            change.old.own if change.old is not None else 0,
            change.node.own,
            *(name for name in change.fields if name not in ("receptive_field", "macs_on_data")),
        )
        for change in family
    )
