"""The rows of a comparison: what is beside what, in which order, and that no layer is lost or counted twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chains import conv, report

from analyzer import analyze
from analyzer.difference import Difference, OneSided, compare, of_analysis
from analyzer.reporter.difference.entries import COSTS
from analyzer.reporter.difference.pairs import Fold, Row, folded, rows_of

MODELS = Path(__file__).parents[2] / "example_models"
SIGNS = {"added": "+", "removed": "−", "changed": "~", "moved": ">", "": " "}


def difference(old: Any, new: Any) -> Difference:
    return compare(old, new)


def said(rows: list[Row]) -> list[str]:
    """Each row in one line: what happened, the old name and the new one."""
    return [
        f"{SIGNS[row.change]} {row.old.name if row.old else '-'} | {row.new.name if row.new else '-'}" for row in rows
    ]


def example(name: str, *edits: tuple[str, str]) -> dict[str, Any]:
    text = (MODELS / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return analyze(text).to_dict()


def test_an_inserted_layer_is_one_row() -> None:
    rows = rows_of(
        compare(report([conv(8), conv(8), "dense: 10"]), report([conv(8), "dropout: 0.5", conv(8), "dense: 10"]))
    )
    assert said(rows) == ["  conv1 | conv1", "+ - | dropout1", "  conv2 | conv2", "  dense1 | dense1"]


def test_a_removed_layer_is_in_its_old_place() -> None:
    old = report([conv(8), "max_pool: 2", conv(8), "dense: 10"], input="8x8x3")
    new = report([conv(8), conv(8), "dense: 10"], input="8x8x3")
    assert said(rows_of(compare(old, new)))[:3] == ["  conv1 | conv1", "− max_pool1 | -", "~ conv2 | conv2"]


def test_a_changed_layer_has_what_it_costs_more() -> None:
    rows = rows_of(compare(report([conv(8), conv(4)]), report([conv(16), conv(4)])))
    assert said(rows) == ["~ conv1 | conv1", "~ conv2 | conv2"]
    # conv1: 3·3·3·8 + 8 = 224 to 3·3·3·16 + 16 = 448; conv2: 3·3·8·4 + 4 = 292 to 3·3·16·4 + 4 = 580
    assert [row.delta["shared.parameters"] for row in rows] == [224, 288]
    assert [row.delta["macs"] for row in rows] == [32 * 32 * 216, 32 * 32 * 288]


def test_a_moved_layer_is_moved() -> None:
    layers = [conv(8, "a"), conv(8, "b"), "{dropout: 0.5, name: drop}", conv(8, "c"), conv(8, "d")]
    rows = rows_of(compare(report(layers), report([*layers[:2], *layers[3:], layers[2]])))
    assert said(rows) == ["  a | a", "  b | b", "  c | c", "  d | d", "> drop | drop"]


def test_a_longer_stage_has_its_new_blocks_as_one_run() -> None:
    rows = rows_of(compare(example("resnet50"), example("resnet50", ("repeat: 6", "repeat: 8"))))
    changed = [row for row in rows if row.change]
    assert said(changed) == ["+ - | stage3.7,8"]
    assert changed[0].times == 2
    # a bottleneck of 1024 to 256 to 1024: 1024·256 + 9·256² + 256·1024 weights and 2·(256 + 256 + 1024) of batch_norm
    assert changed[0].delta["shared.parameters"] == 2 * (1024 * 256 + 9 * 256**2 + 256 * 1024 + 2 * 1536)
    assert changed[0].layers[0].what == "added"


def test_a_stretch_that_did_not_change_is_folded_but_for_its_neighbours() -> None:
    rows = rows_of(compare(example("resnet50"), example("resnet50", ("repeat: 6", "repeat: 8"))))
    shown = [
        (row.rows[0].face.name, row.rows[-1].face.name) if isinstance(row, Fold) else row.face.name
        for row in folded(rows)
    ]
    assert shown == [
        ("conv1", "stage3.1"),
        "stage3.2–6",
        "stage3.7,8",
        "stage4.1",
        ("stage4.2,3", "dense1"),
    ]
    fold = folded(rows)[0]
    assert isinstance(fold, Fold)
    assert fold.names == ["conv1", "stage3.1"]
    assert sum(row.layers if isinstance(row, Fold) else row.face.layers for row in folded(rows)) == 195


def test_a_block_that_changed_in_one_layer_is_opened() -> None:
    block = "input: 8x8x4\nblocks:\n  B:\n    layers:\n      - {conv: {filters: 4, kernel: 3, padding: 1}}\n      - relu\n      - {conv: {filters: 4, kernel: 1}}\nlayers:\n  - {B: {}, name: first}\n  - {B: {}, name: second}\n"
    wide = block.replace(
        "layers:\n  - {B: {}, name: first}", "layers:\n  - {B: {}, name: first}\n  - {dropout: 0.1, name: drop}"
    )
    rows = rows_of(compare(analyze(block).to_dict(), analyze(wide).to_dict()))
    assert said(rows) == ["  first | first", "+ - | drop", "  second | second"]
    other = block.replace("- relu", "- silu")
    rows = rows_of(compare(analyze(block).to_dict(), analyze(other).to_dict()))
    assert said(rows) == [
        "  first.conv1 | first.conv1", "~ first.relu1 | first.silu1", "  first.conv2 | first.conv2",
        "  second.conv1 | second.conv1", "~ second.relu1 | second.silu1", "  second.conv2 | second.conv2",
    ]  # fmt: skip


def test_only_a_name_is_no_change_but_is_shown() -> None:
    rows = rows_of(compare(report([conv(8, "a"), "relu", "dense: 10"]), report([conv(8, "b"), "relu", "dense: 10"])))
    assert [(row.change, row.renamed, row.shown) for row in rows] == [
        ("", True, True),
        ("", False, False),
        ("", False, False),
    ]


def test_equal_networks_have_nothing_to_show() -> None:
    same = example("resnet18")
    (fold,) = folded(rows_of(compare(same, same)))
    assert isinstance(fold, Fold)
    assert fold.layers == 69


def test_what_only_follows_is_no_change() -> None:
    old = report(["{conv: {filters: 8, kernel: 3, padding: 1}}", conv(8), conv(8)])
    new = report(["{conv: {filters: 8, kernel: 3, padding: 2, dilation: 2}}", conv(8), conv(8)])
    rows = rows_of(compare(old, new))
    assert [(row.change, row.affected) for row in rows] == [("changed", False), ("", True), ("", True)]


def test_a_model_that_is_new_or_was_removed() -> None:
    side = of_analysis(analyze(MODELS / "resnet18.yaml"))
    for added in (True, False):
        rows = rows_of(OneSided(side, added, "nothing"))
        assert {row.change for row in rows} == {"added" if added else "removed"}
        assert sum(row.face.layers for row in rows) == 69


PAIRS = [
    ("resnet18", "resnet50"), ("resnet50", "resnet18"), ("vgg11", "vgg16"), ("unet", "unet3d"), ("lenet5", "googlenet"),
    ("mobilenetv2", "mobilenetv3_small"), ("densenet121", "densenet169"), ("gpt2", "vit_b16"), ("vgg19", "lenet5"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), PAIRS, ids="-".join)
def test_every_layer_is_in_one_row_and_the_changes_add_up(old: str, new: str) -> None:
    found = compare(example(old), example(new))
    rows = rows_of(found)
    for name in COSTS:
        assert sum(row.delta[name] for row in rows) == found.new.total(name) - found.old.total(name), name
    for side, network in (("old", found.old), ("new", found.new)):
        faces = [row.old if side == "old" else row.new for row in rows]
        names = [layer.name for face in faces if face for part in face.parts for layer in part.layers]
        assert sorted(names) == sorted(layer["name"] for layer in network.report["layers"])
    news = [row.new.parts[0].layers[0].place for row in rows if row.new]
    assert news == sorted(news)
    changed = {change.node.name for change in found.layers if change.what != "affected"}
    shown = {
        layer.name
        for row in rows
        if row.change
        for face in (row.old, row.new)
        if face
        for part in face.parts
        for layer in part.layers
    }
    assert changed <= shown


def test_a_long_chain_has_a_row_for_each_layer() -> None:
    layers = [conv(8 + place % 7) for place in range(600)]
    old, new = (
        report([line.replace("filters: 9,", f"filters: {filters},") for line in layers], input="4x4x3")
        for filters in (9, 16)
    )
    rows = rows_of(compare(old, new))
    # each seventh of the 600 has other filters, and the layer behind it reads them
    assert [sum(row.change == what for row in rows) for what in ("changed", "")] == [2 * 86, 600 - 2 * 86]
