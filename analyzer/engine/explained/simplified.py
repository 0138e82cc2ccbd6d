"""Formulas in the textbook's form: what a rule adds or multiplies without an effect is left out.

A formula that was traced through a rule has every step of it: `1·8·8·(3//1)`. The form here has the same value.

>>> from analyzer.engine.explained.expression import Letter, Number, Product, Quotient, Sum, written
>>> taps = Product((Product((Number(1), Letter("F", 8))), Letter("F", 8)))
>>> written(simplified(Product((taps, Quotient(Letter("D", 3), Number(1))))), letters=True)
'F·F·D'
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.explained.expression import Expression, Letter, Number, Power, Product, Quotient, Sum

_ONE = Number(1)


def simplified(expression: Expression) -> Expression:
    """The formula without brackets that are not needed, zeros that are added, ones that are multiplied, and factors
    that are divided by themselves.

    Equal letters that are added become a product, `P + P` → `2·P`; common factors of a sum are not taken out.
    """
    if isinstance(expression, Letter | Number):  # most parts of a formula
        return expression
    parts = tuple([simplified(part) for part in expression.parts])
    if isinstance(expression, Sum):
        return _sum([(sign, part) for (sign, _), part in zip(expression.terms, parts, strict=True)])
    if isinstance(expression, Product):
        return _product(parts)
    if isinstance(expression, Quotient):
        return _quotient(*parts, up=expression.up)
    if isinstance(expression, Power):
        return parts[0] if parts[1] == _ONE else Power(*parts)
    return expression.of(parts)


def _sum(terms: Sequence[tuple[int, Expression]]) -> Expression:
    flat: list[tuple[int, Expression]] = []
    for sign, term in terms:
        opened = isinstance(term, Sum) and (sign > 0 or len(term.terms) == 1)
        inner = term.terms if opened and isinstance(term, Sum) else ((1, term),)
        flat += [(sign * own, part) for own, part in inner]
    constant = sum(sign * part.value for sign, part in flat if isinstance(part, Number))
    kept = _together([(sign, part) for sign, part in flat if not isinstance(part, Number)])
    if constant or not kept:
        kept.append((1, Number(constant)) if constant >= 0 else (-1, Number(-constant)))
    if len(kept) == 1 and kept[0][0] == 1:
        return kept[0][1]
    return Sum(tuple(kept))


def _together(terms: Sequence[tuple[int, Expression]]) -> list[tuple[int, Expression]]:
    """Terms without those that cancel out, equal letters as one product at the place of the first."""
    times: dict[Expression, int] = {}
    for sign, term in terms:
        times[term] = times.get(term, 0) + sign
    found: list[tuple[int, Expression]] = []
    for term, count in times.items():
        sign = 1 if count > 0 else -1
        if abs(count) > 1 and isinstance(term, Letter):
            found.append((sign, Product((Number(abs(count)), term))))
        else:
            found += [(sign, term)] * abs(count)
    return found


def _product(factors: Sequence[Expression]) -> Expression:
    flat: list[Expression] = []
    for factor in factors:
        flat += _factors(factor)
    if any(isinstance(factor, Number) and not factor.number for factor in flat):
        return Number(0)
    kept = [factor for factor in flat if factor != _ONE]
    if not kept:
        return _ONE
    return kept[0] if len(kept) == 1 else Product(tuple(kept))


def _quotient(over: Expression, by: Expression, *, up: bool) -> Expression:
    if by == _ONE:
        return over
    if isinstance(over, Number) and isinstance(by, Number):
        return Number(Quotient(over, by, up).value)
    above, below = _factors(over), _factors(by)
    for factor in list(below):
        if factor in above:
            above.remove(factor)
            below.remove(factor)
    if len(below) < len(_factors(by)):
        return _quotient(_product(above), _product(below), up=up)
    return Quotient(over, by, up)


def _factors(expression: Expression) -> list[Expression]:
    """The factors of a product; anything else is its own factor."""
    return list(expression.factors) if isinstance(expression, Product) else [expression]


def negated(expression: Expression) -> Expression:
    """The formula times −1; of `⌊−a/b⌋` it is `⌈a/b⌉`."""
    if isinstance(expression, Quotient):
        over = expression.over
        if isinstance(over, Sum) and len(over.terms) == 1 and over.terms[0][0] < 0:
            return Quotient(over.terms[0][1], expression.by, not expression.up)
    return Sum(((-1, expression),))


def factored(terms: Sequence[Expression]) -> Expression:
    """The sum of formulas, in the textbook's form `(8·8·3 + 1)·20`: with their common factors taken out, at the end.

    >>> from analyzer.engine.explained.expression import written
    >>> size, filters = Letter("F", 8), Letter("K", 20)
    >>> written(factored([Product((size, size, Letter("D", 3), filters)), filters]))
    '(8·8·3 + 1)·20'
    """
    terms = [term for term in terms if term != Number(0)] or [Number(0)]
    left = [_factors(term) for term in terms]
    common: list[Expression] = []
    for factor in list(left[0]) if len(terms) > 1 else []:
        if all(factor in factors for factors in left):
            common.append(factor)
            for factors in left:
                factors.remove(factor)
    if not common:
        return _sum([(1, term) for term in terms])
    inner = _sum([(1, _product(factors)) for factors in left])
    return Product((inner, *common)) if inner != _ONE else _product(common)
