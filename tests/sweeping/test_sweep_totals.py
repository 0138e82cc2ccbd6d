"""Every total of a sweep is that of `analyze` with the same values: all amounts, all examples, all of their variables."""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from analyzer.engine.amounts import AMOUNTS, Amounts
from analyzer.sweeping.result import Variant
from analyzer.testing import assert_budget

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))

#: Of every variable of the examples some values, the file's among them; a few are no network.
VALUES: dict[str, dict[str, str]] = {
    "audio_cnn": {"channels": "16:48:16", "classes": "2,35"},
    "convnext_tiny": {"width": "64,96", "n3": "1:9:4", "classes": "10,1000"},
    "crnn": {"units": "64:256:*2", "classes": "11,37"},
    "darknet19": {"size": "160,224,250", "classes": "10,1000"},
    "darknet53": {"size": "192,256", "classes": "10,1000"},
    "dcgan_generator": {"width": "8:64:*2"},
    "densenet121": {"growth": "12,32", "classes": "10,1000"},
    "densenet169": {"growth": "12,32", "n3": "2,32", "n4": "2,32", "classes": "10,1000"},
    "ds_cnn_kws": {"width": "1,16,64", "words": "2,12"},
    "efficientnet": {"width": "1.0,1.1", "depth": "1.0,1.4", "size": "192,224", "classes": "10,1000"},
    "gpt2": {"vocabulary": "1000,50257", "width": "192,768,770", "heads": "6,7,12", "depth": "1,12", },
    "mnasnet": {"width": "0.5,0.75,1.0,1.3", "classes": "10,1000"},
    "mobilenetv1": {"width": "0.25:1.0:0.25", "resolution": "128,224", "classes": "10,1000"},
    "mobilenetv2": {"width": "0.5,1.0,1.4", "classes": "10,1000"},
    "mobilenetv3_large": {"width": "0.75,1.0", "classes": "10,1000"},
    "mobilenetv3_small": {"width": "0.75,1.0", "classes": "10,1000"},
    "regnet_y_400mf": {"group_width": "4,8,16", "classes": "10,1000"},
    "resnet": {
        "depth": "18,34,50,101,152,60",
        "v1": "0,1",
        "n2": "1,3",
        "n3": "1,4",
        "n4": "1,23",
        "n5": "1,3",
        "classes": "10,1000",
    },
    "resnet18": {"width": "16:64:16", "classes": "10,1000"},
    "resnet50": {"width": "16:64:16", "classes": "10,1000"},
    "resnet_cifar": {"n": "1:5:2"},
    "resnext50": {"cardinality": "1,8,32", "group_width": "4,64", "n3": "1,6,23", "classes": "10,1000"},
    "shufflenetv2": {"stage2": "48,116,117", "last": "1024,2048", "classes": "10,1000"},
    "start": {"width": "1:64:*4"},
    "swin_tiny": {"width": "48,96,100", "window": "7,8", "classes": "10,1000"},
    "tcn": {"width": "0,1,25", "classes": "10,20"},
    "text_cnn": {"vocabulary": "100,18765", "classes": "2,5"},
    "unet3d": {"labels": "1:3"},
    "vgg11": {"width": "0.25,0.5,1.0", "classes": "10,1000", "norm": "none,batch_norm"},
    "vgg16": {"width": "0.001,0.5,1.0", "classes": "10,1000"},
    "vgg19": {"width": "0.5,1.0", "classes": "10,1000", "norm": "none,batch_norm"},
    "vit_b16": {"patch": "15,16,32", "width": "192,768", "heads": "5,6,12", "depth": "1,12", "classes": "10,1000"},
    "wide_resnet50": {"widen": "1,2", "n3": "6,23", "classes": "10,1000"},
    "yolov1": {"side": "7,14", "boxes": "2,3", "classes": "20,80"},
    **{
        name: {"classes": "10,1000"}
        for name in ("alexnet", "alexnet_torchvision", "googlenet", "inception_v3", "squeezenet", "xception")
    },
    "c3d": {"classes": "10,487"},
    "deeplabv3_resnet50": {"classes": "2,21"},
}  # fmt: skip


