"""`analyzer memory`: what is asked, what is refused with one line, and the numbers as programs and people get them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import COMMAND, MODEL, ROOT, run, shell

import analyzer
from analyzer.cli.main import guarded

Said = pytest.CaptureFixture[str]

NETWORKS = ROOT / "tests" / "data" / "memory"
MEASURED = json.loads((ROOT / "tests" / "data" / "memory.json").read_text(encoding="utf-8"))

#: The textbook's layer, its run said in the file, and blocks.
TRAINED = MODEL + "training: {batch: 6, dtype: bfloat16, optimizer: lion, weight_decay: 0.1, step: loop, loss: mse}\n"
BLOCKS = """\
input: 16x16x3
blocks:
  Two:
    layers:
      - conv: {filters: 8, kernel: 3, padding: 1, act: relu}
      - conv: {filters: 8, kernel: 3, padding: 1, act: relu}
layers:
  - {Two: , name: first}
  - {Two: , name: second, repeat: 3}
  - dense: 10
"""


@pytest.fixture
def models(folder: Path) -> Path:
    """The folder with `trained.yaml` and `blocks.yaml` too."""
    (folder / "trained.yaml").write_text(TRAINED)
    (folder / "blocks.yaml").write_text(BLOCKS)
    return folder


def report(capsys: Said, *arguments: str, code: int = 0) -> Any:
    """The JSON report of a command that goes well, or that ends with `code` because a run does not fit."""
    assert guarded(["memory", *arguments, "--format", "json"]) == code
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def text(capsys: Said, *arguments: str) -> str:
    """The text of a command that goes well."""
    assert guarded(["memory", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


# --------------------------------------------------------------------------------------------------------------------
# Numbers.


def test_the_textbook_by_hand(models: Path, capsys: Said) -> None:
    """20 filters 8×8 over 32×32×3 in float32: 3,860 parameters, an input of 3,072 and an output of 14·14·20 numbers.

    Without a loss the output of the step before is there until the end, and a gradient arrives at the output. Forward:
    parameters, input, two outputs. Backward: the new output, its gradient, and the parameters' gradients being made.
    Step: the output and the gradients.
    """
    parameters, entered, output = 4 * 3_860, 4 * 3_072, 4 * 14 * 14 * 20
    found = report(capsys, "net.yaml", "--optimizer", "sgd", "--loss", "none")
    assert found["inference"]["peak_bytes"] == parameters + entered + output
    assert found["inference"]["breakdown"] == {
        "libraries": 0,
        "parameters": parameters, "buffers": 0, "input": entered, "activations": output, "temporary": 0,
    }  # fmt: skip
    assert found["training"]["phases"] == {
        "forward": parameters + entered + 2 * output,
        "backward": parameters + entered + 2 * output + parameters,
        "step": parameters + entered + output + parameters,
    }
    assert found["training"]["at"] == {"layer": "conv1", "phase": "backward"}
    local = found["modes"]["local"]["inference"]
    assert local["breakdown"]["parameters"] == 4 * 756_560
    assert "declared" not in found["modes"]


def test_a_measured_step_and_what_an_allocator_reserves(capsys: Said) -> None:
    """ResNet-50 by torch 2.13.0: a step of tests/data/memory.json, and 148,897,792 bytes reserved for inference."""
    row = next(
        row
        for row in MEASURED["training_op_level"]
        if (row["model"], row["batch"], row["optimizer"], row["foreach"]) == ("resnet50", 8, "adam", True)
    )
    path = str(NETWORKS / "resnet50.yaml")
    found = report(capsys, path, "--batch", "8", "--optimizer", "adam", "--weight-decay", str(row["weight_decay"]))
    training = found["training"]
    assert training["peak_bytes"] == pytest.approx(row["peak_train_bytes"], rel=0.005)
    assert training["saved_bytes"] == row["saved_activation_bytes"]
    assert training["breakdown"]["parameters"] == row["params_bytes"]
    assert training["breakdown"]["optimizer"] == row["optimizer_bytes"]
    assert training["breakdown"]["input"] == row["input_bytes"]
    assert report(capsys, path)["inference"]["reserved_bytes"] == 148_897_792


@pytest.mark.parametrize(
    "options",
    [[], ["--autocast", "--ema"], ["--ranks", "2", "--device", "24GiB"], ["--dtype", "int4", "--arena"], ["--checkpoint", "sqrt", "--accumulate", "2"]],
)  # fmt: skip
@pytest.mark.parametrize("network", ["resnet50", "vit_b16", "cudaconvnet_local", "textbook"])
def test_what_a_peak_consists_of_adds_up_to_it(network: str, options: list[str], capsys: Said) -> None:
    found = report(capsys, str(ROOT / "example_models" / f"{network}.yaml"), *options)
    for mode in found["modes"].values():
        for part in mode.values():
            assert sum(part["breakdown"].values()) == part["peak_bytes"]
            assert part["peak_bytes"] == max(part.get("phases", {"all": part["peak_bytes"]}).values())
    own = found["modes"].get(found["mode"], found["modes"]["shared"])
    assert found["inference"] == own["inference"]
    assert found.get("training") == own.get("training")
    if "training" in found:
        tensors = found["timeline"].pop("tensors")
        assert {phase: max(alive for _, alive in moments) for phase, moments in found["timeline"].items()} == found[
            "training"
        ]["phases"]
        moments = [alive for phase in found["timeline"].values() for _, alive in phase]
        for position, alive in enumerate(moments):
            assert sum(size for _, _, size, born, died in tensors if born <= position <= died) == alive
        peak: dict[str, int] = dict.fromkeys(found["training"]["breakdown"], 0)
        for _, category, size, born, died in tensors:
            peak[category] += size if born <= moments.index(max(moments)) <= died else 0
        assert peak == found["training"]["breakdown"]
    for change in found.get("changes", ()):
        peak = found.get("ranks", found["training"])["peak_bytes"]
        assert change["peak_bytes"] + change["saves_bytes"] == peak
    if "ranks" in found:
        assert sum(found["ranks"]["breakdown"].values()) == found["ranks"]["peak_bytes"]


@pytest.mark.parametrize("ranks", [[], ["--ranks", "2", "--strategy", "fsdp"]])
def test_each_change_does_what_it_says(ranks: list[str], models: Path, capsys: Said) -> None:
    """The option of a change, given to the command, gives the change's peak, its verdict and its largest batches."""
    asked = ["blocks.yaml", "--batch", "512", "--optimizer", "adam", "--device", "256MiB", "--context", "8MiB", *ranks]
    found = report(capsys, *asked)["changes"]
    assert [change["peak_bytes"] for change in found] == sorted(change["peak_bytes"] for change in found)
    assert {"--checkpoint blocks", "--batch 256 --accumulate 2"} <= {change["option"] for change in found}
    for change in found:
        changed = report(capsys, *asked, *change["option"].split())
        assert changed["ranks" if ranks else "training"]["peak_bytes"] == change["peak_bytes"], change
        for key in ("verdict", "max_batch"):
            assert changed[key] == change[key], change


