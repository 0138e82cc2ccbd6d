"""The sides of a comparison: a model file, stdin, a saved JSON report, or a file at a revision of git.

The content of a file decides which of these it is, not the ending of its name.
"""

from __future__ import annotations

import os

from analyzer.cli.given import Given
from analyzer.cli.inputs import BASE, SIDE, Inputs
from analyzer.cli.main import UsageError
from analyzer.cli.models import hint, network_of
from analyzer.cli.options import run_defaults
from analyzer.cli.output import note
from analyzer.cli.renames import earlier
from analyzer.cli.revisions import Place, is_revision, missing, place_of, prefix_hint, working_file
from analyzer.contract.report import as_dict
from analyzer.contract.saved import LONGEST_REPORT, ReportError, is_report, read_report, report_text
from analyzer.diagnostics import Diagnostic
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.engine.result import Analysis
from analyzer.loader.parse.description import Model
from analyzer.loader.text.files import FileError
from analyzer.record import Record
from analyzer.reporter.options import Failed
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from analyzer.difference import Difference, LabelledReport, OneSided


#: The end of the label of a side that is called as the other one.
AGAIN = " (again)"


class Side:
    """One side of a comparison.

    `label` is its name for people; `report` is its JSON report (schemas/report.schema.json) as plain data. `text`,
    `model` and `analysis` are None for a saved report. `commit` is the short name of the commit that it is from.
    """

    def __init__(
        self,
        label: str,
        *,
        report: dict[str, Any] | None = None,
        text: str | None = None,
        model: Model | None = None,
        analysis: Analysis | None = None,
        commit: str = "",
    ) -> None:
        self.label = label
        self.commit = commit
        self.text = text
        self.model = model
        self.analysis = analysis
        self._report = report

    def __repr__(self) -> str:
        return f"Side({self.label!r})"

    @property
    def saved(self) -> bool:
        """Whether it is a saved report, and not a model."""
        return self.analysis is None

    @property
    def notes(self) -> Sequence[Diagnostic]:
        """What the loader says about the description of a model."""
        return () if self.analysis is None else self.analysis.network.notes

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report."""
        if self._report is None:
            assert self.analysis is not None
            self._report = as_dict(self.analysis)
        return self._report

    def labelled(self) -> LabelledReport:
        """This side as a comparison takes it."""
        from analyzer.difference import LabelledReport, of_analysis  # a base of `check` is not compared

        if self.analysis is None:
            return LabelledReport(self.report, self.label, commit=self.commit, saved=True)
        return of_analysis(self.analysis, self.model, label=self.label, commit=self.commit)

    @property
    def run(self) -> tuple[int, str]:
        """The batch and the number format of its sizes in bytes."""
        if self.analysis is not None:
            return self.analysis.batch, self.analysis.dtype
        return self.report["batch"], self.report["dtype"]

    @property
    def weights_dtype(self) -> str:
        """The number format of its parameters and buffers."""
        if self.analysis is not None:
            return self.analysis.weights_dtype or self.analysis.dtype
        return str(self.report.get("weights_dtype", self.report["dtype"]))


class Absent(Record):
    """A side that does not exist, though the other one has a file of this name: the model is new, or was removed."""

    label: str
    commit: str = ""

    @property
    def notes(self) -> Sequence[Diagnostic]:
        """Nothing is said about it."""
        return ()


class Opened:
    """A side before it is analysed: its model as it was given, or its report."""

    def __init__(self, given: Given, report: dict[str, Any] | None = None, commit: str = "") -> None:
        self.label = given.label
        self.commit = commit
        self.given = given
        self.report = report
        self.loaded: tuple[Model, Network] | Failed | None = None

    def load(self, asked: Any, texts: dict[str, str]) -> None:
        """Reads the model, if this is one."""
        if self.report is None:
            same = self.given.label == self.label
            self.loaded = network_of(self.given if same else self.given.but(label=self.label), asked, texts)

    @property
    def training(self) -> Mapping[str, Any]:
        """The settings of a run in the model."""
        return self.loaded[0].training if isinstance(self.loaded, tuple) else {}

    def side(self, batch: int, dtype: str) -> Side | Failed:
        """The side; a model is analysed with this batch and number format."""
        if self.loaded is None:
            return Side(self.label, report=self.report, commit=self.commit)
        if isinstance(self.loaded, Failed):
            return self.loaded
        model, network = self.loaded
        analysis = analyze_network(
            network, name=model.name, file=model.file, batch=batch, dtype=dtype, description=model.description
        )
        return Side(self.label, text=model.text, model=model, analysis=analysis, commit=self.commit)


def read_side(
    name: str, asked: Any, texts: dict[str, str], *, run: tuple[int, str] = (1, "float32"), same: str | None = None
) -> Side | Failed | Absent:
    """The side that `name` means, or the mistakes in its model. Its text goes to `texts` by its label.

    `asked` has the options `set` and `input`; a model is analysed in the `run`, a batch and a number format. `same` is
    the file that `git:REV` without a path means; it is absent if it did not exist then. Raises `UsageError` for a file
    that cannot be read and for a report that cannot be trusted, `SettingError` for a setting that the model does not
    have.
    """
    read = _read(name, same, asked.inputs, BASE, running=True)
    if isinstance(read, Absent):
        return read
    _check_settings(asked, read)
    read.load(asked, texts)
    return read.side(*run)


def read_sides(
    first: str, second: str, asked: Any, texts: dict[str, str]
) -> tuple[Side | Failed | Absent, Side | Failed | Absent]:
    """Both sides of a comparison, in one run: that of a saved report, otherwise the one that `_run` chooses.

    `git:REV` without a path means the other side's file at that revision. Raises what `read_side` raises, and
    `UsageError` for two reports of different runs.
    """
    if first == second == "-":
        raise UsageError("stdin (`-`) can be read once")
    old = _read(first, second, asked.inputs, SIDE, running=False)
    if first == second and isinstance(old, Opened):
        new: Opened | Absent = Opened(old.given, old.report, old.commit)  # one file, read once
    else:
        new = _read(second, first, asked.inputs, SIDE, running=False)
    if isinstance(old, Absent) and isinstance(new, Absent):
        raise UsageError(f"neither `{shown(old.label)}` nor `{shown(new.label)}` exists")
    if old.label == new.label:
        new.label += AGAIN
    return compared(old, new, asked, texts, second)


def difference_of(old: Side | Absent, new: Side | Absent) -> Difference | OneSided:
    """What the sides differ in."""
    from analyzer.difference import OneSided, compare  # a base of `check` is not compared

    if isinstance(old, Side) and isinstance(new, Side):
        return compare(old.labelled(), new.labelled())
    if isinstance(new, Side):
        return OneSided(new.labelled(), True, old.label, old.commit)
    assert isinstance(old, Side)
    return OneSided(old.labelled(), False, new.label, new.commit)


def compared(
    old: Opened | Absent, new: Opened | Absent, asked: Any, texts: dict[str, str], file: str
) -> tuple[Side | Failed | Absent, Side | Failed | Absent]:
    """Both sides, analysed in one run; `file` is the new one on the command line."""
    reads = [read for read in (old, new) if isinstance(read, Opened)]
    _check_settings(asked, *reads)
    for read in reads:
        read.load(asked, texts)
    run = _run(asked, file, reads[0], reads[-1])
    saved = next((read.report for read in reads if read.report is not None), None)
    for read in reads:
        if isinstance(read.loaded, tuple):
            model = read.loaded[0]
            model.training = run_defaults(asked, file, model.training)  # the optimizer of the peaks
            if saved is not None:
                read.loaded[1].store(saved.get("weights_dtype"))
    before, after = (read.side(*run) if isinstance(read, Opened) else read for read in (old, new))
    return before, after


def _read(name: str, other: str | None, inputs: Inputs, what: str, *, running: bool) -> Opened | Absent:
    """Reads a side, a report with the `running` sums of its layers or without.

    `other` is the other side: `git:REV` without a path means its file. Raises `UsageError` for a file that cannot be
    read and for a report that cannot be trusted.
    """
    keep_side(name, other, inputs, what)
    if is_revision(name):
        return _at_revision(name, other, inputs, running=running)
    if other is not None and is_revision(other) and _is_gone(name, other):
        return Absent(name)
    try:
        given = inputs.model(name, what, longer=is_report, longest=LONGEST_REPORT + 1)
    except FileError as error:
        raise UsageError(f"{error}{prefix_hint(name) or hint(name)}") from None
    return side_of(given, running=running)


def side_of(given: Given, *, commit: str = "", running: bool = False) -> Opened:
    """A side that was given. Raises `UsageError` for a report that cannot be trusted."""
    if given.format is not None or not is_report(given.data):
        return Opened(given, commit=commit)
    try:
        text = report_text(given.data)
        given.data = b""  # it may be as long as the text
        return Opened(given, read_report(text, running=running), commit)
    except ReportError as error:
        raise UsageError(f"`{shown(given.label)}` {error}") from None


def _at_revision(name: str, other: str | None, inputs: Inputs, *, running: bool) -> Opened | Absent:
    """A file at a revision, under the name that it had then; absent if only the other side has it."""
    same = None if other is None or is_revision(other) else other
    place = place_of(name, same)
    now = place_of(other, None) if other is not None and is_revision(other) else None
    given = place.given(inputs.format)
    if given is None and place.kind() != "tree":
        source = earlier(place, now)
        if source is not None:
            place, given = source, source.given(inputs.format)
        elif _has(other, now, name, place):
            return Absent(place.label, place.commit)
    if given is None:
        raise missing(place)
    return side_of(given, commit=place.commit, running=running)


def _has(other: str | None, now: Place | None, name: str, place: Place) -> bool:
    """Whether the other side has the file that a place lacks."""
    if now is not None:
        return now.top == place.top and now.kind() == "blob"
    return other is not None and os.path.isfile(other) and _is_state_of(name, other)


def _is_state_of(name: str, file: str) -> bool:
    """Whether a file at a revision is a state of this file of the working tree."""
    working = working_file(name, file)
    return working is not None and os.path.realpath(working) == os.path.realpath(file)


def _is_gone(file: str, revision: str) -> bool:
    """Whether a file does not exist any more that a revision has."""
    if file == "-" or "\0" in file or os.path.lexists(file) or not _is_state_of(revision, file):
        return False
    return place_of(revision, file).kind() == "blob"


def keep_side(name: str, other: str | None, inputs: Inputs, what: str) -> None:
    """Refuses to write to a side, and to the file that a revision is an earlier state of: nobody wants it replaced."""
    if not inputs.matter:
        return
    same = None if other is None or is_revision(other) else other
    file = working_file(name, same) if is_revision(name) else name
    if file is not None:
        inputs.keep(file, what)


def _check_settings(asked: Any, *reads: Opened) -> None:
    """Refuses settings if no side is a model that could have them."""
    option = "--set" if asked.set else "--input" if asked.input else None
    if option is not None and all(read.report is not None for read in reads):
        said = f"`{shown(reads[0].label)}` is a saved report" if len(reads) == 1 else "both sides are saved reports"
        raise UsageError(f"`{option}` sets something in a model, and {said}")


def _run(asked: Any, file: str, old: Opened, new: Opened) -> tuple[int, str]:
    """The batch and the number format of a comparison.

    Those of a saved report; otherwise those of the options, of `training` in the new model, of `training` in the old
    one, and of the configuration of the new one's `file`.
    """
    batch, dtype = asked.batch, asked.dtype
    for read in (old, new):
        if read.report is None:
            continue
        own = read.report["batch"], read.report["dtype"]
        if batch not in (None, own[0]) or dtype not in (None, own[1]):
            wanted = f"batch {batch or own[0]}, {dtype or own[1]}"
            raise UsageError(f"`{shown(read.label)}` is a report of batch {own[0]}, {own[1]}, not of {wanted}")
        batch, dtype = own
    usual = run_defaults(asked, file, {**old.training, **new.training})
    for name, given in (("batch", batch), ("dtype", dtype)):
        ours, theirs = new.training.get(name), old.training.get(name)
        if given is None and None not in (ours, theirs) and ours != theirs:
            note(
                asked,
                f"both sides are compared at {name} {ours}, the `training` of `{shown(new.label)}`; "
                f"`{shown(old.label)}` has {theirs}",
            )
    return batch or usual.get("batch", 1), dtype or usual.get("dtype", "float32")
