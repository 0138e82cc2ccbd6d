"""The memory report: its schema, the text that people read, the plot, all widths."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, ValidationError
from reported import Builder

from analyzer.cli.main import main
from analyzer.contract.memory import memory_schema
from analyzer.engine.memory.optimizers import OPTIMIZERS, STEPS
from analyzer.loader.parse.grammar import TRAINING_KEYS
from analyzer.reporter.memory.timeline import plot
from analyzer.reporter.memory.words import band
from analyzer.reporter.options import Options
from analyzer.reporter.terminal import cells
from analyzer.units import memory
from analyzer.volume import Volume

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
SCHEMA = ROOT / "schemas" / "memory.schema.json"
EXAMPLES = ROOT / "example_models"
VALIDATOR = Draft7Validator(memory_schema())

Said = pytest.CaptureFixture[str]

#: Ways to ask that together have every key of the report.
ASKED: dict[str, list[str]] = {
    "plain": [],
    "device": ["--device", "24GiB", "--batch", "8", "--checkpoint", "--ema"],
    "ranks": ["--ranks", "2", "--strategy", "fsdp", "--device", "A100-40GB"],
    "arena": ["--dtype", "int8", "--arena"],
    "mixed": ["--autocast", "--mode", "local", "--accumulate", "2", "--optimizer", "adafactor"],
}
NETWORKS = ("resnet18", "cudaconvnet_local", "vit_b16", "lenet5", "crnn")


def said(capsys: Said, network: str, *options: str, code: int = 0) -> str:
    assert main(["memory", str(EXAMPLES / f"{network}.yaml"), *options]) == code
    return capsys.readouterr().out


def report(capsys: Said, network: str, *options: str) -> Any:
    return json.loads(said(capsys, network, "--format", "json", *options))


# -- the schema ---------------------------------------------------------------------------------------------------------


def test_the_schema_file_is_what_the_code_makes() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == memory_schema()
    Draft7Validator.check_schema(memory_schema())


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_report_fits_the_schema(network: str, asked: str, capsys: Said) -> None:
    VALIDATOR.validate(report(capsys, network, *ASKED[asked]))


def test_several_reports_and_wrong_ones_fit_the_schema(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "wrong.yaml").write_text("layers: []\n")
    assert main(["memory", str(EXAMPLES / "lenet5.yaml"), str(tmp_path / "wrong.yaml"), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [next(iter(one)) for one in found] == ["format", "file"]
    VALIDATOR.validate(found)
    VALIDATOR.validate(found[1])
    (tmp_path / "pool.yaml").write_text("input: 8x8x3\nlayers: [{avg_pool: 2}]\n")  # no backward pass
    assert main(["memory", str(tmp_path / "pool.yaml"), "--format", "json"]) == 0
    VALIDATOR.validate(json.loads(capsys.readouterr().out))


def test_the_schema_knows_every_key_that_a_report_has(capsys: Said) -> None:
    seen: set[str] = set()
    for network, asked in (
        ("lenet5", "device"),
        ("cudaconvnet_local", "ranks"),
        ("lenet5", "arena"),
        ("crnn", "plain"),
    ):
        seen |= report(capsys, network, *ASKED[asked]).keys()
    # Only a network of several inputs has one of these, only one that a warning is about another; those of the files of
    # other programs have the rest.
    rare = {"inputs", "diagnostics", "source", "uncovered", "weights_dtype"}
    assert memory_schema()["definitions"]["memory"]["properties"].keys() - seen == rare


@pytest.mark.parametrize(
    "change", ["extra", "missing", "negative", "fraction", "word", "half a verdict", "half a training"]
)
def test_the_schema_refuses_what_no_report_says(change: str, capsys: Said) -> None:
    found = report(capsys, "lenet5", "--device", "24GiB")
    if change == "extra":
        found["training"]["breakdown"]["more"] = 1
    elif change == "missing":
        del found["modes"]["local"]
    elif change == "negative":
        found["max_batch"] = -1
    elif change == "fraction":
        found["inference"]["peak_bytes"] = 0.5
    elif change == "word":
        found["verdict"] = "perhaps"
    elif change == "half a verdict":
        del found["verdict"]
    else:
        del found["timeline"]
    with pytest.raises(ValidationError):
        VALIDATOR.validate(found)


def test_the_words_of_training_are_those_of_the_engine() -> None:
    """The loader does not load the memory analysis, so it has the names by itself."""
    assert TRAINING_KEYS["optimizer"] == tuple(OPTIMIZERS)
    assert TRAINING_KEYS["step"] == STEPS


# -- the text -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [100, 80])
def test_the_summary_as_a_person_sees_it(width: int, capsys: Said) -> None:
    """After a change that is meant: the command's output goes to the golden file, and is looked at."""
    asked = ["--batch", "32", "--optimizer", "adam", "--device", "24GiB"]
    found = said(capsys, "resnet50", *asked, "--width", str(width))
    assert found == (GOLDEN / f"resnet50_{width}.txt").read_text(encoding="utf-8")
    exact = report(capsys, "resnet50", *asked)
    lines = found.splitlines()
    for name, part in (("training", exact["training"]), ("inference", exact["inference"])):
        section = lines[lines.index(name) + 1 :]
        section = section[: section.index("")]
        shown = {line[:22].strip().removesuffix(" activations"): line[22:].strip().split("  ")[0] for line in section}
        for label, size in part["breakdown"].items():
            assert shown[label] == memory(size), label
        assert shown[f"= {name} peak"] == memory(part["peak_bytes"])
        assert shown["at"] == part["at"]["layer"]
        assert shown["reserved by allocator"] == memory(part["reserved_bytes"])
    safe, at_risk = exact["max_batch"], exact["max_batch_at_risk"]
    assert f"largest  batch {safe} is safe, {at_risk} may run out of memory, {at_risk + 1} will" in lines
    judged = exact["inference"]
    words = [line.split()[2] for line in lines if line.startswith("on 24GiB")]
    assert words == [exact["verdict"], judged["verdict"]] == ["fits", "fits"]
    assert judged["peak_bytes"] <= judged["low_bytes"] - exact["device"]["context_bytes"] <= judged["high_bytes"]


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("width", ["80", "100", "160"])
def test_the_width_is_kept(network: str, asked: str, width: str, capsys: Said) -> None:
    found = said(capsys, network, *ASKED[asked], "--width", width)
    assert max(map(cells, found.splitlines())) <= int(width)
    exact = report(capsys, network, *ASKED[asked])
    peak = exact["inference"]
    if "arena" in exact:
        assert memory(exact["arena"]["bytes"]) in found
        assert exact["arena"]["peak"]["layer"] in found
        return
    assert memory(peak["peak_bytes"]) in found
    assert all(part in found for part in peak["at"]["layer"].split("."))


