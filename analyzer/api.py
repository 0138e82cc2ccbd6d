"""The public API: what `import analyzer` offers. It reads from every room but the command."""

# Longer than most modules: every public function has its whole documentation here, from which its page is made.

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from analyzer.diagnostics import Diagnostic, Findings, ModelError, in_order
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.engine.result import Analysis, Cost, Row, Sums
from analyzer.loader.expand.expansion import expand, settled
from analyzer.loader.parse.description import Model
from analyzer.loader.parse.file import parse, parse_read
from analyzer.loader.text.files import FileError, looks_foreign, read_bytes, read_text
from analyzer.record import ABOVE
from analyzer.settings import SettingError, one_of, truth, whole
from analyzer.source import DICT
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Executor
    from typing import Any

    from analyzer.contract.saved_rows import SavedReport, SavedRow
    from analyzer.difference import Difference
    from analyzer.engine.explained.result import Explanation
    from analyzer.engine.memory.analysis import MemoryAnalysis
    from analyzer.engine.sizing.result import Accepted, Reached, Sizes
    from analyzer.sweeping.front import pareto_front
    from analyzer.sweeping.result import Variant

__all__ = [
    "Accepted", "Analysis", "Cost", "Diagnostic", "Difference", "Explanation", "FileError", "Findings",
    "MemoryAnalysis", "Model", "ModelError", "Reached", "Row", "SavedReport", "SavedRow", "SettingError", "Sizes", "Sums",
    "Variant", "Volume", "analyze", "check", "convert", "diff", "explain", "load", "memory", "pareto_front", "read_report",
    "sizes", "sweep",
]  # fmt: skip

#: Public names that are imported when they are first used, with their modules: the memory model takes long.
_LATER = {
    "Accepted": "analyzer.engine.sizing.result",
    "Difference": "analyzer.difference",
    "Explanation": "analyzer.engine.explained.result",
    "MemoryAnalysis": "analyzer.engine.memory.analysis",
    "Reached": "analyzer.engine.sizing.result",
    "SavedReport": "analyzer.contract.saved_rows",
    "SavedRow": "analyzer.contract.saved_rows",
    "Sizes": "analyzer.engine.sizing.result",
    "Variant": "analyzer.sweeping.result",
    "pareto_front": "analyzer.sweeping.front",
}


class _Usual:
    """The default of an argument that a file may give. It is not None, which is refused as any other wrong value is."""

    def __init__(self, said: str) -> None:
        self.said = said

    def __repr__(self) -> str:
        return self.said


_BATCH: Any = _Usual("training.batch or 1")
_DTYPE: Any = _Usual("training.dtype or float32")


def load(
    source: Mapping[str, object] | str | os.PathLike[str],
    *,
    format: str | None = None,
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
) -> Model:
    """Reads a model from a file, from a text, or from a dict as YAML would load it.

    A string with a line break in it is the text itself, any other string the name of a file. A dict may have tuples for
    lists, numpy's numbers, and a `Volume`; its messages say where by the way to the value: `layers[2].conv.filters`.

    A file may also be a PyTorch (.pt2), ONNX, Keras, Darknet or Caffe file. Its content says which, or `format`:
    `onnx`, `keras`, `h5`, `pt2`, `darknet`, `caffe`, `yaml`. Such a file is read for one input volume, so `input` and
    `set`, which are those of `analyze`, are for a file that leaves a size open. For any other source they are refused
    here.

    Raises `ModelError` with every mistake in the model's structure, `FileError` for a file that cannot be read, and
    `TypeError` for something else.

    >>> import analyzer
    >>> analyzer.load({"input": "32x32x3", "layers": [{"conv": {"filters": 20, "kernel": 8}}]})
    Model('model' from <dict>)
    """
    if isinstance(source, (str, os.PathLike)):
        chosen = _format(source, format)
        if chosen is not None:
            return _foreign(os.fspath(source), chosen, set, input)
    if set is not None or input is not None:
        raise SettingError(
            "`{set}` and `{input}` change a model when it is analyzed; give them to `analyze`", "set", "input"
        )
    text = ""
    if isinstance(source, Mapping):
        from analyzer.loader.text.data import read_data

        read = parse_read(read_data(source, DICT), DICT)
    elif isinstance(source, str) and "\n" in source:
        text = source
        read = parse(text, "<text>")
    elif isinstance(source, (str, os.PathLike)):
        file = os.fspath(source)
        text = read_text(file)
        read = parse(text, file)
    else:
        raise TypeError(f"a model is a file, a text or a dict, not a value of the type `{type(source).__name__}`")
    model, problems = read.model, read.problems
    if problems or model is None:
        if model is not None:
            problems = in_order([*problems, *expand(model)[1]])
        raise ModelError(problems, text)
    return model


