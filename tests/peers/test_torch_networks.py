"""Whole networks: every layer of an example against the same network in torch, in the order of computation.

Kind, output, weights, biases, buffers and MACs of each; a row is seen by a hook on the module that it stands for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: networks are not compared with it")

import torch_networks as networks  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from torch_resnet50 import Add, resnet50  # noqa: E402
from with_torch import buffers, trained  # noqa: E402

import analyzer  # noqa: E402

pytestmark = pytest.mark.peer

EXAMPLES = Path(__file__).parents[2] / "example_models"

#: The kind of layer that a module stands for.
KINDS: dict[type[nn.Module], str] = {
    nn.Conv2d: "conv",
    nn.Conv3d: "conv",
    nn.ConvTranspose2d: "conv_transpose",
    nn.BatchNorm2d: "batch_norm",
    nn.ReLU: "relu",
    nn.ReLU6: "relu6",
    nn.Tanh: "tanh",
    nn.Softmax: "softmax",
    nn.Dropout: "dropout",
    nn.MaxPool2d: "max_pool",
    nn.MaxPool3d: "max_pool",
    nn.AdaptiveAvgPool2d: "global_avg_pool",
    nn.Flatten: "flatten",
    nn.Linear: "dense",
    Add: "add",
    networks.Concat: "concat",
    networks.Columns: "reshape",
    networks.Recurrent: "lstm",
}


class Seen(NamedTuple):
    """A layer as a report lists it."""

    kind: str
    output: tuple[int, ...]
    weights: int
    biases: int
    buffers: int
    macs: int


def kind_of(module: nn.Module, result: Tensor) -> str:
    """The kind of a module; a convolution of one group a plane is depthwise, a product at each step linear."""
    if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
        return "depthwise_conv"
    if isinstance(module, nn.Linear) and result.dim() > 2:
        return "linear"
    return KINDS[type(module)]


def seen_by_torch(network: nn.Module, shape: tuple[int, ...]) -> list[Seen]:
    """Every layer that runs, in order."""
    rows: list[Seen] = []
    before = [0]

    def enter(module: nn.Module, _: object) -> None:
        before[0] = counter.get_total_flops()

    def leave(module: nn.Module, _: object, result: Tensor) -> None:
        sizes = tuple(result.shape[1:])
        output = sizes if result.dim() == 3 else (*sizes[1:], sizes[0])  # steps have their depth last
        weights, biases = trained(module)
        macs = (counter.get_total_flops() - before[0]) // 2
        rows.append(Seen(kind_of(module, result), output, weights, biases, buffers(module), macs))

    for module in network.modules():
        if type(module) in KINDS:
            module.register_forward_pre_hook(enter)
            module.register_forward_hook(leave)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network.eval()(torch.zeros(1, *shape, device="meta"))
    return rows


#: (example, network, input channels first); built and run on the meta device, so that nothing is computed.
NETWORKS: list[tuple[str, Callable[[], nn.Module], tuple[int, ...]]] = [
    ("resnet50", resnet50, (3, 224, 224)),
    ("unet", networks.UNet, (1, 572, 572)),
    ("mobilenetv2", networks.MobileNetV2, (3, 224, 224)),
    ("dcgan_generator", networks.dcgan_generator, (100, 1, 1)),
    ("c3d", networks.c3d, (3, 16, 112, 112)),
    ("crnn", networks.crnn, (1, 32, 100)),
]


@pytest.mark.parametrize(("example", "build", "shape"), NETWORKS, ids=[name for name, *_ in NETWORKS])
def test_every_layer_is_as_torch_has_it(example: str, build: Callable[[], nn.Module], shape: tuple[int, ...]) -> None:
    analysis = analyzer.analyze(EXAMPLES / f"{example}.yaml")
    with torch.device("meta"):
        network = build()
    found = seen_by_torch(network, shape)
    ours = [
        Seen(row.kind, row.output.sizes, row.shared.weights, row.shared.biases, row.shared.buffers, row.macs)
        for row in analysis.rows
    ]
    assert ours == found
    totals = analysis.totals
    assert totals.shared.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert totals.shared.buffers == buffers(network)
    assert totals.macs == sum(row.macs for row in found)
