"""The cost pass: three modes, tied and frozen layers, buffers, bytes, running sums, exact numbers of any size."""

from __future__ import annotations

import gc
import time
from itertools import accumulate
from operator import add
from random import Random
from typing import Any

import pytest
from building import build, volume

import analyzer
from analyzer.dtypes import BITS
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network, Node
from analyzer.engine.result import MODES, Analysis, Cost


def chain(text: str, *layers: tuple[str, dict[str, Any]], **options: Any) -> Analysis:
    """An analysis of layers one after the other."""
    network = Network()
    node = network.enter("input", volume(text))
    for place, (type_, written) in enumerate(layers):
        node = network.place(f"{type_}{place}", build(type_, written), [node])
    return analyze_network(network, **options)


def plain(cost: Cost) -> tuple[int, int, int, int]:
    return cost.weights, cost.biases, cost.buffers, cost.bytes


SMALL = (
    ("conv", {"filters": 4, "kernel": 3, "padding": 1}),
    ("batch_norm", {}),
    ("relu", {}),
    ("dense", {"units": 10}),
)


def test_a_small_network_by_hand() -> None:
    """8x8x3, batch 2, float32: conv 9·3·4 + 4; norm 4 + 4, buffers 8; dense 8·8·4·10 + 10."""
    report = chain("8x8x3", *SMALL, batch=2)
    assert [plain(row.shared) for row in report.rows] == [
        (108, 4, 0, 112 * 4),
        (4, 4, 8, 16 * 4),
        (0, 0, 0, 0),
        (2560, 10, 0, 2570 * 4),
    ]
    assert [row.macs for row in report.rows] == [108 * 64, 0, 0, 2560]
    assert [row.activation_bytes for row in report.rows] == [8 * 8 * 4 * 2 * 4] * 3 + [10 * 2 * 4]
    assert plain(report.totals.shared) == (2672, 18, 8, 10792)
    assert (report.totals.shared.parameters, report.totals.shared.trainable) == (2690, 2690)
    assert (report.totals.macs, report.totals.activation_bytes) == (9472, 6224)
    assert plain(report.rows[0].local) == (108 * 64, 4 * 64, 0, (6912 + 256) * 4)
    assert plain(report.totals.local) == (6912 + 4 + 2560, 256 + 4 + 10, 8, (9476 + 270 + 8) * 4)
    assert report.rows[3].memory("shared") == 2570 * 4 + 80


def test_the_textbook_in_both_modes() -> None:
    """CS231n: 3,840 + 20 shared, 752,640 + 3,920 local, 196 times as many; 752,640 MACs in both."""
    report = chain("32x32x3", ("conv", {"filters": 20, "kernel": 8, "stride": 2, "padding": 1}))
    assert (report.totals.shared.parameters, report.totals.local.parameters) == (3860, 756560)
    assert report.totals.local.parameters == 196 * report.totals.shared.parameters
    assert report.totals.macs == 752640


def test_declared_is_what_the_file_says() -> None:
    """One shared layer of 10, one local with 4 positions, one with 2 banks; 1x1 kernels on 2x2x1 with one filter."""
    layers = [("conv", {"filters": 1, "kernel": 1, "sharing": s}) for s in ("shared", "local", {"tiled": "1x2"})]
    report = chain("2x2x1", *layers)
    assert [row.shared.parameters for row in report.rows] == [2, 2, 2]
    assert [row.local.parameters for row in report.rows] == [8, 8, 8]
    assert [row.declared.parameters for row in report.rows] == [2, 8, 4]
    assert report.totals.declared.parameters == 14
    assert report.mixed
    assert not chain("2x2x1", layers[0]).mixed


def test_layers_that_share_nothing_are_the_same_in_every_mode() -> None:
    report = chain(
        "8x8x4", ("batch_norm", {}), ("prelu", {"per": "volume"}), ("linear", {"units": 3}), ("dense", {"units": 2})
    )
    for row in report.rows:
        assert row.shared == row.local == row.declared


# --------------------------------------------------------------------------------------------------------------------
# Tied and frozen.


def tied_network(*, frozen: bool = False) -> Analysis:
    """a and b on 8x8x4, b tied to a; c on 4x4x4, tied to a: 9·4·4 = 144 weights and 4 biases each."""
    network = Network()
    layer = build("conv", {"filters": 4, "kernel": 3, "padding": 1})
    start = network.enter("input", volume("8x8x4"))
    a = network.place("a", layer, [start], frozen=frozen)
    b = network.place("b", layer, [a], tied=a)
    pool = network.place("pool", build("max_pool", {"kernel": 2}), [b])
    network.place("c", build("conv", {"filters": 4, "kernel": 3, "padding": 1}), [pool], tied=a)
    return analyze_network(network)


