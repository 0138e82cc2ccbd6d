"""`analyzer memory FILE…`: what inference and training take, and whether it fits."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator, Sequence

from analyzer.cli.models import check_files, read_network
from analyzer.cli.options import add_files, add_format, add_model, add_run, at_least, option_value, options_parser
from analyzer.cli.output import finish, format_of, options_of
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.devices import read_context, read_device
from analyzer.engine.memory.optimizers import OPTIMIZERS, STEPS
from analyzer.engine.memory.settings import CHECKPOINTS, HALVES, LOSSES, Run, check_asked
from analyzer.engine.memory.sharding.strategies import STRATEGIES, read_strategy
from analyzer.engine.memory.verdict import CONTEXT
from analyzer.engine.result import MODES
from analyzer.reporter.memory import FORMATS
from analyzer.reporter.options import Failed
from analyzer.settings import not_number
from analyzer.units import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Options whose value may be left out: what it is then, and the words that are always values.
_OPTIONAL = {"--autocast": ("bfloat16", HALVES), "--checkpoint": ("blocks", CHECKPOINTS)}

#: Options that are settings of a run.
_OF_RUN = (
    "batch", "dtype", "autocast", "optimizer", "weight_decay", "step", "loss", "accumulate", "ema", "checkpoint",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Reports on the memory of the files that `arguments` name; returns the exit code."""
    asked = _parse(arguments)
    check_files(asked.files)
    check_asked(asked.context, asked.device, asked.strategy, asked.ranks)
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
    halves = " or ".join(HALVES)
    add("--autocast", choices=HALVES, metavar="[DTYPE]", help=f"mixed precision: {halves} (without one: bfloat16)")
    add("--optimizer", choices=tuple(OPTIMIZERS), metavar="NAME", help=f"{', '.join(OPTIMIZERS)} (default: momentum)")
    add("--weight-decay", type=_number, metavar="X", help="weight decay of the optimizer (default: 0)")
    add("--step", choices=STEPS, help="how the optimizer's step runs (default: foreach)")
    add("--loss", choices=LOSSES, help="what is trained for (default: cross_entropy)")
    add(
        "--checkpoint",
        metavar="[WHAT]",
        help="work activations out again: of `blocks` (without a value), of stretches of √n layers (`sqrt`), or of "
        "layers and blocks by NAME,…",
    )
    add("--accumulate", type=at_least(1), metavar="N", help="forward passes for one step (default: 1)")
    add("--ema", action="store_true", help="a running mean of the parameters is kept")
    add(
        "--device",
        type=option_value(read_device),
        metavar="DEVICE",
        help="what it is to fit into: 24GiB, 24GB, or a card: RTX 4090",
    )
    add(
        "--context",
        type=option_value(read_context),
        metavar="AMOUNT",
        help=f"what the process takes on the device beside its tensors (default: {memory(CONTEXT)})",
    )
    add("--ranks", type=at_least(1), metavar="N", help="train on so many devices; the batch is that of all together")
    add(
        "--strategy",
        type=read_strategy,
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
    value: object = text
    with contextlib.suppress(ValueError):
        value = float(text) if text.isascii() and "_" not in text else text
    if not_number(value) is not None:
        raise argparse.ArgumentTypeError(not_number(text))
    return float(text)


def _report(file: str, asked: Any, texts: dict[str, str]) -> MemoryAnalysis | Failed:
    """The memory of one file, or what is wrong with it; raises `SettingError` for options that do not fit it."""
    read = read_network(file, asked, texts)
    if isinstance(read, Failed):
        return read
    model, network = read
    return MemoryAnalysis(
        network,
        Run.of(
            model.training,
            ranks=asked.ranks,
            strategy=asked.strategy,
            device=None if asked.device is None else asked.device.name,
            **{name: getattr(asked, name) for name in _OF_RUN},
        ),
        mode=asked.mode,
        device=asked.device,
        context=CONTEXT if asked.context is None else asked.context,
        strategy=asked.strategy,
        ranks=asked.ranks or 1,
        arena=asked.arena,
        name=model.name,
        file=model.file,
    )
