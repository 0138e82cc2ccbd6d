"""Layers that a microcontroller's runtime runs in the kernel of the layer before have no tensor in the arena."""

from __future__ import annotations

import pytest
from loading import network

from analyzer.engine.memory.arena.planner import arena_tensors, plan_arena
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.work import operations_of

#: tensorflow/tflite-micro#2513: 123·88·32·4 + 30·22·32·4; 1,472,624 were measured, with 2.6 KiB of records.
CLASSIFIER = """
input: 125x90x1
layers:
  - conv: {filters: 32, kernel: 3, act: relu}
  - max_pool: 4
  - conv: {filters: 32, kernel: 3, act: relu}
  - max_pool: 4
  - flatten:
  - dense: {units: 64, act: relu}
  - dropout: 0.5
  - dense: 3
  - softmax
"""


def names(text: str) -> list[str]:
    tape = Tape(operations_of(network(text), "shared"), Run(), training=False)
    return [tensor.name for tensor in arena_tensors(tape)]


def test_a_measured_arena() -> None:
    tape = Tape(operations_of(network(CLASSIFIER), "shared"), Run(), training=False)
    plan = plan_arena(arena_tensors(tape))
    assert plan.size == plan.bound == 123 * 88 * 32 * 4 + 30 * 22 * 32 * 4 == 1469952


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("conv: {filters: 4, kernel: 3} | relu", "conv1"),
        ("conv: {filters: 4, kernel: 3} | relu6", "conv1"),
        ("conv: {filters: 4, kernel: 3} | hard_tanh", "conv1"),
        ("depthwise_conv: {kernel: 3} | batch_norm | relu", "depthwise_conv1"),
        ("conv: {filters: 4, kernel: 3} | scale: {bias: true} | relu6", "conv1"),
        ("dense: {units: 4} | dropout: 0.5 | relu", "dense1"),
        ("conv: {filters: 4, kernel: 3} | max_pool: {kernel: 2} | relu", "conv1 max_pool1"),
        ("batch_norm | relu", "batch_norm1"),  # a product and a sum, which takes the activation
        ("conv: {filters: 4, kernel: 3} | batch_norm: {affine: false} | scale: {bias: true} | relu", "conv1"),
        ("conv: {filters: 4, kernel: 3} | scale | dropout: 0.5 | batch_norm", "conv1"),
        # No runtime fuses these.
        ("conv: {filters: 4, kernel: 3} | sigmoid", "conv1 sigmoid1"),
        ("conv: {filters: 4, kernel: 3} | leaky_relu", "conv1 leaky_relu1"),
        ("conv: {filters: 4, kernel: 3} | hard_swish", "conv1 hard_swish1"),
        ("conv: {filters: 4, kernel: 3} | upsample: 2 | relu", "conv1 upsample1 relu1"),
        ("conv: {filters: 4, kernel: 3} | relu | batch_norm", "conv1 batch_norm1"),
        ("conv: {filters: 4, kernel: 3} | relu | relu6", "conv1 relu61"),
        ("conv: {filters: 4, kernel: 3} | layer_norm", "conv1 layer_norm1"),
        ("conv: {filters: 4, kernel: 3} | batch_norm: {statistics: false}", "conv1 batch_norm1"),
        ("conv: {filters: 4, kernel: 3} | scale: {per: volume}", "conv1 scale1"),
        ("relu | conv: {filters: 4, kernel: 3}", "relu1 conv1"),
    ],
)
def test_what_is_fused(layers: str, expected: str) -> None:
    items = "".join(f"  - {layer.strip()}\n" for layer in layers.split("|"))
    assert names(f"input: 8x8x3\nlayers:\n{items}") == ["input", *expected.split()]


def test_a_tensor_that_others_read_stays() -> None:
    """The convolution is read twice; the sum takes the activation behind it."""
    text = """
    input: 8x8x4
    layers:
      - conv: {filters: 4, kernel: 1}
      - relu
      - conv: {filters: 4, kernel: 1}
      - add: [conv1, conv2]
      - relu
    """
    assert names(text) == ["input", "conv1", "relu1", "conv2", "add1"]


def test_an_output_stays() -> None:
    text = """
    input: 8x8x4
    layers:
      - conv: {filters: 4, kernel: 1}
      - relu
    outputs: [conv1, relu1]
    """
    assert names(text) == ["input", "conv1", "relu1"]
