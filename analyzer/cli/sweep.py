"""`analyzer sweep FILE`: what every variant of a network costs, which fit, the largest that fits, and the front."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from analyzer.cli.budget_options import add_limits
from analyzer.cli.inputs import Inputs
from analyzer.cli.kept import STORES
from analyzer.cli.main import FAULT, FINE, WRONG, UsageError
from analyzer.cli.models import check_files
from analyzer.cli.options import add_format, add_model, add_options, parsed
from analyzer.cli.output import complain, format_of, heard, kept_as_it_is, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.cli.run_options import add_run_options, spelled_out
from analyzer.cli.sweep_plan import Plan, plan
from analyzer.cli.sweep_run import calculated, read_back
from analyzer.cli.values import at_least, names
from analyzer.diagnostics import FILE_CODES, ModelError
from analyzer.reporter.format import Format
from analyzer.reporter.options import Failed
from analyzer.reporter.sweep import FORMATS
from analyzer.reporter.sweep.words import choice, miss
from analyzer.settings import SettingError
from analyzer.source import shown
from analyzer.sweeping.find import nearest_miss
from analyzer.sweeping.store import is_store
from analyzer.units import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.diagnostics import Diagnostic
    from analyzer.sweeping.result import Swept

_EPILOG = """\
An axis is a list (18,50,101), a range with both ends in it (16:128:16, without a step 1:8), a geometric range
(16:256:*2), or one value, which fixes a variable. `sweep` in the file gives axes that --set replaces one by one.
`-o runs.sqlite` keeps every variant there: the same command goes on where it stopped, and
`analyzer sweep runs.sqlite` reads it.

exit codes: 0 a variant fits; 1 none does, or the model is wrong; 2 the command line or a file is at fault."""

#: The options that a store answers as well as a model does.
_OF_STORE = (
    "files", "format", "output", "store", "minimize", "maximize", "amounts", "color", "width", "quiet", "no_config",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Sweeps the model that `arguments` name, or reads a store; returns the exit code."""
    asked = parsed(parser(), list(spelled_out(arguments)))
    check_files(asked.files)
    if len(asked.files) > 1:
        axis = next((shown(one) for one in asked.files if "=" in one), None)
        help = f"; did you mean `--set {axis}`?" if axis else ""
        raise UsageError(f"`analyzer sweep` takes one model, not {len(asked.files)}{help}")
    (file,) = asked.files
    reads_back = is_store(file)
    if reads_back:
        _check_store(asked, file)
    elif asked.store is not None:
        Inputs(asked.store).keep(file)
    format = format_of(asked, FORMATS, sources=asked.files)
    texts: dict[str, str] = {}
    if reads_back:
        with read_back(asked, file) as swept:
            return _report(asked, swept, format, texts, None)
    planned = plan(asked, texts)
    if isinstance(planned, Failed):
        return _failed(asked, planned, format, texts)
    complain((), (), texts, doubts=heard(asked, planned.doubts), color=asked.color)
    with calculated(asked, planned) as swept:
        return _report(asked, swept, format, texts, planned)


def parser() -> argparse.ArgumentParser:
    """The options of `analyzer sweep`."""
    found = options_parser(
        "analyzer sweep",
        "Calculates every variant of a network: what each costs, which fit, the largest that fits, and the front.",
        usage="analyzer sweep [options] FILE\n       analyzer sweep [options] STORE",
        epilog=_EPILOG,
    )
    add = found.add_argument
    add("files", nargs="*", metavar="FILE", help="a model file (- is stdin), or the store of a sweep, runs.sqlite")
    more = f"; {', '.join(STORES)}: the store"
    add_format(found, FORMATS, "the report", action=_StoreOrFile, more=more)
    add("--random", type=at_least(1), metavar="N", help="draw N variants at random, none of them twice")
    add("--seed", type=at_least(0), default=0, metavar="S", help="the seed of --random (default: 0)")
    add_limits(found)
    add("--amounts", type=names, metavar="KEY,…", help="the columns (default: params, macs, and what is limited)")
    for end in ("largest", "smallest"):
        add(
            f"--{end}",
            action="append",
            default=[],
            metavar="AXIS",
            help=f"the {end} value of this axis that fits, for each choice of the others",
        )
    for goal, other in (("minimize", "macs"), ("maximize", "width,receptive_field")):
        add(
            f"--{goal}",
            action="extend",
            default=[],
            type=names,
            metavar="NAME,…",
            help=f"amounts or axes of the Pareto front, such as {other}",
        )
    add("--sensitivity", action="store_true", help="what one step of each axis changes, from the values of the file")
    add("--workers", type=at_least(1), metavar="N", help="calculate in N processes (default: 1)")
    add("--dask", metavar="ADDRESS", help="calculate on a Dask cluster, such as tcp://host:8786 (the extra `dask`)")
    add_options(found, "batch", "dtype")
    add_run_options(found)
    add_model(
        found,
        set="the values of a variable, such as width=16:128:16 or depth=18,50,101",
        input="volumes of the input, such as 128x128x3,224x224x3; NAME=VOLUME,… for one of several",
        callables=False,
    )
    found.set_defaults(store=None)
    return found