def analyze(
    model: Model | Mapping[str, object] | str | os.PathLike[str],
    *,
    batch: int = _BATCH,
    dtype: str = _DTYPE,
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
    format: str | None = None,
    fuse: bool = False,
) -> Analysis:
    """Calculates the output volume and the costs of every layer.

    `model` is a model that `load` returned, or what `load` takes, with its `format`. `set` overrides variables of the
    model, `input` its input volume (`"64x64x3"`, or several by name). Sizes in bytes are for `batch` samples in the
    number format
    `dtype`: by default those of the file's `training`, otherwise 1 and float32. Counts and MACs are for one sample.
    Beside `set` or `input` an `expect` that fails is no mistake: one note (EXPECT202) counts them and names the first.
    With `fuse`, norms and activations are part of the layer before, as a runtime for microcontrollers has them.
    `diagnostics` of the result are that note and doubts about the whole, such as an input with its depth first: every
    layer fits, but the numbers are those of another network.

    Raises `ModelError` with every mistake, and `SettingError` (a `ValueError`) for a variable or an input that the file
    does not have, and for a wrong batch or dtype.

    >>> import analyzer
    >>> model = {"input": "32x32x3", "layers": [{"conv": {"filters": 20, "kernel": 8, "stride": 2, "padding": 1}}]}
    >>> (row,) = analyzer.analyze(model).rows
    >>> str(row.output), row.shared.parameters, row.local.parameters, row.macs
    ('14x14x20', 3860, 756560, 752640)
    """
    model, network = _network(model, format, set, input)
    if dtype is not _DTYPE:
        network.store(None)
    diagnostics = _doubts(model, network)
    if truth("fuse", fuse):
        from analyzer.engine.fused import fuse as fused  # few reports are of a fused network

        network = fused(network)
    return analyze_network(
        network,
        name=model.name,
        file=model.file,
        batch=model.training.get("batch", 1) if batch is _BATCH else batch,
        dtype=model.training.get("dtype", "float32") if dtype is _DTYPE else dtype,
        description=model.description,
        diagnostics=diagnostics,
        training=model.training,
    )


def check(
    model: Model | Analysis | Mapping[str, object] | str | os.PathLike[str],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
    format: str | None = None,
) -> Findings:
    """What is wrong or wasteful with a model that loads, budgets included, in the order of the file; notes come last.

    `model` is what `analyze` takes, or the analysis of a network that was built without a file. `select` (none: all)
    and `ignore` name checks by code, the beginning of a code, or name. The result is a list, which has `errors`,
    `warnings` and `notes` apart; `print` shows what `analyzer check` prints.

    Raises what `analyze` raises, and `SettingError` for a check that does not exist, and for `set` or `input` beside an
    analysis.

    >>> import analyzer
    >>> conv = {"filters": 64, "kernel": 3, "norm": "batch_norm"}
    >>> found = analyzer.check({"input": "32x32x3", "layers": [{"conv": conv}], "budget": {"params": "1K"}})
    >>> found, [finding.message for finding in found.errors]
    (Findings(1 error, 1 warning), ['`params` is 1.92K, 0.92K (92.0 %) over its budget of 1K'])
    """
    from analyzer.checks.run import chosen, run
    from analyzer.checks.subject import Subject

    asked = chosen(select, ignore)
    if isinstance(model, Analysis):
        if set is not None or input is not None:
            raise SettingError(
                "`{set}` and `{input}` change a model; an analysis is of a network as it is", "set", "input"
            )
        return Findings(run(Subject(model), asked), file=model.file or model.name)
    model, set, input = loaded(model, format, set, input)
    analysis = analyze(model, set=set, input=input)
    found = [*run(Subject(analysis, settled(model, set)[0]), asked), *analysis.network.notes]
    return Findings(in_order(found), file=model.file, text=model.text)


