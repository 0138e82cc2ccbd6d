"""Trials: a description expanded again with something changed, to see whether a fix is one.

A hint that a trial has not confirmed is not given. Trials are counted in steps of the expansion, not in seconds, so
that the same file gets the same hints on every machine. Only where expressions make the steps slow does time end them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

from analyzer.diagnostics import Diagnostic, Reason
from analyzer.engine.network import Node
from analyzer.engine.sizes import NODES
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.scope import written_names
from analyzer.loader.expand.state import Expansion, Expects
from analyzer.loader.parse.description import Item, LayerItem, Model, ParallelItem, ResidualItem, SequenceItem
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Expands the description again: with volumes for some inputs, and with fields of `Expansion` by name.
Again = Callable[..., Expansion]

#: What a trial costs at least, so that small descriptions are not tried without end.
_LEAST = 100

#: What all trials may take: a step is a millisecond at most, unless a list of expressions is calculated in it.
_SECONDS = 1.0

#: Codes of mistakes that may be found once another one is fixed.
_LATER = ("SHAPE", "EXPECT")

_Key = tuple[str, int, int, int]

#: An item, one of its parameters by attribute, and the value that it has in a trial.
Change = tuple[LayerItem, str, object]


class Trial:
    """Trials with one description, whose first expansion found mistakes.

    `left` is what the trials may still cost, in steps, and `spent` the seconds that they have taken.
    """

    def __init__(self, run: Expansion, again: Again) -> None:
        self.run = run
        self.model = run.model
        self.again = again
        self.keys = _keys(run)
        self.left = NODES
        self.spent = 0.0
        self.labelled = _labelled(run)
        self.labels = {node.index: name for name, node in self.labelled}
        self._items: dict[int, LayerItem] = {}

    def item(self, node: Node) -> LayerItem | None:
        """The item of the file that placed this node as its own layer; None for a row that `norm` or `act` added."""
        if not self._items:
            self._items = {id(item.span): item for item in _all_layers(self.model)}
        item = self._items.get(id(node.origin.span))
        return item if item is not None and item.type is type(node.layer) else None

    def label(self, node: Node) -> str:
        """The name that the file gives to what this node puts out, otherwise the node's own."""
        return self.labels.get(node.index, node.name)

    def clears(
        self,
        found: Diagnostic,
        *,
        changes: Sequence[Change] = (),
        volume: Volume | None = None,
        expects: bool = False,
    ) -> bool:
        """Whether `found` disappears with these changes, and whatever is found then is about later shapes.

        `changes` are items with one of their parameters, by attribute, and its value; `volume` is one for the first
        input, and then the later shapes must not be about sizes, which another input would change. `expects` compares
        what the file expects, which is left out otherwise.
        """
        changed: dict[int, dict[str, Any]] = {}
        for item, attribute, value in changes:
            changed.setdefault(id(item), {})[attribute] = value
        run = self._run(volume, changes=changed, expects=Expects.BIND if expects else Expects.SKIP)
        if run is None:
            return False
        mine, keys = self.keys[id(found)], _keys(run)
        new = set(keys.values()) - (set(self.keys.values()) - {mine})
        about = [one for one in run.mistakes.puzzles if volume is not None and keys[id(one.found)] in new]
        if mine in new or any(_about_sizes(one) for one in about):
            return False
        return all(code.startswith(_LATER) and line >= mine[1] for code, line, *_ in new)

    def _run(self, volume: Volume | None, **changed: Any) -> Expansion | None:
        """One more expansion; None where all of them together would cost too much."""
        if max(self.run.steps, _LEAST) > self.left or self.spent > _SECONDS:
            return None
        begin = perf_counter()
        entry = self.run.entry
        volumes = {entry.name: volume} if volume is not None and isinstance(entry, Node) else {}
        run = self.again(volumes, most=self.left, **changed)
        self.left -= max(run.steps, _LEAST)
        self.spent += perf_counter() - begin
        return run


def _about_sizes(puzzle: Puzzle) -> bool:
    """Whether a shape does not fit because of its spatial sizes."""
    spatial = {node.output.spatial for node in puzzle.read if isinstance(node, Node)}
    return puzzle.reason is Reason.TOO_LARGE or len(spatial) > 1


def _labelled(run: Expansion) -> list[tuple[str, Node]]:
    """The layers of the outermost list that the file names, with these names."""
    scope = run.outermost
    if scope is None:
        return []
    written = dict.fromkeys(written_names(scope.items))
    return [(name, node) for name in written if isinstance(node := scope.labels.get(name), Node)]


def _keys(run: Expansion) -> dict[int, _Key]:
    """What each finding of a run is about, by its identity: its code, its place, and where sizes differ the axis."""
    axes = {id(puzzle.found): _apart(puzzle) for puzzle in run.mistakes.puzzles}
    keys: dict[int, _Key] = {}
    for found in run.mistakes.found:
        line, column = (0, 0) if found.span is None else (found.span.line, found.span.column)
        keys[id(found)] = (found.code, line, column, axes.get(id(found), 0))
    return keys


def _apart(puzzle: Puzzle) -> int:
    """The first axis, counted from 1, on which the volumes differ; 0 where they do not."""
    if puzzle.reason is not Reason.SIZES_DIFFER:
        return 0
    sizes = [node.output.sizes for node in puzzle.read if isinstance(node, Node)]
    alike = zip(*sizes, strict=False)  # volumes of several ranks differ, too
    return next((axis for axis, own in enumerate(alike, 1) if len(set(own)) > 1), 0)


def _all_layers(model: Model) -> Iterator[LayerItem]:
    """Every layer that a description writes, those in blocks and structures included."""
    lists = [model.layers, *(block.body for block in model.blocks.values())]
    while lists:
        for item in lists.pop():
            if isinstance(item, LayerItem):
                yield item
            lists.extend(_bodies(item))


def _bodies(item: Item) -> list[list[Item]]:
    if isinstance(item, ResidualItem):
        return [item.body, item.project or []]
    if isinstance(item, ParallelItem):
        return list(item.branches.values())
    return [item.body] if isinstance(item, SequenceItem) else []
