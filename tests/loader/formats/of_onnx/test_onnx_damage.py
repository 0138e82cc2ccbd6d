"""Damaged ONNX files: cut anywhere, with any byte changed, and with fields of the wrong kind.

Whatever the damage is, reading raises `Damaged` and nothing else, and it ends soon.
"""

from __future__ import annotations

import io
import random
from pathlib import Path
from time import perf_counter

import pytest
from onnx_bytes import field, graph, info, model, node, tensor, varint

from analyzer.loader.formats.onnx import wire
from analyzer.loader.formats.onnx.graph import load
from analyzer.loader.formats.onnx.order import all_nodes, tensors_inside
from analyzer.loader.formats.onnx.wire import Damaged

SAMPLES = sorted((Path(__file__).parents[3] / "data" / "foreign").glob("*.onnx"))


def try_to_read(data: bytes) -> None:
    """Reads all that there is, the numbers of tensors too."""
    try:
        read = load(io.BytesIO(data), len(data))
        for one in tensors_inside(read.graph):
            one.numbers()
        for one in all_nodes(read.graph.nodes):
            str(one.attributes)
    except Damaged:
        pass


def small(path: Path) -> bytes:
    """A sample without the payloads of its weights, so that most bytes mean something."""
    data = path.read_bytes()
    return data if len(data) < 20_000 else data[:20_000]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_file_that_ends_early(path: Path) -> None:
    data = small(path)
    for end in range(0, len(data), max(1, len(data) // 700)):
        try_to_read(data[:end])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_file_with_changed_bytes(path: Path) -> None:
    data, chance = small(path), random.Random(1)
    for _ in range(700):
        changed = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8))):
            changed[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        try_to_read(bytes(changed))


def test_noise() -> None:
    chance = random.Random(2)
    for length in (0, 1, 2, 5, 20, 200, 5000):
        for _ in range(50):
            try_to_read(chance.randbytes(length))


def test_fields_of_another_kind() -> None:
    """Each field of a tensor, of an attribute and of a node as a number, as 4 and 8 bytes and as a length."""
    kinds = [lambda n: varint(n << 3) + varint(2**62), lambda n: varint(n << 3 | 1) + bytes(8), lambda n: field(n, b"\xff"), lambda n: varint(n << 3 | 5) + bytes(4)]  # fmt: skip
    for number in range(1, 26):
        for kind in kinds:
            wrong = kind(number)
            try_to_read(model(graph([], initializers=[tensor("w", [1]) + wrong])))
            try_to_read(model(graph([node("A", "", "", "", "", field(1, "a") + wrong)])))
            try_to_read(model(graph([node("A", "", "") + wrong])))
            try_to_read(model(graph([], [info("x", [1]) + wrong])))
            try_to_read(model(graph([])) + wrong)


def test_a_payload_larger_than_its_tensor_is_not_read() -> None:
    payload = tensor("w", [2], 7) + field(7, b"\x01" * 50_000_000)
    data = model(graph([], initializers=[payload]))
    start = perf_counter()
    read = load(io.BytesIO(data), len(data))
    assert read.graph.initializers["w"].numbers() == [1, 1]
    assert perf_counter() - start < 1


def test_millions_of_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attribute with a million entries, each a field of its own, as onnx writes them; and many of nothing."""
    start = perf_counter()
    entries = field(8, 1) * 1_000_000
    data = model(graph([node("A", "", "", "", "", field(1, "a") + entries)]))
    assert repr(load(io.BytesIO(data), len(data)).graph.nodes[0].attributes["a"]) == "TooMany(count=4097)"
    assert perf_counter() - start < 2
    monkeypatch.setattr(wire, "MOST_FIELDS", 1000)
    with pytest.raises(Damaged, match="more than 1,000 fields"):
        load(io.BytesIO(field(1, 8) * 1001), 2002)


def test_more_nodes_than_are_read() -> None:
    data = model(graph([node("A", "", "")] * 100_001))
    with pytest.raises(Damaged, match="more than 100,000 nodes"):
        load(io.BytesIO(data), len(data))


def test_numbers_in_every_form() -> None:
    """The same two numbers as raw bytes, and in the field that each format has for them."""
    forms = {
        1: (b"\0\0\x80\x3f\0\0\0\x40", field(4, b"\0\0\x80\x3f\0\0\0\x40")),
        10: (b"\0\x3c\0\x40", field(5, varint(0x3C00) + varint(0x4000))),
        16: (b"\x80\x3f\0\x40", None),
        11: (
            b"\0\0\0\0\0\0\xf0\x3f" + b"\0\0\0\0\0\0\0\x40",
            field(10, b"\0\0\0\0\0\0\xf0\x3f" + b"\0\0\0\0\0\0\0\x40"),
        ),
        7: (b"\1" + bytes(7) + b"\2" + bytes(7), field(7, b"\1\2")),
        13: (b"\1" + bytes(7) + b"\2" + bytes(7), field(11, 1) + field(11, 2)),
        3: (b"\1\2", field(5, b"\1\2")),
    }
    for dtype, (raw, own) in forms.items():
        for one in [tensor("w", [2], dtype, raw), *([tensor("w", [2], dtype) + own] if own else [])]:
            data = model(graph([], initializers=[one]))
            assert load(io.BytesIO(data), len(data)).graph.initializers["w"].numbers() == [1, 2], dtype