def test_the_largest_batch_of_a_change_is_that_of_a_pass(models: Path, capsys: Said) -> None:
    """Gradients of several passes are alive all the time, so a pass has a little less room."""
    asked = ["blocks.yaml", "--batch", "512", "--device", "256MiB", "--context", "8MiB"]
    found = report(capsys, *asked)
    change = next(one for one in found["changes"] if one["option"] == "--batch 256 --accumulate 2")
    assert 0.9 * found["max_batch"] < change["max_batch"] <= found["max_batch"]
    line = next(line for line in text(capsys, *asked).splitlines() if line.startswith("--batch 256 --accumulate 2  "))
    assert f"  2 × {change['max_batch']:,}  " in line


def test_the_largest_batch_is_the_largest(models: Path, capsys: Said) -> None:
    asked = ["net.yaml", "--device", "128MiB", "--context", "8MiB"]
    found = report(capsys, *asked)
    safe, at_risk = found["max_batch"], found["max_batch_at_risk"]
    for batch, word in ((safe, "fits"), (safe + 1, "at risk"), (at_risk, "at risk"), (at_risk + 1, "does not fit")):
        code = 1 if word == "does not fit" else 0
        assert report(capsys, *asked, "--batch", str(batch), code=code)["verdict"] == word, batch
    lent = found["training"]["breakdown"]["libraries"] - (65 << 20)  # without it, cuDNN takes another algorithm
    least = found["training"]["peak_bytes"] - lent + (8 << 20)
    assert least <= found["device"]["low_bytes"] <= least + lent
    none = report(capsys, "net.yaml", "--device", "8MiB", "--context", "8MiB", code=1)
    assert (none["max_batch"], none["max_batch_at_risk"], none["verdict"]) == (0, 0, "does not fit")


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (["--batch", "8", "--device", "128MiB", "--context", "0"], {"batch": 8, "device": "128MiB", "context": "0"}),
        (["--ranks", "4", "--device", "2GiB"], {"ranks": 4, "device": "2GiB"}),
        (
            ["--batch", "8", "--ranks", "2", "--strategy", "zero3", "--optimizer", "adam", "--device", "T4"],
            {"batch": 8, "ranks": 2, "strategy": "zero3", "optimizer": "adam", "device": "T4"},
        ),
        (
            ["--dtype", "int8", "--device", "70MiB", "--context", "0"],
            {"dtype": "int8", "device": "70MiB", "context": "0"},
        ),
    ],
)
def test_python_gets_the_answers_that_the_command_prints(
    options: list[str], settings: dict[str, Any], models: Path, capsys: Said
) -> None:
    found, analysis = report(capsys, "blocks.yaml", *options), analyzer.memory("blocks.yaml", **settings)
    verdict = analysis.verdict()
    assert verdict is not None
    assert (found["verdict"], found["device"]["reason"]) == (verdict.word, verdict.reason)
    assert (found["max_batch"], found["max_batch_at_risk"]) == analysis.largest
    proposed = [(change["option"], change["peak_bytes"]) for change in found.get("changes", ())]
    assert proposed == [(change.option, change.bytes) for change in analysis.changes]
    needed = analysis.needed() if analysis.trains else analysis.held().eager_bytes
    assert found["device"]["low_bytes"] <= needed + analysis.context <= found["device"]["high_bytes"]
    assert found["assumptions"] == analysis.assumptions()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["net.yaml"], 0),
        (["net.yaml", "--device", "128MiB", "--context", "0"], 0),
        (["net.yaml", "--device", "128MiB"], 1),  # the context by itself has 1,750 MiB
        (["net.yaml", "--device", "128MiB", "--dtype", "int8"], 1),
        (["net.yaml", "blocks.yaml", "--device", "128MiB", "--context", "0"], 0),
    ],
)
@pytest.mark.parametrize("format", ["table", "json", "markdown", "csv", "html"])
def test_the_exit_code_says_whether_it_fits(
    arguments: list[str], code: int, format: str, models: Path, capsys: Said
) -> None:
    """The report is written all the same, and says why: nothing goes to stderr."""
    assert guarded(["memory", *arguments, "--format", format]) == code
    out, err = capsys.readouterr()
    assert (out != "", err) == (True, "")
    assert guarded(["memory", *arguments, "--format", format, "-o", "report"]) == code
    assert capsys.readouterr() == ("", "")
    assert Path("report").stat().st_size > 0


