"""The parser of options, and the options that several commands have, each declared once."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence

from analyzer.cli.inputs import Inputs
from analyzer.cli.main import UsageError
from analyzer.cli.output import terminal_width, write_stdout
from analyzer.dtypes import BITS
from analyzer.engine.result import MODES
from analyzer.reporter.format import Format
from analyzer.settings import SettingError, none_of, not_whole
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line with the nearest fix."""

    def _print_message(self, message: str, file: object = None) -> None:
        """Writes the help or the version, as a result: argparse drops what cannot be written."""
        write_stdout([message])

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuses `--` as the value of an option: argparse takes it away and gives the option an empty list."""
        for argument in args or ():
            option, equals, value = argument.partition("=")
            if argument == "-o--" or (option.startswith("--") and equals and value == "--"):
                self.error(f"argument {option.removesuffix('--')}: expected one argument")
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        option, _, why = message.removeprefix("argument ").partition(": ")
        option = option.partition("/")[2] or option
        if message.startswith("unrecognized arguments: "):
            raise UsageError(self._unknown(why))
        if why == "expected one argument" or why == "expected at least one argument":
            raise UsageError(f"`{option}` needs a value")
        action = self._option_string_actions.get(option)
        if why.startswith("invalid choice: ") and action is not None and action.choices is not None:
            word = why.removeprefix("invalid choice: ").partition(" (")[0].strip("'")
            raise UsageError(f"`{option}` {none_of(word, action.choices, action.dest)}")
        if why.startswith("invalid ") and " value: " in why:  # argparse names our functions
            raise UsageError(f"`{option}` cannot be `{shown(why.partition(' value: ')[2].strip(chr(39)))}`")
        raise UsageError(f"`{option}`: {why}" if why else message)

    def _unknown(self, words: str) -> str:
        """The message about arguments that the parser does not know."""
        option = next((word for word in words.split(" ") if word.startswith("-")), None)
        if option is None:
            return f"`{words.partition(' ')[0]}` is one argument too many"
        name = option.partition("=")[0]
        from analyzer.cli.option_words import option_help  # with tables that only a mistake needs

        hint = option_help(name, self._option_string_actions) or f"`{self.prog} --help` lists the options"
        return f"unknown option `{name}`; {hint}"


def options_parser(
    prog: str, description: str, usage: str | None = None, epilog: str | None = None
) -> argparse.ArgumentParser:
    """A parser of options. It is given the width of the terminal: `argparse` imports `shutil` to find it."""

    def formatter(prog: str) -> argparse.HelpFormatter:
        return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28, width=terminal_width() or 100)

    return _Parser(
        prog=prog, usage=usage, description=description, epilog=epilog, formatter_class=formatter, allow_abbrev=False
    )


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
    return asked


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
        type=_target,
        metavar="FILE",
        help=f"write {what} to a file, completely or not at all (- is stdout); endings: {endings}",
    )


def add_mode(parser: argparse.ArgumentParser) -> None:
    """Which modes of sharing weights are shown."""
    modes = ("both", *MODES[:2])
    parser.add_argument("--mode", choices=modes, default="both", help="which weights are shown (default: both)")


def add_run(parser: argparse.ArgumentParser, *, batch: int | None = None, dtype: str | None = None) -> None:
    """Batch and number format; if no defaults are given here, they come from `training` in the file."""
    said = ("training.batch, otherwise 1", "training.dtype, otherwise float32")
    add = parser.add_argument
    add(
        "--batch",
        type=at_least(1),
        default=batch,
        metavar="N",
        help=f"samples in a batch (default: {batch or said[0]})",
    )
    add(
        "--dtype",
        choices=tuple(BITS),
        default=dtype,
        metavar="DTYPE",
        help=f"number format: {', '.join(BITS)} (default: {dtype or said[1]})",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """What is set in the model, and how the report looks."""
    add = parser.add_argument
    add(
        "--set", action="append", default=[], type=_assignment, metavar="NAME=VALUE", help="set a variable of the model"
    )
    add(
        "--input",
        action="append",
        default=[],
        metavar="VOLUME",
        help="another input volume, such as 64x64x3; NAME=VOLUME for one of several",
    )
    add_color(parser)
    add(
        "--width",
        type=at_least(20),
        metavar="N",
        help="width in columns (default: that of the terminal; no limit when piped)",
    )


def add_color(parser: argparse.ArgumentParser) -> None:
    """Whether messages and reports have colours."""
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="colours (default: on a terminal)"
    )


def at_least(least: int) -> Callable[[str], int]:
    """A reader of whole numbers of at least `least`."""

    def whole_number(text: str) -> int:
        reason = not_whole(int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text, least)
        if reason is not None:
            raise argparse.ArgumentTypeError(reason)
        return int(text)

    return whole_number


def option_value(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """`read` as argparse takes it: the parser names the option in a refusal."""

    def reading(text: str) -> Any:
        try:
            return read(text)
        except SettingError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return reading


def _target(text: str) -> str | None:
    """The file that a report goes to; None for stdout."""
    if not text:
        raise argparse.ArgumentTypeError("the name of a file is needed")
    return None if text in ("-", "/dev/stdout") else text


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"`name=value` is needed, not `{text}`")
    return name.lstrip("$"), value
