"""Records tests/data/backward.json: the MACs of backward passes that torch's FlopCounterMode counts.

    python tests/peers/recorded_backward.py > tests/data/backward.json

Needs torch and torchvision. Attention runs as its plain kernel (`SDPBackend.MATH`): the fused ones multiply queries by
keys once more in the backward pass, which is no gradient.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from with_torchvision import torchvision

#: Our example of each of torchvision's networks.
NETWORKS = {
    "alexnet_torchvision": "alexnet",
    "vgg16": "vgg16",
    "resnet18": "resnet18",
    "resnet50": "resnet50",
    "densenet121": "densenet121",
    "vit_b16": "vit_b_16",
    "mobilenetv2": "mobilenet_v2",
    "resnext50": "resnext50_32x4d",
    "convnext_tiny": "convnext_tiny",
    "shufflenetv2": "shufflenet_v2_x1_0",
    "regnet_y_400mf": "regnet_y_400mf",
    "mobilenetv3_small": "mobilenet_v3_small",
}


class Attention(nn.Module):
    """Multi-head attention of tokens to themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)

    def forward(self, tokens: Any) -> Any:
        return self.attention(tokens, tokens, tokens, need_weights=False)


class Scaled(nn.Module):
    """Attention without projections."""

    def forward(self, query: Any, key: Any, value: Any) -> Any:
        return nn.functional.scaled_dot_product_attention(query, key, value)


class Product(nn.Module):
    """The product of two matrices."""

    def forward(self, first: Any, second: Any) -> Any:
        return first @ second


#: A module, the shapes that it reads, and the layer here with the volumes that it reads.
LAYERS: list[tuple[nn.Module, list[tuple[int, ...]], dict[str, Any], list[str]]] = [
    (nn.Conv2d(3, 8, 3), [(3, 9, 9)], {"conv": {"filters": 8, "kernel": 3}}, ["9x9x3"]),
    (
        nn.ConvTranspose2d(6, 4, 3, stride=2),
        [(6, 9, 9)],
        {"conv_transpose": {"filters": 4, "kernel": 3, "stride": 2}},
        ["9x9x6"],
    ),
    (nn.Linear(6, 4), [(7, 6)], {"linear": {"units": 4}}, ["7x6"]),
    (nn.Linear(6, 4), [(6,)], {"dense": {"units": 4}}, ["6"]),
    (Attention(), [(10, 64)], {"multi_head_attention": {"heads": 4}}, ["10x64"]),
    (Scaled(), [(4, 10, 16), (4, 12, 16), (4, 12, 8)], {"attention": {}}, ["4x10x16", "4x12x16", "4x12x8"]),
    (Product(), [(5, 6), (6, 7)], {"matmul": {"inputs": ["a", "b"]}}, ["5x6", "6x7"]),
    (nn.RNN(6, 4, batch_first=True), [(7, 6)], {"rnn": {"units": 4, "biases": 2}}, ["7x6"]),
    (nn.GRU(6, 4, 2, batch_first=True), [(7, 6)], {"gru": {"units": 4, "layers": 2, "biases": 2}}, ["7x6"]),
]


def backward(module: nn.Module, shapes: list[tuple[int, ...]], *, needed: bool) -> int:
    """The MACs of the backward pass of one sample; `needed` asks for the gradients of the inputs too."""
    inputs = [torch.zeros(1, *shape, requires_grad=needed) for shape in shapes]
    with sdpa_kernel(SDPBackend.MATH):
        out = module(*inputs)
        with FlopCounterMode(display=False) as counter:
            (out[0] if isinstance(out, tuple) else out).sum().backward()
    return int(counter.get_total_flops()) // 2


def main() -> None:
    models = torchvision().models
    networks = {}
    for ours, theirs in NETWORKS.items():
        networks[ours] = backward(getattr(models, theirs)(weights=None), [(3, 224, 224)], needed=False)
    layers = [
        {
            "layer": layer,
            "inputs": volumes,
            "needed": backward(module, shapes, needed=True),
            **({"first": backward(module, shapes, needed=False)} if list(module.parameters()) else {}),
        }
        for module, shapes, layer, volumes in LAYERS
    ]
    source = f"torch {torch.__version__}, torchvision {torchvision().__version__}, FlopCounterMode, batch 1"
    print(json.dumps({"source": source, "networks": networks, "layers": layers}, indent=1))


if __name__ == "__main__":
    main()
