"""What a sweep is asked to do: its model, axes, amounts, limits and goals, checked before anything is calculated."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from analyzer.cli.declared import LIST
from analyzer.cli.given import Given
from analyzer.cli.main import UsageError
from analyzer.cli.models import doubts_about, parsed_model, read_given
from analyzer.cli.options import run_defaults, written_settings
from analyzer.diagnostics import Diagnostic, ModelError, in_order
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.description import Model
from analyzer.record import Record
from analyzer.reporter.options import Failed
from analyzer.source import shown
from analyzer.sweeping.asked import first_of, job_of, limited, read_foreign
from analyzer.sweeping.axes import axes_of
from analyzer.sweeping.evaluate import Job
from analyzer.sweeping.find import Search, searches
from analyzer.sweeping.order import Order
from analyzer.sweeping.sensitivity import NEEDED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.parse.axis import Axis
    from analyzer.loader.parse.description import Limit


class Plan(Record):
    """A sweep that can begin.

    job       what is calculated
    order     which variants there are
    model     the description of the file's own values
    searches  the questions of `--largest` and `--smallest`
    bisected  whether the questions are answered without calculating every variant
    limits    those that hold for every variant, by key
    doubts    what is told about the network with the first value of each axis
    given     the file, which must live as long as it is read
    """

    job: Job
    order: Order
    model: Model
    searches: Sequence[Search]
    bisected: bool
    limits: dict[str, Limit]
    doubts: Sequence[Diagnostic]
    given: Given


def plan(asked: Any, texts: dict[str, str]) -> Plan | Failed:
    """The sweep that is asked for, or what is wrong with its model; its text goes to `texts`.

    Raises `SettingError` and `UsageError` for options that contradict the model or one another.
    """
    (file,) = asked.files
    if asked.device == LIST:
        raise UsageError(f"`analyzer memory --device {LIST}` shows the cards; a sweep is about one of them")
    if asked.workers is not None and asked.dask is not None:
        raise UsageError(
            "`--workers` are processes of this machine, and `--dask` has its own: leave one of the two out"
        )
    given = read_given(file, asked)
    if isinstance(given, Failed):
        return given
    if given.call is not None:
        raise UsageError(f"`{shown(file)}` is a callable, which makes one network; {_CONVERT}")
    try:
        read = _read_model(given, asked, texts)
    except ModelError as error:
        return Failed(given.label, error.diagnostics)
    return read if isinstance(read, Failed) else _planned(asked, given, *read)


#: What to do with a network that code makes.
_CONVERT = "write each as a file with `analyzer convert`, or give a model with variables"


def _read_model(given: Given, asked: Any, texts: dict[str, str]) -> tuple[Model, Sequence[Axis]] | Failed:
    """The description and the axes, or the mistakes in the description.

    Raises `ModelError` for bytes that are no model.
    """
    if given.format is None:
        model, problems = parsed_model(given, asked, texts)
        if model is None or problems:
            return Failed(given.label, in_order([*problems, *(expand(model)[1] if model is not None else ())]))
        return model, axes_of(model, asked.set, asked.input)
    axes = axes_of(None, asked.set, asked.input)
    model, problems = read_foreign(given.path, given.format, given.label, axes)
    if model is None:
        return Failed(given.label, problems)
    texts.update(model.texts)
    return model, axes


def _planned(asked: Any, given: Given, model: Model, axes: Sequence[Axis]) -> Plan:
    budgeted = None not in asked.budget
    limits: dict[str, Limit] = dict(filter(None, asked.budget))
    searched = searches(
        axes,
        largest=asked.largest,
        smallest=asked.smallest,
        limited=bool(limited(model, limits, budgeted=budgeted)),
        random=asked.random,
    )
    job = job_of(
        model,
        axes,
        amounts=asked.amounts or (),
        minimize=asked.minimize,
        maximize=asked.maximize,
        also=NEEDED if asked.sensitivity else (),
        limits=limits,
        budgeted=budgeted,
        defaults=run_defaults(asked, asked.files[0], {}),
        settings=written_settings(asked),
        label=given.label,
        path=given.path,
        format=given.format,
        random=asked.random,
        seed=asked.seed,
    )
    # Without a front, an axis with very many values need not be calculated as a whole.
    bisected = bool(searched) and all(one.long for one in searched) and not (asked.minimize or asked.maximize)
    job.searched = searched[0].axis.name if bisected else None
    doubts: Sequence[Diagnostic] = ()
    with suppress(ModelError):  # then the first variant says what is wrong with it
        doubts = doubts_about(*job.evaluator().placed(first_of(axes)))
    always = {**(model.budget if budgeted else {}), **limits}
    return Plan(job, job.order(), model, searched, bisected, always, doubts, given)
