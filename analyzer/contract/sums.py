"""Contradictions in a report that fits its schema: wrong sums, and names that mean nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.contract.report import COST, TOTAL_COST
from analyzer.engine.result import MODES
from analyzer.source import shown
from analyzer.units import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The costs of a layer in one mode, and those of all layers.
COSTS = tuple(key.name for key in COST)
_TOTAL_COSTS = tuple(key.name for key in TOTAL_COST)


class Sums:
    """The sums of a report's layers, added up layer by layer; `contradictions` may be called for parts of them."""

    def __init__(self) -> None:
        self._running = {mode: dict.fromkeys(COSTS, 0) for mode in MODES}
        self._trainable = dict.fromkeys(MODES, 0)
        self._macs = self._activations = self._layers = self._on_data = self._backward = 0
        self._traffic = dict.fromkeys(MODES, 0)
        self._unknown: dict[str, list[str]] = {}

    def contradictions(self, layers: Iterable[dict[str, Any]]) -> Iterator[str]:
        """What contradicts itself in the next layers, each as a sentence."""
        running = self._running
        for layer in layers:
            for mode in MODES:
                own, sums = layer[mode], running[mode]
                if own["weights"] + own["biases"] != own["parameters"]:
                    yield f"the parameters of `{shown(layer['name'])}` are not the sum of its weights and biases ({mode})"
                for key in COSTS:
                    sums[key] += own[key]
                if "frozen" not in layer:
                    self._trainable[mode] += own["parameters"]
            self._layers += 1
            if "macs" not in layer:
                self._unknown = {"at_least": ["macs"]}
            if ("macs" in layer) == ("unknown" in layer):
                yield f"`{shown(layer['name'])}` has `macs`, or says that they are `unknown`: one of the two"
            self._macs += layer.get("macs", 0)
            self._activations += layer["activation_bytes"]
            self._on_data += layer.get("macs_on_data", 0)
            self._backward += layer.get("backward_macs", 0)
            for mode, moved in layer.get("traffic", {}).items():
                self._traffic[mode] += moved
            of_all_modes = {"macs": self._macs, "activation_bytes": self._activations, **self._unknown}
            if layer["cumulative"] != {**running, **of_all_modes}:
                yield f"the running sums at `{shown(layer['name'])}` are not the sums of the layers up to it"

    def totals(self, totals: dict[str, Any]) -> Iterator[str]:
        """The totals that are not the sums of all layers so far, each as a sentence."""
        for mode in MODES:
            summed = {**self._running[mode], "trainable": self._trainable[mode]}
            for key in _TOTAL_COSTS:
                if totals[mode][key] != summed[key]:
                    yield _unequal(f"{key} ({mode})", totals[mode][key], summed[key])
            moved = totals.get("traffic", self._traffic)[mode]
            if moved != self._traffic[mode]:
                yield _unequal(f"traffic ({mode})", moved, self._traffic[mode])
        for key, summed_up in (
            ("macs", self._macs),
            ("activation_bytes", self._activations),
            ("layers", self._layers),
            ("macs_on_data", self._on_data),
            ("backward_macs", self._backward),
        ):
            if totals.get(key, summed_up) != summed_up:
                yield _unequal(key, totals[key], summed_up)
        if totals.get("at_least") != self._unknown.get("at_least"):
            yield "its totals do not say what its layers say: which of them are lower bounds (`at_least`)"


def _unequal(what: str, total: int, sum_of_layers: int) -> str:
    return f"its totals have {count(total)} {what}, and its layers add up to {count(sum_of_layers)}"


def wrong_names(record: dict[str, Any]) -> Iterator[str]:
    """Two layers with one name, layers that read an unknown or later layer or another volume, unknown outputs."""
    entries = set(record.get("inputs", ()))
    volumes: dict[str, str] = {}
    outside: set[str] = set()
    known = dict(record.get("inputs", {}))
    for layer in record["layers"]:
        name = layer["name"]
        for source in layer["inputs"]:
            if source not in volumes:
                outside.add(source)
                if not known:  # one input, whose name the report does not give
                    known[source] = record["input"]
        if name in volumes:
            yield f"two of its layers are called `{shown(name)}`"
        if name in outside:
            yield f"`{shown(name)}` is read by a layer before it"
        volumes[name] = layer["output"]
        read = layer.get("input")
        source = layer["inputs"][0] if layer["inputs"] else ""
        volume = volumes.get(source, known.get(source))
        if read is not None and volume is not None and read != volume:
            yield f"`{shown(name)}` reads {read}, which is not the output of `{shown(source)}`"
    if not entries:  # one input, whose name the report does not give
        entries = set(sorted(outside)[:1])
    for source in sorted(outside - entries):
        yield f"a layer reads `{shown(source)}`, which is not one of its layers"
    for name, volume in record["outputs"].items():
        if name not in volumes and name not in entries:
            yield f"its output `{shown(name)}` is not one of its layers"
        if volumes.get(name, volume) != volume:
            yield f"its output `{shown(name)}` is {volume}, and the output of that layer is {volumes[name]}"
