"""One battery that every layer type passes: ranks, brute-force windows, the two laws, sharing, size, batch, names."""

from __future__ import annotations

import time
from itertools import product
from math import prod
from random import Random
from typing import Any

import pytest
from building import build, place, volume

from analyzer.diagnostics import Refusal
from analyzer.engine.analysis import analyze_network
from analyzer.engine.network import Network
from analyzer.layers import CATALOGUE, LOCAL, SHARED, Flow, Layer, Sharing
from analyzer.layers.operations import NONE
from analyzer.layers.padding import Padding
from analyzer.volume import Volume

Parameters = dict[str, Any]

#: An ordinary layer of each type that has required parameters; all others need none.
ORDINARY: dict[str, Parameters] = {
    "conv": {"filters": 6, "kernel": 3},
    "depthwise_conv": {"kernel": 3},
    "separable_conv": {"filters": 6, "kernel": 3},
    "conv_transpose": {"filters": 6, "kernel": 3},
    "dense": {"units": 5},
    "linear": {"units": 5},
    "embedding": {"vocabulary": 100, "size": 16},
    "max_pool": {"kernel": 2},
    "avg_pool": {"kernel": 2},
    "lp_pool": {"kernel": 2},
    "adaptive_avg_pool": {"size": 4},
    "adaptive_max_pool": {"size": 4},
    "mean": {"axis": "depth"},
    "group_norm": {"groups": 4},
    "reshape": {"to": "?"},
    "gather": {"count": 3},
    "tile": {"count": 2},
    "roll": {"shift": 1},
    "flip": {"axis": "depth"},
    "reduce": {"op": "sum"},
    "unfold": {"kernel": 3},
    "fold": {"to": 8, "kernel": 2, "stride": 2},
    "pad": {"padding": 1},
    "crop": {"padding": 1},
    "upsample": {"factor": 2},
    "resize": {"to": 7},
    "pixel_shuffle": {"factor": 2},
    "pixel_unshuffle": {"factor": 2},
    "channel_shuffle": {"groups": 4},
    "multi_head_attention": {"heads": 2},
    "lstm": {"units": 5},
    "gru": {"units": 5},
    "rnn": {"units": 5},
    "conv_lstm": {"filters": 6, "kernel": 3},
    "custom": {"output": "4x4x2"},
    "parameter": {"volume": "4x4x2"},
    "elementwise": {"op": "exp"},
    "matmul": {"inputs": ["a", "b"], "transpose": True},
    **{merge: {"inputs": ["a", "b"]} for merge in ("add", "subtract", "multiply", "maximum", "average", "concat")},
}

#: A volume of each rank that every rule can read: its axes are even, its depth is a multiple of 8.
VOLUMES = [volume(text) for text in ("16", "10x16", "10x12x16", "6x10x12x16")]

#: The ranks that a type reads, where it does not read all of 0 to 3.
RANKS: dict[str, set[int]] = {
    **{
        type_: {1, 2, 3}
        for type_ in (
            "conv", "depthwise_conv", "separable_conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool",
            "blur_pool", "adaptive_avg_pool", "adaptive_max_pool", "spatial_pyramid_pool", "pad", "crop", "upsample",
            "resize", "unfold", "pixel_shuffle", "pixel_unshuffle", "multi_head_attention", "coord_channels",
        )
    },
    "embedding": {0},
    **{type_: {1} for type_ in ("class_token", "lstm", "gru", "rnn", "fold")},
    "conv_lstm": {2, 3},
    "attention": {1, 2, 3},
}  # fmt: skip


def written(type_: str, read: Volume) -> Parameters:
    """The parameters of an ordinary layer that reads this volume."""
    if type_ == "permute":
        return {"order": list(reversed(read.axes))}
    if type_ in ("softmax", "log_softmax"):
        return {"axis": read.axes[0]}
    if type_ == "parameter":
        return {"volume": str(read)}
    if type_ == "fold":  # each cell of a length in two places
        return {"to": [2 * read.spatial[0] if read.rank == 1 else 8], "kernel": 2, "stride": 2}
    if type_ == "rearrange":  # the depth before the positions
        names = " ".join(read.axes[:-1])
        return {"pattern": f"{names} c -> c ({names})"}
    return ORDINARY.get(type_, {})