def test_three_modes_stand_side_by_side(capsys: Said) -> None:
    found = said(capsys, "cudaconvnet_local", "--width", "100", "--device", "24GiB").splitlines()
    assert re.search("shared .* locally connected .* as declared", found[6])
    assert sum(line.startswith("= training peak") for line in found) == 1
    assert found[2].endswith(" · as declared")


def test_ranks_come_first_and_say_what_they_share(capsys: Said) -> None:
    found = said(capsys, "resnet18", "--ranks", "2", "--strategy", "zero3", "--batch", "8", "--device", "8GiB")
    assert found.splitlines()[0].endswith("batch 8 · float32 · momentum · foreach step · 2 ranks, zero3")
    assert found.index("= peak of a rank") < found.index("\non 8GiB") < found.index("= training peak")
    assert "over 2 ranks" in found
    assert "gathered parameters" in found


def test_what_is_said_where_nothing_fits(capsys: Said) -> None:
    found = said(capsys, "vgg16", "--device", "512MiB", "--batch", "64", code=1)
    assert "verdict  does not fit on 512MiB" in found
    assert "the context by itself is 1.7 GiB; --context sets it" in found
    assert "largest  none: one sample does not fit" in found


@pytest.mark.parametrize(
    ("ranks", "safe", "at_risk", "words"),
    [
        (1, 84, 88, "batch 84 is safe, 88 may run out of memory, 89 will"),
        (1, 84, 84, "batch 84 is safe, 85 will run out of memory"),
        (1, 0, 3, "no batch is safe, 3 may run out of memory, 4 will"),
        (1, 0, 0, "none: one sample does not fit"),
        (1, 1_257, 1_810, "batch 1,257 is safe, 1,810 may run out of memory, 1,811 will"),
        (2, 168, 176, "batch 168 over 2 ranks is safe, 176 may run out of memory, 178 will"),
        (2, 0, 2, "no batch over 2 ranks is safe, 2 may run out of memory, 4 will"),
        (2, 0, 0, "none: one sample a rank does not fit"),
    ],
)
def test_the_band_in_words(ranks: int, safe: int, at_risk: int, words: str) -> None:
    assert band(ranks, safe, at_risk) == words


