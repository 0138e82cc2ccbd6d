"""The tree of groups and runs, on small networks drawn by hand and on models whose papers give their repetitions."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from textwrap import dedent

import pytest
from building import build, volume
from loading import network

import analyzer
from analyzer.engine.network import Network, Node
from analyzer.engine.tree import Group, inside, tree_of
from analyzer.layers import CATALOGUE

ADD = build("add", {"inputs": ["named by the loader"]})

MODELS = sorted((Path(__file__).parents[2] / "example_models").glob("*.yaml"))


def tree(text: str) -> Group:
    """The tree of a model."""
    return tree_of(network(dedent(text)))


def runs(group: Group) -> list[str]:
    """The runs in a group: the name of its first group, and ×N where there are several, | where side by side."""
    return [
        run.groups[0].name + (f" {'×' if run.chained else '|'}{len(run.groups)}" if len(run.groups) > 1 else "")
        for run in group.runs
    ]


def by_name(root: Group) -> dict[str, Group]:
    """The groups by their names; the first of those with one name, which is the outermost."""
    found: dict[str, Group] = {}
    for group in inside(root):
        found.setdefault(group.name, group)
    return found


def test_groups_of_blocks() -> None:
    root = tree(
        """
        input: 8x8x4
        blocks:
          Pair:
            layers: [{conv: {K: 4, F: 3, P: 1, norm: batch_norm, act: relu}}, {conv: {K: 4, F: 1}}]
        layers: [{Pair: , repeat: 2, name: body}, {dense: 10}]
        """
    )
    assert [(part.name, part.start, part.stop) for part in root.parts] == [("body", 0, 8), ("dense1", 8, 9)]
    body, _ = root.parts
    assert [(part.name, part.block, part.layers) for part in body.parts] == [
        ("body.1", "Pair", 4),
        ("body.2", "Pair", 4),
    ]
    conv, last = body.parts[0].parts
    assert conv.expanded
    assert [part.name for part in conv.parts] == [
        "body.1.conv1",
        "body.1.conv1.batch_norm",
        "body.1.conv1.relu",
    ]
    assert not last.expanded
    assert not last.parts
    assert last.layers == 1
    assert runs(body) == ["body.1 ×2"]


def test_resnet50_has_its_repetitions() -> None:
    """He et al. 2015, table 1: 3, 4, 6 and 3 blocks; the first of each stage changes the volume."""
    groups = by_name(tree_of(analyzer.analyze(MODELS[0].parent / "resnet50.yaml").network))
    for number, blocks in enumerate((3, 4, 6, 3), 1):
        stage = f"stage{number}"
        assert len(groups[stage].parts) == blocks
        assert runs(groups[stage]) == [f"{stage}.1", f"{stage}.2 ×{blocks - 1}"]


def test_vit_is_twelve_times_one_layer() -> None:
    """Dosovitskiy et al. 2020, table 1: ViT-Base has 12 layers."""
    groups = by_name(tree_of(analyzer.analyze(MODELS[0].parent / "vit_b16.yaml").network))
    assert runs(groups["encoder.layer"]) == ["encoder.layer.1 ×12"]


def test_equal_layers_of_a_flat_file_are_a_run() -> None:
    root = tree(
        """
        input: 8x8x4
        layers:
          - conv: {K: 4, F: 3, P: 1, act: relu}
          - conv: {K: 4, F: 3, P: 1, act: relu}
          - conv: {K: 4, F: 3, P: 1, act: relu}
          - conv: {K: 4, F: 1, act: relu}
        """
    )
    assert runs(root) == ["conv1 ×3", "conv4"]


@pytest.mark.parametrize(
    "second",
    [
        "conv: {K: 4, F: 3, P: 1, bias: false}",  # other costs
        "conv: {K: 4, F: 5, P: 2}",  # other parameters
        "conv: {K: 4, F: 3, P: 1, S: 2}",  # another volume
        "conv: {K: 4, F: 3, P: 1, sharing: local}",  # other costs as declared
        "{conv: {K: 4, F: 3, P: 1}, note: the second}",  # what its author says of it
        "{conv: {K: 4, F: 3, P: 1}, frozen: true}",  # not trained
        "{conv: {K: 4, F: 3, P: 1}, tied: conv1}",  # no parameters of its own
        "conv: {K: 4, F: 3, P: 1, act: relu}",  # another layer in it
        "{conv: {K: 4, F: 3, P: 1}, from: input}",  # reads what the first reads: side by side, not a chain
    ],
)
def test_what_is_not_equal(second: str) -> None:
    root = tree(f"input: 8x8x4\nlayers:\n  - conv: {{K: 4, F: 3, P: 1}}\n  - {second}\n")
    chained = [run for run in root.runs if len(run.groups) > 1 and run.chained]
    assert not chained


def test_blocks_of_different_names_are_not_equal() -> None:
    """A row for both would have the name of one."""
    body = "{layers: [{conv: {K: 4, F: 1}}, relu]}"
    text = f"input: 8x8x4\nblocks:\n  One: {body}\n  Two: {body}\nlayers: [One, Two, Two]\n"
    assert runs(tree(text)) == ["One1", "Two1 ×2"]


def test_branches_are_side_by_side() -> None:
    drawn = Network()
    image = drawn.enter("image", volume("8x8x4"))
    conv = build("conv", {"filters": 4, "kernel": 1})
    ends = [drawn.place(f"paths.{number}.conv", conv, [image]) for number in range(1, 5)]
    drawn.place("paths.sum", ADD, ends)
    root = tree_of(drawn)
    assert runs(root.parts[0]) == ["paths.1 |4", "paths.sum"]


def test_blocks_that_all_read_one_layer_are_a_chain() -> None:
    """Each layer of a decoder reads the one before it, and the encoder's output."""
    drawn = Network()
    node = memory = drawn.enter("memory", volume("8x8x4"))
    for number in range(1, 4):
        node = drawn.place(f"decoder.{number}.add", ADD, [node, memory])
    root = tree_of(drawn)
    # The first adds the memory to itself.
    assert runs(root.parts[0]) == ["decoder.1 ×3"]


