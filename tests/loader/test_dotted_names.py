"""Paths as the names of layers in the list `layers`: `layer1.0.conv1`, as the modules of frameworks are called."""

from __future__ import annotations

import pytest

import analyzer
from analyzer.engine.tree import inside, tree_of
from analyzer.loader.schema.check import against_schema
from analyzer.loader.schema.model import model_schema
from analyzer.loader.text.reader import read_tree
from analyzer.loader.text.tree import plain_value

TEXT = """
inputs: {"image.1": 8x8x4, other: 8x8x4}
layers:
  - conv: {filters: 4, kernel: 3, padding: 1, norm: batch_norm}
    name: "layer1.0.conv1"
  - relu:
    name: "layer1.0.relu"
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: "layer1.0.conv2"
    from: layer1.0.conv1
    tied: layer1.0.conv1
  - add: [prev, layer1.0.relu, image.1]
    name: "layer1.0.add"
  - sequence:
      - conv: {filters: 4, kernel: 3, padding: 1}
        from: layer1.0.relu
      - relu
    name: "layer1.1"
    repeat: 2
  - relu
  - add: [other, prev, layer1.1, layer1.0.add]
    name: sum
outputs: [sum, layer1.0.relu]
"""


def test_from_and_tied_use_the_whole_path() -> None:
    network = analyzer.analyze(TEXT).network
    reads = {node.name: [source.name for source in node.inputs] for node in network.nodes}
    assert reads["layer1.0.conv2"] == ["layer1.0.conv1.batch_norm"]
    assert reads["layer1.0.add"] == ["layer1.0.conv2", "layer1.0.relu", "image.1"]
    assert reads["sum"] == ["other", "relu1", "layer1.1.2.relu1", "layer1.0.add"]
    assert network.names["layer1.0.conv2"].tied is network.names["layer1.0.conv1"]
    assert [node.name for node in network.outputs] == ["sum", "layer1.0.relu"]


def test_the_schema_check_accepts_it() -> None:
    tree = read_tree(TEXT, "net.yaml").tree
    assert tree is not None
    assert against_schema(plain_value(tree), model_schema(), tree, "net.yaml") == []


def test_a_path_makes_groups() -> None:
    tree = tree_of(analyzer.analyze(TEXT).network)
    groups = {group.name: group.layers for group in inside(tree) if group.layers > 1 and group.level}
    assert groups["layer1"] == 9
    assert groups["layer1.0"] == 5
    assert groups["layer1.1"] == 4


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("[{relu: , name: a.b}]", "`a.b` is not a valid name"),  # without quotes it is a mistake
        ('[{relu: , name: "a..b"}]', "`a..b` is not a valid name"),
        ('[{relu: , name: ".b"}]', "`.b` is not a valid name"),
        ('[{relu: , name: "b."}]', "`b.` is not a valid name"),
        ('[{relu: , name: "a.b"}, {relu: , name: "a.b"}]', "two layers are called `a.b`"),
        ('[{sequence: [relu], name: a}, {relu: , name: "a.b.c"}]', "`a.b.c` would be in the group `a`"),
        ('[{relu: , name: "a.b.c"}, {sequence: [relu], name: "a.b"}]', "`a.b.c` would be in the group `a.b`"),
        ('[{relu: , name: a, repeat: 2}, {relu: , name: "a.3"}]', "`a.3` would be in the group `a`"),
        ('[{sequence: [{sequence: [relu], name: a}, {relu: , name: "a.b"}]}]', "`a.b` would be in the group `a`"),
        ('[{relu: , name: "a.b"}, {add: [prev, a.c]}]', "no layer above is called `a.c`"),
    ],
)
def test_what_is_refused(layers: str, said: str) -> None:
    with pytest.raises(analyzer.ModelError, match=said.replace(".", r"\.")):
        analyzer.analyze(f"input: 8x8x4\nlayers: {layers}\n")


def test_a_path_in_a_sequence_begins_there() -> None:
    text = 'input: 8x8x4\nlayers: [{sequence: [{relu: , name: "a.b"}, {add: [prev, a.b]}], name: s}, {add: [prev, s.a.b]}]\n'
    network = analyzer.analyze(text).network
    assert [node.name for node in network.nodes] == ["s.a.b", "s.add1", "add1"]
    assert [source.name for source in network.nodes[-1].inputs] == ["s.add1", "s.a.b"]


def test_the_groups_of_a_path_are_those_around_the_layer() -> None:
    rows = analyzer.analyze(TEXT).to_dict()["layers"]
    paths = {row["name"]: row["path"] for row in rows}
    assert paths["layer1.0.conv1"] == "layer1.0"
    assert paths["layer1.1.2.relu1"] == "layer1.1.2"


def test_a_layer_may_have_the_name_of_a_group() -> None:
    rows = analyzer.analyze('input: 8x8x4\nlayers: [{relu: , name: a}, {relu: , name: "a.b"}]\n').rows
    assert [row.name for row in rows] == ["a", "a.b"]
