"""The options that several commands have, with the same names, values, defaults and help everywhere.

`add_options` gives a command those that have a meaning for it. `parsed` gives each that was not written its default,
other than the settings of a run: the model file may give them (`training`), and `run_settings` reads them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence

from analyzer.cli.configuration import Configuration
from analyzer.cli.declared import OPTIONS
from analyzer.cli.inputs import Inputs
from analyzer.cli.main import UsageError
from analyzer.cli.values import assignment, at_least, target
from analyzer.reporter.format import Format

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


#: The formats that a model file may be said to have; those of `loader.formats`, which most commands do not import.
FROM = ("onnx", "keras", "h5", "pt2", "darknet", "caffe", "yaml")

#: The settings of a run that a configuration may give; a model file may give all but `context`.
OF_RUN = ("batch", "dtype", "optimizer", "device", "context")

#: The name of the format that shows everything about a network: its memory too.
PAGE = "html"

#: The options about a run's memory, which `run_options` declares: those of `analyzer memory` and of the review page.
RUN_OPTIONS = (
    "--optimizer", "--device", "--context", "--autocast", "--weight-decay", "--step", "--loss", "--checkpoint",
    "--accumulate", "--ema", "--master-weights", "--ranks", "--strategy", "--layout", "--no-tf32",
)  # fmt: skip


def add_options(parser: argparse._ActionsContainer, *names: str) -> None:
    """Options of `OPTIONS`."""
    for name in names:
        option = OPTIONS[name]()
        usual = "" if option.default is None else option.spell(option.default)
        if option.training:
            usual = f"training.{name}" + (f", otherwise {usual}" if usual else "")
        parser.add_argument(
            f"--{name}",
            type=option.read,
            choices=option.choices,
            metavar=option.metavar,
            help=f"{option.help} (default: {usual})" if usual else option.help,
        )


def setting_of(option: str) -> str:
    """The name of an option's value: `--weight-decay` gives `weight_decay`, `--no-tf32` gives `tf32`."""
    return option.removeprefix("--").removeprefix("no-").replace("-", "_")


def add_files(parser: argparse.ArgumentParser) -> None:
    """The models that are read."""
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="model files; - is stdin; a callable such as net.py:Net is run"
    )


def add_format(
    parser: argparse.ArgumentParser,
    formats: Mapping[str, Format],
    what: str,
    *,
    default: str | None = None,
    action: str | type[argparse.Action] = "store",
    more: str = "",
    option: str = "--format",
    read: Callable[[str], str] = str,
) -> None:
    """How `what` is written, and where to; `default` says which format is the default, if that depends on something.

    `action` is that of `-o`, if it does more than to name the file, and `more` says what; `option` names the format,
    which `read` may refuse in words of its own.
    """
    endings = ", ".join(dict.fromkeys(ending for format in formats.values() for ending in format.endings))
    add = parser.add_argument
    add(
        option,
        dest="format",
        type=read,
        choices=tuple(formats),
        metavar="FORMAT",
        help=f"{', '.join(formats)} (default: by the ending of -o; otherwise {default or next(iter(formats))})",
    )
    add(
        "-o",
        "--output",
        type=target,
        action=action,
        metavar="FILE",
        help=f"write {what} to a file, completely or not at all (- is stdout); endings: {endings}{more}",
    )


def add_model(
    parser: argparse.ArgumentParser,
    *,
    set: str = "set a variable of the model",
    input: str = "another input volume, such as 64x64x3; NAME=VOLUME for one of several",
    callables: bool = True,
) -> None:
    """What is set in the model, and how reports and messages look.

    `set` and `input` are the help of these options; `callables` says whether the model may be made by code.
    """
    add = parser.add_argument
    add("--set", action="append", default=[], type=assignment, metavar="NAME=VALUE", help=set)
    add("--input", action="append", default=[], metavar="VOLUME", help=input)
    add(
        "--from",
        choices=FROM,
        metavar="FORMAT",
        help=f"the format of the model files: {', '.join(FROM)} (default: by their content, then by the ending)",
    )
    if callables:
        _add_callables(parser)
    add_options(parser, "color", "width")
    add_quiet(parser)
    add_no_config(parser)


