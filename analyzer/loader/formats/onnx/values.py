"""What a name of an ONNX graph may stand for besides a tensor that layers calculate: numbers that the file fixes."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from math import prod
from struct import pack, unpack

from analyzer.loader.formats.onnx.records import BITS, MOST_ELEMENTS, Tensor, is_float
from analyzer.loader.formats.sheet import Written
from analyzer.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    #: The numbers of a constant in order, row by row.
    Numbers: TypeAlias = list[int] | list[float] | list[bool]

#: What the elements of a stored tensor are, once something has read it; the first of them that applies counts.
WEIGHTS, PARAMETER, BUFFERS, NUMBERS = "weights", "parameter", "buffers", "numbers"


class Stored(Record):
    """A tensor of the file, and what its elements are: `WEIGHTS` of a layer, a `PARAMETER` … Nothing has read it yet
    where `use` is empty."""

    tensor: Tensor
    use: str = ""


class Owner(Record):
    """The layer that has the weights of a stored tensor, and its biases by their identity (None for none)."""

    layer: Written
    biases: int | None


class Constant(Record):
    """Numbers that the file fixes: stored in it, or calculated from its shapes.

    shape     its sizes, the batch counted as 1
    dtype     its number format
    load      what gives the numbers, or None where there are too many of them
    origins   the tensors of the file that its elements come from; none for what follows from shapes
    filled    whether it is one number everywhere, as in models whose weights were taken out
    scale     whether it is a scale of a quantisation, or made of one
    derived   whether it is made of the shape of a tensor, in which the batch counts as 1
    order     for a tensor of the file with its axes in another order, the places of its axes there
    """

    shape: tuple[int, ...]
    dtype: str
    load: Callable[[], Sequence[float] | Sequence[str] | None]
    origins: tuple[Stored, ...] = ()
    order: tuple[int, ...] | None = None
    depth: int = 0
    scale: bool = False
    filled: bool = False
    derived: bool = False
    _numbers: list[float] | None = field(default=None, init=False)
    _loaded: bool = field(default=False, init=False)

    @property
    def size(self) -> int:
        """Its elements."""
        return prod(self.shape)

    @property
    def is_float(self) -> bool:
        """Whether its numbers have fractions."""
        return is_float(self.dtype)

    def numbers(self) -> list[float] | None:
        """Its numbers in order, rounded to its format; None where they are texts, not in the file, or too many."""
        if not self._loaded:
            self._loaded, self.depth = True, 0
            found = self.load() if self.size <= MOST_ELEMENTS else None
            if found is not None and len(found) == self.size and not any(isinstance(one, str) for one in found):
                self._numbers = rounded(found, self.dtype)  # type: ignore[arg-type]  # no text is among them
        return self._numbers

    @property
    def weights(self) -> Stored | None:
        """The largest of the tensors that it comes from: the weights, beside which others are scales."""
        return max(self.origins, key=lambda one: one.tensor.size, default=None)

    @property
    def parts(self) -> tuple[Stored, ...]:
        """The stored tensors that it is put together of, such as those of two directions; otherwise the largest."""
        root = self.weights
        if root is None:
            return ()
        alike = tuple(one for one in self.origins if one.tensor.dtype == root.tensor.dtype)
        return alike if sum(one.tensor.size for one in alike) == self.size else (root,)

    @property
    def uncounted(self) -> int:
        """The elements of its parts that nothing counts so far."""
        return sum(one.tensor.size for one in self.parts if one.use in ("", NUMBERS))


def rounded(numbers: Sequence[float], dtype: str) -> list[float] | None:
    """Numbers as a format has them; None where it has no such number, or is one of those of 8 bits and fewer.

    >>> rounded([0.29 * 100], "float32"), rounded([300.7], "uint8"), rounded([1e6], "float16")
    ([29.0], [44], [inf])
    """
    try:
        if dtype == "bool":
            return [int(number != 0) for number in numbers]
        if dtype == "float64":
            return [float(number) for number in numbers]
        if dtype == "float32":
            return array("f", numbers).tolist()
        if dtype == "float16":
            return [_half(number) for number in numbers]
        if dtype == "bfloat16":
            return [_brain(number) for number in numbers]
        return None if is_float(dtype) else _wrapped(numbers, dtype)
    except (ValueError, OverflowError):  # whole numbers of what is not finite
        return None


def _half(number: float) -> float:
    """In 16 bits: 65,520 and more are infinite."""
    if not math.isfinite(number) or abs(number) < 65520:
        return float(unpack("<e", pack("<e", number))[0])
    return math.copysign(math.inf, number)


def _brain(number: float) -> float:
    """The upper 16 of the 32 bits of a float32, rounded to the even one."""
    bits = int(unpack("<I", array("f", [number]).tobytes())[0])
    if math.isfinite(number):
        bits += 0x7FFF + (bits >> 16 & 1)
    return float(unpack("<f", pack("<I", bits >> 16 << 16 & 0xFFFF_FFFF))[0])


def _wrapped(numbers: Sequence[float], dtype: str) -> list[float] | None:
    """Whole numbers as an integer of so many bits has them."""
    bits = BITS.get(dtype)
    if bits is None:
        return None
    low = 0 if dtype.startswith("uint") else -(1 << bits - 1)
    high = low + (1 << bits)
    whole = [int(number) for number in numbers]
    return [number if low <= number < high else (number - low) % (1 << bits) + low for number in whole]


def stored(tensor: Tensor) -> Constant:
    """A tensor of the file as a constant."""
    return Constant(tensor.shape, tensor.dtype, tensor.numbers, (Stored(tensor),))


def of_numbers(numbers: Sequence[float], shape: Sequence[int], dtype: str) -> Constant:
    """A constant with these numbers."""
    return Constant(tuple(shape), dtype, lambda: numbers)


def unknown(shape: Sequence[int], dtype: str) -> Constant:
    """A constant whose numbers are too many."""
    return Constant(tuple(shape), dtype, lambda: None)
