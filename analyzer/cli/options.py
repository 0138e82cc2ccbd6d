"""The options that several commands have, each declared once: with the same name, values, default and help everywhere.

`add_options` gives a command those that have a meaning for it. `parsed` gives each that was not written its default,
other than the settings of a run: the model file may give them (`training`), and `run_option` reads them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence

from analyzer.cli.inputs import Inputs
from analyzer.cli.main import UsageError
from analyzer.cli.values import assignment, at_least, listing, option_value, read_depth, target
from analyzer.dtypes import BITS
from analyzer.engine.result import MODES
from analyzer.record import Record
from analyzer.reporter.format import Format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Option(Record):
    """An option with a value, as argparse takes it.

    `read` makes its value of a text, and refuses a text with `ArgumentTypeError`; `choices` are its values where they
    are few. `default` is the built-in value; `training` says that the model file may give the option's default.
    """

    help: str
    read: Callable[[str], Any] = str
    choices: Sequence[str] | None = None
    metavar: str | None = None
    default: Any = None
    training: bool = False


def _optimizer() -> Option:
    from analyzer.engine.memory.optimizers import OPTIMIZERS

    names = tuple(OPTIMIZERS)
    return Option(", ".join(names), choices=names, metavar="NAME", default="momentum", training=True)


def _device() -> Option:
    from analyzer.engine.memory.devices import read_device

    return Option(
        "the memory it has to fit into: 24GiB, 24GB, or a card such as RTX 4090",
        read=option_value(read_device),
        metavar="DEVICE",
    )


def _context() -> Option:
    from analyzer.engine.memory.devices import read_context
    from analyzer.engine.memory.verdict import CONTEXT
    from analyzer.units import memory

    return Option(
        f"memory that the process needs on the device besides its tensors (default: {memory(CONTEXT)})",
        read=option_value(read_context),
        metavar="AMOUNT",
    )


#: Every option that a configuration may set, each with the function that declares it: only the options of the command
#: that runs are made.
OPTIONS: Mapping[str, Callable[[], Option]] = {
    "mode": lambda: Option(
        "the weights that are shown: shared, local (locally connected), declared (as in the file), or both",
        choices=("both", *MODES),
        default="both",
    ),
    "depth": lambda: Option(
        "rows: all of them, blocks deeper than N levels in one row each, or auto: as many as fit",
        read=read_depth,
        metavar="N",
        default="auto",
    ),
    "columns": lambda: Option("show these columns; `--columns help` lists them", read=listing, metavar="NAME,…"),
    "sort": lambda: Option("sort by this column, biggest first", metavar="COLUMN"),
    "top": lambda: Option("show only the N biggest layers, with their share", read=at_least(1), metavar="N"),
    "batch": lambda: Option("samples in a batch", read=at_least(1), metavar="N", default=1, training=True),
    "dtype": lambda: Option(
        f"number format: {', '.join(BITS)}", choices=tuple(BITS), metavar="DTYPE", default="float32", training=True
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


def add_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """Options of `OPTIONS`."""
    for name in names:
        option = OPTIONS[name]()
        usual = "" if option.default is None else f"{option.default}"
        if option.training:
            usual = f"training.{name}, otherwise {usual}"
        parser.add_argument(
            f"--{name}",
            type=option.read,
            choices=option.choices,
            metavar=option.metavar,
            help=f"{option.help} (default: {usual})" if usual else option.help,
        )


def add_files(parser: argparse.ArgumentParser) -> None:
    """The models that are read."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="model files; - is stdin")


def add_format(
    parser: argparse.ArgumentParser, formats: Mapping[str, Format], what: str, *, default: str | None = None
) -> None:
    """How `what` is written, and where to; `default` says which format is the default, if that depends on something."""
    endings = ", ".join(ending for format in formats.values() for ending in format.endings)
    add = parser.add_argument
    add(
        "--format",
        choices=tuple(formats),
        metavar="FORMAT",
        help=f"{', '.join(formats)} (default: by the ending of -o; otherwise {default or next(iter(formats))})",
    )
    add(
        "-o",
        "--output",
        type=target,
        metavar="FILE",
        help=f"write {what} to a file, completely or not at all (- is stdout); endings: {endings}",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """What is set in the model, and how reports and messages look."""
    add = parser.add_argument
    add("--set", action="append", default=[], type=assignment, metavar="NAME=VALUE", help="set a variable of the model")
    add(
        "--input",
        action="append",
        default=[],
        metavar="VOLUME",
        help="another input volume, such as 64x64x3; NAME=VOLUME for one of several",
    )
    add_options(parser, "color", "width")
    add_quiet(parser)
    add("--no-config", action="store_true", help="read neither .analyzer.toml nor pyproject.toml")


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Whether messages other than errors are written."""
    parser.add_argument("--quiet", action="store_true", help="no notes and warnings on stderr, only errors")


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str], operands: str = "files") -> Any:
    """What `arguments` ask for, with the files that the command reads as `inputs`.

    Options may appear among the operands. After `--` everything is an operand: argparse forgets that between passes.
    """
    place = arguments.index("--") if "--" in arguments else len(arguments)
    before, after = arguments[:place], arguments[place + 1 :]
    for argument in before:
        if argument.startswith("-") and argument != "-" and os.path.lexists(argument):
            # A repository may contain a file called `-omodel.yaml`, and a tool may pass its name.
            raise UsageError(f"`{argument}` is an option and a file; write `./{argument}`, or `--` before the files")
    asked = parser.parse_intermixed_args(before)
    if after:
        vars(asked)[operands] = [*(vars(asked)[operands] or ()), *after]
    asked.inputs = Inputs(vars(asked).get("output"))
    settle(asked)
    return asked


def settle(asked: Any) -> None:
    """Gives the options that were not written their defaults, other than those of a run (`run_option`).

    `asked.written` has the names of those that were written.
    """
    values = vars(asked)
    names = [name for name in OPTIONS if name in values]
    asked.written = {name for name in names if values[name] is not None}
    for name in names:
        if values[name] is None:
            option = OPTIONS[name]()
            values[name] = None if option.training else option.default


def run_option(asked: Any, name: str, written: Mapping[str, Any]) -> Any:
    """The value of an option about a run: the one of the command line, of the model file (`training`), the built-in."""
    value = vars(asked)[name]
    return value if value is not None else written.get(name, OPTIONS[name]().default)
