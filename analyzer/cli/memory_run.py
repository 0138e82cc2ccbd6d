"""The memory of one file's network in the run that the command line asks for."""

from __future__ import annotations

from analyzer.cli.models import doubts_about
from analyzer.cli.options import configured_for, run_defaults
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.arena.asked import check_arena
from analyzer.engine.memory.settings import Run, check_asked
from analyzer.engine.network import Network
from analyzer.loader.parse.description import Model
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.engine.memory.devices import Device

#: Options that are settings of a run.
RUN_SETTINGS = (
    "batch", "dtype", "autocast", "optimizer", "weight_decay", "step", "loss", "accumulate", "ema", "checkpoint", "layout",
    "tf32",
)  # fmt: skip


#: Options about devices.
_ABOUT_DEVICES = ("device", "context", "strategy", "ranks")


class Fit(Record):
    """What a run should fit on: a device, and the bytes that a process takes there beside its tensors.

    Without `context` these are the device's own.
    """

    device: Device | None
    context: int | None


def _arena_of(asked: Any) -> dict[str, Any]:
    """The options about a microcontroller, which only `analyzer memory` has."""
    return {name: vars(asked).get(name, usual) for name, usual in (("arena", False), ("ram", None), ("flash", None))}


def fit_of(file: str, asked: Any) -> Fit:
    """The device for one file; raises `SettingError` for options that need another one."""
    arena = _arena_of(asked)
    check_arena(**arena, given={name: vars(asked)[name] for name in (*RUN_SETTINGS[2:], *_ABOUT_DEVICES)})
    if arena["arena"]:
        return Fit(None, None)
    configured = configured_for(asked, file)
    device = configured.get("device") if asked.device is None else asked.device
    check_asked(asked.context, device, asked.strategy, asked.ranks, layout=asked.layout, tf32=asked.tf32)
    return Fit(device, configured.get("context") if asked.context is None else asked.context)


def memory_of(file: str, asked: Any, fit: Fit, model: Model, network: Network) -> MemoryAnalysis:
    """The memory of a network in the run that is asked for.

    Raises `SettingError` for options that do not suit the network.
    """
    arena = _arena_of(asked)
    return MemoryAnalysis(
        network,
        Run.of(
            run_defaults(asked, file, {} if arena["arena"] else model.training),
            ranks=asked.ranks,
            strategy=asked.strategy,
            device=None if fit.device is None else fit.device.name,
            **{name: getattr(asked, name) for name in RUN_SETTINGS},
        ),
        mode="declared" if asked.mode == "both" else asked.mode,
        device=fit.device,
        context=fit.context,
        strategy=asked.strategy,
        ranks=asked.ranks or 1,
        name=model.name,
        file=model.file,
        diagnostics=doubts_about(model, network),
        **arena,
    )
