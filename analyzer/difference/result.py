"""What two reports differ in: totals, layers, names.

Both sides are JSON reports as plain data (schemas/report.schema.json), so that a model and a report saved of it compare
alike. What only says where a network was written (file, line, note, description, its own name) is no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.contract.report import COST, TOTAL_COST
from analyzer.difference.match import Rename, match
from analyzer.difference.tree import Node, Numbers, tree_of
from analyzer.engine.result import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The costs of a layer in one mode, and those of a network.
LAYER_COSTS = tuple(key.name for key in COST)
TOTAL_COSTS = tuple(key.name for key in TOTAL_COST)

#: What a layer is compared in besides its costs in the modes; what it reads is compared by what that was matched with.
_FACTS = (
    "kind", "output", "macs", "macs_on_data", "activation_bytes", "unread", "receptive_field", "frozen", "authored",
)  # fmt: skip
#: Facts that follow from layers in front, and, where the runs differ, from the run.
_FIELD = "receptive_field"
_BYTES = frozenset(["activation_bytes", *(f"{mode}.bytes" for mode in MODES)])

#: What may have happened to a layer: it is only in the new network, only in the old one, …
CHANGES = ("added", "removed", "changed", "moved", "affected")

#: All that a layer is compared in.
FIELDS = (*_FACTS, *(f"{mode}.{count}" for mode in MODES for count in LAYER_COSTS), "inputs", "tied")


class Side:
    """One of the two networks: its report, and the name that the user gave it by."""

    __slots__ = ("label", "report")

    def __init__(self, report: Mapping[str, Any], label: str) -> None:
        self.report = report
        self.label = label

    @property
    def inputs(self) -> dict[str, str]:
        """The input volumes by name; a single one is `input`."""
        return dict(self.report.get("inputs") or {"input": self.report["input"]})

    @property
    def layers(self) -> int:
        """The number of layers."""
        return len(self.report["layers"])

    def total(self, name: str) -> int:
        """A total by its name, such as `shared.parameters`, `macs`, `peak_activation`, `layers`."""
        totals = self.report["totals"]
        if name == "peak_activation":
            return int(totals["peak_activation"]["bytes"])
        mode, _, count = name.rpartition(".")
        return int(totals[mode][count] if mode else totals[name])


class LayerChange:
    """A layer that only one side has (the other is None) or that is another than it was.

    `fields` has what changed, by name, as (old, new); `moved` says that it stands elsewhere among its neighbours;
    `affected` that it differs only in what follows from layers in front of it or from the run.
    """

    __slots__ = ("affected", "fields", "moved", "new", "old")

    def __init__(
        self,
        old: Node | None,
        new: Node | None,
        fields: Mapping[str, tuple[Any, Any]],
        *,
        moved: bool = False,
        affected: bool = False,
    ) -> None:
        self.old = old
        self.new = new
        self.fields = fields
        self.moved = moved
        self.affected = affected

    @property
    def what(self) -> str:
        """`added`, `removed`, `changed`, `moved` or `affected`."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        if self.affected:
            return "affected"
        return "changed" if self.fields else "moved"

    @property
    def node(self) -> Node:
        """The new layer, or the one that is gone."""
        node = self.new if self.new is not None else self.old
        assert node is not None
        return node

    def delta(self, name: str) -> int:
        """By how much a cost changed: `shared.parameters`, `macs`, `activation_bytes`."""
        return _cost(self.new, name) - _cost(self.old, name)


def _cost(node: Node | None, name: str) -> int:
    if node is None or node.layer is None:
        return 0
    mode, _, count = name.rpartition(".")
    return int(node.layer[mode][count] if mode else node.layer[name])


class Difference:
    """Two networks compared.

    `run` what their runs differ in, as (what, old, new); `renames` with the names that became others; `layers` the
    changes in the new network's order, each removed layer behind what stood in front of it; `unchanged` how many layers
    are as they were.
    """

    __slots__ = ("layers", "new", "old", "renames", "root_new", "root_old", "run", "unchanged")

    def __init__(
        self,
        old: Side,
        new: Side,
        *,
        run: Sequence[tuple[str, str, str]],
        renames: Sequence[Rename],
        layers: Sequence[LayerChange],
        unchanged: int,
        root_old: Node,
        root_new: Node,
    ) -> None:
        self.old = old
        self.new = new
        self.run = run
        self.renames = renames
        self.layers = layers
        self.unchanged = unchanged
        self.root_old = root_old
        self.root_new = root_new

    @property
    def equal(self) -> bool:
        """Whether the two are the same network in the same run."""
        return not (self.run or self.renames or self.layers or self.changed_totals())

    def changed_totals(self) -> list[str]:
        """The names of the totals that differ."""
        return [name for name in TOTALS if self.old.total(name) != self.new.total(name)]

    def counts(self) -> dict[str, int]:
        """How many layers are unchanged, added, and so on."""
        numbers = {"unchanged": self.unchanged, **dict.fromkeys(CHANGES, 0)}
        for change in self.layers:
            numbers[change.what] += 1
        return numbers


#: The totals that are compared, by the names that `Side.total` takes.
TOTALS = (
    "layers", *(f"{mode}.{count}" for mode in MODES for count in TOTAL_COSTS), "macs", "activation_bytes",
    "peak_activation",
)  # fmt: skip


