"""The sides of a comparison: a model file, stdin, a saved JSON report, or a file at a revision of git.

The content of a file decides which of these it is, not the ending of its name.
"""

from __future__ import annotations

from analyzer.cli.inputs import BASE, SIDE, Inputs
from analyzer.cli.main import UsageError
from analyzer.cli.models import hint, network_of
from analyzer.cli.options import run_defaults
from analyzer.cli.output import note
from analyzer.cli.revisions import is_revision, read_revision, working_file
from analyzer.contract.report import as_dict
from analyzer.contract.saved import LONGEST_REPORT, ReportError, is_report, read_report, report_text
from analyzer.diagnostics import Diagnostic, ModelError
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.engine.result import Analysis
from analyzer.loader.parse.description import Model
from analyzer.loader.text.files import FileError, decode
from analyzer.reporter.options import Failed
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from analyzer.difference import LabelledReport


class Side:
    """One side of a comparison.

    `label` is its name for people; `report` is its JSON report (schemas/report.schema.json) as plain data. `text`,
    `model` and `analysis` are None for a saved report.
    """

    def __init__(
        self,
        label: str,
        *,
        report: dict[str, Any] | None = None,
        text: str | None = None,
        model: Model | None = None,
        analysis: Analysis | None = None,
    ) -> None:
        self.label = label
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
            return LabelledReport(self.report, self.label, saved=True)
        return of_analysis(self.analysis, self.model, label=self.label)

    @property
    def run(self) -> tuple[int, str]:
        """The batch and the number format of its sizes in bytes."""
        if self.analysis is not None:
            return self.analysis.batch, self.analysis.dtype
        return self.report["batch"], self.report["dtype"]


class _Read:
    """A side before it is analysed: its bytes, or its report; of a model also the network, or its mistakes."""

    def __init__(self, label: str, data: bytes, report: dict[str, Any] | None = None) -> None:
        self.label = label
        self.data = data
        self.report = report
        self.loaded: tuple[Model, Network] | Failed | None = None

    def load(self, asked: Any, texts: dict[str, str]) -> None:
        """Reads the model, if this is one."""
        if self.report is not None:
            return
        try:
            text = decode(self.data, self.label)
        except ModelError as error:
            self.loaded = Failed(self.label, error.diagnostics)
            return
        self.loaded = network_of(text, self.label, asked, texts)

    @property
    def training(self) -> Mapping[str, Any]:
        """The settings of a run in the model."""
        return self.loaded[0].training if isinstance(self.loaded, tuple) else {}

    def side(self, batch: int, dtype: str) -> Side | Failed:
        """The side; a model is analysed with this batch and number format."""
        if self.loaded is None:
            return Side(self.label, report=self.report)
        if isinstance(self.loaded, Failed):
            return self.loaded
        model, network = self.loaded
        analysis = analyze_network(
            network, name=model.name, file=model.file, batch=batch, dtype=dtype, description=model.description
        )
        return Side(self.label, text=model.text, model=model, analysis=analysis)


def read_side(
    name: str, asked: Any, texts: dict[str, str], *, run: tuple[int, str] = (1, "float32"), same: str | None = None
) -> Side | Failed:
    """The side that `name` means, or the mistakes in its model. Its text goes to `texts` by its label.

    `asked` has the options `set` and `input`; a model is analysed in the `run`, a batch and a number format. `same` is
    the file that `git:REV` without a path means. Raises `UsageError` for a file that cannot be read and for a report
    that cannot be trusted, `SettingError` for a setting that the model does not have.
    """
    read = _read(name, same, asked.inputs, BASE, running=True)
    _check_settings(asked, read)
    read.load(asked, texts)
    return read.side(*run)


def read_sides(first: str, second: str, asked: Any, texts: dict[str, str]) -> tuple[Side | Failed, Side | Failed]:
    """Both sides of a comparison, in one run: that of a saved report, otherwise the one that `_run` chooses.

    `git:REV` without a path means the other side's file at that revision. Raises what `read_side` raises, and
    `UsageError` for two reports of different runs.
    """
    if first == second == "-":
        raise UsageError("stdin (`-`) can be read once")
    old = _read(first, None if is_revision(second) else second, asked.inputs, SIDE, running=False)
    if first == second:
        new = _Read(old.label, old.data, old.report)  # one file, read once
    else:
        new = _read(second, None if is_revision(first) else first, asked.inputs, SIDE, running=False)
    if old.label == new.label:
        new.label += " (again)"
    _check_settings(asked, old, new)
    for read in (old, new):
        read.load(asked, texts)
    run = _run(asked, second, old, new)
    return old.side(*run), new.side(*run)


def _read(name: str, same: str | None, inputs: Inputs, what: str, *, running: bool) -> _Read:
    """Reads a side, a report with the `running` sums of its layers or without.

    Raises `UsageError` for a file that cannot be read and for a report that cannot be trusted.
    """
    label, data = _bytes(name, same, inputs, what)
    if not is_report(data):
        return _Read(label, data)
    try:
        text = report_text(data)
        del data  # it may be as long as the text
        return _Read(label, b"", read_report(text, running=running))
    except ReportError as error:
        raise UsageError(f"`{shown(label)}` {error}") from None


def _bytes(name: str, same: str | None, inputs: Inputs, what: str) -> tuple[str, bytes]:
    """The name of a side for people, and its bytes."""
    keep_side(name, same, inputs, what)
    if is_revision(name):
        return read_revision(name, same)
    try:
        data = inputs.read(name, what, longer=is_report, longest=LONGEST_REPORT + 1)
        return "<stdin>" if name == "-" else name, data
    except FileError as error:
        raise UsageError(f"{error}{hint(name)}") from None


def keep_side(name: str, same: str | None, inputs: Inputs, what: str) -> None:
    """Refuses to write to a side, and to the file that a revision is an earlier state of: nobody wants it replaced."""
    if not inputs.matter:
        return
    file = working_file(name, same) if is_revision(name) else name
    if file is not None:
        inputs.keep(file, what)


def _check_settings(asked: Any, *reads: _Read) -> None:
    """Refuses settings if no side is a model that could have them."""
    option = "--set" if asked.set else "--input" if asked.input else None
    if option is not None and all(read.report is not None for read in reads):
        said = f"`{shown(reads[0].label)}` is a saved report" if len(reads) == 1 else "both sides are saved reports"
        raise UsageError(f"`{option}` sets something in a model, and {said}")


def _run(asked: Any, file: str, old: _Read, new: _Read) -> tuple[int, str]:
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
