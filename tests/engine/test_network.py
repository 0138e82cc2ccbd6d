"""`Network.place`: the output threaded into the next input, refusals that place nothing, tied layers, outputs."""

from __future__ import annotations

from typing import Any

import pytest
from building import build, volume

from analyzer.diagnostics import Refusal
from analyzer.engine.costs import cost_rows
from analyzer.engine.network import Network, Node, Origin
from analyzer.engine.result import Cost, Sums


def entered(text: str) -> tuple[Network, Node]:
    network = Network()
    return network, network.enter("input", volume(text))


def test_each_output_is_the_next_input() -> None:
    """LeNet-5's volumes (LeCun et al. 1998): 28, 14, 10, 5, then 120, 84, 10."""
    network, node = entered("32x32x1")
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("conv", {"filters": 6, "kernel": 5}, "28x28x6"),
        ("avg_pool", {"kernel": 2}, "14x14x6"),
        ("conv", {"filters": 16, "kernel": 5}, "10x10x16"),
        ("avg_pool", {"kernel": 2}, "5x5x16"),
        ("conv", {"filters": 120, "kernel": 5}, "1x1x120"),
        ("dense", {"units": 84}, "84"),
        ("dense", {"units": 10}, "10"),
    ]
    for type_, written, output in steps:
        node = network.place(f"{type_}_{output}", build(type_, written), [node])
        assert str(node.output) == output
    assert [placed.index for placed in network.nodes] == list(range(7))
    assert network.nodes[-1] is node
    assert repr(node) == "Node(dense_10: dense 10)"


def test_names_are_unique() -> None:
    """Inputs, layers and the second name of a repetition's last layer have one space of names."""
    network, start = entered("4x4x8")
    first = network.place("a.1", build("relu"), [start])
    network.also_name("a", first)
    for taken in ("input", "a.1", "a"):
        with pytest.raises(Refusal, match="a second layer") as caught:
            network.place(taken, build("relu"), [start])
        assert caught.value.code == "NAME103"
        with pytest.raises(Refusal, match="a second layer"):
            network.enter(taken, start.output)
    assert (network.nodes, network.inputs) == ([first], [start])
    assert network.names == {"a.1": first, "a": first}


def test_a_network_has_a_limit_of_layers() -> None:
    network = Network(most=2)
    node = network.enter("input", volume("8"))
    for name in ("a", "b"):
        node = network.place(name, build("relu"), [node])
    with pytest.raises(Refusal, match="is one more than the 2 layers that a network may have") as caught:
        network.place("c", build("relu"), [node])
    assert caught.value.code == "LIMIT106"
    assert len(network.nodes) == 2
    assert Network().most == 100_000


def test_a_refusal_places_nothing() -> None:
    network, start = entered("4x4x8")
    kept = network.place("relu", build("relu"), [start])
    with pytest.raises(Refusal):
        network.place("conv", build("conv", {"filters": 8, "kernel": 5}), [kept])
    assert network.nodes == [kept]
    after = network.place("relu2", build("relu"), [kept])
    assert (after.index, network.outputs) == (1, [after])


@pytest.mark.parametrize(
    ("type_", "written", "count", "says"),
    [
        ("relu", {}, 0, "{layer} reads 1 volume, but 0 are given"),
        ("relu", {}, 2, "{layer} reads 1 volume, but 2 are given"),
        ("subtract", {"inputs": ["a"]}, 1, "{layer} reads 2 volumes, but 1 is given"),
        ("subtract", {"inputs": ["a", "b", "c"]}, 3, "{layer} reads 2 volumes, but 3 are given"),
        ("add", {"inputs": ["a"]}, 0, "{layer} reads at least 1 volume, but 0 are given"),
        ("multi_head_attention", {"heads": 2}, 4, "{layer} reads 1 to 3 volumes, but 4 are given"),
        ("resize", {"to": 2}, 3, "{layer} reads 1 to 2 volumes, but 3 are given"),
    ],
)
def test_number_of_inputs(type_: str, written: dict[str, Any], count: int, says: str) -> None:
    network, start = entered("4x4x8")
    with pytest.raises(Refusal) as caught:
        network.place("here", build(type_, written), [start] * count)
    assert (caught.value.message, caught.value.code) == (says, "SHAPE212")
    assert network.nodes == []


