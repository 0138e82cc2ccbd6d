"""Every command with every option that several commands have, in each of its formats: a row for each of them.

An option does what it says, or it is refused in one line (exit 2); nothing in between.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest
from commands import MODEL
from test_options import parser_of

from analyzer.cli.main import COMMANDS, guarded
from analyzer.reporter.format import SHOWN

Said = pytest.CaptureFixture[str]

#: What each command that reads a model is about.
ABOUT = {
    "": ["net.yaml"],
    "memory": ["net.yaml"],
    "check": ["net.yaml"],
    "diff": ["net.yaml", "other.yaml", "--exit-zero"],
    "config": ["net.yaml"],
    "sizes": ["net.yaml", "--range", "30:34"],
    "explain": ["net.yaml"],
    "convert": ["net.yaml"],
}
READING = [command for command in ABOUT if not command or command in COMMANDS]

#: A value of each option that is not its default.
VALUES = {
    "mode": ["shared", "local", "declared", "both"],
    "depth": ["1", "2", "auto", "all"],
    "columns": ["layer,{amount}"],
    "sort": ["{amount}"],
    "top": ["1"],
    "batch": ["4"],
    "dtype": ["float16", "fp16"],
    "input": ["40x40x3"],
    "set": ["width=24"],
    "color": ["always", "never", "auto"],
    "width": ["60"],
    "quiet": [""],
    "no-config": [""],
    "from": ["yaml"],
}

#: A column of each command that has rows.
AMOUNTS = {"": "parameters", "memory": "live"}


def options_of(parser: ArgumentParser) -> set[str]:
    return {string.removeprefix("--") for action in parser._actions for string in action.option_strings}


def format_option(parser: ArgumentParser) -> str:
    """The option that names the format: `--format`, or `--to` where a network is converted."""
    (action,) = (action for action in parser._actions if action.dest == "format")
    return str(action.option_strings[0])


def formats_of(parser: ArgumentParser) -> list[str]:
    (action,) = (action for action in parser._actions if action.dest == "format")
    return [str(choice) for choice in action.choices or ()]


@pytest.fixture
def models(folder: Path) -> Path:
    (folder / ".git").mkdir()
    (folder / "other.yaml").write_text(MODEL.replace("kernel: 8", "kernel: 6"))
    return folder


ROWS = [
    (command, option, value, format)
    for command in READING
    for option, values in VALUES.items()
    for value in values
    for format in formats_of(parser_of(command))
]


@pytest.mark.parametrize(("command", "option", "value", "format"), ROWS)
def test_an_option_works_or_is_refused_in_one_line(
    command: str, option: str, value: str, format: str, models: Path, capsys: Said
) -> None:
    has = option in options_of(parser_of(command))
    written = f"--{option}={value.format(amount=AMOUNTS.get(command, 'parameters'))}" if value else f"--{option}"
    arguments = [*filter(None, [command]), *ABOUT[command], format_option(parser_of(command)), format]
    code = guarded([*arguments, written])
    out, err = capsys.readouterr()
    if not has:
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"analyzer: unknown option `--{option}`")
    elif code == 2:
        assert option in SHOWN
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith(f"analyzer: `--{option}` does not apply to the format {format}")
    else:
        assert code in (0, 1)
        assert out or command == "check"  # some of its formats have nothing to say of a fine model
        if format == "json":
            json.loads(out)


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("option", VALUES)
def test_a_configuration_sets_it_where_the_command_has_it(
    command: str, option: str, models: Path, capsys: Said
) -> None:
    """As the command line does, in each format that can follow it; anything else ignores it."""
    if option in ("input", "set", "from", "quiet", "no-config"):
        return
    value = VALUES[option][0].format(amount=AMOUNTS.get(command, "parameters"))
    parser = parser_of(command)
    for format in formats_of(parser):
        arguments = [*filter(None, [command]), *ABOUT[command], format_option(parser), format]
        (models / ".analyzer.toml").unlink(missing_ok=True)
        usual = guarded(arguments), *capsys.readouterr()
        written = (usual[0], usual[1])
        if option in options_of(parser):
            code = guarded([*arguments, f"--{option}={value}"])
            said = capsys.readouterr().out
            written = (code, said) if code != 2 else written
        (models / ".analyzer.toml").write_text(f'{option} = "{value}"\n')
        configured = guarded(arguments), capsys.readouterr().out
        if command == "config":
            assert configured[0] == 0
        elif (command == "memory" and format in ("table", "markdown") and option in SHOWN) or (
            format == "csv" and option == "depth"
        ):  # `memory` has rows where they are asked for, and CSV folds where a depth is written
            assert configured == usual[:2]
        else:
            assert configured == written
