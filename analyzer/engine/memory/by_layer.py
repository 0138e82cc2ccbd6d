"""What each layer holds of a training step and of inference, for a table of layers."""

from __future__ import annotations

from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape, operations_of
from analyzer.engine.memory.training import Training
from analyzer.engine.network import Network


def saved_and_live(network: Network, *, batch: int, dtype: str) -> dict[str, tuple[int, int]]:
    """By the layer's name: bytes that it is the first to keep for the backward pass, and bytes of activations that are
    alive in inference while it runs, the network's inputs not counted.
    """
    work, run = operations_of(network, "shared"), Run(batch=batch, dtype=dtype, loss="none")
    saved = dict.fromkeys((node.name for node in network.nodes), 0)
    before = 0
    for phase, layer, _, _, kept in Training(Tape(work, run), timed=True).ledger.timeline or ():
        if phase == "forward":
            saved[layer] += kept - before
            before = kept
    live = dict.fromkeys(saved, 0)
    ledger = Inference(Tape(work, run, training=False), timed=True).ledger
    for _, layer, alive, _, _ in ledger.timeline or ():
        live[layer] = max(live[layer], alive - ledger.base)
    return {name: (saved[name], live[name]) for name in saved}
