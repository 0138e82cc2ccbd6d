"""Hints about volumes that cannot be merged: a change of what is merged, of a layer before, or of the input's size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.network import Network, Node
from analyzer.engine.sizes import fitting
from analyzer.layers import CATALOGUE, Layer
from analyzer.layers.padding import Padding
from analyzer.loader.expand.hint_words import behind_all, either, line_of, output_of, ways_back
from analyzer.loader.expand.mistakes import Puzzle
from analyzer.loader.expand.trial import Change, Trial
from analyzer.loader.parse.description import LayerItem, ParallelItem, ResidualItem
from analyzer.volume import Volume

#: The most alternatives that a help offers.
_MOST = 3

#: So many layers without padding are changed together in a trial.
_UNPADDED = 8

_PADDING = ("padding",)


class _Pair:
    """Two inputs of a merge that do not fit: the one with more cells and the one with fewer, or with another depth.

    `apart` are the spatial axes on which they conflict, `times` the stride from the larger one to the smaller one on
    each axis; no `times` where no stride is.
    """

    def __init__(self, large: Node, small: Node, apart: list[int]) -> None:
        self.large = large
        self.small = small
        self.apart = apart
        self.times = _times(large.output.spatial, small.output.spatial)


def _sizes(large: Node, small: Node) -> list[tuple[int, int]]:
    return list(zip(large.output.spatial, small.output.spatial, strict=True))


def _times(large: Sequence[int], small: Sequence[int]) -> tuple[int, ...]:
    """The stride from the one size to the other on each axis; none where no stride is."""
    times = tuple(-(-a // b) for a, b in zip(large, small, strict=True))
    fits = all(-(-a // n) == b for a, b, n in zip(large, small, times, strict=True))
    return times if fits and max(times, default=1) > 1 else ()


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
    yield from _padded(puzzle, read, trial)
    yield from _strides(puzzle, pair, trial)
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
    if grown is not None and _fits(layer, read, large, _with_depth(grown.inputs[0].output, large)):
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
        volume = Volume(tuple(map(int.__mul__, small.output.spatial, pair.times)), small.output.depth)
        if volume.spatial == large.output.spatial and _fits(layer, read, small, volume):
            yield f"one upsampling more: `upsample: {_stride(pair.times)}` after `{trial.label(small)}`"


def _same_size(node: Node) -> Iterator[Node]:
    """The nodes back to the one that gave the map its size, which is the last one."""
    for one in ways_back(node):
        if not one.inputs:
            return
        yield one
        if one.inputs[0].output.spatial != one.output.spatial:
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


def _padded(puzzle: Puzzle, read: list[Node], trial: Trial) -> Iterator[str]:
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
    window = node.layer.window(node.inputs[0].output)
    return window is not None and not window.scatters and max(window.kernel) > 1 and not any(map(any, window.padding))


def _steps_by_one(node: Node) -> bool:
    window = node.layer.window(node.inputs[0].output)
    return window is not None and max(window.stride) == 1


def _strides(puzzle: Puzzle, pair: _Pair, trial: Trial) -> Iterator[str]:
    """A stride of 1 in the smaller branch of a structure, or one more stride in the larger."""
    if not pair.times or not isinstance(puzzle.item, ParallelItem):
        return
    behind = behind_all(pair.small), behind_all(pair.large)
    for node, stride in (
        *((node, 1) for node in ways_back(pair.small) if node.index not in behind[1] and not _steps_by_one(node)),
        *((node, max(pair.times)) for node in ways_back(pair.large) if node.index not in behind[0]),
    ):
        item, declared = trial.item(node), node.layer.declared.get("stride")
        if item is None or declared is None:
            continue
        if trial.clears(puzzle.found, changes=[(item, declared.attribute, stride)]):
            yield f"a stride of {stride} in {line_of(node)}"


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
            yield f"a projection of `{trial.label(first)}`: `conv: {{filters: {last.output.depth}, kernel: 1}}`"


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
