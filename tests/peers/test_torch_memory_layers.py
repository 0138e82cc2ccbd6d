"""The memory of training and inference of single layers between two others against torch's own, byte by byte.

`test_torch_memory` compares whole networks; here is one short network for each parameter that changes what a layer
keeps.
"""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: memory is not compared with it")

from comparison import Tally  # noqa: E402
from loading import network as placed  # noqa: E402
from memory_torch import infer  # noqa: E402
from test_torch_memory import inference, ours, torchs  # noqa: E402
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
    network = placed(f"input: {shape}\nlayers:\n" + "".join(f"  - {one}\n" for one in layers))
    run = Run(batch=4, optimizer="sgd", in_place_joins=False)
    with torch.device("meta"):
        module, again = Module(network), Module(network)
    assert ours(network, run) == torchs(module, run)
    assert inference(network, 4) == infer(again, again.samples, batch=4)["peak_bytes"]
    tally = Tally()
    tally.agreed += 1
    tallied("memory of layers in torch", tally)
