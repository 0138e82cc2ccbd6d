"""`analyzer memory FILE…`: what inference and training take, and whether it fits."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterator, Sequence

from analyzer.cli.main import UsageError
from analyzer.cli.models import check_files, read_network
from analyzer.cli.options import add_files, add_format, add_model, add_run, at_least, options_parser
from analyzer.cli.output import finish, format_of, options_of
from analyzer.diagnostics import Refusal
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.devices import Device, DeviceError, read_context, read_device
from analyzer.engine.memory.optimizers import OPTIMIZERS, STEPS
from analyzer.engine.memory.segments import check_names
from analyzer.engine.memory.settings import TRAINED, Run
from analyzer.engine.memory.sharding.strategies import STRATEGIES, ShardingError
from analyzer.engine.memory.verdict import CONTEXT
from analyzer.engine.network import Network
from analyzer.engine.result import MODES
from analyzer.loader.parse.description import Model
from analyzer.loader.parse.grammar import TRAINING_KEYS
from analyzer.reporter.memory import FORMATS
from analyzer.reporter.options import Failed
from analyzer.units import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HALVES = ("bfloat16", "float16")

#: Options whose value may be left out: what it is then, and the words that are always values.
_OPTIONAL = {"--autocast": ("bfloat16", _HALVES), "--checkpoint": ("blocks", ("blocks", "sqrt"))}

#: Options about training alone.
_TRAINING = (
    "optimizer", "weight_decay", "step", "loss", "checkpoint", "accumulate", "ema", "ranks", "strategy",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Reports on the memory of the files that `arguments` name; returns the exit code."""
    asked = _parse(arguments)
    check_files(asked.files)
    if asked.context is not None and asked.device is None:
        raise UsageError("`--context` is memory of a device; name one with `--device`")
    if asked.strategy not in (None, "single") and asked.ranks is None:
        raise UsageError(f"`--strategy {asked.strategy}` needs `--ranks`, the number of devices")
    format = format_of(asked, FORMATS, sources=asked.files)
    texts: dict[str, str] = {}
    reports = [_report(file, asked, texts) for file in asked.files]
    return finish(asked, reports, texts, format, options_of(asked, format))


def _parse(arguments: list[str]) -> Any:
    parser = options_parser(
        "analyzer memory",
        "What inference and training of a network take in memory, without running it, and whether it fits on a device.",
        usage="analyzer memory [options] FILE…",
        epilog="The file's `training` gives the defaults of --batch, --dtype, --optimizer, --weight-decay, --step, --loss.",
    )
    add_files(parser)
    add_format(parser, FORMATS, "the report")
    add_run(parser)
    add = parser.add_argument
    halves = " or ".join(_HALVES)
    add("--autocast", choices=_HALVES, metavar="[DTYPE]", help=f"mixed precision: {halves} (without one: bfloat16)")
    add("--optimizer", choices=tuple(OPTIMIZERS), metavar="NAME", help=f"{', '.join(OPTIMIZERS)} (default: momentum)")
    add("--weight-decay", type=_number, metavar="X", help="weight decay of the optimizer (default: 0)")
    add("--step", choices=STEPS, help="how the optimizer's step runs (default: foreach)")
    add("--loss", choices=TRAINING_KEYS["loss"], help="what is trained for (default: cross_entropy)")
    add(
        "--checkpoint",
        type=_names,
        metavar="[WHAT]",
        help="work activations out again: of `blocks` (without a value), of stretches of √n layers (`sqrt`), or of "
        "layers and blocks by NAME,…",
    )
    add("--accumulate", type=at_least(1), metavar="N", help="forward passes for one step (default: 1)")
    add("--ema", action="store_true", help="a running mean of the parameters is kept")
    add("--device", type=_device, metavar="DEVICE", help="what it is to fit into: 24GiB, 24GB, or a card: RTX 4090")
    add(
        "--context",
        type=_context,
        metavar="AMOUNT",
        help=f"what the process takes on the device beside its tensors (default: {memory(CONTEXT)})",
    )
    add("--ranks", type=at_least(1), metavar="N", help="train on so many devices; the batch is that of all together")
    add(
        "--strategy",
        type=_strategy,
        choices=tuple(STRATEGIES),
        metavar="NAME",
        help=f"{', '.join(STRATEGIES)} (default: ddp)",
    )
    add(
        "--mode",
        choices=MODES,
        default="declared",
        help="the weights that the verdict is about (default: as the file says)",
    )
    add("--arena", action="store_true", help="a static plan of inference's tensors, for microcontrollers")
    add_model(parser)
    return parser.parse_intermixed_args(list(_spelled_out(arguments)))


