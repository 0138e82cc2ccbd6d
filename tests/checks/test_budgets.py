"""Budgets: the amounts that they limit, and what is said of a limit that is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer import Analysis, Model, analyze, check, load, memory
from analyzer.checks.budget.guards import increased
from analyzer.checks.budget.limits import exceeded
from analyzer.checks.budget.words import in_units, percent
from analyzer.checks.found import Found
from analyzer.checks.subject import Guard
from analyzer.contract.saved import amounts_of_report
from analyzer.engine.amounts import AMOUNTS, Amounts, deepest
from analyzer.loader.parse.description import Limit

ROOT = Path(__file__).parents[2]

#: Two layers, the first frozen: (3·3·3 + 1)·4 = 112 and 4·2 + 2 = 10 parameters; 6·6·4·27 + 4·2 = 3,896 MACs.
FROZEN = """\
input: 8x8x3
layers:
  - {conv: {filters: 4, kernel: 3}, frozen: true}
  - global_avg_pool:
  - dense: 2
"""

#: Four windows of 3 in a row, the second with a stride: fields of 3, 5, 9 and 13 cells.
WINDOWS = """\
input: 64x64x3
layers:
  - conv: {filters: 4, kernel: 3}
  - conv: {filters: 4, kernel: 3, stride: 2}
  - conv: {filters: 4, kernel: 3}
  - conv: {filters: 4, kernel: 3}
"""


def loaded(source: str | Path, *, batch: int = 1, dtype: str = "float32") -> tuple[Analysis, Model]:
    """The analysis and the model of a file or a text."""
    model = load(source)
    return analyze(model, batch=batch, dtype=dtype), model


def amount(source: str | Path, key: str, *, batch: int = 1, dtype: str = "float32") -> int | None:
    """An amount of a network."""
    analysis, model = loaded(source, batch=batch, dtype=dtype)
    return Amounts(analysis, model.training).of(key)


def broken(
    source: str | Path, key: str, *, least: int | None = None, most: int | None = None, unit: str = ""
) -> Found | None:
    """What is said of one limit."""
    analysis, model = loaded(source)
    found = list(exceeded(Amounts(analysis, model.training), {key: Limit(least, most, unit, None)}))
    assert len(found) < 2
    return found[0] if found else None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("params", 122),
        ("params_local", 36 * 112 + 10),  # each of 6·6 positions has a bank of its own
        ("trainable", 10),
        ("macs", 3896),
        ("flops", 7792),
        ("weight_memory", 488),
        ("activation_memory", 4 * (6 * 6 * 4 + 4 + 2)),
        ("receptive_field", 3),  # the pool and the dense layer see all 8
        ("depth", 2),
        ("layers", 3),
    ],
)
def test_amounts_by_hand(key: str, value: int) -> None:
    """Each amount of a small network, worked out by hand; a saved report holds the same."""
    assert amount(FROZEN, key) == value
    if key not in ("receptive_field", "depth"):
        assert amounts_of_report(analyze(FROZEN).to_dict())[key] == value


def test_bytes_are_of_the_run() -> None:
    """Two bytes a number, four samples; counts do not change."""
    run = {"batch": 4, "dtype": "float16"}
    amounts = [amount(FROZEN, key, batch=4, dtype="float16") for key in ("weight_memory", "activation_memory", "macs")]
    assert amounts == [244, 2 * 4 * 150, 3896], run


def test_the_textbook() -> None:
    """(8·8·3 + 1)·20 = 3,860 shared, 14·14·3,860 = 756,560 with a bank at each position; ⌊(32 − 8 + 2)/2⌋ + 1 = 14."""
    file = ROOT / "example_models" / "textbook.yaml"
    assert [amount(file, key) for key in ("params", "params_local", "macs", "depth")] == [3860, 756560, 752640, 1]


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("alexnet", 8), ("vgg11", 11), ("vgg16", 16), ("vgg19", 19), ("resnet18", 18), ("resnet50", 50),
        ("densenet121", 121), ("densenet169", 169), ("googlenet", 22), ("darknet19", 19), ("darknet53", 53),
        ("mobilenetv1", 28), ("resnet_cifar", 20),
    ],
)  # fmt: skip
def test_depth_is_what_the_papers_count(name: str, layers: int) -> None:
    """The number in the name, or in the paper (GoogLeNet "22 layers", MobileNet "28 layers")."""
    assert amount(ROOT / "example_models" / f"{name}.yaml", "depth") == layers


def test_depth_follows_the_longest_branch() -> None:
    """Of a branch of one and one of two layers, the two; a norm and a tied layer's weights: only the layer counts."""
    analysis, _ = loaded(
        "input: 8x8x4\nlayers:\n"
        "  - parallel:\n      join: add\n      branches:\n        a: [{conv: {filters: 4, kernel: 1}}]\n"
        "        b: [{conv: {filters: 4, kernel: 1, norm: batch_norm}, name: first}, "
        "{conv: {filters: 4, kernel: 1}, tied: first}]\n"
    )
    assert [row.name.rpartition(".")[2] for row in deepest(analysis)] == ["first", "conv1"]


