"""Defaults of options in a file, for every command: what wins, what is ignored, what is refused; `analyzer config`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import MODEL, ROOT, run

from analyzer.cli.main import guarded

Said = pytest.CaptureFixture[str]

#: 14·14·20 numbers of the output: of one sample in float32, and as configured, written, or given by the model.
ACTIVATION = 14 * 14 * 20


@pytest.fixture
def place(folder: Path) -> Path:
    """A repository, so that the search for a configuration ends in it."""
    (folder / ".git").mkdir()
    return folder


def configure(place: Path, text: str) -> None:
    (place / ".analyzer.toml").write_text(text)


def said(capsys: Said, *arguments: str, code: int = 0) -> str:
    """What a command prints to stdout."""
    assert guarded([*arguments]) == code
    return capsys.readouterr().out


def record(capsys: Said, *arguments: str) -> Any:
    return json.loads(said(capsys, *arguments, "--format", "json"))


def test_the_command_line_wins_over_the_model_over_the_configuration_over_what_is_built_in(
    place: Path, capsys: Said
) -> None:
    (place / "trained.yaml").write_text(MODEL + "training: {batch: 16}\n")

    def batch(file: str, *options: str) -> tuple[int, int]:
        one, other = record(capsys, file, *options), record(capsys, "memory", file, *options)
        assert one["totals"]["activation_bytes"] == ACTIVATION * 4 * one["batch"]
        return one["batch"], other["batch"]

    assert batch("net.yaml") == (1, 1)
    configure(place, "batch = 4\n")
    assert batch("net.yaml") == (4, 4)
    assert batch("trained.yaml") == (16, 16)
    assert batch("trained.yaml", "--batch", "2") == (2, 2)
    assert batch("net.yaml", "--no-config") == (1, 1)
    assert batch("trained.yaml", "--no-config") == (16, 16)


def test_each_model_has_the_run_of_its_own_configuration(place: Path, capsys: Said) -> None:
    (place / "wide").mkdir()
    (place / "wide" / "net.yaml").write_text(MODEL)
    (place / "wide" / "pyproject.toml").write_text('[tool.analyzer]\ndtype = "float16"\n')
    configure(place, "batch = 4\n")
    first, second = record(capsys, "net.yaml", "wide/net.yaml")
    assert (first["batch"], first["dtype"], second["batch"], second["dtype"]) == (4, "float32", 1, "float16")


def test_how_a_report_looks_is_of_the_first_files_configuration(place: Path, capsys: Said) -> None:
    configure(place, 'mode = "shared"\ncolumns = ["layer", "parameters"]\ncolor = "always"\nwidth = 30\n')
    text = said(capsys, "net.yaml")
    assert "\x1b[" in text
    assert "locally" not in text
    assert max(map(len, said(capsys, "net.yaml", "--color", "never").splitlines())) <= 30
    lines = said(capsys, "net.yaml", "--format", "csv", "--mode", "both").splitlines()
    assert lines == ["layer,shared.parameters,local.parameters", "conv1,3860,756560"]


def test_what_a_format_cannot_follow_is_ignored(place: Path, capsys: Said) -> None:
    plain = said(capsys, "many.yaml", "--format", "json", "--no-config")
    configure(place, 'top = 3\ndepth = 1\nsort = "macs"\ncolumns = "layer"\n')
    assert said(capsys, "many.yaml", "--format", "json") == plain


def test_csv_folds_only_where_a_depth_is_written(place: Path, capsys: Said) -> None:
    block = "input: 8x8x3\nblocks: {Two: {layers: [{conv: {filters: 3, kernel: 1}}, relu]}}\nlayers: [Two, Two]\n"
    (place / "blocks.yaml").write_text(block)
    configure(place, "depth = 1\n")
    assert said(capsys, "blocks.yaml", "--format", "csv").count("\n") == 5
    assert said(capsys, "blocks.yaml", "--format", "csv", "--depth", "1").count("\n") == 3


def test_an_option_that_a_command_does_not_have_is_ignored_by_it(place: Path, capsys: Said) -> None:
    configure(place, 'optimizer = "adam"\ndevice = "1GiB"\nseverity = "error"\n')
    assert said(capsys, "net.yaml") == said(capsys, "net.yaml", "--no-config")
    assert "· adam ·" in said(capsys, "memory", "net.yaml", code=1)
    assert "does not fit on 1GiB" in said(capsys, "memory", "net.yaml", code=1)


def test_words_of_other_libraries_are_read_as_on_the_command_line(place: Path, capsys: Said) -> None:
    configure(place, 'optimizer = "AdamW"\ndtype = "fp16"\n')
    assert record(capsys, "net.yaml")["dtype"] == "float16"
    assert "· float16 · adamw ·" in said(capsys, "memory", "net.yaml")


@pytest.mark.parametrize("command", [[], ["memory"], ["check"], ["diff", "net.yaml"], ["config"]])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bathc = 8", "unknown key `bathc`; did you mean `batch`?"),
        ("batch = 0", "`batch`: a whole number of at least 1 is needed, not `0`"),
        ("batch = 1.5", "`batch`: a whole number of at least 1 is needed, not `1.5`"),
        ("batch = true", "`batch`: a whole number of at least 1 is needed, not `true`"),
        ('dtype = "float33"', "`dtype` must be "),
        ('mode = "all"', "`mode` must be `both`, `shared`, `local` or `declared`, not `all`"),
        ("mode = 1", "`mode` must be `both`, `shared`, `local` or `declared`, not `1`"),
        ('depth = "deep"', "`depth`: `auto`, `all` or a whole number of at least 1 is needed, not `deep`"),
        ('columns = ["macz"]', "`columns`: unknown column `macz`; did you mean `macs`?"),
        ("columns = [1]", '`columns` must be a list of columns, such as ["layer", "output"], not [1]'),
        ('sort = "macz"', "`sort`: unknown column `macz`; did you mean `macs`?"),
        ('sort = "output"', "`sort`: cannot sort by `output`; "),
        ('device = "rtx 4091"', "`device`: no card is called `rtx 4091`; did you mean `RTX 4090`?"),
        ('context = "much"', "`context`: `much` is not an amount of memory"),
        ("width = 3", "`width`: a whole number of at least 20 is needed, not `3`"),
        ('color = "red"', "`color` must be `auto`, `always` or `never`, not `red`"),
        ('format = "json"', "`format` cannot be set here: "),
        ('output = "a.json"', "`output` cannot be set here: "),
        ('input = "8x8x3"', "`input` cannot be set here: "),
        ("set = {width = 8}", "`set` cannot be set here: "),
        ("loss = 'mse'", "`loss` cannot be set here: "),
        ("weight_decay = 1", "`weight_decay` cannot be set here: "),
        ("exit_zero = true\nexit-zero = true", "`exit_zero` and `exit-zero` are the same key"),
    ],
)
def test_a_mistake_is_one_line(command: list[str], text: str, message: str, place: Path, capsys: Said) -> None:
    configure(place, text)
    assert guarded([*command, "net.yaml"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"analyzer: `.analyzer.toml`: {message}")
    assert guarded([*command, "net.yaml", "--no-config"]) == 0


def test_a_folder_with_both_files(place: Path, capsys: Said) -> None:
    configure(place, "batch = 2\n")
    (place / "pyproject.toml").write_text("[tool.analyzer]\nbatch = 3\nwrong = 1\n")
    assert record(capsys, "net.yaml")["batch"] == 2
    (place / "pyproject.toml").write_text("[tool.analyzer]\nbatch = 3\n")
    assert guarded(["config"]) == 0
    assert capsys.readouterr().err == (
        "analyzer: note: [tool.analyzer] in `pyproject.toml` is not read, because `.analyzer.toml` is beside it\n"
    )


def test_a_pyproject_of_ours_in_any_spelling(place: Path, capsys: Said) -> None:
    for text in ("[tool.analyzer]\nbatch = 3", "[ tool . 'analyzer' ]\nbatch = 3", "[tool]\nanalyzer = {batch = 3}",
                 "tool.analyzer.batch = 3", "tool = {analyzer = {batch = 3}}", '["tool"]\nanalyzer.batch = 3'):  # fmt: skip
        (place / "pyproject.toml").write_text(text)
        assert record(capsys, "net.yaml")["batch"] == 3, text


def test_config_says_where_each_value_comes_from(place: Path, capsys: Said) -> None:
    (place / "trained.yaml").write_text(MODEL + "training: {batch: 16, weight_decay: 0.1}\n")
    configure(place, 'batch = 4\nmode = "local"\nselect = ["CHECK1"]\n')
    found = record(capsys, "config", "trained.yaml")
    assert (found["format"], found["file"], found["configuration"]) == (1, "trained.yaml", ".analyzer.toml")
    values = found["values"]
    assert values["batch"] == {"value": 16, "from": "training in trained.yaml"}
    assert values["weight-decay"] == {"value": 0.1, "from": "training in trained.yaml"}
    assert values["mode"] == {"value": "local", "from": ".analyzer.toml"}
    assert values["select"] == {"value": ["CHECK1"], "from": ".analyzer.toml"}
    assert values["dtype"] == {"value": "float32", "from": "built-in"}
    lines = {line.split()[0]: line.split(maxsplit=2)[1:] for line in said(capsys, "config").splitlines()}
    assert lines["batch"] == ["4", ".analyzer.toml"]
    assert lines["top"] == ["-", "built-in"]
    assert {name: one["from"] for name, one in record(capsys, "config", ".", "--no-config")["values"].items()} == (
        dict.fromkeys(values, "built-in")
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["net.yaml", "many.yaml"], 2, "`analyzer config` takes one model or folder, not 2"),
        (["nothing.yaml"], 2, "file `nothing.yaml` does not exist"),
    ],
)
def test_what_config_refuses(arguments: list[str], code: int, message: str, place: Path, capsys: Said) -> None:
    assert guarded(["config", *arguments]) == code
    assert capsys.readouterr().err.splitlines() == [f"analyzer: {message}"]


def test_config_of_a_wrong_model(place: Path, capsys: Said) -> None:
    assert guarded(["config", "wrong.yaml"]) == 1
    assert "cnov" in capsys.readouterr().err


def test_stdin_has_the_configuration_of_the_current_folder(place: Path) -> None:
    configure(place, "batch = 5\n")
    done = run("-", "--format", "json", stdin=MODEL.encode(), cwd=place)
    assert json.loads(done.stdout)["batch"] == 5


def test_without_a_configuration_no_parser_of_toml_is_imported(place: Path) -> None:
    """Nor jsonschema, with one or without."""
    script = (
        f"import sys; sys.path[:0] = {[str(ROOT), *sys.path]!r}; from analyzer.cli.main import main;"
        "main(['net.yaml', '--format', 'json']); print(*sys.modules, file=sys.stderr)"
    )

    def imported() -> set[str]:
        done = subprocess.run(
            [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True, cwd=place
        )
        return set(done.stderr.split())

    (place / "pyproject.toml").write_text('[project]\nname = "analyzer-of-others"\n')
    assert not imported() & {"tomllib", "tomli", "jsonschema", "analyzer.checks.run", "analyzer.engine.memory.devices"}
    configure(place, "batch = 3\n")
    assert "jsonschema" not in imported()
    assert not imported() & {"analyzer.checks.run", "analyzer.engine.memory.devices"}


def test_budgets_are_of_the_same_run_as_the_report(place: Path, capsys: Said) -> None:
    """14·14·20 numbers of 4 bytes for each sample: 15,680 bytes for one, 62,720 for four."""
    (place / "trained.yaml").write_text(MODEL + "training: {batch: 4}\nbudget: {activation_memory: 62720 B}\n")
    (place / "base.yaml").write_text(MODEL + "training: {batch: 1}\n")

    def code(*arguments: str) -> int:
        found = guarded(["check", "trained.yaml", "--select", "over-budget", *arguments])
        capsys.readouterr()
        return found

    assert code() == 0
    assert code("--budget", "activation_memory=62719 B") == 1
    assert code("--batch", "5") == 1
    assert code("--batch", "5", "--dtype", "float16") == 0
    assert code("--against", "base.yaml", "--budget", "activation_memory=+0%") == 0  # both at a batch of 4
    configure(place, "batch = 5\n")
    assert code() == 0  # the model wins
    assert code("--against", "base.yaml", "--budget", "activation_memory=+0%") == 0


def test_diff_has_the_configuration_of_the_new_side(place: Path, capsys: Said) -> None:
    for name, batch in (("a", 2), ("b", 3)):
        (place / name).mkdir()
        (place / name / "net.yaml").write_text(MODEL)
        (place / name / ".analyzer.toml").write_text(f"batch = {batch}\n")
    found = record(capsys, "diff", "a/net.yaml", "b/net.yaml")
    assert (found["old"]["batch"], found["new"]["batch"]) == (3, 3)
    usual = record(capsys, "diff", "net.yaml", "b/net.yaml")["totals"]["peak_training_memory"]
    (place / "b" / ".analyzer.toml").write_text("batch = 3\noptimizer = 'adam'\n")
    found = record(capsys, "diff", "net.yaml", "b/net.yaml")
    for side in ("old", "new"):  # adam keeps a second moment of 3,860 numbers, and two counters
        assert found["totals"]["peak_training_memory"][side] == usual[side] + 4 * 3_860 + 8
    assert guarded(["a/net.yaml", "-o", "saved.json"]) == 0
    found = record(capsys, "diff", "saved.json", "b/net.yaml")  # a saved report has its own run
    assert (found["old"]["batch"], found["new"]["batch"]) == (2, 2)


def test_a_device_and_its_context_may_come_from_different_places(place: Path, capsys: Said) -> None:
    assert guarded(["memory", "net.yaml", "--context", "1MiB"]) == 2
    capsys.readouterr()
    configure(place, 'device = "1GiB"\ncontext = "100MiB"\n')
    assert record(capsys, "memory", "net.yaml")["device"]["context_bytes"] == 100 << 20
    assert record(capsys, "memory", "net.yaml", "--context", "1MiB")["device"]["context_bytes"] == 1 << 20
    assert record(capsys, "memory", "net.yaml", "--device", "T4")["device"]["name"] == "T4"
    configure(place, 'context = "100MiB"\n')  # without a device it means nothing
    assert "device" not in record(capsys, "memory", "net.yaml")


def test_an_optimizer_that_the_number_format_has_no_use_for_is_ignored(place: Path, capsys: Said) -> None:
    configure(place, 'optimizer = "adam"\n')
    assert "training" not in record(capsys, "memory", "net.yaml", "--dtype", "int8")


def test_a_report_is_not_written_over_the_configuration(place: Path, capsys: Said) -> None:
    configure(place, "batch = 2\n")
    assert guarded(["net.yaml", "--format", "json", "-o", ".analyzer.toml"]) == 2
    assert "the configuration that this command reads" in capsys.readouterr().err
    assert (place / ".analyzer.toml").read_text() == "batch = 2\n"
