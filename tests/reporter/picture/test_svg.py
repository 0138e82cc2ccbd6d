"""The picture as SVG: valid, without script or ids, every box once, words in their boxes, any names and shapes."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import analyzer
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.layers import CATALOGUE
from analyzer.reporter.picture.figure import Figure, figure_of
from analyzer.reporter.picture.opened import opened
from analyzer.reporter.picture.scene import scene_of
from analyzer.reporter.picture.svg import picture
from analyzer.reporter.picture.widths import cut, width_of
from analyzer.volume import Volume

EXAMPLES = sorted((Path(__file__).parents[3] / "example_models").glob("*.yaml"))

CONV = {"conv": {"filters": 4, "kernel": 3, "padding": 1}}


def drawn(model: Any, depth: int | str = "auto") -> ElementTree.Element:
    return ElementTree.fromstring("".join(picture(analyzer.analyze(model), depth)))


def words(root: ElementTree.Element) -> list[str]:
    """The texts as they are seen: without the titles in them."""
    return [element.text or "" for element in root.iter() if element.tag.endswith("}text")]


def figure(path: Path, depth: int | str) -> Figure:
    analysis = analyzer.analyze(path)
    scene = scene_of(analysis)
    return figure_of(analysis, scene, opened(scene, depth))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example(path: Path) -> None:
    text = "".join(picture(analyzer.analyze(path)))
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    assert [element.tag.rpartition("}")[2] for element in root][:2] == ["title", "desc"]
    assert not re.search(r"<script|<style|\bid=|\bhref=|url\(|\bon[a-z]+=|NaN|Infinity", text)


@pytest.mark.parametrize("depth", ["auto", "all", 1])
@pytest.mark.parametrize("name", ["resnet50", "unet", "inception3a", "vit_b16"])
def test_boxes_do_not_overlap_and_words_fit(name: str, depth: int | str) -> None:
    found = figure(EXAMPLES[0].parent / f"{name}.yaml", depth)
    closed = [item for item in found.items if not item.frame]
    for one, other in combinations(closed, 2):
        apart = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y
    for item in closed:
        assert item.x >= 0
        assert item.x + item.width <= found.width
        assert item.y + item.height <= found.height
        for mark in found.marks:  # no volume is written on a box
            inside = item.x < mark.x + 1 and mark.x < item.x + item.width
            assert not (inside and item.y < mark.y - 4 < item.y + item.height)


def test_unfolded_every_layer_is_a_box() -> None:
    analysis = analyzer.analyze(EXAMPLES[0].parent / "unet.yaml")
    scene = scene_of(analysis)
    items = figure_of(analysis, scene, opened(scene, "all")).items
    leaves = [item.box for item in items if item.box is not None and not item.frame]
    assert len(leaves) == len(analysis.rows) == len({box.id for box in leaves})


def test_shares_are_written() -> None:
    # One layer has all MACs and parameters.
    said = words(drawn({"input": "8x8x1", "layers": [CONV]}))
    assert "MACs 100 % · params 100 %" in said
    assert {"8×8×1", "8×8×4"} <= set(said)


@pytest.mark.parametrize("volume", ["16x3", "8x8x3", "4x8x8x3", "7"])
def test_shapes_of_every_rank(volume: str) -> None:
    assert volume.replace("x", "×") in words(drawn({"input": volume, "layers": [{"relu": {}}]}))


def test_several_inputs_and_outputs() -> None:
    model = {
        "inputs": {"left": "8x8x2", "right": "8x8x2"},
        "layers": [
            {"add": {"inputs": ["left", "right"]}, "name": "sum"},
            {"relu": {}, "name": "one", "from": "sum"},
            {"relu": {}, "name": "two", "from": "sum"},
        ],
        "outputs": ["one", "two"],
    }
    said = words(drawn(model))
    assert {"left", "right", "sum", "one", "two"} <= set(said)
    assert said.count("output") == 2


@pytest.mark.parametrize("name", ["</text><script>", "a&b", "a\u202eb", "שלום", "日本", "a" * 10_000, "__proto__"])
def test_any_name(name: str) -> None:
    network = Network()
    network.place(name, CATALOGUE["relu"](), [network.enter("image", Volume((8, 8), 1))])
    root = ElementTree.fromstring("".join(picture(analyze_network(network, name=name))))
    assert all(len(text) < 200 for text in words(root))
    titles = [element.text for element in root.iter() if element.tag.endswith("}title")]
    shown = name.replace("\u202e", "\\u202e")
    assert shown in titles or shown in words(root)


def test_text_is_cut_to_its_room() -> None:
    for text in ("conv2_block1", "日本語" * 9, "W" * 30):
        assert width_of(cut(text, 60, 10), 10) <= 60
    assert cut("conv", 60, 10) == "conv"


def test_dense_wiring_has_stubs() -> None:
    layers: list[dict[str, Any]] = [{**CONV, "name": f"l{n}"} for n in range(40)]
    layers.append({"add": {"inputs": [f"l{n}" for n in range(40)]}, "name": "sum"})
    assert any(re.fullmatch(r"\+\d+ more", text) for text in words(drawn({"input": "8x8x4", "layers": layers}, "all")))