def test_tied_layers_count_once() -> None:
    report = tied_network()
    assert [row.shared.parameters for row in report.rows] == [148, 0, 0, 0]
    assert [row.declared.parameters for row in report.rows] == [148, 0, 0, 0]
    assert [row.macs for row in report.rows] == [144 * 64, 144 * 64, 0, 144 * 16]
    assert report.totals.shared.bytes == 148 * 4


def test_tied_layers_of_other_volumes_are_local_by_themselves() -> None:
    """In local mode b has a's volumes and reuses its 64 banks; c has 16 positions and 16 banks of its own."""
    report = tied_network()
    assert [row.local.weights for row in report.rows] == [144 * 64, 0, 0, 144 * 16]
    assert [row.local.biases for row in report.rows] == [4 * 64, 0, 0, 4 * 16]


def test_a_repeated_layer_is_tied_only_where_it_says_so() -> None:
    """The same object at two places, the second tied: the costs of the first must not be taken for its own."""
    network = Network()
    layer = build("conv", {"filters": 4, "kernel": 1})
    start = network.enter("input", volume("8x8x4"))
    first = network.place("first", layer, [start])
    network.place("free", layer, [start])
    network.place("tied", layer, [start], tied=first)
    network.place("frozen", layer, [start], frozen=True)
    report = analyze_network(network)
    assert [row.shared.parameters for row in report.rows] == [20, 20, 0, 20]
    assert [row.shared.trainable for row in report.rows] == [20, 20, 0, 0]


def test_tied_norms_share_their_buffers() -> None:
    network = Network()
    start = network.enter("input", volume("8x8x4"))
    first = network.place("first", build("batch_norm"), [start])
    network.place("second", build("batch_norm"), [first], tied=first)
    assert plain(analyze_network(network).totals.shared) == (4, 4, 8, 64)


def test_frozen_layers_are_counted_and_not_trained() -> None:
    report = tied_network(frozen=True)
    assert (report.totals.shared.parameters, report.totals.shared.trainable) == (148, 0)
    assert report.totals.local.trainable == 148 * 16  # c's own banks, which nothing freezes
    assert report.rows[0].to_dict()["frozen"] is True
    assert report.rows[3].to_dict()["tied"] == "a"


# --------------------------------------------------------------------------------------------------------------------
# Bytes.


@pytest.mark.parametrize("dtype", BITS)
def test_bytes_of_each_dtype(dtype: str) -> None:
    report = chain("8x8x3", *SMALL, dtype=dtype)
    assert report.totals.shared.bytes == (2690 + 8) * BITS[dtype] // 8
    assert report.totals.activation_bytes == (3 * 256 + 10) * BITS[dtype] // 8


@pytest.mark.parametrize(("batch", "outputs"), [(1, 4), (2, 7), (3, 11)])
def test_half_bytes_are_rounded_up(batch: int, outputs: int) -> None:
    """int4: 5 weights take ⌈5/2⌉ = 3 bytes, 7 outputs ⌈7/2⌉ = 4, of two samples 7, of three ⌈21/2⌉ = 11."""
    conv = ("conv", {"filters": 1, "kernel": 5, "bias": False})
    report = chain("11x1", conv, batch=batch, dtype="int4")
    assert (report.rows[0].shared.bytes, report.rows[0].activation_bytes) == (3, outputs)
    twice = chain("15x1", conv, conv, dtype="int4")  # 11 and 7 outputs; each row is rounded by itself
    assert (twice.totals.shared.bytes, twice.totals.activation_bytes) == (6, 10)


def test_numbers_beyond_two_to_the_64_are_exact() -> None:
    """10^6 − 999 positions; 10^3·10^3·10^9 weights a bank."""
    report = chain("1000000x1000", ("conv", {"filters": 10**9, "kernel": 1000}), ("relu", {}), batch=1024)
    weights = 999001 * 10**15
    assert report.totals.local.weights == weights > 2**64
    assert report.totals.macs == weights
    assert report.totals.local.bytes == (weights + 999001 * 10**9) * 4
    assert report.totals.activation_bytes == 2 * 999001 * 10**9 * 1024 * 4


