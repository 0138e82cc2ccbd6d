"""How often edges cross in our drawings, next to dagre's, and how long the layout takes.

    python benchmarks/layout.py                   # crossings of the examples and of 200 random graphs, and seconds
    python benchmarks/layout.py --graphs          # the random graphs, for layout_dagre.mjs

Crossings are counted on the finished drawing: pairs of segments of two edges that go through each other. Those of dagre
are in layout_dagre.json, which layout_dagre.mjs makes.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import analyzer
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.layers import CATALOGUE
from analyzer.reporter.picture.layers import plain
from analyzer.reporter.picture.layout import Placement, placed
from analyzer.reporter.picture.placing import laid_out
from analyzer.reporter.picture.scene import scene_of
from analyzer.reporter.picture.stacking import Measures, Room, stacked
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from analyzer.reporter.picture.stacking import Way

HERE = Path(__file__).resolve().parent
DAGRE = HERE / "layout_dagre.json"
EXAMPLES = sorted((HERE.parent / "example_models").glob("*.yaml"))

#: Edges to nodes in the random graphs, one after the other.
DENSITIES = 1.1, 1.4, 1.8, 2.4


class Numbers:
    """Random numbers that are the same in every version of Python (Park and Miller, 1988)."""

    def __init__(self, seed: int) -> None:
        self.state = seed * 7919 + 1

    def below(self, stop: int) -> int:
        """A whole number from 0 to `stop` − 1."""
        self.state = self.state * 48271 % 2147483647
        return self.state % stop


def graphs(count: int = 200) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Random graphs without circles, of 10 to 40 nodes: each node but the first has an edge from an earlier one."""
    for seed in range(count):
        numbers = Numbers(seed)
        nodes = 10 + numbers.below(31)
        edges = {(numbers.below(node), node) for node in range(1, nodes)}
        while len(edges) < int(nodes * DENSITIES[seed % len(DENSITIES)]):
            one, other = numbers.below(nodes), numbers.below(nodes)
            if one != other:
                edges.add((min(one, other), max(one, other)))
        yield nodes, sorted(edges)


def drawn(placement: Placement, ends: Sequence[tuple[int, int]]) -> list[Way]:
    """The corners of all edges, with boxes of 140 by 40."""
    boxes = len(placement.rows)
    return stacked(placement, Room([90] * boxes, [90] * boxes, [40] * boxes), ends, Measures()).ways


def crossings(ways: Sequence[Way]) -> int:
    """How many pairs of segments of two edges go through each other."""
    count = 0
    for one, other in combinations(ways, 2):
        for start, end in pairwise(one):
            for begin, stop in pairwise(other):
                apart = _side(start, end, begin) * _side(start, end, stop) < 0
                count += apart and _side(begin, stop, start) * _side(begin, stop, end) < 0
    return count


def _side(start: tuple[float, float], end: tuple[float, float], point: tuple[float, float]) -> int:
    """On which side of a line a point is."""
    turn = (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])
    return (turn > 0) - (turn < 0)


def shared(ways: Sequence[Way]) -> int:
    """How many pairs of segments of two edges touch without going through each other; the layout promises none."""
    count = 0
    for one, other in combinations(ways, 2):
        for start, end in pairwise(one):
            for begin, stop in pairwise(other):
                meet = all(
                    max(min(start[axis], end[axis]), min(begin[axis], stop[axis]))
                    <= min(max(start[axis], end[axis]), max(begin[axis], stop[axis]))
                    for axis in (0, 1)
                )
                through = _side(start, end, begin) * _side(start, end, stop) < 0
                count += meet and not (through and _side(begin, stop, start) * _side(begin, stop, end) < 0)
    return count


def in_example(path: Path) -> Iterator[list[Way]]:
    """The edges of every scope of an example."""
    for laid in laid_out(scene_of(analyzer.analyze(path))).values():
        yield drawn(laid.placement, [(edge.source, edge.target) for edge in laid.edges])


def _random() -> None:
    kept = json.loads(DAGRE.read_text("utf-8"))
    started = time.perf_counter()
    found = [(placed(plain(nodes, edges), most_lanes=None), edges) for nodes, edges in graphs()]
    seconds = time.perf_counter() - started
    ours = [crossings(drawn(placement, edges)) for placement, edges in found]
    theirs = kept["crossings"]
    more = sum(mine > other for mine, other in zip(ours, theirs, strict=True))
    print(f"random graphs: {sum(ours):,} crossings in {seconds:.2f} s; dagre {kept['version']}: {sum(theirs):,}")
    print(f"  more than dagre's on {more} of {len(ours)}")


def _long(layers: int = 10_000) -> None:
    network = Network()
    conv = CATALOGUE["conv"](filters=8, kernel=3, padding=1)
    node = network.enter("image", Volume((32, 32), 8))
    for number in range(layers):
        node = network.place(f"conv{number}", conv, [node])
    scene = scene_of(analyze_network(network))
    started = time.perf_counter()
    laid_out(scene)
    print(f"{layers:,} layers in a chain: {time.perf_counter() - started:.2f} s")


def main() -> None:
    """Prints one part after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--graphs", action="store_true", help="print the random graphs as JSON")
    if parser.parse_args().graphs:
        print(json.dumps(list(graphs())))
        return
    print(
        f"{len(EXAMPLES)} examples: {sum(crossings(ways) for path in EXAMPLES for ways in in_example(path))} crossings"
    )
    _random()
    _long()


if __name__ == "__main__":
    main()
