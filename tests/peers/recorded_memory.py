"""What torch needs for random networks, byte by byte, kept in `tests/data/random_memory.json` for a test without torch.

    python tests/peers/recorded_memory.py    # needs torch; takes a few minutes

Each row has the network, the run, what torch 2.13.0 holds of a training step, and the peak of inference. The first rows
are those of `test_torch_memory.py`, which compares them with torch anew; then come every optimizer in each of its steps,
with and without weight decay, gradients accumulated, and a squared error as the loss.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FILE = HERE.parent / "data" / "random_memory.json"
sys.path[:0] = [str(HERE), str(HERE.parent)]

import memory_torch  # noqa: E402
import torch  # noqa: E402
from memory_torch import infer  # noqa: E402
from random_networks import Drawn  # noqa: E402
from test_torch_memory import RUNS, torchs  # noqa: E402
from torch_modules import Module  # noqa: E402

from analyzer.engine.memory.optimizers import OPTIMIZERS  # noqa: E402
from analyzer.engine.memory.settings import Run  # noqa: E402
from analyzer.engine.network import Node  # noqa: E402

#: The targets and the loss of a run.
CROSS_ENTROPY = memory_torch.targets_of, memory_torch.loss_of
SQUARED = (
    lambda outputs, _: [torch.zeros_like(output) for output in outputs],
    lambda outputs, targets, _: torch.nn.functional.mse_loss(outputs[0], targets[0]),
)


class Written(Drawn):
    """A random network that remembers how it was made."""

    def put(self, type_: str, *sources: Node, **parameters: Any) -> Node:
        self.layers: list[dict[str, Any]] = getattr(self, "layers", [])
        if type_ == "adaptive_avg_pool":
            parameters.setdefault("size", 2)
        reads = [source.index for source in sources or [self.at]]
        self.layers.append({"type": type_, "reads": reads, **({"with": parameters} if parameters else {})})
        return super().put(type_, *sources, **parameters)


def row(seed: int, *, frozen: bool = False, **settings: Any) -> dict[str, Any]:
    """A network with what torch holds of it."""
    drawn = Written(seed)
    if frozen:
        for node, layer in zip(drawn.network.nodes[:-1], drawn.layers, strict=False):
            node.frozen = drawn.rng.random() < 0.5
            layer.update({"frozen": True} if node.frozen else {})
    run = Run(**settings, in_place_joins=False)
    memory_torch.targets_of, memory_torch.loss_of = SQUARED if run.loss == "mse" else CROSS_ENTROPY
    with torch.device("meta"):
        module, again = Module(drawn.network), Module(drawn.network)
    found = {
        "seed": seed,
        "input": str(drawn.network.inputs[0].output),
        "layers": drawn.layers,
        "run": settings,
        "torch": torchs(module, run),
    }
    if run.dtype == "float32":
        found["inference"] = infer(again, again.samples, batch=run.batch)["peak_bytes"]
    return found


def main() -> None:
    """Records the rows, one a line."""
    rows = [row(seed, **{"batch": 2, **RUNS[seed % len(RUNS)]}) for seed in range(72)]
    for place, seed in enumerate(range(200, 206)):
        rows.append(row(seed, batch=2, optimizer="adamw", dtype=("bfloat16", "float16", "float64")[place % 3]))
    rows += [row(seed, frozen=True, batch=2, optimizer="adam") for seed in range(232, 244)]
    settings = [
        {"optimizer": optimizer, "step": step, "weight_decay": decay}
        for optimizer, rule in OPTIMIZERS.items()
        for step in ("foreach", "loop", "fused")
        for decay in (0, 0.01)
        if step != "fused" or rule.fused
    ]
    rows += [row(300 + number % 12, batch=1, **each) for number, each in enumerate(settings)]
    rows += [row(seed, batch=2, optimizer="adam", accumulate=3) for seed in (300, 301)]
    rows += [row(seed, batch=seed - 300, optimizer="sgd", loss="mse") for seed in range(301, 307)]
    lines = ",\n".join(json.dumps(one) for one in rows)
    FILE.write_text(f'{{"torch": "{torch.__version__}", "rows": [\n{lines}\n]}}\n', "utf-8")


if __name__ == "__main__":
    main()
