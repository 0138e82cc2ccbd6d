"""`analyzer completion SHELL`: prints a script that completes the command's words, made from the parsers."""

from __future__ import annotations

from analyzer.cli.completing import SHELLS, script
from analyzer.cli.main import FINE, UsageError
from analyzer.cli.options import add_no_config
from analyzer.cli.output import write_stdout
from analyzer.cli.parser import options_parser
from analyzer.settings import none_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser


def main(arguments: list[str]) -> int:
    """Prints the script for a shell; returns the exit code."""
    shell = parser().parse_args(arguments).shell
    if shell is None:
        raise UsageError("a shell is needed: `bash`, `zsh` or `fish`")
    if shell not in SHELLS:
        raise UsageError(f"the shell {none_of(shell, SHELLS, 'shell')}")
    try:
        import shtab
    except ImportError:
        raise UsageError('completion needs shtab; `pip install "conv-analyzer[completion]"` installs it') from None
    write_stdout([script(shtab, shell)])
    return FINE


def parser() -> ArgumentParser:
    """The options of `analyzer completion`."""
    found = options_parser(
        "analyzer completion",
        "Prints a script that completes the words of the command: commands, options, their values and model files.",
        epilog="to set it up:\n" + "\n".join(f"  {line}" for line in SHELLS.values()),
    )
    add_no_config(found)
    found.add_argument("shell", nargs="?", metavar="SHELL", help=f"the shell: {', '.join(SHELLS)}")
    return found
