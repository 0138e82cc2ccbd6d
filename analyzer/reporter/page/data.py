"""The network as columns for the script of the page: its boxes, its layers, and what layers of one kind cost.

Columns are lists with one number for each box or layer; what many of them have is in a table, and a column has its
place there. No name is written twice: that of a box is made of those around it.

    boxes     level: how deep in the tree; label and kind: places in `words`. In preorder, so that the boxes in a box
              are those that follow with a higher level
    runs      [box, equal neighbours in it, …]
    chunks    the boxes that only hold some of many together
    same      the boxes that have the whole name of the box around them: a layer whose `act` is beside it
    alone     the boxes whose label is their whole name
    layers    cost: the place in `costs`; line: of the file, 0 if it has none; field: the place in `fields`
    reads     {layer: the layers that it reads}, where that is not just the one before; inputs count down from −1
    costs     columns: volume (a place in `volumes`), weights, biases, buffers and bytes of each mode, macs, activation
              bytes. `unknown`: the costs of which a part of the MACs is unknown
    fields    [text, cells on the first axis, or 0 where it is unknown]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.engine.result import MODES, Analysis, Row
from analyzer.reporter.analysis.columns import COLUMNS
from analyzer.reporter.modes import modes_of
from analyzer.reporter.page.values import Table
from analyzer.reporter.picture.scene import Box, Scene
from analyzer.source import inert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The most layers that `reads` names for one layer, and what says that there are more.
_NAMED, MORE = 24, -0.5

#: What is counted of a layer in a mode.
_COUNTS = ("weights", "biases", "buffers", "bytes")


def columns(analysis: Analysis, scene: Scene) -> Iterator[tuple[str, Any]]:
    """The keys of the data with their values."""
    words = Table()
    yield "network", _network(analysis)
    yield "boxes", _boxes(scene, words)
    yield "words", [inert(word) for word in words.list()]
    yield from _layers(analysis)


def _network(analysis: Analysis) -> dict[str, Any]:
    """What the network is called, and its run."""
    return {
        "name": inert(analysis.name),
        "file": inert(analysis.file),
        "inputs": [[inert(node.name), node.output.pretty()] for node in analysis.network.inputs],
        "outputs": [node.index for node in analysis.network.outputs],
        "batch": analysis.batch,
        "dtype": analysis.dtype,
        "modes": list(modes_of("both", mixed=analysis.mixed)),
    }


def _boxes(scene: Scene, words: Table) -> dict[str, list[int]]:
    """The tree of boxes."""
    boxes = scene.boxes
    level: list[int] = []
    for box in boxes:
        level.append(0 if box.parent is None else level[box.parent.id] + 1)
    runs = [number for box in boxes if box.times > 1 for number in (box.id, box.times)]
    same, alone = [], []
    for box in boxes:
        around = _around(box)
        if around is not None and box.times == 1 and not box.chunk:
            if box.name == around.name:
                same.append(box.id)
            elif box.name == box.label and around.name:
                alone.append(box.id)
    return {
        "level": level,
        "label": [words.place(box.label) for box in boxes],
        "kind": [words.place(box.kind) for box in boxes],
        "runs": runs,
        "chunks": [box.id for box in boxes[1:] if box.chunk],
        "same": same,
        "alone": alone,
    }


def _around(box: Box) -> Box | None:
    """The box that a name is inside of: runs and chunks add nothing to names."""
    around = box.parent
    while around is not None and around.parent is not None and around.group is None:
        around = around.parent
    return around


def _layers(analysis: Analysis) -> Iterator[tuple[str, Any]]:
    """What each layer reads, puts out and costs."""
    volumes, costs, fields = Table(), Table(), Table()
    modes = [mode for mode in MODES if mode != "declared" or analysis.mixed]
    rows = analysis.rows
    yield (
        "layers",
        {
            "cost": [costs.place((volumes.place(row.output.pretty()), *_cost(row, modes))) for row in rows],
            "line": [row.line or 0 for row in rows],
            "field": [fields.place(_field(row)) for row in rows],
        },
    )
    yield "reads", {str(row.node.index): found for row in rows if (found := _reads(row)) != [row.node.index - 1]}
    yield "volumes", volumes.list()
    names = ["volume", *(f"{mode}.{name}" for mode in modes for name in _COUNTS), "macs", "activation", "unknown"]
    table = dict(zip(names, map(list, zip(*costs.list(), strict=True)), strict=False))
    unknown = [place for place, one in enumerate(table.get("unknown", ())) if one]
    yield "costs", {name: table.get(name, []) for name in names[:-1]} | {"unknown": unknown}
    yield "fields", fields.list()


def _cost(row: Row, modes: Sequence[str]) -> Iterator[int]:
    """The costs of a layer in the order of the columns."""
    for mode in modes:
        cost = getattr(row.own, mode)
        for name in _COUNTS:
            yield getattr(cost, name)
    yield int(row.own.macs)
    yield row.own.activation_bytes
    yield len(row.unknown)


def _field(row: Row) -> tuple[str, int]:
    """The receptive field of a layer as text, and on the first axis of the input."""
    found = row.receptive_field
    return COLUMNS["receptive_field"].text(row), 0 if found is None or not found.size else found.size[0]


def _reads(row: Row) -> list[float]:
    """The layers that a layer reads, each once."""
    found: list[float] = [*dict.fromkeys(node.index for node in row.node.inputs)]
    return found if len(found) <= _NAMED else [*found[:_NAMED], MORE]
