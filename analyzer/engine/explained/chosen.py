"""Which layers are explained: those of a name, of a block, of a run of repetitions, or all; equal neighbours once.

>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("image", Volume((32, 32), 16))
>>> conv = CATALOGUE["conv"](filters=16, kernel=3, padding=1)
>>> for number in range(1, 4):
...     node = network.place(f"body.{number}", conv, [node])
>>> [[node.name for node in nodes] for nodes in chosen(network, ["body.1", "body.2–3"])]
[['body.1'], ['body.2', 'body.3']]
>>> [[node.name for node in nodes] for nodes in chosen(network)]
[['body.1', 'body.2', 'body.3']]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.diagnostics import nearest
from analyzer.engine.network import Network, Node
from analyzer.engine.tree import Group, inside, tree_of
from analyzer.source import shown

#: What is between the first and the last number of a run, as a table writes it and as a keyboard does.
_DASHES = ("–", "-")

#: The most repetitions that one written run may name.
_LONGEST = 100_000


class UnknownLayer(Exception):
    """A name that neither a layer, nor a block, nor an input has; the message is one line for people."""

    def __init__(self, name: str, near: str | None) -> None:
        fix = "without names, all layers are explained" if near is None else f"did you mean `{shown(near)}`?"
        super().__init__(f"no layer is called `{shown(name)}`; {fix}")


def chosen(network: Network, names: Sequence[str] = ()) -> list[list[Node]]:
    """The layers that are explained, each with the equal ones that it stands for; in the order of the names.

    A name is that of a layer, of an input, of a block or a repetition (`stage1`, `stage1.2`), or of several repetitions
    (`stage1.2–4`). Without names they are all layers of the network. Raises `UnknownLayer`.
    """
    tree = tree_of(network)
    if not names:
        return list(_layers(network, [tree]))
    inputs = {node.name: node for node in network.inputs}
    groups: dict[str, list[Group]] = {}
    for group in inside(tree):
        if group.level:
            groups.setdefault(group.name, []).append(group)
    found: dict[int, list[Node]] = {}  # a layer that is named twice is explained once
    for name in names:
        for nodes in [[inputs[name]]] if name in inputs else _named(network, name, groups):
            found.setdefault(nodes[0].index, nodes)
    return list(found.values())


def _named(network: Network, name: str, groups: dict[str, list[Group]]) -> Iterator[list[Node]]:
    """The layers of one name: of a layer only that one, without the `norm` and `act` that it expands to."""
    repetitions = [name] if name in groups else list(_repetitions(name))
    if repetitions and all(one in groups for one in repetitions):
        alike = [_stretches(groups[one]) for one in repetitions]
        if all([one.content for one in other] == [one.content for one in alike[0]] for other in alike):
            for same in zip(*alike, strict=True):
                yield from _layers(network, same)
        else:
            for stretches in alike:
                for group in stretches:
                    yield from _layers(network, [group])
    elif name in network.names:
        yield [network.names[name]]
    else:
        raise UnknownLayer(name, nearest(name, [*(node.name for node in network.inputs), *groups]))


def _stretches(groups: Sequence[Group]) -> Sequence[Group]:
    """The groups of one name; the layer of that name, where there is one."""
    return [group for group in groups if not group.parts] or groups


def _repetitions(name: str) -> Iterator[str]:
    """The names of a run of repetitions: `body.2–4.conv1` is of three layers."""
    parts = name.split(".")
    for place, part in enumerate(parts):
        for dash in _DASHES:
            first, found, last = part.partition(dash)
            if found and first.isascii() and first.isdigit() and last.isascii() and last.isdigit():
                numbers = range(int(first[:9]), int(last[:9]) + 1)
                if len(numbers) <= _LONGEST:
                    yield from (".".join([*parts[:place], str(number), *parts[place + 1 :]]) for number in numbers)
                return


def _layers(network: Network, groups: Sequence[Group]) -> Iterator[list[Node]]:
    """The layers in equal groups, each with those in the same place of the others."""
    first = groups[0]
    if not first.parts:
        yield [network.nodes[group.start] for group in groups]
        return
    shifts = [group.start - first.start for group in groups]
    parts = {part.start: part for group in groups for part in group.parts}
    for run in first.runs:
        yield from _layers(network, [parts[part.start + shift] for shift in shifts for part in run.groups])
