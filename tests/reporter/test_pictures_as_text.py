"""Pictures as text: what the programs that draw them make of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flowchart import Picture, read_dot, read_mermaid
from reported import Builder, blocks, render

import analyzer
from analyzer.engine.result import Analysis
from analyzer.layers import CATALOGUE
from analyzer.layers.padding import Padding
from analyzer.volume import Volume

READ = {"mermaid": read_mermaid, "dot": read_dot}
EXAMPLES = sorted((Path(__file__).parents[2] / "example_models").glob("*.yaml"))

HOSTILE = [
    'a"b', "`tick`", "#35;", "a;b", "[x]", "{x}", "(x)", "end", "subgraph x", "</script><script>", "&lt;", "--> b1",
    "|x|", "%% x", "%%{init}%%", "1. x", "- x", "* x", "+ x", "**x**", "__x__", "$$x$$", "a\\nb", "a\\", "\\", "\\N", "@{x}", "~x~",
    "a\u202eb", "a\x1bb", "a\nb", "ü ×", "日本", "🙂", "default", "x:::y", "fa:fa-car", "a" * 10_000,
]  # fmt: skip


def residual(depth: int = 2) -> dict[str, Any]:
    """A stem, two stages of residual blocks, a head."""
    conv = {"conv": {"filters": 8, "kernel": 3, "padding": 1, "act": "relu"}}
    return {
        "name": "small",
        "input": "16x16x8",
        "blocks": {"Basic": {"layers": [{"residual": {"body": [conv, conv]}}]}},
        "layers": [
            conv,
            {"Basic": {}, "name": "stage1", "repeat": depth},
            {"max_pool": 2},
            {"Basic": {}, "name": "stage2", "repeat": depth},
            {"global_avg_pool": {}},
            {"dense": 10},
        ],
    }


def dense(layers: int) -> Analysis:
    """Each layer reads all before it."""
    net = Builder(Volume((4, 4), 2))
    nodes, join = [net.last], CATALOGUE["add"](inputs=["a", "b"])
    for number in range(layers):
        nodes.append(net.network.place(f"join{number}", join, list(nodes)) if number else net.add("join0", "relu"))
    return net.analysis("dense")


def flat(layers: int) -> Analysis:
    """A chain without blocks, of which no two neighbours are equal."""
    net = Builder(Volume((8, 8), 4))
    for number in range(layers):
        type = ("relu", "sigmoid", "tanh")[number % 3]
        net.add(f"step{number}", type)
    return net.analysis("flat")


def picture(format: str, analysis: Analysis, **options: Any) -> Picture:
    return READ[format](render(format, analysis, **options))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_picture(path: Path) -> None:
    analysis = analyzer.analyze(path)
    mermaid, dot = (picture(format, analysis) for format in READ)
    assert (mermaid.title, mermaid.boxes, mermaid.blocks, mermaid.around, mermaid.arrows) == (
        (dot.title, dot.boxes, dot.blocks, dot.around, dot.arrows)
    )
    assert mermaid.title == analysis.name
    read = {target for _, target, _ in dot.arrows}
    left = {source for source, _, _ in dot.arrows}
    for name in dot.boxes:  # nothing stands apart
        assert name.startswith("i") or name.endswith("s") or name in read
        assert name.startswith("o") or name in left


@pytest.mark.parametrize("format", READ)
def test_an_open_block_is_around_its_boxes_and_its_skip_is_drawn(format: str) -> None:
    """By hand: a block adds what enters it to its second convolution."""
    found = picture(format, analyzer.analyze(residual()), depth=3)
    names = {name: ".".join(reversed([*path(found, name)])) for name in found.boxes}
    arrows = {(names[source], names[target]) for source, target, _ in found.arrows}
    assert {(name, "stage1.2.add1") for name in ("stage1.1.add1", "stage1.2.conv2")} <= arrows
    assert [lines[0] for lines in found.blocks.values()] == ["stage1 · Basic ×2", "1 · Basic", "2 · Basic", "stage2 · Basic ×2", "1 · Basic", "2 · Basic"]  # fmt: skip
    assert len(found.arrows) == 2 * 2 * 4 + 5  # four in each block; to the stem, the pools, the head, the output


def path(found: Picture, name: str) -> list[str]:
    """The labels from a shape outwards."""
    labels = [found.boxes[name][0]]
    while name := found.around[name]:
        labels.append(found.blocks[name][0].partition(" · ")[0])
    return labels


@pytest.mark.parametrize("format", READ)
def test_equal_neighbours_are_one_box(format: str) -> None:
    """The third stage of ResNet-50 has six blocks, of which the first strides."""
    found = picture(format, analyzer.analyze(EXAMPLES[0].parent / "resnet50.yaml"))
    assert ["2–6 ×5", "Bottleneck"] in found.boxes.values()


@pytest.mark.parametrize("format", READ)
def test_no_layers_one_layer_and_several_ends(format: str) -> None:
    nothing = picture(format, Builder(Volume((8, 8), 3)).analysis("nothing"))
    assert nothing.named() == [("input", "output", ["8×8×3"])]
    one = picture(format, analyzer.analyze({"input": "10", "layers": [{"dense": 5}]}))
    assert one.named() == [("input", "dense1", ["10"]), ("dense1", "output", ["5"])]
    net = Builder(Volume((8, 8), 3))
    second = net.network.enter("mask", Volume((8, 8), 1))
    net.add("left", "relu")
    net.last = second
    net.add("right", "relu")
    several = picture(format, net.analysis("several"))
    assert [several.boxes[name] for name in ("i0", "i1", "o0", "o1")] == [["input"], ["input", "mask"], ["output", "left"], ["output", "right"]]  # fmt: skip
    assert [lines for *_, lines in several.arrows] == [["8×8×3"], ["8×8×1"], ["8×8×3"], ["8×8×1"]]


@pytest.mark.parametrize("format", READ)
def test_many_ends_are_one_shape(format: str) -> None:
    net = Builder(Volume((4,), 3))
    start = net.last
    for number in range(40):
        net.last = start
        net.add(f"out{number}", "relu")
    found = picture(format, net.analysis("many"), depth="all")
    assert found.boxes["o0"] == ["40 outputs"]
    assert len(found.arrows) == 40 + 12 + 1  # one stands for 28


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("format", READ)
@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:12]))
def test_a_name_is_text_and_nothing_else(name: str, format: str, unicode: bool) -> None:
    net = Builder(Volume((8, 8), 3))
    net.add(name, "conv", filters=4, kernel=3, padding=Padding("same"))
    net.add("tail", "relu")
    text = render(format, net.analysis(name), unicode=unicode)
    assert unicode or text.isascii()
    assert text.replace("\n", "").isprintable()
    found = READ[format](text)
    label = found.boxes["b1"][0]
    shown = name if name.isprintable() else name.encode("unicode_escape").decode()
    assert label == (shown if len(name) <= 60 else f"{name[:59]}…")
    assert found.title.startswith(shown[:59])
    assert [lines for *_, lines in found.arrows] == [["8×8×3"], ["8×8×4"], ["8×8×4"]]


def test_mermaid_stays_under_the_limits_of_github() -> None:
    """50,000 characters and 500 arrows, from GitHub's configuration of Mermaid; the chain has 601 arrows, the dense network 13 for each layer."""
    for analysis in (flat(600), dense(150), analyzer.analyze(residual(60))):
        for depth in ("auto", "all"):
            text = render("mermaid", analysis, depth=depth)
            found = read_mermaid(text)
            assert len(text) < 50_000
            assert 0 < len(found.arrows) < 500
            assert len(found.comments) == (depth == "all" or analysis.name != "small")
            assert all("500 arrows" in comment and "--depth all" in comment for comment in found.comments)


