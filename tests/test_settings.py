"""The API refuses what the command refuses, with the command's message: each row is a call and the same command line."""

from __future__ import annotations

import pickle
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import analyzer
from analyzer.cli.main import guarded

MODEL = (
    "name: net\ninput: 32x32x3\nvars: {width: 20}\nlayers: [{conv: {filters: $width, kernel: 8, padding: 1}}, relu]\n"
)
FLOATS = "`float64`, `float32`, `tf32`, `float16`, `bfloat16`, `float8`, `float4`"
DTYPES = f"{FLOATS}, `int64`, `int32`, `int16`, `int8`, `uint8`, `int4` or `bool`"
OPTIMIZERS = "`sgd`, `momentum`, `nesterov`, `adam`, `adamw`, `rmsprop`, `adagrad`, `adafactor` or `lion`"
STRATEGIES = "`ddp`, `ddp-view`, `zero1`, `zero2`, `zero3`, `fsdp` or `fsdp-no-reshard`"
NO_WHOLE = "a whole number of at least 1 is needed, not"
NO_CHECKPOINT = "`{checkpoint}`: `blocks`, `sqrt` or names of layers and blocks are needed"
NO_CHECK = "no check is called `NOPE`; `analyzer check --list` shows the checks"
ONLY_INFERENCE = "is about training, and int8 is only for inference"

