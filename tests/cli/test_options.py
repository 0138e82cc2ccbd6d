"""The options that several commands have: one table of commands and options, so that each means the same everywhere."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest

from analyzer.cli.main import COMMANDS, guarded

Said = pytest.CaptureFixture[str]


def parser_of(command: str) -> ArgumentParser:
    """The parser of a command; the report is the command without a name."""
    module = f"analyzer.cli.{command or 'report'}"
    __import__(module)
    found = sys.modules[module].parser()
    assert isinstance(found, ArgumentParser)
    return found


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_a_parser_and_declares_no_option_of_its_own_under_a_shared_name(command: str) -> None:
    """The same help, choices and metavar as in the report or `memory`, which have all of them."""
    usual = {action.dest: action for name in ("", "memory") for action in parser_of(name)._actions}
    shared = ("mode", "depth", "columns", "sort", "top", "batch", "dtype", "input", "set", "color", "width", "quiet")
    for action in parser_of(command)._actions:
        if action.dest in shared:
            other = usual[action.dest]
            assert (action.help, action.choices, action.default) == (other.help, other.choices, other.default)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--depth 2 --format json", "depth"),
        ("--columns layer --format json", "columns"),
        ("--sort macs --format json", "sort"),
        ("--top 3 -o net.json", "top"),
    ],
)
def test_an_option_that_the_format_cannot_follow_is_refused(
    arguments: str, said: str, folder: Path, capsys: Said
) -> None:
    assert guarded(["net.yaml", *arguments.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"analyzer: `--{said}` does not apply to the format json, which always shows everything; ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("depth", ["auto", "all"])
def test_a_depth_that_folds_nothing_goes_with_every_format(depth: str, folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "--format", "json", "--depth", depth]) == 0
