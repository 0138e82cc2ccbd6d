"""ResNet-50 in torch, as torchvision builds it (stride in the 3×3): the network on which the other tools are measured.

`tests/peers/test_torch_networks.py` compares it layer for layer with `example_models/resnet50.yaml`. torchvision itself
cannot be imported with the CPU build of torch 2.13.0.
"""

from __future__ import annotations

from torch import Tensor, nn

#: torchvision 0.28.0, `resnet50`: parameters and MACs.
PARAMETERS = 25_557_032
MACS = 4_089_184_256


class Add(nn.Module):
    """The sum of two branches; it is a module so that hooks see it in the order of computation."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


def convolution(depth: int, filters: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution without bias, followed by a normalisation."""
    bank = nn.Conv2d(depth, filters, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(bank, nn.BatchNorm2d(filters))


class Bottleneck(nn.Module):
    """1×1, 3×3, 1×1, and the input added, through a 1×1 convolution if the shape changes."""

    def __init__(self, depth: int, mid: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(depth, mid, 1),
            nn.ReLU(inplace=True),
            convolution(mid, mid, 3, stride),
            nn.ReLU(inplace=True),
            convolution(mid, 4 * mid, 1),
        )
        changed = stride > 1 or depth != 4 * mid
        self.project = convolution(depth, 4 * mid, 1, stride) if changed else None
        self.add = Add()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        result = self.body(x)
        shortcut = x if self.project is None else self.project(x)
        out: Tensor = self.relu(self.add(shortcut, result))
        return out


def resnet50() -> nn.Sequential:
    """The network, for an input of 224×224×3."""
    layers = [convolution(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, padding=1)]
    depth = 64
    for stage, (mid, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for place in range(blocks):
            layers.append(Bottleneck(depth, mid, 2 if stage and place == 0 else 1))
            depth = 4 * mid
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(depth, 1000))
