"""The columns of the graph view: every scope has a placement, equal scopes have one, stubs have names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.reporter.options import Options
from analyzer.reporter.page.graph import columns, section
from analyzer.reporter.page.reviewed import Reviewed
from analyzer.reporter.picture.scene import Scene, scene_of

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))

CONV = {"conv": {"filters": 4, "kernel": 3, "padding": 1}}


def graph(model: object) -> tuple[Scene, dict[str, Any]]:
    analysis = analyzer.analyze(model)
    scene = scene_of(analysis)
    return scene, columns(Reviewed(analysis=analysis), scene, Options())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_scope_has_its_edges(path: Path) -> None:
    scene, found = graph(str(path))
    scopes = [box for box in scene.boxes if box.scope is not None]
    assert len(found["scope"]) == len(scopes)
    for box, number in zip(scopes, found["scope"], strict=True):
        place, nodes, stubs = found["scopes"][number]
        wires = found["places"][place]
        assert box.scope is not None
        assert [box.start + node for node in nodes] == [edge.node for edge in box.scope.edges]
        assert {len(wires[key]) for key in ("sources", "targets", "starts", "ends", "bends")} == {len(nodes)}
        ends = 0 if box.parent else len(box.scope.enters) + len(box.scope.leaves)
        assert len(wires["rows"]) == len(wires["columns"]) == len(box.parts) + ends
        assert not stubs


def test_equal_blocks_share_what_they_have_in_common() -> None:
    """ResNet-50 has 16 blocks of two kinds: with a projection in the skip, and without."""
    scene, found = graph(str(EXAMPLES[0].parent / "resnet50.yaml"))
    blocks = [
        number
        for box, number in zip([box for box in scene.boxes if box.scope], found["scope"], strict=True)
        if box.kind == "Bottleneck" and box.times == 1
    ]
    assert len(blocks) == 16
    assert len({found["scopes"][number][0] for number in blocks}) == 2


def test_a_volume_that_comes_from_an_input_is_counted_back_beyond_the_first_layer() -> None:
    model = {"inputs": {"a": "8x8x1", "b": "8x8x2"}, "layers": [{"concat": ["a", "b"]}, CONV]}
    scene, found = graph(model)
    (_, nodes, _) = found["scopes"][found["scope"][0]]
    assert sorted(nodes) == [-2, -1, 0, 1]
    assert len(scene.network.inputs) == 2


def test_edges_that_are_too_many_are_stubs_with_names() -> None:
    """Layer 30 reads 30 layers: 12 edges are drawn, 18 are not."""
    names = [f"c{n}" for n in range(30)]
    layers: list[object] = [
        {"conv": {"filters": n + 1, "kernel": 1}, "name": name, "from": "input"} for n, name in enumerate(names)
    ]
    _, found = graph({"input": "8x8x1", "layers": [*layers, {"concat": {"inputs": names}, "name": "all"}]})
    stubs = {item: (into, reads) for item, _, into, reads in found["scopes"][found["scope"][0]][2]}
    into, reads = stubs[30]
    assert into == 18
    assert len(reads) == 12
    assert set(reads) < set(range(30))


def test_the_section_says_how_to_use_it() -> None:
    analysis = analyzer.analyze({"input": "8x8x1", "layers": [CONV]})
    text = "".join(section(Reviewed(analysis=analysis), scene_of(analysis), Options()))
    assert 'data-view="graph"' in text
    assert "The graph of 1 layer: arrow keys follow edges" in text