def test_one_layer_stands_at_many_places() -> None:
    network, node = entered("32x32x3")
    layer = build("conv", {"filters": 3, "kernel": 3})
    for step in range(3):
        node = network.place(f"conv{step}", layer, [node])
    assert [str(placed.output) for placed in network.nodes] == ["30x30x3", "28x28x3", "26x26x3"]


def test_outputs_are_what_nothing_reads() -> None:
    network, start = entered("4x4x8")
    assert network.outputs == [start]
    left = network.place("left", build("relu"), [start])
    right = network.place("right", build("tanh"), [start])
    assert network.outputs == [left, right]
    both = network.place("both", build("add", {"inputs": ["left", "right"]}), [left, right])
    assert network.outputs == [both]
    network.name_outputs([left, both])
    assert network.outputs == [left, both]


def test_an_unread_input_is_no_output() -> None:
    network, start = entered("4x4x8")
    network.enter("mask", volume("4x4x1"))
    node = network.place("relu", build("relu"), [start])
    assert network.outputs == [node]
    assert [entry.index for entry in network.inputs] == [-1, -2]


def test_origin() -> None:
    network, start = entered("4x4x8")
    node = network.place("stage.relu", build("relu"), [start], Origin(path="stage", note="why"))
    assert (node.origin.path, node.origin.note, node.origin.span) == ("stage", "why", None)


# --------------------------------------------------------------------------------------------------------------------
# Tied layers.