def _add_callables(parser: argparse.ArgumentParser) -> None:
    """How a callable of the command line is run."""
    add = parser.add_argument
    add(
        "--python",
        metavar="PATH",
        help="the Python that runs `package.module:callable` or `net.py:callable` (default: this one); code is run only if "
        "the command line names it so",
    )
    add(
        "--timeout", type=at_least(1), default=120, metavar="SECONDS", help="how long a callable may run (default: 120)"
    )


def add_no_config(parser: argparse.ArgumentParser) -> None:
    """Whether a configuration is read."""
    parser.add_argument("--no-config", action="store_true", help="read neither .analyzer.toml nor pyproject.toml")


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Whether messages other than errors are written."""
    parser.add_argument("--quiet", action="store_true", help="no notes and warnings on stderr, only errors")


def parsed(
    parser: argparse.ArgumentParser, arguments: Sequence[str], operands: str = "files", *, first: int = 0
) -> Any:
    """What `arguments` ask for, with the files that the command reads as `inputs`.

    Options may appear among the operands. After `--` everything is an operand: argparse forgets that between passes.
    Options that were not written get their defaults (`settle`), from the configuration of the operand number `first`.
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
    asked.inputs = Inputs(vars(asked).get("output"), vars(asked).get("from"))
    given = vars(asked)[operands] or ["-"]
    asked.inputs.operands = given
    settle(asked, given[first])
    return asked


def settle(asked: Any, file: str) -> None:
    """Gives options that were not written the value of the configuration of `file`, otherwise the built-in one.

    Settings of a run are left to `run_settings`, since each file of several may have its own. `asked.written` has the
    names of the options that were written.
    """
    values = vars(asked)
    names = [name for name in OPTIONS if name in values]
    asked.written = {name for name in names if values[name] is not None}
    asked.configuration = None if asked.no_config else Configuration(asked.inputs)
    configured = configured_for(asked, file)
    for name in names:
        option = OPTIONS[name]()
        if values[name] is None and not option.of_run:
            values[name] = configured.get(name, option.default)


def configured_for(asked: Any, file: str) -> Mapping[str, Any]:
    """What the configuration of a file sets: values of options by their names."""
    return {} if asked.configuration is None else asked.configuration.of(working(file)).values


def working(name: str) -> str:
    """The file that a name means, which may be that of a revision, `git:main:models/net.yaml`, or of a callable."""
    if ":" not in name:
        return name
    if name.startswith("git:"):
        return name.rpartition(":")[2]
    from analyzer.cli.callables import folder_of  # few words have a colon

    return folder_of(name)


def run_defaults(asked: Any, file: str, training: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that the model file gives (`training`), otherwise its configuration."""
    configured = configured_for(asked, file)
    return {**{name: configured[name] for name in OF_RUN if name in configured}, **training}


def run_settings(asked: Any, file: str, training: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run: as written, otherwise as `run_defaults` gives them."""
    defaults, written = run_defaults(asked, file, training), written_settings(asked)
    if not defaults or not written:
        return {**defaults, **written}
    from analyzer.engine.memory.planned import merged  # most files and command lines say nothing of a run

    return merged(defaults, written)


def written_settings(asked: Any) -> dict[str, Any]:
    """The settings of a run that the command line gives, of those that the command has."""
    names = ("batch", "dtype", *map(setting_of, RUN_OPTIONS))
    return {name: vars(asked)[name] for name in names if vars(asked).get(name) is not None}


def batch_and_dtype(asked: Any, file: str, training: Mapping[str, Any]) -> tuple[int, str]:
    """The batch and the number format of a run, by default 1 and float32."""
    settings = run_settings(asked, file, training)
    return settings.get("batch", OPTIONS["batch"]().default), settings.get("dtype", OPTIONS["dtype"]().default)


def settle_columns(asked: Any, check: Callable[[Sequence[str], str | None], None]) -> None:
    """Refuses written columns that a command's table does not have, and drops those of a configuration.

    `check` raises `ColumnError` for a column that does not exist, or that the rows cannot be sorted by.
    """
    from analyzer.reporter.analysis.columns import ColumnError

    def has(names: Sequence[str], sort: str | None = None) -> bool:
        try:
            check(names, sort)
        except ColumnError as error:
            if asked.written.isdisjoint({"columns"} if names else {"sort"}):
                return False
            raise UsageError(str(error)) from None
        return True

    if asked.columns is not None:
        asked.columns = [name for name in asked.columns if has([name])] or None
    if asked.sort is not None and not has((), asked.sort):
        asked.sort = None