def test_one_of_several_does_not_fit(models: Path, capsys: Said) -> None:
    """The device is one byte too small for the network that needs more; the order of the files does not matter."""
    both = ["net.yaml", "blocks.yaml", "--context", "0"]
    needs = [report(capsys, file, "--batch", "1")["training"]["peak_bytes"] for file in both[:2]]
    assert needs[0] < needs[1]
    for files in (both, [both[1], both[0], *both[2:]]):
        assert guarded(["memory", *files, "--device", f"{needs[1] - 1}B"]) == 1
        assert "comparison" in capsys.readouterr().out


def test_where_nothing_is_trained_nothing_goes_back(folder: Path, capsys: Said) -> None:
    """A pool over 8×8×3 in float32, without a loss: its input, its output of the step before and the new one."""
    (folder / "pool.yaml").write_text("input: 8x8x3\nlayers: [{avg_pool: 2}]\n")
    found = report(capsys, "pool.yaml", "--loss", "none")
    assert found["training"]["peak_bytes"] == 4 * (8 * 8 * 3 + 2 * 4 * 4 * 3)
    assert found["timeline"]["backward"] == []
    said = text(capsys, "pool.yaml", "--ranks", "2", "--strategy", "zero3", "--device", "8GiB")
    assert "fits on 8GiB" in said


