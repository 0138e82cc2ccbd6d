"""Arenas that others measured or calculated, with their sources; docs/memory.md shows them too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.engine.memory.arena.microcontroller import Microcontroller

ROOT = Path(__file__).parents[3]

#: tensorflow/tflite-micro, testing/generate_test_models.py: its `TestConvModel`.
CONV = """
input: 16x16x1
layers:
  - conv: {filters: 16, kernel: 3, act: relu}
  - conv: {filters: 32, kernel: 3, act: relu}
  - max_pool: 2
  - flatten
  - dense: 10
"""

TINY = {"width": 0.25, "resolution": 96, "classes": 2}

#: The network, variables, and the bytes of the tensors that are alive at once, to the byte.
EXACT: dict[str, tuple[str, dict[str, Any], int]] = {
    # memory_arena_threshold_test.cc at 12595032, measured on x86-64: kTestConvModelHeadSize.
    "TFLM, TestConvModel": (CONV, {}, 7_744),
    # mlcommons/tiny at 1afd2c98: the tensors of the int8 .tflite files, in the order of their operators, added up.
    "MLPerf Tiny, keyword spotting": ("example_models/ds_cnn_kws.yaml", {}, 16_000),
    "MLPerf Tiny, image classification": ("tests/data/models/mlperf_resnet8.yaml", {}, 49_152),
    "MLPerf Tiny, anomaly detection": ("tests/data/models/mlperf_autoencoder.yaml", {}, 768),
    "MLPerf Tiny, visual wake words": ("example_models/mobilenetv1.yaml", TINY, 55_296),
    # petewarden/ml_memory_analyser at 0e7eee2f, README.md: "RAM required".
    "MobileNet v1": ("example_models/mobilenetv1.yaml", {}, 1_204_224),
    "MobileNet v2": ("example_models/mobilenetv2.yaml", {}, 1_505_280),
    "MobileNet v3 large": ("example_models/mobilenetv3_large.yaml", {}, 1_003_520),
}


#: SiliconLabs/mltk at 01a8b7be, mltk/models/tinyml: `runtime_memory_size`, all that TensorFlow Lite Micro takes.
WHOLE = {"MLPerf Tiny, image classification": 53_972, "MLPerf Tiny, keyword spotting": 21_424}


def on_microcontroller(model: str, variables: dict[str, Any]) -> Microcontroller:
    found = analyzer.memory(model if "\n" in model else ROOT / model, set=variables, dtype="int8", arena=True)
    assert found.microcontroller is not None
    return found.microcontroller


@pytest.mark.parametrize("name", EXACT)
def test_published_arenas(name: str) -> None:
    model, variables, expected = EXACT[name]
    chip = on_microcontroller(model, variables)
    assert chip.plan.size == chip.plan.bound == expected


@pytest.mark.parametrize("name", WHOLE)
def test_the_runtime_takes_a_few_kilobytes_more(name: str) -> None:
    model, variables, _ = EXACT[name]
    assert 4 << 10 < WHOLE[name] - on_microcontroller(model, variables).plan.size < 6 << 10


def test_the_measured_ram_of_mcunet() -> None:
    """308 kB SRAM and 862 kB flash with TinyEngine, its buffers and its code (mit-han-lab/mcunet at 0dedab54).

    The network is the same one: 23.5 M MACs, 0.75 M parameters. At the peak are the 48 planes of 72×72 that the second
    block expands to, and their 36×36 after the depthwise convolution.
    """
    path = "tests/data/models/mcunet_mobilenetv2.yaml"
    analysis = analyzer.analyze(ROOT / path)
    assert f"{analysis.totals.macs / 1e6:.1f} {analysis.totals.shared.parameters / 1e6:.2f}" == "23.5 0.75"
    chip = on_microcontroller(path, {})
    assert chip.plan.size == 48 * (72 * 72 + 36 * 36) == 311_040
    assert abs(chip.plan.size / 308_000 - 1) < 0.015
    assert chip.numbers().bytes < 862_000
