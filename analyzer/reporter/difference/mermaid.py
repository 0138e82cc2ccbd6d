"""The graph of a comparison as a Mermaid flowchart, for a comment: one shape a row, stretches without a change as one.

What was added, removed, changed or moved has a sign and a colour. Arrows are those of the new network, with a volume
that changed as `old → new`; dotted ones are of the old network: what a removed layer read and who read it, and what a
changed layer no longer reads. Where a comment has no room for all rows, neighbours share a shape, which counts them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.difference.result import Difference
from analyzer.difference.tree import NamedNode
from analyzer.record import Record, field
from analyzer.reporter.difference.entries import SIGNS
from analyzer.reporter.difference.pairs import Face, Fold, Row, folded, rows_of
from analyzer.reporter.difference.words import pretty, signed
from analyzer.reporter.picture.mermaid import fitting
from analyzer.reporter.picture.outline import Arrow, Outline, Shape, beside, cut
from analyzer.reporter.picture.scene import MOST_EDGES
from analyzer.units import count, exact, plural, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: What shapes read: by the id of the shape, then by that of what it reads, the names of layers with their volumes.
    Read: TypeAlias = dict[str, dict[str, dict[str, str]]]

#: The sign of what moved is an arrow here: a label has no other one.
_SIGNS = {**SIGNS, "moved": "→"}

#: The graph takes at most one part of so many of the room that is left.
_PART = 3

_NOTE = "neighbours share a shape, since there is no room for more; `analyzer diff OLD NEW --format html` shows each"


class Ends(Record):
    """The shapes that layers and inputs of both networks are in, by their names, and those of the outputs."""

    old: dict[str, str] = field(factory=dict)
    new: dict[str, str] = field(factory=dict)


def graph(difference: Difference, mode: str, room: int) -> Iterator[str]:
    """The graph folded away, in a part of the bytes that a comment has left; nothing where no layer changed."""
    text = flowchart(difference, mode, room // _PART)
    if text is not None:
        yield f"\n<details><summary>Graph</summary>\n\n```mermaid\n{text}```\n</details>\n"


def flowchart(difference: Difference, mode: str, most: int) -> str | None:
    """The graph in at most so many bytes, with the parameters of one mode.

    None where nothing changed, or where not even one shape has room.
    """
    rows = rows_of(difference)
    if not any(row.change for row in rows):
        return None
    return fitting(_outlines(difference, rows, mode), _NOTE, most=most)


def _outlines(difference: Difference, rows: Sequence[Row], mode: str) -> Iterator[Outline]:
    """The graph with a shape for each row, then others with fewer shapes, the last one with a single shape."""
    parts = [[*one.rows] if isinstance(one, Fold) else [one] for one in folded(rows)]
    yield _outline(difference, parts, mode)
    parts = [[*one.rows] if isinstance(one, Fold) else [one] for one in folded(rows, around=0)]
    while True:
        yield _outline(difference, parts, mode)
        if len(parts) == 1:
            return
        parts = [[row for part in parts[place : place + 2] for row in part] for place in range(0, len(parts), 2)]


def _outline(difference: Difference, parts: Sequence[Sequence[Row]], mode: str) -> Outline:
    """The graph in which each part, rows that follow each other, is a shape."""
    drawn = Outline(f"What changed from {difference.old.label} to {difference.new.label}")
    ends, removed = Ends(), set()
    for place, part in enumerate(parts):
        shape = _shape(f"b{place + 1}", part, mode)
        drawn.shapes.append(shape)
        if shape.form == "removed":
            removed.add(shape.id)
        for row in part:
            for face, names in ((row.old, ends.old), (row.new, ends.new)):
                names.update((node.name, shape.id) for node in _nodes(face))
    drawn.shapes[:0] = _inputs(difference, ends)
    _connect(drawn, ends, parts, removed, _volumes(difference, parts))
    drawn.shapes += _outputs(drawn, difference, ends)
    return drawn


def _nodes(face: Face | None) -> Iterator[NamedNode]:
    """The layers of one network in a row."""
    for part in () if face is None else face.parts:
        yield from part.layers


def _shape(id: str, part: Sequence[Row], mode: str) -> Shape:
    changes = {row.change for row in part}
    if len(part) > 1:
        names = list(dict.fromkeys([cut(part[0].face.name), cut(part[-1].face.name)]))
        return Shape(id, [" … ".join(names), _tally(part)], "box" if changes == {""} else _form(changes))
    row = part[0]
    face = row.face
    times = f" ×{count(row.times)}" if row.times > 1 else ""
    name = f"{_SIGNS[row.change]} {cut(face.name)}{times}" if row.change else f"{cut(face.name)}{times}"
    return Shape(id, [name, *_said(row), *_costs(row, mode)], row.change or "box")


def _form(changes: set[str]) -> str:
    """The form of a shape for several rows: that of all that changed, otherwise the one of changed rows."""
    changes = changes - {""}
    return changes.pop() if len(changes) == 1 else "changed"


def _tally(part: Sequence[Row]) -> str:
    """What happened in several rows: `+ 3 layers, ~ 2 layers, 40 layers unchanged`."""
    layers: dict[str, int] = {}
    for row in part:
        layers[row.change] = layers.get(row.change, 0) + row.face.layers
    same = layers.pop("", 0)
    said = [f"{sign} {plural(layers[change], 'layer')}" for change, sign in _SIGNS.items() if change in layers]
    return ", ".join([*said, *([f"{plural(same, 'layer')} unchanged"] if same else [])])


def _said(row: Row) -> list[str]:
    """What a row is: a type or a number of layers, before and after where they differ."""
    texts = [_kind(face, row.times) for face in (row.old, row.new) if face is not None]
    said = [cut(" → ".join(dict.fromkeys(texts)))]
    if row.renamed and row.old is not None:
        said.append(f"was {cut(row.old.name)}")
    return said


def _kind(face: Face, times: int) -> str:
    if not face.kind:
        return plural(face.layers // times, "layer")
    kinds = face.kinds
    return ", ".join(kinds if len(kinds) < 4 else [*kinds[:3], "…"])


def _costs(row: Row, mode: str) -> Iterator[str]:
    """What a row costs more or less."""
    for name, word in ((f"{mode}.parameters", "parameters"), ("macs", "MACs")):
        delta = row.delta[name]
        if row.change and (delta or not exact(delta)):
            yield f"{signed(delta, short)} {word}"


def _inputs(difference: Difference, ends: Ends) -> list[Shape]:
    """The shapes of the inputs of both networks; one for all where they are many."""
    names = dict.fromkeys([*difference.old.inputs, *difference.new.inputs])
    several = len(names) > MOST_EDGES
    shapes = [] if not several else [Shape("i0", [plural(len(names), "input")], "pill")]
    for place, name in enumerate(names):
        ends.old[name] = ends.new[name] = "i0" if several else f"i{place}"
        if not several:
            shapes.append(Shape(f"i{place}", [cut(name)], "pill"))
    return shapes


def _connect(
    drawn: Outline,
    ends: Ends,
    parts: Sequence[Sequence[Row]],
    removed: set[str],
    volumes: tuple[dict[str, str], dict[str, str]],
) -> None:
    """The arrows of the new network, then those of the old one that are no more."""
    now: Read = {}
    was: Read = {}
    old, new = volumes
    for part in parts:
        for row in part:
            rewired = {id(change.old) for change in row.layers if "inputs" in change.fields}
            for node in _nodes(row.new):
                _read(now, ends.new, node, new, node.layer["inputs"] if node.layer else ())
            for node in _nodes(row.old):
                names = node.layer["inputs"] if node.layer else ()
                if row.new is not None and id(node) not in rewired:
                    names = [name for name in names if ends.old.get(name) in removed]
                _read(was, ends.old, node, old, names)
    for target, sources in was.items():
        was[target] = {source: read for source, read in sources.items() if source not in now.get(target, ())}
    _arrive(drawn, now, faint=False)
    _arrive(drawn, was, faint=True)


def _volumes(difference: Difference, parts: Sequence[Sequence[Row]]) -> tuple[dict[str, str], dict[str, str]]:
    """The volumes of inputs and layers of the old and of the new network, a changed one as `old → new`."""
    old = {name: pretty(volume) for name, volume in difference.old.inputs.items()}
    new = {name: _changed(old.get(name), pretty(volume)) for name, volume in difference.new.inputs.items()}
    for part in parts:
        for row in part:
            old.update((node.name, _output(node)) for node in _nodes(row.old))
            for node in _nodes(row.new):
                new[node.name] = _changed(None if node.match is None else _output(node.match), _output(node))
    return old, new


def _changed(before: str | None, after: str) -> str:
    return after if before in (None, after) else f"{before} → {after}"


def _output(node: NamedNode) -> str:
    return "" if node.layer is None else pretty(str(node.layer["output"]))


def _read(read: Read, ends: dict[str, str], node: NamedNode, volumes: dict[str, str], names: Sequence[str]) -> None:
    """Notes what a layer reads of the layers and inputs of these names."""
    target = ends[node.name]
    for name in names:
        source = ends.get(name, target)
        if source != target:
            read.setdefault(target, {}).setdefault(source, {})[name] = volumes.get(name, "")


def _arrive(drawn: Outline, read: Read, *, faint: bool) -> None:
    """The arrows; of many to one shape only the last."""
    for target, sources in read.items():
        for source, volumes in [*sources.items()][-MOST_EDGES:]:
            drawn.arrows.append(Arrow(source, target, beside(filter(None, volumes.values())), faint=faint))


def _outputs(drawn: Outline, difference: Difference, ends: Ends) -> list[Shape]:
    """One shape for the outputs of the new network, and its arrows."""
    names = [name for name in difference.new.report["outputs"] if name in ends.new]
    sources: dict[str, list[str]] = {}
    for name in names:
        sources.setdefault(ends.new[name], []).append(pretty(str(difference.new.report["outputs"][name])))
    for source, volumes in [*sources.items()][-MOST_EDGES:]:
        drawn.arrows.append(Arrow(source, "o0", beside(volumes)))
    return [Shape("o0", ["output" if len(names) < 2 else plural(len(names), "output")], "pill")] if names else []
