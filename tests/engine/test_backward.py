"""The MACs of the backward pass: torch's own count, each family by hand, and what no gradient flows to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from building import build, volume

import analyzer
from analyzer.engine.result import Analysis, Row
from analyzer.layers import SHARED, Flow
from analyzer.layers.operations import NONE

ROOT = Path(__file__).resolve().parents[2]
MEASURED = json.loads((ROOT / "tests" / "data" / "backward.json").read_text(encoding="utf-8"))


def analysis(layers: list[Any], **more: Any) -> Analysis:
    return analyzer.analyze({"layers": layers, **more})


def test_the_data_is_that_of_twelve_networks_and_nine_layers() -> None:
    assert (len(MEASURED["networks"]), len(MEASURED["layers"])) == (12, 9)


@pytest.mark.parametrize("name", MEASURED["networks"])
def test_a_network_is_as_torch_counts_it(name: str) -> None:
    """FlopCounterMode counts the weights' gradient of a convolution with g groups as if each filter read all planes:
    g times too many (`conv_backward_flop` of torch 2.13.0 has no groups).
    """
    found = analyzer.analyze(ROOT / "example_models" / f"{name}.yaml")
    assert found.totals.backward_macs == sum(row.backward_macs for row in found.rows)
    beyond = sum((groups - 1) * row.macs for row in found.rows if (groups := row.groups or 1) > 1)
    assert found.totals.backward_macs + beyond == MEASURED["networks"][name]


@pytest.mark.parametrize("number", range(9))
def test_a_layer_is_as_torch_counts_it(number: int) -> None:
    """`needed`: with the gradients of its inputs; `first`: without."""
    case = MEASURED["layers"][number]
    ((type_, written),) = case["layer"].items()
    layer, volumes = build(type_, written), [volume(text) for text in case["inputs"]]
    flow = Flow(volumes, layer.output(volumes))
    trained = layer.parameters(flow, SHARED).weights > 0
    assert layer.backward_macs(flow, (True,) * len(volumes), trained=trained) == case["needed"]
    if trained:
        assert layer.backward_macs(flow, (False,) * len(volumes), trained=True) == case["first"]


#: A layer, what it reads, then by hand the MACs of its backward pass: with all gradients, only that of the weights (the
#: first layer), only that of the inputs (frozen).
BY_HAND = [
    # 3·3 cells · 4 planes · 2 filters a plane · 8·8 positions
    ("depthwise_conv", {"kernel": 3, "padding": 1, "multiplier": 2}, ["8x8x4"], (2 * 4608, 4608, 4608)),
    # 3·3 · 4/2 planes · 6 filters · 8·8
    ("conv", {"filters": 6, "kernel": 3, "padding": 1, "groups": 2}, ["8x8x4"], (2 * 6912, 6912, 6912)),
    # a bank at each position multiplies as often as a shared one: 3·3·4·6 · 6·6
    ("conv", {"filters": 6, "kernel": 3, "sharing": "local"}, ["8x8x4"], (2 * 7776, 7776, 7776)),
    # 3·3·4 · 8·8 = 2304 depthwise, 4·5 · 8·8 = 1280 after it, whose input is calculated from weights
    ("separable_conv", {"filters": 5, "kernel": 3, "padding": 1}, ["8x8x4"], (2 * 3584, 3584 + 1280, 3584)),
    ("dense", {"units": 10}, ["4x4x3"], (2 * 480, 480, 480)),
    # a fixed filter has no gradient: 3·3 · 4·4·2
    ("blur_pool", {}, ["8x8x2"], (288, 0, 288)),
    # 16·1 units twice; the second reads what the first makes
    ("squeeze_excite", {"reduced": 2}, ["4x4x16"], (2 * 64, 64 + 32, 64)),
    # projections 4 · 6·8·8 = 1536, q·kᵀ and ·v 6·6·8 = 288 each; only the first three read the input
    ("multi_head_attention", {"heads": 2}, ["6x8"], (2 * 2112, 2 * 2112 - 3 * 384, 1536 + 4 * 288)),
    # 5 steps · 4·3·(2 + 3) = 300, of which 120 read the input; the state before the first step has no gradient: 4·3·3
    ("lstm", {"units": 3}, ["5x2"], (2 * 300 - 36, 300 + 180 - 36, 300 - 36)),
    # both directions, and a second layer over both outputs: 5 · 3·2·2·(3 + 2) + 5 · 3·2·2·(4 + 2) = 660, 180 of the
    # input, 3·2·2·2 of the first state in each layer
    ("gru", {"units": 2, "layers": 2, "bidirectional": True}, ["5x3"], (1320 - 48, 660 + 480 - 48, 660 - 48)),
    # 3 steps · 3·3·(2 + 1)·4·1 · 4·4 = 5184, of which 3456 read the input; a step of the state is 576
    ("conv_lstm", {"filters": 1, "kernel": 3}, ["3x4x4x2"], (2 * 5184 - 576, 5184 + 1728 - 576, 5184 - 576)),
    # its author's MACs are taken for products with its weights, or with fixed numbers where it has none
    ("custom", {"output": "4", "weights": 9, "macs": 50}, ["8"], (100, 50, 50)),
    # norms, scales, activations, merges and pools have no MACs: see "What counts"
    ("batch_norm", {}, ["4x4x2"], (0, 0, 0)),
    ("scale", {}, ["4x4x2"], (0, 0, 0)),
    ("multiply", {"inputs": ["a", "b"]}, ["4x4x2", "4x4x2"], (0, 0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "written", "reads", "macs"), BY_HAND, ids=lambda one: str(one)[:40])
def test_by_hand(type_: str, written: dict[str, Any], reads: list[str], macs: tuple[int, int, int]) -> None:
    layer, volumes = build(type_, written), [volume(text) for text in reads]
    flow, every, none = Flow(volumes, layer.output(volumes)), (True,) * len(volumes), (False,) * len(volumes)
    trains = layer.parameters(flow, SHARED).weights > 0
    both = layer.backward_macs(flow, every, trained=trains)
    first = layer.backward_macs(flow, none, trained=trains)
    assert (both, first, layer.backward_macs(flow, every, trained=False)) == macs
    assert layer.backward_macs(flow, none, trained=False) == 0


@pytest.mark.parametrize(
    ("needed", "macs"),
    [
        # 2 heads, 3 queries, 4 keys of 5, values of 6: q·kᵀ is 2·3·4·5 = 120, times the values 2·3·4·6 = 144
        ((True, True, True), 2 * 120 + 2 * 144),
        ((True, False, False), 120 + 144),  # through the scores, whose gradient is one product with the values
        ((False, True, False), 120 + 144),
        ((False, False, True), 144),
        ((False, False, False, True), 144),  # a trained mask is added to the scores
        ((False, False, False, False), 0),
    ],
)
def test_attention_by_the_inputs_that_need_a_gradient(needed: tuple[bool, ...], macs: int) -> None:
    layer = build("attention", {})
    volumes = [volume(text) for text in ("2x3x5", "2x4x5", "2x4x6", "2x3x4")[: len(needed)]]
    assert layer.backward_macs(Flow(volumes, layer.output(volumes)), needed, trained=False) == macs


@pytest.mark.parametrize(
    ("needed", "trained", "macs"),
    [
        # 2 query tokens of 4, 3 memory tokens of 6, one head of 4: the projections are 2·4·4 = 32, 3·6·4 = 72 twice,
        # and 32; q·kᵀ and the product with the values 2·3·4 = 24 each
        ((True, True), True, 2 * (32 + 72 + 72 + 32) + 4 * 24),
        ((False, True), True, 2 * (72 + 72 + 32) + 32 + 4 * 24),
        ((True, False), False, 32 + 32 + 24 + 24),  # back through the output, the values' product, and the scores
        ((False, True), False, 72 + 72 + 32 + 24 + 2 * 24),
    ],
)
def test_multi_head_attention_to_a_memory(needed: tuple[bool, ...], trained: bool, macs: int) -> None:
    layer, volumes = build("multi_head_attention", {"heads": 1}), [volume("2x4"), volume("3x6")]
    assert layer.backward_macs(Flow(volumes, layer.output(volumes)), needed, trained=trained) == macs


def test_decomposed_positions_have_a_gradient_of_their_tables_and_of_the_queries() -> None:
    """2x3 tokens of 4, one head: the tables add 6·4·(2 + 3) = 120, which is multiplied twice more."""
    volumes = [volume("2x3x4")]
    with_tables = build("multi_head_attention", {"heads": 1, "relative_position": "decomposed"})
    without = build("multi_head_attention", {"heads": 1})
    flow = Flow(volumes, volumes[0])
    both = [layer.backward_macs(flow, (True,), trained=True) for layer in (with_tables, without)]
    assert both[0] - both[1] == 2 * 120
    frozen = [layer.backward_macs(flow, (True,), trained=False) for layer in (with_tables, without)]
    assert frozen[0] - frozen[1] == 120


DENSE = {"dense": {"units": 4}}  # 16 MACs over 4


def rows_of(layers: list[Any], **more: Any) -> dict[str, Row]:
    return {row.name: row for row in analysis(layers, **{"input": "4", **more}).rows}


def test_frozen_layers_hand_the_gradient_on_where_something_before_is_trained() -> None:
    frozen = {**DENSE, "frozen": True}
    rows = rows_of([frozen, DENSE, frozen, {"relu": {}}, DENSE])
    assert [row.backward_macs for row in rows.values()] == [0, 16, 16, 0, 32]


def test_a_layer_that_leads_to_no_output_has_no_backward_pass() -> None:
    layers = [{**DENSE, "name": "one"}, {**DENSE, "name": "aside"}, {**DENSE, "name": "two", "from": "one"}]
    rows = rows_of(layers, outputs=["two"])
    assert [rows[name].backward_macs for name in ("one", "aside", "two")] == [16, 0, 32]
    rows = rows_of(layers)  # without names, what nothing reads is an output
    assert [rows[name].backward_macs for name in ("one", "aside", "two")] == [16, 32, 32]


def test_a_layer_that_reuses_weights_trains_them_as_their_owner_does() -> None:
    frozen = [{**DENSE, "name": "one", "frozen": True}, {**DENSE, "name": "two", "tied": "one"}]
    assert [row.backward_macs for row in rows_of(frozen).values()] == [0, 0]
    trained = [{**DENSE, "name": "one"}, {**DENSE, "name": "two", "tied": "one"}]
    assert [row.backward_macs for row in rows_of(trained).values()] == [16, 32]


def test_no_gradient_flows_through_an_index() -> None:
    """Tokens of a table of 5 rows; `linear` is 3·2·2; without a trained table it reads numbers that need no gradient."""
    layers = [{"embedding": {"vocabulary": 5, "size": 2}, "frozen": True}, {"linear": {"units": 2}}]
    assert [row.backward_macs for row in analysis(layers, input="3").rows] == [0, 12]
    layers[0]["frozen"] = False
    assert [row.backward_macs for row in analysis(layers, input="3").rows] == [0, 24]
    chosen = [DENSE, {"reduce": {"op": "argmax"}}, {"dense": {"units": 2}}]
    assert [row.backward_macs for row in analysis(chosen, input="4").rows] == [0, 0, 2]


def test_a_trained_tensor_is_a_factor_that_needs_a_gradient() -> None:
    """3x4 times 4x2: 24 MACs; only the tensor needs a gradient, unless it is a buffer."""
    for trained, macs in ((True, 24), (False, 0)):
        layers = [
            {"parameter": {"volume": "4x2", "trained": trained}, "name": "table"},
            {"matmul": ["input", "table"]},
        ]
        assert analysis(layers, input="3x4").rows[-1].backward_macs == macs


def test_unknown_macs_have_an_unknown_backward_pass() -> None:
    """The dense layer before it: the gradient of its weights, 16; the one after it 2·12."""
    layers = [DENSE, {"custom": {"output": "3", "macs": "unknown"}}, {"dense": {"units": 4}}]
    found = analysis(layers, input="4")
    assert [f"{row.backward_macs:,}" for row in found.rows] == ["16", "unknown", "24"]
    assert f"{found.totals.backward_macs:,}" == "at least 40"
    document = found.to_dict()
    assert [layer.get("backward_macs") for layer in document["layers"]] == [16, None, 24]
    assert document["totals"]["backward_macs"] == 40
    assert document["totals"]["at_least"] == ["macs"]


@pytest.mark.parametrize(
    ("type_", "written", "reads"),
    [
        ("gather", {"axis": "height"}, ["4x4x2", "3"]),
        ("resize", {"like": "x"}, ["4x4x2", "6x6x1"]),
        ("reduce", {"op": "argmax"}, ["4x4x2"]),
        ("reduce", {"op": "sum"}, ["4x4x2"]),
        ("embedding", {"vocabulary": 5, "size": 2}, ["3"]),
    ],
)
def test_the_layers_that_end_a_gradient(type_: str, written: dict[str, Any], reads: list[str]) -> None:
    layer, volumes = build(type_, written), [volume(text) for text in reads]
    operation = layer.saved(Flow(volumes, layer.output(volumes)), SHARED)[0]
    flows = [rule != NONE for rule in operation.gradients]
    assert [layer.differentiates(which) for which in range(len(volumes))] == flows
