"""The public API: what `import analyzer` offers. It reads from every room but the command."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from analyzer.diagnostics import Diagnostic, ModelError, in_order
from analyzer.dtypes import BITS
from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import MODES, Analysis, Cost, Row, Sums
from analyzer.loader.expand.entry import SettingError
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse.description import Model
from analyzer.loader.parse.file import parse
from analyzer.loader.parse.grammar import TRAINING_KEYS
from analyzer.loader.text.files import FileError, read_text
from analyzer.record import Reported
from analyzer.volume import Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.difference import Difference
    from analyzer.engine.memory.analysis import MemoryAnalysis

__all__ = [
    "Analysis", "Cost", "Diagnostic", "FileError", "Model", "ModelError", "Row", "SettingError", "Sums", "Volume",
    "analyze", "check", "diff", "load", "memory",
]  # fmt: skip


def load(source: str | os.PathLike[str]) -> Model:
    """The model of a file, or of a text: a string with a line break in it is the text itself.

    Raises `ModelError` with every structural mistake, `FileError` where the file cannot be read.
    """
    if isinstance(source, str) and "\n" in source:
        text, file = source, "<text>"
    else:
        file = os.fspath(source)
        text = read_text(file)
    read = parse(text, file)
    model, problems = read.model, read.problems
    if problems or model is None:
        if model is not None:
            problems = in_order([*problems, *expand(model)[1]])
        raise ModelError(problems, text)
    return model


def analyze(
    model: Model | str | os.PathLike[str],
    *,
    batch: int = 1,
    dtype: str = "float32",
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
) -> Analysis:
    """What every layer of a model puts out and costs.

    `model` is what `load` returns, or what it takes. `set` overrides variables of the file, `input` its input volume
    (`"64x64x3"`, or several by name). Bytes are of `batch` samples of `dtype`; counts and MACs are of one sample.

    Raises `ModelError` with every mistake, `SettingError` for a variable or input that the file lacks, `ValueError`
    for a batch below 1 or an unknown dtype.
    """
    if batch < 1:
        raise ValueError(f"batch must be at least 1, not {batch}")
    if dtype not in BITS:
        raise ValueError(f"dtype must be one of {', '.join(BITS)}, not {dtype}")
    if not isinstance(model, Model):
        model = load(model)
    network, problems = expand(model, set=set, input=input)
    if problems:
        raise ModelError(problems, model.text)
    return analyze_network(
        network, name=model.name, file=model.file, batch=batch, dtype=dtype, description=model.description
    )


def check(
    model: Model | str | os.PathLike[str],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
) -> list[Diagnostic]:
    """What is wrong or wasteful with a model that loads, budgets included, in the order of the file.

    `select` (none: all) and `ignore` name checks by code, the beginning of a code, or name.

    Raises what `analyze` raises, and `ValueError` for a check that there is not.
    """
    from analyzer.checks.run import UnknownCheck, chosen, run
    from analyzer.checks.subject import Subject

    if not isinstance(model, Model):
        model = load(model)
    try:
        asked = chosen(select, ignore)
    except UnknownCheck as error:
        raise ValueError(str(error)) from None
    return run(Subject(model, analyze(model, set=set, input=input)), asked)


def diff(old: Analysis | str | os.PathLike[str], new: Analysis | str | os.PathLike[str]) -> Difference:
    """What a network has become: which layer of the one is which of the other, and what that changed.

    Each side is an analysis, or what `analyze` takes. `Difference.equal` says whether nothing changed.
    """
    from analyzer.difference import compare

    before, after = (side if isinstance(side, Analysis) else analyze(side) for side in (old, new))
    return compare(before.to_dict(), after.to_dict(), labels=(before.file or before.name, after.file or after.name))


def memory(
    model: Model | str | os.PathLike[str],
    *,
    mode: str = "declared",
    device: str | None = None,
    context: str | None = None,
    strategy: str | None = None,
    ranks: int = 1,
    set: Mapping[str, object] | None = None,
    input: str | Mapping[str, str] | None = None,
    **settings: object,
) -> MemoryAnalysis:
    """What inference and training of a model take in memory, in each mode of sharing, and whether they fit on a device.

    `mode` is the mode that the verdict is about. `device` is what the run should fit on: an amount of memory
    (`"24GiB"`) or a card (`"RTX 4090"`); `context` is the amount that the process takes there beside its tensors.
    `ranks` devices train together by `strategy`; the batch is that of all of them. `settings` are those of
    `analyzer.engine.memory.settings.Run` (`batch`, `dtype`, `optimizer`, `checkpoint`, …); the file's `training`
    gives the others.

    `held().peak.bytes` is the peak of training, `held().inference.peak.bytes` that of inference; `verdict()`, `largest`
    and `changes` are what the command prints, in bytes and samples.

    Raises what `analyze` raises, and `ValueError` for a setting that does not exist or a wrong value of one.
    """
    from analyzer.engine.memory.analysis import MemoryAnalysis
    from analyzer.engine.memory.devices import read_context, read_device
    from analyzer.engine.memory.optimizers import OPTIMIZERS, STEPS
    from analyzer.engine.memory.settings import Run
    from analyzer.engine.memory.verdict import CONTEXT

    if not isinstance(model, Model):
        model = load(model)
    unknown = [name for name in settings if name not in Run.__slots__]
    if unknown:
        raise ValueError(f"no setting is called {unknown[0]}; they are {', '.join(Run.__slots__)}")
    card = None if device is None else read_device(device)
    run = Run.of({"batch": ranks, **model.training}, **settings, device=None if card is None else card.name)
    for name, value, known in (
        ("dtype", run.dtype, tuple(BITS)),
        ("optimizer", run.optimizer, tuple(OPTIMIZERS)),
        ("step", run.step, STEPS),
        ("loss", run.loss, TRAINING_KEYS["loss"] or ()),
        ("mode", mode, MODES),
    ):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, not {value}")
    if run.batch < 1:
        raise ValueError(f"batch must be at least 1, not {run.batch}")
    network, problems = expand(model, set=set, input=input)
    if problems:
        raise ModelError(problems, model.text)
    return MemoryAnalysis(
        network,
        run,
        mode=mode,
        device=card,
        context=CONTEXT if context is None else read_context(context),
        strategy=strategy,
        ranks=ranks,
        name=model.name,
        file=model.file,
    )


def _to_dict(thing: Reported) -> dict[str, Any]:
    from analyzer.contract.report import as_dict

    return as_dict(thing)


def _notebook(analysis: Analysis) -> str:
    from analyzer.reporter.analysis.html import fragment

    return "".join(fragment(analysis))


# These need rooms above the one where their class is.
Reported.to_dict = _to_dict
Analysis.notebook = _notebook
