"""The memory of one file's network in the run that the command line asks for."""

from __future__ import annotations

from analyzer.cli.models import doubts_about
from analyzer.cli.options import run_defaults, written_settings
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.network import Network
from analyzer.loader.parse.description import Model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def memory_of(file: str, asked: Any, model: Model, network: Network) -> MemoryAnalysis:
    """The memory of a network in the run that is asked for.

    Raises `SettingError` for options that do not suit the network, or one another.
    """
    arena, settings = arena_of(asked), written_settings(asked)
    if arena["arena"]:  # a configuration is about devices that train, too
        configured = run_defaults(asked, file, {})
        settings = {**{name: configured[name] for name in ("batch", "dtype") if name in configured}, **settings}
    found = MemoryAnalysis.of(network, run_defaults(asked, file, model.training), mode=asked.mode, **settings, **arena)
    found.name, found.file, found.diagnostics = model.name, model.file, tuple(doubts_about(model, network))
    return found


def arena_of(asked: Any) -> dict[str, Any]:
    """The options about a microcontroller, which only `analyzer memory` has."""
    return {name: vars(asked).get(name, usual) for name, usual in (("arena", False), ("ram", None), ("flash", None))}