def compare(old: Mapping[str, Any], new: Mapping[str, Any], *, labels: tuple[str, str] | None = None) -> Difference:
    """What the second report differs in from the first; `labels` are what the two are called, otherwise their files."""
    sides = [
        Side(report, report["file"] if labels is None else labels[place]) for place, report in enumerate((old, new))
    ]
    numbers = Numbers()
    root_old, root_new = tree_of(old, numbers), tree_of(new, numbers)
    found = match(root_old, root_new)
    run = list(_run(*sides))
    same_run = not any(what in ("batch", "dtype") for what, _, _ in run)
    changes = _Changes(root_old, root_new, found.moved, same_run=same_run)
    layers = list(changes.all())
    return Difference(
        *sides,
        run=run,
        renames=found.renames,
        layers=layers,
        unchanged=changes.unchanged,
        root_old=root_old,
        root_new=root_new,
    )


def _run(old: Side, new: Side) -> Iterator[tuple[str, str, str]]:
    """What the two networks were not given alike."""
    before, after = old.inputs, new.inputs
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            what = "input" if name == "input" else f"input `{name}`"
            yield what, before.get(name, "none"), after.get(name, "none")
    for what in ("batch", "dtype"):
        if old.report[what] != new.report[what]:
            yield what, str(old.report[what]), str(new.report[what])


class _Changes:
    """The changes of layers, being worked out; `unchanged` counts what gives none."""

    def __init__(self, old: Node, new: Node, moved: set[str], *, same_run: bool) -> None:
        self.olds = sorted(old.layers(), key=lambda node: node.place)
        self.news = sorted(new.layers(), key=lambda node: node.place)
        self.old = {node.name: node for node in self.olds}
        self.new = {node.name: node for node in self.news}
        self.moved = moved
        self.same_run = same_run
        self.unchanged = 0
        self._sources: tuple[dict[str, object], dict[str, object]] = ({}, {})
        self._resolve()

    def all(self) -> Iterator[LayerChange]:
        """Every change, in order."""
        last = 0
        for node in self.news:
            if node.match is not None:
                while last < len(self.olds) and self.olds[last].place < node.match.place:
                    if self.olds[last].match is None:
                        yield LayerChange(self.olds[last], None, {})
                    last += 1
            change = self._change(node)
            if change is None:
                self.unchanged += 1
            else:
                yield change
        yield from (LayerChange(node, None, {}) for node in self.olds[last:] if node.match is None)

    def _change(self, node: Node) -> LayerChange | None:
        before = node.match
        if before is None:
            return LayerChange(None, node, {})
        fields = self._fields(before, node)
        moved = node.name in self.moved
        if moved:
            fields.pop("inputs", None)  # it stands elsewhere, and so reads another
        if not fields and not moved:
            return None
        follows = {_FIELD} if _FIELD in fields and not self._begins(node) else set()
        if not self.same_run:
            follows |= _BYTES
        return LayerChange(before, node, fields, moved=moved, affected=not moved and follows >= fields.keys())

    def _fields(self, before: Node, node: Node) -> dict[str, tuple[Any, Any]]:
        old, new = before.layer, node.layer
        assert old is not None
        assert new is not None
        fields = {name: (old.get(name), new.get(name)) for name in _FACTS if old.get(name) != new.get(name)}
        for mode in MODES:
            if old[mode] != new[mode]:
                for count in LAYER_COSTS:
                    if old[mode][count] != new[mode][count]:
                        fields[f"{mode}.{count}"] = (old[mode][count], new[mode][count])
        read_before, read_now = self._reads(old, 0), self._reads(new, 1)
        if read_before != read_now:
            fields["inputs"] = (old["inputs"], new["inputs"])
        if ("tied" in old or "tied" in new) and self._tied(old, 0) != self._tied(new, 1):
            fields["tied"] = (old.get("tied"), new.get("tied"))
        return fields

    def _tied(self, layer: Mapping[str, Any], side: int) -> object:
        name: str | None = layer.get("tied")
        return None if name is None else self._sources[side].get(name, name)

    def _reads(self, layer: Mapping[str, Any], side: int) -> list[object]:
        sources = self._sources[side]
        return [sources.get(name, name) for name in layer["inputs"]]

    def _resolve(self) -> None:
        """For each layer what stands for it where the sides are compared in what they read.

        That is the new name of a matched layer; a layer that one side alone has, or that moved, stands for the first
        that it reads, so that layers behind an insertion are not called changed for reading it.
        """
        for side, nodes in enumerate((self.olds, self.news)):
            sources = self._sources[side]
            for node in nodes:
                match = node if side else node.match
                if node.match is not None and match is not None and match.name not in self.moved:
                    sources[node.name] = match.name
                else:
                    assert node.layer is not None
                    first = node.layer["inputs"][0] if node.layer["inputs"] else node.name
                    sources[node.name] = sources.get(first, first)

    def _begins(self, node: Node) -> bool:
        """Whether a changed receptive field begins to differ at this layer: all that it reads is matched and sees as before."""
        assert node.layer is not None
        for name in node.layer["inputs"]:
            source = self.new.get(name)
            if source is None:  # an input of the network
                continue
            if source.match is None or source.layer is None or source.match.layer is None:
                return False
            if source.layer.get(_FIELD) != source.match.layer.get(_FIELD):
                return False
        return True
