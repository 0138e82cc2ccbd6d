"""Whole networks whose attention has grouped keys and values, or relative positions by axis, against published totals."""

from __future__ import annotations

import pytest
from loading import network

from analyzer.engine.analysis import analyze_network

#: Kirillov et al. 2023: the image encoder of `sam_vit_b_01ec64.pth` has 89,670,912 parameters. MACs by hand: the patches,
#: eight blocks over 70x70 padded tokens in windows of 196, four over 4,096 tokens, and the neck; the sums over keys of
#: both tables count as in `add_decomposed_rel_pos`.
SAM = """
name: SAM ViT-B, image encoder
input: 1024x1024x3
blocks:
  Mlp:
    layers:
      - residual:
          body: [layer_norm, linear: 3072, gelu, linear: 768]
  Windowed:
    layers:
      - residual:
          body: [layer_norm, multi_head_attention: {heads: 12, window: 14, relative_position: decomposed}]
      - Mlp
  Global:
    layers:
      - residual:
          body: [layer_norm, multi_head_attention: {heads: 12, relative_position: decomposed}]
      - Mlp
layers:
  - conv: {filters: 768, kernel: 16, stride: 16}
  - position_table
  - sequence: [Windowed, Windowed, Global]
    repeat: 4
  - conv: {filters: 256, kernel: 1, bias: false}
  - layer_norm
  - conv: {filters: 256, kernel: 3, padding: 1, bias: false}
  - layer_norm
"""
PROJECTIONS, MLP = 4 * 768**2, 2 * 768 * 3072
SAM_MACS = (
    4096 * 768 * 768
    + 8 * (4900 * PROJECTIONS + 4900 * 196 * 2 * 768 + 4900 * 768 * (14 + 14) + 4096 * MLP)
    + 4 * (4096 * PROJECTIONS + 4096**2 * 2 * 768 + 4096 * 768 * (64 + 64) + 4096 * MLP)
    + 4096 * (768 * 256 + 9 * 256 * 256)
)

#: Grattafiori et al. 2024: the weights on the hub have 8,030,261,248 parameters. MACs by hand, of 10 tokens.
LLAMA = """
name: Llama 3 8B
input: 10
blocks:
  Layer:
    layers:
      - residual:
          body: [rms_norm, multi_head_attention: {heads: 32, key_value_heads: 8, bias: false}]
      - residual:
          body:
            - rms_norm
            - parallel:
                join: multiply
                branches:
                  gate: [linear: {units: 14336, bias: false, act: silu}]
                  up: [linear: {units: 14336, bias: false}]
            - linear: {units: 4096, bias: false}
layers:
  - embedding: {vocabulary: 128256, size: 4096}
  - Layer:
    repeat: 32
  - rms_norm
  - linear: {units: 128256, bias: false}
"""
LLAMA_LAYER = 2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336
LLAMA_MACS = 32 * (10 * LLAMA_LAYER + 10 * 10 * 2 * 4096) + 10 * 4096 * 128256


@pytest.mark.parametrize(
    ("text", "parameters", "macs"),
    [(SAM, 89_670_912, SAM_MACS), (LLAMA, 8_030_261_248, LLAMA_MACS)],
    ids=["SAM ViT-B", "Llama 3 8B"],
)
def test_published(text: str, parameters: int, macs: int) -> None:
    totals = analyze_network(network(text)).totals
    assert (totals.shared.parameters, totals.macs) == (parameters, macs)
