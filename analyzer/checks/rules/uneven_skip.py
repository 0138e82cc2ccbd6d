"""A size that does not come back to that of the skip.

A decoder doubles what the encoder halved. Where a halving was rounded, the result is a cell larger or smaller than the
skip that it is merged with, and a crop or a resize hides that: the two are shifted or stretched against each other by a
part of a step, and the last cells are lost. It is a warning where a crop hides it, and a note where a resize does. A
decoder without padding, as in the first U-Net, crops far more than that on purpose; there, a halving that leaves cells
over is a note.

Fires:

    input: 90x90x3
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
        name: enc
      - max_pool: 4
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
      - conv_transpose: {filters: 16, kernel: 4, stride: 4}
      - concat: {inputs: [enc, prev], crop: center}
      - conv: {filters: 2, kernel: 1}

Instead: an input that the product of the strides divides.

    input: 88x88x3
    layers:
      - conv: {filters: 16, kernel: 3, padding: 1, act: relu}
        name: enc
      - max_pool: 4
      - conv: {filters: 32, kernel: 3, padding: 1, act: relu}
      - conv_transpose: {filters: 16, kernel: 4, stride: 4}
      - concat: {inputs: [enc, prev], crop: center}
      - conv: {filters: 2, kernel: 1}

Source: Ronneberger, Fischer & Brox 2015, "U-Net", section 2: the input size is chosen so that every 2×2 pool is
applied to an even size.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.checks.found import Found
from analyzer.checks.rules.misaligned_branches import Line, Lines, all_lines, read_by
from analyzer.checks.subject import Subject
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network, Node
from analyzer.engine.sizes import NODES, fitting, placing
from analyzer.record import Record
from analyzer.volume import AXES, Volume, pretty_sizes

CODE = "CHECK108"
NAME = "uneven-skip"
SEVERITY = "warning"


class _Mismatch(Record):
    """A size that does not come back along one axis of the input.

    `skip` has `size` cells. `grown` reads `low` cells, `times` as coarse, and brings back `back`. `total` is the step
    of the coarsest map on its path, in input cells; `uneven` a layer that leaves cells over, where sizes do come back.
    """

    axis: int
    skip: Node
    size: int
    grown: Node
    low: int
    back: int
    times: int
    total: float
    uneven: Node | None = None


class _Ways:
    """What is known of the way to each node, by its index.

    `grown` the layer that last made the map larger, nothing but work that keeps the size, crops and padding after it;
    `whole` the node before crops and padding; `uneven` the last window that leaves cells over.
    """

    def __init__(self, subject: Subject, lines: dict[int, Lines | None]) -> None:
        self.lines = lines
        self.grown: dict[int, Node | None] = {}
        self.whole: dict[int, Node] = {}
        self.uneven: dict[int, Node | None] = {}
        for node in subject.network.inputs:
            self.grown[node.index] = self.uneven[node.index] = None
            self.whole[node.index] = node
        for row in subject.rows:
            self._pass(row.node, row.unread)

    def _pass(self, node: Node, unread: list[int] | None) -> None:
        index = node.index
        if not node.inputs:
            self.grown[index] = self.uneven[index] = None
            self.whole[index] = node
            return
        first = node.inputs[0]
        kept = len(node.inputs) == 1 and (node.layer.cuts or node.output.spatial == first.output.spatial)
        grows = node.layer.grows and node.output.positions > first.output.positions
        self.grown[index] = node if grows else self.grown[first.index] if kept else self._grown_of(node)
        self.whole[index] = self.whole[first.index] if kept and node.layer.cuts else node
        if unread and any(unread) and _steps_within(node):
            self.uneven[index] = node
        else:
            before = [one for one in (self.uneven[source.index] for source in node.inputs) if one is not None]
            self.uneven[index] = max(before, key=_index, default=None)

    def _grown_of(self, node: Node) -> Node | None:
        """What last made one of several inputs larger, where a merge keeps their sizes: a sum inside of a decoder."""
        if not node.layer.merges or any(source.output.spatial != node.output.spatial for source in node.inputs):
            return None
        return max((one for source in node.inputs if (one := self.grown[source.index])), key=_index, default=None)


def _index(node: Node) -> int:
    return node.index


def _steps_within(node: Node) -> bool:
    """Whether windows step no further than they reach, so that cells left over are those of a rounded division."""
    window = node.layer.window(node.flow.input)
    if window is None:
        return False
    return any(step > 1 for step in window.stride) and all(map(int.__ge__, window.kernel, window.stride))


def check(subject: Subject) -> Iterator[Found]:
    """A finding for the first merge with a skip whose size does not come back, with the names of the others."""
    merges = [node for node in subject.network.nodes if node.layer.merges and len(node.inputs) > 1]
    if not any(node.layer.grows for node in subject.network.nodes) or not merges:
        return
    found = _found(subject, merges)
    if not found:
        return
    node, mismatches = found[0]
    first = mismatches[0]
    notes = list(dict.fromkeys(note for one in mismatches for note in _arithmetic(subject, one)))
    if len(found) > 1:
        notes.append(f"the same at {', '.join(f'`{other.name}`' for other, _ in found[1:6])}")
    if first.uneven is not None:
        yield Found(
            f"`{first.uneven.name}`, between `{first.skip.name}` and `{node.name}`, which crops, leaves cells unread",
            node,
            notes=notes,
            help=_fitting(subject, mismatches) or "an input of another size, so that no stride leaves cells over",
            severity="note",
        )
        return
    resized = first.grown.layer.stretches
    if resized:
        message = f"`{first.grown.name}` stretches its input to the size of `{first.skip.name}`, which is not a multiple of it"
    else:
        crops = node.layer.crops
        hidden = f"the crop of `{node.name}`" if crops else f"a crop or padding before `{node.name}`"
        message = f"`{first.grown.name}` does not come back to the size of `{first.skip.name}`, and {hidden} hides that"
    yield Found(
        message,
        node,
        notes=notes,
        help=_fitting(subject, mismatches),
        severity="note" if resized else None,
    )


def _found(subject: Subject, merges: list[Node]) -> list[tuple[Node, list[_Mismatch]]]:
    """The merges with a skip whose size does not come back, with what does not."""
    ways = _Ways(subject, all_lines(subject))
    return [(node, mismatches) for node in merges if (mismatches := _mismatches(node, ways))]


def _mismatches(node: Node, ways: _Ways) -> list[_Mismatch]:
    """What does not come back at a merge, for the first pair of a grown branch and a skip of which that is true."""
    read = [read_by(node, which, ways.lines) for which in range(len(node.inputs))]
    for source, own in zip(node.inputs, read, strict=True):
        grown = ways.grown[source.index]
        if grown is None or own is None:
            continue
        low = ways.lines[grown.inputs[0].index]
        for skip, lines in zip(node.inputs, read, strict=True):
            if low is None or lines is None or ways.grown[skip.index] is grown:
                continue
            found = [
                mismatch
                for axis, pair in enumerate(zip(low, lines, strict=True))
                if (mismatch := _along(axis, *pair, node, source, ways.whole[skip.index], grown, ways)) is not None
            ]
            if found:
                return found
    return []


def _along(
    axis: int, low: Line | None, line: Line | None, node: Node, source: Node, skip: Node, grown: Node, ways: _Ways
) -> _Mismatch | None:
    """What does not come back along one axis of the input."""
    if low is None or line is None or low.axis != line.axis:
        return None
    times = round(low.step / line.step)
    if times < 2 or abs(low.step / line.step - times) > 1e-9:
        return None
    cells = grown.flow.input.spatial[low.axis]
    back = times * cells if grown.layer.stretches else grown.output.spatial[low.axis]
    size = skip.output.spatial[line.axis]
    total = low.coarsest
    found = _Mismatch(axis, skip, size, grown, cells, back, times, total)
    if 0 < abs(size - back) < total / line.step:
        return found
    uneven = ways.uneven[source.index]
    if uneven is None or uneven.index <= skip.index or size == back or not node.layer.crops:
        return None
    found.uneven = uneven
    return found


def _arithmetic(subject: Subject, one: _Mismatch) -> list[str]:
    """The sizes of a mismatch, and of the input along its axis."""
    name, size = AXES[subject.analysis.input.rank][one.axis], subject.analysis.input.spatial[one.axis]
    notes = [
        f"{name}: `{one.skip.name}` has {one.size:,}; {one.low:,} cells, {one.times} times as coarse, come back as "
        f"{one.back:,}"
    ]
    if one.uneven is not None:
        volume = one.uneven.flow.input
        return [*notes, f"`{one.uneven.name}` reads {volume.pretty()} and puts out {one.uneven.output.pretty()}"]
    total = int(one.total)
    if total == one.total and size % total:
        notes.append(
            f"input {name}: {size:,} = {size // total:,}·{total:,} + {size % total:,}, and the strides multiply to {total:,}"
        )
    return notes


def _fitting(subject: Subject, mismatches: list[_Mismatch]) -> str:
    """The nearest sizes of the input with which every size comes back; of the skip, where the input's is even."""
    network, volume = subject.network, subject.analysis.input
    place = placing(network, network.inputs[0].name, seconds=1.0)

    def even(volume: Volume) -> Network | None:
        again = place(volume)
        if again is None:
            return None
        merges = [node for node in again.nodes if node.layer.merges and len(node.inputs) > 1]
        return None if _found(Subject(analyze_network(again)), merges) else again

    volumes, _ = fitting(even, volume, sorted({one.axis for one in mismatches}), tries=NODES // len(network.nodes))
    one = mismatches[0]
    helps = [f"an input of {' or '.join(pretty_sizes(one.spatial) for one in volumes)}"] if volumes else []
    if one.uneven is None:
        helps.append(_elsewhere(mismatches, volume) if _divides(mismatches, volume) or not volumes else "")
    return ", or ".join(filter(None, helps))


def _divides(mismatches: list[_Mismatch], volume: Volume) -> bool:
    """Whether the strides divide the input already, or are fractions, along one of the axes."""
    return any(one.total != int(one.total) or volume.spatial[one.axis] % int(one.total) == 0 for one in mismatches)


def _elsewhere(mismatches: list[_Mismatch], volume: Volume) -> str:
    """What to change besides the input: the size of the skip, or what hides that the sizes do not come back."""
    one = mismatches[0]
    if _divides(mismatches, volume):
        return f"a size of `{one.skip.name}` that {one.times} divides, by padding before it"
    below, above = list(volume.spatial), list(volume.spatial)
    for one in mismatches:
        below[one.axis] -= volume.spatial[one.axis] % int(one.total)
        above[one.axis] = below[one.axis] + int(one.total)
    sizes = [pretty_sizes(tuple(size)) for size in (below, above) if min(size) > 0]
    return f"an input of {' or '.join(sizes)}, and no padding or crop before the merge"
