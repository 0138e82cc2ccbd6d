"""What helps with options of other tools: each option that is offered exists where it is offered."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

from analyzer.cli.main import COMMANDS, UsageError, main
from analyzer.cli.option_words import ABSENT, CALLED, OF_COMMANDS, OF_REPORT, option_help
from analyzer.cli.options import RUN_OPTIONS


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """The options of each command, as its help has them."""
    found = {}
    for command in ("", *COMMANDS):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(stream), pytest.raises(SystemExit):
            main([*([command] if command else []), "--help"])
        stream.seek(0)
        found[command] = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", stream.read()))
    return found


def test_options_that_are_offered_exist(options: dict[str, set[str]]) -> None:
    every = set().union(*options.values())
    offered = {f"--{one.partition('=')[0]}" for names in CALLED.values() for one in names.split()}
    assert offered <= every
    for option, command in OF_COMMANDS.items():
        assert option in options[command]
        assert (option in options[""]) == (option in RUN_OPTIONS)  # the page of a report has those of a run
    for option in OF_REPORT:
        assert [command for command, known in options.items() if option in known] == [""]
    assert not set(ABSENT) & set(CALLED)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("memory --amp", "did you mean `--autocast`?"), ("--amp", "`analyzer memory` has `--autocast`"),
        ("memory --gpu x", "did you mean `--device`?"), ("--gpu x", "`analyzer memory` has `--device`"),
        ("--bs 4", "did you mean `--batch`?"), ("--batch-size=4", "did you mean `--batch`?"),
        ("memory --fp16", "did you mean `--autocast float16`?"), ("--precision 16", "did you mean `--dtype`?"),
        ("--json", "did you mean `--format json`?"), ("--outpt x", "did you mean `--output`?"),
        ("--lr 0.1", "it changes no shape, no cost and no memory: leave it out"),
        ("--verbose", "messages are as long as they need to be: leave it out"),
        ("--model net.yaml", "model files need no option: name them alone"),
        ("--optimizer adam", "`analyzer memory` has `--optimizer`"), ("--zzz", "`analyzer --help` lists the options"),
    ],
)  # fmt: skip
def test_options_of_other_tools(arguments: str, said: str) -> None:
    words = arguments.split()
    place = 1 if words[0] in COMMANDS else 0
    with pytest.raises(UsageError) as caught:
        main([*words[:place], "net.yaml", *words[place:]])
    assert str(caught.value).endswith(f"; {said}")


def test_an_option_is_offered_only_where_it_exists() -> None:
    assert option_help("--amp", ["--ema"]) == "`analyzer memory` has `--autocast`"
    assert option_help("--bs", ["--set"]) is None
    assert option_help("--stepp", ["--step"]) == "did you mean `--step`?"
