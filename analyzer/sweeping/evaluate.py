"""What a variant costs: a network is placed with its values, and only the amounts that are asked for are calculated.

A `Job` is everything that decides the numbers of a sweep, as plain data: it is sent to other processes as it is. An
`Evaluator` is a job at work in one process. Variants share nothing: what one costs is calculated again for the next,
since that takes less time than to find out what they have in common (docs/decisions/sweeping.md).

>>> from analyzer.loader.parse.file import parse
>>> from analyzer.sweeping.result import Axis
>>> text = "input: 32x32x3\\nvars: {width: 20}\\nlayers: [conv: {filters: $width, kernel: 8, stride: 2, padding: 1}]\\n"
>>> job = Job("net.yaml", [Axis("width", [10, 20])], ["params", "macs"], model=parse(text, "net.yaml").model)
>>> found = job.evaluator().of(1)
>>> found.set, found.amounts, found.fits
({'width': 20}, {'params': 3860, 'macs': 752640}, True)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from analyzer.diagnostics import UNREADABLE, ModelError
from analyzer.engine.totals import amounts_of_network
from analyzer.loader.expand.expansion import expand, settled
from analyzer.loader.parse.ranges import Decimals
from analyzer.loader.text.files import FileError, opened
from analyzer.loader.text.tree import given_value, plain_value
from analyzer.record import Record, field
from analyzer.settings import SettingError
from analyzer.sweeping.axes import settings_of
from analyzer.sweeping.order import Order
from analyzer.sweeping.result import Axis, Problem, Variant
from analyzer.units import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.diagnostics import Diagnostic
    from analyzer.engine.network import Network
    from analyzer.loader.parse.description import Limit, Model
    from analyzer.sweeping.result import Value


class Job(Record):
    """A sweep as it is calculated.

    label     the model's file, for people
    axes      what varies
    keys      the amounts that are calculated, keys of a budget, in the order of the columns
    shown     those of them that reports show; all, where none are named
    model     the description; None for a file in another format, which is read anew for each variant
    path      that file, `format` the format that it is read in
    minimize, maximize   the goals of the front, which decide no number
    random    how many variants are drawn, with the `seed`; None for all of them
    searched  an axis of which a search calculates a few values only; None without one
    limits    the limits of the command line or of Python, which replace those of the file one by one
    budgeted  whether the limits of the file hold
    defaults  settings of the run that hold where the file has none: those of a configuration
    settings  settings of the run in place of the file's: `batch`, `dtype`, `optimizer` …
    """

    label: str
    axes: Sequence[Axis]
    keys: Sequence[str]
    shown: Sequence[str] = ()
    model: Model | None = None
    path: str = ""
    format: str | None = None
    minimize: Sequence[str] = ()
    maximize: Sequence[str] = ()
    random: int | None = None
    seed: int = 0
    searched: str | None = None
    limits: Mapping[str, Limit] = field(factory=dict)
    budgeted: bool = True
    defaults: Mapping[str, Any] = field(factory=dict)
    settings: Mapping[str, Any] = field(factory=dict)

    def order(self) -> Order:
        """Which variants there are; raises `SettingError` for axes that cannot be swept so."""
        return Order(self.axes, random=self.random, seed=self.seed, searched=self.searched)

    def evaluator(self) -> Evaluator:
        """The job at work in this process."""
        return Evaluator(self)

    def set_of(self, id: int) -> dict[str, Value]:
        """The value on each axis of a variant."""
        return self.order().set_of(id)

    @property
    def parts(self) -> dict[str, str]:
        """What decides the numbers, each part as a text, by what it is called in a message."""
        return {
            "model": _digest(self),
            "axes": "; ".join(_axis(axis) for axis in self.axes),
            "amounts": ", ".join(self.keys),
            "limits": ", ".join(_limits(self)),
            "run": ", ".join(f"{key} {value}" for key, value in {**self.defaults, **self.settings}.items()),
            "random": "" if self.random is None else f"{self.random} with seed {self.seed}",
        }

    @property
    def key(self) -> str:
        """The SHA-256 of the parts and of the version of analyzer: equal for jobs with equal numbers."""
        from hashlib import sha256

        from analyzer import __version__

        return sha256(repr((__version__, self.parts)).encode()).hexdigest()


class Evaluator:
    """A job at work in one process: variants by their number, or with any values."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @cached_property
    def order(self) -> Order:
        """Which variants there are."""
        return self.job.order()

    def of(self, id: int) -> Variant:
        """The variant of this number; one that is no network says why."""
        return self._variant(id, self.order.set_of(id))

    def settled(self, set: Mapping[str, Value]) -> Variant:
        """The variant with these values, which need not be on the axes; what is not set is as in the file."""
        return self._variant(-1, set)

    def _variant(self, id: int, set: Mapping[str, Value]) -> Variant:
        chosen, limits, problem = dict(set), self.job.limits, None
        found: dict[str, int | None] = {}
        try:
            found, limits = self.amounts(chosen)
        except ModelError as error:
            first = error.diagnostics[0]
            problem = Problem(first.code, first.message)
        except SettingError as error:
            problem = Problem("VALUE101", str(error))
        except FileError as error:
            problem = Problem(UNREADABLE, str(error))
        if problem is not None:
            return Variant(id, chosen, {}, fits=False, error=problem)
        breaks = [key for key, limit in limits.items() if limit.broken_by(found[key])]
        return Variant(id, chosen, {key: found[key] for key in self.job.keys}, not breaks, breaks)

    def amounts(
        self, set: Mapping[str, Value], *, hints: bool = False
    ) -> tuple[dict[str, int | None], Mapping[str, Limit]]:
        """The amounts of a variant, also those that only its budget names, and the limits that hold for it.

        `hints` looks for what would make a shape fit, for a person who reads the mistakes.

        Raises `ModelError` with every mistake of a variant that is no network, `SettingError` for a run that does not
        suit it, and `FileError` for a file in another format that can no longer be read.
        """
        job = self.job
        model, network = self.placed(set, hints=hints)
        if job.settings.get("dtype") is not None:
            network.store(None)
        limits = {**(model.budget if job.budgeted else {}), **job.limits}
        keys = [*job.keys, *(key for key in limits if key not in job.keys)]
        return amounts_of_network(network, keys, self._run(model)), limits

    def placed(self, set: Mapping[str, Value], *, hints: bool = False) -> tuple[Model, Network]:
        """The description with these values, and its network. Raises `ModelError` and `FileError` as `amounts` does."""
        job = self.job
        variables, input = settings_of([axis for axis in job.axes if axis.name in set], set)
        model = job.model
        if model is None:
            model, variables, input = _read(job, variables, input), {}, None
        network, mistakes = expand(model, set=variables, input=input, hints=hints)
        if model.unsettled:  # otherwise the budget and the run are those of every variant
            model, unsettled = settled(model, variables, None if mistakes else network)
            mistakes += unsettled
        if mistakes:
            raise ModelError(mistakes, model.text)
        return model, network

    def _run(self, model: Model) -> Mapping[str, Any]:
        """The settings of the run: as given, otherwise the file's, otherwise the configured ones."""
        job = self.job
        written = {**job.defaults, **model.training}
        if not written or not job.settings:
            return {**written, **job.settings}
        from analyzer.engine.memory.planned import merged  # few sweeps say more of a run than the file does

        return merged(written, job.settings)


