"""Example networks as torch modules, written as people write them: functions between layers, loops, free parameters.

Each follows its paper or the code that made it known, and nothing of how this project reads a module.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LeNet5(nn.Module):
    """As in most tutorials."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(torch.tanh(self.conv2(x)), 2)
        x = torch.tanh(self.fc1(x.flatten(1)))
        return self.fc3(torch.tanh(self.fc2(x)))


class AlexNet(nn.Module):
    """The paper's two towers as groups."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, 4), nn.ReLU(True), nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(True), nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(True),
            nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(True),
            nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(True), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(256 * 6 * 6, 4096), nn.ReLU(True), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(True), nn.Dropout(),
            nn.Linear(4096, classes), nn.Softmax(1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).view(x.size(0), -1))


class NiN(nn.Sequential):
    """Network in Network for CIFAR-10."""

    def __init__(self) -> None:
        def block(depth: int, filters: tuple[int, int, int], kernel: int) -> list[nn.Module]:
            layers: list[nn.Module] = []
            for at, width in enumerate(filters):
                size = kernel if at == 0 else 1
                layers += [nn.Conv2d(depth, width, size, padding=size // 2), nn.ReLU(inplace=True)]
                depth = width
            return layers

        super().__init__(
            *block(3, (192, 160, 96), 5), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Dropout(),
            *block(96, (192, 192, 192), 5), nn.AvgPool2d(3, 2, ceil_mode=True), nn.Dropout(),
            *block(192, (192, 192, 10), 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )  # fmt: skip


class DoubleConv(nn.Module):
    def __init__(self, depth: int, filters: int) -> None:
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(depth, filters, 3), nn.ReLU(inplace=True), nn.Conv2d(filters, filters, 3), nn.ReLU(inplace=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.double_conv(x)


class Up(nn.Module):
    def __init__(self, depth: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(depth, depth // 2, 2, stride=2)
        self.conv = DoubleConv(depth, depth // 2)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.up(x)
        top, left = (skip.size(2) - x.size(2)) // 2, (skip.size(3) - x.size(3)) // 2
        skip = skip[:, :, top : top + x.size(2), left : left + x.size(3)]
        return self.conv(torch.cat([skip, x], dim=1))


class UNet(nn.Module):
    """Ronneberger et al. 2015, in the shape of the best known repository: DoubleConv, Up, a head."""

    def __init__(self, n_channels: int = 1, n_classes: int = 2) -> None:
        super().__init__()
        self.inc = DoubleConv(n_channels, 64)
        self.down1, self.down2 = DoubleConv(64, 128), DoubleConv(128, 256)
        self.down3, self.down4 = DoubleConv(256, 512), DoubleConv(512, 1024)
        self.up1, self.up2, self.up3, self.up4 = Up(1024), Up(512), Up(256), Up(128)
        self.outc = nn.Conv2d(64, n_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        x1 = self.inc(x)
        x2 = self.down1(F.max_pool2d(x1, 2))
        x3 = self.down2(F.max_pool2d(x2, 2))
        x4 = self.down3(F.max_pool2d(x3, 2))
        x = self.up1(self.down4(F.max_pool2d(x4, 2)), x4)
        x = self.up4(self.up3(self.up2(x, x3), x2), x1)
        return self.outc(x)


class UNet3D(nn.Module):
    """Çiçek et al. 2016, figure 2; the norms without a trained scale."""

    def __init__(self, labels: int = 3) -> None:
        super().__init__()

        def double(depth: int, a: int, b: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv3d(depth, a, 3), nn.BatchNorm3d(a, affine=False), nn.ReLU(),
                nn.Conv3d(a, b, 3), nn.BatchNorm3d(b, affine=False), nn.ReLU(),
            )  # fmt: skip

        self.encoders = nn.ModuleList([double(3, 32, 64), double(64, 64, 128), double(128, 128, 256)])
        self.bottom = double(256, 256, 512)
        self.ups = nn.ModuleList([nn.ConvTranspose3d(c, c, 2, 2, bias=False) for c in (512, 256, 128)])
        self.decoders = nn.ModuleList([double(768, 256, 256), double(384, 128, 128), double(192, 64, 64)])
        self.head = nn.Conv3d(64, labels, 1)
        self.pool = nn.MaxPool3d(2)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for encoder in self.encoders:
            x = encoder(x)
            skips.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for up, decoder, skip in zip(self.ups, self.decoders, reversed(skips), strict=True):
            x = up(x)
            cut = [(a - b) // 2 for a, b in zip(skip.shape[2:], x.shape[2:], strict=True)]
            for axis, (begin, size) in enumerate(zip(cut, x.shape[2:], strict=True), 2):
                skip = skip.narrow(axis, begin, size)
            x = decoder(torch.cat((skip, x), 1))
        return self.head(x)


class Generator(nn.Module):
    """pytorch/examples, dcgan."""

    def __init__(self, nz: int = 100, ngf: int = 64, nc: int = 3) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 8, 4, 1, 0, bias=False), nn.BatchNorm2d(ngf * 8), nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 8, ngf * 4, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf * 4), nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf * 2), nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(True),
            nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        return self.main(input)


class Chomp1d(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, : -self.size].contiguous()


class TemporalBlock(nn.Module):
    """locuslab/TCN, without its weight normalisation."""

    def __init__(self, depth: int, width: int, kernel: int, dilation: int) -> None:
        super().__init__()
        padding = (kernel - 1) * dilation
        self.conv1 = nn.Conv1d(depth, width, kernel, padding=padding, dilation=dilation)
        self.conv2 = nn.Conv1d(width, width, kernel, padding=padding, dilation=dilation)
        self.net = nn.Sequential(
            self.conv1,
            Chomp1d(padding),
            nn.ReLU(),
            nn.Dropout(0.05),
            self.conv2,
            Chomp1d(padding),
            nn.ReLU(),
            nn.Dropout(0.05),
        )
        self.downsample = nn.Conv1d(depth, width, 1) if depth != width else None

    def forward(self, x: Tensor) -> Tensor:
        out = self.net(x)
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


class TCN(nn.Module):
    def __init__(self, width: int = 25, levels: int = 8, classes: int = 10) -> None:
        super().__init__()
        self.tcn = nn.Sequential(*[TemporalBlock(width if i else 1, width, 7, 2**i) for i in range(levels)])
        self.linear = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(self.linear(self.tcn(x)[:, :, -1]), dim=1)


class TextCNN(nn.Module):
    """Kim 2014, static word vectors."""

    def __init__(self, vocabulary: int = 18_765, classes: int = 2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 300)
        self.embedding.weight.requires_grad = False
        self.convs = nn.ModuleList([nn.Conv1d(300, 100, size) for size in (3, 4, 5)])
        self.fc = nn.Linear(300, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens).transpose(1, 2)
        pooled = [F.relu(conv(x)).max(dim=2).values for conv in self.convs]
        return self.fc(F.dropout(torch.cat(pooled, 1), 0.5, self.training))


class M5(nn.Module):
    """torchaudio's tutorial on speech commands."""

    def __init__(self, n_input: int = 1, n_output: int = 35, stride: int = 16, n_channel: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(n_input, n_channel, kernel_size=80, stride=stride)
        self.bn1 = nn.BatchNorm1d(n_channel)
        self.pool1 = nn.MaxPool1d(4)
        self.conv2 = nn.Conv1d(n_channel, n_channel, kernel_size=3)
        self.bn2 = nn.BatchNorm1d(n_channel)
        self.pool2 = nn.MaxPool1d(4)
        self.conv3 = nn.Conv1d(n_channel, 2 * n_channel, kernel_size=3)
        self.bn3 = nn.BatchNorm1d(2 * n_channel)
        self.pool3 = nn.MaxPool1d(4)
        self.conv4 = nn.Conv1d(2 * n_channel, 2 * n_channel, kernel_size=3)
        self.bn4 = nn.BatchNorm1d(2 * n_channel)
        self.pool4 = nn.MaxPool1d(4)
        self.fc1 = nn.Linear(2 * n_channel, n_output)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(F.relu(self.bn1(self.conv1(x))))
        x = self.pool2(F.relu(self.bn2(self.conv2(x))))
        x = self.pool3(F.relu(self.bn3(self.conv3(x))))
        x = self.pool4(F.relu(self.bn4(self.conv4(x))))
        x = F.avg_pool1d(x, x.shape[-1]).permute(0, 2, 1)
        return F.log_softmax(self.fc1(x), dim=2)


class C3D(nn.Module):
    """Tran et al. 2015, with the names of the released network."""

    def __init__(self, classes: int = 487) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, 64, 3, padding=1)
        self.conv2 = nn.Conv3d(64, 128, 3, padding=1)
        self.conv3a, self.conv3b = nn.Conv3d(128, 256, 3, padding=1), nn.Conv3d(256, 256, 3, padding=1)
        self.conv4a, self.conv4b = nn.Conv3d(256, 512, 3, padding=1), nn.Conv3d(512, 512, 3, padding=1)
        self.conv5a, self.conv5b = nn.Conv3d(512, 512, 3, padding=1), nn.Conv3d(512, 512, 3, padding=1)
        self.fc6, self.fc7, self.fc8 = nn.Linear(8192, 4096), nn.Linear(4096, 4096), nn.Linear(4096, classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool3d(F.relu(self.conv1(x)), (1, 2, 2))
        x = F.max_pool3d(F.relu(self.conv2(x)), 2)
        x = F.max_pool3d(F.relu(self.conv3b(F.relu(self.conv3a(x)))), 2)
        x = F.max_pool3d(F.relu(self.conv4b(F.relu(self.conv4a(x)))), 2)
        x = F.relu(self.conv5b(F.relu(self.conv5a(x))))
        x = F.max_pool3d(F.pad(x, (0, 1, 0, 1)), 2)
        x = self.dropout(F.relu(self.fc6(x.flatten(1))))
        x = self.dropout(F.relu(self.fc7(x)))
        return self.fc8(x).softmax(-1)


class BasicConv(nn.Sequential):
    def __init__(self, depth: int, filters: int, kernel: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(depth, filters, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(filters),
            nn.LeakyReLU(0.1),
        )


class Darknet19(nn.Module):
    """YOLO9000, table 6; made of a list, as many ports do."""

    PLAN = (32, "M", 64, "M", 128, (64,), 128, "M", 256, (128,), 256, "M", 512, (256,), 512, (256,), 512, "M", 1024, (512,), 1024, (512,), 1024)  # fmt: skip

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        depth = 3
        for one in self.PLAN:
            if one == "M":
                layers.append(nn.MaxPool2d(2))
                continue
            filters, kernel = (one[0], 1) if isinstance(one, tuple) else (one, 3)
            layers.append(BasicConv(depth, filters, kernel))  # type: ignore[arg-type]
            depth = filters  # type: ignore[assignment]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Conv2d(1024, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x)).mean((2, 3))


class Residual(nn.Module):
    def __init__(self, depth: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = BasicConv(depth, depth // 2, 1), BasicConv(depth // 2, depth, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(self.conv1(x))


class Darknet53(nn.Module):
    """YOLOv3, table 1."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.stem = BasicConv(3, 32, 3)
        stages, depth = [], 32
        for blocks in (1, 2, 8, 8, 4):
            stages.append(
                nn.Sequential(BasicConv(depth, 2 * depth, 3, 2), *[Residual(2 * depth) for _ in range(blocks)])
            )
            depth *= 2
        self.stages = nn.ModuleList(stages)
        self.pool, self.last = nn.AdaptiveAvgPool2d(1), nn.Conv2d(1024, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.last(self.pool(x)).flatten(1).softmax(1)


class MobileNetV1(nn.Module):
    """The well-known 30 lines."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()

        def conv_bn(inp: int, oup: int, stride: int) -> nn.Sequential:
            return nn.Sequential(nn.Conv2d(inp, oup, 3, stride, 1, bias=False), nn.BatchNorm2d(oup), nn.ReLU6(True))

        def conv_dw(inp: int, oup: int, stride: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(inp, inp, 3, stride, 1, groups=inp, bias=False), nn.BatchNorm2d(inp), nn.ReLU6(True),
                nn.Conv2d(inp, oup, 1, 1, 0, bias=False), nn.BatchNorm2d(oup), nn.ReLU6(True),
            )  # fmt: skip

        self.model = nn.Sequential(
            conv_bn(3, 32, 2), conv_dw(32, 64, 1), conv_dw(64, 128, 2), conv_dw(128, 128, 1), conv_dw(128, 256, 2),
            conv_dw(256, 256, 1), conv_dw(256, 512, 2), *[conv_dw(512, 512, 1) for _ in range(5)],
            conv_dw(512, 1024, 2), conv_dw(1024, 1024, 1), nn.AvgPool2d(7),
        )  # fmt: skip
        self.fc = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.model(x).view(-1, 1024))


class BasicBlock(nn.Module):
    """akamaster/pytorch_resnet_cifar10, option A: the shortcut has no parameters."""

    def __init__(self, depth: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(depth, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.grow = planes - depth

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.grow:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.grow // 2, self.grow // 2))
        return F.relu(out + x)


class ResNetCifar(nn.Module):
    def __init__(self, n: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        depth = 16
        for at, planes in enumerate((16, 32, 64), 1):
            blocks = []
            for i in range(n):
                blocks.append(BasicBlock(depth, planes, 2 if at > 1 and i == 0 else 1))
                depth = planes
            setattr(self, f"layer{at}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(F.avg_pool2d(x, x.size(3)).flatten(1))


class Inception(nn.Module):
    def __init__(self, depth: int, n1: int, r3: int, n3: int, r5: int, n5: int, pool: int) -> None:
        super().__init__()
        self.b1 = nn.Conv2d(depth, n1, 1)
        self.b2 = nn.Sequential(nn.Conv2d(depth, r3, 1), nn.ReLU(True), nn.Conv2d(r3, n3, 3, padding=1))
        self.b3 = nn.Sequential(nn.Conv2d(depth, r5, 1), nn.ReLU(True), nn.Conv2d(r5, n5, 5, padding=2))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(depth, pool, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1))


class GoogLeNet(nn.Module):
    """Szegedy et al. 2015, table 1, without auxiliary classifiers."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.pre = nn.Sequential(
            nn.Conv2d(3, 64, 7, 2, 3), nn.ReLU(True), pool, nn.LocalResponseNorm(5),
            nn.Conv2d(64, 64, 1), nn.ReLU(True), nn.Conv2d(64, 192, 3, padding=1), nn.ReLU(True), nn.LocalResponseNorm(5), pool,
        )  # fmt: skip
        self.a3, self.b3 = Inception(192, 64, 96, 128, 16, 32, 32), Inception(256, 128, 128, 192, 32, 96, 64)
        self.a4, self.b4 = Inception(480, 192, 96, 208, 16, 48, 64), Inception(512, 160, 112, 224, 24, 64, 64)
        self.c4, self.d4 = Inception(512, 128, 128, 256, 24, 64, 64), Inception(512, 112, 144, 288, 32, 64, 64)
        self.e4 = Inception(528, 256, 160, 320, 32, 128, 128)
        self.a5, self.b5 = Inception(832, 256, 160, 320, 32, 128, 128), Inception(832, 384, 192, 384, 48, 128, 128)
        self.pool, self.linear = pool, nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.b3(self.a3(self.pre(x))))
        x = self.pool(self.e4(self.d4(self.c4(self.b4(self.a4(x))))))
        x = F.avg_pool2d(self.b5(self.a5(x)), 7)
        return self.linear(F.dropout(x.flatten(1), 0.4, self.training))


class CRNN(nn.Module):
    """meijieru/crnn.pytorch, with a stride of 2×1 in the last two pools."""

    class BidirectionalLSTM(nn.Module):
        def __init__(self, depth: int, hidden: int, out: int) -> None:
            super().__init__()
            self.rnn = nn.LSTM(depth, hidden, bidirectional=True)
            self.embedding = nn.Linear(hidden * 2, out)

        def forward(self, x: Tensor) -> Tensor:
            recurrent, _ = self.rnn(x)
            steps, batch, depth = recurrent.size()
            return self.embedding(recurrent.view(steps * batch, depth)).view(steps, batch, -1)

    def __init__(self, hidden: int = 256, classes: int = 37) -> None:
        super().__init__()
        cnn = nn.Sequential()
        kernels, paddings, filters = (3, 3, 3, 3, 3, 3, 2), (1, 1, 1, 1, 1, 1, 0), (64, 128, 256, 256, 512, 512, 512)
        depth = 1
        for i, (kernel, padding, width) in enumerate(zip(kernels, paddings, filters, strict=True)):
            cnn.add_module(f"conv{i}", nn.Conv2d(depth, width, kernel, 1, padding))
            if i in (2, 4, 6):
                cnn.add_module(f"batchnorm{i}", nn.BatchNorm2d(width))
            cnn.add_module(f"relu{i}", nn.ReLU(True))
            if i in (0, 1):
                cnn.add_module(f"pooling{i}", nn.MaxPool2d(2, 2))
            elif i in (3, 5):
                cnn.add_module(f"pooling{i}", nn.MaxPool2d((2, 2), (2, 1), (0, 1)))
            depth = width
        self.cnn = cnn
        self.rnn = nn.Sequential(
            self.BidirectionalLSTM(512, hidden, hidden), self.BidirectionalLSTM(hidden, hidden, classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        conv = self.cnn(x)
        assert conv.size(2) == 1, "the height of conv must be 1"
        return self.rnn(conv.squeeze(2).permute(2, 0, 1))


class CausalSelfAttention(nn.Module):
    """karpathy/minGPT: one projection for query, key and value."""

    def __init__(self, width: int, heads: int, length: int) -> None:
        super().__init__()
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)
        self.register_buffer("bias", torch.tril(torch.ones(length, length)).view(1, 1, length, length) > 0)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        n, steps, width = x.size()
        q, k, v = (
            part.view(n, steps, self.heads, width // self.heads).transpose(1, 2)
            for part in self.c_attn(x).split(width, 2)
        )
        scores = (q @ k.transpose(-2, -1)) / math.sqrt(k.size(-1))
        scores = scores.masked_fill(~self.bias[:, :, :steps, :steps], float("-inf"))
        return self.c_proj((scores.softmax(-1) @ v).transpose(1, 2).contiguous().view(n, steps, width))


class GPTBlock(nn.Module):
    def __init__(self, width: int, heads: int, length: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = CausalSelfAttention(width, heads, length)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp["c_proj"](F.gelu(self.mlp["c_fc"](self.ln_2(x))))


class GPT2(nn.Module):
    """nanoGPT's form, with the scores tied to the table of tokens."""

    def __init__(
        self, vocabulary: int = 50_257, width: int = 768, heads: int = 12, depth: int = 12, length: int = 1024
    ) -> None:
        super().__init__()
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(vocabulary, width), "wpe": nn.Embedding(length, width),
            "h": nn.ModuleList([GPTBlock(width, heads, length) for _ in range(depth)]), "ln_f": nn.LayerNorm(width),
        })  # fmt: skip
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = self.transformer["wte"].weight

    def forward(self, tokens: Tensor) -> Tensor:
        places = torch.arange(tokens.size(1), device=tokens.device)
        x = self.transformer["wte"](tokens) + self.transformer["wpe"](places)
        for block in self.transformer["h"]:  # type: ignore[union-attr]
            x = block(x)
        return self.lm_head(self.transformer["ln_f"](x))


class Bottleneck(nn.Module):
    def __init__(self, depth: int, mid: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(depth, mid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(mid)
        self.conv2 = nn.Conv2d(mid, mid, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(mid)
        self.conv3 = nn.Conv2d(mid, 4 * mid, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * mid)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or depth != 4 * mid:
            self.downsample = nn.Sequential(nn.Conv2d(depth, 4 * mid, 1, stride, bias=False), nn.BatchNorm2d(4 * mid))

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.relu(self.bn3(self.conv3(out)) + identity)


class ResNet50(nn.Module):
    """As it is most often copied; it calls the projection before the body. The arguments are for mistakes."""

    def __init__(self, classes: int = 1000, strides: tuple[int, ...] = (1, 2, 2, 2), bias: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=bias)
        self.bn1, self.relu, self.maxpool = nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        depth = 64
        for at, (mid, blocks, stride) in enumerate(zip((64, 128, 256, 512), (3, 4, 6, 3), strides, strict=True), 1):
            stage = []
            for i in range(blocks):
                stage.append(Bottleneck(depth, mid, stride if i == 0 else 1))
                depth = 4 * mid
            setattr(self, f"layer{at}", nn.Sequential(*stage))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(2048, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Start(nn.Module):
    """What `analyzer example` prints first, as somebody would build it."""

    class Block(nn.Module):
        def __init__(self, depth: int, filters: int, stride: int = 1) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(depth, filters, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(filters)
            self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(filters)
            self.shortcut = nn.Sequential()
            if stride != 1 or depth != filters:
                self.shortcut = nn.Sequential(nn.Conv2d(depth, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

        def forward(self, x: Tensor) -> Tensor:
            out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(out + self.shortcut(x))

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU())
        self.stage1 = nn.Sequential(self.Block(32, 32), self.Block(32, 32))
        self.stage2 = nn.Sequential(self.Block(32, 64, 2), self.Block(64, 64))
        self.head = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(F.dropout(self.stage2(self.stage1(self.stem(x))).mean((2, 3)), 0.2, self.training))


class DSCNN(nn.Module):
    """MLPerf Tiny's keyword spotting, with padding as TensorFlow has it."""

    def __init__(self, words: int = 12, width: int = 64) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(1, width, (10, 4), 2), nn.BatchNorm2d(width)
        self.blocks = nn.ModuleList()
        for _ in range(4):
            self.blocks.append(nn.ModuleDict({
                "depth": nn.Conv2d(width, width, 3, padding="same", groups=width), "bn1": nn.BatchNorm2d(width),
                "point": nn.Conv2d(width, width, 1), "bn2": nn.BatchNorm2d(width),
            }))  # fmt: skip
        self.fc = nn.Linear(width, words)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn(self.conv(F.pad(x, (1, 1, 4, 5)))))
        for block in self.blocks:
            parts: Any = block
            x = F.relu(parts["bn1"](parts["depth"](x)))
            x = F.relu(parts["bn2"](parts["point"](x)))
        return self.fc(x.mean((2, 3)))


class LocalConv2d(nn.Module):
    """A convolution whose weights are not shared, as `unfold` and a sum of products."""

    def __init__(self, depth: int, filters: int, side: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.kernel, self.stride, self.side = kernel, stride, side
        self.weight = nn.Parameter(torch.empty(filters, depth * kernel * kernel, side * side))
        self.bias = nn.Parameter(torch.empty(filters, side * side))

    def forward(self, x: Tensor) -> Tensor:
        patches = F.unfold(x, self.kernel, stride=self.stride)
        out = torch.einsum("ndp,fdp->nfp", patches, self.weight) + self.bias
        return out.view(x.size(0), -1, self.side, self.side)


class DeepFace(nn.Module):
    """Taigman et al. 2014."""

    def __init__(self) -> None:
        super().__init__()
        self.C1, self.M2, self.C3 = nn.Conv2d(3, 32, 11), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(32, 16, 9)
        self.L4, self.L5 = LocalConv2d(16, 16, 55, 9), LocalConv2d(16, 16, 25, 7, 2)
        self.L6 = LocalConv2d(16, 16, 21, 5)
        self.F7, self.F8 = nn.Linear(16 * 21 * 21, 4096), nn.Linear(4096, 4030)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.C3(self.M2(F.relu(self.C1(x)))))
        x = F.relu(self.L6(F.relu(self.L5(F.relu(self.L4(x))))))
        return self.F8(F.relu(self.F7(x.flatten(1))))
