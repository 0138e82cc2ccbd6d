"""Hints about a window that is larger than its input: what would make it fit, and what made its input so small."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.network import Node
from analyzer.engine.sizes import REACH, resized
from analyzer.layers import Layer
from analyzer.layers.padding import Padding
from analyzer.layers.windows import window_count
from analyzer.loader.expand.hint_words import changed, either, line_of, output_of, ways_back
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.trial import Trial
from analyzer.volume import AXES, Volume

#: So many of the layers that shrink an axis are named, the nearest first.
_NAMED = 4


def shrinking(puzzle: Puzzle, read: list[Node], trial: Trial) -> None:
    """Parameters of the layer with which it fits, one of a layer before it, or the nearest larger input."""
    layer = puzzle.layer
    if layer is None or len(read) != 1:
        return
    volume = read[0].output
    short = _short(layer, volume)
    smaller = list(_smaller(read[0], short))
    options = [*_own(layer, volume), *_before(puzzle, smaller, trial), *_input(puzzle, read[0], short, trial)]
    notes = _told(volume, short, smaller)
    puzzle.found.notes = (*puzzle.found.notes, *notes)
    puzzle.found.help = either(options)


def _short(layer: Layer, volume: Volume) -> list[int]:
    """The axes on which the window does not fit; all where the layer does not tell."""
    window = layer.window(volume)
    if window is None:
        return list(range(volume.rank))
    sizes = zip(volume.spatial, window.kernel, window.stride, window.dilation, window.padding, strict=True)
    return [axis for axis, numbers in enumerate(sizes) if window_count(*numbers, window.rounding) < 1]


def _own(layer: Layer, volume: Volume) -> Iterator[str]:
    """The values of its own parameters with which the layer fits, the nearest of each."""
    window = layer.window(volume)
    largest = max(window.kernel) if window is not None else max(volume.spatial)
    spread = max(window.dilation) if window is not None else 1
    reach = min(REACH * spread, largest * spread) + 1
    for name, words, values in (
        ("padding", "padding of at least {}", range(1, reach)),
        ("kernel", "a kernel of at most {}", range(min(largest - 1, max(volume.spatial) + reach), 0, -1)),
        ("dilation", "a dilation of at most {}", range(spread - 1, 0, -1)),
    ):
        declared = layer.declared.get(name)
        if declared is None:
            continue
        for value in values:
            written = Padding.explicit(value) if name == "padding" else value
            if output_of(changed(layer, declared.attribute, written), [volume]) is not None:
                yield words.format(value)
                break


def _smaller(node: Node, short: list[int]) -> Iterator[tuple[Node, int, int]]:
    """The layers before that make a short axis smaller, the nearest first, with their stride and kernel there."""
    for one in ways_back(node):
        if not one.inputs or one.flow.input.rank != one.output.rank or one.layer.reorders:
            return
        volume = one.flow.input
        axis = next((axis for axis in short if one.output.spatial[axis] < volume.spatial[axis]), None)
        if axis is None:
            continue
        window = one.layer.window(volume)
        yield (one, window.stride[axis], window.kernel[axis]) if window is not None else (one, 0, 0)


def _told(volume: Volume, short: list[int], smaller: list[tuple[Node, int, int]]) -> Iterator[str]:
    """What shrinks the axes: layers with a stride, or without any the others."""
    strided = [one for one in smaller if one[1] != 1] or smaller
    if not strided:
        return
    names = " and ".join(AXES[volume.rank][axis] for axis in short)
    told = [line_of(node, _how(stride, kernel)) for node, stride, kernel in strided[:_NAMED]]
    more = f", and {len(strided) - _NAMED:,} more" if len(strided) > _NAMED else ""
    yield f"the {names} {'shrinks' if len(short) == 1 else 'shrink'} in {', '.join(told)}{more}"


def _how(stride: int, kernel: int) -> str:
    if not stride:
        return ""
    return f"stride {stride}" if stride > 1 else f"kernel {kernel}"


def _before(puzzle: Puzzle, smaller: list[tuple[Node, int, int]], trial: Trial) -> Iterator[str]:
    """One layer before with a stride of 1, or with padding, where that is enough."""
    tried: set[int] = set()
    for node, stride, _ in smaller:
        item = trial.item(node)
        name, value = ("stride", 1) if stride > 1 else ("padding", Padding("same"))
        declared = node.layer.declared.get(name)
        if item is None or declared is None or id(item) in tried or len(tried) == _NAMED:
            continue
        tried.add(id(item))
        if trial.clears(puzzle.found, changes=[(item, declared.attribute, value)]):
            yield f"a stride of 1 in {line_of(node)}" if stride > 1 else f"`padding: same` in {line_of(node)}"
            return


def _input(puzzle: Puzzle, node: Node, short: list[int], trial: Trial) -> Iterator[str]:
    """The nearest larger input with which everything fits."""
    *_, entry = ways_back(node)
    if entry is not trial.run.entry or entry.output.rank != node.output.rank or not short or entry.output.reordered:
        return
    volume = entry.output
    for size in range(volume.spatial[short[0]] + 1, volume.spatial[short[0]] + REACH + 1):
        larger = resized(volume, short, size)
        if trial.clears(puzzle.found, volume=larger):
            yield f"an input of {larger.pretty()}"
            return
