"""Live torch modules held against the examples, end to end: equal ones, and three mistakes that people make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from analyzer.testing import Mismatch, assert_matches

pytestmark = pytest.mark.peer
pytest.importorskip("torch")

from live_networks import EXAMPLES, HANDWRITTEN, Live, networks  # noqa: E402

RESNET = EXAMPLES / "resnet50.yaml"

#: Large ones that add nothing here; `python benchmarks/matching.py` has all.
LEFT = {"AlexNet", "C3D", "DeepFace", "UNet3D", "GoogLeNet", "Darknet53", "GPT2"}
SMALL = [name for name, _, _ in HANDWRITTEN if name not in LEFT]
TORCHVISION = ("resnet50", "densenet121", "inception_v3", "shufflenet_v2_x1_0", "efficientnet_b0", "convnext_tiny", "swin_t", "vit_b_16")  # fmt: skip


def found(package: str, name: str) -> Live:
    return next(live for live in networks(package) if live.name == name)


@pytest.mark.parametrize("name", SMALL)
def test_a_module_that_was_written_by_hand_is_its_example(name: str) -> None:
    live = found("handwritten", name)
    match = assert_matches(live.build(), live.path, set=dict(live.set))
    assert match.equal
    assert match.observation.parameters == match.analysis.totals.declared.parameters


def test_tied_weights_and_attention_in_parts_are_those_of_the_example() -> None:
    from handwritten import GPT2

    small = {"vocabulary": 100, "width": 32, "heads": 4, "depth": 2}
    match = assert_matches(GPT2(**small, length=16), EXAMPLES / "gpt2.yaml", set=small, input="16")
    assert match.equal
    assert match.pairs[-1].observed.tied == "transformer.wte"


@pytest.mark.parametrize("name", TORCHVISION)
def test_a_module_of_torchvision_is_its_example(name: str) -> None:
    try:
        live = found("torchvision", name)
    except ImportError as error:
        pytest.skip(f"{error}: `python benchmarks/matching.py` compares all of its networks that the examples have")
    assert assert_matches(live.build(), live.path, set=dict(live.set)).equal


def line_of(start: str, file: Path = RESNET) -> int:
    """The line of a file that begins so."""
    (line,) = [at for at, line in enumerate(file.read_text("utf-8").splitlines(), 1) if line.strip().startswith(start)]
    return line


@pytest.mark.parametrize(
    ("wrong", "module", "row", "line", "fields"),
    [
        ({"bias": True}, "conv1", "conv1", "- conv: {filters: $width", {"biases": (64, 0)}),
        ({"strides": (1, 2, 1, 2)}, "layer3.0", "stage3.1", "- conv: {filters: $mid, kernel: 3", {}),
        (
            {"classes": 1001},
            "fc",
            "dense1",
            "- dense: $classes",
            {"weights": (2_050_048, 2_048_000), "biases": (1001, 1000)},
        ),
    ],
    ids=["a bias", "a stride in one stage", "one class too many"],
)
def test_a_mistake_is_found_at_its_first_layer(
    wrong: Mapping[str, Any], module: str, row: str, line: str, fields: Mapping[str, tuple[int, int]]
) -> None:
    from handwritten import ResNet50

    with pytest.raises(Mismatch) as raised:
        assert_matches(ResNet50(**wrong), RESNET)
    first = raised.value.match.differences[0]
    assert not first.follows
    assert first.observed is not None
    assert first.observed.name.startswith(module)
    assert first.row is not None
    assert first.row.name.startswith(row)
    assert first.row.node.origin.span is not None
    assert first.row.node.origin.span.line == line_of(line)
    assert {name: first.fields[name] for name in fields} == fields
    assert str(raised.value).splitlines()[0].endswith(f" is not what {RESNET}:{line_of(line)} says")


def test_what_follows_from_a_mistake_is_counted_and_not_shown() -> None:
    from handwritten import ResNet50

    with pytest.raises(Mismatch) as raised:
        assert_matches(ResNet50(strides=(1, 2, 1, 2)), RESNET)
    differences = raised.value.match.differences
    causes = [one for one in differences if not one.follows]
    # The two convolutions with the stride of the stage; every volume behind them differs as well.
    assert [one.observed.name for one in causes if one.observed] == ["layer3.0.conv2", "layer3.0.downsample.0"]
    assert len(differences) > 50


def test_a_second_comparison_of_a_module_says_the_same() -> None:
    from handwritten import ResNetCifar

    module = ResNetCifar()
    first, second = (assert_matches(module, EXAMPLES / "resnet_cifar.yaml") for _ in range(2))
    assert first.observation == second.observation
    assert [pair.row.name for pair in first.pairs] == [pair.row.name for pair in second.pairs]
