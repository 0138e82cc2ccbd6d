"""The layout: every edge is drawn once, lines cross rarely and never share a stretch, boxes and lines keep apart."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import analyzer
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.layers import CATALOGUE
from analyzer.reporter.picture.layers import MOST_LANES, Wiring, plain
from analyzer.reporter.picture.layout import Placement, placed
from analyzer.reporter.picture.placing import Laid, laid_out
from analyzer.reporter.picture.scene import scene_of
from analyzer.reporter.picture.stacking import Measures, Room, Stacked, stacked
from analyzer.volume import Volume

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "benchmarks"))

import layout as benchmark  # noqa: E402

EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))
DAGRE = json.loads(benchmark.DAGRE.read_text("utf-8"))


def drawing(placement: Placement, ends: list[tuple[int, int]], sizes: int = 0) -> Stacked:
    """Boxes of sizes that differ, all wide enough for their slots."""
    boxes = len(placement.rows)
    room = Room(
        [90 + 7 * (box * sizes % 11) for box in range(boxes)],
        [90 + 5 * (box * sizes % 13) for box in range(boxes)],
        [40 + 9 * (box * sizes % 5) for box in range(boxes)],
    )
    return stacked(placement, room, ends, Measures())


def laid(name: str) -> Iterator[Laid]:
    yield from laid_out(scene_of(analyzer.analyze(ROOT / "example_models" / f"{name}.yaml"))).values()


def chain(layers: int) -> Network:
    network = Network()
    conv = CATALOGUE["conv"](filters=8, kernel=3, padding=1)
    node = network.enter("image", Volume((32, 32), 8))
    for number in range(layers):
        node = network.place(f"conv{number}", conv, [node])
    return network


def test_a_chain_is_one_straight_column() -> None:
    placement = placed(plain(4, [(0, 1), (1, 2), (2, 3)]))
    assert (placement.rows, placement.columns, placement.lanes) == ([0, 1, 2, 3], [0, 0, 0, 0], 1)
    assert placement.bends == [[], [], []]
    assert placement.tracks == [0, 0, 0, 0, 0]


def test_nested_skips_have_nested_lanes() -> None:
    # A small U-Net: the skip that begins first is the outermost, and nothing crosses.
    edges = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (0, 6), (1, 5), (2, 4)]
    placement = placed(plain(7, edges))
    assert placement.columns == [0] * 7
    assert [placement.bends[edge][2] for edge in (6, 7, 8)] == [3, 2, 1]
    assert benchmark.crossings(benchmark.drawn(placement, edges)) == 0


def test_branches_keep_their_column() -> None:
    # Two branches of two boxes: what splits and what joins them is above and below the first.
    placement = placed(plain(6, [(0, 1), (1, 2), (0, 3), (3, 4), (2, 5), (4, 5)]))
    assert placement.columns == [0, 0, 0, 1, 1, 0]
    assert placement.rows == [0, 1, 2, 1, 2, 3]


def test_four_branches_are_around_the_trunk() -> None:
    edges = [(0, 1), *((1, branch) for branch in (2, 3, 4, 5)), *((branch, 6) for branch in (2, 3, 4, 5)), (6, 7)]
    placement = placed(plain(8, edges))
    assert placement.columns == [1, 1, 0, 1, 2, 3, 1, 1]


def test_parallel_edges_are_apart() -> None:
    edges = [(0, 1), (0, 1), (0, 1)]
    ways = benchmark.drawn(placed(plain(2, edges)), edges)
    assert len({way[0] for way in ways}) == len({way[-1] for way in ways}) == 3
    assert benchmark.crossings(ways) == benchmark.shared(ways) == 0


def test_what_reads_nothing_is_directly_above_its_reader() -> None:
    assert placed(plain(4, [(0, 1), (1, 2), (3, 2)])).rows == [0, 1, 2, 1]


@pytest.mark.parametrize("boxes", [0, 1, 3])
def test_boxes_without_edges(boxes: int) -> None:
    placement = placed(plain(boxes, []))
    assert placement.columns == list(range(boxes))
    assert drawing(placement, []).ways == []


def test_a_volume_that_only_passes_runs_from_port_to_port() -> None:
    placement = placed(Wiring(1, [-1, 0, -2], [0, 1, 2], [0, 1, 2], [1, 1, 1], [0, 3], [0, 2]))
    ways = drawing(placement, [(-1, 0), (0, 1), (-2, 2)]).ways
    assert (placement.starts, placement.ends) == ([0, 0, 3], [0, 0, 2])
    assert ways[2][0][1] == 0
    assert ways[2][-1][1] == max(y for way in ways for _, y in way)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_nothing_crosses_in_an_example(path: Path) -> None:
    for ways in benchmark.in_example(path):
        assert benchmark.crossings(ways) == benchmark.shared(ways) == 0


def test_random_graphs_cross_less_than_those_of_dagre() -> None:
    # The first 60 of the 200 of benchmarks/layout.py; dagre's counts are those of layout_dagre.mjs.
    ours = 0
    for nodes, edges in benchmark.graphs(60):
        placement = placed(plain(nodes, edges), most_lanes=None)
        assert placement.drawn == list(range(len(edges)))
        ours += benchmark.crossings(benchmark.drawn(placement, edges))
    assert len(DAGRE["crossings"]) == 200
    assert ours < sum(DAGRE["crossings"][:60])


@pytest.mark.parametrize("seed", range(0, 200, 9))
def test_boxes_and_lines_of_random_graphs_keep_apart(seed: int) -> None:
    nodes, edges = list(benchmark.graphs(seed + 1))[-1]
    placement = placed(plain(nodes, edges), most_lanes=None)
    drawn = drawing(placement, edges, sizes=seed)
    assert benchmark.shared(drawn.ways) == 0
    # Rows, columns and bends do not depend on sizes, so neither do the crossings.
    assert benchmark.crossings(drawn.ways) == benchmark.crossings(benchmark.drawn(placement, edges))
    assert len(set(zip(placement.rows, placement.columns, strict=True))) == nodes
    for number, way in enumerate(drawn.ways):
        for (x, y), (there, below) in pairwise(way):
            assert x == there or y == below
            for box in set(range(nodes)) - set(edges[number]):
                left, top = drawn.x[placement.columns[box]], drawn.y[placement.rows[box]]
                inside = min(x, there) < left + 70 and max(x, there) > left - 70
                assert not (inside and min(y, below) < top + 40 and max(y, below) > top)


def test_each_edge_begins_and_ends_at_its_boxes() -> None:
    for scope in laid("googlenet"):
        ends = [(edge.source, edge.target) for edge in scope.edges]
        drawn = drawing(scope.placement, ends)
        rows = scope.placement.rows
        for number, way in zip(scope.placement.drawn, drawn.ways, strict=True):
            source, target = ends[number]
            assert way[0][1] == (drawn.y[rows[source]] + 40 if source >= 0 else 0)
            assert way[-1][1] == (drawn.y[rows[target]] if target < len(rows) else drawn.height)


def test_ports_have_the_slots_of_their_box() -> None:
    found = {scope.box.id: scope for scope in laid("unet")}
    several = 0
    for scope in found.values():
        upper, _ = scope.sides()
        for place, part in enumerate(scope.box.parts):
            inside = found.get(part.id)
            if inside is None:
                continue
            _, starts = inside.sides()
            assert part.scope is not None
            for port, node in enumerate(part.scope.enters):
                assert set(upper[place][node]) & set(starts[-1 - port][node])
            several += len(part.scope.enters) > 1
    assert several


def test_beyond_the_most_lanes_edges_are_stubs() -> None:
    edges = [(0, 1), *((box, box + 1) for box in range(1, 30)), *((0, box) for box in range(2, 31))]
    placement = placed(plain(31, edges))
    assert len(placement.drawn) == len(set(placement.drawn)) < len(edges)
    dropped = [edges[edge] for edge in range(len(edges)) if edge not in placement.drawn]
    assert min(target for _, target in dropped) > MOST_LANES  # the furthest are not drawn
    assert sum(out for _, out, _ in placement.more) == sum(into for _, _, into in placement.more) == len(dropped)


@pytest.mark.parametrize("reads", ["chain", "all"])
def test_the_layout_is_linear(reads: str) -> None:
    seconds = []
    for layers in (60, 600):
        network = chain(layers)
        if reads == "all":
            for number in range(3, layers // 2):
                add = CATALOGUE["add"](inputs=["a", "b"])
                network.place(f"add{number}", add, network.nodes[max(0, number - 60) : number])
        scene = scene_of(analyze_network(network))
        began = time.perf_counter()
        laid_out(scene)
        seconds.append(time.perf_counter() - began)
    assert seconds[1] < 60 * seconds[0] + 0.5  # ten times the layers; the rest is the machine's noise


def test_ten_thousand_layers() -> None:
    scene = scene_of(analyze_network(chain(10_000)))
    began = time.perf_counter()
    found = laid_out(scene)
    assert time.perf_counter() - began < 1
    assert sum(len(scope.placement.drawn) for scope in found.values()) > 10_000
