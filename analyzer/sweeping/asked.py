"""From what is asked of a sweep to its job: which amounts are calculated, and whether the run makes sense."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from analyzer.diagnostics import listed, nearest
from analyzer.engine.amounts import AMOUNTS
from analyzer.engine.memory.planned import planned
from analyzer.engine.memory.sharding.strategies import check_ranks, check_single
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.sweeping.axes import settings_of
from analyzer.sweeping.evaluate import Job
from analyzer.sweeping.goals import amounts_in, check_goals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.diagnostics import Diagnostic
    from analyzer.loader.parse.axis import Axis, Value
    from analyzer.loader.parse.description import Limit, Model

#: The amounts that are shown where nothing else is asked for.
USUAL = ("params", "macs")


def job_of(
    model: Model,
    axes: Sequence[Axis],
    *,
    amounts: Sequence[str] = (),
    minimize: Sequence[str] = (),
    maximize: Sequence[str] = (),
    also: Iterable[str] = (),
    limits: Mapping[str, Limit],
    budgeted: bool = True,
    defaults: Mapping[str, Any],
    settings: Mapping[str, Any],
    path: str = "",
    **others: Any,
) -> Job:
    """The job of a sweep over these axes, which calculates no more than what is asked for.

    `amounts` are the columns (none: `USUAL`, and what is limited or a goal), `also` are amounts that something else
    needs. The others are fields of `Job`; a `model` in another format than ours is read anew for each variant.

    Raises `SettingError` for amounts and goals that do not exist, and for settings of the run that contradict each
    other: they would do so in every variant.
    """
    check_amounts(amounts)
    check_goals(axes, minimize, maximize)
    needed = [*limited(model, limits, budgeted=budgeted), *amounts_in([*minimize, *maximize])]
    columns = list(dict.fromkeys(amounts or (*USUAL, *needed)))
    keys = list(dict.fromkeys([*columns, *needed, *also]))
    run = planned({**defaults, **model.training}, settings)
    check_ranks(run.run.batch, run.ranks)
    check_single(run.strategy or "", run.ranks)
    own = None if model.format is not None else model
    return Job(
        axes=axes,
        keys=keys,
        shown=columns,
        model=own,
        minimize=minimize,
        maximize=maximize,
        limits=limits,
        budgeted=budgeted,
        defaults=defaults,
        settings=settings,
        path=os.path.abspath(path) if path else "",  # a worker may have another current folder
        **others,
    )


def limited(model: Model, limits: Mapping[str, Limit], *, budgeted: bool = True) -> list[str]:
    """The amounts that a limit holds for: of the file, also one that depends on variables, and the given ones."""
    own = [*model.budget, *(one.key for one in model.unsettled if one.section == "budget")] if budgeted else []
    return list(dict.fromkeys([*own, *limits]))


def check_amounts(names: Iterable[str]) -> None:
    """Refuses an amount that does not exist."""
    for name in names:
        if name not in AMOUNTS:
            near = nearest(name, AMOUNTS)
            help = f"did you mean `{near}`?" if near else f"they are {listed(AMOUNTS, last='and')}"
            raise SettingError(f"`{{amounts}}`: there is no amount `{shown(name)}`; {help}", "amounts")


def first_of(axes: Iterable[Axis]) -> dict[str, Value]:
    """The first value of each axis: a network that shows what the others are like."""
    return {axis.name: axis.between[0] if axis.between else axis.values[0] for axis in axes}


def read_foreign(
    path: str, format: str | None, label: str, axes: Sequence[Axis]
) -> tuple[Model | None, list[Diagnostic]]:
    """The description in a file of another format, and the mistakes in it where there is none.

    It is read for the first value of each axis, where these make no network for the last ones, then for its own. The
    other variants are read when they are calculated. Raises `SettingError` for an axis that the file does not have.
    """
    from analyzer.loader.formats import read  # most models are YAML

    tried: list[dict[str, Value]] = [
        first_of(axes),
        {axis.name: axis.between[1] if axis.between else axis.values[-1] for axis in axes},
        {},
    ]
    told: list[Diagnostic] = []
    for values in tried:
        variables, input = settings_of([axis for axis in axes if axis.name in values], values)
        model, problems = read(path, input, variables, label=label, format=format)
        if model is not None:
            return model, []
        told = told or problems
    return None, told
