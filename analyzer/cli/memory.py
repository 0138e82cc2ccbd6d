"""`analyzer memory FILE…`: the memory that inference and training need, and whether it fits."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator, Sequence

from analyzer.cli.declared import LIST
from analyzer.cli.main import FINE
from analyzer.cli.models import check_files, doubts_about, read_network
from analyzer.cli.options import (
    add_files,
    add_format,
    add_model,
    add_options,
    configured_for,
    parsed,
    run_defaults,
    settle_columns,
)
from analyzer.cli.output import finish, format_of, options_of, write
from analyzer.cli.parser import options_parser
from analyzer.cli.values import at_least, word_of
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.devices import cards
from analyzer.engine.memory.optimizers import STEPS
from analyzer.engine.memory.settings import CHECKPOINTS, HALVES, LOSSES, Run, check_asked
from analyzer.engine.memory.sharding.strategies import STRATEGIES, read_strategy
from analyzer.engine.memory.verdict import CONTEXT
from analyzer.reporter.format import SHOWN, Format
from analyzer.reporter.memory import FORMATS
from analyzer.reporter.options import Failed
from analyzer.settings import not_number
from analyzer.units import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Options that may appear without a value: the value they then have, and the words that are always values.
_OPTIONAL = {"--autocast": ("bfloat16", HALVES), "--checkpoint": ("blocks", CHECKPOINTS)}

#: The endings of model files.
_ENDINGS = (".yaml", ".yml", ".json", ".pt2", ".onnx", ".keras", ".h5", ".cfg", ".prototxt")

#: Options that are settings of a run.
_OF_RUN = (
    "batch", "dtype", "autocast", "optimizer", "weight_decay", "step", "loss", "accumulate", "ema", "checkpoint",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Reports on the memory of the files that `arguments` name; returns the exit code."""
    asked = parsed(parser(), list(_spelled_out(arguments)))
    if asked.device == LIST:
        write(asked, _cards())
        return FINE
    if asked.columns == ["help"]:
        from analyzer.reporter.memory.layers import described

        write(asked, (f"{line}\n" for line in described()))
        return FINE
    check_files(asked.files)
    if asked.columns is not None or asked.sort is not None:
        from analyzer.reporter.memory.layers import check_columns

        settle_columns(asked, check_columns)
    format = format_of(asked, FORMATS, sources=asked.files)
    texts: dict[str, str] = {}
    reports = [_report(file, asked, texts) for file in asked.files]
    return finish(asked, reports, texts, format, options_of(asked, format, mode=asked.mode, **_rows(asked, format)))


def _rows(asked: Any, format: Format) -> dict[str, Any]:
    """The options about rows. Formats for people have rows only where one of them was written."""
    if not format.exact and asked.written.isdisjoint(SHOWN):
        return {}
    return {name: vars(asked)[name] for name in SHOWN}


def _cards() -> Iterator[str]:
    """The cards with their memory, a line each."""
    known = cards()
    wide = max(len(card.name) for card in known)
    for card in known:
        usable = "" if card.usable is None else f", {memory(card.usable)} usable"
        yield f"{card.name:<{wide}}  {memory(card.nominal):>9}{usable}\n"


def parser() -> argparse.ArgumentParser:
    """The options of `analyzer memory`."""
    found = options_parser(
        "analyzer memory",
        "Calculates the memory that inference and training of a network need, without running it, and whether it fits.",
        usage="analyzer memory [options] FILE…",
        epilog="The defaults of --batch, --dtype, --optimizer, --weight-decay, --step and --loss come from `training` in the file.\n"
        "--columns, --depth, --sort and --top add rows that show what each layer holds.",
    )
    add_files(found)
    add_format(found, FORMATS, "the report")
    add_options(found, "mode", "columns", "depth", "top", "sort", "batch", "dtype", "optimizer", "device", "context")
    add = found.add_argument
    halves = " or ".join(HALVES)
    add(
        "--autocast",
        type=word_of("autocast", HALVES),
        choices=HALVES,
        metavar="[DTYPE]",
        help=f"mixed precision: {halves} (without a value: bfloat16)",
    )
    add("--weight-decay", type=_number, metavar="X", help="weight decay of the optimizer (default: 0)")
    add(
        "--step",
        type=word_of("step", STEPS),
        choices=STEPS,
        help="how the optimizer's step runs (default: foreach)",
    )
    add(
        "--loss",
        type=word_of("loss", LOSSES),
        choices=LOSSES,
        help="the loss function (default: cross_entropy)",
    )
    add(
        "--checkpoint",
        metavar="[WHAT]",
        help="gradient checkpointing: recompute the activations of `blocks` (without a value), of √n segments "
        "(`sqrt`), or of the layers and blocks NAME,…",
    )
    add("--accumulate", type=at_least(1), metavar="N", help="accumulate gradients over N forward passes (default: 1)")
    add("--ema", action="store_true", help="keep a moving average of the parameters")
    add(
        "--ranks",
        type=at_least(1),
        metavar="N",
        help="train on N devices; --batch is the batch of all of them together",
    )
    add(
        "--strategy",
        type=read_strategy,
        choices=tuple(STRATEGIES),
        metavar="NAME",
        help=f"{', '.join(STRATEGIES)} (default: ddp)",
    )
    add("--arena", action="store_true", help="plan the tensors of inference in one static buffer, for microcontrollers")
    add_model(found)
    return found


def _spelled_out(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments with a value for each option that may lack one: the next word is a value, or a file."""
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
    if word.lower().endswith(_ENDINGS) or "/" in word or os.sep in word or os.path.isfile(word):
        return True
    if ":" not in word:
        return False
    from analyzer.cli.callables import call_of  # few words have a colon

    return call_of(word) is not None


def _number(text: str) -> float:
    value: object = text
    with contextlib.suppress(ValueError):
        value = float(text) if text.isascii() and "_" not in text else text
    if not_number(value) is not None:
        raise argparse.ArgumentTypeError(not_number(text))
    return float(text)


def _report(file: str, asked: Any, texts: dict[str, str]) -> MemoryAnalysis | Failed:
    """The memory of one file, or what is wrong with it; raises `SettingError` for options that do not suit it."""
    configured = configured_for(asked, file)
    device = configured.get("device") if asked.device is None else asked.device
    check_asked(asked.context, device, asked.strategy, asked.ranks)
    context = configured.get("context", CONTEXT) if asked.context is None else asked.context
    read = read_network(file, asked, texts)
    if isinstance(read, Failed):
        return read
    model, network = read
    return MemoryAnalysis(
        network,
        Run.of(
            run_defaults(asked, file, model.training),
            ranks=asked.ranks,
            strategy=asked.strategy,
            device=None if device is None else device.name,
            **{name: getattr(asked, name) for name in _OF_RUN},
        ),
        mode="declared" if asked.mode == "both" else asked.mode,
        device=device,
        context=context,
        strategy=asked.strategy,
        ranks=asked.ranks or 1,
        arena=asked.arena,
        name=model.name,
        file=model.file,
        diagnostics=doubts_about(model, network),
    )
