"""The memory of training and inference of single layers between two others against torch's own, byte by byte.

`test_torch_memory` compares whole networks; here is one short network for each parameter that changes what a layer
keeps.
"""

from __future__ import annotations

from math import prod
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: memory is not compared with it")

from comparison import Tally  # noqa: E402
from loading import network as placed  # noqa: E402
from memory_torch import infer  # noqa: E402
from test_torch_memory import inference, ours, torchs  # noqa: E402
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations  # noqa: E402
from torch_modules import Module  # noqa: E402

from analyzer.engine.memory.settings import Run  # noqa: E402

pytestmark = pytest.mark.peer

#: The input, and the layers between a convolution and the end.
NETWORKS: list[tuple[str, str]] = [
    (shape, f"pad: {{padding: {cells}, padding_mode: {mode}}}")
    for mode in ("zeros", "reflect", "replicate", "circular")
    for shape, cells in (("11x9x3", 1), ("11x9x3", "[[1, 2], [3, 4]]"), ("11x9x3", 0), ("12x3", "[[2, 0]]"), ("6x7x5x2", 2))
]  # fmt: skip


@pytest.mark.parametrize("last", ["conv: {filters: 4, kernel: 3}", "relu"])
@pytest.mark.parametrize(("shape", "layer"), NETWORKS)
def test_layer(shape: str, layer: str, last: str, tallied: Any) -> None:
    layers = ["conv: {filters: 6, kernel: 3, padding: 1}", layer, last, "flatten", "dense: 5"]
    compare(f"input: {shape}\nlayers:\n" + "".join(f"  - {one}\n" for one in layers), tallied)


def compare(text: str, tallied: Any) -> None:
    """Training and inference of this model, ours and torch's."""
    network = placed(text)
    run = Run(batch=4, optimizer="sgd", in_place_joins=False)
    with torch.device("meta"):
        module, again = Module(network), Module(network)
    assert ours(network, run) == torchs(module, run)
    assert inference(network, 4) == infer(again, again.samples, batch=4)["peak_bytes"]
    tally = Tally()
    tally.agreed += 1
    tallied("memory of layers in torch", tally)


#: The tokens or the map, and the attention over it.
ATTENTIONS: list[tuple[str, str]] = [
    (shape, f"heads: 4, {more}")
    for shape in ("12x16", "4x6x16", "2x2x6x16")
    for more in (
        "key_value_heads: 2", "key_value_heads: 1", "bias: {key: false}", "bias: {output: false}", "bias: false",
        "bias: {query: false, key: false, value: false}", "bias: {query: false}, key_value_heads: 2",
        "key_depth: 8, value_depth: 8", "key_depth: 8, value_depth: 8, key_value_heads: 2",
    )
]  # fmt: skip


@pytest.mark.parametrize(("shape", "written"), ATTENTIONS)
def test_attention(shape: str, written: str, tallied: Any) -> None:
    """A map is read where a linear layer left it, its depth last: no copy in another order comes before."""
    positions, depth = prod(map(int, shape.split("x")[:-1])), shape.rpartition("x")[2]
    layers = [f"linear: {depth}", f"reshape: {shape}", f"multi_head_attention: {{{written}}}", "linear: 5"]
    compare(f"input: {positions}x{depth}\nlayers:\n" + "".join(f"  - {one}\n" for one in layers), tallied)


#: Attention that keeps its matrix.
WRITTEN_OUT: list[tuple[str, str]] = [
    *(("12x16", f"heads: 4, {more}") for more in (
        "relative_position: true", "relative_position: decomposed", "window: 4", "window: 4, bias: {key: false}",
        "window: 4, key_value_heads: 2", "window: 4, relative_position: decomposed", "key_depth: 8, value_depth: 4",
        "key_depth: 8, value_depth: 4, key_value_heads: 2", "key_depth: 8, value_depth: 4, key_value_heads: 1",
    )),
    *(("4x6x16", f"heads: 4, {more}") for more in (
        "relative_position: true", "relative_position: decomposed", "window: 2", "window: 2, relative_position: true",
        "window: 2, relative_position: decomposed", "window: 2, relative_position: decomposed, key_value_heads: 2",
        "relative_position: decomposed, bias: {key: false}",
    )),
    ("2x4x6x8", "heads: 2, window: 2, relative_position: true"),
    ("2x4x6x8", "heads: 2, relative_position: decomposed"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "written"), WRITTEN_OUT)
def test_attention_written_out(shape: str, written: str, tallied: Any) -> None:
    """Saved memory, and the peaks of backward and step. How long variables live decides the peak of the forward pass.

    torchvision keeps the places of a table of relative positions as a buffer, which is left out.
    """
    positions, depth = prod(map(int, shape.split("x")[:-1])), shape.rpartition("x")[2]
    layers = [f"linear: {depth}", f"reshape: {shape}", f"multi_head_attention: {{{written}}}", "linear: 5"]
    network = placed(f"input: {positions}x{depth}\nlayers:\n" + "".join(f"  - {one}\n" for one in layers))
    run = Run(batch=4, optimizer="sgd", in_place_joins=False)
    with torch.device("meta"):
        module = Module(network)
    found, expected = ours(network, run), torchs(module, run)
    buffers = expected.pop("buffers_bytes")
    del found["buffers_bytes"], found["peak_forward"], expected["peak_forward"]
    assert found == {key: size - buffers * key.startswith("peak") for key, size in expected.items()}
    tally = Tally()
    tally.agreed += 1
    tallied("memory of layers in torch", tally)


#: What reads 11x9x6, or tokens where it is `linear`.
NORMALISED = [
    "conv: {filters: 8, kernel: 3, weight_norm: true}",
    "depthwise_conv: {kernel: 3, multiplier: 2, weight_norm: true}",
    "separable_conv: {filters: 4, kernel: 3, weight_norm: true}",
    "conv_transpose: {filters: 8, kernel: 3, weight_norm: true}",
    "dense: {units: 8, weight_norm: true}",
    "linear: {units: 8, weight_norm: true}",
]


@pytest.mark.parametrize("layer", NORMALISED)
def test_weight_norm(layer: str, tallied: Any) -> None:
    """The model has the gradients of the gains while the gradient of the weights is made; torch makes them after it.

    torch without its parametrisation stands for inference, which has the normalised weights only.
    """
    around = (
        ("99x6", "linear: 6", "linear: 5")
        if layer.startswith("linear")
        else ("11x9x3", "conv: {filters: 6, kernel: 3, padding: 1}", "dense: 5")
    )
    network = placed(f"input: {around[0]}\nlayers:\n  - {around[1]}\n  - {layer}\n  - {around[2]}\n")
    run = Run(batch=4, optimizer="sgd", in_place_joins=False)
    with torch.device("meta"):
        module, again = Module(network), Module(network)
    found, expected = ours(network, run), torchs(module, run)
    gains = sum(p.numel() for name, p in module.named_parameters() if name.endswith("original0"))
    assert 0 <= found.pop("peak_backward") - expected.pop("peak_backward") <= 4 * gains
    assert found == expected
    for part in list(again.modules()):
        if is_parametrized(part, "weight"):
            remove_parametrizations(part, "weight")
    assert inference(network, 4) == infer(again, again.samples, batch=4)["peak_bytes"] + 4 * gains
    tally = Tally()
    tally.agreed += 1
    tallied("memory of layers in torch", tally)