def convert(
    model: Model | Mapping[str, object] | str | os.PathLike[str],
    to: str = "yaml",
    flat: bool = False,
    *,
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
    format: str | None = None,
) -> str:
    """Writes a network as a text: a model in YAML (`to="yaml"`), or a file of code for `torch` or `keras`.

    `model`, `set`, `input` and `format` are those of `analyze`. YAML has the numbers of the network, its outputs,
    `note`, `expect`, `budget` and `training`, but not the comments of a YAML file; `flat` YAML has one item for each
    layer. Code checks its own numbers when it is run.

    Raises what `analyze` raises, `SettingError` for a form that does not exist, and `ModelError` with every layer that
    the code has no counterpart for.

    >>> import analyzer
    >>> print(analyzer.convert({"input": "8x8x3", "layers": [{"conv": {"filters": 4, "kernel": 3}}]}, flat=True))
    # Written by `analyzer convert` from <dict>.
    name: model
    input: 8x8x3
    layers:
      - conv: {filters: 4, kernel: 3}
        name: conv1
    <BLANKLINE>
    """
    import gc

    from analyzer.loader.writing import FORMS, write

    form = one_of("to", to, FORMS)
    if flat and form != "yaml":
        raise SettingError(f"`{{flat}}` is about YAML; it does not apply to `{form}`", "flat")
    collects = gc.isenabled()
    gc.disable()  # it would visit all layers again for every few that are made, as the command does not let it either
    try:
        found, network = _network(model, format, set, input)
        return write(found, network, form, flat=flat)
    finally:
        if collects:
            gc.enable()


def diff(
    old: Analysis | SavedReport | Model | Mapping[str, object] | str | os.PathLike[str],
    new: Analysis | SavedReport | Model | Mapping[str, object] | str | os.PathLike[str],
) -> Difference:
    """Compares two networks: which layer of one corresponds to which layer of the other, and what changed.

    Each side is an analysis, a saved report or its file, or what `analyze` takes. A model is analysed in the run of the
    other side, if that is an analysis or a saved report, otherwise in that of `training` in the new model, or else in
    the old one, so that sizes in bytes compare.

    `equal` of the result is true if nothing changed; `layers` has the layers that changed, `renames` the names,
    `changed_totals()` the names of the totals. `print` shows what `analyzer diff` prints.

    Raises what `analyze` and `read_report` raise.

    >>> import analyzer
    >>> model = {"input": "8x8x3", "layers": [{"conv": {"filters": 4, "kernel": 3}}]}
    >>> found = analyzer.diff(model, {**model, "input": "9x9x3"})
    >>> found.equal, found.layers, found.changed_totals()[:1]
    (False, [LayerChange(changed 'conv1': output, macs, ...)], ['local.weights'])
    """
    from analyzer.contract.saved_rows import SavedReport
    from analyzer.difference import LabelledReport, compare, of_analysis

    run: dict[str, Any] = {}
    sides = [_side(side) for side in (old, new)]
    for side in sides:
        given = settled(side)[0].training if isinstance(side, Model) else {}
        run |= {name: given[name] for name in ("batch", "dtype") if name in given}
    other: Analysis | SavedReport | None = None
    for side in sides:
        if not isinstance(side, Model):
            other, run = side, {"batch": side.batch, "dtype": side.dtype}
    labelled = []
    for side in sides:
        if isinstance(side, SavedReport):
            labelled.append(LabelledReport(side.report, side.file or side.name, saved=True))
        elif isinstance(side, Analysis):
            labelled.append(of_analysis(side))
        else:
            labelled.append(of_analysis(_in_run(side, run, other), settled(side)[0]))
    return compare(*labelled)