def ordinary(type_: str, read: Volume) -> tuple[Layer, list[Volume]]:
    """An ordinary layer of a type, and the volumes that it reads."""
    parameters = written(type_, read)
    return build(type_, parameters), [read] * (2 if "inputs" in parameters else CATALOGUE[type_].reads[0])


def flow_of(layer: Layer, *volumes: Volume) -> Flow:
    return Flow(volumes, layer.output(volumes))


def test_ordinary_layers_are_of_the_catalogue() -> None:
    assert set(ORDINARY) | set(RANKS) <= set(CATALOGUE)


@pytest.mark.parametrize("type_", CATALOGUE)
@pytest.mark.parametrize("rank", range(4))
def test_ranks(type_: str, rank: int) -> None:
    """Where a rank is defined the answers are whole numbers, elsewhere a refusal."""
    layer, volumes = ordinary(type_, VOLUMES[rank])
    if rank not in RANKS.get(type_, {0, 1, 2, 3}):
        with pytest.raises(Refusal):
            layer.output(volumes)
        return
    flow = flow_of(layer, *volumes)
    assert all(type(size) is int and size >= 1 for size in flow.output.sizes)
    for sharing in (SHARED, LOCAL):
        counts = layer.parameters(flow, sharing)
        for number in (counts.weights, counts.biases, counts.buffers, layer.macs(flow)):
            assert type(number) is int
            assert number >= 0


# --------------------------------------------------------------------------------------------------------------------
# Windows, walked one by one.


def walk(size: int, kernel: int, stride: int, dilation: int, pair: tuple[int, int], rounding: str = "floor") -> int:
    """How many windows stand on one axis, placed one after the other from the first padding cell on."""
    before, after = pair
    cells = [
        (start, [start + tap * dilation for tap in range(kernel)]) for start in range(-before, size + after + stride)
    ]
    end, count = size + after, 0
    for start, taps in cells[::stride]:
        over = taps[-1] + 1 - end
        if over > 0 and (rounding == "floor" or over >= stride):
            break
        if rounding == "ceil" and start >= size:
            break
        count += 1
    return count


def smallest_same(size: int, kernel: int, stride: int, dilation: int, *, lower: bool) -> tuple[int, int]:
    """The least padding that gives ⌈size/stride⌉ windows, found by trying; the odd cell after, or before."""
    for total in range(dilation * kernel + stride + 1):
        half, rest = total // 2, total - total // 2
        pair = (rest, half) if lower else (half, rest)
        if walk(size, kernel, stride, dilation, pair) >= (size + stride - 1) // stride:
            return pair
    raise AssertionError("no padding is enough")


def drawn_window(random: Random, rank: int, *, pool: bool) -> Parameters:
    """A random window for each axis; a pool's padding stays below its kernel."""
    kernel = [random.randint(1, 5) for _ in range(rank)]
    padding: Any = random.choice(["same", "same_lower", "valid", "numbers", "numbers", "numbers"])
    if padding == "numbers":
        padding = [[random.randint(0, k - 1 if pool else 6) for _ in range(2)] for k in kernel]
    if rank == 1 and not pool and random.random() < 0.2:
        padding = "causal"
    return {
        "kernel": kernel,
        "stride": [random.randint(1, 6) for _ in range(rank)],
        "dilation": [random.randint(1, 3) for _ in range(rank)],
        "padding": padding,
    }


