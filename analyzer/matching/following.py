"""A module followed through a network: each call must be a layer all of whose inputs were called before.

So branches may be called in any order. Where several layers with equal numbers could be a call, one is chosen, by names
first, and another one where the choice leads nowhere.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from analyzer.align import Pairs
from analyzer.engine.network import Network, Node
from analyzer.engine.result import Row
from analyzer.matching.keys import counts, is_free, parent, tail, whole
from analyzer.matching.observed import Observed
from analyzer.record import Record

#: How many steps all other choices may take, for each call and in all: a network that differs is not tried for long.
_STEPS, _LEAST = 10, 2000


def followed(calls: Sequence[Observed], rows: Sequence[Row], network: Network) -> Pairs:
    """Pairs of places where every call is a row with its numbers and volume whose inputs were called before.

    They are all calls where that is possible, otherwise as many as were reached from the first call on.
    """
    walk = _Walk(rows, network)
    found: list[int] = []
    best: list[int] = []
    open_choices: list[list[int]] = []
    left = _STEPS * len(calls) + _LEAST
    while len(found) < len(calls) and left:
        left -= 1
        if len(open_choices) == len(found):
            open_choices.append(walk.choices(calls[len(found)]))
        if open_choices[-1]:
            row = open_choices[-1].pop()
            walk.take(row, calls[len(found)])
            found.append(row)
            continue
        if len(found) > len(best):
            best = list(found)
        open_choices.pop()
        if not any(open_choices):
            break
        walk.undo()
        found.pop()
    return list(enumerate(found if len(found) > len(best) else best))


def readers_of(network: Network) -> tuple[dict[int, list[Node]], dict[int, int]]:
    """The nodes that read each node, and how many nodes each one reads, by index; the network's inputs do not count."""
    readers: dict[int, list[Node]] = {}
    missing: dict[int, int] = {}
    for node in network.nodes:
        sources = {source.index for source in node.inputs if source.index >= 0}
        missing[node.index] = len(sources)
        for source in sources:
            readers.setdefault(source, []).append(node)
    return readers, missing


class _Step(Record):
    """What a call changed: the row that it is, the block of the last call beside it, what was reached behind it."""

    row: int
    parent: str
    before: str | None
    counted: list[int]
    reached: list[int]


class _Walk:
    """The rows of a network whose inputs were all called, as the calls of a module are followed."""

    def __init__(self, rows: Sequence[Row], network: Network) -> None:
        self.rows = rows
        self.place = {row.node.index: place for place, row in enumerate(rows)}
        self.readers, self.missing = readers_of(network)
        self.ready: dict[Hashable, dict[int, None]] = {}
        self.last: dict[str, str | None] = {}
        self.steps: list[_Step] = []
        self._reach([node for node in network.nodes if not self.missing[node.index]], [])

    def choices(self, call: Observed) -> list[int]:
        """The rows that a call can be, the best one last: that of its name, of the block of the call beside it."""
        sized = call.outputs and not is_free(call)
        found = list(self.ready.get(whole(call) if sized else counts(call), ()))
        if len(found) > 1:
            block = self.last.get(parent(call.name))
            found.sort(
                key=lambda place: (
                    self.rows[place].name == call.name,
                    block is not None and self.rows[place].path == block,
                    tail(self.rows[place].name) == tail(call.name),
                    -place,
                )
            )
        return found

    def take(self, place: int, call: Observed) -> None:
        """Notes that a call is this row, which is ready."""
        row, above = self.rows[place], parent(call.name)
        self._forget(place)
        counted: list[int] = []
        reached = self._reach(self._behind(row.node, counted), counted)
        self.steps.append(_Step(place, above, self.last.get(above), counted, reached))
        self.last[above] = row.path

    def undo(self) -> None:
        """Takes the last call back."""
        step = self.steps.pop()
        for place in step.reached:
            self._forget(place)
        for index in step.counted:
            self.missing[index] += 1
        self.last[step.parent] = step.before
        self._remember(step.row)

    def _behind(self, node: Node, counted: list[int]) -> list[Node]:
        """The readers of a node all of whose inputs are there now; notes whose inputs it counted."""
        found = []
        for reader in self.readers.get(node.index, ()):
            counted.append(reader.index)
            self.missing[reader.index] -= 1
            if not self.missing[reader.index]:
                found.append(reader)
        return found

    def _reach(self, nodes: list[Node], counted: list[int]) -> list[int]:
        """Rows that became ready, given nodes whose inputs are all there: other layers are passed."""
        reached = []
        while nodes:
            node = nodes.pop()
            place = self.place.get(node.index)
            if place is None:
                nodes += self._behind(node, counted)
            else:
                self._remember(place)
                reached.append(place)
        return reached

    def _remember(self, place: int) -> None:
        for key in (whole(self.rows[place]), counts(self.rows[place])):
            self.ready.setdefault(key, {})[place] = None

    def _forget(self, place: int) -> None:
        for key in (whole(self.rows[place]), counts(self.rows[place])):
            del self.ready[key][place]