def tie(first: tuple[str, dict[str, Any], str], second: tuple[str, dict[str, Any], str]) -> Node:
    """Two layers, each on a volume of its own, the second tied to the first."""
    network = Network()
    sources = [network.enter(name, volume(text)) for name, text in (("a", first[2]), ("b", second[2]))]
    one = network.place("one", build(first[0], first[1]), sources[:1])
    return network.place("two", build(second[0], second[1]), sources[1:], tied=one)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("conv", {"filters": 4, "kernel": 3}, "9x9x4"), ("conv", {"filters": 4, "kernel": 3}, "9x9x4")),
        # stride, padding and the volume are no part of the weights
        (("conv", {"filters": 4, "kernel": 3}, "9x9x4"), ("conv", {"filters": 4, "kernel": 3, "stride": 2}, "5x7x4")),
        (("conv", {"filters": 4, "kernel": 3}, "9x9x4"), ("conv", {"filters": 4, "kernel": "3x3"}, "9x9x4")),
        (("dense", {"units": 10}, "2x2x8"), ("dense", {"units": 10}, "32")),
        (("linear", {"units": 10}, "7x8"), ("linear", {"units": 10}, "3x3x8")),
        (("prelu", {}, "9x9x4"), ("prelu", {}, "9x9x7")),  # one slope serves any depth
        (("scale", {"per": "layer"}, "9x9x4"), ("scale", {"per": "layer"}, "5x2")),
        (("lstm", {"units": 5}, "7x3"), ("lstm", {"units": 5, "sequence": False}, "9x3")),
        (("batch_norm", {}, "9x9x4"), ("batch_norm", {}, "4x4")),
    ],
)
def test_tied_layers_of_one_shape(first: Any, second: Any) -> None:
    node = tie(first, second)
    assert node.tied is not None
    assert node.tied.name == "one"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("conv", {"filters": 4, "kernel": 3}, "9x9x4"), ("depthwise_conv", {"kernel": 3}, "9x9x4")),
        (("conv", {"filters": 4, "kernel": 3}, "9x9x4"), ("conv", {"filters": 5, "kernel": 3}, "9x9x4")),
        (("conv", {"filters": 4, "kernel": 3}, "9x9x4"), ("conv", {"filters": 4, "kernel": 3}, "9x9x5")),
        (("batch_norm", {}, "9x9x4"), ("batch_norm", {"statistics": False}, "9x9x4")),
        # equal numbers in another arrangement: 2·6·4·8, 9·4·8·4, 4·8·8 = 8·8/2·…; 10·19 are fewer
        (
            ("conv", {"filters": 8, "kernel": "2x6", "bias": False}, "9x9x4"),
            ("conv", {"filters": 8, "kernel": "6x2", "bias": False}, "9x9x4"),
        ),
        (
            ("conv", {"filters": 4, "kernel": 3, "bias": False}, "9x9x8"),
            ("conv", {"filters": 8, "kernel": 3, "bias": False}, "9x9x4"),
        ),
        (
            ("conv", {"filters": 4, "kernel": 3, "bias": False}, "9x9x8"),
            ("conv", {"filters": 8, "kernel": 3, "bias": False, "groups": 2}, "9x9x8"),
        ),
        (("dense", {"units": 10, "bias": False}, "20"), ("dense", {"units": 19, "bias": False}, "10")),
        # every position of a local layer has its own bank
        (
            ("conv", {"filters": 4, "kernel": 3, "sharing": "local"}, "9x9x4"),
            ("conv", {"filters": 4, "kernel": 3, "sharing": "local"}, "8x8x4"),
        ),
    ],
)
def test_tied_layers_of_another_shape_are_refused(first: Any, second: Any) -> None:
    with pytest.raises(Refusal) as caught:
        tie(first, second)
    assert (caught.value.code, caught.value.parameter) == ("NAME105", "tied")
    assert "reuses the parameters of `one`" in caught.value.message


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # the same weights, with biases of its own or with none
        (("conv", {"filters": 4, "kernel": 3}, "9x9x4"), ("conv", {"filters": 4, "kernel": 3, "bias": False}, "9x9x4")),
        (("conv", {"filters": 4, "kernel": 3, "bias": False}, "9x9x4"), ("conv", {"filters": 4, "kernel": 3}, "5x5x4")),
        (("conv", {"filters": 4, "kernel": 3}, "9x9x4"), ("conv", {"filters": 4, "kernel": 3, "untied_bias": True}, "7x7x4")),
        (("lstm", {"units": 5}, "7x3"), ("lstm", {"units": 5, "biases": 0}, "9x3")),
        # a bank of the same shape in a layer of another type
        (("conv", {"filters": 50, "kernel": 1}, "9x9x8"), ("linear", {"units": 50}, "6x8")),
        (("conv", {"filters": 50, "kernel": 1, "bias": False}, "9x9x8"), ("dense", {"units": 50}, "8")),
        (("dense", {"units": 10}, "2x2x5"), ("linear", {"units": 10}, "3x20")),
        (("depthwise_conv", {"kernel": 3}, "9x9x4"), ("conv", {"filters": 4, "kernel": 3, "groups": 4}, "9x9x4")),
        (("conv", {"filters": 8, "kernel": 3, "groups": 4}, "9x9x4"), ("depthwise_conv", {"kernel": 3, "multiplier": 2}, "9x9x4")),
        (("embedding", {"vocabulary": 50, "size": 8}, "6"), ("linear", {"units": 50}, "6x8")),
        (("embedding", {"vocabulary": 50, "size": 8}, "6"), ("dense", {"units": 50, "bias": False}, "8")),
        (("linear", {"units": 50}, "6x8"), ("embedding", {"vocabulary": 50, "size": 8}, "6")),
        (("dense", {"units": 10}, "20"), ("dense", {"units": 20}, "10")),
        (("dense", {"units": 10}, "2x2x5"), ("linear", {"units": 20}, "3x10")),
        (("dense", {"units": 10}, "20"), ("dense", {"units": 20, "bias": False}, "10")),
        (("conv", {"filters": 8, "kernel": 3}, "9x9x4"), ("conv_transpose", {"filters": 4, "kernel": 3}, "7x7x8")),
        (("conv", {"filters": 8, "kernel": "3x5"}, "9x9x4"), ("conv_transpose", {"filters": 4, "kernel": [3, 5], "stride": 2}, "3x2x8")),
        (("conv", {"filters": 8, "kernel": 3, "groups": 2}, "9x9x4"), ("conv_transpose", {"filters": 4, "kernel": 3, "groups": 2}, "7x7x8")),
        (("depthwise_conv", {"kernel": 3, "multiplier": 2}, "9x9x4"), ("conv_transpose", {"filters": 4, "kernel": 3, "groups": 4}, "7x7x8")),
        (("conv_transpose", {"filters": 4, "kernel": 3}, "7x7x8"), ("conv", {"filters": 8, "kernel": 3}, "9x9x4")),
        # filters of one cell are a matrix
        (("conv", {"filters": 8, "kernel": 1}, "9x9x4"), ("conv", {"filters": 4, "kernel": 1}, "9x9x8")),
        (("conv", {"filters": 8, "kernel": 1}, "9x9x4"), ("linear", {"units": 8}, "5x4")),
        (("linear", {"units": 8}, "5x4"), ("conv", {"filters": 4, "kernel": 1}, "9x8")),
        # every position has a bank of its own, and the way back has the same positions
        (("conv", {"filters": 8, "kernel": 3, "sharing": "local"}, "9x9x4"), ("conv_transpose", {"filters": 4, "kernel": 3, "sharing": "local"}, "7x7x8")),
    ],
)  # fmt: skip
def test_weights_are_reused_as_they_are_or_transposed(first: Any, second: Any) -> None:
    """The sizes are those of torch's weights: `Linear` (units, depth) and `Embedding` (vocabulary, size); `Conv2d`
    (K, D/groups, F, F) and `ConvTranspose2d` (D, K/groups, F, F). So K of one is D of the other.
    """
    node = tie(first, second)
    (own, costs), _ = cost_rows_of(node)
    assert own.weights == 0
    assert own.biases == node.layer.parameters(node.flow, node.layer.declared_sharing).biases
    assert costs > 0 or node.layer.looks_up