def test_receptive_field() -> None:
    """3, +2, then +2·2 twice behind the stride: 13. VGG-16's is 212 (Araujo, Norris & Sim 2019)."""
    assert amount(WINDOWS, "receptive_field") == 13
    assert amount(ROOT / "example_models" / "vgg16.yaml", "receptive_field") == 212
    assert amount("input: '8'\nlayers:\n  - dense: 2\n", "receptive_field") is None


def test_peaks_are_those_of_the_memory_analysis() -> None:
    """At the batch and the optimizer that the file's `training` says."""
    text = FROZEN + "training: {batch: 8, optimizer: adam}\n"
    held = memory(text).held()
    assert amount(text, "peak_training_memory") == held.peak.bytes
    assert amount(text, "peak_inference_memory") == held.inference.peak.bytes
    one = amount(FROZEN, "peak_inference_memory")
    assert one is not None
    assert one < held.inference.peak.bytes
    assert amount(FROZEN + "training: {dtype: int8}\n", "peak_training_memory") is None


def test_every_key_has_an_amount() -> None:
    """The language's keys are all enforced, and each says what makes it up and what would help."""
    for key in AMOUNTS:
        value = amount(WINDOWS, key)
        assert value is not None
        assert value > 0
        over, under = broken(WINDOWS, key, most=value - 1), broken(WINDOWS, key, least=value + 1)
        for found in (over, under):
            assert found is not None
            assert len(found.notes) == 2, key
            assert found.help
        assert broken(WINDOWS, key, least=value, most=value) is None


def test_the_examples_keep_their_budgets() -> None:
    """Among them U-Net's exact totals and its peak."""
    named = 0
    for file in sorted((ROOT / "example_models").glob("*.yaml")):
        analysis, model = loaded(file)
        named += len(model.budget)
        assert list(exceeded(Amounts(analysis, model.training), model.budget)) == [], file.name
    assert named > 40
    _, unet = loaded(ROOT / "example_models" / "unet.yaml")
    assert {"params", "macs", "layers", "peak_inference_memory"} <= set(unet.budget)


def test_a_wider_resnet_breaks_its_budget() -> None:
    """The limits stand at their lines, and only those that are broken are said."""
    model = load(ROOT / "example_models" / "resnet50.yaml")
    found = list(exceeded(Amounts(analyze(model, set={"width": 72})), model.budget))
    assert [one.message.split("`")[1] for one in found] == ["params", "macs"]
    for one, key in zip(found, ("params", "macs"), strict=True):
        assert one.at is model.budget[key].span


def test_over_in_the_unit_that_was_written() -> None:
    """25,557,032 − 25,000,000 = 557,032, 2.2 % of 25M; its three heaviest have 3·3·512·512 = 2,359,296 weights each."""
    found = broken(ROOT / "example_models" / "resnet50.yaml", "params", most=25_000_000, unit="M")
    assert found is not None
    assert found.message == "`params` is 25.56M, 0.557M (2.2 %) over its budget of 25M"
    assert found.notes[0] == "25,557,032 − 25,000,000 = 557,032"
    assert found.notes[1].count("2,359,296 (9.2 %)") == 3
    assert found.help == "depths × 0.98 (√ of the budget's share) come to about that"


def test_the_width_that_is_named_fits() -> None:
    """A chain of convolutions shrunk by the factor that is said keeps to the budget: √(150,000/183,000) = 0.905."""
    chain = "input: 8x8x3\nlayers:\n" + 3 * "  - conv: {{filters: {0}, kernel: 3, padding: 1}}\n"
    assert amount(chain.format(100), "params") == 28 * 100 + 2 * 901 * 100
    found = broken(chain.format(100), "params", most=150_000)
    assert found is not None
    assert found.help is not None
    assert found.help.startswith("depths × 0.90 ")
    assert amount(chain.format(90), "params") == 28 * 90 + 2 * 811 * 90 == 148_500


def test_a_pool_that_is_named_fits() -> None:
    """VGG-16: of dense1's 25,088·4,096 weights 512·4,096 stay, which makes 138,357,544 − 100,663,296 = 37,694,248."""
    text = (ROOT / "example_models" / "vgg16.yaml").read_text()
    found = broken(text, "params", most=60_000_000, unit="M")
    assert found is not None
    assert found.help == ("`global_avg_pool` before `dense1` instead of flattening 7×7×512: 37,694,248, which fits")
    assert text.count("- flatten\n") == 1
    assert amount(text.replace("- flatten\n", "- global_avg_pool\n  - flatten\n"), "params") == 37_694_248


def test_a_kernel_that_is_named_suffices() -> None:
    """13 cells, 20 wanted: behind a stride of 2 a cell of the kernel more adds 2, so 3 + 4."""
    found = broken(WINDOWS, "receptive_field", least=20)
    assert found is not None
    assert found.help is not None
    assert "`kernel: 7` in `conv4`, where each cell adds 2" in found.help
    changed = WINDOWS[: WINDOWS.rindex("kernel: 3")] + "kernel: 7}\n"
    assert amount(changed, "receptive_field") == 21
    found = broken(WINDOWS, "receptive_field", most=11)
    assert found is not None
    assert found.help == "`kernel: 2` in `conv4`, where each cell adds 2"
    assert amount(WINDOWS[: WINDOWS.rindex("kernel: 3")] + "kernel: 2}\n", "receptive_field") == 11


