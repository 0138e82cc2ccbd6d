"""The memory of each layer in a training step and in inference, for a table of layers.

>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> node = network.enter("input", Volume((4, 4), 1))
>>> for name in ("conv1", "conv2"):
...     node = network.place(name, CATALOGUE["conv"](filters=2, kernel=3, padding=1), [node])
>>> network.name_outputs([node])
>>> saved_and_live(network, Run(loss="none"))  # an output has 4·4·2 numbers; conv2 saves its input
{'conv1': (0, 128), 'conv2': (128, 256)}
"""

from __future__ import annotations

from analyzer.engine.memory.inference import Inference
from analyzer.engine.memory.settings import Run
from analyzer.engine.memory.tape import Tape
from analyzer.engine.memory.training import Training
from analyzer.engine.memory.work import operations_of
from analyzer.engine.network import Network
from analyzer.engine.result import Analysis


def measure_memory(analysis: Analysis) -> None:
    """Sets `saved` and `live` of every row, once: they take longer than the rest of an analysis."""
    if not analysis.rows or analysis.rows[0].saved is not None:
        return
    found = saved_and_live(analysis.network, Run(batch=analysis.batch, dtype=analysis.dtype, loss="none"))
    for row in analysis.rows:
        row.saved, row.live = found[row.name]


def saved_and_live(network: Network, run: Run) -> dict[str, tuple[int, int]]:
    """Two sizes in bytes for each layer, by its name.

    The first is of the tensors that this layer is the first to save for the backward pass. The second is of the
    activations alive in inference while the layer runs; the network's inputs are not counted.
    """
    work = operations_of(network, "shared", cuda=run.device is not None)
    saved = dict.fromkeys((node.name for node in network.nodes), 0)
    before = 0
    for mark in Training(Tape(work, run), timed=True).ledger.timeline or ():
        if mark.phase == "forward":
            saved[mark.layer] += mark.saved - before
            before = mark.saved
    live = dict.fromkeys(saved, 0)
    ledger = Inference(Tape(work, run, training=False), timed=True).ledger
    for mark in ledger.timeline or ():
        live[mark.layer] = max(live[mark.layer], mark.live - ledger.base)
    return {name: (saved[name], live[name]) for name in saved}
