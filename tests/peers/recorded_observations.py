"""Records what is seen of 30 networks, for the tests of matching where no framework is installed.

    python tests/peers/recorded_observations.py                        # all whose framework is installed
    python tests/peers/recorded_observations.py torchvision_resnet50   # some

writes `tests/data/observations/NAME.json`. It needs torch, torchvision and timm, or Keras. What is recorded is what the
frameworks' modules have; whether it is the example is what the tests find out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "matching")]
os.environ.setdefault("KERAS_BACKEND", "torch")

from live_networks import Live, networks  # noqa: E402
from observations import Recorded, write  # noqa: E402

import analyzer  # noqa: E402
from analyzer.matching.live import observe  # noqa: E402
from analyzer.matching.observed import Observation  # noqa: E402

NAMES = {
    "torchvision": (
        "alexnet vgg11_bn vgg16 resnet18 resnet50 resnext50_32x4d wide_resnet50_2 densenet121 inception_v3 squeezenet1_0 "
        "mobilenet_v2 mobilenet_v3_large mnasnet0_5 shufflenet_v2_x1_0 efficientnet_b0 regnet_y_400mf convnext_tiny swin_t "
        "vit_b_16 deeplabv3_resnet50"
    ),
    "timm": "mobilenetv1_100 darknet53 legacy_xception",
    "handwritten": "LeNet5 NiN UNet Generator TCN TextCNN CRNN GPT2 ResNet50 ResNetCifar",
    "keras": "Xception MobileNetV2 MobileNetV3Small DenseNet121",
}  # fmt: skip


def observed(live: Live) -> Observation:
    """What is seen of a network's module."""
    module: Any = live.build()
    return observe(module, analyzer.analyze(live.path, set=dict(live.set)))


def recorded(package: str) -> Iterator[tuple[Live, Recorded]]:
    """The networks of a package that are recorded."""
    versions = {name: version(name) for name in ["torch", *([package] if package != "handwritten" else [])]}
    for live in networks(package):
        if live.name in NAMES[package].split():
            yield live, Recorded(live.file, live.set, versions, observed(live))


def main() -> None:
    """Records what was asked for, or everything."""
    for package in NAMES:
        try:
            for live, found in recorded(package):
                if not sys.argv[1:] or live.label in sys.argv[1:]:
                    path = write(live.label, found)
                    print(f"{path.name}: {len(found.observation.layers)} calls, {path.stat().st_size:,} bytes")
        except ImportError as error:
            print(f"{package}: {error}; what was recorded of it stays")


if __name__ == "__main__":
    main()
