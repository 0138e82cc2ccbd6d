"""Checks for test suites and training scripts: is the network that trains the one that was reviewed?

assert_matches  a torch or Keras module has the layers, volumes and parameters that a description has: a `Match`

Nothing else of the package imports this module. It imports no framework: a module is one of torch or Keras if its own
code imported that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from analyzer.api import analyze
from analyzer.engine.result import Analysis
from analyzer.loader.parse.description import Model
from analyzer.matching.live import check_module, observe
from analyzer.matching.match import match
from analyzer.matching.result import Match
from analyzer.matching.unreadable import Unreadable
from analyzer.reporter.matching.text import text_of
from analyzer.settings import SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Match", "Mismatch", "Unreadable", "assert_matches"]


class Mismatch(AssertionError):
    """A module is not what its description says. The text shows the first differences, `match` has all."""

    def __init__(self, match: Match) -> None:
        self.match = match
        super().__init__(text_of(match))

    def __reduce__(self) -> tuple[type[Mismatch], tuple[Match]]:
        return Mismatch, (self.match,)


def assert_matches(
    module: object,
    model: Analysis | Model | Mapping[str, object] | str | os.PathLike[str],
    *,
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
    strict: bool = False,
) -> Match:
    """Compares a live torch module or Keras model with a description: its layers with parameters, in their order.

    `model`, `set` and `input` are those of `analyzer.analyze`; `model` may also be an analysis. One forward call of
    batch 1 is watched, without data and without gradients, and the module is afterwards as it was before.

    Raises `Mismatch` (an `AssertionError`) where they differ, `Unreadable` for a module that cannot be called with the
    inputs of the description, `TypeError` for something that is no module, and what `analyze` raises.
    """
    check_module(module, model)
    analysis = _analysis(model, set, input)
    found = match(observe(module, analysis), analysis)
    if not found.equal:
        raise Mismatch(found)
    return found


def _analysis(model: Any, set: Mapping[str, object] | None, input: str | Mapping[str, str] | None) -> Analysis:
    """The network that a module is compared with."""
    if not isinstance(model, Analysis):
        return analyze(model, set=set, input=input)
    if set is not None or input is not None:
        raise SettingError("`{set}` and `{input}` change a model; an analysis is of a network as it is", "set", "input")
    return model
