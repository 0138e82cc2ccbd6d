"""What lies in flash: the tensors of published .tflite files, to the byte, and each rule by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from loading import network

import analyzer
from analyzer.engine.memory.arena.flash import Flash, flash_of

ROOT = Path(__file__).parents[3]
EXAMPLES, MODELS = ROOT / "example_models", ROOT / "tests" / "data" / "models"

#: mlcommons/tiny at 1afd2c98, benchmark/training/*/trained_models: of the constant tensors of each file the bytes of
#: int8, those of int32 less the 8 of the shape that a RESHAPE reads, and a float32 for each scale of the int8 tensors.
#: kws_ref_model, pretrainedResnet_quant, ad01_int8, vww_96_int8.
PUBLISHED = {
    "keyword spotting": (EXAMPLES / "ds_cnn_kws.yaml", {}, Flash(22_016, 2_360 - 8, 4 * 577)),
    "image classification": (MODELS / "mlperf_resnet8.yaml", {}, Flash(77_360, 1_392 - 8, 4 * 337)),
    "anomaly detection": (MODELS / "mlperf_autoencoder.yaml", {}, Flash(264_192, 6_688, 4 * 10)),
    "visual wake words": (
        EXAMPLES / "mobilenetv1.yaml",
        {"width": 0.25, "resolution": 96, "classes": 2},
        Flash(208_112, 10_960 - 8, 4 * 2_737),
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_tensors_of_published_files(name: str) -> None:
    path, variables, expected = PUBLISHED[name]
    placed = analyzer.analyze(path, set=variables).network
    assert flash_of(placed, "shared", "int8") == expected


def lying(layers: str, mode: str = "shared", dtype: str = "int8", volume: str = "8x8x3") -> Flash:
    items = "".join(f"  - {layer.strip()}\n" for layer in layers.split("|"))
    return flash_of(network(f"input: {volume}\nlayers:\n{items}"), mode, dtype)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("conv: {filters: 4, kernel: 3}", (108, 16, 16)),
        ("conv: {filters: 4, kernel: 3, bias: false}", (108, 0, 16)),
        # The bias that a norm brings is the only one, or is added to the one there.
        ("conv: {filters: 4, kernel: 3, bias: false} | batch_norm", (108, 16, 16)),
        # A norm without a centre subtracts the mean all the same.
        ("conv: {filters: 4, kernel: 3, bias: false} | batch_norm: {affine: false}", (108, 16, 16)),
        ("conv: {filters: 4, kernel: 3} | batch_norm", (108, 16, 16)),
        ("conv: {filters: 4, kernel: 3, bias: false} | batch_norm: {affine: false} | scale: {bias: true}", (108, 16, 16)),
        ("conv: {filters: 4, kernel: 3, bias: false} | scale", (108, 0, 16)),
        ("conv: {filters: 4, kernel: 3, bias: false} | scale: {bias: true}", (108, 16, 16)),
        ("conv: {filters: 4, kernel: 3, bias: false} | dropout: 0.5 | batch_norm | relu", (108, 16, 16)),
        # A norm behind an activation stays: a factor and a bias for each plane, and one scale.
        ("conv: {filters: 4, kernel: 3} | relu | batch_norm", (108 + 4, 16 + 16, 16 + 4)),
        ("conv: {filters: 4, kernel: 3} | relu | batch_norm: {affine: false}", (108 + 4, 16 + 16, 16 + 4)),
        ("depthwise_conv: {kernel: 3}", (27, 12, 12)),
        ("separable_conv: {filters: 4, kernel: 3, bias: false}", (27 + 12, 0, 12 + 16)),  # of both of its parts
        ("dense: 5", (5 * 192, 20, 4)),  # one scale for the tensor
        ("relu | max_pool: 2 | flatten", (0, 0, 0)),
    ],
)  # fmt: skip
def test_each_rule_in_int8(layers: str, expected: tuple[int, int, int]) -> None:
    assert lying(layers) == Flash(*expected)


def test_other_number_formats() -> None:
    conv = "conv: {filters: 5, kernel: 1}"
    assert lying(conv, dtype="float32") == Flash(60, 20, 0)
    assert lying(conv, dtype="float16") == Flash(30, 10, 0)
    assert lying(conv, dtype="int4") == Flash(8, 20, 20)  # 15 weights, two a byte


def test_modes() -> None:
    """6·6 positions: a bank each where all are locally connected, four where the file says so."""
    conv = "conv: {filters: 4, kernel: 3, sharing: {tiled: 2}}"
    assert lying(conv, "local") == Flash(108 * 36, 4 * 4 * 36, 4 * 4 * 36)
    assert lying(conv, "declared") == Flash(108 * 4, 4 * 4 * 4, 4 * 4 * 4)
    assert lying(conv, "shared") == Flash(108, 16, 16)


def test_shared_weights_count_once_and_take_in_no_norm() -> None:
    """Each of the two has a norm of its own, which one set of weights cannot take in."""
    text = """
    input: 8x8x4
    layers:
      - conv: {filters: 4, kernel: 3, padding: 1}
        name: one
      - batch_norm
      - conv: {filters: 4, kernel: 3, padding: 1}
        tied: one
      - batch_norm
    """
    assert flash_of(network(text), "shared", "int8") == Flash(144 + 2 * 4, 16 + 2 * 16, 16 + 2 * 4)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_weights_without_norms_are_those_of_the_report(path: Path) -> None:
    """In float32, folding only removes: what is left out are norms and scales."""
    analysis = analyzer.analyze(path)
    found: Any = flash_of(analysis.network, "shared", "float32")
    assert 0 < found.bytes <= 4 * analysis.totals.shared.parameters + 8 * analysis.totals.shared.buffers