def _read(job: Job, variables: Mapping[str, Value], input: Mapping[str, str] | str | None) -> Model:
    """The model in a file of another format, read for these values."""
    from analyzer.loader.formats import read

    problems: Sequence[Diagnostic]
    model, problems = read(job.path, input, variables, label=job.label, format=job.format)
    if model is None:
        raise ModelError(problems, "")
    return model


#: Bytes of the beginning and of the end of a file in another format that tell it from others: it may have gigabytes.
_PIECE = 1 << 24


def _digest(job: Job) -> str:
    """What tells the model of a job from others: the hash of its text, or of its file's ends and length."""
    from hashlib import sha256

    if job.model is not None:
        # A description that was made in Python has no text.
        text = job.model.text or ("" if job.model.tree is None else repr(plain_value(job.model.tree)))
        return sha256(text.encode()).hexdigest()
    with opened(job.path, "a model file") as file:
        digest = sha256(file.read(_PIECE))
        size = file.seek(0, 2)
        file.seek(max(size - _PIECE, 0))
        digest.update(file.read(_PIECE))
    return f"{digest.hexdigest()}-{size}"


def _limits(job: Job) -> Iterator[str]:
    if not job.budgeted:
        yield "none of the file"
    for key, limit in job.limits.items():
        bounds = ("at least", limit.least), ("at most", limit.most)
        yield f"{key} {' and '.join(f'{word} {count(bound)}' for word, bound in bounds if bound is not None)}"


def _axis(axis: Axis) -> str:
    """An axis as `--set` writes it, which is equal for equal axes."""
    return f"{axis.name}={_written(axis)}"


def _written(axis: Axis) -> str:
    values = axis.values
    if axis.between is not None:
        return f"{axis.between[0]}:{axis.between[1]}"
    if isinstance(values, range):
        return f"{values[0]}:{values[-1]}" + (f":{values.step}" if values.step != 1 else "")
    if isinstance(values, Decimals):
        return f"{values[0]}:{values[-1]}:{values.steps.step / values.divisor}"
    return ",".join(map(_value, values))


def _value(value: Value) -> str:
    """A value as `--set` writes it; a word that would be read as something else is in quotes."""
    if isinstance(value, str) and (given_value(value) != value or "," in value or '"' in value):
        return '"{}"'.format(value.replace('"', '\\"'))
    return str(value).lower() if isinstance(value, bool) else str(value)