def _spelled_out(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments with the values of the options that may lack theirs: what follows one is its value, or a file."""
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            yield argument
            yield from rest
        elif argument in _OPTIONAL:
            default, words = _OPTIONAL[argument]
            following = next(rest, None)
            if following is None:
                yield f"{argument}={default}"
            elif following in words or not (following.startswith("-") or _is_file(following)):
                yield f"{argument}={following}"
            else:
                yield f"{argument}={default}"
                yield from _spelled_out([following, *rest])
        else:
            yield argument


def _is_file(word: str) -> bool:
    """Whether an argument names a model rather than a layer."""
    return word.lower().endswith((".yaml", ".yml", ".json")) or "/" in word or os.sep in word or os.path.isfile(word)


def _number(text: str) -> float:
    try:
        number = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"a number of at least 0 is needed, not `{text}`")
    return number


def _names(text: str) -> str | list[str]:
    if text in ("blocks", "sqrt"):
        return text
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("`blocks`, `sqrt` or names of layers and blocks are needed")
    return names


def _strategy(text: str) -> str:
    return text.lower().replace("zero-", "zero")  # as its paper writes it


def _device(text: str) -> Device:
    try:
        return read_device(text)
    except DeviceError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _context(text: str) -> int:
    try:
        return read_context(text)
    except DeviceError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _report(file: str, asked: Any, texts: dict[str, str]) -> MemoryAnalysis | Failed:
    """The memory of one file, or what is wrong with it; raises UsageError for options that do not fit it."""
    read = read_network(file, asked, texts)
    if isinstance(read, Failed):
        return read
    model, network = read
    run = _run(asked, model, network)
    report = MemoryAnalysis(
        network,
        run,
        mode=asked.mode,
        device=asked.device,
        context=CONTEXT if asked.context is None else asked.context,
        strategy=asked.strategy,
        ranks=asked.ranks or 1,
        arena=asked.arena,
        name=model.name,
        file=model.file,
    )
    if report.divided:
        try:
            report.rank()
        except ShardingError as error:
            raise UsageError(str(error)) from None
    return report


def _run(asked: Any, model: Model, network: Network) -> Run:
    """The run that is asked for: the options, then what the file says, then the usual."""

    names = (
        "batch",
        "dtype",
        "autocast",
        "optimizer",
        "weight_decay",
        "step",
        "loss",
        "accumulate",
        "ema",
        "checkpoint",
    )
    run = Run.of(
        {"batch": asked.ranks or 1, **model.training},
        **{name: getattr(asked, name) for name in names},
        device=None if asked.device is None else asked.device.name,
    )
    _check_dtype(asked, run.dtype)
    if run.step == "fused" and not OPTIMIZERS[run.optimizer].fused and run.dtype in TRAINED:
        raise UsageError(f"`{run.optimizer}` has no fused step; its steps are `foreach` and `loop`")
    if isinstance(run.checkpoint, list):
        try:
            check_names(network, run.checkpoint)
        except Refusal as refusal:
            raise UsageError(f"`--checkpoint`: {refusal.message}; {refusal.help}") from None
    return run


def _check_dtype(asked: Any, dtype: str) -> None:
    """Refuses options that do not go with a number format."""
    if asked.autocast is not None and dtype not in ("float32", "tf32"):
        raise UsageError(f"`--autocast` casts float32 to 16 bits; it does not go with {dtype}")
    if dtype in TRAINED:
        return
    for name in _TRAINING:
        given = getattr(asked, name)
        if given is not None and given is not False:
            raise UsageError(f"`--{name.replace('_', '-')}` is about training, and {dtype} is for inference alone")
