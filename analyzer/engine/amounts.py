"""Amounts: the numbers of a network that a budget may limit, how each is calculated, and which layers make it up.

params                 weights and biases, each layer sharing its weights as the file says
params_local           weights and biases where every layer that can is locally connected
trainable              `params` less those of frozen layers
macs, flops            of one sample; a MAC is two FLOPs
weight_memory          bytes of weights, biases and buffers, at the run's dtype
activation_memory      bytes of all outputs together, at the run's batch and dtype
peak_inference_memory  bytes at the peak of inference, as `analyzer memory` has it: at the batch and dtype of `training`
peak_training_memory   the same of training
receptive_field        cells that an output sees along its longest axis, in the last volume that still has positions:
                       before a global pool or a dense layer, which see everything
depth                  layers with weights and MACs (no norms) on the longest path through the network: 50 of ResNet-50
layers                 all layers, as the report lists them
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzer.engine.result import Analysis, Row, Sums
from analyzer.settings import SettingError
from analyzer.units import exact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from analyzer.engine.memory.analysis import MemoryAnalysis
    from analyzer.engine.memory.mode_memory import ModeMemory
    from analyzer.engine.memory.settings import Run
    from analyzer.engine.network import Node
    from analyzer.engine.receptive_field import ReceptiveField
    from analyzer.volume import Volume

#: The keys of a budget, each with the unit of its amount: a count, or bytes.
AMOUNTS = {
    "params": "count",
    "params_local": "count",
    "trainable": "count",
    "macs": "count",
    "flops": "count",
    "weight_memory": "bytes",
    "activation_memory": "bytes",
    "peak_inference_memory": "bytes",
    "peak_training_memory": "bytes",
    "receptive_field": "count",
    "depth": "count",
    "layers": "count",
}

#: The amounts that are peaks of a run's memory.
PEAKS = ("peak_inference_memory", "peak_training_memory")

#: Of the sums of a network, or of those of a layer, the amounts that are sums.
_SUMS: dict[str, Callable[[Sums], int]] = {
    "params": lambda totals: totals.declared.parameters,
    "params_local": lambda totals: totals.local.parameters,
    "trainable": lambda totals: totals.declared.trainable,
    "macs": lambda totals: totals.macs,
    "flops": lambda totals: 2 * totals.macs,
    "weight_memory": lambda totals: totals.declared.bytes,
    "activation_memory": lambda totals: totals.activation_bytes,
}


class Amounts:
    """The amounts of an analysis; those of memory are calculated when they are asked for.

    `training` is the run whose peaks are meant, as a file's `training` writes it: `{"batch": 8, "optimizer": "adam"}`.
    The peak of training is that of the fullest device where several train together.
    """

    def __init__(self, analysis: Analysis, training: Mapping[str, Any] | None = None) -> None:
        self.analysis = analysis
        self.training = training or {}
        self._memory: MemoryAnalysis | None = None

    @property
    def memory(self) -> MemoryAnalysis:
        """The memory of inference and training in the run of the peaks.

        Raises `SettingError` for settings that do not suit the network.
        """
        if self._memory is None:
            from analyzer.engine.memory.analysis import MemoryAnalysis

            self._memory = MemoryAnalysis.of(self.analysis.network, self.training)
        return self._memory

    @property
    def run(self) -> Run:
        """The run of the peaks."""
        return self.memory.run

    @property
    def held(self) -> ModeMemory:
        """Inference and training in this run, each layer sharing its weights as the file says."""
        return self.memory.held()

    def of(self, key: str) -> int | None:
        """The amount of a key of `AMOUNTS`; None where the network has none (nothing is trained in int8).

        An `AtLeast` where a part of it is unknown.
        """
        if key in _SUMS:
            return _SUMS[key](self.analysis.totals)
        if key == "layers":
            return len(self.analysis.rows)
        if key == "depth":
            return len(deepest(self.analysis))
        if key == "receptive_field":
            return widest(row.receptive_field for row in seeing(self.analysis))
        return peak_of(self.memory, key)

    def parts(self, key: str) -> list[tuple[str, int]]:
        """What makes up an amount, the largest part first, as (name, part).

        The names are those of layers; for `layers` they are types, for `depth` the blocks at the top of the file.
        """
        rows = self.analysis.rows
        if key in _SUMS:
            parts = [(row.name, _SUMS[key](row.own)) for row in rows]
        elif key == "layers":
            parts = _tally(row.kind for row in rows)
        elif key == "depth":
            parts = _tally(row.name.partition(".")[0] for row in deepest(self.analysis))
        elif key == "receptive_field":
            parts = list(_growth(self.analysis))
        else:
            from analyzer.engine.memory.by_layer import saved_and_live

            which = 0 if key == "peak_training_memory" else 1
            run = self.memory.run
            each = run.but(batch=run.batch // self.memory.ranks, loss="none", checkpoint=None, accumulate=1)
            found = saved_and_live(self.analysis.network, each)
            parts = [(name, both[which]) for name, both in found.items()]
        return sorted((part for part in parts if part[1]), key=lambda part: -part[1])


def amounts_of(analysis: Analysis, settings: Mapping[str, Any]) -> dict[str, int]:
    """See `Analysis.amounts`."""
    from copy import copy  # it takes longer than most modules, and every report reads this one

    from analyzer.engine.analysis import analyze_network
    from analyzer.engine.memory.analysis import MemoryAnalysis

    for name in ("set", "input", "format"):
        if name in settings:
            raise SettingError(f"`{{{name}}}` changes a model; an analysis is of a network as it is", name)
    network = analysis.network
    if settings.get("dtype") is not None:  # in place of the number formats of the file, as in `analyzer.memory`
        network = copy(network)
        network.store(None)
    memory = MemoryAnalysis.of(network, _written(analysis), **settings)
    run = memory.run
    if network is not analysis.network or run.batch != analysis.batch:
        analysis = analyze_network(network, batch=run.batch, dtype=run.dtype)
    amounts = Amounts(analysis)

    found = {key: peak_of(memory, key) if key in PEAKS else amounts.of(key) for key in AMOUNTS}
    return {key: value for key, value in found.items() if value is not None and exact(value)}


def _written(analysis: Analysis) -> dict[str, object]:
    """The run that an analysis is of: the file's, with the batch and the number format of the analysis.

    A usual batch stays open, since that of several ranks is their number.
    """
    from analyzer.engine.memory.planned import merged

    usual: dict[str, object] = {"batch": 1, "dtype": "float32", **analysis.training}
    own = {"batch": analysis.batch, "dtype": analysis.dtype}
    return merged(analysis.training, {name: value for name, value in own.items() if value != usual[name]})


def peak_of(memory: MemoryAnalysis, key: str) -> int | None:
    """The amount of a key of `PEAKS`; None where nothing is trained."""
    if key == "peak_training_memory":
        return memory.needed() if memory.trains else None
    return memory.held().inference.peak.bytes


def seeing(analysis: Analysis) -> list[Row]:
    """The rows whose receptive field counts: not those that see everything because they leave no positions."""
    rows = analysis.rows
    return [rows[place] for place in counting([(row.output, row.receptive_field) for row in rows])]


def counting(fields: Sequence[tuple[Volume, ReceptiveField | None]]) -> list[int]:
    """The places of the layers of `seeing`, given the output of each layer and its receptive field."""
    with_positions = [field for output, field in fields if output.positions > 1]
    if with_positions and with_positions[-1] is None:
        return []  # the field of the last volume is not known, and the field of an earlier one is not the network's
    known = [(place, output, field) for place, (output, field) in enumerate(fields) if field is not None]
    return [place for place, output, field in known if output.positions > 1 or not field.everything] or [
        place for place, _, _ in known
    ]


def widest(fields: Iterable[ReceptiveField | None]) -> int | None:
    """The cells of the widest of these fields along its longest axis; None without one."""
    return max((max(field.size) for field in fields if field), default=None)


def deepest(analysis: Analysis) -> list[Row]:
    """The layers with weights and MACs on the longest path through the network, in their order."""
    rows = analysis.rows
    weighs = [counts_in_depth(row.node, row.macs, row.declared.weights) for row in rows]
    return [rows[place] for place in longest_path(analysis.network.nodes, weighs)]


def counts_in_depth(node: Node, macs: int, weights: int) -> bool:
    """Whether a layer with these MACs and weights counts as one of depth; a tied one does, with those of another."""
    return (macs > 0 or not exact(macs)) and (weights > 0 or node.tied is not None)


def longest_path(nodes: Sequence[Node], weighs: Sequence[bool]) -> list[int]:
    """The places of the nodes that weigh on the path with the most of them, in their order."""
    lengths: dict[int, int] = {}
    before: dict[int, int | None] = {}
    end: int | None = None
    for place, node in enumerate(nodes):
        longest = max((source.index for source in node.inputs), key=lambda source: lengths.get(source, 0), default=None)
        lengths[place] = (lengths.get(longest, 0) if longest is not None else 0) + weighs[place]
        before[place] = longest
        if end is None or lengths[place] > lengths[end]:
            end = place
    path = []
    while end is not None and end >= 0:
        if weighs[end]:
            path.append(end)
        end = before[end]
    return path[::-1]


def _tally(names: Iterable[str]) -> list[tuple[str, int]]:
    numbers: dict[str, int] = {}
    for name in names:
        numbers[name] = numbers.get(name, 0) + 1
    return list(numbers.items())


def _growth(analysis: Analysis) -> Iterator[tuple[str, int]]:
    """How many cells each layer adds to the receptive field, along its longest axis."""
    sizes: dict[int, int] = {}
    for row in analysis.rows:
        field = row.receptive_field
        if field is None or (field.everything and row.output.positions == 1):
            continue
        size = sizes[row.node.index] = max(field.size)
        yield row.name, size - max((sizes.get(node.index, 1) for node in row.node.inputs), default=1)