def _in_run(model: Model, run: Mapping[str, Any], other: Analysis | SavedReport | None) -> Analysis:
    """A model analysed in a run: that of the other side, or without one that of the models."""
    found, network = _network(model, None, None, None)
    if other is not None:
        network.store(other.weights_dtype)
    return analyze_network(
        network,
        name=found.name,
        file=found.file,
        batch=run.get("batch", 1),
        dtype=run.get("dtype", "float32"),
        description=found.description,
        diagnostics=_doubts(found, network),
        training=found.training,
    )


def _side(
    source: Analysis | SavedReport | Model | Mapping[str, object] | str | os.PathLike[str],
) -> Analysis | SavedReport | Model:
    """A side of a comparison, read if it is not yet."""
    from analyzer.contract.saved_file import is_saved, read_saved
    from analyzer.contract.saved_rows import SavedReport

    if isinstance(source, (Analysis, SavedReport, Model)):
        return source
    return read_saved(source) if isinstance(source, (str, os.PathLike)) and is_saved(source) else load(source)


def read_report(source: str | os.PathLike[str]) -> SavedReport:
    """Reads a JSON report that `analyzer model.yaml -o report.json` or `json.dump(analysis.to_dict(), file)` saved.

    A string with a line break in it is the text itself, any other string the name of a file. The report must fit its
    schema, and its sums are added up again, so that no report that was changed by hand is taken for a true one.

    Raises `FileError`, with one line, for a file that cannot be read or is no such report.

    >>> import analyzer, json
    >>> analysis = analyzer.analyze({"input": "32x32x3", "layers": [{"conv": {"filters": 20, "kernel": 8}}]})
    >>> saved = analyzer.read_report(json.dumps(analysis.to_dict(), indent=1))
    >>> saved.rows[0].name, saved.totals.macs, analyzer.diff(saved, analysis).equal
    ('conv1', 2400000, True)
    """
    from analyzer.contract.saved_file import read_saved

    return read_saved(source)


def sweep(
    model: Model | Mapping[str, object] | str | os.PathLike[str],
    axes: Mapping[str, object] | None = None,
    *,
    amounts: Sequence[str] = (),
    budget: Mapping[str, object] | None = None,
    file_budget: bool = True,
    random: int | None = None,
    seed: int = 0,
    format: str | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    **training: object,
) -> Iterator[Variant]:
    """Calculates every combination of values of variables and input volumes, one variant after the other.

    `axes` has the values of each variable by its name: a list, a `range`, a number, a word, or a text as the command
    takes it (`"16:128:16"`, `"16:256:*2"`, `"18,50,101"`); `input` has volumes (`["128x128x3", "224x224x3"]`),
    `input.NAME` those of one of several inputs. They replace axes of `sweep` in the file. With `random` that many
    variants are drawn, with `seed`; a range such as `"0.5:2.0"` is then continuous.

    `amounts` are the keys of a budget that are calculated (default: `params`, `macs`, and what is limited). `budget`
    has limits in place of the file's, as a file writes them (`file_budget=False`: without those of the file); each
    variant says whether it `fits`, and what it `breaks`.
    `training` are settings of a run, as `memory` takes them.

    Variants come in the order of their numbers, the last axis the fastest, as soon as they are calculated. `workers`
    is the number of processes; an `executor` of `concurrent.futures`, or of a cluster, may calculate instead. A variant
    that is no network has an `error`. `pareto_front` picks the front.

    Raises `ModelError` for a model that is wrong in itself, `SettingError` for axes and settings that do not suit it,
    both before the first variant, and `ExecutorError` (a `RuntimeError`) where workers cannot calculate.

    >>> import analyzer
    >>> conv = {"filters": "$width", "kernel": 8, "stride": 2, "padding": 1}
    >>> model = {"input": "32x32x3", "vars": {"width": 20}, "layers": [{"conv": conv}]}
    >>> found = analyzer.sweep(model, {"width": "10:30:10"}, budget={"params": "4K"})
    >>> [(variant.set["width"], variant.amounts["params"], variant.fits) for variant in found]  # 193 for each filter
    [(10, 1930, True), (20, 3860, True), (30, 5790, False)]
    """
    from analyzer.checks.budget.given import given_limits
    from analyzer.sweeping.asked import job_of
    from analyzer.sweeping.axes import axes_of
    from analyzer.sweeping.run import run

    given = {} if axes is None else _named("axes", axes)
    if not (executor is None or hasattr(executor, "submit")):
        raise SettingError("`{executor}` must be an executor of `concurrent.futures`, or one like it", "executor")
    description = _to_sweep(model, format, given)
    job = job_of(
        description,
        axes_of(description, given.items(), setting="axes"),
        amounts=[amounts] if isinstance(amounts, str) else amounts,
        limits={} if budget is None else given_limits(_named("budget", budget)),
        budgeted=truth("file_budget", file_budget),
        defaults={},
        settings={name: value for name, value in training.items() if value is not None},
        label=description.file,
        path=description.file if description.format is not None else "",
        format=description.format,
        random=random,
        seed=seed,
    )
    return chain.from_iterable(run(job, job.order().ids, workers=whole("workers", workers), executor=executor))


