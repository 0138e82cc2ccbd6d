"""Constants of a node's own: its value, the shape of what it reads, a fill, another number format.

Source: the operators of the same names in ONNX' Operators.md (1.23.2).
"""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.onnx.folding.given import Cannot, Given, numbers_of
from analyzer.loader.formats.onnx.records import DTYPES
from analyzer.loader.formats.onnx.records import Tensor as File
from analyzer.loader.formats.onnx.values import Constant, of_numbers, stored, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.formats.onnx.folding.given import Numbers


def constant(f: Given) -> Constant:
    """The value of an attribute."""
    node = f.node
    for name, dtype in (("value_int", "int64"), ("value_float", "float32")):
        if node.has(name):
            return of_numbers([node.float(name, 0.0) if dtype == "float32" else node.int(name, 0)], [], dtype)
    for name, dtype in (("value_ints", "int64"), ("value_floats", "float32")):
        if isinstance(node.attributes.get(name), list):
            values = node.floats(name) if dtype == "float32" else node.ints(name)
            return of_numbers(values, [len(values)], dtype)
    tensor = node.attributes.get("value", node.attributes.get("sparse_value"))
    if isinstance(tensor, File):
        return stored(tensor)
    texts = node.attributes.get("value_strings")
    if node.has("value_string") or isinstance(texts, list):
        return unknown([len(texts)] if isinstance(texts, list) else [], "string")
    raise Cannot


def shape(f: Given) -> Constant:
    """The sizes of what it reads, from `start` to `end`."""
    sizes = list(f.shape())
    sizes = sizes[slice(f.node.int("start", 0), f.node.int("end", len(sizes)))]
    return of_numbers(sizes, [len(sizes)], "int64")


def size(f: Given) -> Constant:
    """The elements of what it reads."""
    return of_numbers([prod(f.shape())], [], "int64")


def filled(f: Given) -> Constant:
    """One number everywhere."""
    value = f.node.attributes.get("value")
    numbers = value.numbers() if isinstance(value, File) else None
    fill: Any = numbers[0] if numbers else 0.0
    sizes = f.ints(0)
    made = f.of(sizes, value.dtype if isinstance(value, File) else "float32", lambda: [fill] * prod(sizes))
    made.filled = True
    return made


def cast(f: Given) -> Constant:
    """The same numbers in another format."""
    value = f.at(0)
    dtype = f.at(1).dtype if f.node.operator == "CastLike" else named(f, "to", "")
    if not dtype:
        raise Cannot
    return f.of(value.shape, dtype, lambda: numbers_of(value), 0, order=value.order)


def named(f: Given, name: str, default: str) -> str:
    """A number format that an attribute names."""
    number = f.node.int(name, 0)
    return DTYPES[number] if 0 < number < len(DTYPES) else default


def dropout(f: Given) -> list[Constant | None]:
    """What it reads, unless it is told to train; and a mask that leaves everything."""
    value = f.at(0)
    if f.given(2) and f.numbers(2)[0]:
        raise Cannot
    return [value, f.of(value.shape, "bool", lambda: [1] * value.size)]


def eye(f: Given) -> Constant:
    """1 on a diagonal of a matrix with the shape of what it reads."""
    (rows, columns), k, value = f.shape(), f.node.int("k", 0), f.values[0]
    dtype = named(f, "dtype", value.dtype if isinstance(value, Constant) else "float32")

    def load() -> Numbers:
        return [int(column - row == k) for row in range(rows) for column in range(columns)]

    return f.of([rows, columns], dtype, load)


def _unknown() -> Numbers:
    raise Cannot


def dequantised(f: Given) -> Constant:
    """An integer tensor times its scale: the tensor that the file stores, in another format."""
    value = f.at(0)
    return f.of(value.shape, named(f, "output_dtype", f.at(1).dtype), _unknown, 0, 1, 2, order=value.order)


def quantised(f: Given) -> Constant:
    """The inverse."""
    value = f.at(0)
    dtype = f.at(2).dtype if f.given(2) else named(f, "output_dtype", "uint8")
    return f.of(value.shape, dtype, _unknown, 0, 1, 2, order=value.order)
