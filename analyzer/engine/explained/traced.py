"""Numbers that remember how they were calculated.

A layer answers in whole numbers, with plain arithmetic on its parameters and on the sizes of volumes. Where those are
`Traced`, the answer is `Traced` too and has its formula: there is no second place where a rule is written, so a formula
cannot differ from what the reports show.

>>> from math import prod
>>> size, depth = traced(Letter("F", 8)), traced(Letter("D", 3))
>>> weights = prod((size, size)) * (depth // 1) * 20
>>> weights, formula(weights) == formula(3840)
(3840, False)
>>> from analyzer.engine.explained.expression import written
>>> from analyzer.engine.explained.simplified import simplified
>>> written(simplified(formula(weights)))
'8·8·3·20'
"""

from __future__ import annotations

from analyzer.engine.explained.expression import (
    Expression,
    Letter,
    Number,
    Power,
    Product,
    Quotient,
    Rounded,
    Sum,
)
from analyzer.engine.explained.simplified import negated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Traced(int):
    """A whole number with the formula that it was calculated by. It is equal to the plain number."""

    formula: Expression

    def __add__(self, other: Any) -> Any:
        return _calculated(int.__add__(self, other), Sum((*_terms(self.formula), (1, formula(other)))))

    def __radd__(self, other: Any) -> Any:
        return _calculated(int.__radd__(self, other), Sum(((1, formula(other)), (1, self.formula))))

    def __sub__(self, other: Any) -> Any:
        return _calculated(int.__sub__(self, other), Sum((*_terms(self.formula), (-1, formula(other)))))

    def __rsub__(self, other: Any) -> Any:
        return _calculated(int.__rsub__(self, other), Sum(((1, formula(other)), (-1, self.formula))))

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, float):
            return _real(int(self) * float(other), Product((self.formula, formula(other))))
        return _calculated(int.__mul__(self, other), Product((self.formula, formula(other))))

    def __rmul__(self, other: Any) -> Any:
        return _calculated(int.__rmul__(self, other), Product((formula(other), self.formula)))

    def __floordiv__(self, other: Any) -> Any:
        return _calculated(int.__floordiv__(self, other), Quotient(self.formula, formula(other)))

    def __rfloordiv__(self, other: Any) -> Any:
        return _calculated(int.__rfloordiv__(self, other), Quotient(formula(other), self.formula))

    def __pow__(self, other: Any, modulo: Any = None) -> Any:
        return _calculated(int.__pow__(self, other, modulo), Power(self.formula, formula(other)))

    def __rpow__(self, other: Any, modulo: Any = None) -> Any:
        return _calculated(int.__rpow__(self, other, modulo), Power(formula(other), self.formula))

    def __floor__(self) -> Traced:
        return self

    def __ceil__(self) -> Traced:
        return self

    def __neg__(self) -> Traced:
        return _whole(int.__neg__(self), negated(self.formula))


class _Real(float):
    """A number that is not whole, such as a factor of an upsampling, with its formula."""

    formula: Expression

    def __floor__(self) -> Traced:
        return _whole(float.__floor__(self), Rounded(self.formula))

    def __ceil__(self) -> Traced:
        return _whole(float.__ceil__(self), Rounded(self.formula, True))


def traced(letter: Letter) -> Any:
    """The value of a letter, as a number that remembers it."""
    number = letter.number
    return _real(number, letter) if isinstance(number, float) else _whole(number, letter)


def formula(number: Any) -> Expression:
    """The formula that a number was calculated by; the number itself for one that is not traced."""
    if isinstance(number, Traced | _Real):
        return number.formula
    return Number(int(number) if isinstance(number, int) else number)


def _terms(expression: Expression) -> tuple[tuple[int, Expression], ...]:
    """The terms to which more are added: a layer may join thousands of volumes, and no tree should be as deep."""
    return expression.terms if isinstance(expression, Sum) else ((1, expression),)


def _calculated(result: Any, by: Expression) -> Any:
    """A result of whole numbers with its formula; whatever else Python answers, as it is."""
    return _whole(result, by) if isinstance(result, int) else result


def _whole(value: int, by: Expression) -> Traced:
    number = Traced(value)
    number.formula = by
    return number


def _real(value: float, by: Expression) -> _Real:
    number = _Real(value)
    number.formula = by
    return number
