"""The tables of other libraries' words: each name that they offer exists, and what a help says to write loads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from analyzer.diagnostics import Diagnostic
from analyzer.dtypes import BITS
from analyzer.engine.amounts import AMOUNTS
from analyzer.engine.memory.optimizers import OPTIMIZERS
from analyzer.engine.memory.settings import LOSSES
from analyzer.layers import CATALOGUE
from analyzer.layers.elsewhere import found_elsewhere
from analyzer.loader.expand.expansion import expand
from analyzer.loader.parse import grammar
from analyzer.loader.parse.file import parse
from analyzer.loader.parse.translation import left_out, read_call, translated
from analyzer.words import keys, parameters, signatures, types, values
from analyzer.words.lookup import absent, plain
from analyzer.words.parameter_help import has_no_counterpart, parameter_called

BAD = Path(__file__).parents[1] / "bad"
HEAD = "input: 32x32x8\nvars: {width: 8, c: 8, k: 3, depth: 8}\n"


def problems(text: str) -> list[Diagnostic]:
    return parse(text, "net.yaml").problems


def helps(layer: str) -> list[str]:
    return [finding.help or "" for finding in problems(f"{HEAD}layers:\n  - {layer}\n")]


@pytest.mark.parametrize(
    ("table", "known"),
    [
        (keys.TOP, grammar.TOP_KEYS), (keys.GRAPH, grammar.GRAPH_KEYS), (keys.BLOCK, grammar.BLOCK_KEYS),
        (keys.STRUCTURE, grammar.RESIDUAL_KEYS | grammar.PARALLEL_KEYS), (keys.JOINS, grammar.JOINS),
        (keys.AXES, grammar.INPUT_AXES), (keys.BUDGET, AMOUNTS), (keys.ENDS, ("min", "max")),
        (keys.TRAINING, grammar.TRAINING_KEYS), (values.DTYPES, BITS), (values.OPTIMIZERS, OPTIMIZERS),
        (values.LOSSES, LOSSES), (values.TOP_AS_LAYER, grammar.TOP_KEYS),
        (parameters.CALLED, {name for kind in CATALOGUE.values() for name in kind.declared}),
    ],
)  # fmt: skip
def test_the_names_that_a_table_offers_exist(table: Mapping[str, str], known: Mapping[str, object]) -> None:
    assert [name for names in table.values() for name in names.split() if name not in known] == []
    assert [word for word in table if plain(word) != word.lstrip("-")] == []


@pytest.mark.parametrize(
    "table", [parameters.ABSENT, types.ABSENT, keys.TOP_ABSENT, keys.GRAPH_ABSENT, keys.TRAINING_ABSENT]
)
def test_a_word_without_a_counterpart_is_answered_in_a_sentence(table: Mapping[str, str]) -> None:
    for word in table:
        sentence = absent(word, table)
        assert sentence is not None
        assert "{" not in re.sub(r"`[^`]*`", "", sentence)
        assert plain(word) == word


def test_no_word_for_a_missing_type_is_a_type() -> None:
    assert [word for word in types.ABSENT if word in {plain(name) for name in CATALOGUE}] == []


def test_parameters_of_one_type_exist_there() -> None:
    for type, own in parameters.OF_TYPE.items():
        assert [name for name in own.values() if name and name not in CATALOGUE[type].declared] == []


@pytest.mark.parametrize("table", [signatures.TORCH, signatures.KERAS])
def test_arguments_of_signatures_have_a_name_here_or_a_sentence(table: Mapping[str, str]) -> None:
    for type, names in table.items():
        declared = CATALOGUE[type].declared
        for name in names.split():
            if plain(name) in ("dim", "axis", "normalizedshape", "mode"):
                continue  # ours work along the depth
            known = name in declared or parameter_called(name, type, declared) is not None
            assert known or has_no_counterpart(name), (type, name)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("times", "repeat"), ("input", "from"), ("trainable", "frozen: true"), ("comment", "note"), ("shape", "expect"),
        ("nmae", "name"),
    ],
)  # fmt: skip
def test_keys_beside_a_layer(word: str, said: str) -> None:
    assert said in helps(f"{{relu: , {word}: a}}")[0]


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("{conv: {out_channels: 4, kernel: 3}}", "did you mean `filters`?"),
        ("{dense: {out_features: 4}}", "did you mean `units`?"),
        ("{embedding: {num_embeddings: 4, size: 3}}", "did you mean `vocabulary`?"),
        ("{lstm: {hidden_size: 4}}", "did you mean `units`?"),
        ("{dropout: {p: 0.5}}", "did you mean `rate`?"),
        ("{max_pool: {pool_size: 2}}", "did you mean `kernel`?"),
        ("{upsample: {scale_factor: 2}}", "did you mean `factor`?"),
        ("{conv: {in_channels: 3, filters: 4, kernel: 3}}", "the input's depth is inferred: leave `in_channels` out"),
        ("{batch_norm: {num_features: 3}}", "the input's depth is inferred: leave `num_features` out"),
        ("{conv: {filters: 4, kernel: 3, kernel_initializer: he}}", "weights are not initialised here: leave `kernel_initializer` out"),
        ("{conv: {filters: 4, kernel: 3, data_format: NCHW}}", "volumes are always height x width x depth: leave `data_format` out"),
        ("{conv: {filters: 4, kernel: 3, padding: SAME}}", "did you mean `same`?"),
        ("{conv: {filters: 4, kernel: 3, padding_mode: edge}}", "did you mean `replicate`?"),
        ("{conv: {filters: 4, kernel: 3, sharing: locally}}", "did you mean `local`?"),
        ("{conv: {filters: 4, kernel: 3, act: ReLU}}", "`ReLU` is called `relu` here"),
        ("{pool: 2}", "write `max_pool`, `avg_pool`, or `global_avg_pool` for one value a plane"),
    ],
)  # fmt: skip
def test_words_of_layers(layer: str, said: str) -> None:
    assert helps(layer) == [said]


@pytest.mark.parametrize("word", ["times", "zzz", "pool", "filters", "kernel", "padding", "out_channels", "width", "b"])
def test_nothing_is_suggested_that_is_only_spelled_a_little_alike(word: str) -> None:
    """`times` is not `tied`, `pool` not `lp_pool`, `padding` not `embedding`."""
    (help,) = helps(f"'{word}'") or [""]
    assert "did you mean" not in help


#: Layers as torch and Keras have them, and ours.
CALLS = {
    "nn.Conv2d(3, 64, 3)": "conv: {filters: 64, kernel: 3}",
    "nn.Conv2d(3, 64, kernel_size=3, stride=2, padding=1, bias=False)": "conv: {filters: 64, kernel: 3, stride: 2, padding: 1, bias: false}",
    "torch.nn.Conv2d(3, 64, (3, 5), groups=1)": "conv: {filters: 64, kernel: 3x5, groups: 1}",
    "Conv2D(64, (3, 3), activation='relu', padding='SAME')": "conv: {filters: 64, kernel: 3, act: relu, padding: same}",
    "layers.Conv2D(32, 3, strides=(2, 1), input_shape=(28, 28, 1))": "conv: {filters: 32, kernel: 3, stride: 2x1}",
    "tf.keras.layers.Dense(10, activation='softmax')": "dense: {units: 10, act: softmax}",
    "nn.Linear(512, 10)": "dense: 10",
    "Dropout(0.5)": "dropout: 0.5",
    "nn.Dropout(p=0.5)": "dropout: 0.5",
    "F.relu(x)": "relu",
    "F.max_pool2d(x, 2)": "max_pool: 2",
    "nn.MaxPool2d(3, stride=2, ceil_mode=True)": "max_pool: {kernel: 3, stride: 2, rounding: ceil}",
    "nn.BatchNorm2d(64)": "batch_norm",
    "nn.Upsample(scale_factor=2, mode='nearest')": "upsample: {factor: 2, mode: nearest}",
    "UpSampling2D((2, 2))": "upsample: 2",
    "torch.flatten(x, 1)": "flatten",
    "self.conv1 = nn.Conv2d(3, 6, 5)": "conv: {filters: 6, kernel: 5}",
    "x = Conv2D(64, 3)(x)": "conv: {filters: 64, kernel: 3}",
    "model.add(Dense(10))": "dense: 10",
    "nn.AdaptiveAvgPool2d((1, 1))": "adaptive_avg_pool: 1",
    "nn.LSTM(64, 128, 2)": "lstm: {units: 128, layers: 2}",
    "LSTM(64, return_sequences=False)": "lstm: {units: 64, sequence: false}",
    "nn.GroupNorm(8, 64)": "group_norm: 8",
    "nn.LayerNorm(512)": "layer_norm",
    "Reshape((8, 8, 128))": "reshape: 8x8x128",
    "nn.ConvTranspose2d(64, 32, 2, stride=2)": "conv_transpose: {filters: 32, kernel: 2, stride: 2}",
    "nn.LeakyReLU(0.2)": "leaky_relu: 0.2",
    "nn.Softmax(dim=1)": "softmax",
    "conv(64, 3)": "conv: {filters: 64, kernel: 3}",
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_a_layer_that_is_written_as_a_call(call: str) -> None:
    ours = CALLS[call]
    (help,) = helps(f'"{call}"')
    assert ours in help.replace("`", "").replace(" is called", "")
    assert problems(f"{HEAD}layers:\n  - {ours}\n") == []


def test_a_call_with_an_argument_of_its_own_is_not_translated() -> None:
    call = read_call("nn.Conv2d(3, 64, 3, window=8, unheard_of=3)")
    assert call is not None
    assert translated("conv", call) is None
    assert read_call("nn.Conv2d(3, 64") is None
    assert read_call("conv 3") is None
    assert read_call("conv(3if 4 else 5)") is None
    assert read_call("conv('\\d')") is None
    assert left_out("conv", ["in_channels", "kernel_size"]) == ["in_channels"]


@pytest.mark.parametrize(
    ("above", "type"),
    [
        ("[]", "dense"), ("[{conv: {filters: 4, kernel: 3}}, relu]", "dense"), ("[Conv2d, MaxPool2d]", "dense"),
        ("[{reshape: 1024x8}, layer_norm]", "linear"), ("[{reshape: 1024x8}, {multi_head_attention: 2}, {dropout: 0.1}]", "linear"),
    ],
)  # fmt: skip
def test_a_linear_layer_of_torch_is_dense_behind_convolutions_and_linear_in_sequences(above: str, type: str) -> None:
    items = above[1:-1]
    text = f"{HEAD}layers: [{items}{', ' if items else ''}Linear: 4]\n"
    finding = next(one for one in problems(text) if "`Linear`" in one.message)
    assert finding.help is not None
    assert finding.help.startswith(f"`Linear` is called `{type}` here")


def test_a_mistake_that_repeats_is_reported_once() -> None:
    text = f"{HEAD}layers:\n" + "  - conv: {filters: 4, kernel: 3, filtres: 3}\n" * 12
    (finding,) = problems(text)
    assert finding.notes[-1] == "also on lines 5, 6, 7, 8, 9, 10, 11, 12 and 3 more"
    text = f"{HEAD}layers:\n  - relu: {{from: no}}\n" + "  - {relu: , from: no}\n" * 2
    read = parse(text, "net.yaml")
    assert [one.code for one in read.problems] == ["VALUE102"]


def offered(finding: Diagnostic) -> str | None:
    """What the help of a finding says to write, where it is complete: not a word that belongs elsewhere."""
    said = re.search(r"write `([^`…]+)`(?! beside| under| and|,)", finding.help or "")
    return said.group(1) if said is not None else None


def loads(text: str, finding: Diagnostic, other: str) -> bool:
    """Whether the offered text is right where it belongs: as a layer, as a key, or in the place of what is wrong."""
    word = other.partition(":")[0]
    if word in CATALOGUE or word in grammar.STRUCTURES or word.startswith("- "):
        return problems(f"{HEAD}layers:\n  - {other.removeprefix('- ')}\n") == []
    if word in ("input", "training", "outputs", "vars"):
        beside = "" if word == "input" else "input: 32x32x8\n"
        return problems(f"{beside}{other}\nlayers: [relu]\n") == []
    if word in grammar.GRAPH_KEYS:
        return problems(f"{HEAD}layers:\n  - {{relu: , {other}}}\n") == []
    span = finding.span
    assert span is not None
    lines = text.split("\n")
    line = lines[span.line - 1]
    lines[span.line - 1] = f"{line[: span.column - 1]}{other}{line[span.end_column - 1 :]}"
    read = parse("\n".join(lines), "net.yaml")
    found = [*read.problems, *(expand(read.model)[1] if read.model is not None else [])]
    return all((one.code, str(one.span)) != (finding.code, f"net.yaml:{span.line}:{span.column}") for one in found)


@pytest.mark.parametrize("path", sorted(BAD.rglob("*.yaml")), ids=lambda path: path.stem)
def test_what_a_help_says_to_write_is_right(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "replace")
    read = parse(text, "net.yaml")
    found = [*read.problems, *(expand(read.model)[1] if read.model is not None else [])]
    for finding in found:
        other = offered(finding)
        span = finding.span
        if other is not None and span is not None and span.line == span.end_line:
            assert loads(text, finding, other), (finding, other)


def test_every_name_of_a_type_elsewhere_is_found() -> None:
    for word, type in {
        "Dense": "dense", "Dropout": "dropout", "Upsample": "upsample", "nn.Upsample": "upsample", "F.relu": "relu",
        "tf.nn.relu": "relu", "keras.layers.Conv2D": "conv", "LazyConv2d": "conv", "AvgPool": "avg_pool",
        "GlobalAvgPool2d": "global_avg_pool", "torch.nn.functional.adaptive_avg_pool2d": "adaptive_avg_pool",
    }.items():  # fmt: skip
        assert found_elsewhere(word) == type
