"""A placed network as a flat model in YAML: one layer for each row of its report, under the same name.

A group whose layers follow each other becomes a `sequence` of its name. The layers of any other group stay in the list
around it, with paths as names. A layer with the `norm` and `act` that it expands to is one item, where
nothing else reads what is between them. What a layer reads is left out where that is the layer above.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.engine.network import Network, Node
from analyzer.engine.tree import Group, inside, tree_of
from analyzer.layers.reference_kinds import Reference, References, Sugar
from analyzer.loader.parse.grammar import TAKEN_NAMES
from analyzer.loader.writing.scalars import comment, flow, sizes, text
from analyzer.loader.writing.stored import Stored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def write_flat(network: Network, head: Mapping[str, Any], comments: Sequence[str] = ()) -> Iterator[str]:
    """The lines of the model; `head` are its keys besides those of the network: `name`, `training` …

    >>> from analyzer.layers import CATALOGUE
    >>> from analyzer.volume import Volume
    >>> network = Network()
    >>> node = network.enter("input", Volume((8, 8), 3))
    >>> node = network.place("stem.conv", CATALOGUE["conv"](filters=4, kernel=3), [node])
    >>> print("".join(write_flat(network, {"name": "small"})), end="")
    name: small
    input: 8x8x3
    layers:
      - sequence:
          - conv: {filters: 4, kernel: 3}
            name: conv
        name: stem
    """
    for line in comments:
        yield f"{comment(line)}\n"
    for key, value in head.items():
        yield f"{key}: {flow(value)}\n"
    yield from _inputs(network)
    yield "layers:\n"
    yield from _Writer(network, Stored(network, head.get("training", {}).get("dtype", "float32"))).lines()
    if network.names_outputs:
        yield f"outputs: {flow([node.name for node in network.outputs])}\n"


def _inputs(network: Network) -> Iterator[str]:
    if [node.name for node in network.inputs] == ["input"]:
        yield f"input: {network.inputs[0].output}\n"
        return
    yield "inputs:\n"
    yield from (f"  {text(node.name)}: {node.output}\n" for node in network.inputs)


class _Writer:
    """Writes the items of a network."""

    # By hand: it decides first which groups are sequences.
    def __init__(self, network: Network, stored: Stored) -> None:
        self.network = network
        self.stored = stored
        self.nodes = network.nodes
        self.tree = tree_of(network)
        self.paths = {node.name for node in (*network.inputs, *network.nodes)}
        self.layers = {node.name for node in network.nodes}
        self.between = self._read_or_tied()
        self.times: dict[str, int] = {}
        for group in inside(self.tree):
            if group.parts:
                self.paths.add(group.name)
                self.times[group.name] = self.times.get(group.name, 0) + 1
        self.sequences: set[int] = set()  # the first layers of groups, which `id` would not outlive
        self._choose()

    def _read_or_tied(self) -> set[int]:
        """The layers that are outputs, read by another one than the next, or have an `expect` of their own."""
        found = {node.index for node in self.network.outputs} | self.network.expected.keys()
        for node in self.nodes:
            found |= {source.index for source in node.inputs if source.index != node.index - 1}
        return found

    def _choose(self) -> None:
        """Finds the groups that become sequences: parts before the groups they are in."""
        for group in reversed(list(inside(self.tree))):
            if group.level and group.parts and self._is_sequence(group):
                self.sequences.add(id(group))

    def _is_sequence(self, group: Group) -> bool:
        if self.times[group.name] > 1 or group.name in self.layers or self._sugar(group) is not None:
            return False
        if any(group.name == node.name for node in self.network.inputs):
            return False
        if group.name in TAKEN_NAMES or any(self._own(part.name, group.name) in TAKEN_NAMES for part in group.parts):
            return False
        return all(
            self._reference(source, group.name) is not None
            for node in self.nodes[group.start : group.stop]
            for source in self._named(node)
        )

    def _named(self, node: Node) -> Iterator[Node]:
        """The nodes that the item of a node may name."""
        if list(node.inputs) != [self._above(node)] or any(
            isinstance(one.kind, References) for one in node.layer.declared.values()
        ):
            yield from node.inputs
        if node.tied is not None:
            yield node.tied

    def _is_item(self, group: Group) -> bool:
        return not group.parts or self._sugar(group) is not None

    def _reference(self, node: Node, scope: str) -> str | None:
        """The name that means a node in the sequence `scope` (empty: in `layers`); None where it means another one."""
        parts = scope.split(".") if scope else []
        scopes = [".".join(parts[:many]) for many in range(len(parts), 0, -1)]
        if all(f"{around}.{node.name}" not in self.paths for around in scopes):
            return node.name
        for place, around in enumerate(scopes):
            own = node.name.removeprefix(f"{around}.")
            if own != node.name and all(f"{nearer}.{own}" not in self.paths for nearer in scopes[:place]):
                return own
        return None

    def _sugar(self, group: Group) -> dict[str, Any] | None:
        """The `norm` and `act` of the layer that a group is; None where it is no such layer."""
        if not group.expanded:
            return None
        first = self.nodes[group.start]
        if not self.stored.alike(self.nodes[group.start : group.stop]):
            return None
        kinds = [(name, one.kind) for name, one in first.layer.declared.items() if isinstance(one.kind, Sugar)]
        found: dict[str, Any] = {}
        for node in self.nodes[group.start + 1 : group.stop]:
            while kinds and node.layer.type not in kinds[0][1].types():
                kinds.pop(0)
            if not kinds or node.name != f"{group.name}.{node.layer.type}" or node.index - 1 in self.between:
                return None
            if node.tied is not None or node.origin.note is not None or node.frozen != first.frozen:
                return None
            written = node.layer.written()
            found[kinds.pop(0)[0]] = {node.layer.type: written} if written else node.layer.type
        return found

    def lines(self) -> Iterator[str]:
        """The items of the list `layers`."""
        yield from self._items(self.tree, "", "  ")

    def _items(self, group: Group, scope: str, indent: str) -> Iterator[str]:
        for part in group.parts:
            if id(part) in self.sequences:
                yield f"{indent}- sequence:\n"
                yield from self._items(part, part.name, f"{indent}    ")
                yield f"{indent}  name: {text(self._own(part.name, scope))}\n"
            elif self._is_item(part):
                yield from self._layer(part, scope, indent)
            else:
                yield from self._items(part, scope, indent)

    @staticmethod
    def _own(name: str, scope: str) -> str:
        """A name inside of a sequence."""
        return name.removeprefix(f"{scope}.") if scope else name

    def _layer(self, group: Group, scope: str, indent: str) -> Iterator[str]:
        """The item of a layer, with its `norm` and `act`."""
        node = self.nodes[group.start]
        parameters, reads = self._parameters(node, scope)
        parameters.update(self._sugar(group) or {})
        yield f"{indent}- {node.layer.type}: {flow(_short(node, parameters))}\n"
        keys: dict[str, Any] = {"name": self._own(node.name, scope)}
        if reads:
            keys["from"] = reads[0] if len(reads) == 1 else reads
        if node.tied is not None:
            owner = self._reference(node.tied, scope)
            keys["tied"] = {"weights": owner} if node.weights_only else owner
        if node.frozen:
            keys["frozen"] = True
        stored = self.stored.key(self.nodes[group.start : group.stop])
        if stored is not None:
            keys["weights_dtype"] = stored
        if group.stop - 1 in self.network.expected:
            keys["expect"] = sizes(self.network.expected[group.stop - 1])
        if node.origin.note is not None:
            keys["note"] = node.origin.note
        yield from (f"{indent}  {key}: {flow(value)}\n" for key, value in keys.items())

    def _parameters(self, node: Node, scope: str) -> tuple[dict[str, Any], list[str]]:
        """The parameters of a layer, and what `from` names."""
        layer, inputs = node.layer, list(node.inputs)
        named: dict[str, Any] = {}
        for one in layer.declared.values():
            given = one.required or getattr(layer, one.attribute) != one.default
            if isinstance(one.kind, References) and given:
                named[one.name], inputs = [self._reference(source, scope) for source in inputs], []
            elif isinstance(one.kind, Reference) and given:
                named[one.name] = self._reference(inputs.pop(), scope)
        parameters = {
            one.name: named[one.name] if one.name in named else one.kind.write(getattr(layer, one.attribute))
            for one in layer.declared.values()
            if not isinstance(one.kind, Sugar)
            and (one.name in named or one.required or getattr(layer, one.attribute) != one.default)
        }
        if len(inputs) == 1 and inputs[0] is self._above(node):
            inputs = []
        return parameters, [name for source in inputs if (name := self._reference(source, scope))]

    def _above(self, node: Node) -> Node | None:
        """The layer that a layer reads which names none; None where a layer that reads nothing is above."""
        above = self.nodes[node.index - 1] if node.index else self.network.inputs[0]
        return None if above.index >= 0 and above.layer.reads == (0, 0) else above


def _short(node: Node, parameters: dict[str, Any]) -> Any:
    """The parameters, or only the main one's value where it is the only one."""
    main = node.layer.main
    if main is not None and list(parameters) == [main] and not isinstance(parameters[main], dict):
        return parameters[main]
    return parameters
