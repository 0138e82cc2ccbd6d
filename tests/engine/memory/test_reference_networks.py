"""The networks of `tests/data/memory/` against the forward passes that they write down.

`ROWS` was read off training passes on a CPU, torch 2.13.0 with torchvision 0.29.1, through a `TorchDispatchMode`; every
operation, what it read and how much it put out agreed with the files, in order. Parameters are those that torchvision
publishes with its weights; `tests/data/memory.json` has eight of them by another run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

import analyzer
from analyzer.engine.network import Node
from analyzer.engine.result import Analysis
from analyzer.layers.attention import SqueezeExcite

DATA = Path(__file__).parents[2] / "data"
FILES = sorted((DATA / "memory").glob("*.yaml"))

MEASURED = json.loads((DATA / "memory.json").read_text("utf-8"))["models"]

CONVOLUTIONS = {"conv", "depthwise_conv", "conv_transpose"}
NORMS = {"batch_norm", "layer_norm"}
DROPS = {"dropout", "stochastic_depth"}


class Row(NamedTuple):
    """What a network's forward pass in training is made of; buffers in bytes, with the counters of batch normalization.

    `in_place` counts operations that overwrite what they read, `elements` the numbers of one sample in all other
    operations' outputs, views not counted.
    """

    parameters: int
    buffers: int
    convolutions: int
    norms: int
    in_place: int
    elements: int


ROWS = {
    "alexnet": Row(61_100_840, 0, 5, 0, 7, 605_032),
    "vgg16": Row(138_357_544, 0, 13, 0, 15, 15_120_360),
    "resnet18": Row(11_689_512, 38_560, 20, 20, 25, 5_169_640),
    "resnet50": Row(25_557_032, 212_904, 53, 53, 65, 22_431_720),
    "mobilenet_v2": Row(3_504_872, 136_864, 52, 52, 35, 13_576_168),
    "densenet121": Row(7_978_856, 335_560, 120, 121, 121, 33_494_504),
    "googlenet": Row(6_624_904, 58_696, 57, 57, 57, 9_108_424),
    "unet": Row(31_037_698, 47_248, 23, 18, 18, 68_640_768),
    "vgg16_bn": Row(138_365_992, 33_896, 13, 13, 15, 28_667_880),
    "resnext50_32x4d": Row(25_028_904, 273_320, 53, 53, 65, 29_004_776),
    "mobilenet_v3_large": Row(5_483_032, 97_968, 62, 46, 43, 9_414_480),
    "mnasnet1_0": Row(4_383_312, 152_096, 52, 52, 36, 11_207_208),
    "efficientnet_b0": Row(5_288_548, 168_456, 81, 49, 59, 16_021_572),
    "shufflenet_v2_x1_0": Row(2_278_604, 65_168, 56, 56, 37, 5_614_680),
    "squeezenet1_1": Row(1_235_496, 0, 26, 0, 26, 4_457_552),
    "inception_v3": Row(23_834_568, 138_480, 94, 94, 94, 23_320_744),
    "regnet_y_400mf": Row(4_344_144, 109_032, 85, 53, 49, 9_326_888),
    "convnext_tiny": Row(28_589_128, 0, 22, 23, 18, 28_979_176),
    "vit_b_16": Row(86_567_656, 0, 1, 25, 0, 45_994_216),
}


def analysis(name: str) -> Analysis:
    """The network of a file, which loads without a diagnostic."""
    found = analyzer.analyze(DATA / "memory" / f"{name}.yaml")
    assert not found.diagnostics
    return found


def in_place(node: Node) -> bool:
    return bool(getattr(node.layer, "inplace", False))


def buffer_bytes(found: Analysis) -> int:
    """Running means and variances in 4 bytes, and a counter of 8 for each layer that has them."""
    layers = sum(row.node.layer.type == "batch_norm" for row in found.rows)
    return 4 * found.totals.shared.buffers + 8 * layers


def elements(node: Node) -> int:
    """The numbers that a layer puts out beside what it reads, its inner operations' included."""
    layer, size, depth = node.layer, node.output.size, node.output.depth
    if layer.view or in_place(node) or (layer.type in DROPS and getattr(layer, "rate", None) == 0):
        return 0
    if isinstance(layer, SqueezeExcite):  # mean, second convolution, its sigmoid; first convolution, its relu; product
        assert layer.reduced is not None
        return 3 * depth + 2 * layer.reduced + size
    if layer.type == "multi_head_attention":  # a copy; q, k, v by product, biases added, packed; attention; projection
        return (1 + 3 * 3 + 1 + 1) * size
    return size


def test_every_file_has_a_row() -> None:
    assert [file.stem for file in FILES] == sorted(ROWS)


@pytest.mark.parametrize("name", MEASURED)
def test_parameters_and_buffers_as_measured(name: str) -> None:
    found, measured = analysis(name), MEASURED[name]
    assert found.totals.shared.parameters == measured["num_params"]
    assert 4 * found.totals.shared.parameters == measured["params_bytes"]
    assert buffer_bytes(found) == measured["buffers_bytes"]
    depth, height, width = measured["input"]
    assert str(found.input) == f"{height}x{width}x{depth}"