@pytest.mark.parametrize(("passes", "shown"), [(1, ""), (2, " · 2 passes a step"), (3, " · 3 passes a step")])
def test_the_title_says_how_many_passes_a_step_has(passes: int, shown: str, capsys: Said) -> None:
    found = said(capsys, "lenet5", "--accumulate", str(passes)).splitlines()
    assert found[0] == f"LeNet-5 · input 32×32×1 · batch 1 · float32 · momentum · foreach step{shown}"


def test_blocks_that_are_not_there_are_said(capsys: Said) -> None:
    assert "checkpoint blocks, but there are no blocks" in said(capsys, "lenet5", "--checkpoint", "blocks")
    assert "checkpoint blocks\n" in said(capsys, "resnet50", "--checkpoint", "blocks")


def test_colours_change_no_sign(capsys: Said) -> None:
    plain = said(capsys, "lenet5", "--device", "24GiB", "--width", "90")
    colored = said(capsys, "lenet5", "--device", "24GiB", "--width", "90", "--color", "always")
    assert "\x1b[1m= training peak" in colored
    assert "\x1b[1;32mfits\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    assert "\x1b" not in plain


def test_the_arena_stands_under_it(capsys: Said) -> None:
    """LeNet-5 in int8: the most at once are `conv1` and its tanh, 28·28·6 bytes each."""
    found = said(capsys, "lenet5", "--dtype", "int8", "--arena")
    assert "arena  9,408 bytes, the smallest possible" in found
    assert 2 * 28 * 28 * 6 == 9_408
    assert re.search(r"^conv1\.tanh +4,704 +4,704 ", found, re.M)


def test_names_with_control_characters_reach_no_terminal() -> None:
    net = Builder(Volume((4, 4), 3))
    net.add("a\x1bb", "relu")
    text = "".join(plot([("forward", "a\x1bb", 10), ("backward", "a\x1bb", 5)], Options()))
    assert "\x1b" not in text
    assert "a\\x1bb" in text


# -- the plot -----------------------------------------------------------------------------------------------------------


def drawn(moments: list[tuple[str, str, int]], **options: Any) -> list[str]:
    return "".join(plot(moments, Options(**options))).splitlines()


def test_the_plot_is_as_high_as_what_is_alive() -> None:
    """64 bytes at the most in eight rows: eight bytes a row, an eighth of a block a byte."""
    moments = [("forward", "a", 20), ("forward", "b", 64), ("backward", "b", 33), ("step", "a", 8)]
    lines = drawn(moments, width=60)
    assert lines[0].strip() == "▼ peak 64 B at b, forward"
    axis = lines[-1].index("└") + 1
    columns = ["".join(line.ljust(60)[place] for line in lines[1:9]) for place in range(axis, 60)]
    full = {20: "     ▄██", 64: "█" * 8, 33: "   ▁████", 8: " " * 7 + "█"}
    assert [column for place, column in enumerate(columns) if column != columns[place - 1]] == [
        full[size] for _, _, size in moments
    ]
    assert columns[lines[0].index("▼") - axis] == full[64]
    assert columns[lines[0].index("▼") - axis - 1] == full[20]
    assert [line.partition("│")[0].strip() for line in lines[1:9]] == ["64 B", "", "48 B", "", "32 B", "", "16 B", ""]
    assert re.fullmatch(r" 0 B └─+ forward ─+┴─+ backward ─+┴─+ step ─+", lines[-1])


