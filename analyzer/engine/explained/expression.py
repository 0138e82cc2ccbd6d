"""Formulas as data: trees of numbers and letters, which can be evaluated and written with letters or with numbers.

>>> height, kernel, padding = Letter("H", 32), Letter("F", 8), Letter("P", 1)
>>> room = Sum(((1, height), (-1, kernel), (1, Product((Number(2), padding)))))
>>> cells = Sum(((1, Quotient(room, Letter("S", 2))), (1, Number(1))))
>>> cells.value, written(cells), written(cells, letters=True)
(14, '⌊(32 − 8 + 2·1)/2⌋ + 1', '⌊(H − F + 2·P)/S⌋ + 1')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, floor, prod

from analyzer.record import Record


class Expression(Record, eq=True):
    """A formula, or a part of one. Two with the same parts are equal."""

    @property
    def value(self) -> int | float:
        """Its value, calculated from its leaves."""
        raise NotImplementedError

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The formulas that it is made of."""
        return ()

    def of(self, parts: tuple[Expression, ...]) -> Expression:
        """The same formula of other parts."""
        return self


class Number(Expression, eq=True):
    """A number that is written in the rule itself."""

    number: int | float

    @property
    def value(self) -> int | float:
        return self.number


class Letter(Expression, eq=True):
    """A quantity with a name: a size of a volume, a parameter of a layer. `meaning` says which, in words."""

    name: str
    number: int | float
    meaning: str = ""

    @property
    def value(self) -> int | float:
        return self.number


class Sum(Expression, eq=True):
    """Terms that are added (sign 1) or subtracted (sign −1)."""

    terms: tuple[tuple[int, Expression], ...]

    @property
    def value(self) -> int | float:
        return sum(sign * term.value for sign, term in self.terms)

    @property
    def parts(self) -> tuple[Expression, ...]:
        return tuple(term for _, term in self.terms)

    def of(self, parts: tuple[Expression, ...]) -> Expression:
        return Sum(tuple((sign, part) for (sign, _), part in zip(self.terms, parts, strict=True)))


class Product(Expression, eq=True):
    """Factors that are multiplied."""

    factors: tuple[Expression, ...]

    @property
    def value(self) -> int | float:
        return prod(factor.value for factor in self.factors)

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.factors

    def of(self, parts: tuple[Expression, ...]) -> Expression:
        return Product(parts)


class Quotient(Expression, eq=True):
    """A division of whole numbers, rounded down, or up where `up`."""

    over: Expression
    by: Expression
    up: bool = False

    @property
    def value(self) -> int:
        above, below = int(self.over.value), int(self.by.value)
        return -(-above // below) if self.up else above // below

    @property
    def plain(self) -> bool:
        """Whether it is written without signs of rounding: no sum, which is divided without a rest."""
        return not self.up and not isinstance(self.over, Sum) and self.over.value % self.by.value == 0

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.over, self.by)

    def of(self, parts: tuple[Expression, ...]) -> Expression:
        over, by = parts
        return Quotient(over, by, self.up)


class Ratio(Expression, eq=True):
    """A division that need not give a whole number."""

    over: Expression
    by: Expression

    @property
    def value(self) -> int | float:
        above, below = self.over.value, self.by.value
        return above // below if above % below == 0 else above / below

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.over, self.by)

    def of(self, parts: tuple[Expression, ...]) -> Expression:
        over, by = parts
        return Ratio(over, by)


class Rounded(Expression, eq=True):
    """A number that is not whole, rounded down, or up where `up`."""

    inner: Expression
    up: bool = False

    @property
    def value(self) -> int:
        return ceil(self.inner.value) if self.up else floor(self.inner.value)

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.inner,)

    def of(self, parts: tuple[Expression, ...]) -> Expression:
        (inner,) = parts
        return Rounded(inner, self.up)


class Power(Expression, eq=True):
    """A power with a whole exponent."""

    base: Expression
    exponent: Expression

    @property
    def value(self) -> int | float:
        power: int | float = self.base.value**self.exponent.value
        return power

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.base, self.exponent)

    def of(self, parts: tuple[Expression, ...]) -> Expression:
        return Power(*parts)


def parts_of(expression: Expression) -> Iterator[Expression]:
    """A formula and all parts of it, in the order in which they are written; one may come twice."""
    yield expression
    for part in expression.parts:
        yield from parts_of(part)


def letters_in(expression: Expression) -> Iterator[Letter]:
    """The letters of a formula, in the order in which they are written; one may come twice."""
    return (part for part in parts_of(expression) if isinstance(part, Letter))


def replaced(expression: Expression, names: Mapping[Expression, Expression]) -> Expression:
    """The formula with a name for each part that has one."""
    if not names:
        return expression
    found = names.get(expression)
    if found is not None:
        return found
    return expression.of(tuple(replaced(part, names) for part in expression.parts))


#: How tightly the parts of a formula hold together.
_SUM, _PRODUCT, _ATOM = range(3)


def written(expression: Expression, *, letters: bool = False) -> str:
    """The formula as text, with the values of its letters or with the letters themselves."""
    return _written(expression, letters)[0]


def _written(expression: Expression, letters: bool) -> tuple[str, int]:
    """The text of a formula, and how tightly it holds together."""
    if isinstance(expression, Letter) and letters:
        return expression.name, _ATOM
    if isinstance(expression, Letter | Number):
        return _number(expression.value), _ATOM if expression.value >= 0 else _SUM
    if isinstance(expression, Sum):
        return _sum(expression, letters), _SUM
    if isinstance(expression, Product):
        return "·".join(_inside(factor, _PRODUCT, letters) for factor in expression.factors), _PRODUCT
    if isinstance(expression, Power):
        return "^".join(_inside(part, _ATOM, letters) for part in expression.parts), _ATOM
    if isinstance(expression, Rounded):
        return _rounded(_written(expression.inner, letters)[0], up=expression.up), _ATOM
    assert isinstance(expression, Quotient | Ratio)
    fraction = f"{_inside(expression.over, _PRODUCT, letters)}/{_inside(expression.by, _ATOM, letters)}"
    if isinstance(expression, Ratio) or expression.by.value == 1 or expression.plain:
        return fraction, _PRODUCT
    return _rounded(fraction, up=expression.up), _ATOM


def _sum(expression: Sum, letters: bool) -> str:
    text = ""
    for sign, term in expression.terms:
        one = _inside(term, _PRODUCT if sign < 0 else _SUM, letters)
        if not text:
            text = f"−{one}" if sign < 0 else one
        else:
            text += f" {'−' if sign < 0 else '+'} {one}"
    return text


def _inside(expression: Expression, least: int, letters: bool) -> str:
    """The text of a part, in brackets where it holds together less than what is around it."""
    text, tight = _written(expression, letters)
    divided = least == _PRODUCT and isinstance(expression, Quotient | Ratio) and tight == _PRODUCT
    return f"({text})" if tight < least or divided else text


def _rounded(text: str, *, up: bool) -> str:
    return f"⌈{text}⌉" if up else f"⌊{text}⌋"


def _number(number: int | float) -> str:
    """A number with a true minus sign and its thousands grouped."""
    text = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return text.replace("-", "−")