def test_ranks_share_the_batch(models: Path, capsys: Said) -> None:
    """Each of four ranks of plain data parallelism holds a step of a quarter of the batch, and its buckets of gradients."""
    found = report(capsys, "blocks.yaml", "--batch", "8", "--ranks", "4", "--device", "1GiB", "--context", "0")
    rank, alone = found["ranks"], report(capsys, "blocks.yaml", "--batch", "2", "--device", "1GiB", "--context", "0")
    assert (found["batch"], rank["batch"], rank["ranks"], rank["strategy"]) == (8, 2, 4, "ddp")
    parameters = alone["training"]["breakdown"]["parameters"]
    assert rank["breakdown"]["buckets"] == parameters
    assert rank["peak_bytes"] == alone["training"]["peak_bytes"] + parameters
    assert found["device"]["low_bytes"] == alone["device"]["low_bytes"] + parameters
    assert found["max_batch"] % 4 == 0
    assert report(capsys, "blocks.yaml", "--ranks", "4")["batch"] == 4
    assert "ranks" not in report(capsys, "blocks.yaml", "--ranks", "1")


@pytest.mark.parametrize(
    ("card", "options", "tf32"), [("H200", [], True), ("H200", ["--no-tf32"], False), ("T4", [], False)]
)
def test_tf32_needs_a_card_that_has_it(models: Path, capsys: Said, card: str, options: list[str], tf32: bool) -> None:
    assert report(capsys, "net.yaml", "--device", card, *options)["assumptions"]["tf32"] is tf32


@pytest.mark.parametrize("strategy", ["ddp", "fsdp", "zero2"])
def test_the_largest_batch_of_ranks_is_the_largest(models: Path, capsys: Said, strategy: str) -> None:
    """Each of four ranks takes the batch that fits one device with as much less room as its buckets and shares need."""
    asked = ["net.yaml", "--ranks", "4", "--strategy", strategy, "--device", "128MiB", "--context", "8MiB"]
    found, alone = report(capsys, *asked), report(capsys, "net.yaml", *asked[5:])
    safe, at_risk = found["max_batch"], found["max_batch_at_risk"]
    assert safe == pytest.approx(4 * alone["max_batch"], rel=0.01)
    assert at_risk == pytest.approx(4 * alone["max_batch_at_risk"], rel=0.01)
    for batch, word in ((safe, "fits"), (safe + 4, "at risk"), (at_risk, "at risk"), (at_risk + 4, "does not fit")):
        code = 1 if word == "does not fit" else 0
        assert report(capsys, *asked, "--batch", str(batch), code=code)["verdict"] == word, batch


# --------------------------------------------------------------------------------------------------------------------
# What is asked.