@pytest.mark.parametrize("name", ROWS)
def test_operations_as_run(name: str) -> None:
    found = analysis(name)
    nodes = [row.node for row in found.rows]
    types = [node.layer.type for node in nodes]
    gates = types.count("squeeze_excite")  # two 1x1 convolutions each
    counted = Row(
        found.totals.shared.parameters,
        buffer_bytes(found),
        sum(type_ in CONVOLUTIONS for type_ in types) + 2 * gates,
        sum(type_ in NORMS for type_ in types),
        sum(map(in_place, nodes)),
        sum(map(elements, nodes)),
    )
    assert counted == ROWS[name]


@pytest.mark.parametrize("name", ROWS)
def test_one_output(name: str) -> None:
    (output,) = analysis(name).network.outputs
    assert str(output.output) == ("224x224x2" if name == "unet" else "1000")


#: What torchvision's source says of operands: a layer, what it reads in order, and whether it overwrites the first.
OPERANDS = [
    # Bottleneck: out = bn3(…), identity = downsample(x), out += identity
    ("resnet50", "layer1.Bottleneck1.1.add1",
     ["layer1.Bottleneck1.1.out.batch_norm", "layer1.Bottleneck1.1.downsample.conv1.batch_norm"], True),
    ("resnet50", "layer1.Bottleneck1.2.add1",
     ["layer1.Bottleneck1.2.out.batch_norm", "layer1.Bottleneck1.1.relu1"], True),
    # InvertedResidual: x + conv(x); of MNASNet: layers(x) + x; of MobileNetV3: result += x
    ("mobilenet_v2", "features.InvertedResidual2.2.add1",
     ["features.InvertedResidual2.1.conv1.batch_norm", "features.InvertedResidual2.2.conv1.batch_norm"], False),
    ("mnasnet1_0", "layers.stack1.InvertedResidual1.2.add1",
     ["layers.stack1.InvertedResidual1.2.conv2.batch_norm", "layers.stack1.InvertedResidual1.1.conv2.batch_norm"],
     False),
    ("mobilenet_v3_large", "features.InvertedResidual1.add1",
     ["features.InvertedResidual1.out.conv1.batch_norm", "features.ConvNormActivation1.conv1.hard_swish"], True),
    # ResBottleneckBlock: proj(x) + f(x)
    ("regnet_y_400mf", "trunk_output.block1.ResBottleneckBlock1.add1",
     ["trunk_output.block1.ResBottleneckBlock1.proj.conv1.batch_norm",
      "trunk_output.block1.ResBottleneckBlock1.f.ConvNormActivation3.conv1.batch_norm"], False),
    # InvertedResidual of ShuffleNetV2: cat((x1, branch2(x2)))
    ("shufflenet_v2_x1_0", "stage2.Unit1.1.concat1",
     ["stage2.Unit1.1.x1", "stage2.Unit1.1.branch2.conv2.relu"], False),
    # _DenseBlock: features = [x, layer1(…), …], cat(features)
    ("densenet121", "features.denseblock1.l3.concat1",
     ["features.t0", "features.denseblock1.l1.Growth1.conv1", "features.denseblock1.l2.Growth1.conv1"], False),
    # EncoderBlock: x = attention + input; x + mlp(…)
    ("vit_b_16", "encoder.layers.EncoderBlock1.1.attended",
     ["encoder.layers.EncoderBlock1.1.multi_head_attention1", "encoder.position_table1"], False),
    # SqueezeExcitation: scale * input
    ("efficientnet_b0", "features.stage1.MBConv1.SqueezeExcitation1.multiply1",
     ["features.stage1.MBConv1.SqueezeExcitation1.sigmoid1",
      "features.stage1.MBConv1.DepthwiseNormActivation1.depthwise_conv1.silu"], False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "layer", "reads", "overwrites"), OPERANDS, ids=[f"{o[0]} {o[1]}" for o in OPERANDS])
def test_operands_and_their_order(name: str, layer: str, reads: list[str], overwrites: bool) -> None:
    row = next(row for row in analysis(name).rows if row.name == layer)
    assert row.inputs == reads
    assert in_place(row.node) is overwrites


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("resnet18", "layer2.BasicBlock1.1.out", "layer2.BasicBlock1.1.downsample.conv1"),
        ("resnext50_32x4d", "layer2.Bottleneck1.1.out", "layer2.Bottleneck1.1.downsample.conv1"),
        ("regnet_y_400mf", "trunk_output.block2.ResBottleneckBlock1.1.proj.conv1",
         "trunk_output.block2.ResBottleneckBlock1.1.f.ConvNormActivation1.conv1"),
        ("shufflenet_v2_x1_0", "stage2.Down1.branch1.conv1", "stage2.Down1.branch2.conv1"),
        ("shufflenet_v2_x1_0", "stage2.Unit1.1.x2", "stage2.Unit1.1.branch2.conv1"),
        ("googlenet", "inception3a.branch3.BasicConv2d2.conv1", "inception3a.branch4.max_pool1"),
        ("inception_v3", "Mixed_7b.branch3x3", "Mixed_7b.branch3x3dbl_1.conv1"),
    ],
)  # fmt: skip
def test_branches_run_in_their_order(name: str, first: str, second: str) -> None:
    order = {row.name: place for place, row in enumerate(analysis(name).rows)}
    assert order[first] < order[second]
