"""Which layer is which, and what is said to have changed: each scenario by hand."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from chains import conv, report

from analyzer import analyze
from analyzer.difference import Difference, compare
from analyzer.reporter.difference.entries import entries, renamed, renumbered

RESNET = "example_models/resnet.yaml"


def told(difference: Difference) -> list[tuple[str, str]]:
    """The changes as (what, name), the merely affected left out."""
    return [(change.what, change.node.name) for change in difference.layers if change.what != "affected"]


def only(**numbers: int) -> dict[str, int]:
    return {"unchanged": 0, "added": 0, "removed": 0, "changed": 0, "moved": 0, "affected": 0} | numbers


def test_a_network_equals_itself_wherever_it_is_written() -> None:
    old = report([conv(8), "relu", "dense: 10"])
    new = report([conv(8), "relu", "dense: 10"], name="other", head="# a comment\ndescription: elsewhere\n")
    difference = compare(old, new)
    assert difference.equal
    assert difference.counts() == only(unchanged=3)


def test_an_insertion_moves_the_numbers_of_automatic_names() -> None:
    """conv3 (16 -> 32) of the old chain is conv4 of the new one: conv3 (16 -> 16) is what came."""
    old = report([conv(8), conv(16), conv(32), conv(32)])
    new = report([conv(8), conv(16), conv(16), conv(32), conv(32)])
    difference = compare(old, new)
    assert told(difference) == [("added", "conv3")]
    assert renumbered(difference.renames) == 2
    assert renamed(difference.renames) == []
    assert difference.layers[0].delta("shared.parameters") == 3 * 3 * 16 * 16 + 16


def test_other_widths_are_changes_of_the_same_layers() -> None:
    difference = compare(report([conv(8), conv(16), conv(32)]), report([conv(4), conv(8), conv(16)]))
    assert told(difference) == [("changed", "conv1"), ("changed", "conv2"), ("changed", "conv3")]
    first = difference.layers[0]
    assert first.fields["output"] == ("32x32x8", "32x32x4")
    assert first.fields["shared.weights"] == (3 * 3 * 3 * 8, 3 * 3 * 3 * 4)
    assert first.fields["shared.biases"] == (8, 4)
    assert first.fields["local.weights"] == (32 * 32 * 216, 32 * 32 * 108)


def test_a_renamed_block_is_one_rename() -> None:
    text = open("example_models/resnet50.yaml", encoding="utf-8").read()  # noqa: SIM115
    difference = compare(analyze(text).to_dict(), analyze(text.replace("name: stage1", "name: layer1")).to_dict())
    assert [(rename.old, rename.new, rename.layers) for rename in difference.renames] == [("stage1", "layer1", 32)]
    assert difference.counts() == only(unchanged=175)
    assert not difference.equal


@pytest.mark.parametrize(
    "name",
    [
        lambda place, name: f"layer{place}",  # no groups at all, as in Keras
        lambda place, name: f"stage{place // 10}.conv{place % 10}",  # groups that end elsewhere
        lambda place, name: f"net.{name}",
        lambda place, name: name.replace(".", "_"),
    ],
    ids=["none", "others", "one more", "joined"],
)
def test_other_groups_of_the_same_layers_are_renames(name: Any) -> None:
    old = analyze("example_models/resnet18.yaml").to_dict()
    names = {layer["name"]: name(place, layer["name"]) for place, layer in enumerate(old["layers"])}
    new = copy.deepcopy(old)
    for layer in new["layers"]:
        layer["name"] = names[layer["name"]]
        layer["inputs"] = [names.get(one, one) for one in layer["inputs"]]
    for difference in (compare(old, new), compare(new, old)):
        assert difference.layers == []
        assert difference.unchanged == len(names)
        assert sum(rename.layers for rename in difference.renames) >= len({*names} - {*names.values()})


def test_equal_layers_that_read_others_are_no_renames() -> None:
    """Two branches end in a sum; in the new network its sides come from the one branch."""
    old = report(["relu", "tanh", "relu", "add: [relu1, relu2]"])
    new = copy.deepcopy(old)
    for layer in new["layers"]:
        layer["name"] = f"new.{layer['name']}"
        layer["inputs"] = ["new.tanh1" if one == "relu1" else f"new.{one}" for one in layer["inputs"]]
    new["layers"][0]["inputs"], new["layers"][1]["inputs"] = ["input"], ["new.relu1"]
    assert compare(old, new).layers


def test_a_renamed_layer_that_changed_too() -> None:
    difference = compare(report([conv(8, "stem"), "dense: 10"]), report([conv(16, "first"), "dense: 10"]))
    assert [(rename.old, rename.new) for rename in difference.renames] == [("stem", "first")]
    assert told(difference) == [("changed", "first"), ("changed", "dense1")]


def test_layers_that_went_into_a_block_are_found_again() -> None:
    body = [conv(8), conv(16), conv(32)]
    old = report([*body, "dense: 10"])
    head = "blocks:\n  Body:\n    layers:\n" + "".join(f"      - {layer}\n" for layer in body)
    new = report(["{Body: , name: features}", "dense: 10"], head=head)
    difference = compare(old, new)
    assert difference.counts() == only(unchanged=4)
    assert [(rename.old, rename.new, rename.layers) for rename in difference.renames] == [("", "features", 3)]


def test_a_repetition_more_is_one_entry() -> None:
    """ResNet-101 has 23 units in its fourth stage and ResNet-152 has 36 (He et al. 2016, table 1); 4 and 8 in the third."""
    old, new = (analyze(RESNET, set={"depth": depth}).to_dict() for depth in (101, 152))
    difference = compare(old, new)
    assert [(entry.what, entry.name, entry.times) for entry in entries(difference)] == [
        ("added", "stage4.24–36", 13),
        ("added", "stage3.5–8", 4),
    ]
    assert difference.counts()["changed"] == difference.counts()["removed"] == 0
    assert sum(entry.delta["shared.parameters"] for entry in entries(difference)) == 60_192_808 - 44_549_160


def test_swapped_layers_moved() -> None:
    old = report([conv(8, "a"), "{batch_norm: , name: b}", "{relu: , name: c}", "dense: 10"])
    new = report([conv(8, "a"), "{relu: , name: c}", "{batch_norm: , name: b}", "dense: 10"])
    difference = compare(old, new)
    assert difference.counts() == only(unchanged=3, moved=1)
    assert told(difference)[0][1] in ("b", "c")


def test_another_kind_in_its_place() -> None:
    difference = compare(report([conv(8), "max_pool: 2", "dense: 10"]), report([conv(8), "avg_pool: 2", "dense: 10"]))
    assert told(difference) == [("changed", "avg_pool1")]
    assert difference.layers[0].fields["kind"] == ("max_pool", "avg_pool")


def typed(act: str, norm: str, widths: tuple[int, ...] = (8, 16), more: str = "") -> dict[str, Any]:
    """Two convolutions, each with a norm and an activation, the second in a block."""
    head = f"defaults:\n  conv: {{kernel: 3, padding: 1, norm: {norm}, act: {act}}}\n"
    head += f"blocks:\n  Body:\n    layers:\n      - conv: {{filters: {widths[1]}}}\n{more}"
    return report([f"conv: {{filters: {widths[0]}}}", "Body"], head=head)


def test_another_type_is_one_change_and_no_rename() -> None:
    """The names `conv1.relu` and `conv1.silu` follow from the types."""
    difference = compare(typed("relu", "batch_norm"), typed("silu", "batch_norm"))
    assert told(difference) == [("changed", "conv1.silu"), ("changed", "Body1.conv1.silu")]
    assert [change.fields["kind"] for change in difference.layers] == [("relu", "silu")] * 2
    assert difference.renames == []
    assert not difference.equal
    (entry,) = entries(difference)
    assert (entry.what, entry.times, entry.kind, entry.was, entry.fields) == (
        "changed", 2, "silu", "", {"kind": ("relu", "silu")}
    )  # fmt: skip


def test_other_types_and_other_widths_are_changes_of_the_same_layers() -> None:
    difference = compare(typed("relu", "batch_norm"), typed("silu", "instance_norm", (4, 12)))
    assert difference.counts() == only(changed=6)
    assert difference.renames == []


def test_another_type_beside_an_added_layer() -> None:
    """The activations are of one family, so the layer that was added is the dropout."""
    old = typed("none", "none", more="      - relu\n")
    new = typed("none", "none", more="      - dropout\n      - silu\n")
    difference = compare(old, new)
    assert sorted(told(difference)) == [("added", "Body1.dropout1"), ("changed", "Body1.silu1")]


def test_a_named_layer_of_another_type_is_renamed_where_its_name_is_another() -> None:
    old, new = (report([conv(8), f"{{{type}: , name: {type}_of_mine}}"]) for type in ("relu", "silu"))
    assert [(one.old, one.new) for one in compare(old, new).renames] == [("relu_of_mine", "silu_of_mine")]


def test_a_layer_that_reads_another_one() -> None:
    layers = [
        conv(8, "a"),
        conv(8, "b"),
        "{relu: , name: c, from: %s}",
        "{dense: 10, name: d}",
        "{dense: 10, from: b, name: e}",
    ]
    old, new = (report([layer % source if "%s" in layer else layer for layer in layers]) for source in ("b", "a"))
    difference = compare(old, new)
    assert [
        (change.node.name, change.fields["inputs"]) for change in difference.layers if "inputs" in change.fields
    ] == [("c", (["b"], ["a"]))]


def test_a_receptive_field_is_told_where_it_begins_to_differ() -> None:
    old = report([conv(8), "max_pool: {kernel: 2, stride: 2}", conv(8), conv(8)], input="64x64x3")
    new = report([conv(8), "max_pool: {kernel: 3, stride: 2, padding: 1}", conv(8), conv(8)], input="64x64x3")
    difference = compare(old, new)
    assert told(difference) == [("changed", "max_pool1")]
    assert difference.counts() == only(unchanged=1, changed=1, affected=2)


def test_sharing_is_a_change_of_what_is_declared() -> None:
    difference = compare(report([conv(8)]), report([conv(8, sharing="local")]))
    assert set(difference.layers[0].fields) == {
        "declared.weights",
        "declared.biases",
        "declared.parameters",
        "declared.bytes",
    }


@pytest.mark.parametrize("change", [{"batch": 8}, {"dtype": "float16"}])
def test_another_run_is_no_change_of_layers(change: dict[str, Any]) -> None:
    text = f"input: 32x32x3\nlayers: [{conv(8)}, dense: 10]\n"
    difference = compare(analyze(text).to_dict(), analyze(text, **change).to_dict())
    (name, value), *_ = change.items()
    assert [(what, new) for what, _, new in difference.run] == [(name, str(value))]
    assert difference.counts() == only(affected=2)
    assert not difference.equal


def test_random_edits_are_all_found_and_none_beside() -> None:
    """Layers of a chain of different convolutions are taken out or put in: each is told, and nothing else."""
    rng = random.Random(4)
    for _ in range(60):
        names = [f"l{rng.randrange(10**6)}" for _ in range(40)]
        layers = dict.fromkeys(names)
        old = report([conv(8, name) for name in layers])
        gone = set(rng.sample(sorted(layers), 3))
        kept = [name for name in layers if name not in gone]
        for place in sorted(rng.sample(range(1, len(kept)), 3), reverse=True):
            kept.insert(place, f"new{place}")
        new = report([conv(8, name) for name in kept])
        difference = compare(old, new)
        numbers = difference.counts()
        # A layer that came where one went is that one under another name.
        assert numbers["added"] == numbers["removed"] == 3 - len(renamed(difference.renames))
        assert numbers["moved"] == 0


def test_the_sums_of_the_entries_are_the_change_of_the_totals() -> None:
    pairs = [
        ("vgg16", "vgg19"),
        ("resnet50", "resnet18"),
        ("mobilenetv2", "mobilenetv3_large"),
        ("resnet50", "resnext50"),
    ]
    for pair in pairs:
        old, new = (analyze(f"example_models/{name}.yaml").to_dict() for name in pair)
        found = entries(compare(old, new))
        for mode in ("shared", "local", "declared"):
            total = new["totals"][mode]["parameters"] - old["totals"][mode]["parameters"]
            assert sum(entry.delta[f"{mode}.parameters"] for entry in found) == total
        assert sum(entry.delta["macs"] for entry in found) == new["totals"]["macs"] - old["totals"]["macs"]


def test_a_name_of_thousands_of_components_is_a_name() -> None:
    old = report([conv(8)])
    new = copy.deepcopy(old)
    new["layers"][0]["name"] = ".".join("a" * 5000)
    assert not compare(old, new).equal
