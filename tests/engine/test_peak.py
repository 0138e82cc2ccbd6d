"""The peak of activation memory on small graphs, each worked out by hand; float32, 4 bytes a number."""

from __future__ import annotations

from typing import Any

import pytest
from building import build, volume

from analyzer.engine.network import Network, Node
from analyzer.engine.peak import peak_activation

Drawing = dict[str, tuple[str, dict[str, Any], list[str]]]


def dense(units: int, *reads: str) -> tuple[str, dict[str, Any], list[str]]:
    return "dense", {"units": units}, list(reads)


def peak(
    inputs: dict[str, str], layers: Drawing, outputs: tuple[str, ...] = (), batch: int = 1, dtype: str = "float32"
) -> tuple[int, str]:
    """The peak of the drawn network, and where it is."""
    network = Network()
    nodes: dict[str, Node] = {name: network.enter(name, volume(text)) for name, text in inputs.items()}
    for name, (type_, written, reads) in layers.items():
        nodes[name] = network.place(name, build(type_, written), [nodes[read] for read in reads])
    network.name_outputs([nodes[name] for name in outputs])
    found = peak_activation(network, batch=batch, dtype=dtype)
    return found.bytes, found.name


CHAIN: Drawing = {"a": dense(20, "input"), "b": dense(5, "a")}


def test_chain() -> None:
    """40 + 80 at a, then 80 + 20 at b."""
    assert peak({"input": "10"}, CHAIN) == (120, "a")


def test_batch_and_dtype() -> None:
    assert peak({"input": "10"}, CHAIN, batch=3, dtype="float16") == (180, "a")
    assert peak({"input": "9"}, {"a": dense(3, "input")}, dtype="int4") == (5 + 2, "a")


def test_a_skip_connection_keeps_its_source() -> None:
    """Four layers of 80: at c a, b and c are alive, 240; at the sum a, c and the sum, 240 again."""
    body: Drawing = {"a": dense(20, "input"), "b": dense(20, "a"), "c": dense(20, "b")}
    assert peak({"input": "10"}, body) == (160, "b")
    assert peak({"input": "10"}, {**body, "sum": ("add", {"inputs": ["a", "c"]}, ["a", "c"])}) == (240, "c")


def test_a_layer_that_reads_one_volume_twice() -> None:
    """a is read twice by one layer and gone after it: 80 + 80, then 80 + 120."""
    layers: Drawing = {
        "a": dense(20, "input"),
        "twice": ("add", {"inputs": ["a", "a"]}, ["a", "a"]),
        "end": dense(30, "twice"),
    }
    assert peak({"input": "10"}, layers) == (200, "end")


def test_views_take_no_memory_and_copies_do() -> None:
    """4x4x2 takes 128; flattened for 10 units 128 + 40, permuted first 128 + 128."""
    flat: Drawing = {"flat": ("flatten", {}, ["input"]), "end": dense(10, "flat")}
    assert peak({"input": "4x4x2"}, flat) == (168, "end")
    order = ["depth", "height", "width"]
    assert peak({"input": "4x4x2"}, {"turned": ("permute", {"order": order}, ["input"])}) == (256, "turned")


def test_a_view_keeps_all_of_its_input() -> None:
    """wide is 4·4·8·4 = 512; one plane of it is read by linear, 4·4·16·4 = 1,024, beside all of wide."""
    layers: Drawing = {
        "wide": ("conv", {"filters": 8, "kernel": 1}, ["input"]),
        "plane": ("slice", {"stop": 1}, ["wide"]),
        "end": ("linear", {"units": 16}, ["plane"]),
    }
    assert peak({"input": "4x4x2"}, layers) == (1536, "end")


@pytest.mark.parametrize(("inplace", "found"), [(True, (440, "a")), (False, (800, "relu"))])
def test_inplace(inplace: bool, found: tuple[int, str]) -> None:
    """40 + 400 at a; a ReLU of its own memory 400 + 400."""
    layers: Drawing = {
        "a": dense(100, "input"),
        "relu": ("relu", {"inplace": inplace}, ["a"]),
        "end": dense(10, "relu"),
    }
    assert peak({"input": "10"}, layers) == found


@pytest.mark.parametrize(("inplace", "found"), [(True, (240, "c")), (False, (320, "sum"))])
def test_a_sum_into_its_first_input(inplace: bool, found: tuple[int, str]) -> None:
    """a, b, c of 80 alive at c, 240; the sum into c adds nothing, a sum of its own 80, with b kept for the end."""
    layers: Drawing = {
        "a": dense(20, "input"),
        "b": dense(20, "a"),
        "c": dense(20, "b"),
        "sum": ("add", {"inputs": ["c", "a"], "inplace": inplace}, ["c", "a"]),
        "end": ("add", {"inputs": ["sum", "b"], "inplace": inplace}, ["sum", "b"]),
    }
    assert peak({"input": "10"}, layers) == found


def test_outputs_stay() -> None:
    """a (400) is an output: beside b (400) and c (40) it is still there."""
    layers: Drawing = {"a": dense(100, "input"), "b": dense(100, "a"), "c": dense(10, "b")}
    assert peak({"input": "10"}, layers) == (800, "b")
    assert peak({"input": "10"}, layers, outputs=("a", "c")) == (840, "c")


def test_what_nothing_reads_is_gone_at_once() -> None:
    """Two dead ends of 4,000 beside the input of 40, one after the other; the output is c."""
    layers: Drawing = {"a": dense(1000, "input"), "b": dense(1000, "input"), "c": dense(10, "input")}
    assert peak({"input": "10"}, layers, outputs=("c",)) == (4040, "a")
    assert peak({"input": "10"}, layers) == (8080, "c")  # all three are outputs here


def test_several_inputs_are_alive_from_the_start() -> None:
    """x 40 and y 400 are there at a (4); then a and y at the sum's layer b (40)."""
    layers: Drawing = {"a": dense(1, "x"), "b": dense(10, "y"), "c": ("concat", {"inputs": ["a", "b"]}, ["a", "b"])}
    assert peak({"x": "10", "y": "100"}, layers) == (444, "a")


def test_a_network_without_layers() -> None:
    assert peak({"input": "10"}, {}) == (40, "input")


def test_a_sum_overwrites_its_first_input_and_no_other() -> None:
    """c of 80 and one cell of 4 beside the input of 40, 124; the sum is in c's memory, so 80 + 80 at the end."""
    layers: Drawing = {
        "c": dense(20, "input"),
        "one": dense(1, "input"),
        "sum": ("add", {"inputs": ["c", "one"], "inplace": True}, ["c", "one"]),
        "end": dense(20, "sum"),
    }
    assert peak({"input": "10"}, layers) == (160, "end")


@pytest.mark.parametrize("type_", ["relu", "leaky_relu", "elu", "dropout", "spatial_dropout"])
def test_a_layer_in_place_takes_no_memory(type_: str) -> None:
    """40 + 80 at a; in place that stays the most, otherwise a and its copy are alive, 160."""
    for inplace, found in ((True, (120, "a")), (False, (160, "b"))):
        layers: Drawing = {"a": dense(20, "input"), "b": (type_, {"inplace": inplace}, ["a"]), "c": dense(1, "b")}
        assert peak({"input": "10"}, layers) == found
