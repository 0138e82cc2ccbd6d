"""`training`: how the network is trained, as the options of `analyzer memory` say it, and what does not go together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loading import found, parsed

import analyzer
from analyzer.cli.main import guarded
from analyzer.engine.memory.analysis import MemoryAnalysis
from analyzer.engine.memory.planned import merged
from analyzer.engine.memory.settings import HALVES, LAYOUTS
from analyzer.engine.memory.sharding.strategies import STRATEGIES
from analyzer.loader.parse.grammar import TRAINING_KEYS

Said = pytest.CaptureFixture[str]

MODEL = """
name: net
input: 8x8x3
vars: {n: 4}
blocks: {B: {layers: [{conv: {filters: 3, kernel: 3, padding: 1}}, relu]}}
layers:
  - {B: {}, name: one}
  - {B: {}, name: two}
  - dense: 10
training: """

#: Every key, with the options that say the same.
SAME = [
    ("{autocast: float16}", ["--autocast", "float16"]),
    ("{checkpoint: blocks}", ["--checkpoint", "blocks"]),
    ("{checkpoint: sqrt}", ["--checkpoint", "sqrt"]),
    ("{checkpoint: one}", ["--checkpoint", "one"]),
    ("{checkpoint: [one, two.conv1]}", ["--checkpoint", "one,two.conv1"]),
    ('{checkpoint: "one, two"}', ["--checkpoint", "one,two"]),
    ("{batch: 4, accumulate: 2}", ["--batch", "4", "--accumulate", "2"]),
    ("{batch: $n, accumulate: $n/2}", ["--batch", "4", "--accumulate", "2"]),
    ("{ema: true}", ["--ema"]),
    ("{ema: false}", []),
    ("{dtype: bfloat16, master_weights: true}", ["--dtype", "bfloat16", "--master-weights"]),
    ("{device: RTX 4090}", ["--device", "RTX 4090"]),
    ("{device: A100-80GB}", ["--device", "A100-80GB"]),
    ("{device: 24GiB}", ["--device", "24GiB"]),
    ("{device: 24GiB, layout: channels_last, tf32: false}", ["--device", "24GiB", "--layout", "channels_last", "--no-tf32"]),
    ("{batch: 4, ranks: 2}", ["--batch", "4", "--ranks", "2"]),
    ("{batch: 4, ranks: 2, strategy: zero2}", ["--batch", "4", "--ranks", "2", "--strategy", "zero2"]),
    ("{strategy: single}", ["--strategy", "single"]),
]  # fmt: skip


def test_the_choices_are_those_of_the_options() -> None:
    assert TRAINING_KEYS["autocast"] == HALVES
    assert TRAINING_KEYS["layout"] == LAYOUTS
    assert TRAINING_KEYS["strategy"] == tuple(STRATEGIES)


@pytest.mark.parametrize(("written", "options"), SAME)
def test_a_key_is_its_option(
    written: str, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(MODEL + written + "\n")
    Path("plain.yaml").write_text(MODEL + "{}\n")

    def report(*arguments: str) -> dict[str, object]:
        assert guarded(["memory", *arguments, "--format", "json", "--quiet"]) == 0
        return {key: value for key, value in json.loads(capsys.readouterr().out).items() if key != "file"}

    assert report("net.yaml") == report("plain.yaml", *options)


@pytest.mark.parametrize(("written", "options"), SAME)
def test_a_budget_is_about_this_run(written: str, options: list[str]) -> None:
    """Its message has the peak that `analyzer memory` has, rounded up."""
    text = f"{MODEL}{written}\nbudget: {{peak_training_memory: 1}}\n"
    (one,) = analyzer.check(text, select="CHECK501")
    needed = analyzer.memory(text).needed()
    assert f"{needed:,} − 1 = " in one.notes[0]


@pytest.mark.parametrize(
    ("written", "key", "message", "help"),
    [
        ("{autocast: float8}", "float8", "`autocast` of `training` must be `bfloat16` or `float16`, not `float8`", "did you mean `float16`?"),
        ("{autocast: true}", "true", "`autocast` of `training` must be `bfloat16` or `float16`, not `true`", "write `autocast: bfloat16`"),
        ("{checkpoint: [one, twoo]}", "[one, twoo]", "`checkpoint`: no layer and no block is called `twoo`; did you mean `two`?", None),
        ("{checkpoint: block}", "block", "`checkpoint`: no layer and no block is called `block`; did you mean `blocks`?", None),
        ("{checkpoint: true}", "true", "`checkpoint` of `training` must be `blocks` or `sqrt`, or names of layers and blocks, not `true`", "`checkpoint: blocks` recomputes each block"),
        ("{checkpoint: []}", "[]", "`checkpoint` of `training` must be `blocks` or `sqrt`, or names of layers and blocks, not a list or a mapping", None),
        ("{accumulate: 4}", "4", "`accumulate` needs `batch`, the samples of one pass", None),
        ("{batch: 8, accumulate: 0}", "0", "`accumulate` of `training` must be a whole number of at least 1, not 0", None),
        ("{ema: 1}", "1", "`ema` of `training` must be `true` or `false`, not 1", "write `true`"),
        ("{ranks: 2}", "2", "`ranks` needs `batch`, the samples of all ranks together", None),
        ("{batch: 8, strategy: zero2}", "zero2", "`strategy`: `zero2` needs `ranks`, the number of devices", None),
        ("{batch: 8, ranks: 2, strategy: zero4}", "zero4", "`strategy` of `training` must be `single`, `ddp`, `ddp-view`, `zero1`, `zero2`, `zero3`, `fsdp` or `fsdp-no-reshard`, not `zero4`", "did you mean `zero3`?"),
        ("{batch: 8, ranks: 3}", "8", "a batch of 8 does not divide among 3 ranks; 6 and 9 do", None),
        ("{batch: 8, ranks: 2, strategy: single}", "single", "the strategy `single` is one device, not 2 ranks; several take `ddp`, `ddp-view`, `zero1`, `zero2`, `zero3`, `fsdp` or `fsdp-no-reshard`", None),
        ("{dtype: float16, autocast: bfloat16}", "bfloat16", "`autocast` casts float32 to 16 bits; it does not go with float16", None),
        ("{dtype: int8, ema: true}", "true", "`ema` is about training, and int8 is only for inference", None),
        ("{dtype: int8, autocast: bfloat16}", "bfloat16", "`autocast` is about training, and int8 is only for inference", None),
        ("{master_weights: true}", "true", "`master_weights` keeps a 32-bit copy of 16-bit weights, and the weights are in float32; it needs `dtype` bfloat16 or float16", None),
        ("{autocast: bfloat16, master_weights: true}", "true", "`master_weights` keeps a 32-bit copy of 16-bit weights, and the weights are in float32, under autocast too; it needs `dtype` bfloat16 or float16", None),
        ("{device: RTX 409}", "RTX 409", "`device` of `training` is not a device: no card is called `RTX 409`; did you mean `RTX 4090`?", None),
        ("{device: 24}", "24", "`device` of `training` is not a device: `24` has no unit; write `24GiB` or `24GB`", None),
        ("{device: [24GiB]}", "[24GiB]", "`device` of `training` must be a card or an amount such as `24GiB`, not `[24GiB]`", None),
        ("{layout: nhwc}", "nhwc", "`layout` of `training` must be `channels_first` or `channels_last`, not `nhwc`", "did you mean `channels_last`?"),
        ("{tf32: off}", "off", "`tf32` of `training` must be `true` or `false`, not `off`", "write `false`"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_at_its_place(written: str, key: str, message: str, help: str | None) -> None:
    text = MODEL + written + "\n"
    with pytest.raises(analyzer.ModelError) as caught:
        analyzer.analyze(text)
    (one,) = caught.value.diagnostics
    assert (one.code, one.message, one.help) == ("VALUE101", message, help)
    assert one.span is not None
    assert one.span.line == 10
    assert text.split("\n")[9][one.span.column - 1 :].startswith(key)


def test_several_mistakes_appear_together_and_none_as_a_consequence() -> None:
    def messages(written: str) -> list[str]:
        with pytest.raises(analyzer.ModelError) as caught:
            analyzer.analyze(MODEL + written + "\n")
        return [one.message for one in caught.value.diagnostics]

    assert len(messages("{accumulate: 4, strategy: ddp, checkpoint: three}")) == 3
    assert len(messages("{batch: none, accumulate: 4}")) == 1  # there is a batch


@pytest.mark.parametrize(
    ("word", "meant"),
    [("amp", "autocast"), ("gradient_checkpointing", "checkpoint"), ("gpus", "ranks"), ("world_size", "ranks"), ("gpu", "device"), ("memory_format", "layout"), ("rank", "ranks")],
)  # fmt: skip
def test_a_key_by_its_name_elsewhere(word: str, meant: str) -> None:
    (one,) = [one for one in found(MODEL + f"{{{word}: 2}}\n") if one.code == "MODEL102"] or found(
        MODEL + f"{{{word}: 2}}\n"
    )
    assert one.help == f"did you mean `{meant}`?"


def test_writing_keeps_every_key() -> None:
    written = "{batch: 4, accumulate: 2, checkpoint: [one, two], ema: true, device: RTX 4090, layout: channels_last, tf32: false, ranks: 2, strategy: fsdp, autocast: float16}"
    model = parsed(MODEL + written + "\n")
    for flat in (False, True):
        text = analyzer.convert(model, flat=flat)
        again = analyzer.load(text)
        assert again.training == model.training
        assert len(again.training) == 10


def test_the_command_line_wins() -> None:
    text = MODEL + "{batch: 4, ranks: 2, strategy: zero2, autocast: float16, checkpoint: blocks, device: 8GiB}\n"
    found = analyzer.memory(text, ranks=4, strategy="fsdp", checkpoint="sqrt", device="24GiB", context="1GiB")
    assert (found.ranks, found.strategy, found.run.checkpoint, found.run.autocast) == (4, "fsdp", "sqrt", "float16")
    assert found.device is not None
    assert (found.device.name, found.context) == ("24GiB", 1 << 30)
    assert analyzer.memory(text, context="0").context == 0  # the file names the device


def test_a_given_number_format_rules_out_what_needs_another() -> None:
    text = MODEL + "{batch: 4, ranks: 2, autocast: float16, optimizer: adam}\n"
    assert analyzer.memory(text, dtype="bfloat16").run.autocast is None
    assert not analyzer.memory(text, dtype="int8").trains
    assert analyzer.memory(MODEL + "{dtype: bfloat16, master_weights: true}\n", dtype="float32").run.dtype == "float32"
    assert merged({"dtype": "float32", "autocast": "float16"}, {"batch": 2}) == {
        "dtype": "float32", "autocast": "float16", "batch": 2,
    }  # fmt: skip
    with pytest.raises(analyzer.SettingError, match="it does not go with bfloat16"):
        analyzer.memory(text, dtype="bfloat16", autocast="float16")


def test_weights_of_the_file_in_another_format_have_no_master_weights() -> None:
    text = MODEL.replace("vars:", "weights_dtype: float32\nvars:") + "{dtype: bfloat16, master_weights: true}\n"
    with pytest.raises(analyzer.ModelError, match="those of the file are in float32"):
        analyzer.analyze(text)
    network = analyzer.analyze(MODEL + "{}\n").network
    network.weights_dtype = "float32"
    with pytest.raises(analyzer.SettingError, match="those of the file are in float32"):
        MemoryAnalysis.of(network, {}, dtype="bfloat16", master_weights=True)


def test_a_comparison_has_the_peaks_of_both_runs() -> None:
    plain, cast = (
        analyzer.load(MODEL + written + "\n") for written in ("{batch: 4}", "{batch: 4, autocast: bfloat16}")
    )
    found = analyzer.diff(plain, cast)
    peaks = [side.described.peaks["peak_training_memory"] for side in (found.old, found.new) if side.described]
    assert peaks == [analyzer.memory(one).needed() for one in (plain, cast)]
    assert peaks[0] != peaks[1]