@pytest.mark.parametrize("width", [None, 20, 60, 80, 100, 200])
@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("count", [1, 7, 60, 1_000])
def test_the_plot_at_every_width(count: int, unicode: bool, width: int | None) -> None:
    moments = [("forward", f"layer{n}", 1_000 + n) for n in range(count)]
    moments += [("backward", f"layer{n}", 900 + n) for n in range(count)] + [("step", "layer0", 500)]
    lines = drawn(moments, width=width, unicode=unicode)
    assert max(map(len, lines)) == min(max(width or 100, 60), 100)
    assert len(lines) in (10, 11)  # the words over the mark where they have no room beside it
    assert unicode or "".join(lines).isascii()
    assert f"peak {memory(999 + count)} at layer{count - 1}, forward" in "".join(lines)
    assert sum(line.count("▼" if unicode else "v") for line in lines[:-9]) == 1


def test_one_moment_among_many_is_not_lost() -> None:
    moments = [("forward", "a", 1)] * 5_000 + [("forward", "b", 800)] + [("forward", "a", 1)] * 5_000
    lines = drawn(moments, width=80)
    assert lines[0].strip() == "▼ peak 800 B at b, forward"
    assert sum(line.count("█") for line in lines) == 8


def test_phases_that_do_nothing_are_not_drawn() -> None:
    assert "backward" not in drawn([("forward", "a", 5), ("step", "a", 5)])[-1]


def test_memory_words_are_ascii_where_the_stream_is(capsys: Said) -> None:
    lines = drawn([("forward", "層", 5), ("step", "a", 5)], unicode=False)
    assert "".join(lines).isascii()
    assert "\\u5c64" in lines[0]


AUTHORED = "input: 8x8x4\nlayers:\n  - custom: {output: 6x6x4, weights: 10}\n    name: own\n  - dense: 3\n"


def test_layers_with_numbers_given_in_the_file_are_marked(tmp_path: Path, capsys: Said) -> None:
    """Nobody knows what such a layer keeps, so the report says what it assumes."""
    file = tmp_path / "own.yaml"
    file.write_text(AUTHORED, encoding="utf-8")
    assert report(capsys, str(file.with_suffix("")))["assumptions"]["authored"] == ["own"]
    mark = "* 1 layer with numbers given in the file, assumed to run as one operation that keeps its input: own"
    assert mark in said(capsys, str(file.with_suffix("")))
    file.write_text(
        AUTHORED.replace("custom: {output: 6x6x4, weights: 10}", "conv: {filters: 4, kernel: 3}"), encoding="utf-8"
    )
    assert "authored" not in report(capsys, str(file.with_suffix("")))["assumptions"]
    assert "given in the file" not in said(capsys, str(file.with_suffix("")))


def test_the_verdict_on_each_network_has_its_colour(capsys: Said) -> None:
    """LeNet-5 has 61,706 parameters, AlexNet 62 million of 4 bytes, with gradients and momentum; columns stay straight."""
    models = [str(EXAMPLES / f"{name}.yaml") for name in ("lenet5", "alexnet")]
    lines = {}
    for color in ("never", "always"):
        assert main(["memory", *models, "--device", "512MiB", "--context", "1MiB", "--color", color]) in (0, 1)
        lines[color] = capsys.readouterr().out.partition("comparison")[2].splitlines()
    first, second = (next(line for line in lines["always"] if line.startswith(name)) for name in ("LeNet-5", "AlexNet"))
    assert first.endswith("\x1b[1;32mfits\x1b[0m")
    assert second.endswith("\x1b[1;31mdoes not fit\x1b[0m")
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines["always"]] == lines["never"]
