"""A network as a program that lays out graphs reads it: shapes, some of them around others, and arrows between them.

An open block is a shape around those in it, and a closed one is a single shape. What only holds boxes together adds no
shape around them: a run of equal neighbours, a chunk, a layer with its `norm` and `act`. An arrow goes from one single
shape to another, through whatever is around them, and has the volumes that the second reads of the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analyzer.engine.network import Node
from analyzer.record import Record, field
from analyzer.reporter.picture.opened import opened
from analyzer.reporter.picture.scene import MOST_EDGES, Box, Scene

#: Volumes that are written beside an arrow; more are counted.
_VOLUMES = 3

_DIGITS = "0123456789"

#: The longest line of a label: programs that lay out graphs do not cut text.
LONGEST = 60


class Shape(Record):
    """One shape: its generated id, the lines of its label, the shapes in it (None for a single one).

    `form` is `box`, `pill` for what enters or leaves the network, or `stub` for arrows that are not drawn; in a picture
    of two networks also what happened: `added`, `removed`, `changed` or `moved`.
    """

    id: str
    lines: Sequence[str]
    form: str = "box"
    parts: list[Shape] | None = None


class Arrow(Record):
    """From one shape to another, by their ids, with the lines beside it; `faint` for one that stands for several."""

    source: str
    target: str
    lines: Sequence[str] = ()
    faint: bool = False


class Outline(Record):
    """A picture: its title, its shapes, its arrows."""

    title: str
    shapes: list[Shape] = field(factory=list)
    arrows: list[Arrow] = field(factory=list)


def outlines(scene: Scene, depth: int | str, title: str) -> Iterator[Outline]:
    """The picture that `--depth` asks for, then others that are folded level by level, the last one to a single box."""
    asked = opened(scene, depth)
    yield outline_of(scene, asked, title)
    levels = [0] * len(scene.boxes)
    for box in scene.boxes[1:]:
        assert box.parent is not None
        levels[box.id] = levels[box.parent.id] + 1
    for level in range(max((levels[number] for number in asked), default=0), -1, -1):
        yield outline_of(scene, {number for number in asked if levels[number] < level}, title)


def outline_of(scene: Scene, open_boxes: set[int], title: str) -> Outline:
    """The picture in which the boxes of these ids are open."""
    drawn = Outline(title)
    shown: list[Box] = []  # the box that is drawn for each layer
    left: list[tuple[Box, list[Shape]]] = [(scene.root, drawn.shapes)] if scene.network.nodes else []
    while left:
        box, around = left.pop()
        if box.id not in open_boxes or not box.parts:
            around.append(Shape(f"b{box.id}", _label(box, scene, title)))
            shown += [box] * (box.stop - box.start)
            continue
        inside = around
        if _is_block(box):
            inside = []
            around.append(Shape(f"b{box.id}", [" · ".join(_label(box, scene, title))], parts=inside))
        left.extend((part, inside) for part in reversed(box.parts))
    _connect(scene, drawn, shown)
    return drawn


def cut(line: str) -> str:
    """A line of a label, cut off where it is long."""
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _is_block(box: Box) -> bool:
    """Whether an open box is around those in it."""
    return box.parent is not None and box.group is not None and not box.group.expanded


def _label(box: Box, scene: Scene, title: str) -> list[str]:
    """The lines of a label: a name, and what it is, where the name does not say it."""
    name, kind = box.label if box.parent is not None else title, box.kind
    if box.parts and box.stop - box.start == 1:  # a group of one layer is shown as that layer
        layer = scene.leaves[box.start]
        name, kind = name + layer.name[len(box.name) :], layer.kind
    times = f" ×{box.times}" if box.times > 1 else ""
    return [cut(name) + times, *([cut(kind)] if kind and kind != name.rstrip(_DIGITS) else [])]


def _connect(scene: Scene, drawn: Outline, shown: Sequence[Box]) -> None:
    """Adds what enters and leaves the network, and the arrows."""
    inputs, outputs = scene.network.inputs, scene.network.outputs
    enters = _ends(inputs, "i", "input")
    leaves = _ends(outputs, "o", "output")
    ids = {node.index: enters[min(place, len(enters) - 1)].id for place, node in enumerate(inputs)}
    ids.update((index, f"b{box.id}") for index, box in enumerate(shown))
    read: dict[str, dict[str, dict[int, Node]]] = {}  # by the id of what reads, then of what is read
    for node in scene.network.nodes:
        target = ids[node.index]
        for source in node.inputs:
            if ids[source.index] != target:
                read.setdefault(target, {}).setdefault(ids[source.index], {})[source.index] = source
    for place, node in enumerate(outputs):
        target = leaves[min(place, len(leaves) - 1)].id
        read.setdefault(target, {}).setdefault(ids[node.index], {})[node.index] = node
    stubs: list[Shape] = []
    for target, sources in read.items():
        _arrive(drawn, target, list(sources.items()), stubs)
    drawn.shapes[:] = [*enters, *drawn.shapes, *stubs, *leaves]


def _ends(nodes: Sequence[Node], letter: str, word: str) -> list[Shape]:
    """The shapes of what enters or leaves the network: one each, or one for all where they are many."""
    if len(nodes) > MOST_EDGES:
        return [Shape(f"{letter}0", [f"{len(nodes):,} {word}s"], "pill")]
    several = [[word, cut(node.name)] if node.name != word else [word] for node in nodes]
    one = [[word if letter == "o" else cut(node.name)] for node in nodes]
    return [Shape(f"{letter}{place}", lines, "pill") for place, lines in enumerate(several if len(nodes) > 1 else one)]


def _arrive(drawn: Outline, target: str, sources: Sequence[tuple[str, dict[int, Node]]], stubs: list[Shape]) -> None:
    """The arrows to one shape: those of the nearest shapes, and one for all others where they are many."""
    nearest = sources if len(sources) <= MOST_EDGES else sorted(sources, key=_last)[-MOST_EDGES:]
    if len(nearest) < len(sources):
        kept = {name for name, _ in nearest}
        others = [node for name, nodes in sources if name not in kept for node in nodes.values()]
        names = f"{cut(others[0].name)} … {cut(others[-1].name)}"
        stubs.append(Shape(f"{target}s", [f"{len(others):,} more volumes", names], "stub"))
        drawn.arrows.append(Arrow(f"{target}s", target, faint=True))
    drawn.arrows.extend(
        Arrow(name, target, beside(node.output.pretty() for node in nodes.values())) for name, nodes in nearest
    )


def _last(source: tuple[str, dict[int, Node]]) -> int:
    """The place of the last layer of a shape that is read."""
    return max(source[1])


def beside(volumes: Iterable[str]) -> list[str]:
    """The lines beside an arrow along which these volumes run, equal ones once."""
    counts: dict[str, int] = {}
    for volume in volumes:
        counts[volume] = counts.get(volume, 0) + 1
    lines = [volume if number == 1 else f"{number:,} of {volume}" for volume, number in counts.items()]
    more = len(lines) - _VOLUMES
    return lines if more <= 0 else [*lines[:_VOLUMES], f"{more:,} more"]
