"""Traffic and intensity by hand: inputs, parameters and output once, and what moves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from building import place, volume

import analyzer
from analyzer.engine.analysis import analyze_network
from analyzer.engine.result import Analysis, Traffic

TEXTBOOK = {"conv": {"filters": 20, "kernel": 8, "stride": 2, "padding": 1}}


def analysis(layers: list[Any], *, batch: int = 1, dtype: str = "float32", **more: Any) -> Analysis:
    return analyzer.analyze({"layers": layers, **more}, batch=batch, dtype=dtype)


def moved(layers: list[Any], **more: Any) -> list[int]:
    """The traffic of each layer with shared weights."""
    return [row.traffic.shared for row in analysis(layers, **more).rows]


def test_the_textbook_network() -> None:
    """32·32·3 = 3,072 numbers in, 3,860 parameters (756,560 where each position has its own), 14·14·20 = 3,920 out."""
    (row,) = analysis([TEXTBOOK], input="32x32x3").rows
    shared, local = 4 * (3072 + 3860 + 3920), 4 * (3072 + 756560 + 3920)
    assert row.traffic == Traffic(shared, local, shared)
    assert (row.intensity(), row.intensity("local")) == (2 * 752640 / shared, 2 * 752640 / local)


def test_a_batch_moves_its_volumes_and_reads_parameters_once() -> None:
    (row,) = analysis([TEXTBOOK], input="32x32x3", batch=10, dtype="float16").rows
    assert row.traffic.shared == 2 * (10 * 3072 + 3860 + 10 * 3920)
    assert row.intensity("shared") == 2 * 752640 * 10 / row.traffic.shared


def test_sharing_of_its_own_is_the_declared_traffic() -> None:
    """6x6x2, 4 filters 3x3: 76 parameters, or 16 times as many; 4·4·4 out."""
    (row,) = analysis([{"conv": {"filters": 4, "kernel": 3, "sharing": "local"}}], input="6x6x2").rows
    assert row.traffic == Traffic(4 * (72 + 76 + 64), 4 * (72 + 1216 + 64), 4 * (72 + 1216 + 64))


def test_a_total_adds_traffic_and_divides_anew() -> None:
    """A dense layer of 4 and one of 2: 4·(4 + 20 + 4) and 4·(4 + 10 + 2) bytes, 16 and 8 MACs."""
    found = analysis([{"dense": {"units": 4}}, {"dense": {"units": 2}}], input="4")
    assert [row.traffic.shared for row in found.rows] == [112, 64]
    assert found.totals.traffic == Traffic(176, 176, 176)
    assert found.totals.intensity("shared") == 2 * 24 / 176


@pytest.mark.parametrize(
    "layer",
    [
        {"flatten": {}},
        {"reshape": "2x32"},
        {"slice": {"axis": "depth", "start": 0, "stop": 2}},
        {"crop": {"padding": 1}},
        {"dropout": 0.5},
        {"dropout": 0},
        {"stochastic_depth": 0.2},
    ],
)
def test_a_view_and_a_dropout_move_nothing(layer: dict[str, Any]) -> None:
    (row,) = analysis([layer], input="4x4x4").rows
    assert row.traffic == Traffic(0, 0, 0)
    assert row.intensity() is None
    assert "intensity" not in row.to_dict()


@pytest.mark.parametrize("inplace", [False, True])
def test_a_layer_in_place_reads_and_writes_all_the_same(inplace: bool) -> None:
    assert moved([{"relu": {"inplace": inplace}}], input="4x4x4") == [4 * (64 + 64)]


def test_norms_read_their_buffers() -> None:
    """4 planes: gamma, beta, running mean and variance."""
    assert moved([{"batch_norm": {}}], input="4x4x4") == [4 * (64 + 16 + 64)]


def test_a_volume_that_is_read_twice_moves_once() -> None:
    """2 MACs a byte less a second read: x·x of 3x3."""
    layers = [{"relu": {}, "name": "x"}, {"add": ["x", "x"]}, {"add": ["input", "x"]}, {"matmul": ["x", "x"]}]
    assert moved(layers, input="3x3") == [72, 4 * (9 + 9), 4 * (9 + 9 + 9), 72]


def test_a_broadcast_volume_moves_as_it_is() -> None:
    layers = [{"global_avg_pool": {}, "name": "mean"}, {"multiply": ["input", "mean"]}]
    assert moved(layers, input="4x4x2") == [4 * (32 + 2), 4 * (32 + 2 + 32)]


def test_an_embedding_reads_the_rows_that_it_looks_up() -> None:
    """6 indices of 8 bytes, 6 rows of 5 numbers, which it puts out; of a table of 4 rows no more than the table."""
    assert moved([{"embedding": {"vocabulary": 1000, "size": 5}}], input="6") == [6 * 8 + 4 * (30 + 30)]
    assert moved([{"embedding": {"vocabulary": 4, "size": 5}}], input="6") == [6 * 8 + 4 * (20 + 30)]
    assert moved([{"embedding": {"vocabulary": 30, "size": 5}}], input="6", batch=10) == [480 + 4 * (150 + 300)]


def test_a_gather_reads_the_cells_that_it_picks() -> None:
    """2 of 8 planes of 3x3; with indices from another volume, 8 bytes for each of 5."""
    assert moved([{"gather": {"count": 2}}], input="3x3x8") == [4 * (18 + 18)]
    layers = [{"gather": {}, "from": ["image", "which"]}]
    assert moved(layers, inputs={"image": "3x3x8", "which": "5"}) == [4 * (45 + 45) + 5 * 8]


def test_a_resize_does_not_read_what_it_takes_its_size_from() -> None:
    layers = [{"resize": {"like": "big"}, "from": "small"}]
    assert moved(layers, inputs={"small": "2x2x3", "big": "4x4x7"}) == [4 * (12 + 48)]


def test_a_trained_tensor_is_read_once_by_its_reader() -> None:
    """A table of 4x2 and its reshape move nothing; matmul reads 8 numbers for the batch, 12 and 6 for each sample."""
    layers = [
        {"parameter": "2x4", "name": "table"},
        {"reshape": "4x2", "name": "turned"},
        {"matmul": ["input", "turned"]},
    ]
    assert moved(layers, input="3x4", batch=5) == [0, 0, 4 * (5 * 12 + 8 + 5 * 6)]


def test_tied_layers_read_their_weights_again() -> None:
    """A dense layer of 4 numbers with 20 parameters, twice; the second has no parameters of its own."""
    layers = [{"dense": {"units": 4}, "name": "one"}, {"dense": {"units": 4}, "tied": "one"}]
    found = analysis(layers, input="4")
    assert [row.shared.parameters for row in found.rows] == [20, 0]
    assert [row.traffic.shared for row in found.rows] == [112, 112]


def test_weights_of_a_file_have_their_own_format() -> None:
    """int8 weights beside float32 volumes, with biases of 32 bits: 10 in, 50 weights, 5 biases, 5 out."""
    network, _ = place("dense", [volume("10")], units=5)
    network.store("int8")
    (row,) = analyze_network(network).rows
    assert row.traffic.shared == 4 * 10 + 50 + 4 * 5 + 4 * 5


def test_an_odd_number_of_four_bit_numbers_fills_whole_bytes() -> None:
    """3 numbers in take 2 bytes, 3 + 1 parameters 2, and 1 out 1."""
    assert moved([{"dense": {"units": 1}}], input="3", dtype="int4") == [5]


def test_unknown_macs_leave_the_traffic_known() -> None:
    """4·(4 + 20 + 4), 4·(4 + 3), 4·(3 + 4 + 1) bytes; the known MACs are 16 + 3."""
    layers = [{"dense": {"units": 4}}, {"custom": {"output": "3", "macs": "unknown"}}, {"dense": {"units": 1}}]
    found = analysis(layers, input="4")
    assert [row.traffic.shared for row in found.rows] == [112, 28, 32]
    assert [row.intensity() for row in found.rows] == [32 / 112, None, 6 / 32]
    assert found.totals.intensity("shared") == 2 * 19 / 172
    layers = found.to_dict()["layers"]
    assert [layer.get("intensity") for layer in layers][1] is None
    assert layers[1]["traffic"] == {"shared": 28, "local": 28, "declared": 28}
