"""Networks whose norms and activations are part of the layer before: what changes, and what must not."""

from __future__ import annotations

from pathlib import Path

import pytest
from loading import network

import analyzer
from analyzer.engine.fused import fuse
from analyzer.engine.memory.arena.flash import flash_of
from analyzer.engine.memory.arena.fusing import fused_into
from analyzer.engine.tree import tree_of
from analyzer.layers.traits import Normalises

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))

#: mlcommons/tiny at 1afd2c98, the int8 .tflite files: numbers of weights and of int32 biases.
PUBLISHED = {
    "example_models/ds_cnn_kws.yaml": ({}, 22_016, 588),
    "tests/data/models/mlperf_resnet8.yaml": ({}, 77_360, 346),
    "tests/data/models/mlperf_autoencoder.yaml": ({}, 264_192, 1_672),
    "example_models/mobilenetv1.yaml": ({"width": 0.25, "resolution": 96, "classes": 2}, 208_112, 2_738),
}


@pytest.mark.parametrize("path", PUBLISHED)
def test_published_networks(path: str) -> None:
    variables, weights, biases = PUBLISHED[path]
    found = analyzer.analyze(ROOT / path, set=variables, dtype="int8", fuse=True).totals.shared
    assert (found.weights, found.biases, found.buffers) == (weights, biases, 0)
    assert found.bytes == weights + 4 * biases


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_fusing_changes_and_what_not(path: Path) -> None:
    """MACs, outputs and receptive fields stay; each layer is a row, or part of one."""
    usual, fused = analyzer.analyze(path), analyzer.analyze(path, fuse=True)
    within = fused_into(usual.network)
    assert fused.totals.macs == usual.totals.macs
    assert len(fused.rows) == len(usual.rows) - len(within)
    assert sorted(name for row in fused.rows for name in (row.name, *row.fused)) == sorted(
        row.name for row in usual.rows
    )
    assert {node.output for node in fused.network.outputs} == {node.output for node in usual.network.outputs}
    old = {row.name: row for row in usual.rows}
    for row in fused.rows:
        last = old[row.fused[-1] if row.fused else row.name]
        assert row.output == last.output
        assert repr(row.receptive_fields) == repr(last.receptive_fields)
        assert row.own.macs == old[row.name].own.macs
    assert fused.peak.bytes <= usual.peak.bytes
    # Without a norm that stays, the numbers are those of flash: in float32 nothing has a scale.
    if not any(node.layer.normalises is Normalises.BATCH for node in fused.network.nodes):
        for mode in ("shared", "local", "declared"):
            numbers, cost = flash_of(usual.network, mode, "float32"), getattr(fused.totals, mode)
            assert (numbers.weights, numbers.biases) == (4 * cost.weights, 4 * cost.biases)


def test_each_of_equal_layers_is_a_layer_with_biases() -> None:
    text = """
    input: 8x8x4
    defaults: {conv: {filters: 4, kernel: 3, padding: 1, bias: false}}
    layers:
      - conv: {norm: batch_norm, act: relu}
      - conv: {norm: batch_norm}
      - conv:
    """
    found = fuse(network(text)).nodes
    assert [(node.name, [one.name for one in node.fused]) for node in found] == [
        ("conv1", ["conv1.batch_norm", "conv1.relu"]),
        ("conv2", ["conv2.batch_norm"]),
        ("conv3", []),
    ]
    assert [node.layer.written().get("bias", True) for node in found] == [True, True, False]


def test_a_locally_connected_layer_gains_one_set_of_biases() -> None:
    text = "input: 8x8x4\nlayers:\n  - conv: {filters: 4, kernel: 3, bias: false, norm: batch_norm, sharing: local}\n"
    (row,) = analyzer.analyze(text, fuse=True).rows
    assert (row.declared.weights, row.declared.biases) == (36 * 36 * 4, 4)


def test_frozen_and_tied_layers_stay_so() -> None:
    text = """
    input: 8x8x4
    layers:
      - conv: {filters: 4, kernel: 3, padding: 1, bias: false, norm: batch_norm}
        frozen: true
      - conv: {filters: 4, kernel: 1}
        name: one
      - conv: {filters: 4, kernel: 1, act: relu}
        tied: one
    """
    first, one, other = fuse(network(text)).nodes
    assert (first.frozen, one.frozen) == (True, False)
    assert other.tied is one
    totals = analyzer.analyze(text, fuse=True).totals.shared
    assert (totals.parameters, totals.trainable) == (144 + 4 + 16 + 4, 16 + 4)


def test_equal_neighbours_take_in_the_same() -> None:
    conv = "  - conv: {filters: 4, kernel: 3, padding: 1, act: none}\n"
    text = "input: 8x8x4\nlayers:\n" + 3 * conv + 3 * conv.replace("none", "relu")
    runs = tree_of(fuse(network(text))).runs
    names = [[group.name for group in run.groups] for run in runs]
    assert names == [["conv1", "conv2", "conv3"], ["conv4", "conv5", "conv6"]]


def test_named_outputs_and_blocks_are_kept() -> None:
    text = """
    input: 8x8x4
    blocks: {Two: {layers: [conv: {filters: 4, kernel: 1, act: relu6}, conv: {filters: 4, kernel: 1, act: relu6}]}}
    layers:
      - Two:
        name: body
        repeat: 2
      - dense: 3
    outputs: [body.1, dense1]
    """
    usual, fused = network(text), fuse(network(text))
    assert [node.name for node in usual.outputs] == ["body.1.conv2.relu6", "dense1"]
    assert [node.name for node in fused.outputs] == ["body.1.conv2", "dense1"]
    assert fused.groups == usual.groups
    assert [node.name for node in fused.nodes] == ["body.1.conv1", "body.1.conv2", "body.2.conv1", "body.2.conv2", "dense1"]  # fmt: skip
