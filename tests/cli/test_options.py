"""The options that several commands have: one table of commands and options, so that each means the same everywhere."""

from __future__ import annotations

import json
import shlex
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest
from commands import MODEL

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
    """The same help, choices and metavar as in the report or `memory`, which have all of them.

    Only a sweep takes several values with `--set` and `--input`, and its help says so.
    """
    usual = {action.dest: action for name in ("", "memory") for action in parser_of(name)._actions}
    shared = ("mode", "depth", "columns", "sort", "top", "batch", "dtype", "input", "set", "color", "width", "quiet")
    own = ("input", "set") if command == "sweep" else ()
    for action in parser_of(command)._actions:
        if action.dest in shared and action.dest not in own:
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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("--optimizer Adam", "--optimizer adam"),
        ("--optimizer torch.optim.AdamW", "--optimizer adamw"),
        ("--optimizer RMS_prop", "--optimizer rmsprop"),
        ("--optimizer SGD", "--optimizer sgd"),
        ("--dtype fp16", "--dtype float16"),
        ("--dtype half", "--dtype float16"),
        ("--dtype bf16", "--dtype bfloat16"),
        ("--dtype torch.float64", "--dtype float64"),
        ("--dtype FP32", "--dtype float32"),
        ("--autocast fp16", "--autocast float16"),
        ("--autocast BF16", "--autocast bfloat16"),
        ("--loss CrossEntropyLoss", "--loss cross_entropy"),
        ("--step for-loop", "--step loop"),
        ("--mode unshared", "--mode local"),
        ("--device rtx4090", "--device 'RTX 4090'"),
    ],
)
def test_words_that_people_type(written: str, meant: str, folder: Path, capsys: Said) -> None:
    found = []
    for text in (written, meant):
        assert guarded(["memory", "net.yaml", *shlex.split(text)]) == 0
        found.append(capsys.readouterr())
    assert found[0] == found[1]


@pytest.mark.parametrize("text", ["--dtype 16", "--dtype float15", "--optimizer adm", "--autocast int8"])
def test_words_that_mean_nothing_or_several_things_are_refused(text: str, folder: Path, capsys: Said) -> None:
    assert guarded(["memory", "net.yaml", *text.split()]) == 2
    assert f"`{text.split()[0]}` must be " in capsys.readouterr().err


def test_the_model_file_keeps_one_spelling(folder: Path, capsys: Said) -> None:
    (folder / "other.yaml").write_text(MODEL + "training: {optimizer: Adam}\n")
    assert guarded(["memory", "other.yaml"]) == 1
    assert "did you mean `adam`?" in capsys.readouterr().err


def test_the_list_of_cards(folder: Path, capsys: Said) -> None:
    """The sizes of NVIDIA's data sheets."""
    assert guarded(["memory", "--device", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "RTX 4090               24.0 GiB, 24.0 GiB usable" in lines
    assert any(line.startswith("A100-80GB  ") and "80.0 GiB" in line for line in lines)


def test_an_amount_in_gb_is_noted(folder: Path, capsys: Said) -> None:
    noted = "24GB is 24·10^9 bytes · a card that is sold as 24 GB has 24 GiB (24·2^30)"
    for device, found in (("24GB", True), ("24GiB", False), ("A10", False)):
        assert guarded(["memory", "net.yaml", "--device", device]) == 0
        out, err = capsys.readouterr()
        assert (noted in out, err) == (found, "")
        assert device != "24GB" or "22.4 GiB" in out  # 24·10^9 / 2^30


def test_two_sides_are_compared_in_one_run(folder: Path, capsys: Said) -> None:
    """The activations are 14·14·20 numbers of four bytes for each sample."""
    for name, batch in (("four", 4), ("eight", 8)):
        (folder / f"{name}.yaml").write_text(MODEL + f"training: {{batch: {batch}}}\n")

    def batches(*arguments: str) -> tuple[int, int, str]:
        assert guarded(["diff", *arguments, "--format", "json", "--exit-zero"]) == 0
        out, err = capsys.readouterr()
        record = json.loads(out)
        for side in ("old", "new"):
            assert record["totals"]["activation_bytes"][side] == 14 * 14 * 20 * 4 * record[side]["batch"]
        return record["old"]["batch"], record["new"]["batch"], err

    noted = "analyzer: note: both sides are compared at batch 8, the `training` of `eight.yaml`; `four.yaml` has 4\n"
    assert batches("four.yaml", "eight.yaml") == (8, 8, noted)
    assert batches("four.yaml", "eight.yaml", "--quiet") == (8, 8, "")
    assert batches("four.yaml", "net.yaml") == (4, 4, "")
    assert batches("net.yaml", "four.yaml") == (4, 4, "")
    assert batches("four.yaml", "eight.yaml", "--batch", "2") == (2, 2, "")
    assert guarded(["four.yaml", "-o", "saved.json"]) == 0
    assert batches("saved.json", "eight.yaml") == (4, 4, "")
