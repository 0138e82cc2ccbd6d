"""Number formats and their widths.

Source: torch 2.13.0 `element_size()`. Two elements of a four-bit type share a byte; one of tf32 takes four bytes.
"""

from __future__ import annotations

#: Bits an element takes in memory.
BITS: dict[str, int] = {
    "float64": 64,
    "float32": 32,
    "tf32": 32,
    "float16": 16,
    "bfloat16": 16,
    "float8": 8,
    "float4": 4,
    "int64": 64,
    "int32": 32,
    "int16": 16,
    "int8": 8,
    "uint8": 8,
    "int4": 4,
    "bool": 8,
}


def size_in_bytes(elements: int, dtype: str) -> int:
    """The bytes of a tensor with this many elements, rounded up to whole bytes.

    >>> size_in_bytes(3860, "float32")
    15440
    >>> size_in_bytes(5, "int4")
    3
    """
    return (elements * BITS[dtype] + 7) // 8


def is_narrow(dtype: str) -> bool:
    """Whether weights in a format have biases in another: whole numbers, and numbers of fewer than 16 bits."""
    return BITS[dtype] < 16 or dtype.startswith("int")


def is_quantized(dtype: str) -> bool:
    """Whether runtimes keep biases of weights in a format in 32 bits, and scales beside the weights.

    >>> [name for name in BITS if is_quantized(name)]
    ['float8', 'float4', 'int16', 'int8', 'uint8', 'int4', 'bool']
    """
    return BITS[dtype] < 32 and dtype not in ("float16", "bfloat16")


def number_format(name: str) -> str:
    """The format here of one that files call otherwise, with as many bits; float32 for any other.

    >>> number_format("uint4"), number_format("float8e4m3fn"), number_format("float16"), number_format("string")
    ('int4', 'float8', 'float16', 'float32')
    """
    known = (name, name.removeprefix("u"), name[:6])
    return next((format for format in known if format in BITS), "float32")