def _to_sweep(
    model: Model | Mapping[str, object] | str | os.PathLike[str], format: str | None, axes: Mapping[str, Any]
) -> Model:
    """The description that is swept. A file in another format is read with values of `axes`, to refuse wrong names."""
    file, chosen = "", None
    if isinstance(model, Model):
        file, chosen = model.file, model.format
    elif isinstance(model, (str, os.PathLike)):
        file, chosen = os.fspath(model), _format(model, format)
    if chosen is None:
        return loaded(model, "yaml", None, None)[0]
    from analyzer.sweeping.asked import read_foreign
    from analyzer.sweeping.axes import axes_of

    description, problems = read_foreign(file, chosen, file, axes_of(None, axes.items(), setting="axes"))
    if description is None:
        raise ModelError(problems)
    return description


def _named(setting: str, value: object) -> Mapping[str, Any]:
    """A setting that is a mapping from names; raises `SettingError` for anything else."""
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return value
    raise SettingError(f"`{{{setting}}}` must be a mapping from names to values", setting)


def explain(
    model: Model | Mapping[str, object] | str | os.PathLike[str],
    *names: str,
    mode: str = "both",
    batch: int = _BATCH,
    dtype: str = _DTYPE,
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
    format: str | None = None,
) -> Explanation:
    """The arithmetic of layers, in the textbook's form with their numbers put in.

    `names` are those of layers, blocks (`"stage1"`, `"stage1.2"`) or inputs; without names all layers are explained,
    equal neighbours once. `mode` is the mode of sharing that is shown: `both`, `shared`, `local` or `declared`. The
    others are those of `analyze`.

    `print` shows the text of `analyzer explain`, a notebook the equations. The formulas are data: each of the `layers`
    has `steps`, each with its `formula`, an expression that can be evaluated, and its `value`.

    Raises what `analyze` raises, and `SettingError` for a name or a mode that does not exist.

    >>> conv1 = explain("example_models/textbook.yaml", "conv1").layers[0]
    >>> [(step.name, step.value) for step in conv1.steps if step.topic == "output"]
    [('H_out', 14), ('W_out', 14), ('D_out', 20)]
    """
    from analyzer.engine.explained.chosen import UnknownLayer
    from analyzer.engine.explained.explain import explain_network

    try:
        return explain_network(
            analyze(model, batch=batch, dtype=dtype, set=set, input=input, format=format), names, mode=mode
        )
    except UnknownLayer as error:
        raise SettingError(str(error)) from None