def walked(read: Volume, window: Parameters, rounding: str = "floor") -> tuple[int, ...]:
    """The output's spatial sizes, by walking."""
    lengths = []
    padding, strides = window["padding"], window["stride"]
    caffe = rounding == "caffe"
    if caffe and isinstance(padding, list) and any(map(any, padding)):
        rounding = "ceil"  # Caffe's rule with padding is torch's
    for axis, size in enumerate(read.spatial):
        kernel, stride = window["kernel"][axis], strides[axis]
        dilation = window.get("dilation", [1, 1, 1])[axis]
        if padding in ("same", "same_lower"):
            pair = smallest_same(size, kernel, stride, dilation, lower=padding == "same_lower")
            lengths.append(walk(size, kernel, stride, dilation, pair))
            continue
        pair = {"valid": (0, 0), "causal": (dilation * (kernel - 1), 0)}.get(str(padding)) or tuple(padding[axis])
        lengths.append(walk(size, kernel, stride, dilation, pair, rounding))
    return tuple(lengths)


def drawn_volume(random: Random, rank: int) -> Volume:
    return Volume(tuple(random.randint(1, 16) for _ in range(rank)), random.choice([2, 4, 6]))


@pytest.mark.parametrize("type_", ["conv", "depthwise_conv", "separable_conv", "max_pool", "avg_pool", "lp_pool"])
def test_windows_agree_with_a_walk(type_: str) -> None:
    random = Random(type_)
    pool, fits = type_.endswith("pool"), 0
    for _ in range(1500):
        rank = random.randint(1, 3)
        read = drawn_volume(random, rank)
        window = drawn_window(random, rank, pool=pool)
        rounding = random.choice(["floor", "ceil", "caffe"]) if pool else "floor"
        extra: Parameters = {"rounding": rounding} if pool else {}
        if pool and type_ != "max_pool":
            del window["dilation"]
        if type_ in ("conv", "separable_conv"):
            extra["filters"] = 4
        layer = build(type_, {**window, **extra})
        lengths = walked(read, window, rounding)
        if min(lengths) < 1:
            with pytest.raises(Refusal, match="larger than its"):
                layer.output([read])
            continue
        fits += 1
        assert layer.output([read]).spatial == lengths, (read, window, extra)
    assert fits > 600  # otherwise the walk proves nothing


def test_blur_pool_agrees_with_a_walk() -> None:
    random = Random("blur_pool")
    for _ in range(300):
        read = drawn_volume(random, random.randint(1, 3))
        kernel, stride = ([random.randint(1, 5) for _ in read.spatial] for _ in range(2))
        layer = build("blur_pool", {"kernel": kernel, "stride": stride})
        lengths = walked(read, {"kernel": kernel, "stride": stride, "padding": "same"})
        flow = flow_of(layer, read)
        assert flow.output == Volume(lengths, read.depth)
        assert layer.macs(flow) == prod(kernel) * prod(lengths) * read.depth


def test_padding_of_same_agrees_with_trying() -> None:
    random = Random("same")
    for _ in range(500):
        size, kernel, stride, dilation = (random.randint(1, top) for top in (30, 7, 6, 3))
        for mode in ("same", "same_lower"):
            pair = smallest_same(size, kernel, stride, dilation, lower=mode == "same_lower")
            assert Padding(mode).resolve((size,), (kernel,), (stride,), (dilation,)) == (pair,)


def test_conv_transpose_agrees_with_scattering() -> None:
    """Every input position writes its window; padding is taken from the ends of what was window."""
    random = Random("conv_transpose")
    refused = 0
    for _ in range(1500):
        read = drawn_volume(random, random.randint(1, 3))
        window = drawn_window(random, read.rank, pool=False)
        window["padding"] = [[random.randint(0, 4), random.randint(0, 4)] for _ in read.spatial]
        room = [max(s, d) for s, d in zip(window["stride"], window["dilation"], strict=True)]
        window["output_padding"] = [random.randrange(least) for least in room]
        lengths = []
        for axis, size in enumerate(read.spatial):
            kernel, stride, dilation = (window[name][axis] for name in ("kernel", "stride", "dilation"))
            cells = {at * stride + tap * dilation for at in range(size) for tap in range(kernel)}
            lengths.append(max(cells) + 1 - sum(window["padding"][axis]) + window["output_padding"][axis])
        layer = build("conv_transpose", {"filters": 4, **window})
        if min(lengths) < 1:
            refused += 1
            with pytest.raises(Refusal, match="removes its whole output"):
                layer.output([read])
            continue
        assert layer.output([read]) == Volume(tuple(lengths), 4)
    assert 40 < refused < 700