def test_the_file_gives_the_defaults_and_options_outrank_it(models: Path, capsys: Said) -> None:
    def settings(*arguments: str) -> dict[str, object]:
        found = report(capsys, *arguments)
        assumed = {name: found["assumptions"][name] for name in ("optimizer", "weight_decay", "optimizer_step", "loss")}
        return {"batch": found["batch"], "dtype": found["dtype"], **assumed}

    assert settings("net.yaml") == {
        "batch": 1, "dtype": "float32", "optimizer": "momentum", "weight_decay": 0, "optimizer_step": "foreach",
        "loss": "mean cross-entropy on int64 targets",
    }  # fmt: skip
    assert settings("trained.yaml") == {
        "batch": 6, "dtype": "bfloat16", "optimizer": "lion", "weight_decay": 0.1, "optimizer_step": "loop",
        "loss": "mean squared error on targets as the outputs",
    }  # fmt: skip
    given = ["--batch", "2", "--dtype", "float64", "--optimizer", "adam", "--weight-decay", "0", "--step", "fused", "--loss", "none"]  # fmt: skip
    assert settings("trained.yaml", *given) == {
        "batch": 2, "dtype": "float64", "optimizer": "adam", "weight_decay": 0, "optimizer_step": "fused",
        "loss": "none: a gradient arrives at the outputs",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "autocast", "checkpoint"),
    [
        (["--autocast", "blocks.yaml"], "bfloat16", None),
        (["--autocast", "float16", "blocks.yaml"], "float16", None),
        (["--autocast=float16", "blocks.yaml"], "float16", None),
        (["blocks.yaml", "--autocast"], "bfloat16", None),
        (["--checkpoint", "blocks.yaml"], None, "blocks"),
        (["--checkpoint", "--autocast", "./blocks.yaml"], "bfloat16", "blocks"),
        (["--checkpoint", "sqrt", "blocks.yaml"], None, "sqrt"),
        (["--checkpoint", "first,second.2.conv1", "blocks.yaml"], None, ["first", "second.2.conv1"]),
        (["--checkpoint", "--", "blocks.yaml"], None, "blocks"),
        (["--checkpoint", "plain"], None, "blocks"),  # a file without an ending
    ],
)
def test_a_value_that_is_left_out_swallows_no_file(
    arguments: list[str], autocast: str | None, checkpoint: object, models: Path, capsys: Said
) -> None:
    (models / "plain").write_text(BLOCKS)
    assert guarded(["memory", "--format", "json", *arguments]) == 0
    assumed = json.loads(capsys.readouterr().out)["assumptions"]
    assert (assumed.get("autocast"), assumed.get("checkpoint")) == (autocast, checkpoint)


def test_units_are_read_and_echoed_as_written(models: Path, capsys: Said) -> None:
    for written, capacity in (("24GiB", 24 << 30), ("24GB", 24 * 10**9), ("16384 MiB", 16 << 30)):
        device = report(capsys, "net.yaml", "--device", written)["device"]
        assert (device["name"], device["capacity_bytes"]) == (written, capacity)
        assert f"fits on {written}" in text(capsys, "net.yaml", "--device", written)
    card = report(capsys, "net.yaml", "--device", "nvidia rtx 4090")["device"]
    assert (card["name"], card["capacity_bytes"], card["nominal_bytes"]) == ("RTX 4090", 24_564 << 20, 24 << 30)
    for written, size in (("0", 0), ("0 MiB", 0), ("600MB", 600 * 10**6), ("600MiB", 600 << 20)):
        found = report(capsys, "net.yaml", "--device", "1GiB", "--context", written)
        assert found["device"]["context_bytes"] == size


def test_whole_number_formats_are_for_inference_alone(models: Path, capsys: Said) -> None:
    for dtype in ("int8", "uint8", "int4", "float8", "float4", "int32", "bool"):
        found = report(capsys, "trained.yaml", "--dtype", dtype, "--device", "70MiB", "--context", "0")
        assert not {"training", "changes", "timeline", "ranks"} & found.keys()
        assert [list(mode) for mode in found["modes"].values()] == [["inference"], ["inference"]]
        assert found["reserved_bytes"] == found["inference"]["reserved_bytes"]
        assert found["device"]["low_bytes"] == found["inference"]["eager_peak_bytes"]
        assert "inference only" in text(capsys, "trained.yaml", "--dtype", dtype)