def memory(
    model: Model | Mapping[str, object] | str | os.PathLike[str],
    *,
    mode: str = "both",
    device: str | None = None,
    context: str | None = None,
    strategy: str | None = None,
    ranks: int | None = None,
    arena: bool = False,
    ram: str | None = None,
    flash: str | None = None,
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
    format: str | None = None,
    **settings: object,
) -> MemoryAnalysis:
    """Calculates the memory of inference and training in each mode of sharing, and whether it fits on a device.

    `mode` is the mode that the verdict is about; `both` means the weights as the file declares them. `device` is what
    the run should fit on: an amount of memory (`"24GiB"`) or a card (`"RTX 4090"`); `context` is the amount that the
    process takes there beside its tensors. `ranks` devices train together by `strategy`; the batch is that of all of
    them. `settings` are those of `analyzer.engine.memory.settings.Run` (`batch`, `dtype`, `optimizer`, `checkpoint`,
    …); the file's `training` gives the others. `arena` asks for RAM and flash of a microcontroller instead, where
    nothing is trained; `ram` and `flash` are the amounts that it has (`"256KiB"`).

    `held().peak.bytes` is the peak of training, `held().inference.peak.bytes` that of inference; `verdict()`,
    `largest` and `changes` are what the command prints, in bytes and samples; `microcontroller` has the plan of an
    arena, its peak and the numbers in flash. `print` shows what `analyzer memory`
    prints.

    Raises `ModelError` with every mistake, and `SettingError` for a wrong setting.

    >>> import analyzer
    >>> model = {"input": "32x32x3", "layers": [{"conv": {"filters": 20, "kernel": 8}}, "flatten", {"dense": 10}]}
    >>> found = analyzer.memory(model, batch=64, optimizer="adam", device="24GiB")
    >>> found.held().training.parameters, found.verdict().word  # 4 bytes for each of 3,860 and 125,010 parameters
    (515480, 'fits')
    """
    from analyzer.engine.memory.analysis import MemoryAnalysis

    model, network = _network(model, format, set, input)
    if settings.get("dtype") is not None:
        network.store(None)
    found = MemoryAnalysis.of(
        network,
        model.training,
        mode=mode,
        device=device,
        context=context,
        strategy=strategy,
        ranks=ranks,
        arena=arena,
        ram=ram,
        flash=flash,
        **settings,
    )
    found.name, found.file, found.diagnostics = model.name, model.file, tuple(_doubts(model, network))
    return found


def sizes(
    model: Model | Mapping[str, object] | str | os.PathLike[str],
    *,
    of: str | None = None,
    near: str | int | Sequence[int] | None = None,
    range: str | Sequence[int] | None = None,
    output: str | int | Sequence[int] | None = None,
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
    format: str | None = None,
) -> Sizes:
    """Finds out which sizes of an input a network accepts, by placing the network with each of them.

    `model` is what `analyze` takes; its own size need not fit, and no `expect` is compared. `of` is the name of the
    input (default: the first). `near` is the size that the nearest accepted ones are about (`"358x358"`, `358`;
    default: that of the file), `range` the smallest and the largest size to try (`"1:512"`, `(1, 512)`; default: 1 to
    256, and 64 on each side of the file's size and of `near`), `output` an output to reach (`"64x64"`, or
    `"name=64x64"` for one of several).

    `axes["height"].accepted` of the result are the accepted sizes, `.exact` those at which no pixel is unread and
    nothing is cropped, `.nearest` those around `near`; `.tried` are all that were tried, and nothing is known of
    others. `together` is about axes that change together, `reached.volumes` are the inputs for `output`. Where no size
    is accepted, `diagnostics` say why the largest is not. `to_dict()` gives the JSON report.

    Raises `ModelError` for mistakes in the file's structure, and `SettingError` for a wrong setting.

    >>> import analyzer
    >>> found = analyzer.sizes("input: 8x8x1\\nlayers: [max_pool: 4, upsample: 4, concat: [prev, input]]")
    >>> found.axes["height"].nearest, found.axes["height"].accepted[:3]
    ([4, 8, 12], [4, 8, 12])
    """
    from analyzer.loader.expand.sizes import sizes_of

    model, set, input = loaded(model, format, set, input)
    return sizes_of(model, of=of, near=near, range=range, output=output, set=set, input=input)


def _doubts(model: Model, network: Network) -> Sequence[Diagnostic]:
    """The notes about a network, and what makes all of its numbers those of another one, though every layer fits."""
    if not network.doubtful:
        return tuple(network.notes)
    from analyzer.checks.doubts import doubts

    return *doubts(network, model), *network.notes


