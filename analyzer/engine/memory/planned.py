"""A run as it is planned: the settings that are given and those that a file writes, and what in them contradicts.

Commands, checks and the API make every run here, so that a setting means the same wherever it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.diagnostics import listed, nearest
from analyzer.engine.memory.devices import Device, read_context, read_device
from analyzer.engine.memory.settings import (
    ABOUT_TRAINING,
    CAST,
    HALVES,
    TRAINED,
    Run,
    check_asked,
    is_given,
    needs_halves,
    only_runs,
)
from analyzer.engine.memory.sharding.strategies import check_ranks, check_single, read_strategy
from analyzer.record import Record
from analyzer.settings import SettingError, reading, whole
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.engine.network import Network

#: Settings beside those of `Run`: the device, and the devices that train together.
BESIDE = ("device", "context", "strategy", "ranks")


class Planned(Record):
    """A run, the device that it should fit on with the process's own memory there, and the devices that train together.

    `context` is None for the device's own, `strategy` where none is named.
    """

    run: Run
    device: Device | None
    context: int | None
    strategy: str | None
    ranks: int


def planned(written: Mapping[str, object], given: Mapping[str, object]) -> Planned:
    """The run of the settings that are given (None: not), then those that are written, then the usual.

    Both may have the fields of `Run` and those of `BESIDE`. Raises `SettingError` for a setting that does not exist,
    for one that needs another one, and for a given one about training where the number format is only for inference.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    _check_names(asked)
    settings: dict[str, Any] = merged(written, asked)
    device = settings.get("device")
    if device is not None and not isinstance(device, Device):
        device = reading("device", read_device, device)
    context = settings.get("context")
    if context is not None:
        is_bytes = isinstance(context, int)
        context = whole("context", context, 0) if is_bytes else reading("context", read_context, context)
    strategy = None if settings.get("strategy") is None else read_strategy(str(settings["strategy"]))
    check_asked(
        asked.get("context"),
        device,
        strategy,
        settings.get("ranks"),
        layout=asked.get("layout"),
        tf32=asked.get("tf32"),
    )
    ranks = whole("ranks", settings.get("ranks", 1))
    own = {name: value for name, value in settings.items() if name not in BESIDE}
    run = Run(**{"batch": ranks, **own, "device": None if device is None else device.name})
    if run.dtype not in TRAINED:
        for name in ABOUT_TRAINING:
            if is_given(name, asked.get(name)):
                raise only_runs(name, run.dtype)
    return Planned(run, device, context, strategy, ranks)


def merged(written: Mapping[str, object], given: Mapping[str, object]) -> dict[str, Any]:
    """The settings that are given, and those of the written ones that they leave a meaning.

    A given number format rules out what needs another one.

    >>> merged({"autocast": "float16", "batch": 8}, {"dtype": "bfloat16"})
    {'batch': 8, 'dtype': 'bfloat16'}
    """
    settings = {**written, **given}
    dtype = settings.get("dtype", "float32")
    if dtype not in TRAINED:
        ruled_out = {*ABOUT_TRAINING, "autocast"}
    elif "dtype" in given:
        ruled_out = {*(() if dtype in CAST else ("autocast",)), *(() if dtype in HALVES else ("master_weights",))}
    else:
        return settings
    return {name: value for name, value in settings.items() if name in given or name not in ruled_out}


def contradictions(written: Mapping[str, object], network: Network | None = None) -> Iterator[tuple[str, SettingError]]:
    """What in the settings that a file writes does not go together: for each mistake the key at fault, and the reason.

    The values are right by themselves. `network` is that of the file; None where it has mistakes of its own. A step
    that the optimizer does not have is no mistake of a file: only the memory is then unknown.
    """
    for name, of in (("accumulate", "one pass"), ("ranks", "all ranks together")):
        if written.get(name, 1) != 1 and "batch" not in written:
            yield name, SettingError(f"`{{{name}}}` needs `{{batch}}`, the samples of {of}", name, "batch")
    dtype = str(written.get("dtype", "float32"))
    if dtype not in TRAINED:
        yield from ((name, only_runs(name, dtype)) for name in written if name in (*ABOUT_TRAINING, "autocast"))
        return
    own: dict[str, Any] = {name: value for name, value in written.items() if name not in BESIDE}
    try:
        Run(**own)
    except SettingError as error:
        at_fault = next((name for name in error.settings if name in written), None)
        if at_fault is not None:
            yield at_fault, error
    strategy, ranks = written.get("strategy"), written.get("ranks")
    try:
        check_asked(None, None, None if strategy is None else str(strategy), ranks)
        if strategy is not None and isinstance(ranks, int):
            check_single(str(strategy), ranks)
    except SettingError as error:
        yield "strategy", error
    batch = written.get("batch")
    if isinstance(batch, int) and isinstance(ranks, int):
        try:
            check_ranks(batch, ranks)
        except SettingError as error:
            yield "batch", error
    if network is not None:
        yield from _of_network(written, network)


def _of_network(written: Mapping[str, Any], network: Network) -> Iterator[tuple[str, SettingError]]:
    """Settings that do not suit the network."""
    from analyzer.engine.memory.segments import check_names  # with all of the simulation, which a report does not need

    try:
        check_names(network, written.get("checkpoint"))
    except SettingError as error:
        yield "checkpoint", error
    if written.get("master_weights") and written.get("dtype") in HALVES:
        refused = needs_halves(network, str(written["dtype"]))
        if refused is not None:
            yield "master_weights", refused


def _check_names(given: Mapping[str, object]) -> None:
    """Refuses a setting that does not exist."""
    names: Sequence[str] = (*Run._fields, *BESIDE)
    for name in given:
        if name not in names:
            near = nearest(name, names)
            meant = f"did you mean `{near}`?" if near else f"the settings are {listed(Run._fields, last='and')}"
            raise SettingError(f"there is no setting `{shown(name)}`; {meant}")
