"""Every file of `example_models/` against its published totals, to the unit.

A file that the table lacks fails; so does one that loads with a diagnostic. Numbers are a framework's run, a paper's,
or worked out by hand here where neither prints them: never our own output.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import NamedTuple

import pytest

import analyzer

EXAMPLES = Path(__file__).parents[1] / "example_models"


class Published(NamedTuple):
    """A network, the variables it was built with, its totals as declared, and who says so."""

    file: str
    set: Mapping[str, float | str]
    parameters: int
    buffers: int
    macs: int
    source: str


def window(positions: int, taps: int, depth: int, filters: int) -> int:
    """MACs of a convolution: Π O · Π F · D · K."""
    return positions * taps * depth * filters


# What `analyzer example` prints first: a stem, two stages of two blocks, batch normalisation (2 a plane) everywhere.
START_WEIGHTS = (27 * 32, 4 * 9 * 32 * 32, 9 * 32 * 64 + 3 * 9 * 64 * 64 + 32 * 64)
START_DEPTHS = 5 * 32 + 5 * 64
START_PARAMETERS = sum(START_WEIGHTS) + 2 * START_DEPTHS + (64 * 10 + 10)
START_MACS = 32 * 32 * (START_WEIGHTS[0] + START_WEIGHTS[1]) + 16 * 16 * START_WEIGHTS[2] + 64 * 10

# Inception (3a) and (3b), table 1 of Szegedy et al. 2015: the weights of the six convolutions and their biases.
INCEPTION_3A = 192 * (64 + 96 + 16 + 32) + 9 * 96 * 128 + 25 * 16 * 32
INCEPTION_3B = 256 * (128 + 128 + 32 + 64) + 9 * 128 * 192 + 25 * 32 * 96
INCEPTION_BIASES = (64 + 96 + 128 + 16 + 32 + 32) + (128 + 128 + 192 + 32 + 96 + 64)

# M5: lengths (8000 − 80)/16 + 1 = 496, /4 = 124, 122, 30, 28, 7, 5, 1.
M5_MACS = (
    window(496, 80, 1, 32) + window(122, 3, 32, 32) + window(28, 3, 32, 64) + window(5, 3, 64, 64) + 64 * 35
)  # fmt: skip

# C3D: 16×112×112, then each pool halves what it covers; the last volume is 1×4×4×512.
C3D_MACS = (
    window(16 * 112 * 112, 27, 3, 64)
    + window(16 * 56 * 56, 27, 64, 128)
    + window(8 * 28 * 28, 27, 128, 256) + window(8 * 28 * 28, 27, 256, 256)
    + window(4 * 14 * 14, 27, 256, 512) + window(4 * 14 * 14, 27, 512, 512)
    + 2 * window(2 * 7 * 7, 27, 512, 512)
    + 8192 * 4096 + 4096 * 4096 + 4096 * 487
)  # fmt: skip


def regnet_macs() -> int:
    """RegNetY-400MF: a stem of 32, then (side, depth, blocks); groups of 8, the gate's middle a quarter of what a block reads."""
    total, depth, side = window(112 * 112, 9, 3, 32) + 440 * 1000, 32, 112
    for after, filters, blocks in ((56, 48, 1), (28, 104, 3), (14, 208, 6), (7, 440, 6)):
        for _ in range(blocks):
            total += window(side**2, 1, depth, filters) + window(after**2, 9, 8, filters)
            total += 2 * filters * (depth // 4) + window(after**2, 1, filters, filters)
            total += window(after**2, 1, depth, filters) if depth != filters else 0
            depth, side = filters, after
    return total


# RegNetY-400MF: what is normalised: the stem, three convolutions a block, a projection a stage.
REGNET_DEPTHS = 32 + 3 * (48 + 3 * 104 + 6 * 208 + 6 * 440) + (48 + 104 + 208 + 440)


def deeplab_macs() -> int:
    """DeepLabv3 on ResNet-50 at 520: sides 260, 130, and 65 from the second stage on, where dilation replaces stride."""
    total, depth, side = window(260**2, 49, 3, 64), 64, 130
    for after, mid, blocks in ((130, 64, 3), (65, 128, 4), (65, 256, 6), (65, 512, 3)):
        for place in range(blocks):
            total += window(side**2, 1, depth, mid) + window(after**2, 9, mid, mid) + window(after**2, 1, mid, 4 * mid)
            total += window(after**2, 1, depth, 4 * mid) if place == 0 else 0
            depth, side = 4 * mid, after
    pyramid = window(65**2, 1 + 3 * 9, 2048, 256) + 2048 * 256 + window(65**2, 1, 5 * 256, 256)
    heads = window(65**2, 9, 256, 256) + window(65**2, 9, 1024, 256) + 2 * window(65**2, 1, 256, 21)
    return total + pyramid + heads


# 3D U-Net: (filters, depth, output) of each convolution, figure 2 of the paper; outputs as slices × side².
UNET3D = [
    (32, 3, (114, 130)), (64, 32, (112, 128)), (64, 64, (54, 62)), (128, 64, (52, 60)), (128, 128, (24, 28)),
    (256, 128, (22, 26)), (256, 256, (9, 11)), (512, 256, (7, 9)), (256, 768, (12, 16)), (256, 256, (10, 14)),
    (128, 384, (18, 26)), (128, 128, (16, 24)), (64, 192, (30, 46)), (64, 64, (28, 44)),
]  # fmt: skip
UNET3D_UP = [(512, 7 * 9 * 9), (256, 10 * 14 * 14), (128, 16 * 24 * 24)]  # depth kept, positions read
UNET3D_MACS = (
    sum(window(slices * side**2, 27, depth, filters) for filters, depth, (slices, side) in UNET3D)
    + sum(window(positions, 8, depth, depth) for depth, positions in UNET3D_UP)
    + window(28 * 44 * 44, 1, 64, 3)
)

# TCN: a level has two convolutions of 7 taps over 784 steps; the first level also projects a depth of 1 to 25.
TCN_PARAMETERS = (7 * 25 + 25) + 15 * (7 * 25 * 25 + 25) + (25 + 25) + (25 * 10 + 10)
TCN_MACS = 784 * (7 * 25 + 15 * 7 * 25 * 25 + 25) + 25 * 10

# Kim's CNN: 100 filters over 3, 4 and 5 words; 54, 53 and 52 windows in 56 words.
KIM_TRAINED = (3 + 4 + 5) * 300 * 100 + 300 + (300 * 2 + 2)
KIM_MACS = (54 * 3 + 53 * 4 + 52 * 5) * 300 * 100 + 300 * 2

# CRNN: (filters, taps, depth, positions), then two bidirectional LSTMs of 256 and two dense layers over 26 columns.
CRNN = [
    (64, 9, 1, 32 * 100), (128, 9, 64, 16 * 50), (256, 9, 128, 8 * 25), (256, 9, 256, 8 * 25),
    (512, 9, 256, 4 * 26), (512, 9, 512, 4 * 26), (512, 4, 512, 1 * 26),
]  # fmt: skip
CRNN_DENSE = 2 * 4 * 256 * (512 + 256) + 512 * 256 + 2 * 4 * 256 * (256 + 256) + 512 * 37
CRNN_PARAMETERS = (
    sum(filters * (taps * depth + 1) for filters, taps, depth, _ in CRNN)
    + 2 * (256 + 512 + 512)  # the scales and centres of the batch normalisations
    + CRNN_DENSE + 2 * (2 * 2 * 4 * 256) + 256 + 37
)  # fmt: skip
CRNN_MACS = sum(window(positions, taps, depth, filters) for filters, taps, depth, positions in CRNN) + 26 * CRNN_DENSE

# DS-CNN: 25×5 positions all through.
DS_CNN_MACS = 125 * (40 * 64 + 4 * (9 * 64 + 64 * 64)) + 64 * 12


def gpt2_macs(width: int, depth: int) -> int:
    """1,024 tokens: four projections, two products of 1,024² and two linear layers in each layer; then the scores."""
    tokens = 1024
    layer = 4 * tokens * width**2 + 2 * tokens**2 * width + 2 * tokens * width * 4 * width
    return depth * layer + tokens * width * 50_257


# fmt: off
TABLE = [
    Published("start.yaml", {}, START_PARAMETERS, 2 * START_DEPTHS, START_MACS, "by hand"),
    Published("textbook.yaml", {}, 3_860, 0, 752_640, "CS231n, by hand: (8·8·3 + 1)·20, and 8·8·3·20·14·14"),
    Published("lenet5.yaml", {}, 61_706, 0, 416_520, "rebuilt in torch 2.13.0"),
    Published("alexnet.yaml", {}, 60_965_224, 0, 724_406_816, "Krizhevsky et al. 2012; Caffe bvlc_alexnet"),
    Published("alexnet_torchvision.yaml", {}, 61_100_840, 0, 714_188_480, "torchvision 0.28.0 alexnet"),
    Published("vgg16.yaml", {}, 138_357_544, 0, 15_470_264_320, "torchvision 0.28.0 vgg16"),
    Published("googlenet.yaml", {}, 6_998_552, 0, 1_582_671_872, "BVLC GoogLeNet without its auxiliary classifiers, rebuilt in torch 2.13.0"),
    Published("inception3a.yaml", {}, INCEPTION_3A + INCEPTION_3B + INCEPTION_BIASES, 0, 28 * 28 * (INCEPTION_3A + INCEPTION_3B), "by hand from table 1 of Szegedy et al. 2015"),
    Published("resnet18.yaml", {}, 11_689_512, 9_600, 1_814_073_344, "torchvision 0.28.0 resnet18"),
    Published("resnet50.yaml", {}, 25_557_032, 53_120, 4_089_184_256, "torchvision 0.28.0 resnet50"),
    Published("mobilenetv2.yaml", {}, 3_504_872, 34_112, 300_774_272, "torchvision 0.28.0 mobilenet_v2"),
    Published("densenet121.yaml", {}, 7_978_856, 83_648, 2_834_161_664, "torchvision 0.28.0 densenet121"),
    Published("unet.yaml", {}, 31_030_658, 0, 150_428_424_448, "the paper, rebuilt in torch 2.13.0"),
    Published("deepface.yaml", {}, 118_923_774, 0, 517_624_448, "Taigman et al. 2014, each layer confirmed with tf.keras LocallyConnected2D"),
    Published("audio_cnn.yaml", {}, 26_915, 2 * (32 + 32 + 64 + 64), M5_MACS, "torchaudio's tutorial prints 26915; MACs by hand"),
    Published("c3d.yaml", {}, 79_991_015, 0, C3D_MACS, "the released Keras model prints 79,991,015; MACs by hand, 38.5 G in the literature"),
    Published("vgg11.yaml", {}, 132_863_336, 0, 7_609_090_048, "torchvision 0.28.0 vgg11"),
    Published("vgg11.yaml", {"norm": "batch_norm"}, 132_868_840, 5_504, 7_609_090_048, "torchvision 0.28.0 vgg11_bn"),
    Published("vgg19.yaml", {}, 143_667_240, 0, 19_632_062_464, "torchvision 0.28.0 vgg19"),
    Published("vgg19.yaml", {"norm": "batch_norm"}, 143_678_248, 11_008, 19_632_062_464, "torchvision 0.28.0 vgg19_bn"),
    Published("resnet.yaml", {"depth": 18}, 11_689_512, 9_600, 1_814_073_344, "torchvision 0.28.0 resnet18"),
    Published("resnet.yaml", {"depth": 34}, 21_797_672, 17_024, 3_663_761_408, "torchvision 0.28.0 resnet34"),
    Published("resnet.yaml", {"depth": 50}, 25_557_032, 53_120, 4_089_184_256, "torchvision 0.28.0 resnet50"),
    Published("resnet.yaml", {"depth": 101}, 44_549_160, 105_344, 7_801_405_440, "torchvision 0.28.0 resnet101"),
    Published("resnet.yaml", {"depth": 152}, 60_192_808, 151_424, 11_513_626_624, "torchvision 0.28.0 resnet152"),
    Published("resnet.yaml", {"depth": 50, "v1": 1}, 25_557_032, 53_120, 3_857_973_248, "the paper's form, rebuilt in torch 2.13.0"),
    Published("resnet.yaml", {"depth": 101, "v1": 1}, 44_549_160, 105_344, 7_570_194_432, "the paper's form, rebuilt in torch 2.13.0"),
    Published("resnet.yaml", {"depth": 152, "v1": 1}, 60_192_808, 151_424, 11_282_415_616, "the paper's form, rebuilt in torch 2.13.0"),
    Published("resnext50.yaml", {}, 25_028_904, 68_224, 4_230_479_872, "torchvision 0.28.0 resnext50_32x4d"),
    Published("resnext50.yaml", {"group_width": 8, "n3": 23}, 88_791_336, 202_880, 16_414_015_488, "torchvision 0.28.0 resnext101_32x8d"),
    Published("resnext50.yaml", {"cardinality": 64, "n3": 23}, 83_455_272, 202_880, 15_460_270_080, "torchvision 0.28.0 resnext101_64x4d"),
    Published("wide_resnet50.yaml", {}, 68_883_240, 68_224, 11_398_021_120, "torchvision 0.28.0 wide_resnet50_2"),
    Published("wide_resnet50.yaml", {"n3": 23}, 126_886_696, 137_856, 22_753_050_624, "torchvision 0.28.0 wide_resnet101_2"),
    Published("densenet169.yaml", {}, 14_149_480, 158_400, 3_359_843_328, "torchvision 0.28.0 densenet169"),
    Published("densenet169.yaml", {"n3": 48}, 20_013_928, 229_056, 4_291_365_888, "torchvision 0.28.0 densenet201"),
    Published("densenet169.yaml", {"growth": 48, "n3": 36, "n4": 24}, 28_681_000, 219_936, 7_727_907_072, "torchvision 0.28.0 densenet161"),
    Published("inception_v3.yaml", {}, 23_834_568, 34_432, 5_713_216_096, "torchvision 0.28.0 inception_v3, which has 27,161,264 with AuxLogits; statistics: Keras 3.15.1 InceptionV3"),
    Published("squeezenet.yaml", {}, 1_248_424, 0, 818_924_576, "torchvision 0.28.0 squeezenet1_0"),
    Published("mobilenetv1.yaml", {}, 4_231_976, 21_888, 568_740_352, "Keras 3.15.1 MobileNet"),
    Published("mobilenetv3_large.yaml", {}, 5_483_032, 24_400, 216_589_760, "torchvision 0.28.0 mobilenet_v3_large"),
    Published("mobilenetv3_small.yaml", {}, 2_542_856, 12_112, 56_510_400, "torchvision 0.28.0 mobilenet_v3_small"),
    Published("mnasnet.yaml", {"width": 0.5}, 2_218_512, 20_624, 104_455_968, "torchvision 0.28.0 mnasnet0_5"),
    Published("mnasnet.yaml", {"width": 0.75}, 3_170_208, 29_808, 215_493_104, "torchvision 0.28.0 mnasnet0_75"),
    Published("mnasnet.yaml", {"width": 1.0}, 4_383_312, 37_920, 314_415_872, "torchvision 0.28.0 mnasnet1_0"),
    Published("mnasnet.yaml", {"width": 1.3}, 6_282_256, 48_816, 526_362_432, "torchvision 0.28.0 mnasnet1_3"),
    Published("shufflenetv2.yaml", {"stage2": 48, "last": 1024}, 1_366_792, 7_952, 40_476_448, "torchvision 0.28.0 shufflenet_v2_x0_5"),
    Published("shufflenetv2.yaml", {"stage2": 116, "last": 1024}, 2_278_604, 16_180, 144_907_992, "torchvision 0.28.0 shufflenet_v2_x1_0"),
    Published("shufflenetv2.yaml", {"stage2": 176, "last": 1024}, 3_503_624, 23_440, 295_759_392, "torchvision 0.28.0 shufflenet_v2_x1_5"),
    Published("shufflenetv2.yaml", {"stage2": 244, "last": 2048}, 7_393_996, 33_716, 583_253_464, "torchvision 0.28.0 shufflenet_v2_x2_0"),
    Published("efficientnet.yaml", {"width": 1.0, "depth": 1.0, "size": 224}, 5_288_548, 42_016, 385_814_752, "torchvision 0.28.0 efficientnet_b0"),
    Published("efficientnet.yaml", {"width": 1.0, "depth": 1.1, "size": 240}, 7_794_184, 62_048, 686_802_832, "torchvision 0.28.0 efficientnet_b1"),
    Published("efficientnet.yaml", {"width": 1.1, "depth": 1.2, "size": 288}, 9_109_994, 67_568, 1_087_529_456, "torchvision 0.28.0 efficientnet_b2"),
    Published("efficientnet.yaml", {"width": 1.2, "depth": 1.4, "size": 300}, 12_233_232, 87_296, 1_827_141_392, "torchvision 0.28.0 efficientnet_b3"),
    Published("efficientnet.yaml", {"width": 1.4, "depth": 1.8, "size": 380}, 19_341_616, 125_200, 4_393_771_024, "torchvision 0.28.0 efficientnet_b4"),
    Published("efficientnet.yaml", {"width": 1.6, "depth": 2.2, "size": 456}, 30_389_784, 172_736, 10_266_384_752, "torchvision 0.28.0 efficientnet_b5"),
    Published("efficientnet.yaml", {"width": 1.8, "depth": 2.6, "size": 528}, 43_040_704, 224_432, 19_067_593_536, "torchvision 0.28.0 efficientnet_b6"),
    Published("efficientnet.yaml", {"width": 2.0, "depth": 3.1, "size": 600}, 66_347_960, 310_720, 37_745_884_192, "torchvision 0.28.0 efficientnet_b7"),
    Published("regnet_y_400mf.yaml", {}, 4_344_144, 2 * REGNET_DEPTHS, regnet_macs(), "torchvision 0.29.1 regnet_y_400mf: 4,344,144 and 0.402 GMACs in its weights' meta; by hand to the unit"),
    Published("convnext_tiny.yaml", {}, 28_589_128, 0, 4_455_531_264, "torchvision 0.28.0 convnext_tiny"),
    Published("convnext_tiny.yaml", {"n3": 27}, 50_223_688, 0, 8_683_712_256, "torchvision 0.28.0 convnext_small"),
    Published("convnext_tiny.yaml", {"n3": 27, "width": 128}, 88_591_464, 0, 15_354_729_472, "torchvision 0.28.0 convnext_base"),
    Published("convnext_tiny.yaml", {"n3": 27, "width": 192}, 197_767_336, 0, 34_361_433_600, "torchvision 0.28.0 convnext_large"),
    Published("vit_b16.yaml", {}, 86_567_656, 0, 17_563_828_224, "torchvision 0.28.0 vit_b_16"),
    Published("vit_b16.yaml", {"patch": 32}, 88_224_232, 0, 4_409_186_304, "torchvision 0.28.0 vit_b_32"),
    Published("vit_b16.yaml", {"width": 1024, "heads": 16, "depth": 24}, 304_326_632, 0, 61_554_712_576, "torchvision 0.28.0 vit_l_16"),
    Published("gpt2.yaml", {}, 124_439_808, 0, gpt2_macs(768, 12), "Hugging Face gpt2, num_parameters(); MACs by hand"),
    Published("gpt2.yaml", {"width": 1024, "heads": 16, "depth": 24}, 354_823_168, 0, gpt2_macs(1024, 24), "Hugging Face gpt2-medium, num_parameters(); MACs by hand"),
    Published("gpt2.yaml", {"width": 1280, "heads": 20, "depth": 36}, 774_030_080, 0, gpt2_macs(1280, 36), "Hugging Face gpt2-large, num_parameters(); MACs by hand"),
    Published("gpt2.yaml", {"width": 1600, "heads": 25, "depth": 48}, 1_557_611_200, 0, gpt2_macs(1600, 48), "Hugging Face gpt2-xl, num_parameters(); MACs by hand"),
    Published("xception.yaml", {}, 22_855_952, 54_528, 8_357_403_496, "Keras 3.15.1 Xception"),
    Published("yolov1.yaml", {}, 197_301_875, 26_368, 20_210_729_728, "darknet yolov1.cfg"),
    Published("cudaconvnet_local.yaml", {}, 1_116_490, 0, 18_517_248, "cuda-convnet layers-conv-local-13pct.cfg, crops of 24×24"),
    Published("dcgan_generator.yaml", {}, 3_576_704, 1_920, 104_628_224, "pytorch/examples dcgan, nz = 100, ngf = 64"),
    Published("tcn.yaml", {}, TCN_PARAMETERS, 0, TCN_MACS, "by hand; Bai et al. 2018 say 70K, with the scales of weight normalisation"),
    Published("text_cnn.yaml", {}, 18_765 * 300 + KIM_TRAINED, 0, KIM_MACS, "by hand; |V| = 18,765 in table 1 of Kim 2014"),
    Published("deeplabv3_resnet50.yaml", {}, 42_004_074, 53_120 + 2 * 8 * 256, deeplab_macs(), "torchvision 0.29.1 deeplabv3_resnet50: 42,004,074 and 178.722 GMACs in its weights' meta; by hand to the unit"),
    Published("unet3d.yaml", {}, 19_069_955, 2 * sum(filters for filters, _, _ in UNET3D), UNET3D_MACS, 'Çiçek et al. 2016: "19069955 parameters in total"; MACs by hand'),
    Published("crnn.yaml", {}, CRNN_PARAMETERS, 2 * (256 + 512 + 512), CRNN_MACS, "by hand; Shi et al. 2015 say 8.3 M"),
    Published("ds_cnn_kws.yaml", {}, 24_908 - 9 * 2 * 64, 9 * 2 * 64, DS_CNN_MACS, "the Keras model of MLPerf Tiny has 24,908, 1,152 of them not trained; MACs by hand, 2.7 M in the literature"),
    Published("resnet_cifar.yaml", {"n": 3}, 269_722, 1_376, 40_551_040, "ResNet-20, rebuilt in torch 2.13.0"),
    Published("resnet_cifar.yaml", {"n": 5}, 464_154, 2_272, 68_862_592, "ResNet-32, rebuilt in torch 2.13.0"),
    Published("resnet_cifar.yaml", {"n": 7}, 658_586, 3_168, 97_174_144, "ResNet-44, rebuilt in torch 2.13.0"),
    Published("resnet_cifar.yaml", {"n": 9}, 853_018, 4_064, 125_485_696, "ResNet-56, rebuilt in torch 2.13.0"),
    Published("resnet_cifar.yaml", {"n": 18}, 1_727_962, 8_096, 252_887_680, "ResNet-110, rebuilt in torch 2.13.0"),
    Published("darknet53.yaml", {"size": 256}, 41_609_928, 35_712, 9_285_115_904, "darknet darknet53.cfg"),
    Published("darknet53.yaml", {"size": 224}, 41_609_928, 35_712, 7_109_156_864, "darknet darknet53.cfg"),
    Published("darknet19.yaml", {"size": 224}, 20_842_376, 14_400, 2_790_989_824, "darknet darknet19.cfg"),
    Published("darknet19.yaml", {"size": 256}, 20_842_376, 14_400, 3_645_374_464, "darknet darknet19.cfg"),
    Published("nin.yaml", {}, 966_986, 0, 222_486_528, "Caffe's model zoo, NIN-CIFAR10"),
    Published("swin_tiny.yaml", {}, 28_288_354, 0, 4_490_566_656, "torchvision 0.28.0 swin_t; its 28,812 buffers are tables of indices, which do not count here"),
]
# fmt: on


def _id(row: Published) -> str:
    return "-".join([row.file.removesuffix(".yaml"), *(f"{name}={value}" for name, value in row.set.items())])


@pytest.mark.parametrize("row", TABLE, ids=_id)
def test_totals_are_the_published_ones(row: Published) -> None:
    analysis = analyzer.analyze(EXAMPLES / row.file, set=dict(row.set))
    declared = analysis.totals.declared
    found = (declared.parameters, declared.buffers, analysis.totals.macs)
    assert found == (row.parameters, row.buffers, row.macs), row.source
    assert not analysis.diagnostics


def test_every_example_has_published_totals() -> None:
    listed = {row.file for row in TABLE}
    shipped = {path.name for path in EXAMPLES.glob("*.yaml")}
    assert shipped - listed == set(), "add these to the table, with a source"
    assert listed - shipped == set(), "these are listed and not there"


@pytest.mark.parametrize("file", sorted({row.file for row in TABLE} - {"start.yaml", "textbook.yaml"}))
def test_an_example_says_first_which_paper_it_follows(file: str) -> None:
    first = (EXAMPLES / file).read_text("utf-8").partition("\n")[0]
    assert re.match(r"# .*\b(19|20)\d\d\b", first), first


#: Locally connected layers: (file, layer, output, weights, biases).
#: DeepFace: each layer measured with tf.keras LocallyConnected2D; YOLOv1: darknet; cuda-convnet: its cfg.
LOCAL = [
    ("deepface.yaml", "L4", "55x55x16", 62_726_400, 48_400),
    ("deepface.yaml", "L5", "25x25x16", 7_840_000, 10_000),
    ("deepface.yaml", "L6", "21x21x16", 2_822_400, 7_056),
    ("yolov1.yaml", "local", "7x7x256", 115_605_504, 12_544),
    ("cudaconvnet_local.yaml", "local3", "6x6x32", 663_552, 1_152),
    ("cudaconvnet_local.yaml", "local4", "6x6x32", 331_776, 1_152),
]


@pytest.mark.parametrize(("file", "name", "output", "weights", "biases"), LOCAL, ids=[f"{f}-{n}" for f, n, *_ in LOCAL])
def test_locally_connected_layers_are_as_published(
    file: str, name: str, output: str, weights: int, biases: int
) -> None:
    row = next(row for row in analyzer.analyze(EXAMPLES / file).rows if row.name == name)
    assert str(row.output) == output
    assert (row.declared.weights, row.declared.biases) == (weights, biases)
    assert row.macs == weights, "a local layer uses each weight once"
    assert row.shared.weights * prod(row.output.spatial) == weights


def test_the_textbook_example_in_both_modes() -> None:
    """CS231n's arithmetic: 14·14 positions, so 196 times the weights and biases, and the same MACs."""
    (row,) = analyzer.analyze(EXAMPLES / "textbook.yaml").rows
    assert str(row.output) == "14x14x20"
    assert (row.shared.weights, row.shared.biases, row.shared.parameters) == (3_840, 20, 3_860)
    assert (row.local.weights, row.local.biases, row.local.parameters) == (752_640, 3_920, 756_560)
    assert row.macs == 752_640


def test_frozen_word_vectors_are_not_trained() -> None:
    totals = analyzer.analyze(EXAMPLES / "text_cnn.yaml").totals
    assert totals.declared.trainable == KIM_TRAINED == 360_902


def test_the_microcontroller_network_takes_a_byte_a_number() -> None:
    """MLPerf Tiny's 24,908 numbers, statistics of the batch normalisations among them, in int8."""
    assert analyzer.analyze(EXAMPLES / "ds_cnn_kws.yaml", dtype="int8").totals.declared.bytes == 24_908
