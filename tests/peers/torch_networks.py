"""Example networks as torch modules, in torch's own words, for inputs of the examples' size.

What torch writes as an operator (a sum, a concatenation, a change of axes) is a module here, so that it is seen.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch_resnet50 import Add


class Concat(nn.Module):
    """Cropped to the smaller of the two, then joined along the depth."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        rows, columns = y.shape[2:]
        top, left = (x.shape[2] - rows) // 2, (x.shape[3] - columns) // 2
        return torch.cat([x[:, :, top : top + rows, left : left + columns], y], dim=1)


class Columns(nn.Module):
    """1×L×D as the L steps of a recurrent layer."""

    def forward(self, x: Tensor) -> Tensor:
        return x.squeeze(2).permute(0, 2, 1)


class Recurrent(nn.LSTM):
    """A bidirectional LSTM that returns its sequence alone."""

    def __init__(self, depth: int, units: int) -> None:
        super().__init__(depth, units, bidirectional=True, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        sequence: Tensor = super().forward(x)[0]
        return sequence


def double(depth: int, filters: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(depth, filters, 3), nn.ReLU(), nn.Conv2d(filters, filters, 3), nn.ReLU())


class UNet(nn.Module):
    """Ronneberger et al. 2015."""

    def __init__(self) -> None:
        super().__init__()
        depths = (64, 128, 256, 512, 1024)
        self.down = nn.ModuleList(double(*pair) for pair in zip((1, *depths), depths, strict=False))
        self.pools = nn.ModuleList(nn.MaxPool2d(2) for _ in depths[1:])
        back = depths[::-1]
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairwise(back))
        self.joins = nn.ModuleList(Concat() for _ in back[1:])
        self.after = nn.ModuleList(double(2 * filters, filters) for filters in back[1:])
        self.head = nn.Conv2d(64, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for place, block in enumerate(self.down):
            x = block(x if place == 0 else self.pools[place - 1](x))
            skips.append(x)
        for up, join, block, skip in zip(self.up, self.joins, self.after, skips[-2::-1], strict=True):
            x = block(join(skip, up(x)))
        result: Tensor = self.head(x)
        return result


def normalised(depth: int, filters: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    bank = nn.Conv2d(depth, filters, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return [bank, nn.BatchNorm2d(filters)]


class Inverted(nn.Module):
    """MobileNetV2's block."""

    def __init__(self, depth: int, filters: int, expand: int, stride: int) -> None:
        super().__init__()
        wide = expand * depth
        first = [*normalised(depth, wide, 1), nn.ReLU6()] if expand > 1 else []
        deep = [*normalised(wide, wide, 3, stride, groups=wide), nn.ReLU6()]
        self.body = nn.Sequential(*first, *deep, *normalised(wide, filters, 1))
        self.add = Add() if stride == 1 and depth == filters else None

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.body(x)
        return result if self.add is None else self.add(x, result)


class MobileNetV2(nn.Module):
    """Sandler et al. 2018, table 2, as torchvision builds it."""

    TABLE = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )

    def __init__(self) -> None:
        super().__init__()
        layers, depth = [*normalised(3, 32, 3, 2), nn.ReLU6()], 32
        for expand, filters, blocks, stride in self.TABLE:
            for place in range(blocks):
                layers.append(Inverted(depth, filters, expand, stride if place == 0 else 1))
                depth = filters
        self.features = nn.Sequential(*layers, *normalised(320, 1280, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1))
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(1280, 1000)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.classifier(self.dropout(self.features(x)).flatten(1))
        return result


def dcgan_generator() -> nn.Sequential:
    """pytorch/examples, dcgan: nz = 100, ngf = 64."""
    layers: list[nn.Module] = [nn.ConvTranspose2d(100, 512, 4, 1, 0, bias=False), nn.BatchNorm2d(512), nn.ReLU()]
    for depth in (512, 256, 128):
        half = depth // 2
        layers += [nn.ConvTranspose2d(depth, half, 4, 2, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())


def c3d() -> nn.Sequential:
    """Tran et al. 2015; the last pool padded on two sides as the released Keras model does."""

    def bank(depth: int, filters: int) -> list[nn.Module]:
        return [nn.Conv3d(depth, filters, 3, padding=1), nn.ReLU()]

    layers = [*bank(3, 64), nn.MaxPool3d((1, 2, 2)), *bank(64, 128), nn.MaxPool3d(2)]
    layers += [*bank(128, 256), *bank(256, 256), nn.MaxPool3d(2), *bank(256, 512), *bank(512, 512), nn.MaxPool3d(2)]
    layers += [*bank(512, 512), *bank(512, 512), nn.MaxPool3d(2, ceil_mode=True), nn.Flatten()]
    layers += [nn.Linear(8192, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()]
    return nn.Sequential(*layers, nn.Linear(4096, 487), nn.Softmax(dim=1))


def crnn() -> nn.Sequential:
    """Shi et al. 2015, as its PyTorch port (meijieru/crnn.pytorch) builds it for lines of 100 columns."""

    def bank(depth: int, filters: int, kernel: int = 3, norm: bool = False) -> list[nn.Module]:
        conv = nn.Conv2d(depth, filters, kernel, padding=1 if kernel == 3 else 0)
        return [conv, *([nn.BatchNorm2d(filters)] if norm else []), nn.ReLU()]

    def tall() -> nn.Module:
        return nn.MaxPool2d(2, (2, 1), (0, 1))

    return nn.Sequential(
        *bank(1, 64), nn.MaxPool2d(2), *bank(64, 128), nn.MaxPool2d(2),
        *bank(128, 256, norm=True), *bank(256, 256), tall(),
        *bank(256, 512, norm=True), *bank(512, 512), tall(), *bank(512, 512, 2, norm=True),
        Columns(), Recurrent(512, 256), nn.Linear(512, 256), Recurrent(256, 256), nn.Linear(512, 37),
    )  # fmt: skip