#: The function, its keywords, the command's options, and the message with the settings that it names.
ANALYZE = [
    ({"batch": 0}, "--batch 0", f"`{{batch}}`: {NO_WHOLE} `0`"),
    ({"batch": -3}, "--batch=-3", f"`{{batch}}`: {NO_WHOLE} `-3`"),
    ({"batch": 2.5}, "--batch 2.5", f"`{{batch}}`: {NO_WHOLE} `2.5`"),
    ({"batch": True}, "--batch True", f"`{{batch}}`: {NO_WHOLE} `True`"),
    ({"batch": "two"}, "--batch two", f"`{{batch}}`: {NO_WHOLE} `two`"),
    ({"batch": None}, "--batch None", f"`{{batch}}`: {NO_WHOLE} `None`"),
    ({"batch": 10**15}, "--batch 1000000000000000", f"`{{batch}}`: {NO_WHOLE} `1000000000000000`"),
    ({"dtype": "x"}, "--dtype x", f"`{{dtype}}` must be {DTYPES}, not `x`"),
    ({"dtype": "float33"}, "--dtype float33", f"`{{dtype}}` must be {DTYPES}, not `float33`; did you mean `float32`?"),
    ({"set": {"widht": 3}}, "--set widht=3", "the model has no variable `widht`; did you mean `width`? its variables are `width`"),
    ({"input": {"image": "8x8x3"}}, "--input image=8x8x3", "the model has no input `image`; its inputs are `input`"),
    ({"input": "8xx3"}, "--input 8xx3", None),
    ({"input": ""}, "--input=", None),
    ({"input": "0x8x3"}, "--input 0x8x3", None),
]  # fmt: skip
MEMORY = [
    *ANALYZE[:5],
    *ANALYZE[6:],
    ({"mode": "all"}, "--mode all", "`{mode}` must be `both`, `shared`, `local` or `declared`, not `all`"),
    ({"autocast": "float99"}, "--autocast float99", "`{autocast}` must be `bfloat16` or `float16`, not `float99`; did you mean `float16`?"),
    ({"autocast": "float16", "dtype": "float16"}, "--autocast float16 --dtype float16", "`{autocast}` casts float32 to 16 bits; it does not go with float16"),
    ({"optimizer": "adamm"}, "--optimizer adamm", f"`{{optimizer}}` must be {OPTIMIZERS}, not `adamm`; did you mean `adam`?"),
    ({"weight_decay": -1}, "--weight-decay=-1", "`{weight_decay}`: a number of at least 0 is needed, not `-1`"),
    ({"weight_decay": "nan"}, "--weight-decay nan", "`{weight_decay}`: a number of at least 0 is needed, not `nan`"),
    ({"weight_decay": float("inf")}, "--weight-decay inf", "`{weight_decay}`: a number of at least 0 is needed, not `inf`"),
    ({"step": "x"}, "--step x", "`{step}` must be `foreach`, `loop` or `fused`, not `x`"),
    ({"step": "fused", "optimizer": "lion"}, "--step fused --optimizer lion", "`lion` has no fused step; its steps are `foreach` and `loop`"),
    ({"loss": "x"}, "--loss x", "`{loss}` must be `cross_entropy`, `mse` or `none`, not `x`"),
    ({"accumulate": -3}, "--accumulate=-3", f"`{{accumulate}}`: {NO_WHOLE} `-3`"),
    ({"accumulate": 0}, "--accumulate 0", f"`{{accumulate}}`: {NO_WHOLE} `0`"),
    ({"checkpoint": ["nope"]}, "--checkpoint nope", "`{checkpoint}`: no layer and no block is called `nope`; `blocks` is every block, `sqrt` every √n layers"),
    ({"checkpoint": "conv"}, "--checkpoint conv", "`{checkpoint}`: no layer and no block is called `conv`; did you mean `conv1`?"),
    ({"checkpoint": ["conv1", "nope"]}, "--checkpoint conv1,nope", "`{checkpoint}`: no layer and no block is called `nope`; `blocks` is every block, `sqrt` every √n layers"),
    ({"checkpoint": []}, "--checkpoint ,", NO_CHECKPOINT),
    ({"checkpoint": ""}, "--checkpoint=", NO_CHECKPOINT),
    ({"device": "nope"}, "--device nope", "`{device}`: `nope` is neither a known card nor an amount of memory such as `24GiB` or `24GB`"),
    ({"device": "24"}, "--device 24", None),
    ({"device": "RTX 3080"}, "--device 'RTX 3080'", None),
    ({"context": "1GiB"}, "--context 1GiB", "`{context}` is memory of a device; name one with `{device}`"),
    ({"context": "x", "device": "1GB"}, "--context x --device 1GB", None),
    ({"layout": "chanels_last", "device": "24GiB"}, "--layout chanels_last --device 24GiB", "`{layout}` must be `channels_first` or `channels_last`, not `chanels_last`; did you mean `channels_last`?"),
    ({"layout": "channels_last"}, "--layout channels_last", "`{layout}` is about a CUDA card; name one with `{device}`"),
    ({"tf32": False}, "--no-tf32", "`{tf32}` is about a CUDA card; name one with `{device}`"),
    ({"ranks": 0}, "--ranks 0", f"`{{ranks}}`: {NO_WHOLE} `0`"),
    ({"ranks": 2, "strategy": "nope"}, "--ranks 2 --strategy nope", f"`{{strategy}}` must be `single`, {STRATEGIES}, not `nope`"),
    ({"ranks": 2, "strategy": "single"}, "--ranks 2 --strategy single", f"the strategy `single` is one device, not 2 ranks; several take {STRATEGIES}"),
    ({"strategy": "ddp"}, "--strategy ddp", "`{strategy}`: `ddp` needs `{ranks}`, the number of devices"),
    ({"ranks": 3, "batch": 4}, "--ranks 3 --batch 4", "a batch of 4 does not divide among 3 ranks; 3 and 6 do"),
    *(
        ({"dtype": "int8", name: value}, f"--dtype int8 --{name.replace('_', '-')}={value}", f"`{{{name}}}` {ONLY_INFERENCE}")
        for name, value in {"optimizer": "adam", "weight_decay": 0, "step": "loop", "loss": "mse", "checkpoint": "blocks", "accumulate": 1, "ranks": 1, "strategy": "single"}.items()
    ),
    ({"dtype": "int8", "ema": True}, "--dtype int8 --ema", f"`{{ema}}` {ONLY_INFERENCE}"),
]  # fmt: skip
CHECK = [
    *ANALYZE[9:],
    ({"select": ["NOPE"]}, "--select NOPE", NO_CHECK),
    ({"select": "NOPE"}, "--select NOPE", NO_CHECK),
    ({"ignore": ["CHECK101", "NOPE"]}, "--ignore CHECK101,NOPE", NO_CHECK),
    ({"select": ["bias-befor-norm"]}, "--select bias-befor-norm", "no check is called `bias-befor-norm`; did you mean `bias-before-norm`?"),
    ({"select": ","}, "--select ,", "`{select}`: a code or a name is needed"),
    ({"ignore": ""}, "--ignore=", "`{ignore}`: a code or a name is needed"),
]  # fmt: skip