def test_a_batch_that_is_named_fits() -> None:
    """The run that is said is measured: with it the peak keeps to the budget."""
    text = WINDOWS + "training: {batch: 64}\n"
    full = amount(text, "peak_inference_memory")
    assert full is not None
    found = broken(text, "peak_inference_memory", most=full // 5)
    assert found is not None
    assert found.help is not None
    assert found.help.startswith("`training: {batch: 8}` comes to ")
    fits = amount(text.replace("64}", "8}"), "peak_inference_memory")
    assert fits is not None
    assert fits <= full // 5


def test_what_cannot_be_limited_is_said() -> None:
    """A limit that is never held would be worse than none."""
    found = broken(FROZEN + "training: {dtype: int8}\n", "peak_training_memory", most=10**9)
    assert found is not None
    assert found.notes == ("nothing is trained in int8",)
    (unknown,) = check(
        "input: '8'\nlayers:\n  - dense: 2\nbudget:\n  receptive_field: {min: 3}\n", select=["over-budget"]
    )
    assert unknown.message == "the budget limits `receptive_field`, and the network has none"
    assert unknown.notes == ("its receptive field is not known",)
    assert unknown.help == "leave `receptive_field` out of the budget"
    assert unknown.span is not None
    assert unknown.span.line == 5


def test_fewer_macs_by_depths_or_by_sides() -> None:
    """All MACs are the one layer's: √(1/4) = 0.5 of the depths or of two sides; a vector has no sides."""
    found = broken("input: 8x8x4\nlayers:\n  - conv: {filters: 4, kernel: 1}\n", "macs", most=256)
    assert found is not None
    assert (
        found.help == "`conv1` takes 100.0 % of it; depths × 0.50 or sides of the input × 0.50 come to about the budget"
    )
    found = broken("input: '8'\nlayers:\n  - dense: 8\n", "macs", most=16)
    assert found is not None
    assert found.help == "`dense1` takes 100.0 % of it; depths × 0.50 come to about the budget"


def test_degenerate_limits() -> None:
    """Nothing allowed, and nothing there: no division by zero."""
    found = broken(FROZEN, "params", most=0)
    assert found is not None
    assert found.message == "`params` is 122, 122 over its budget of 0"
    found = broken("input: 8x8x3\nlayers:\n  - relu\n", "params", least=10)
    assert found is not None
    assert found.notes == ("10 − 0 = 10",)
    assert broken("input: 8x8x3\nlayers:\n  - relu\n", "depth", least=1) is not None


@pytest.mark.parametrize(
    ("base", "most", "breaks"), [(122, 0, False), (121, 0, True), (112, 10, False), (111, 10, True), (500, 0, False)]
)
def test_guards(base: int, most: int, breaks: bool) -> None:
    """A network of 122 parameters against a base; less is never too much."""
    analysis, model = loaded(FROZEN)
    found = list(increased(Amounts(analysis, model.training), [Guard("params", most, "", f"+{most}", base, "main")]))
    assert bool(found) == breaks
    for one in found:
        assert f"`params` grew by {122 - base} (" in one.message
        assert f"against main; +{most} is allowed" in one.message
        assert one.notes[0] == f"122 − {base} = {122 - base}"


def test_numbers_for_people() -> None:
    """As many digits as tell two numbers apart, and shares that are never 0.0 %."""
    assert in_units(25_000_001, 25_000_000, unit="M") == ["25.000001M", "25M"]
    assert in_units(1536, unit="KiB") == ["1.5 KiB"]
    assert in_units(1500, unit="KB") == ["1.5 KB"]
    assert in_units(1500, unit="B") == ["1,500 B"]
    assert in_units(4_200_000_000, 4_200_000_000, unit="G") == ["4.2G", "4.2G"]
    assert [percent(1, 3), percent(1, 10**6), percent(0, 5), percent(3, 0)] == [
        "33.3 %",
        "under 0.1 %",
        "0.0 %",
        "all of it",
    ]


def test_a_report_that_was_written_holds_the_amounts() -> None:
    """The amounts of a report's totals are those of its network, for every example."""
    for file in sorted((ROOT / "example_models").glob("*.yaml")):
        analysis, model = loaded(file)
        amounts = Amounts(analysis, model.training)
        for key, value in amounts_of_report(json.loads(json.dumps(analysis.to_dict()))).items():
            assert amounts.of(key) == value, (file.name, key)


def test_each_end_of_a_limit_keeps_its_own_unit() -> None:
    """The textbook's 752,640 MACs under `{min: 10M, max: 4G}`: said in M, as the least was written."""
    text = "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}\n"
    (found,) = check(text + "budget: {macs: {min: 10M, max: 4G}}\n", select=["over-budget"])
    assert found.message.startswith("`macs` is 0.75")
    assert "the minimum of its budget, 10M" in found.message