def test_the_mode_that_is_asked_for(capsys: Said) -> None:
    path = str(ROOT / "example_models" / "cudaconvnet_local.yaml")
    for mode in ("shared", "local", "declared"):
        found = report(capsys, path, "--mode", mode)
        assert found["training"] == found["modes"][mode]["training"]
    peaks = [mode["training"]["peak_bytes"] for mode in found["modes"].values()]
    assert peaks[0] < peaks[2] < peaks[1]  # some of its layers are locally connected
    assert "as declared" in text(capsys, path)


# --------------------------------------------------------------------------------------------------------------------
# What is refused.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no model is given; `analyzer example > model.yaml` writes one to start from"),
        (["--autocast"], "no model is given; `analyzer example > model.yaml` writes one to start from"),
        (["-", "-"], "stdin (`-`) can be read once"),
        (["nte.yaml"], "file `nte.yaml` does not exist; did you mean `net.yaml`?"),
        (["--checkpoint", "nte.yaml"], "file `nte.yaml` does not exist; did you mean `net.yaml`?"),
        (["--autocast", "sub/net"], "file `sub/net` does not exist"),
        (["net.yaml", "--optimizer", "adan"], "`--optimizer` must be `sgd`, `momentum`, `nesterov`, `adam`, `adamw`, `rmsprop`, `adagrad`, `adafactor` or `lion`, not `adan`; did you mean `adam`?"),
        (["net.yaml", "--dtype", "flaot16"], "`--dtype` must be `float64`, `float32`, `tf32`, `float16`, `bfloat16`, `float8`, `float4`, `int64`, `int32`, `int16`, `int8`, `uint8`, `int4` or `bool`, not `flaot16`; did you mean `float16`?"),
        (["net.yaml", "--step", "fuse"], "`--step` must be `foreach`, `loop` or `fused`, not `fuse`; did you mean `fused`?"),
        (["net.yaml", "--loss", "l1"], "`--loss` must be `cross_entropy`, `mse` or `none`, not `l1`"),
        (["net.yaml", "--mode", "all"], "`--mode` must be `both`, `shared`, `local` or `declared`, not `all`"),
        (["net.yaml", "--format", "xml"], "`--format` must be `table`, `json`, `csv`, `markdown` or `html`, not `xml`"),
        (["net.yaml", "--stepp", "loop"], "unknown option `--stepp`; did you mean `--step`?"),
        (["net.yaml", "--batch", "0"], "`--batch`: a whole number of at least 1 is needed, not `0`"),
        (["net.yaml", "--batch", "-4"], "`--batch`: a whole number of at least 1 is needed, not `-4`"),
        (["net.yaml", "--batch", "four"], "`--batch`: a whole number of at least 1 is needed, not `four`"),
        (["net.yaml", "--accumulate", "0"], "`--accumulate`: a whole number of at least 1 is needed, not `0`"),
        (["net.yaml", "--weight-decay", "-1"], "`--weight-decay`: a number of at least 0 is needed, not `-1`"),
        (["net.yaml", "--weight-decay", "nan"], "`--weight-decay`: a number of at least 0 is needed, not `nan`"),
        (["net.yaml", "--weight-decay", "1_0"], "`--weight-decay`: a number of at least 0 is needed, not `1_0`"),
        (["net.yaml", "--device", "rtx 4091"], "`--device`: no card is called `rtx 4091`; did you mean `RTX 4090`?"),
        (["net.yaml", "--device", "A100"], "`--device`: `A100` is sold with more than one memory; write `A100-40GB` or `A100-80GB`"),
        (["net.yaml", "--device", "24"], "`--device`: `24` has no unit; write `24GiB` or `24GB`"),
        (["net.yaml", "--device", "0GiB"], "`--device`: `0GiB` is not an amount of memory; a device has at least 1 B"),
        (["net.yaml", "--device=-24GiB"], "`--device`: `-24GiB` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
        (["net.yaml", "--device", "-24GiB"], "`--device` needs a value"),
        (["net.yaml", "--context", "1GiB"], "`--context` is memory of a device; name one with `--device`"),
        (["net.yaml", "--device", "1GiB", "--context", "much"], "`--context`: `much` is not an amount of memory such as `24GiB` or `24GB`"),
        (["net.yaml", "--device", "1GiB", "--context", "5"], "`--context`: `5` has no unit; write `5GiB` or `5GB`"),
        (["net.yaml", "--strategy", "zero4", "--ranks", "2"], "`--strategy` must be `single`, `ddp`, `ddp-view`, `zero1`, `zero2`, `zero3`, `fsdp` or `fsdp-no-reshard`, not `zero4`; did you mean `zero3`?"),
        (["net.yaml", "--strategy", "zero3"], "`--strategy`: `zero3` needs `--ranks`, the number of devices"),
        (["net.yaml", "--strategy", "single", "--ranks", "2"], "the strategy `single` is one device, not 2 ranks; several take `ddp`, `ddp-view`, `zero1`, `zero2`, `zero3`, `fsdp` or `fsdp-no-reshard`"),
        (["net.yaml", "--ranks", "3", "--batch", "32"], "a batch of 32 does not divide among 3 ranks; 30 and 33 do"),
        (["trained.yaml", "--ranks", "4"], None),  # the file's batch of 6
        (["net.yaml", "--ranks", "0"], "`--ranks`: a whole number of at least 1 is needed, not `0`"),
        (["net.yaml", "--autocast", "float32"], None),
        (["net.yaml", "--autocast", "bflot16"], "`--autocast` must be `bfloat16` or `float16`, not `bflot16`; did you mean `bfloat16`?"),
        (["--autocast", "net.yaml", "--dtype", "bfloat16"], "`--autocast` casts float32 to 16 bits; it does not go with bfloat16"),
        (["trained.yaml", "--autocast"], "`--autocast` casts float32 to 16 bits; it does not go with bfloat16"),
        (["net.yaml", "--checkpoint", "conv2"], "`--checkpoint`: no layer and no block is called `conv2`; did you mean `conv1`?"),
        (["blocks.yaml", "--checkpoint", "first,secnd"], "`--checkpoint`: no layer and no block is called `secnd`; did you mean `second`?"),
        (["net.yaml", "--checkpoint=,"], "`--checkpoint`: `blocks`, `sqrt` or names of layers and blocks are needed"),
        (["net.yaml", "--optimizer", "lion", "--step", "fused"], "`lion` has no fused step; its steps are `foreach` and `loop`"),
        (["trained.yaml", "--step", "fused"], "`lion` has no fused step; its steps are `foreach` and `loop`"),
        (["net.yaml", "--set", "widht=3"], "the model has no variable `widht`; did you mean `width`? its variables are `width`"),
        (["net.yaml", "-o", "net.yaml"], "`net.yaml` is the model itself; choose another file for the report"),
    ],
)  # fmt: skip
def test_faults_are_one_line(arguments: list[str], said: str | None, models: Path, capsys: Said) -> None:
    assert guarded(["memory", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "mistake of analyzer" not in err
    if said is not None:
        assert err == f"analyzer: {said}\n"


@pytest.mark.parametrize(
    "option",
    [["--optimizer", "adam"], ["--weight-decay", "0"], ["--step", "loop"], ["--loss", "mse"], ["--checkpoint"], ["--accumulate", "2"], ["--ema"], ["--ranks", "2"], ["--strategy", "single"]],
)  # fmt: skip
def test_options_about_training_are_refused_where_nothing_is_trained(
    option: list[str], models: Path, capsys: Said
) -> None:
    assert guarded(["memory", "net.yaml", "--dtype", "int8", *option]) == 2
    assert capsys.readouterr() == ("", f"analyzer: `{option[0]}` is about training, and int8 is only for inference\n")
    assert guarded(["memory", "net.yaml", *option]) == 0


def test_a_wrong_model(folder: Path, capsys: Said) -> None:
    assert guarded(["memory", "wrong.yaml"]) == 1
    out, err = capsys.readouterr()
    assert (out, "wrong.yaml:3:5" in err) == ("", True)
    (folder / "training.yaml").write_text(MODEL + "training: {step: for_loop}\n")
    assert guarded(["memory", "training.yaml"]) == 1
    assert "`step` of `training` must be `foreach`, `loop` or `fused`, not `for_loop`" in capsys.readouterr().err


# --------------------------------------------------------------------------------------------------------------------
# Where it goes.


def test_several_files(models: Path, capsys: Said) -> None:
    assert guarded(["memory", "net.yaml", "wrong.yaml", "missing.yaml", "blocks.yaml", "--format", "json"]) == 2
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert [one["file"] for one in found] == ["net.yaml", "wrong.yaml", "missing.yaml", "blocks.yaml"]
    assert ["training" in one for one in found] == [True, False, False, True]
    assert found[1]["diagnostics"][0]["line"] == 3
    assert "analyzer: file `missing.yaml` does not exist" in err
    assert guarded(["memory", "net.yaml", "wrong.yaml", "blocks.yaml", "--device", "8GiB"]) == 1
    out, err = capsys.readouterr()
    comparison = out.partition("comparison\n")[2]
    assert [line.split("  ")[0] for line in comparison.splitlines()[3:]] == ["net", "wrong.yaml", "blocks"]
    assert re.search(r"^net +32×32×3 +1 .* fits$", comparison, re.M)
    assert "wrong.yaml:3:5" in err


def test_a_wrong_file_as_json(folder: Path, capsys: Said) -> None:
    assert guarded(["memory", "wrong.yaml", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["file"], found["diagnostics"][0]["code"]) == ("wrong.yaml", "MODEL102")


def test_a_file_is_written_whole_or_not_at_all(models: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(path.name for path in models.iterdir())
    for name, begins in (("a.json", '{"format": 1'), ("a.txt", "net · input 32×32×3")):
        assert guarded(["memory", "net.yaml", "-o", name, "--color", "always"]) == 0
        assert capsys.readouterr() == ("", "")
        written = (models / name).read_text(encoding="utf-8")
        assert written.startswith(begins)
        assert "\x1b" not in written
    (models / "a.txt").write_text("before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("analyzer.reporter.memory.timeline._stretches", fail)
    assert guarded(["memory", "net.yaml", "-o", "a.txt"]) == 2
    assert (models / "a.txt").read_text() == "before"
    assert sorted(path.name for path in models.iterdir()) == sorted([*before, "a.json", "a.txt"])


def test_from_stdin_and_to_narrow_encodings(folder: Path) -> None:
    done = run("memory", "-", "--device", "24GiB", stdin=MODEL.encode(), PYTHONIOENCODING="ascii", COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, b"")
    said = done.stdout.decode("ascii")
    assert "\\u" not in said
    assert max(map(len, said.splitlines())) <= 80
    assert "###" in said


def test_a_full_disk_and_a_closed_pipe(folder: Path) -> None:
    done = shell("$analyzer memory many.yaml | head -c 20 > /dev/null; echo ${PIPESTATUS[0]}", folder)
    assert (done.stdout, done.stderr) == (b"0\n", b"")
    if Path("/dev/full").exists():
        done = shell("$analyzer memory net.yaml > /dev/full", folder)
        assert done.stderr == b"analyzer: the output cannot be written: No space left on device\n"


def test_what_is_not_asked_for_is_not_loaded(folder: Path) -> None:
    """The report loads nothing of the memory analysis, and its JSON no `tabulate`."""
    script = "import sys; from analyzer.cli.main import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"

    def loaded(*arguments: str) -> set[str]:
        command = [COMMAND[0], "-c", script, *arguments]
        environment = {"PYTHONPATH": ":".join([str(ROOT), *filter(None, sys.path)])}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return set(done.stderr.split())

    report_of_layers = loaded("net.yaml")
    assert not {name for name in report_of_layers if ".memory" in name}
    assert "tabulate" in report_of_layers
    as_json = loaded("memory", "net.yaml", "--device", "24GiB", "--format", "json")
    assert "analyzer.engine.memory.analysis" in as_json
    assert not {"tabulate", "difflib", "dataclasses", "typing", "jsonschema"} & as_json