@pytest.mark.parametrize("groups", [1, 2])
def test_macs_agree_with_counting(groups: int) -> None:
    """Every product of a small convolution counted: output position, filter, tap, plane of the filter's group."""
    read = volume("5x6x4")
    layer = build("conv", {"filters": 6, "kernel": [2, 3], "stride": [2, 1], "padding": 1, "groups": groups})
    flow = flow_of(layer, read)
    planes = range(read.depth)
    products = 0
    for _, filter_ in product(range(flow.output.positions), range(6)):
        group = filter_ * groups // 6
        seen = [plane for plane in planes if plane * groups // read.depth == group]
        products += len(list(product(range(2), range(3), seen)))
    assert layer.macs(flow) == products


# --------------------------------------------------------------------------------------------------------------------
# Sharing: the two laws, and the ends of tiled and regions.

SHARING_TYPES = [type_ for type_, cls in CATALOGUE.items() if cls.shares]


def drawn_sharing(random: Random, type_: str) -> tuple[Layer, Flow, Parameters]:
    """A random layer that shares weights, placed where it fits."""
    while True:
        read = drawn_volume(random, random.randint(1, 3))
        window = drawn_window(random, read.rank, pool=False)
        if type_ == "conv_transpose":
            window["padding"] = random.choice(["same", 0])
        if type_ != "depthwise_conv":
            window["filters"] = random.choice([2, 4, 6])
        if type_ in ("conv", "conv_transpose"):
            window["groups"] = random.choice([1, 2])
        elif random.random() < 0.5:
            window["multiplier"] = random.randint(1, 3)
        layer = build(type_, window)
        try:
            return layer, flow_of(layer, read), window
        except Refusal:
            continue


def test_which_types_share() -> None:
    assert SHARING_TYPES == ["conv", "depthwise_conv", "separable_conv", "conv_transpose"]


@pytest.mark.parametrize("type_", SHARING_TYPES)
def test_the_two_laws(type_: str) -> None:
    """Shared, MACs = weights × positions; local, MACs = weights."""
    random = Random(type_)
    for _ in range(200):
        layer, flow, _ = drawn_sharing(random, type_)
        users = flow.input if type_ == "conv_transpose" else flow.output
        shared, local = layer.parameters(flow, SHARED), layer.parameters(flow, LOCAL)
        assert layer.macs(flow) == shared.weights * users.positions
        assert layer.macs(flow) == local.weights
        assert shared.biases == flow.output.depth
        assert local.biases == flow.output.size


@pytest.mark.parametrize("type_", SHARING_TYPES)
def test_the_ends_of_tiled_and_regions(type_: str) -> None:
    random = Random(type_)
    for _ in range(100):
        layer, flow, _ = drawn_sharing(random, type_)
        longest = max(*flow.output.spatial, *flow.input.spatial)
        ends = [
            (Sharing("tiled", 1), SHARED),
            (Sharing("tiled", longest), LOCAL),
            (Sharing("regions", 1), LOCAL),
            (Sharing("regions", longest), SHARED),
        ]
        for sharing, same in ends:
            ours, expected = layer.parameters(flow, sharing), layer.parameters(flow, same)
            assert (ours.weights, ours.biases) == (expected.weights, expected.biases)


@pytest.mark.parametrize("policy", ["tiled", "regions"])
def test_banks_agree_with_naming_each_position(policy: str) -> None:
    """Each position says which bank it uses; the different names are counted."""
    random = Random(policy)
    for _ in range(200):
        sizes = tuple(random.randint(1, 7) for _ in range(random.randint(1, 3)))
        steps = tuple(random.randint(1, 8) for _ in sizes)
        names = {
            tuple(at % step if policy == "tiled" else at // step for at, step in zip(position, steps, strict=True))
            for position in product(*map(range, sizes))
        }
        assert Sharing(policy, steps).banks(sizes) == len(names)


@pytest.mark.parametrize("type_", SHARING_TYPES)
def test_a_written_untied_bias_holds_in_every_mode(type_: str) -> None:
    random = Random(type_)
    for _ in range(30):
        _, flow, window = drawn_sharing(random, type_)
        for sharing in (SHARED, LOCAL, Sharing("tiled", 2), Sharing("regions", 2)):
            tied = build(type_, {**window, "untied_bias": False}).parameters(flow, sharing)
            untied = build(type_, {**window, "untied_bias": True}).parameters(flow, sharing)
            none = build(type_, {**window, "untied_bias": True, "bias": False}).parameters(flow, sharing)
            assert (tied.biases, untied.biases, none.biases) == (flow.output.depth, flow.output.size, 0)
            assert tied.weights == untied.weights == none.weights


# --------------------------------------------------------------------------------------------------------------------
# Size, batch, names.

#: 10^9 elements in each rank.
LARGE = [volume(text) for text in ("1000000000", "1000000x1000", "1000x1000x1000", "100x100x100x1000")]


@pytest.mark.parametrize("type_", CATALOGUE)
def test_a_volume_of_a_billion_elements_costs_nothing(type_: str) -> None:
    for rank in RANKS.get(type_, {0, 1, 2, 3}):
        layer, volumes = ordinary(type_, LARGE[rank])
        start = time.process_time()
        flow = flow_of(layer, *volumes)
        for sharing in (SHARED, LOCAL):
            layer.parameters(flow, sharing)
        layer.macs(flow)
        assert time.process_time() - start < 0.05


@pytest.mark.parametrize("type_", CATALOGUE)
def test_batch_and_dtype_change_bytes_alone(type_: str) -> None:
    """Doubling the batch doubles the activations; doubling the width doubles all bytes; no count changes."""
    read = VOLUMES[max(RANKS.get(type_, {2}))]
    _, volumes = ordinary(type_, read)
    network, _ = place(type_, volumes or [read], **written(type_, read))
    one = analyze_network(network, batch=3)
    two = analyze_network(network, batch=6)
    wide = analyze_network(network, batch=3, dtype="float64")
    assert two.totals.activation_bytes == 2 * one.totals.activation_bytes == wide.totals.activation_bytes
    assert two.peak.bytes == 2 * one.peak.bytes == wide.peak.bytes
    assert two.totals.shared == one.totals.shared
    assert two.totals.local == one.totals.local
    assert wide.totals.shared.bytes == 2 * one.totals.shared.bytes
    assert (two.totals.macs, wide.totals.macs) == (one.totals.macs, one.totals.macs)
    assert wide.totals.shared.parameters == one.totals.shared.parameters


@pytest.mark.parametrize("type_", CATALOGUE)
def test_gradients_flow_where_the_operations_say(type_: str) -> None:
    """`differentiates` says what the operations say by the rule of each read, from which training memory follows."""
    layer, volumes = ordinary(type_, VOLUMES[max(RANKS.get(type_, {2}))])
    if not volumes:
        assert CATALOGUE[type_].reads == (0, 0)
        return
    operations = layer.saved(flow_of(layer, *volumes), SHARED)
    for which in range(len(volumes)):
        rules = [
            rule for one in operations for read, rule in zip(one.reads, one.gradients, strict=True) if read == which
        ]
        assert rules
        assert layer.differentiates(which) == any(rule != NONE for rule in rules)


@pytest.mark.parametrize("type_", CATALOGUE)
def test_renaming_changes_no_number(type_: str) -> None:
    layer, volumes = ordinary(type_, VOLUMES[max(RANKS.get(type_, {2}))])
    reports = []
    for names in (("x", "y"), ("первый", "second-2")):
        network = Network()
        sources = [network.enter(f"{names[0]}{at}", read) for at, read in enumerate(volumes or VOLUMES)]
        network.place(names[1], layer, sources if volumes else [])
        report = analyze_network(network)
        row = report.rows[0]
        assert row.name == names[1]
        reports.append([str(row.output), repr(row.own), repr(row.cumulative), report.peak.bytes])
    assert reports[0] == reports[1]