def test_long_names_fold_further_too() -> None:
    net = Builder(Volume((8, 8), 4))
    for number in range(30):
        for part in range(10):
            net.add(f"{'♥' * 30}{number}.{'♥' * 30}{part}", ("relu", "tanh")[part % 2])
    text = render("mermaid", net.analysis("hearts"), depth="all", unicode=False)
    assert len(text) < 50_000
    assert len(read_mermaid(text).boxes) == 32  # a box for each group, the input and the output


def test_the_last_fold_is_one_box() -> None:
    """600 groups, each of 60 outputs: only the whole network has fewer than 500 arrows."""
    from analyzer.reporter.picture.mermaid import fitting
    from analyzer.reporter.picture.outline import outlines
    from analyzer.reporter.picture.scene import scene_of

    last = [*outlines(scene_of(flat(300)), "all", "flat")][-1]
    assert [shape.lines for shape in last.shapes] == [["input"], ["flat", "300 layers"], ["output"]]
    assert fitting(iter([last]), "", most=10) is None


@pytest.mark.parametrize("format", READ)
def test_dense_wiring_stays_linear(format: str) -> None:
    """Each layer reads all before it: 12 arrows are drawn, and one stands for the others, which are counted."""
    found = picture(format, dense(40), depth="all")
    assert len(found.arrows) <= 13 * 40 + 1
    last = [lines for source, target, lines in found.arrows if found.boxes[target][0] == "join39"]
    assert len(last) == 13
    assert [lines[0] for name, lines in found.boxes.items() if name.endswith("s")][-1] == "28 more volumes"


@pytest.mark.parametrize("format", READ)
def test_folding_hides_no_skip(format: str) -> None:
    """Two volumes run from one folded block to another: one arrow has both."""
    net = Builder(Volume((8, 8), 3))
    first = net.add("enc.a", "relu")
    second = net.add("enc.b", "max_pool", kernel=2)
    for number in (1, 2):
        net.add(f"mid.{number}", "relu")
    for name, source in (("dec.a", first), ("dec.b", second), ("dec.c", second)):
        net.last = source
        net.add(name, "tanh")
    found = picture(format, net.analysis("skips"), depth=1)
    assert ("enc", "dec", ["8×8×3", "4×4×3"]) in found.named()


@pytest.mark.parametrize("format", READ)
def test_the_same_network_is_the_same_text(format: str) -> None:
    assert render(format, blocks()) == render(format, blocks())