# --------------------------------------------------------------------------------------------------------------------
# Running sums.


def drawn_network(random: Random) -> Network:
    """A random graph: each layer reads one or two of those above it."""
    network = Network()
    nodes: list[Node] = [network.enter("input", volume("8x8x4"))]
    conv = {"filters": 4, "kernel": 3, "padding": 1}
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("conv", conv),
        ("conv", {**conv, "sharing": "local", "bias": False}),
        ("depthwise_conv", {"kernel": 3, "padding": "same", "sharing": {"regions": 3}}),
        ("batch_norm", {}),
        ("relu", {"inplace": True}),
        ("prelu", {"per": "depth"}),
        ("add", {"inputs": ["a", "b"]}),
    ]
    for place in range(random.randint(1, 30)):
        type_, written = random.choice(kinds)
        sources = random.choices(nodes, k=2 if type_ == "add" else 1)
        same = [node for node in network.nodes if node.layer.type == type_ == "batch_norm"]
        tied = random.choice([*same, None]) if same else None
        frozen = random.random() < 0.3
        nodes.append(network.place(f"layer{place}", build(type_, written), sources, tied=tied, frozen=frozen))
    return network


def test_running_sums_are_the_sums_of_the_rows() -> None:
    random = Random("sums")
    for _ in range(60):
        report = analyze_network(drawn_network(random), batch=random.randint(1, 4), dtype=random.choice(list(BITS)))
        last = report.rows[-1].cumulative
        for mode in MODES:
            for name in ("weights", "biases", "buffers", "bytes", "trainable", "parameters"):
                own = [getattr(getattr(row.own, mode), name) for row in report.rows]
                sums = [getattr(getattr(row.cumulative, mode), name) for row in report.rows]
                assert sums == list(accumulate(own, add))
                assert getattr(getattr(report.totals, mode), name) == sum(own)
        for name in ("macs", "activation_bytes"):
            own = [getattr(row.own, name) for row in report.rows]
            assert [getattr(row.cumulative, name) for row in report.rows] == list(accumulate(own, add))
            assert getattr(report.totals, name) == getattr(last, name) == sum(own)


def test_renaming_changes_no_number() -> None:
    random = Random("names")
    for _ in range(20):
        network = drawn_network(random)
        before = analyze_network(network).to_dict()
        for place, node in enumerate(network.nodes):
            node.name = f"schicht-{place}/ä"
        after = analyze_network(network).to_dict()
        for row in (*before["layers"], *after["layers"]):
            for key in ("name", "inputs", "tied"):
                row.pop(key, None)
        assert before["layers"] == after["layers"]
        peaks = [report["totals"].pop("peak_activation")["bytes"] for report in (before, after)]
        assert peaks[0] == peaks[1]
        assert before["totals"] == after["totals"]


# --------------------------------------------------------------------------------------------------------------------
# Cost of the passes.


def seconds(count: int) -> float:
    """Processor time to place and analyse a chain of so many layers, with a read far back at each tenth."""
    kinds = [build("conv", {"filters": 4, "kernel": 3, "padding": 1}), build("batch_norm"), build("relu")]
    merge = build("add", {"inputs": ["a", "b"]})
    gc.collect()
    gc.disable()  # the collector walks all that lives, again and again: its cost is not the passes'
    start = time.process_time()
    network = Network()
    node = first = network.enter("input", volume("8x8x4"))
    for place in range(count):
        if place % 10 == 9:
            node = network.place(f"layer{place}", merge, [node, first])
        else:
            node = network.place(f"layer{place}", kinds[place % 3], [node])
    rows = analyze_network(network).rows
    taken = time.process_time() - start
    gc.enable()
    assert len(rows) == count
    return taken


def test_cost_is_linear() -> None:
    """Four times the layers, about four times the time; a quadratic pass would take sixteen."""
    small, large = (min(seconds(count) for _ in range(3)) for count in (10_000, 40_000))
    assert large < 8 * small


def test_a_trained_tensor_is_no_activation() -> None:
    """197·768 weights of 4 bytes, once for all samples; the sum with it has 197·768·4 bytes a sample."""
    report = analyzer.analyze("input: 197x768\nlayers:\n  - parameter: 197x768\n  - add: [prev, input]\n", batch=8)
    assert [row.own.activation_bytes for row in report.rows] == [0, 8 * 605_184]
    assert [row.own.shared.bytes for row in report.rows] == [605_184, 0]
