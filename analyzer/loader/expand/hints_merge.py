"""Hints about volumes that cannot be merged: a change of what is merged, of a layer before, or of the input's size."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.network import Network, Node
from analyzer.engine.sizes import fitting
from analyzer.layers import CATALOGUE, Layer
from analyzer.loader.expand.hint_words import behind_all, either, line_of, output_of, ways_back
from analyzer.loader.expand.hints_branches import padded, strides, times_between
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.trial import Trial
from analyzer.loader.parse.description import LayerItem, ParallelItem, ResidualItem
from analyzer.volume import Volume

#: The most alternatives that a help offers.
_MOST = 3


class _Pair:
    """Two inputs of a merge that do not fit: the one with more cells and the one with fewer, or with another depth.

    `apart` are the spatial axes on which they conflict, `times` the stride from the larger one to the smaller one on
    each axis; no `times` where no stride is.
    """

    def __init__(self, large: Node, small: Node, apart: list[int]) -> None:
        self.large = large
        self.small = small
        self.apart = apart
        self.times = times_between(large.output.spatial, small.output.spatial)


def _sizes(large: Node, small: Node) -> list[tuple[int, int]]:
    return list(zip(large.output.spatial, small.output.spatial, strict=True))


def merging(puzzle: Puzzle, read: list[Node], trial: Trial) -> None:
    """What makes the volumes fit, confirmed by placing the merge, or the whole network, with it."""
    found = puzzle.found
    if len({node.output.rank for node in read}) > 1:
        options = list(_more_axes(puzzle, read)) if puzzle.layer is not None else []
    else:
        pair = _pair(read, spread=puzzle.layer is not None and "axis" not in puzzle.layer.declared)
        if pair is None:
            return
        options = list(_fitting(puzzle, read, pair, trial))
        if isinstance(puzzle.item, ResidualItem) and puzzle.item.project is None:
            options.append("`project: none` for no shortcut")
    found.help = either(list(dict.fromkeys(options))[:_MOST])


def _pair(read: list[Node], *, spread: bool) -> _Pair | None:
    """The first two inputs that conflict in their spatial sizes, otherwise in their depth; the larger one first.

    `spread` says that a size of 1 goes with every other.
    """
    first = read[0]
    for other in read[1:]:
        apart = [axis for axis, (a, b) in enumerate(_sizes(first, other)) if a != b and not (spread and 1 in (a, b))]
        if apart:
            small, large = sorted((other, first), key=_positions)
            return _Pair(large, small, apart)
    for other in read[1:]:
        depths = first.output.depth, other.output.depth
        if depths[0] != depths[1] and not (spread and 1 in depths):
            earlier, later = sorted((first, other), key=_index)
            return _Pair(earlier, later, [])
    return None


def _positions(node: Node) -> int:
    return node.output.positions


def _index(node: Node) -> int:
    return node.index


def _fitting(puzzle: Puzzle, read: list[Node], pair: _Pair, trial: Trial) -> Iterator[str]:
    """The changes that fit, the likeliest first."""
    if not pair.apart:
        yield from _depths(puzzle, read, pair, trial)
        return
    merges = puzzle.layer if isinstance(puzzle.item, LayerItem) else None
    levels = list(_levels(merges, read, pair, trial)) if merges is not None and pair.times else []
    yield from levels
    if levels and all(large % small == 0 for large, small in _sizes(pair.large, pair.small)):
        return
    sized = list(_inputs(puzzle, pair, trial))
    yield from sized
    yield from padded(puzzle, read, trial)
    if isinstance(puzzle.item, ParallelItem):
        yield from strides(puzzle, read, trial)
    if merges is not None and not (sized or pair.times or _unequal(pair)):
        yield "`crop: center`, which cuts the larger input to the smaller"


def _unequal(pair: _Pair) -> bool:
    """Whether a crop would remove half of an axis or more."""
    return any(2 * small <= large for large, small in _sizes(pair.large, pair.small))


def _fits(layer: Layer, read: list[Node], old: Node, new: Volume) -> bool:
    """Whether the merge accepts `new` in place of what `old` puts out."""
    return output_of(layer, [new if node is old else node.output for node in read]) is not None


def _levels(layer: Layer, read: list[Node], pair: _Pair, trial: Trial) -> Iterator[str]:
    """Changes of volumes of which one is several times as large as the other."""
    large, small, network = pair.large, pair.small, trial.run.network
    grown = next((node for node in _same_size(large) if node.layer.grows), None)
    if grown is not None and _fits(layer, read, large, _with_depth(grown.flow.input, large)):
        yield f"one upsampling less: leave out {line_of(grown)}"
    for old, kept in ((small, large), (large, small)):
        other = _named_level(layer, read, old, kept, trial)
        if other is not None:
            name, node = other
            yield f"`{name}` ({node.output.pretty()}) in place of `{trial.label(old)}`"
    shortcut = large.index in behind_all(small) and _projects(layer, read, pair)
    if shortcut:
        conv = f"{{filters: {small.output.depth}, kernel: 1, stride: {_stride(pair.times)}}}"
        yield f"a projection of `{trial.label(large)}`: `conv: {conv}`"
    if max(small.output.spatial) == 1 and _fits(layer, read, small, Volume(large.output.spatial, small.output.depth)):
        yield f"`resize: {{like: {trial.label(large)}}}` after `{trial.label(small)}`"
    elif (
        grown is None
        and max(small.output.spatial) > 1
        and (not shortcut or any(node.layer.grows for node in network.nodes))
    ):
        yield from _grown(layer, read, large, trial)


def _grown(layer: Layer, read: list[Node], large: Node, trial: Trial) -> Iterator[str]:
    """An upsampling more for each input that fits into the larger one a whole number of times."""
    told, volumes = [], []
    for node in read:
        volume = node.output
        times = tuple(a // b for a, b in zip(large.output.spatial, volume.spatial, strict=True))
        volumes.append(Volume(tuple(map(int.__mul__, volume.spatial, times)), volume.depth) if min(times) else volume)
        if volume.spatial != volumes[-1].spatial:
            told.append(f"`upsample: {_stride(times)}` after `{trial.label(node)}`")
    if told and output_of(layer, volumes) is not None:
        yield f"one upsampling more: {' and '.join(told)}"


def _same_size(node: Node) -> Iterator[Node]:
    """The nodes back to the one that gave the map its size, which is the last one."""
    for one in ways_back(node):
        if not one.inputs:
            return
        yield one
        if one.flow.input.spatial != one.output.spatial:
            return


def _with_depth(volume: Volume, like: Node) -> Volume:
    return Volume(volume.spatial, like.output.depth)


def _stride(times: tuple[int, ...]) -> str:
    return str(times[0]) if len(set(times)) == 1 else "x".join(map(str, times))


def _projects(layer: Layer, read: list[Node], pair: _Pair) -> bool:
    """Whether a 1×1 convolution with a stride turns the larger volume into one that fits; it adds up values then."""
    conv = CATALOGUE["conv"](filters=pair.small.output.depth, kernel=1, stride=list(pair.times))
    projected = output_of(conv, [pair.large.output])
    adds = "axis" not in layer.declared
    return adds and projected is not None and _fits(layer, read, pair.large, projected)


def _named_level(layer: Layer, read: list[Node], old: Node, kept: Node, trial: Trial) -> tuple[str, Node] | None:
    """A layer with a name of the file that fits in place of the named layer `old`, the nearest to it, and that name."""
    if old.index not in trial.labels:
        return None
    same = {node.index for node in _same_size(kept)}
    fitting = [
        (abs(node.index - old.index), name, node)
        for name, node in trial.labelled
        if node.output.spatial == kept.output.spatial
        and node.index not in same
        and _fits(layer, read, old, node.output)
    ]
    if not fitting:
        return None
    _, name, node = min(fitting, key=_distance)
    return name, node


def _distance(candidate: tuple[int, str, Node]) -> int:
    return candidate[0]


def _inputs(puzzle: Puzzle, pair: _Pair, trial: Trial) -> Iterator[str]:
    """The nearest sizes of the input with which everything fits."""
    entry = trial.run.entry
    if not isinstance(entry, Node) or entry.output.rank != pair.large.output.rank:
        return
    volume = entry.output

    every = list(range(volume.rank))

    def place(volume: Volume) -> Network | None:
        return trial.run.network if trial.clears(puzzle.found, volume=volume) else None

    for axes in (pair.apart, every) if every != pair.apart else (every,):
        volumes, multiple = fitting(place, volume, axes)
        close = [one for one in volumes if all(2 * a >= b for a, b in zip(one.spatial, volume.spatial, strict=True))]
        if close:
            sides = " and ".join(volume.axes[axis] for axis in axes)
            rule = f", the {sides} a multiple of {multiple}" if multiple > 1 else ""
            yield f"an input of {' or '.join(one.pretty() for one in close)}{rule}"
            return


def _depths(puzzle: Puzzle, read: list[Node], pair: _Pair, trial: Trial) -> Iterator[str]:
    """Another number of filters in the layer that gave one volume its depth, or a projection of the shortcut."""
    first, last = pair.large, pair.small  # by their order, since their sizes are equal
    for node, depth in ((last, first.output.depth), (first, last.output.depth)):
        maker = next((one for one in ways_back(node) if not one.layer.pointwise), node)
        declared = maker.layer.declared.get("filters") or maker.layer.declared.get("units")
        item = trial.item(maker)
        if item is None or declared is None:
            continue
        if trial.clears(puzzle.found, changes=[(item, declared.attribute, depth)]):
            yield f"`{declared.name}: {depth}` in {line_of(maker)}"
    if puzzle.layer is not None and first.index in behind_all(last):
        projected = Volume(first.output.spatial, last.output.depth)
        if _fits(puzzle.layer, read, first, projected):
            depth = last.output.depth
            layer = f"conv: {{filters: {depth}, kernel: 1}}" if first.output.rank else f"dense: {depth}"
            yield f"a projection of `{trial.label(first)}`: `{layer}`"


def _more_axes(puzzle: Puzzle, read: list[Node]) -> Iterator[str]:
    """The volume of the right rank that an input with fewer axes becomes."""
    layer, rank = puzzle.layer, max(node.output.rank for node in read)
    for node in read:
        volume = node.output
        if volume.rank == rank or layer is None:
            continue
        shaped = Volume((*volume.spatial, *(1,) * (rank - volume.rank)), volume.depth)
        if _fits(layer, read, node, shaped):
            yield f"`reshape: {shaped}` after `{node.name}`"
