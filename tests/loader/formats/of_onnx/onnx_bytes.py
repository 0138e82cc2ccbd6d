"""Writes small ONNX files without onnx: messages as bytes, by the numbers of the fields in onnx.proto."""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack

FLOAT, INT64 = 1, 7


class Inner(bytes):
    """The bytes of a graph, or of a tensor, that is an attribute."""

    kind = 6


class InnerTensor(Inner):
    kind = 5


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    found = b""
    while number >= 0x80:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def field(number: int, value: int | str | bytes) -> bytes:
    """A field: a varint, or what has a length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def attribute(name: str, value: object) -> bytes:
    data = field(1, name)
    if isinstance(value, Inner):
        return data + field(value.kind, value) + field(20, {5: 4, 6: 5}[value.kind])
    if isinstance(value, bool | int):
        return data + field(3, int(value)) + field(20, 2)
    if isinstance(value, float):
        return data + varint(2 << 3 | 5) + pack("<f", value) + field(20, 1)
    if isinstance(value, str):
        return data + field(4, value) + field(20, 3)
    assert isinstance(value, Sequence)
    return data + b"".join(field(8, one) for one in value) + field(20, 7)


def refers(name: str, to: str) -> bytes:
    """An attribute of a node of a function that is an attribute of the function."""
    return field(1, name) + field(21, to) + field(20, 2)


def node(
    operator: str, inputs: str, outputs: str, name: str = "", domain: str = "", *extra: bytes, **attributes: object
) -> bytes:
    """A node; inputs and outputs are words."""
    data = b"".join(field(1, one) for one in inputs.split()) + b"".join(field(2, one) for one in outputs.split())
    data += field(3, name) + field(4, operator) + field(7, domain)
    written = [attribute(key, value) for key, value in attributes.items()]
    return data + b"".join(field(5, one) for one in (*written, *extra))


def tensor(name: str, dims: Sequence[int], dtype: int = FLOAT, raw: bytes | None = None) -> bytes:
    data = b"".join(field(1, dim) for dim in dims) + field(2, dtype) + field(8, name)
    return data + (field(9, raw) if raw is not None else b"")


def int64s(name: str, values: Sequence[int]) -> bytes:
    """A tensor of one axis."""
    return tensor(name, [len(values)], INT64, pack(f"<{len(values)}q", *values))


def info(name: str, dims: Sequence[int | str] | None = None, dtype: int = FLOAT) -> bytes:
    shape = b""
    if dims is not None:
        shape = field(2, b"".join(field(1, field(1 if isinstance(dim, int) else 2, dim)) for dim in dims))
    return field(1, name) + field(2, field(1, field(1, dtype) + shape))


def graph(
    nodes: Sequence[bytes],
    inputs: Sequence[bytes] = (),
    outputs: Sequence[bytes] = (),
    initializers: Sequence[bytes] = (),
) -> Inner:
    parts = ((1, nodes), (5, initializers), (11, inputs), (12, outputs))
    return Inner(b"".join(field(number, one) for number, ones in parts for one in ones))


def function(name: str, domain: str, inputs: str, outputs: str, nodes: Sequence[bytes], attributes: str = "") -> bytes:
    data = field(1, name) + b"".join(field(4, one) for one in inputs.split())
    data += b"".join(field(5, one) for one in outputs.split()) + b"".join(field(6, one) for one in attributes.split())
    return data + b"".join(field(7, one) for one in nodes) + field(9, opset("", 17)) + field(10, domain)


def opset(domain: str, version: int) -> bytes:
    return field(1, domain) + field(2, version)


def model(graph: bytes, opsets: dict[str, int] | None = None, functions: Sequence[bytes] = ()) -> bytes:
    data = field(1, 8) + field(7, graph)
    data += b"".join(field(8, opset(domain, version)) for domain, version in (opsets or {"": 17}).items())
    return data + b"".join(field(25, one) for one in functions)
