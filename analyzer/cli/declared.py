"""The options that several commands have, each declared once: name, values, default and help.

Commands add them to their parsers (`options.add_options`); a configuration may set each of them (`configured`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.cli.values import at_least, listing, option_value, read_depth, word_of
from analyzer.dtypes import BITS
from analyzer.engine.result import MODES
from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Option(Record):
    """An option with a value, as argparse takes it.

    `read` makes its value of a text, and refuses a text with `ArgumentTypeError`; `choices` are its values where they
    are few. `default` is the built-in value, which `spell` writes for people. `of_run`: it is a setting of a run, so
    each model may have another one; `training`: the model file may give it.
    """

    help: str
    read: Callable[[str], Any] = str
    choices: Sequence[str] | None = None
    metavar: str | None = None
    default: Any = None
    spell: Callable[[Any], str] = str
    of_run: bool = False
    training: bool = False


def _optimizer() -> Option:
    from analyzer.engine.memory.optimizers import OPTIMIZERS

    names = tuple(OPTIMIZERS)
    return Option(
        ", ".join(names),
        read=word_of("optimizer", names),
        choices=names,
        metavar="NAME",
        default="momentum",
        of_run=True,
        training=True,
    )


#: The value of `--device` that asks for the list of cards.
LIST = "list"


def _device() -> Option:
    from analyzer.engine.memory.devices import Device, read_device

    def read(text: str) -> Device | str:
        return LIST if text.strip().lower() == LIST else read_device(text)

    return Option(
        "the memory it has to fit into: 24GiB, 24GB, or a card such as RTX 4090; `--device list` shows the cards",
        read=option_value(read),
        metavar="DEVICE",
        of_run=True,
        training=True,
    )


def _context() -> Option:
    from analyzer.engine.memory.devices import CONTEXT, read_context
    from analyzer.units import memory

    return Option(
        f"memory that the process needs on the device besides its tensors (default: {memory(CONTEXT)}, or what was "
        "measured on the card)",
        read=option_value(read_context),
        metavar="AMOUNT",
        spell=memory,
        of_run=True,
    )


#: Every option that a configuration may set, each with the function that declares it: only the options of the command
#: that runs are made.
OPTIONS: Mapping[str, Callable[[], Option]] = {
    "mode": lambda: Option(
        "the weights that are shown: shared, local (locally connected), declared (as in the file), or both",
        read=word_of("mode", ("both", *MODES)),
        choices=("both", *MODES),
        default="both",
    ),
    "depth": lambda: Option(
        "the rows: auto (folded until they fit), N (levels of names), or all",
        read=read_depth,
        metavar="DEPTH",
        default="auto",
    ),
    "columns": lambda: Option("show these columns; `--columns help` lists them", read=listing, metavar="NAME,…"),
    "sort": lambda: Option("sort by this column, biggest first", metavar="COLUMN"),
    "top": lambda: Option("show only the N biggest layers, with their share", read=at_least(1), metavar="N"),
    "batch": lambda: Option("samples in a batch", read=at_least(1), metavar="N", default=1, of_run=True, training=True),
    "dtype": lambda: Option(
        f"number format: {', '.join(BITS)}",
        read=word_of("dtype", tuple(BITS)),
        choices=tuple(BITS),
        metavar="DTYPE",
        default="float32",
        of_run=True,
        training=True,
    ),
    "optimizer": _optimizer,
    "device": _device,
    "context": _context,
    "color": lambda: Option(
        "colours: always, never, or auto: on a terminal", choices=("auto", "always", "never"), default="auto"
    ),
    "width": lambda: Option(
        "width in columns (default: that of the terminal; no limit when piped)", read=at_least(20), metavar="N"
    ),
}
