"""The scene: every layer in one leaf, every volume that a layer reads on one way of edges, chunks, stubs."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.reporter.picture.opened import at_first, opened
from analyzer.reporter.picture.scene import MOST_EDGES, MOST_PARTS, Box, Scene, scene_of
from analyzer.volume import Volume

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))

CONV = {"conv": {"filters": 4, "kernel": 3, "padding": 1}}


def scene(model: object) -> Scene:
    return scene_of(analyzer.analyze(model))


def flat(layers: int) -> Scene:
    """A chain in which no layer equals its neighbour."""
    return scene({"input": "8x8x1", "layers": [{"conv": {"filters": 1 + n % 7, "kernel": 1}} for n in range(layers)]})


def dense(layers: int) -> Scene:
    """Each layer reads all before."""
    names = [f"c{n}" for n in range(layers)]
    body = [
        {"conv": {"filters": 2, "kernel": 3, "padding": 1}, "name": name, **({"from": f"k{n}"} if n > 1 else {})}
        for n, name in enumerate(names)
    ]
    items: list[object] = []
    for n, item in enumerate(body):
        if n > 1:
            items.append({"concat": {"inputs": names[:n]}, "name": f"k{n}"})
        items.append(item)
    return scene({"input": "8x8x1", "layers": items})


def ways(found: Scene) -> None:
    """Every volume that a layer reads comes to it by one way of edges, from its layer or from an input."""
    place = {part.id: n for box in found.boxes for n, part in enumerate(box.parts)}
    edges = {
        box.id: {(edge.source, edge.target, edge.node) for edge in box.scope.edges} for box in found.boxes if box.scope
    }
    for node in found.network.nodes:
        for source in {one.index for one in node.inputs}:
            box = found.leaves[node.index]
            while True:
                around = box.parent
                assert around is not None
                assert around.scope is not None
                inside = [place[part.id] for part in around.parts if part.start <= source < part.stop]
                first = inside[0] if inside else -1 - around.scope.enters.index(source)
                assert (first, place[box.id], source) in edges[around.id], (node.name, source)
                if inside or around is found.root:
                    break
                box = around


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_layer_and_every_volume_is_in_the_scene(path: Path) -> None:
    found = scene(str(path))
    assert [box.id for box in found.boxes] == list(range(len(found.boxes)))
    assert [(box.start, box.stop) for box in found.leaves] == [(n, n + 1) for n in range(len(found.network.nodes))]
    assert [found.network.nodes[box.start].name for box in found.leaves] == [box.name for box in found.leaves]
    assert all(len(box.parts) <= MOST_PARTS for box in found.boxes)
    for box in found.boxes:
        stops = [box.start, *[part.stop for part in box.parts]]
        assert not box.parts or [part.start for part in box.parts] == stops[:-1]
        assert not box.parts or stops[-1] == box.stop
    ways(found)
    assert found.root.scope is not None
    assert [found.node(index) for index in found.root.scope.leaves] == found.network.outputs
    assert [found.node(index) for index in found.root.scope.enters] == found.network.inputs


def test_many_boxes_are_in_chunks() -> None:
    found = flat(130)
    assert [(box.label, box.kind) for box in found.root.parts] == [
        ("conv1 … conv60", "60 layers"),
        ("conv61 … conv120", "60 layers"),
        ("conv121 … conv130", "10 layers"),
    ]
    ways(found)
    deep = flat(60 * 60 + 1)
    assert len(deep.root.parts) == 2
    assert deep.root.parts[0].chunk
    assert [len(part.parts) for part in deep.root.parts[0].parts] == [60] * 60
    assert deep.root.parts[1].label == "conv3601"
    ways(deep)


def test_of_too_many_edges_the_longest_are_stubs() -> None:
    found = dense(20)
    for box in found.boxes:
        if box.scope is None:
            continue
        for end in ("source", "target"):
            items = [getattr(edge, end) for edge in box.scope.edges]
            assert all(items.count(item) <= MOST_EDGES for item in items)
    assert found.root.scope is not None
    last = found.leaves[found.network.names["k19"].index]
    stubs = found.root.scope.stubs[found.root.parts.index(last)]
    assert [found.node(index).name for index in stubs] == [f"c{n}" for n in range(len(stubs))]  # 19 are read


def test_a_network_without_layers() -> None:
    network = Network()
    network.enter("input", Volume((8, 8), 1))
    found = scene_of(analyze_network(network))
    assert (found.leaves, found.root.parts) == ([], [])
    assert found.root.scope is not None
    assert [(edge.source, edge.target, edge.node) for edge in found.root.scope.edges] == [(-1, 0, -1)]


def labels(found: Scene, ids: set[int]) -> list[str]:
    return [box.name for box in found.boxes if box.id in ids]


def test_the_first_repeated_block_is_open_at_first() -> None:
    models = Path(EXAMPLES[0]).parent
    resnet = scene(str(models / "resnet50.yaml"))
    assert labels(resnet, at_first(resnet)) == ["", "stage1", "stage1.1"]
    assert labels(flat(10), at_first(flat(10))) == [""]


def test_boxes_are_open_as_the_table_is_folded() -> None:
    """A closed box is a row of the table."""
    found = scene(str(EXAMPLES[0].parent / "resnet50.yaml"))
    for depth, rows in (("auto", 29), ("all", 175), (1, 9), (2, 21)):
        shown = opened(found, depth)
        left: list[Box] = [found.root]
        closed = 0
        while left:
            box = left.pop()
            if box.id in shown:
                left.extend(box.parts)
            else:
                closed += 1
        assert closed == rows, depth
