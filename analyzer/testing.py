"""Checks for test suites and training scripts: is the network that trains the one that was reviewed?

assert_matches  a torch or Keras module has the layers, volumes and parameters that a description has: a `Match`
assert_budget   a description costs no more than its budget and the limits that are given: its amounts
assert_clean    the checks find nothing in a description: the `Findings`

Nothing else of the package imports this module. It imports no framework: a module is one of torch or Keras if its own
code imported that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from analyzer.api import analyze, check, loaded
from analyzer.diagnostics import SEVERITIES, Findings
from analyzer.engine.result import Analysis
from analyzer.loader.parse.description import Model
from analyzer.matching.live import check_module, observe
from analyzer.matching.match import match
from analyzer.matching.result import Match
from analyzer.matching.unreadable import Unreadable
from analyzer.reporter.matching.text import text_of
from analyzer.settings import SettingError, one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Match", "Mismatch", "Unreadable", "assert_budget", "assert_clean", "assert_matches"]


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

    With `strict` the module is also exported (`torch.export`, `to_json` of a Keras model) and read back, so that its
    layers without parameters are compared too: activations, pools, merges and resampling, and what each layer reads.
    Layers that only move values, or do nothing in inference, are left out on both sides. Where the module cannot be
    exported or read, `Mismatch` says why.

    Raises `Mismatch` (an `AssertionError`) where they differ, `Unreadable` for a module that cannot be called with the
    inputs of the description, `TypeError` for something that is no module, and what `analyze` raises.
    """
    __tracebackhide__ = True  # pytest then points to the caller
    check_module(module, model)
    analysis = _analysis(model, set, input)
    found = match(observe(module, analysis), analysis)
    if strict:
        from analyzer.matching.exported import strictly

        found = strictly(module, found)
    if not found.equal:
        raise Mismatch(found)
    return found


def assert_budget(
    model: Analysis | Model | Mapping[str, object] | str | os.PathLike[str],
    *,
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
    **limits: object,
) -> dict[str, int]:
    """Asserts that a network keeps its budget: the limits that are given, and those of `budget` in its file as well.

    A limit has a key of `budget` and is written as there: the most (`params="5M"`, `peak_training_memory="8 GiB"`,
    `layers=50`), or the ends (`macs={"min": "1G", "max": "4G"}`). `model`, `set` and `input` are those of
    `analyzer.analyze`; `model` may also be an analysis, which has no limits of its own. Peaks are those of the file's
    `training`.

    Returns the amounts of the network, as `Analysis.amounts` does. Raises an `AssertionError` with the message of
    `analyzer check`, `SettingError` for a key that no budget has and for what is no limit, and what `analyze` raises.
    As in `analyzer check`, a limit on an amount of which a part is unknown fails only where the known part breaks it.

    >>> model = {"input": "32x32x3", "layers": [{"conv": {"filters": 20, "kernel": 8}}]}
    >>> assert_budget(model, params="4K")["params"]
    3860
    """
    from analyzer.checks.budget.given import given_limits
    from analyzer.checks.run import chosen, run
    from analyzer.checks.subject import Subject
    from analyzer.loader.expand.expansion import settled

    __tracebackhide__ = True
    given = given_limits(limits)
    if isinstance(model, Analysis):
        analysis, described = _analysis(model, set, input), None
    else:
        read, set, input = loaded(model, None, set, input)
        analysis, described = analyze(read, set=set, input=input), settled(read, set)[0]
    checks = chosen(["over-budget"])
    found = [*run(Subject(analysis, described), checks), *run(Subject(analysis, limits=given), checks)]
    text = "" if described is None else described.text
    _refuse(Findings(found, file=analysis.file or analysis.name, text=text), "error")
    return analysis.amounts()


def assert_clean(
    model: Analysis | Model | Mapping[str, object] | str | os.PathLike[str],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severity: str = "warning",
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
) -> Findings:
    """Asserts that the checks find nothing of at least this severity: `error`, `warning` or `note`.

    The other arguments are those of `analyzer.check`. Returns the findings, which are all less severe.

    Raises an `AssertionError` with the message of `analyzer check`, `SettingError` for a check or a severity that does
    not exist, and what `analyze` raises.

    >>> assert_clean("input: 8x8x3\\nlayers: [{conv: {filters: 4, kernel: 3}}]")
    Findings(none)
    """
    __tracebackhide__ = True
    one_of("severity", severity, SEVERITIES)
    found = check(model, select=select, ignore=ignore, set=set, input=input)
    _refuse(found, severity)
    return found


def _refuse(found: Findings, severity: str) -> None:
    """Raises an `AssertionError` about the findings of at least a severity; without one it does nothing."""
    __tracebackhide__ = True
    failing = SEVERITIES[: SEVERITIES.index(severity) + 1]
    wrong = [finding for finding in found if finding.severity in failing]
    if wrong:
        raise AssertionError(str(Findings(wrong, file=found.file, text=found.text)))


def _analysis(model: Any, set: Mapping[str, object] | None, input: str | Mapping[str, str] | None) -> Analysis:
    """The network that a module is compared with."""
    if not isinstance(model, Analysis):
        return analyze(model, set=set, input=input)
    if set is not None or input is not None:
        raise SettingError("`{set}` and `{input}` change a model; an analysis is of a network as it is", "set", "input")
    return model
