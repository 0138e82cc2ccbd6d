"""What changed in the layers of two networks, once it is known which layer of the one is which of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.contract.report import COST
from analyzer.difference.tree import NamedNode
from analyzer.engine.network import Network
from analyzer.engine.result import MODES
from analyzer.layers import Layer
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.layers.spatial_kinds import Factors, PaddingKind, SharingKind, Sizes, VolumeKind
from analyzer.record import Record
from analyzer.units import UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The costs of a layer in one mode of sharing.
LAYER_COSTS = tuple(key.name for key in COST)

#: What a layer is compared in besides its costs in the modes; what it reads is compared by what that was matched with.
_FACTS = (
    "kind", "output", "macs", "macs_on_data", "activation_bytes", "unread", "receptive_field", "frozen", "authored",
)  # fmt: skip
#: Facts that follow from earlier layers, and, where the runs differ, from the run.
_FIELD = "receptive_field"
_BYTES = frozenset(["activation_bytes", *(f"{mode}.bytes" for mode in MODES)])

#: The kinds of parameters whose effect other fields show.
_SHOWN = (Sizes, Factors, PaddingKind, SharingKind, VolumeKind, Reference, References, Sugar)

#: What may have happened to a layer: it is only in the new network, only in the old one, …
CHANGES = ("added", "removed", "changed", "moved", "affected")

#: All that a layer is compared in.
FIELDS = (*_FACTS, *(f"{mode}.{count}" for mode in MODES for count in LAYER_COSTS), "inputs", "tied", "arguments")


class LayerChange(Record):
    """A layer that only one network has (the other is None), or that changed.

    `fields` has what changed, by name, as (old, new); `moved` says that it has another place among its neighbours;
    `affected` that it differs only in what follows from earlier layers or from the run.
    """

    old: NamedNode | None
    new: NamedNode | None
    fields: Mapping[str, tuple[Any, Any]]
    moved: bool = False
    affected: bool = False

    def __repr__(self) -> str:
        fields = f": {', '.join(self.fields)}" if self.fields else ""
        return f"LayerChange({self.what} {self.node.name!r}{fields})"

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
    def node(self) -> NamedNode:
        """The new layer, or the one that was removed."""
        node = self.new if self.new is not None else self.old
        assert node is not None
        return node

    def delta(self, name: str) -> int:
        """By how much a cost changed: `shared.parameters`, `macs`, `activation_bytes`."""
        return _cost(self.new, name) - _cost(self.old, name)


def _cost(node: NamedNode | None, name: str) -> int:
    if node is None or node.layer is None:
        return 0
    return cost_of(node.layer, name)


def cost_of(layer: Mapping[str, Any], name: str) -> int:
    """A cost of a layer as a report has it; an `AtLeast` where it is unknown."""
    mode, _, count = name.rpartition(".")
    cost: int = layer[mode][count] if mode else layer.get(name, UNKNOWN)
    return cost


def changed_arguments(old: Layer, new: Layer) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The parameters of two layers of one type that differ in what no number of a report shows, such as a rate.

    Sizes of windows are left out: a volume, a cost or a receptive field shows what differs in them.
    """
    if old is new or old.__class__ is not new.__class__:
        return None
    pairs = {
        one.name: (one.kind.write(before), one.kind.write(after))
        for one in old.declared.values()
        if not isinstance(one.kind, _SHOWN)
        and (before := old.__dict__.get(one.attribute, one.default))
        != (after := new.__dict__.get(one.attribute, one.default))
    }
    if not pairs:
        return None
    return {name: pair[0] for name, pair in pairs.items()}, {name: pair[1] for name, pair in pairs.items()}


class Changes:
    """Compares the layers of two matched trees; `unchanged` counts those that did not change.

    `moved` are the layers of the new network that have another place, by name; `same_run` says that batch and dtype are
    the same, so that bytes compare. `networks` are the placed networks, where they are known.
    """

    def __init__(
        self,
        old: NamedNode,
        new: NamedNode,
        moved: set[str],
        *,
        same_run: bool,
        networks: tuple[Network, Network] | None = None,
    ) -> None:
        self.olds = sorted(old.layers(), key=lambda node: node.place)
        self.news = sorted(new.layers(), key=lambda node: node.place)
        self.old = {node.name: node for node in self.olds}
        self.new = {node.name: node for node in self.news}
        self.moved = moved
        self.same_run = same_run
        self.networks = networks
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

    def renamed(self, name: str) -> str:
        """The name in the new network of a layer of the old one; its own where the new one does not have it."""
        node = self.old[name]
        return node.name if node.match is None else node.match.name

    def _change(self, node: NamedNode) -> LayerChange | None:
        before = node.match
        if before is None:
            return LayerChange(None, node, {})
        fields = self._fields(before, node)
        moved = node.name in self.moved
        if moved:
            fields.pop("inputs", None)  # it has another place, and so reads another
        if not fields and not moved:
            return None
        follows = {_FIELD} if _FIELD in fields and not self._begins(node) else set()
        if not self.same_run:
            follows |= _BYTES
        return LayerChange(before, node, fields, moved=moved, affected=not moved and follows >= fields.keys())

    def _fields(self, before: NamedNode, node: NamedNode) -> dict[str, tuple[Any, Any]]:
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
        if self.networks is not None and before.own == node.own:
            layers = [network.names[one.name].layer for network, one in zip(self.networks, (before, node), strict=True)]
            pair = changed_arguments(*layers)
            if pair is not None:
                fields["arguments"] = pair
        return fields

    def _tied(self, layer: Mapping[str, Any], side: int) -> object:
        name: str | None = layer.get("tied")
        return None if name is None else self._sources[side].get(name, name)

    def _reads(self, layer: Mapping[str, Any], side: int) -> list[object]:
        sources = self._sources[side]
        return [sources.get(name, name) for name in layer["inputs"]]

    def _resolve(self) -> None:
        """Sets the name that represents each layer where the sides are compared in what they read.

        That is the new name of a matched layer. A layer that only one side has, or that moved, is represented by the
        first that it reads, so that the layer after an insertion does not count as changed for reading it.
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

    def _begins(self, node: NamedNode) -> bool:
        """Whether a changed receptive field starts at this layer: all that it reads is matched and sees what it saw."""
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
