"""The multiply-accumulates of an operation from shapes alone, for what becomes a `custom` layer.

Source: torch/utils/flop_counter.py (2.13.0), which counts products of matrices, convolutions and attention.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: The shapes of the tensors that an operation reads, by the names of its arguments, and that of what it puts out.
    Shapes: TypeAlias = Mapping[str, Sequence[int]]
    Formula: TypeAlias = Callable[[Shapes, Sequence[int]], int]


def _times(name: str) -> Formula:
    """Each element of the output is a sum over the last axis of a tensor."""
    return lambda shapes, out: prod(out) * shapes[name][-1]


def _convolution(shapes: Shapes, out: Sequence[int]) -> int:
    return prod(out) * prod(shapes["weight"][1:])


def _transposed(shapes: Shapes, out: Sequence[int]) -> int:
    return prod(shapes["input"]) * prod(shapes["weight"][1:])


def _attention(shapes: Shapes, out: Sequence[int]) -> int:
    """q·kᵀ, and what it weighs: the keys are as many as the values."""
    tokens = shapes["key"][-2]
    return prod(shapes["query"]) * tokens + prod(out) * tokens


_FORMULAS: Mapping[str, Formula] = {
    "linear": _times("input"),
    "matmul": _times("self"),
    "mm": _times("self"),
    "bmm": _times("self"),
    "mv": _times("self"),
    "dot": _times("self"),
    "addmm": _times("mat1"),
    "addmv": _times("mat"),
    "baddbmm": _times("batch1"),
    "conv1d": _convolution,
    "conv2d": _convolution,
    "conv3d": _convolution,
    "conv_transpose1d": _transposed,
    "conv_transpose2d": _transposed,
    "conv_transpose3d": _transposed,
    "scaled_dot_product_attention": _attention,
}

#: What the names of operators begin with that multiply and add in ways that nobody counts here.
_UNKNOWN = (
    "_convolution", "_scaled_dot", "_trilinear", "_transformer", "_fft", "_grouped", "addbmm", "addr", "bilinear", "cdist",
    "chain_matmul", "cholesky", "convolution", "einsum", "fft_", "ger", "gru", "inner", "inverse", "kron", "linalg_",
    "lstm", "mkldnn", "native_multi", "outer", "quantized", "rnn_", "scatter_reduce", "slow_conv", "sparse", "stft",
    "tensordot", "vdot",
)  # fmt: skip


def macs_of(operator: str, shapes: Shapes, out: Sequence[int]) -> int | None:
    """The multiply-accumulates of an operator of torch; None where they are unknown.

    An operator of torch that multiplies no matrices has none, like those that are layers here.
    """
    name = operator.removeprefix("aten.").removesuffix("_")
    if name in _FORMULAS:
        try:
            return _FORMULAS[name](shapes, out)
        except (KeyError, IndexError):
            return None
    return None if not operator.startswith("aten.") or name.startswith(_UNKNOWN) else 0
