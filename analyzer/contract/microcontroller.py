"""The keys of a memory report about a microcontroller: arena, RAM and flash. All sizes are bytes."""

from __future__ import annotations

from analyzer.contract.keys import AT_LEAST_1, COUNT, NAME, TEXT, Key, array, closed, counts, field, schema_of, written
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.arena.microcontroller import Microcontroller
from analyzer.engine.memory.arena.verify import verify
from analyzer.engine.memory.verdict import DOES_NOT_FIT, FITS
from analyzer.engine.result import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

#: The static plan of inference's tensors.
PLAN = (
    Key("bytes", COUNT, lambda plan: plan.size),
    Key("bound_bytes", COUNT, lambda plan: plan.bound),
    field("live_bytes", COUNT),
    field("ratio", {"type": "number", "minimum": 1}),
    field("alignment", AT_LEAST_1),
    field("order", TEXT),
    Key(
        "tensors",
        array(closed({"name": NAME, **counts(("bytes", "offset", "first", "last"))})),
        lambda plan: [
            {"name": t.name, "bytes": t.size, "offset": plan.offsets[t.name], "first": t.first, "last": t.last}
            for t in plan.tensors
        ],
    ),
)

#: The peak of an arena: the tensors that are alive there, and what half of each would save.
_ALIVE = closed(
    {
        "name": NAME,
        "layer": NAME,
        "fused": array(NAME),
        "until": NAME,
        **counts(("bytes", "half_saves_bytes")),
    }
)
_PEAK = closed(
    {
        "layer": NAME,
        "step": COUNT,
        "bytes": COUNT,
        "moments": AT_LEAST_1,
        "tensors": array(_ALIVE, minItems=1),
        "smaller": closed({"tensor": NAME, "bytes": COUNT, "saves_bytes": COUNT}),
    }
)


def _of(key: Key, part: Callable[[Microcontroller], Any]) -> Key:
    """A key of a part of a microcontroller as one of the whole."""
    return Key(key.name, key.schema, lambda chip: key.value(part(chip)), key.optional)


def _peak(chip: Microcontroller) -> dict[str, Any] | None:
    peak = chip.peak
    if peak is None:
        return None
    return {
        "layer": chip.layer_at(peak.step),
        "step": peak.step,
        "bytes": peak.bytes,
        "moments": peak.moments,
        "tensors": [
            {
                "name": alive.tensor.name,
                "layer": chip.maker_of(alive.tensor),
                "fused": list(chip.fused.get(chip.maker_of(alive.tensor), ())),
                "until": chip.reader_of(alive.tensor),
                "bytes": alive.tensor.size,
                "half_saves_bytes": alive.saves,
            }
            for alive in peak.alive
        ],
        "smaller": {
            "tensor": peak.alive[0].tensor.name,
            "bytes": peak.smaller.size,
            "saves_bytes": peak.saves,
        },
    }


#: The arena: its plan, whether that is right, its peak.
ARENA = (
    *(_of(key, lambda chip: chip.plan) for key in PLAN),
    Key("verified", {"type": "boolean"}, lambda chip: not verify(chip.plan)),
    Key("peak", _PEAK, _peak, True),
)

_FITS = {"enum": [FITS, DOES_NOT_FIT]}

#: RAM of a microcontroller, and what takes it.
RAM = (
    Key("bytes", COUNT, lambda chip: chip.plan.size),
    Key("capacity_bytes", AT_LEAST_1, lambda chip: chip.ram, True),
    Key("verdict", _FITS, lambda chip: chip.ram_verdict, True),
)

_NUMBERS = (
    field("bytes", COUNT),
    Key("weights_bytes", COUNT, lambda found: found.weights),
    Key("biases_bytes", COUNT, lambda found: found.biases),
    Key("scales_bytes", COUNT, lambda found: found.scales),
)

#: Flash of a microcontroller, and what takes it: in the mode of the report, and in every mode.
_FLASH = (
    *(_of(key, lambda chip: chip.numbers()) for key in _NUMBERS),
    Key("capacity_bytes", AT_LEAST_1, lambda chip: chip.flash, True),
    Key("verdict", _FITS, lambda chip: chip.flash_verdict, True),
)


_MODES_OF_FLASH = closed(dict.fromkeys(MODES[:2], schema_of(_NUMBERS)), dict.fromkeys(MODES[2:], schema_of(_NUMBERS)))
FLASH_SCHEMA = schema_of([*_FLASH, Key("modes", _MODES_OF_FLASH, lambda _: None)])


def flash_of_report(report: MemoryAnalysis) -> dict[str, Any] | None:
    """What lies in flash; None where no microcontroller is meant."""
    chip = report.microcontroller
    if chip is None:
        return None
    return {**written(_FLASH, chip), "modes": {mode: written(_NUMBERS, chip.numbers(mode)) for mode in report.modes}}


def on_microcontroller(keys: Iterable[Key]) -> Callable[[MemoryAnalysis], dict[str, Any] | None]:
    """The object that describes the microcontroller of a report; None where none is meant."""
    return lambda report: None if report.microcontroller is None else written(keys, report.microcontroller)