def test_what_a_file_calls_the_layers_that_are_read_does_not_matter() -> None:
    """`add: [skip1, prev]` and `add: [skip2, prev]` are equal where they read layers in the same place."""
    drawn = Network()
    relu = CATALOGUE["relu"]()
    node = drawn.enter("image", volume("8x8x4"))
    for number in range(1, 4):
        skip = node
        node = drawn.place(f"body.{number}.relu", relu, [node])
        node = drawn.place(f"body.{number}.add", build("add", {"inputs": [f"skip{number}", "prev"]}), [node, skip])
    assert runs(tree_of(drawn).parts[0]) == ["body.1 ×3"]


def test_a_block_that_reads_further_back_is_not_equal() -> None:
    drawn = Network()
    image = drawn.enter("image", volume("8x8x4"))
    relu = CATALOGUE["relu"]()
    one = drawn.place("a.1.relu", relu, [image])
    two = drawn.place("a.2.relu", relu, [one])
    three = drawn.place("a.3.relu", relu, [one])
    drawn.place("a.4.relu", relu, [three])
    assert two is not three
    assert runs(tree_of(drawn).parts[0]) == ["a.1 ×2", "a.3", "a.4"]


def test_branches_that_each_read_one_of_an_earlier_run() -> None:
    """As the heads of a detector over branches: equal, but none reads another."""
    drawn = Network()
    relu = CATALOGUE["relu"]()
    image = drawn.enter("image", volume("8x8x4"))
    ends = [drawn.place(f"branch.{number}", relu, [image]) for number in range(1, 4)]
    for number, end in enumerate(ends, 1):
        drawn.place(f"head.{number}", relu, [end])
    branch, head = tree_of(drawn).parts
    assert (runs(branch), runs(head)) == (["branch.1 |3"], ["head.1 |3"])


def test_a_layer_that_reads_into_the_group_before_is_not_equal() -> None:
    """The second of each pair reads the first of the pair; in the second pair that of the pair before."""
    drawn = Network()
    relu = CATALOGUE["relu"]()
    first = drawn.place("a.1.x", relu, [drawn.enter("image", volume("8x8x4"))])
    second = drawn.place("a.1.y", relu, [first])
    drawn.place("a.2.x", relu, [second])
    drawn.place("a.2.y", relu, [first])
    assert runs(tree_of(drawn).parts[0]) == ["a.1", "a.2"]


def test_the_second_input_of_a_network_is_not_one_group_before() -> None:
    drawn = Network()
    relu = CATALOGUE["relu"]()
    drawn.enter("image", volume("8x8x4"))
    first = drawn.place("a.1.x", relu, [drawn.enter("mask", volume("8x8x4"))])
    drawn.place("a.1.y", relu, [first])
    drawn.place("a.2.y", relu, [drawn.place("a.2.x", relu, [first])])
    assert runs(tree_of(drawn).parts[0]) == ["a.1", "a.2"]


@pytest.mark.parametrize("names", [("conv", "conv.relu.deep"), ("conv", "conv.act.one", "conv.act.two")])
def test_a_group_under_a_layer_is_not_its_act(names: tuple[str, ...]) -> None:
    drawn = Network()
    node = drawn.enter("image", volume("8x8x4"))
    for name in names:
        node = drawn.place(name, CATALOGUE["relu"](), [node])
    assert not tree_of(drawn).parts[0].expanded


def test_layers_tied_to_different_ones_are_not_equal() -> None:
    """Each reuses all parameters of a layer, but the second not of the one in the place of the first."""
    drawn = Network()
    conv = build("conv", {"filters": 4, "kernel": 1})
    first = drawn.place("first", conv, [drawn.enter("image", volume("8x8x4"))])
    second = drawn.place("second", conv, [drawn.place("relu", CATALOGUE["relu"](), [first])])
    node = drawn.place("again.1", conv, [second], tied=first)
    drawn.place("again.2", conv, [node], tied=second)
    assert runs(tree_of(drawn).parts[-1]) == ["again.1", "again.2"]


