"""What a name of an ONNX graph may stand for besides a tensor that layers calculate: numbers that the file fixes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from analyzer.loader.formats.onnx.records import MOST_ELEMENTS, Tensor, is_float
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


class Constant(Record):
    """Numbers that the file fixes: stored in it, or calculated from its shapes.

    shape     its sizes, the batch counted as 1
    dtype     its number format
    load      what gives the numbers, or None where there are too many of them
    origins   the tensors of the file that its elements come from; none for what follows from shapes
    order     for a tensor of the file with its axes in another order, the places of its axes there
    """

    shape: tuple[int, ...]
    dtype: str
    load: Callable[[], Sequence[float] | Sequence[str] | None]
    origins: tuple[Stored, ...] = ()
    order: tuple[int, ...] | None = None
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
        """Its numbers in order; None where they are texts, not in the file, or too many."""
        if not self._loaded:
            self._loaded = True
            found = self.load() if self.size <= MOST_ELEMENTS else None
            if found is not None and not any(isinstance(one, str) for one in found):
                self._numbers = [float(one) if self.is_float else int(one) for one in found]
        return self._numbers

    @property
    def weights(self) -> Stored | None:
        """The largest of the tensors that it comes from: the weights, beside which others are scales."""
        return max(self.origins, key=lambda one: one.tensor.size, default=None)


def stored(tensor: Tensor) -> Constant:
    """A tensor of the file as a constant."""
    return Constant(tensor.shape, tensor.dtype, tensor.numbers, (Stored(tensor),))


def of_numbers(numbers: Sequence[float], shape: Sequence[int], dtype: str) -> Constant:
    """A constant with these numbers."""
    return Constant(tuple(shape), dtype, lambda: numbers)


def unknown(shape: Sequence[int], dtype: str) -> Constant:
    """A constant whose numbers are too many."""
    return Constant(tuple(shape), dtype, lambda: None)
