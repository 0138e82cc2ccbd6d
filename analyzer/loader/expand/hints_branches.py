"""Hints about branches that end with different sizes: padding and strides in the layers that only some depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.network import Node
from analyzer.layers.padding import Padding
from analyzer.loader.expand.hint_words import behind_all, line_of, ways_back
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.trial import Change, Trial

#: So many layers without padding are changed together in a trial.
_UNPADDED = 8

_PADDING = ("padding",)


def times_between(large: Sequence[int], small: Sequence[int]) -> tuple[int, ...]:
    """The stride from the one size to the other on each axis; none where no stride is."""
    times = tuple(-(-a // b) for a, b in zip(large, small, strict=True))
    fits = all(-(-a // n) == b for a, b, n in zip(large, small, times, strict=True))
    return times if fits and max(times, default=1) > 1 else ()


def padded(puzzle: Puzzle, read: list[Node], trial: Trial) -> Iterator[str]:
    """The kernels without padding that only some of the inputs depend on, where padding them is enough."""
    ways = [behind_all(node) for node in read]
    every = ways[0].intersection(*ways)
    only = ways[0].union(*ways) - every
    unpadded = [node for node in trial.run.network.nodes if node.index in only and _shrinks(node)]
    once = [node for node in unpadded if _steps_by_one(node)]
    for nodes, names in ((once, _PADDING), (unpadded, _PADDING), (unpadded, (*_PADDING, "stride"))):
        changes: list[Change] = []
        told: dict[int, str] = {}
        for node in nodes:
            item = trial.item(node)
            declared = [node.layer.declared[name] for name in names if name in node.layer.declared]
            if item is None or len(declared) < len(names) or id(item) in told:
                continue
            told[id(item)] = line_of(node)
            changes += [(item, one.attribute, 1 if one.name == "stride" else Padding("same")) for one in declared]
        if 0 < len(told) <= _UNPADDED and trial.clears(puzzle.found, changes=changes):
            yield f"`padding: same`{' and a stride of 1' if len(names) > 1 else ''} in {' and '.join(told.values())}"
            return


def _shrinks(node: Node) -> bool:
    """Whether it slides a kernel without padding."""
    window = node.layer.window(node.flow.input)
    return window is not None and not window.scatters and max(window.kernel) > 1 and not any(map(any, window.padding))


def _steps_by_one(node: Node) -> bool:
    window = node.layer.window(node.flow.input)
    return window is not None and max(window.stride) == 1


def strides(puzzle: Puzzle, read: list[Node], trial: Trial) -> Iterator[str]:
    """Strides and padding with which all branches end with the size of one of them, for each of these sizes."""
    for target in sorted({node.output.spatial for node in read}):
        changes: list[Change] = []
        told: list[str] = []
        for node in read:
            only = behind_all(node) - {i for other in read if other is not node for i in behind_all(other)}
            own = [one for one in ways_back(node) if one.index in only]
            if node.output.spatial != target:
                _change(own, times_between(node.output.spatial, target), trial, changes, told)
        if changes and trial.clears(puzzle.found, changes=changes):
            yield " with ".join(told)


def _change(own: list[Node], times: tuple[int, ...], trial: Trial, changes: list[Change], told: list[str]) -> None:
    """Adds the change of one branch: a larger stride in its last window, otherwise padding where there is none."""
    for node in own:
        item, window = trial.item(node), node.layer.window(node.flow.input)
        name = "stride" if times else "padding"
        if item is None or window is None or name not in node.layer.declared or (not times and not _shrinks(node)):
            continue
        stride = max(times, default=1) * max(window.stride)
        changes.append((item, node.layer.declared[name].attribute, stride if times else Padding("same")))
        told.append(f"{f'a stride of {stride}' if times else '`padding: same`'} in {line_of(node)}")
        if times:
            return
