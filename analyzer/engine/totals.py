"""The amounts of a network without its rows: only those that are asked for, for a sweep over many networks.

>>> from analyzer.engine.network import Network
>>> from analyzer.layers import CATALOGUE
>>> from analyzer.volume import Volume
>>> network = Network()
>>> image = network.enter("image", Volume((32, 32), 3))
>>> node = network.place("conv", CATALOGUE["conv"](filters=20, kernel=8, stride=2, padding=1), [image])
>>> amounts_of_network(network, ("params", "receptive_field", "depth"), {})
{'params': 3860, 'receptive_field': 8, 'depth': 1}
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from analyzer.engine.amounts import (
    PEAKS,
    counting,
    counts_in_depth,
    longest_path,
    peak_of,
    widest,
)
from analyzer.engine.costs import SUMMED, Priced, cost_totals
from analyzer.engine.network import Network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def amounts_of_network(network: Network, keys: Collection[str], training: Mapping[str, Any]) -> dict[str, int | None]:
    """The amounts of `keys`, keys of `AMOUNTS`, in their order, equal to those of `Amounts`; None where there is none.

    `training` is the run, as a file's `training` writes it: its batch and number format are those of bytes.

    Raises `SettingError` for settings that do not suit the network.
    """
    found: dict[str, int | None] = {}
    found |= cost_totals(
        network,
        [key for key in keys if key in SUMMED],
        batch=training.get("batch", 1),
        dtype=training.get("dtype", "float32"),
    )
    found |= {key: _OTHERS[key](network) for key in keys if key in _OTHERS}
    peaks = [key for key in keys if key in PEAKS]
    if peaks:
        from analyzer.engine.memory.analysis import MemoryAnalysis  # most sweeps ask for no memory

        memory = MemoryAnalysis.of(network, training)
        found |= {key: peak_of(memory, key) for key in peaks}
    return {key: found[key] for key in keys}


def _receptive_field(network: Network) -> int | None:
    from analyzer.engine.receptive_field import receptive_fields  # most sweeps do not ask for it

    fields = receptive_fields(network)
    outputs = [node.output for node in network.nodes]
    return widest(fields[place] for place in counting([*zip(outputs, fields, strict=True)]))


def _depth(network: Network) -> int:
    priced = Priced(network, "float32")
    known: dict[tuple[object, ...], bool] = {}
    weighs = []
    for node in network.nodes:
        key = priced.alike(node)
        if key not in known:
            known[key] = counts_in_depth(node, node.layer.macs(node.flow), priced.declared(node)[1].weights)
        weighs.append(known[key])
    return len(longest_path(network.nodes, weighs))


#: The amounts that are neither sums nor peaks.
_OTHERS: dict[str, Callable[[Network], int | None]] = {
    "receptive_field": _receptive_field,
    "depth": _depth,
    "layers": lambda network: len(network.nodes),
}
