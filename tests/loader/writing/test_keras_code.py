"""A network as Keras code: the text, and what is refused. tests/peers/ runs the code."""

from __future__ import annotations

import ast

import pytest

import analyzer
from analyzer.diagnostics import ModelError
from analyzer.engine.network import Network
from analyzer.layers import CATALOGUE
from analyzer.loader.expand.expansion import expand
from analyzer.loader.writing.keras import write_keras
from analyzer.volume import Volume


def code(text: str) -> str:
    """The code of a network in YAML, from its first function on."""
    network, mistakes = expand(analyzer.load(text))
    assert not mistakes
    return write_keras(network, {"name": "small"})


def body(text: str) -> str:
    """The functions of the code that are not the same in every file."""
    found = code(text)
    ast.parse(found)
    return "def " + found.partition("\n\n\ndef ")[2].partition("\n\n\ndef main")[0]


def test_a_chain_is_one_function_with_the_names_and_volumes_of_the_report() -> None:
    found = code("input: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3}}, {dense: 10}]\n")
    assert found.startswith(
        """\
import math

import keras
from keras import layers

# What the report says of this network; buffers are kept and not trained.
BUFFERS = 0
REPORT = {
    "parameters": 1562,
    "trainable": 1562,
    "outputs": [(10,)],
}


def build_model():
    \"\"\"small.\"\"\"
    inputs = keras.Input((8, 8, 3), name="input")
    x = layers.Conv2D(4, 3, name="conv1")(inputs)  # 6x6x4
    x = layers.Dense(10, name="dense1")(layers.Flatten()(x))  # 10
    return keras.Model(inputs, x, name="small")
"""
    )  # 3·3·3·4 + 4 = 112; 6·6·4·10 + 10 = 1,450


BLOCKS = """
input: 16x16x4
blocks:
  Block:
    params: [filters, stride=1]
    layers:
      - residual:
          body:
            - conv: {filters: $filters, kernel: 3, stride: $stride, padding: 1}
            - relu
            - conv: {filters: 2*$filters, kernel: 1}
          project: [conv: {filters: 2*$filters, kernel: 1, stride: $stride}]
layers:
  - Block: {filters: 4}
    name: first
  - Block: {filters: 2}
    name: rest
    repeat: 3
"""


def test_equal_blocks_are_a_function_and_repetitions_a_loop() -> None:
    found = body(BLOCKS)
    assert (
        found
        == """\
def block(inputs, filters, name):
    \"\"\"first and 1 more: 5 layers.\"\"\"
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}.conv1")(inputs)
    x = layers.Activation("relu", name=f"{name}.relu1")(x)
    conv2 = layers.Conv2D(2 * filters, 1, name=f"{name}.conv2")(x)
    x = layers.Conv2D(2 * filters, 1, name=f"{name}.conv3")(inputs)
    x = layers.Add(name=f"{name}.add1")([conv2, x])
    return x


def block_2(x, name):
    \"\"\"rest.2 and 1 more: 4 layers.\"\"\"
    shortcut = x
    x = layers.Conv2D(2, 3, padding="same", name=f"{name}.conv1")(x)  # 16x16x2
    x = layers.Activation("relu", name=f"{name}.relu1")(x)  # 16x16x2
    x = layers.Conv2D(4, 1, name=f"{name}.conv2")(x)  # 16x16x4
    x = layers.Add(name=f"{name}.add1")([x, shortcut])  # 16x16x4
    return x


def build_model():
    \"\"\"small.\"\"\"
    inputs = keras.Input((16, 16, 4), name="input")
    x = block(inputs, 4, name="first")  # 16x16x8
    x = block(x, 2, name="rest.1")  # 16x16x4
    for i in range(2, 4):  # 16x16x4
        x = block_2(x, name=f"rest.{i}")
    return keras.Model(inputs, x, name="small")"""
    )


def test_a_layer_that_is_tied_is_called_again() -> None:
    found = body(
        "inputs: {a: 4, b: 4}\nlayers:\n- {linear: 8, name: one}\n- {linear: 8, from: b, tied: one}\n- add: [one, prev]\n"
    )
    assert '    shared_one = layers.Dense(8, name="one")\n    one = shared_one(a)  # 8\n' in found
    assert "x = shared_one(b)" in found


def test_frozen_layers_are_not_trained() -> None:
    assert 'layers.Dense(8, trainable=False, name="linear1")' in body("input: 4\nlayers: [{linear: 8, frozen: true}]\n")


def test_layers_with_layers_in_them_are_frozen_when_they_are_built() -> None:
    found = body("input: 7x4\nlayers: [{lstm: 8, frozen: true}]\n")
    assert 'frozen = ["lstm1"]\n    for name in frozen:\n        model.get_layer(name).trainable = False' in found


def test_a_name_with_a_slash_is_made_legal_and_kept_beside_it() -> None:
    assert 'name="a_b")(inputs)  # a/b: 8' in body("input: 4\nlayers: [{linear: 8, name: a/b}]\n")


def test_a_name_that_keras_gives_itself_is_not_taken_twice() -> None:
    # The `Flatten` before a Dense layer has no name here: Keras calls it `flatten`.
    found = body("input: 4x4x2\nlayers: [{flatten: {}, name: flatten}, {reshape: 4x4x2}, {dense: 3}]\n")
    assert 'layers.Flatten(name="flatten_layer")' in found


def test_all_layers_without_counterpart_are_refused_at_once() -> None:
    with pytest.raises(ModelError) as caught:
        code("input: 8x8x3\nlayers: [{custom: {output: 4}, name: a}, {custom: {output: 5}, name: b}]\n")
    assert [one.message.partition(",")[0] for one in caught.value.diagnostics] == ["`a`", "`b`"]


def test_weights_alone_cannot_be_reused() -> None:
    text = "input: 4\nlayers:\n- {linear: 4, name: one}\n- linear: {units: 4, bias: false}\n  tied: one\n"
    with pytest.raises(ModelError, match="Keras can only call that layer again as it is"):
        code(text)


def test_the_table_of_tokens_gives_scores() -> None:
    found = body(
        "input: 6\nlayers:\n- {embedding: {vocabulary: 9, size: 4}, name: table}\n"
        "- linear: {units: 9, bias: false}\n  tied: table\n"
    )
    assert "shared_table = layers.ReversibleEmbedding(9, 4" in found
    assert "shared_table(x, reverse=True)" in found


def test_a_group_in_a_group_of_the_same_layers_is_written_once() -> None:
    network = Network()
    node = network.enter("x", Volume((), 4))
    for name in ("a.b.one", "a.b.two", "c.b.one", "c.b.two", "d.one", "d.two"):
        node = network.place(name, CATALOGUE["linear"](units=4), [node])
    found = write_keras(network, {})
    assert found.count("layers.Dense") == 2  # in the function that a.b, c.b and d are calls of


def test_parts_of_names_make_blocks_where_names_have_no_dots() -> None:
    # The names of keras.applications' ResNet: `conv2_block1_1_conv` is a layer of `conv2_block1`.
    layers = [
        f"- {{linear: {8 * stage}, name: conv{stage}_block{block}_{part}_conv}}"
        for stage, blocks in ((1, 2), (2, 3))
        for block in range(1, blocks + 1)
        for part in (1, 2)
    ]
    found = body("input: 8\nlayers:\n" + "\n".join(layers))
    assert 'x = layers.Dense(units, name=f"{name}_1_conv")(x)' in found
    assert 'for i in range(1, 4):  # 16\n        x = block(x, 16, name=f"conv2_block{i}")' in found
