"""What a name of a program may stand for besides a tensor that layers calculate: numbers that no input changes."""

from __future__ import annotations

from math import prod

from analyzer.loader.formats.pt2.program import Kept
from analyzer.loader.formats.sheet import Written
from analyzer.record import Record


class Stored(Record):
    """A tensor that the module keeps, and whether a layer counts its elements."""

    kept: Kept
    shape: tuple[int, ...]
    dtype: str
    frozen: bool = False
    counted: bool = False

    @property
    def size(self) -> int:
        """Its elements."""
        return prod(self.shape)

    @property
    def trained(self) -> bool:
        """Whether it is a parameter of the module."""
        return self.kept.kind == "parameter"

    @property
    def is_buffer(self) -> bool:
        """Whether it is a buffer of numbers with fractions; others, such as counters, are not counted."""
        return self.kept.kind == "buffer" and self.dtype.startswith(("float", "bfloat", "complex"))


class Owner(Record):
    """The layer that has the weights of a stored tensor, and its biases (None for none)."""

    layer: Written
    biases: Stored | None


class Fixed(Record):
    """Numbers that no input changes: a stored tensor, or what the program makes of some, or of none.

    shape     its sizes, the batch counted as 1
    origins   the stored tensors that it is made of
    """

    shape: tuple[int, ...]
    dtype: str
    origins: tuple[Stored, ...] = ()

    @property
    def size(self) -> int:
        """Its elements."""
        return prod(self.shape)

    @property
    def root(self) -> Stored | None:
        """The largest parameter that it is made of; None where no training changes it."""
        return max((one for one in self.origins if one.trained), key=lambda one: one.size, default=None)

    @property
    def whole(self) -> Stored | None:
        """The parameter that it is, maybe with its axes in another order; None where it is made of others too."""
        root = self.root
        return root if root is not None and len(self.origins) == 1 and root.size == self.size else None

    @property
    def uncounted(self) -> int:
        """The elements of its parameters that no layer counts so far."""
        return sum(one.size for one in self.origins if one.trained and not one.counted)

    @property
    def kept(self) -> int:
        """The elements of its buffers that no layer counts so far."""
        return sum(one.size for one in self.origins if one.is_buffer and not one.counted)

    @property
    def frozen(self) -> bool:
        """Whether it is made of parameters, none of which is trained."""
        trained = [one for one in self.origins if one.trained]
        return bool(trained) and all(one.frozen for one in trained)