def test_layers_tied_to_one_are_equal() -> None:
    drawn = Network()
    conv = build("conv", {"filters": 4, "kernel": 1})
    first = node = drawn.place("first", conv, [drawn.enter("image", volume("8x8x4"))])
    for number in range(1, 4):
        node = drawn.place(f"again.{number}", conv, [node], tied=first)
    assert runs(tree_of(drawn).parts[-1]) == ["again.1 ×3"]


def test_a_layer_that_reads_more_is_not_its_norm() -> None:
    """Rows under a layer's name are its `norm` and `act` only where each reads the row before."""
    drawn = Network()
    image = drawn.enter("image", volume("8x8x4"))
    conv = drawn.place("conv", build("conv", {"filters": 4, "kernel": 1}), [image])
    drawn.place("conv.relu", CATALOGUE["relu"](), [conv])
    drawn.place("conv.add", ADD, [image, conv])
    (group,) = tree_of(drawn).parts
    assert not group.expanded
    assert [part.name for part in group.parts] == ["conv", "conv.relu", "conv.add"]


def test_stretches_of_one_name() -> None:
    """A foreign file may place layers of two groups in turns, or a layer under the name of a group."""
    drawn = Network()
    node = drawn.enter("image", volume("8x8x4"))
    for name in ("a.x", "b.x", "a.y", "a", "a.z.deep", "a.z"):
        node = drawn.place(name, CATALOGUE["relu"](), [node])
    root = tree_of(drawn)
    assert [(part.name, part.start, part.stop) for part in root.parts] == [
        ("a", 0, 1),
        ("b", 1, 2),
        ("a", 2, 3),
        ("a", 3, 6),
    ]
    assert_covers(root, drawn.nodes)


def assert_covers(root: Group, nodes: list[Node]) -> None:
    """Every layer is in exactly one part of every group around it, in order."""
    assert (root.start, root.stop) == (0, len(nodes))
    leaves = [group for group in inside(root) if not group.parts and group.level]
    assert [nodes[leaf.start].name for leaf in leaves] == [node.name for node in nodes]
    for group in inside(root):
        if not group.parts:
            continue
        edges = [group.start, *[part.stop for part in group.parts]]
        assert edges == [*[part.start for part in group.parts], group.stop]
        assert [part for run in group.runs for part in run.groups] == group.parts


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_groups_cover_and_runs_are_equal(path: Path) -> None:
    """In every example; and every number of the members of a run is the same, which the run promises."""
    analysis = analyzer.analyze(path)
    root = tree_of(analysis.network)
    assert_covers(root, analysis.network.nodes)
    for group in inside(root):
        for run in group.runs:
            first, *others = run.groups
            for other in others:
                for mine, theirs in zip(range(first.start, first.stop), range(other.start, other.stop), strict=True):
                    one, two = analysis.rows[mine], analysis.rows[theirs]
                    assert (one.kind, one.output.sizes, one.node.origin.note) == (
                        two.kind,
                        two.output.sizes,
                        two.node.origin.note,
                    )
                    assert (one.shared, one.local, one.declared) == (two.shared, two.local, two.declared)
                    assert (one.macs, one.activation_bytes, one.unread) == (two.macs, two.activation_bytes, two.unread)
                    assert one.macs_on_data == two.macs_on_data


def test_an_empty_network() -> None:
    root = tree_of(Network())
    assert (root.layers, root.parts, root.runs) == (0, [], [])


def test_names_of_thousands_of_components() -> None:
    """They make at most 24 groups each, and no recursion."""
    drawn = Network()
    node = drawn.enter("image", volume("4x4x1"))
    for number in range(3):
        node = drawn.place(".".join(["a"] * 5000) + f".{number}", CATALOGUE["relu"](), [node])
    root = tree_of(drawn)
    assert_covers(root, drawn.nodes)
    assert max(group.level for group in inside(root)) == 25


def seconds(layers: int) -> float:
    """How long the tree of a chain of blocks takes, the best of three; without the collector, which sees all tests."""
    drawn = Network()
    node = drawn.enter("image", volume("4x4x1"))
    relu = CATALOGUE["relu"]()
    for number in range(layers // 2):
        node = drawn.place(f"body.{number}.relu", relu, [node])
        node = drawn.place(f"body.{number}.relu.sigmoid", relu, [node])
    best = float("inf")
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            start = time.perf_counter()
            tree_of(drawn)
            best = min(best, time.perf_counter() - start)
    finally:
        gc.enable()
    return best


def test_cost_grows_linearly() -> None:
    """Four times the layers take four times as long, with room for a busy machine; a quadratic pass takes 16 times."""
    assert seconds(20_000) < 10 * seconds(5_000)
