"""The graph of a comparison, as a program that draws flowcharts reads it."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from flowchart import Picture, read_mermaid

from analyzer import analyze
from analyzer.difference import compare
from analyzer.reporter.difference import markdown
from analyzer.reporter.difference.mermaid import flowchart
from analyzer.reporter.options import Options

MODELS = Path(__file__).parents[2] / "example_models"

#: Twelve convolutions of 3×3 over 8 planes: 8·8·9 + 8 = 584 parameters and 8·8·64·9 = 36,864 MACs each.
CHAIN: dict[str, Any] = {
    "input": "8x8x8",
    "layers": [{"conv": {"filters": 8, "kernel": 3, "padding": 1}, "name": f"c{number}"} for number in range(12)],
}


def changed() -> dict[str, Any]:
    """`c3` is gone, so that the field of `c4` is another, a sum with `c1` follows `c6`, and `c10` has a kernel of 1×1 without padding."""
    model = copy.deepcopy(CHAIN)
    layers = model["layers"]
    layers[10]["conv"] = {"filters": 8, "kernel": 1}
    layers.insert(7, {"add": ["c6", "c1"], "name": "plus"})
    del layers[3]
    return model


def pictured(old: Any, new: Any, most: int = 40_000) -> Picture:
    text = flowchart(compare(analyze(old).to_dict(), analyze(new).to_dict()), "shared", most)
    assert text is not None
    return read_mermaid(text)


def test_what_changed_has_a_sign_and_a_class() -> None:
    found = pictured(CHAIN, changed())
    marked = {found.boxes[name][0]: kind for name, kind in found.classes.items() if kind not in ("pill", "default")}
    assert marked == {"− c3": "removed", "~ c4": "changed", "+ plus": "added", "~ c10": "changed"}
    lines = {label[0]: label[1:] for label in found.boxes.values()}
    assert lines["− c3"] == ["conv", "−584 parameters", "−36.9 K MACs"]
    assert lines["~ c10"] == ["conv", "−512 parameters", "−32.8 K MACs"]  # 64 taps of 576 are left: 4,096 MACs
    assert lines["c0 … c1"] == ["2 layers unchanged"]


def test_the_arrows_are_those_of_both_networks() -> None:
    found = pictured(CHAIN, changed())
    arrows = {(source, target) for source, target, _ in found.named()}
    assert {("c2", "− c3"), ("− c3", "~ c4"), ("c2", "~ c4"), ("c0 … c1", "+ plus"), ("c6", "+ plus")} <= arrows
    assert ("+ plus", "c7") in arrows
    assert ("c6", "c7") not in arrows  # read before, but not of a removed layer


def test_a_skip_that_is_no_more_is_dotted() -> None:
    old, new = (
        {"input": "8x8x8", "layers": [*CHAIN["layers"], {"add": inputs, "name": "plus"}]}
        for inputs in (["c11", "c0"], ["c11", "c11"])
    )
    text = flowchart(compare(analyze(old).to_dict(), analyze(new).to_dict()), "shared", 40_000) or ""
    (dotted,) = re.findall(r"(b\d+) -\.->\S+ (b\d+)", text)
    assert [read_mermaid(text).boxes[name][0] for name in dotted] == ["c0 … c10", "~ plus"]


def test_a_volume_that_changed_is_shown_before_and_after() -> None:
    new = copy.deepcopy(CHAIN)
    new["input"] = "16x16x8"
    found = pictured(CHAIN, new)
    assert {tuple(lines) for *_, lines in found.arrows} == {("8×8×8 → 16×16×8",), ("16×16×8",)}


def test_nothing_is_drawn_where_nothing_changed() -> None:
    renamed = copy.deepcopy(CHAIN)
    renamed["layers"][3]["name"] = "other"
    for new in (CHAIN, renamed):
        difference = compare(analyze(CHAIN).to_dict(), analyze(new).to_dict())
        assert flowchart(difference, "shared", 40_000) is None
        assert "mermaid" not in "".join(markdown.render(difference, Options()))


@pytest.mark.parametrize("most", [40_000, 1500, 700])
def test_neighbours_share_a_shape_where_there_is_no_room(most: int) -> None:
    text = flowchart(compare(analyze(CHAIN).to_dict(), analyze(changed()).to_dict()), "shared", most) or ""
    assert 0 < len(text.encode()) <= most
    found = read_mermaid(text)
    assert bool(found.comments) == (most < 1500)
    if most == 700:
        assert [*found.boxes.values()][1:-1] == [
            ["c0 … c6", "− 1 layer, ~ 1 layer, 5 layers unchanged"],
            ["plus … c11", "+ 1 layer, ~ 1 layer, 4 layers unchanged"],
        ]


def test_not_even_one_shape_has_room() -> None:
    assert flowchart(compare(analyze(CHAIN).to_dict(), analyze(changed()).to_dict()), "shared", 100) is None


def test_thousands_of_changes_stay_under_the_limits() -> None:
    """1,500 convolutions of which every other one has another number of filters."""
    old = [{"conv": {"filters": 1, "kernel": 1}, "name": f"{'é' * 40}{number}"} for number in range(1500)]
    new = copy.deepcopy(old)
    for number, layer in enumerate(new):
        layer["conv"] = {"filters": 1 + number % 2, "kernel": 1}
    difference = compare(*(analyze({"input": "4x4x1", "layers": layers}).to_dict() for layers in (old, new)))
    said = "".join(markdown.render(difference, Options()))
    assert len(said.encode()) < 64_000
    graph = said.partition("```mermaid\n")[2].partition("```")[0]
    found = read_mermaid(graph)
    assert len(found.arrows) < 500
    assert found.comments


@pytest.mark.parametrize(("old", "new"), [("resnet18", "resnet50"), ("vgg16", "unet"), ("googlenet", "inception_v3")])
def test_every_comparison_is_a_picture(old: str, new: str) -> None:
    found = pictured(MODELS / f"{old}.yaml", MODELS / f"{new}.yaml")
    ends = {name for arrow in found.arrows for name in arrow[:2]}
    assert ends == found.boxes.keys()