#: Files in other formats, with axes: volumes of inputs, the size of one named axis, variables that the reader knows.
FOREIGN: list[tuple[str, dict[str, object]]] = [
    ("shuffle.onnx", {"input": ["32x32x3", "48x64x3", "33x33x3"]}),
    ("shuffle.onnx", {"input.height": [32, 64], "input.width": 48}),
    ("detector.cfg", {"input": "64x96x3,96x96x3"}),
    ("local.cfg", {"input": ["32x32x3", "64x64x3", "2x2x3"]}),
    ("sequential.keras", {"input": ["48x48x3", "64x64x3"]}),
    ("siamese.prototxt", {"phase": "TRAIN,TEST", "input": ["28x28x2", "32x32x2"]}),
    ("small.pt2", {"input": ["64x64x3", "48x48x3"]}),
]

#: A branch of which nobody knows the MACs, and a variable that decides about its depth.
UNKNOWN = """\
input: 8x8x3
vars: {width: 4}
layers:
  - conv: {filters: $width, kernel: 3}
  - custom: {output: 6x6x$(width), macs: unknown}
  - conv: {filters: $width, kernel: 3}
"""


def equals_the_analysis(variant: Variant, source: Path | str, run: dict[str, object], **given: object) -> bool:
    """Compares a variant with the analysis of its network; returns whether it is a network."""
    try:
        analysis = analyzer.analyze(source, **given)
    except analyzer.ModelError as error:
        first = error.diagnostics[0]
        assert variant.error is not None
        assert (variant.error.code, variant.error.message) == (first.code, first.message)
        assert (variant.fits, variant.amounts) == (False, {})
        return False
    assert variant.error is None, variant
    assert list(variant.amounts) == [*AMOUNTS]
    logged = analysis.amounts(**run)
    assert {key: variant.amounts[key] for key in logged} == logged
    amounts = Amounts(analysis, {**analysis.training, **run})
    left_out = {key: amounts.of(key) for key in AMOUNTS if key not in logged}  # those without an exact number
    assert {key: variant.amounts[key] for key in left_out} == left_out
    assert variant.at_least == [key for key, amount in left_out.items() if amount is not None]
    return True


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.stem in VALUES], ids=lambda path: path.stem)
def test_each_variable_of_an_example(path: Path) -> None:
    for name, values in VALUES[path.stem].items():
        found = list(analyzer.sweep(path, {name: values}, amounts=[*AMOUNTS]))
        networks = [equals_the_analysis(variant, path, {}, set=variant.set) for variant in found]
        assert sum(networks) >= 2, f"at least two values of {name} are networks"


def test_the_table_has_every_variable() -> None:
    variables = {path.stem: set(analyzer.load(path).vars) for path in EXAMPLES}
    assert {name: set(values) for name, values in VALUES.items()} == {
        name: names for name, names in variables.items() if names
    }


@pytest.mark.parametrize(
    "run",
    [
        {"batch": 8, "optimizer": "adam"},
        {"batch": 3, "dtype": "bfloat16"},
        {"dtype": "int8"},  # in which nothing is trained
        {"batch": 4, "optimizer": "sgd", "accumulate": 2, "checkpoint": "blocks"},
    ],
    ids=lambda run: " ".join(map(str, run.values())),
)
@pytest.mark.parametrize("name", ["start", "resnet18", "ds_cnn_kws", "gpt2"])
def test_runs(name: str, run: dict[str, object]) -> None:
    path = ROOT / "example_models" / f"{name}.yaml"
    axes = {name: values for name, values in VALUES[name].items() if name == "width"}
    for variant in analyzer.sweep(path, axes, amounts=[*AMOUNTS], **run):
        equals_the_analysis(variant, path, run, set=variant.set)


