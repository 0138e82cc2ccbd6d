"""The example models and modules that are the same networks: of torchvision, timm and Keras, and some written by hand."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from with_torchvision import torchvision

EXAMPLES = Path(__file__).parents[2] / "example_models"

#: The network, the file, what is set, and what torchvision's constructor is given.
TORCHVISION: tuple[tuple[str, str, Mapping[str, float | str], Mapping[str, Any]], ...] = (
    ("alexnet", "alexnet_torchvision", {}, {}),
    ("vgg11", "vgg11", {}, {}),
    ("vgg11_bn", "vgg11", {"norm": "batch_norm"}, {}),
    ("vgg16", "vgg16", {}, {}),
    ("vgg19", "vgg19", {}, {}),
    ("vgg19_bn", "vgg19", {"norm": "batch_norm"}, {}),
    ("resnet18", "resnet18", {}, {}),
    ("resnet50", "resnet50", {}, {}),
    ("resnet34", "resnet", {"depth": 34}, {}),
    ("resnet101", "resnet", {"depth": 101}, {}),
    ("resnet152", "resnet", {"depth": 152}, {}),
    ("resnext50_32x4d", "resnext50", {}, {}),
    ("resnext101_32x8d", "resnext50", {"group_width": 8, "n3": 23}, {}),
    ("resnext101_64x4d", "resnext50", {"cardinality": 64, "n3": 23}, {}),
    ("wide_resnet50_2", "wide_resnet50", {}, {}),
    ("wide_resnet101_2", "wide_resnet50", {"n3": 23}, {}),
    ("densenet121", "densenet121", {}, {}),
    ("densenet169", "densenet169", {}, {}),
    ("densenet201", "densenet169", {"n3": 48}, {}),
    ("densenet161", "densenet169", {"growth": 48, "n3": 36, "n4": 24}, {}),
    ("inception_v3", "inception_v3", {}, {"aux_logits": False, "init_weights": False}),
    ("squeezenet1_0", "squeezenet", {}, {}),
    ("mobilenet_v2", "mobilenetv2", {}, {}),
    ("mobilenet_v3_large", "mobilenetv3_large", {}, {}),
    ("mobilenet_v3_small", "mobilenetv3_small", {}, {}),
    ("mnasnet0_5", "mnasnet", {"width": 0.5}, {}),
    ("mnasnet0_75", "mnasnet", {"width": 0.75}, {}),
    ("mnasnet1_0", "mnasnet", {}, {}),
    ("mnasnet1_3", "mnasnet", {"width": 1.3}, {}),
    ("shufflenet_v2_x0_5", "shufflenetv2", {"stage2": 48}, {}),
    ("shufflenet_v2_x1_0", "shufflenetv2", {}, {}),
    ("shufflenet_v2_x1_5", "shufflenetv2", {"stage2": 176}, {}),
    ("shufflenet_v2_x2_0", "shufflenetv2", {"stage2": 244, "last": 2048}, {}),
    ("efficientnet_b0", "efficientnet", {}, {}),
    ("efficientnet_b1", "efficientnet", {"depth": 1.1, "size": 240}, {}),
    ("efficientnet_b2", "efficientnet", {"width": 1.1, "depth": 1.2, "size": 260}, {}),
    ("efficientnet_b3", "efficientnet", {"width": 1.2, "depth": 1.4, "size": 300}, {}),
    ("efficientnet_b4", "efficientnet", {"width": 1.4, "depth": 1.8, "size": 380}, {}),
    ("efficientnet_b5", "efficientnet", {"width": 1.6, "depth": 2.2, "size": 456}, {}),
    ("efficientnet_b6", "efficientnet", {"width": 1.8, "depth": 2.6, "size": 528}, {}),
    ("efficientnet_b7", "efficientnet", {"width": 2.0, "depth": 3.1, "size": 600}, {}),
    ("regnet_y_400mf", "regnet_y_400mf", {}, {}),
    ("convnext_tiny", "convnext_tiny", {}, {}),
    ("convnext_small", "convnext_tiny", {"n3": 27}, {}),
    ("convnext_base", "convnext_tiny", {"n3": 27, "width": 128}, {}),
    ("swin_t", "swin_tiny", {}, {}),
    ("vit_b_16", "vit_b16", {}, {}),
    ("vit_b_32", "vit_b16", {"patch": 32}, {}),
    ("deeplabv3_resnet50", "deeplabv3_resnet50", {}, {"weights_backbone": None, "aux_loss": True}),
)

#: The same of timm.
TIMM: tuple[tuple[str, str, Mapping[str, float | str]], ...] = (
    ("resnet50", "resnet50", {}),
    ("vgg16", "vgg16", {}),
    ("efficientnet_b0", "efficientnet", {}),
    ("mobilenetv1_100", "mobilenetv1", {}),
    ("mobilenetv2_100", "mobilenetv2", {}),
    ("darknet53", "darknet53", {}),
    ("legacy_xception", "xception", {}),
    ("convnext_tiny", "convnext_tiny", {}),
    ("vit_base_patch16_224", "vit_b16", {}),
    ("swin_tiny_patch4_window7_224", "swin_tiny", {}),
    ("densenet121", "densenet121", {}),
    ("regnety_004", "regnet_y_400mf", {}),
    ("mnasnet_100", "mnasnet", {}),
)

#: The same of `keras.applications`; EfficientNet has a `Normalization` of the image in it, which the example has not.
KERAS: tuple[tuple[str, str, Mapping[str, float | str]], ...] = (
    ("VGG16", "vgg16", {}),
    ("VGG19", "vgg19", {}),
    ("Xception", "xception", {}),
    ("MobileNet", "mobilenetv1", {}),
    ("MobileNetV2", "mobilenetv2", {}),
    ("MobileNetV3Large", "mobilenetv3_large", {}),
    ("MobileNetV3Small", "mobilenetv3_small", {}),
    ("DenseNet121", "densenet121", {}),
    ("DenseNet169", "densenet169", {}),
    ("ConvNeXtTiny", "convnext_tiny", {}),
)

#: The class in handwritten.py, and the file.
HANDWRITTEN: tuple[tuple[str, str, Mapping[str, float | str]], ...] = (
    ("LeNet5", "lenet5", {}),
    ("AlexNet", "alexnet", {}),
    ("NiN", "nin", {}),
    ("UNet", "unet", {}),
    ("UNet3D", "unet3d", {}),
    ("Generator", "dcgan_generator", {}),
    ("TCN", "tcn", {}),
    ("TextCNN", "text_cnn", {}),
    ("M5", "audio_cnn", {}),
    ("C3D", "c3d", {}),
    ("Darknet19", "darknet19", {}),
    ("Darknet53", "darknet53", {}),
    ("MobileNetV1", "mobilenetv1", {}),
    ("ResNetCifar", "resnet_cifar", {}),
    ("ResNet50", "resnet50", {}),
    ("GoogLeNet", "googlenet", {}),
    ("CRNN", "crnn", {}),
    ("GPT2", "gpt2", {}),
    ("Start", "start", {}),
    ("DSCNN", "ds_cnn_kws", {}),
    ("DeepFace", "deepface", {}),
)


class Live(NamedTuple):
    """A network: who wrote the module, its name there, the example, and what builds the module."""

    package: str
    name: str
    file: str
    set: Mapping[str, float | str]
    build: Callable[[], Any]

    @property
    def path(self) -> Path:
        """The example."""
        return EXAMPLES / f"{self.file}.yaml"

    @property
    def label(self) -> str:
        """What it is called in tables and files."""
        return f"{self.package}_{self.name}"


PACKAGES = ("torchvision", "timm", "keras", "handwritten")


def networks(package: str) -> Iterator[Live]:
    """The networks of one of `PACKAGES`. Raises ImportError where it is not installed."""
    return {"torchvision": _torchvision, "timm": _timm, "keras": _keras, "handwritten": _handwritten}[package]()


def _torchvision() -> Iterator[Live]:
    get = torchvision().models.get_model
    for name, file, given, more in TORCHVISION:
        yield Live("torchvision", name, file, given, partial(get, name, weights=None, **more))


def _timm() -> Iterator[Live]:
    torchvision()  # timm imports it
    create: Any = importlib.import_module("timm").create_model
    for name, file, given in TIMM:
        yield Live("timm", name, file, given, partial(create, name, pretrained=False))


def _keras() -> Iterator[Live]:
    applications: Any = importlib.import_module("keras.applications")
    for name, file, given in KERAS:
        yield Live("keras", name, file, given, partial(getattr(applications, name), weights=None))


def _handwritten() -> Iterator[Live]:
    modules = importlib.import_module("handwritten")
    for name, file, given in HANDWRITTEN:
        yield Live("handwritten", name, file, given, getattr(modules, name))