def cost_rows_of(node: Node) -> tuple[tuple[Cost, int], Sums]:
    """What a node costs as its file declares the sharing, its MACs, and the totals of the two nodes."""
    network = Network()
    network.nodes = [node.tied, node] if node.tied is not None else [node]
    network.inputs = [source for one in network.nodes for source in one.inputs]
    rows, totals = cost_rows(network, batch=1, dtype="float32")
    return (rows[-1].declared, rows[-1].macs), totals


@pytest.mark.parametrize(
    ("first", "second", "notes", "help"),
    [
        (
            ("embedding", {"vocabulary": 50257, "size": 768}, "8"),
            ("linear", {"units": 50000}, "8x768"),
            ("the weights of {layer} are 768 · 50,000", "those of `one` are 50,257 · 768"),
            "50,257 in place of 50,000 would fit",
        ),
        (
            ("conv", {"filters": 8, "kernel": 3}, "9x9x4"),
            ("conv_transpose", {"filters": 4, "kernel": 5}, "7x7x8"),
            ("the weights of {layer} are 5×5 · 8 · 4", "those of `one` are 3×3 · 4 · 8"),
            None,
        ),
        (
            ("conv", {"filters": 8, "kernel": 3, "groups": 2}, "9x9x4"),
            ("conv_transpose", {"filters": 4, "kernel": 3}, "7x7x8"),
            ("the weights of {layer} are 3×3 · 8 · 4", "those of `one` are 3×3 · 4 · 8 in 2 groups"),
            None,
        ),
        (
            ("conv", {"filters": 8, "kernel": 3, "sharing": "local"}, "9x9x4"),
            ("conv_transpose", {"filters": 4, "kernel": 3}, "7x7x8"),
            ("the weights of {layer} are 3×3 · 8 · 4", "those of `one` are 3×3 · 4 · 8, 49 times"),
            None,
        ),
    ],
)
def test_weights_that_do_not_fit(first: Any, second: Any, notes: tuple[str, ...], help: str | None) -> None:
    with pytest.raises(Refusal) as caught:
        tie(first, second)
    assert caught.value.message == "{layer} reuses the parameters of `one`, which have another shape"
    assert (tuple(caught.value.notes), caught.value.help) == (notes, help)