def _format(source: str | os.PathLike[str], format: str | None) -> str | None:
    """The format of a file that `loader.formats` reads; None for a text, which is YAML."""
    if format is not None:
        from analyzer.loader.formats import FORMATS

        return None if one_of("format", format, FORMATS) == "yaml" else format
    file = os.fspath(source)
    if "\n" in file or not os.path.isfile(file) or not looks_foreign(read_bytes(file, 4096), file):
        return None
    from analyzer.loader.formats import HEAD, sniff

    return sniff(read_bytes(file, HEAD), file)


def _foreign(file: str, format: str, set: Mapping[str, object] | None, input: str | Mapping[str, str] | None) -> Model:
    """The model in a file of another format; raises what `analyze` raises for a wrong one."""
    from analyzer.loader.formats import read, texts_of

    model, problems = read(file, input, set, format=format)
    if model is None:
        raise ModelError(problems, texts_of(file, file, problems).get(file, ""))
    return model


def loaded(
    model: Model | Mapping[str, object] | str | os.PathLike[str],
    format: str | None,
    set: Mapping[str, object] | None,
    input: str | Mapping[str, str] | None,
) -> tuple[Model, Mapping[str, object] | None, str | Mapping[str, str] | None]:
    """A model, and what of the settings its expansion gets: a file in another format is read again with its own."""
    if isinstance(model, Model):
        if model.format is None or not (set or input):
            return model, set, input
        return _foreign(model.file, model.format, set, input), None, None
    if isinstance(model, (str, os.PathLike)):
        chosen = _format(model, format)
        if chosen is not None:
            return _foreign(os.fspath(model), chosen, set, input), None, None
    return load(model, format="yaml" if isinstance(model, (str, os.PathLike)) else None), set, input


def _network(
    model: Model | Mapping[str, object] | str | os.PathLike[str],
    format: str | None,
    set: Mapping[str, object] | None,
    input: str | Mapping[str, str] | None,
) -> tuple[Model, Network]:
    """A model and its network; raises what `analyze` raises for a wrong one."""
    model, set, input = loaded(model, format, set, input)
    network, problems = expand(model, set=set, input=input)
    model, unsettled = settled(model, set, None if problems else network)
    problems += unsettled
    if problems:
        raise ModelError(problems, model.text)
    return model, network


def _to_dict(thing: object) -> dict[str, Any]:
    from analyzer.engine.sizing.result import Sizes

    if isinstance(thing, Sizes):
        from analyzer.contract import sizes

        return sizes.as_dict(thing)
    from analyzer.engine.explained.result import Explanation

    if isinstance(thing, Explanation):
        from analyzer.contract import explanation

        return explanation.as_dict(thing)
    from analyzer.contract import report

    return report.as_dict(thing)


def _amounts(analysis: Analysis, settings: Mapping[str, Any]) -> dict[str, int]:
    from analyzer.engine.amounts import amounts_of

    return amounts_of(analysis, settings)


def _memory_to_dict(found: MemoryAnalysis) -> dict[str, Any]:
    from analyzer.contract.memory import as_dict

    return as_dict(found)


def _diff_to_dict(found: Difference) -> dict[str, Any]:
    from analyzer.difference.schema import as_dict

    return as_dict(found)


def _text(thing: object) -> str:
    from analyzer.reporter.printed import text_of

    return text_of(thing)


def _dataframe(analysis: Analysis | SavedReport, mode: str) -> Any:
    from analyzer.reporter.analysis.dataframe import dataframe

    return dataframe(analysis, mode)


def _equations(explanation: Explanation) -> str:
    from analyzer.reporter.explanation.latex import notebook

    return notebook(explanation)


def _notebook(analysis: Analysis) -> str:
    from analyzer.reporter.page.notebook import notebook

    return notebook(analysis)


# These functions need rooms that are above the classes whose methods they are.
ABOVE.update(
    to_dict=_to_dict,
    amounts=_amounts,
    memory_to_dict=_memory_to_dict,
    diff_to_dict=_diff_to_dict,
    text=_text,
    dataframe=_dataframe,
    equations=_equations,
)
Analysis.notebook = _notebook

if not TYPE_CHECKING:  # with `__getattr__`, a type checker would accept every misspelled name

    def __getattr__(name: str) -> object:
        """Imports a public class that is not imported yet."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
        return value
