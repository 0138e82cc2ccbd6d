"""The options about memory on the way of the report: the page follows them, the other formats refuse them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analyzer.cli import reviewing
from analyzer.cli.main import guarded
from analyzer.cli.options import RUN_OPTIONS
from analyzer.cli.report import parser
from analyzer.reporter.analysis import FORMATS
from analyzer.reporter.options import Failed
from analyzer.reporter.page.reviewed import Reviewed, Wrong

Said = pytest.CaptureFixture[str]

#: A value of each option.
VALUES = {
    "--optimizer": "adam", "--device": "24GiB", "--context": "1GiB", "--autocast": None, "--weight-decay": "0",
    "--step": "loop", "--loss": "mse", "--checkpoint": None, "--accumulate": "2", "--ema": None, "--ranks": "2",
    "--strategy": "fsdp", "--layout": "channels_last", "--no-tf32": None,
    "--master-weights": None,
}  # fmt: skip


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "html"])
@pytest.mark.parametrize("option", RUN_OPTIONS)
def test_another_format_refuses_it(option: str, format: str, folder: Path, capsys: Said) -> None:
    value = VALUES[option]
    assert guarded(["net.yaml", "--format", format, option, *([] if value is None else [value])]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert (
        err
        == f"analyzer: `{option}` does not apply to the format {format}, only to html; `analyzer memory` has `{option}`\n"
    )


def test_the_options_are_those_that_are_named() -> None:
    found = parser()._option_string_actions.keys() - parser(whole=False)._option_string_actions.keys()
    assert found == set(RUN_OPTIONS) == set(VALUES)


@pytest.mark.parametrize("arguments", [["net.yaml"], ["net.yaml", "--format", "json"], ["net.yaml", "-o", "a.md"]])
def test_other_reports_declare_nothing_of_it(arguments: list[str], folder: Path, capsys: Said) -> None:
    modules = ("analyzer.cli.run_options", "analyzer.cli.reviewing")
    before = {name: sys.modules.pop(name) for name in modules}
    try:
        assert guarded(arguments) == 0
        assert not [name for name in modules if name in sys.modules]
    finally:
        sys.modules.update(before)


def reviewed(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> list[Reviewed | Failed]:
    """What the page is made of."""
    seen: list[Reviewed | Failed] = []
    review = reviewing.review
    monkeypatch.setattr(reviewing, "review", lambda *given: seen.append(review(*given)) or seen[-1])
    guarded([*arguments, "--format", "html", "-o", "page.html"])
    return seen


def test_the_page_follows_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {option: value for option, value in VALUES.items() if option != "--master-weights"}  # not with --autocast
    arguments = [word for option, value in chosen.items() for word in (option, value) if word is not None]
    (one,) = reviewed(folder, monkeypatch, "net.yaml", "--batch", "8", *arguments)
    assert isinstance(one, Reviewed)
    assert one.memory is not None
    run = one.memory.run
    assert (run.batch, run.optimizer, run.autocast, run.step, run.loss) == (8, "adam", "bfloat16", "loop", "mse")
    assert (run.checkpoint, run.accumulate, run.ema, run.weight_decay) == ("blocks", 2, True, 0)
    assert (run.layout, run.tf32) == ("channels_last", False)
    assert (one.memory.ranks, one.memory.strategy, one.memory.context) == (2, "fsdp", 1 << 30)
    assert one.memory.device is not None
    assert one.memory.device.capacity == 24 << 30
    assert (one.analysis.batch, one.analysis.dtype) == (8, "float32")


def test_the_defaults_are_those_of_the_file_then_of_the_configuration(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".git").mkdir()
    (folder / ".analyzer.toml").write_text('optimizer = "lion"\ndevice = "RTX 4090"\nbatch = 3\n')
    with open("net.yaml", "a", encoding="utf-8") as file:
        file.write("\ntraining: {batch: 5, loss: mse}\n")
    (one,) = reviewed(folder, monkeypatch, "net.yaml")
    assert isinstance(one, Reviewed)
    assert one.memory is not None
    assert one.memory.device is not None
    assert (one.memory.run.batch, one.memory.run.optimizer, one.memory.run.loss) == (5, "lion", "mse")
    assert one.memory.device.name == "RTX 4090"
    assert guarded(["net.yaml"]) == 0  # other formats leave them to `analyzer memory`


def test_the_findings_are_those_of_check(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "input: 9x9x3\nlayers:\n  - conv: {filters: 4, kernel: 3, norm: batch_norm}\nbudget: {params: 10}\n"
    Path("over.yaml").write_text(text)
    (one,) = reviewed(folder, monkeypatch, "over.yaml")
    assert isinstance(one, Reviewed)
    assert one.findings is not None
    assert [finding.code for finding in one.findings] == ["CHECK202", "CHECK501"]
    assert (one.budget, one.texts, one.text) == (("params",), {"over.yaml": text}, text)
    Path(".analyzer.toml").write_text('ignore = ["CHECK202"]\n')
    (one,) = reviewed(folder, monkeypatch, "over.yaml")
    assert isinstance(one, Reviewed)
    assert one.findings is not None
    assert [finding.code for finding in one.findings] == ["CHECK501"]


WRONG = "input: 4x4x3\nlayers:\n  - conv: {filters: 4, kernel: 7}\n"


def test_a_wrong_model_has_a_page_in_a_new_file(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    Path("wrong.yaml").write_text(WRONG)
    assert guarded(["wrong.yaml", "--format", "html"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("<!doctype html>")
    assert "error[SHAPE201]" in err
    assert guarded(["wrong.yaml", "-o", "page.html"]) == 1
    assert Path("page.html").read_text(encoding="utf-8") == out
    (one,) = reviewed(folder, monkeypatch, "wrong.yaml")
    assert isinstance(one, Wrong)
    assert one.texts == {"wrong.yaml": WRONG}


def test_an_existing_file_stays_as_it_is(folder: Path, capsys: Said) -> None:
    Path("wrong.yaml").write_text(WRONG)
    Path("page.html").write_text("before")
    assert guarded(["net.yaml", "wrong.yaml", "-o", "page.html"]) == 1
    assert Path("page.html").read_text() == "before"
    assert "`page.html` was not changed, because there is no complete result" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_has_no_page(folder: Path, capsys: Said) -> None:
    assert guarded(["absent.yaml", "--format", "html"]) == 2
    assert capsys.readouterr().out == ""
    assert guarded(["absent.yaml", "-o", "page.html"]) == 2
    assert not Path("page.html").exists()


@pytest.mark.parametrize("arguments", [["--format", "html"], ["-o", "page.html"], ["-o", "page.HTM"]])
def test_check_names_the_page(arguments: list[str], folder: Path, capsys: Said) -> None:
    assert guarded(["check", "net.yaml", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "`analyzer FILE --format html`" in err


def test_the_list_of_cards_is_that_of_memory(folder: Path, capsys: Said) -> None:
    assert guarded(["net.yaml", "--format", "html", "--device", "list"]) == 2
    assert "`analyzer memory --device list`" in capsys.readouterr().err


def test_help_lists_them(capsys: Said) -> None:
    assert guarded(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(option in said for option in RUN_OPTIONS)


def test_settings_of_a_file_that_do_not_go_together_leave_the_memory_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """As a table does; what the command line says must go together."""
    with open("net.yaml", "a", encoding="utf-8") as file:
        file.write("\ntraining: {optimizer: lion, step: fused}\n")
    (one,) = reviewed(folder, monkeypatch, "net.yaml")
    assert isinstance(one, Reviewed)
    assert one.memory is None
    assert one.reason == "`lion` has no fused step; its steps are `foreach` and `loop`"
    assert guarded(["net.yaml", "--format", "html", "--step", "fused"]) == 2


@pytest.mark.parametrize("arguments", [["--format", "html"], ["-o", "page.html"], ["-o", "page.HTM"]])
def test_the_command_about_memory_writes_the_same_page_opened_there(
    arguments: list[str], folder: Path, capsys: Said
) -> None:
    run = ["net.yaml", "--optimizer", "adam", "--batch", "4"]
    assert guarded([*run, "--format", "html"]) == 0
    usual = capsys.readouterr().out
    assert guarded(["memory", *run, *arguments]) == 0
    written = capsys.readouterr().out
    if arguments[0] == "-o":
        written = Path(arguments[1]).read_text(encoding="utf-8")
    assert ' data-opened="memory"' in written
    assert written.replace(' data-opened="memory"', "") == usual


def test_the_command_about_memory_writes_the_page_of_a_wrong_model(folder: Path, capsys: Said) -> None:
    Path("wrong.yaml").write_text("input: 4x4x1\nlayers: [conv: {filters: 2, kernel: 9}]\n")
    assert guarded(["memory", "wrong.yaml", "--format", "html"]) == 1
    assert capsys.readouterr().out.startswith("<!doctype html>")
    assert guarded(["memory", "absent.yaml", "-o", "page.html"]) == 2
    assert not Path("page.html").exists()


def test_the_arena_is_in_the_view_of_memory(folder: Path, capsys: Said) -> None:
    assert guarded(["memory", "net.yaml", "--format", "html", "--arena"]) == 0
    assert "One static buffer for the tensors of inference has " in capsys.readouterr().out


def test_a_broken_peak_has_its_help_in_mixed_precision(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which does not go with another number format, the usual help."""
    with open("net.yaml", "a", encoding="utf-8") as file:
        file.write("\nbudget: {peak_inference_memory: 1KiB}\n")
    (one,) = reviewed(folder, monkeypatch, "net.yaml", "--autocast")
    assert isinstance(one, Reviewed)
    assert [finding.code for finding in one.findings or ()] == ["CHECK501"]