class _StoreOrFile(argparse.Action):
    """`-o` with the ending of a store keeps the variants there; with any other it names the file of the report."""

    def __call__(self, parser: object, namespace: Any, values: Any, option_string: str | None = None) -> None:
        store = values is not None and values.lower().endswith(STORES)
        setattr(namespace, "store" if store else "output", values)


def _check_store(asked: Any, file: str) -> None:
    """Refuses what a store cannot answer, since its variants are calculated."""
    if asked.store is not None:
        raise UsageError(f"`{file}` is a store already; `-o` with another ending writes a report of it")
    for name, value in vars(parser().parse_args([])).items():
        if name not in _OF_STORE and vars(asked)[name] != value:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"`{file}` is a store, whose variants are calculated: `{option}` is for a model file")


def _failed(asked: Any, failed: Failed, format: Format, texts: dict[str, str]) -> int:
    """Says what is wrong with the model; returns the exit code."""
    untouched = kept_as_it_is(asked)
    complain(
        heard(asked, failed.diagnostics),
        [*filter(None, [untouched])],
        texts,
        color=asked.color,
        width=asked.width,
    )
    if untouched is None and format.failures:
        write(asked, format.render(failed, options_of(asked, format)))
    return FAULT if any(finding.code in FILE_CODES for finding in failed.diagnostics) else WRONG


def _report(asked: Any, swept: Swept, format: Format, texts: dict[str, str], planned: Plan | None) -> int:
    """Writes the report and, where no variant fits, what comes nearest; returns the exit code."""
    write(asked, format.render(swept, options_of(asked, format)))
    if swept.counts.fit:
        return FINE
    findings, why = _why_none(swept, planned)
    complain(findings, [*filter(None, [why])], texts, color=asked.color, width=asked.width)
    return WRONG


def _why_none(swept: Swept, planned: Plan | None) -> tuple[Sequence[Diagnostic], str | None]:
    """Why no variant fits: what comes nearest, or where none is a network the mistakes of the first one."""
    counts = swept.counts
    if counts.wrong < counts.variants:
        missed = nearest_miss(swept.rows(), swept.limits)
        unlike = "no variant fits; which one comes nearest is not said, since a limit depends on variables"
        said = unlike if missed is None else miss(missed, swept)
        own = planned is not None and missed is not None and not planned.job.limits.keys() >= set(missed.breaks)
        return (), f"{said}; `--budget none` leaves out the limits of the file" if own else said
    first = next(swept.rows(), None)
    if first is None:
        return (), None
    mistakes: Sequence[Diagnostic] = ()
    try:
        if planned is not None:
            planned.job.evaluator().amounts(first.set, hints=True)
    except ModelError as error:
        mistakes = error.diagnostics
    except SettingError as error:
        return (), str(error)
    many = "the only variant is" if counts.variants == 1 else f"none of the {count(counts.variants)} variants is"
    said = f"{many} no network" if counts.variants == 1 else f"{many} a network"
    if mistakes:
        return mistakes, f"{said}; the mistakes above are those of {choice(first, swept)}"
    return (), f"{said}; {choice(first, swept)}: {first.error.message if first.error else ''}"
