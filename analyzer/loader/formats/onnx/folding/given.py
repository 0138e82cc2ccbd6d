"""What a node that is calculated reads, and the constants that it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from analyzer.loader.formats.onnx.records import Node
from analyzer.loader.formats.onnx.values import Constant, Stored
from analyzer.loader.formats.views import Tensor
from analyzer.record import Record
from analyzer.volume import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Numbers: TypeAlias = list[Any]

#: Constants are calculated when they are asked for, and ask those before them: at most so many one in the other.
_DEEPEST = 30


class Cannot(Exception):
    """The numbers that a result needs are not known."""


class Budget(Record):
    """How many more elements may be calculated. What networks need are thousands; a small file can ask for billions."""

    left: int = 3_000_000


class Given:
    """A node with what it reads."""

    # By hand: it is made for each node that has only constants to read.
    def __init__(self, node: Node, values: Sequence[Tensor | Constant | None], opset: int, budget: Budget) -> None:
        self.node = node
        self.values = values
        self.opset = opset
        self.budget = budget

    def at(self, place: int) -> Constant:
        """The constant at a place."""
        value = self.values[place] if place < len(self.values) else None
        if not isinstance(value, Constant):
            raise Cannot
        return value

    def given(self, place: int) -> bool:
        """Whether there is an input at a place."""
        return place < len(self.values) and self.values[place] is not None

    def all(self) -> list[Constant]:
        """Every constant that it reads."""
        return [self.at(place) for place in range(len(self.values)) if self.given(place)]

    def shape(self) -> Sequence[int]:
        """The shape of what it reads first, which layers may calculate."""
        value = self.values[0] if self.values else None
        if value is None:
            raise Cannot
        return value.shape

    def numbers(self, place: int) -> Numbers:
        """The numbers of the constant at a place."""
        return numbers_of(self.at(place))

    def ints(self, place: int) -> list[int]:
        """The same as whole numbers."""
        return [int(number) for number in self.numbers(place)]

    def axes(self, place: int) -> list[int] | None:
        """Axes: an attribute, in later opsets an input; None where neither is there."""
        if self.node.has("axes"):
            return self.node.ints("axes")
        return self.ints(place) if self.given(place) else None

    def axis(self, rank: int, default: int = 0) -> int:
        """The attribute `axis`, counted from the first one."""
        axis = self.node.int("axis", default)
        if not -rank <= axis < max(rank, 1):
            raise Cannot
        return axis % max(rank, 1)

    def of(
        self,
        shape: Sequence[int],
        dtype: str,
        load: Callable[[], Numbers],
        *sources: int,
        order: tuple[int, ...] | None = None,
    ) -> Constant:
        """A constant whose numbers are calculated when they are asked for; `sources` are the inputs of its elements.

        `load` may raise `Cannot`, and what arithmetic raises: then its numbers are not known.
        """
        size = prod(shape)
        if any(one < 0 for one in shape) or size > LARGEST:
            raise Cannot
        made = Constant(tuple(shape), dtype, self._lazy(load, size), self._origins(sources), order)
        made.scale = any(isinstance(value, Constant) and value.scale for value in self.values)
        made.depth = 1 + max((value.depth for value in self.values if isinstance(value, Constant)), default=0)
        if made.depth > _DEEPEST:
            made.numbers()
        return made

    def _lazy(self, load: Callable[[], Numbers], size: int) -> Callable[[], Numbers | None]:
        budget = self.budget

        def numbers() -> Numbers | None:
            if budget.left < size:
                return None
            budget.left -= size
            try:
                return load()
            except (Cannot, ValueError, ArithmeticError, TypeError, IndexError):
                return None

        return numbers

    def _origins(self, sources: Sequence[int]) -> tuple[Stored, ...]:
        found: dict[int, Stored] = {}
        for place in sources:
            value = self.values[place] if place < len(self.values) else None
            if isinstance(value, Constant):
                found.update((id(one), one) for one in value.origins)
        return tuple(found.values())


def numbers_of(value: Constant) -> Numbers:
    """The numbers of a constant. Raises `Cannot` where they are not known."""
    numbers = value.numbers()
    if numbers is None:
        raise Cannot
    return numbers