Row = tuple[Callable[..., object], str, dict[str, object], str, str | None]
ROWS: list[Row] = [
    *((analyzer.analyze, "", *row) for row in ANALYZE),
    *((analyzer.memory, "memory", *row) for row in MEMORY),
    *((analyzer.check, "check --no-config", *row) for row in CHECK),
]


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(MODEL, encoding="utf-8")
    return "net.yaml"


@pytest.mark.parametrize(
    ("function", "command", "keywords", "options", "message"), ROWS, ids=lambda value: str(value)[:60]
)
def test_the_api_refuses_what_the_command_refuses(
    function: Callable[..., object], command: str, keywords: dict[str, object], options: str, message: str | None,
    net: str, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with pytest.raises(analyzer.SettingError) as caught:
        function(net, **keywords)
    arguments = [*command.split(), net, *shlex.split(options)]
    assert guarded(arguments) == 2
    said = capsys.readouterr().err
    options_of = {"tf32": "no-tf32"}
    assert said == f"analyzer: {caught.value.text(lambda name: '--' + options_of.get(name, name.replace('_', '-')))}\n"
    if message is not None:
        assert caught.value.message == message
    for setting in caught.value.settings:
        assert f"`{setting}`" in str(caught.value)


def test_the_api_refuses_what_no_command_line_can_say() -> None:
    for keywords, message in (
        ({"optimiser": "adam"}, "there is no setting `optimiser`; did you mean `optimizer`?"),
        ({"tf32": 1, "device": "24GiB"}, "`tf32` must be `True` or `False`, not `1`"),
        ({"ema": "yes"}, "`ema` must be `True` or `False`, not `yes`"),
        ({"dtype": ["float32"]}, None),
        ({"checkpoint": 3}, None),
        ({"weight_decay": True}, "`weight_decay`: a number of at least 0 is needed, not `True`"),
        ({"device": 24}, None),
        ({"context": -1, "device": "24GiB"}, "`context`: a whole number of at least 0 is needed, not `-1`"),
        ({"ram": 0, "arena": True}, "`ram`: a whole number of at least 1 is needed, not `0`"),
        ({"flash": -5, "arena": True}, "`flash`: a whole number of at least 1 is needed, not `-5`"),
    ):
        with pytest.raises(analyzer.SettingError) as caught:
            analyzer.memory(MODEL, **keywords)  # type: ignore[arg-type]
        assert message is None or str(caught.value) == message


def test_what_the_command_takes_the_api_takes() -> None:
    assert analyzer.memory(MODEL, strategy="ZeRO-2", ranks=2).strategy == "zero2"
    assert analyzer.memory(MODEL, checkpoint="conv1, relu1").run.checkpoint == ("conv1", "relu1")
    assert analyzer.memory(MODEL, device="rtx4090", context="0").context == 0
    assert analyzer.analyze(MODEL, input=analyzer.Volume((9, 9), 3)).input.sizes == (9, 9, 3)  # type: ignore[arg-type]
    assert analyzer.check(MODEL, select="CHECK2,CHECK3") == analyzer.check(MODEL, select=["CHECK2", "CHECK3"])


def test_a_setting_error_is_a_value_error_and_can_be_pickled() -> None:
    with pytest.raises(ValueError, match="batch") as caught:
        analyzer.analyze(MODEL, batch=0)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.settings) == (str(caught.value), ("batch",))
    assert type(again) is analyzer.SettingError
