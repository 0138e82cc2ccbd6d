"""The parser of a command's options: its errors are one line with the nearest fix."""

from __future__ import annotations

import argparse

from analyzer.cli.main import UsageError
from analyzer.cli.output import terminal_width, write_stdout
from analyzer.settings import none_of
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
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
