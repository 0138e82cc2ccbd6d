"""The options about a run's memory: those of `analyzer memory`, which the review page has too.

Their names are in `options.RUN_OPTIONS`: a report that shows no memory imports nothing of this.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator, Sequence

from analyzer.cli.declared import LIST
from analyzer.cli.main import UsageError
from analyzer.cli.options import PAGE, RUN_OPTIONS, add_options, setting_of
from analyzer.cli.values import at_least, option_value, word_of
from analyzer.engine.memory.arena.asked import amount_of_room
from analyzer.engine.memory.optimizers import STEPS
from analyzer.engine.memory.settings import CHECKPOINTS, HALVES, LAYOUTS, LOSSES, is_given
from analyzer.engine.memory.sharding.strategies import STRATEGIES, read_strategy
from analyzer.reporter.format import Format
from analyzer.settings import not_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Options that may appear without a value: the value they then have, and the words that are always values.
_OPTIONAL = {"--autocast": ("bfloat16", HALVES), "--checkpoint": ("blocks", CHECKPOINTS)}

#: The endings of model files.
_ENDINGS = (".yaml", ".yml", ".json", ".pt2", ".onnx", ".keras", ".h5", ".cfg", ".prototxt")


def add_run_options(parser: argparse._ActionsContainer) -> None:
    """The options of `RUN_OPTIONS`."""
    add_options(parser, "optimizer", "device", "context")
    add = parser.add_argument
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
    add("--ema", action="store_true", default=None, help="keep a moving average of the parameters")
    add(
        "--master-weights",
        action="store_true",
        default=None,
        help="keep a 32-bit copy of 16-bit weights in the optimizer, and its state in 32 bits",
    )
    _add_card_options(parser)


def _add_card_options(parser: argparse._ActionsContainer) -> None:
    """How many cards there are, and how a run uses them."""
    add = parser.add_argument
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
    add(
        "--layout",
        type=word_of("layout", LAYOUTS),
        choices=LAYOUTS,
        metavar="LAYOUT",
        help=f"how tensors lie on the CUDA card of --device: {' or '.join(LAYOUTS)} (default: {LAYOUTS[0]})",
    )
    add(
        "--no-tf32",
        dest="tf32",
        action="store_false",
        default=None,
        help="convolutions in float32 do not run in TF32 on the CUDA card of --device",
    )


def add_arena_options(parser: argparse._ActionsContainer) -> None:
    """The options about a microcontroller."""
    add = parser.add_argument
    add(
        "--arena",
        action="store_true",
        help="RAM and flash of a microcontroller: the activations of inference in one static buffer, the weights",
    )
    for name, what in (("ram", "arena"), ("flash", "weights")):
        add(
            f"--{name}",
            type=option_value(amount_of_room),
            metavar="AMOUNT",
            help=f"the {name if name == 'flash' else 'RAM'} that the {what} must fit into, such as 256KiB; with --arena",
        )


def refuse_run_options(asked: Any, format: Format) -> None:
    """Refuses options about memory that a report does not follow in this format: all of them but in a page."""
    for option in RUN_OPTIONS:
        value = vars(asked)[setting_of(option)]
        if not is_given(setting_of(option), value):
            continue
        if format.name != PAGE:
            raise UsageError(
                f"`{option}` does not apply to the format {format.name}, only to {PAGE}; `analyzer memory` has `{option}`"
            )
        if value == LIST:
            raise UsageError(f"`analyzer memory {option} {LIST}` shows the cards; a page is about one of them")


def spelled_out(arguments: Sequence[str]) -> Iterator[str]:
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
                yield from spelled_out([following, *rest])
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