@pytest.mark.parametrize("run", [{}, {"batch": 2}, {"optimizer": "sgd", "dtype": "bfloat16"}], ids=str)
def test_what_is_asked_for_replaces_the_training_of_the_file(run: dict[str, object]) -> None:
    text = (ROOT / "example_models" / "resnet18.yaml").read_text(encoding="utf-8").partition("\nbudget:")[0]
    text += "\ntraining: {batch: 16, optimizer: adam, dtype: float16}\n"
    for variant in analyzer.sweep(text, {"width": "16:64:48"}, amounts=[*AMOUNTS], **run):
        assert equals_the_analysis(variant, text, run, set=variant.set)


def test_several_axes_and_the_input() -> None:
    path = ROOT / "example_models" / "resnet.yaml"
    axes = {"depth": [18, 50], "classes": [10, 100], "input": ["64x64x3", "65x97x3", "1x1x3"]}
    found = list(analyzer.sweep(path, axes, amounts=[*AMOUNTS]))
    assert len(found) == 12
    for variant in found:
        volume = str(variant.set["input"])
        variables = {name: value for name, value in variant.set.items() if name != "input"}
        assert equals_the_analysis(variant, path, {}, set=variables, input=volume)


def test_random_numbers() -> None:
    """VGG-16 takes any width; the draws are those of its seed."""
    path = ROOT / "example_models" / "vgg16.yaml"
    drawn = [list(analyzer.sweep(path, {"width": "0.1:1.0"}, amounts=[*AMOUNTS], random=8, seed=5)) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len({variant.set["width"] for variant in drawn[0]}) == 8
    for variant in drawn[0]:
        equals_the_analysis(variant, path, {}, set=variant.set)


@pytest.mark.parametrize(("name", "axes"), FOREIGN, ids=[f"{name}-{'-'.join(axes)}" for name, axes in FOREIGN])
def test_files_in_other_formats(name: str, axes: dict[str, object]) -> None:
    path = ROOT / "tests" / "data" / "foreign" / name
    networks = []
    for variant in analyzer.sweep(path, axes, amounts=[*AMOUNTS]):
        volumes = {name.removeprefix("input."): str(value) for name, value in variant.set.items() if "input" in name}
        variables = {name: value for name, value in variant.set.items() if "input" not in name}
        input = volumes.get("input", volumes)
        networks.append(equals_the_analysis(variant, path, {}, set=variables or None, input=input))
    assert any(networks)


def test_macs_that_nobody_knows() -> None:
    found = list(analyzer.sweep(UNKNOWN, {"width": "2:8:2"}, amounts=[*AMOUNTS]))
    assert [variant.at_least for variant in found] == [["macs", "flops"]] * 4
    assert all(equals_the_analysis(variant, UNKNOWN, {}, set=variant.set) for variant in found)


@pytest.mark.parametrize("name", ["resnet18", "mobilenetv2", "vit_b16"])
def test_the_verdict_is_that_of_a_budget(name: str) -> None:
    """The limits are halfway between the least and the most of the sweep, so that each is broken and kept."""
    text = (ROOT / "example_models" / f"{name}.yaml").read_text(encoding="utf-8").partition("\nbudget:")[0] + "\n"
    axes, keys = {"width": VALUES[name]["width"]}, ["params", "macs", "peak_training_memory", "activation_memory"]
    networks = [variant for variant in analyzer.sweep(text, axes, amounts=keys) if variant.error is None]
    columns = {key: [variant.amounts[key] or 0 for variant in networks] for key in keys}
    limits = {key: (min(column) + max(column)) // 2 for key, column in columns.items()}
    found = list(analyzer.sweep(text, axes, amounts=["layers"], budget=limits))
    for variant in found:
        broken = [key for key, most in limits.items() if not keeps(text, variant, {key: most})]
        assert (variant.breaks, variant.fits) == (broken, not broken)
    assert {variant.fits for variant in found} == {True, False}


def keeps(text: str, variant: Variant, limits: dict[str, int]) -> bool:
    """The verdict of `analyzer check`."""
    try:
        assert_budget(text, set=variant.set, **limits)
    except AssertionError:
        return False
    return True
