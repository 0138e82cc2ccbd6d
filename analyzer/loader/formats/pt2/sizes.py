"""Sizes of dynamic shapes: expressions over symbols, as sympy's `srepr` writes them.

Add(Mul(Integer(2), Symbol('s0', positive=True, integer=True)), Integer(-1))    2·s0 − 1
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, prod

from analyzer.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Number: TypeAlias = int | float

_SYMBOL = re.compile(r"(?:Symbol|Dummy)\('([^']+)'")
_TOKEN = re.compile(r"\s*(?:(\w+)\(|('[^']*')|(\w+)=(?:True|False|None|'[^']*'|\d+)|(-?\d+(?:\.\d+)?)|([,)]))")


class Unsized(Exception):
    """An expression that nobody can calculate here."""


class Expression(Record):
    """A size by its expression, and the number that it had when the program was made."""

    text: str
    hint: int | None

    @property
    def symbols(self) -> list[str]:
        """The names of its symbols."""
        return _SYMBOL.findall(self.text)

    @property
    def symbol(self) -> str | None:
        """The name of the symbol that it is; None for any other expression."""
        found = _SYMBOL.match(self.text)
        return found.group(1) if found and self.text.count("(") == 1 else None

    def value(self, symbols: Mapping[str, int]) -> int:
        """Its number, with these numbers of its symbols. Raises `Unsized`."""
        names = self.symbols
        if any(name not in symbols for name in names):
            raise Unsized
        return calculated(self.text, symbols)


def _one(function: Callable[[Number], Number]) -> Callable[[Sequence[Number]], Number]:
    return lambda given: function(given[0])


def _two(function: Callable[[Number, Number], Number]) -> Callable[[Sequence[Number]], Number]:
    return lambda given: function(given[0], given[1])


#: The functions that `torch.export` writes; torch/utils/_sympy/functions.py.
_FUNCTIONS: Mapping[str, Callable[[Sequence[Number]], Number]] = {
    "Add": sum,
    "Mul": prod,
    "Max": max,
    "Min": min,
    "Integer": _one(int),
    "Float": _one(float),
    "Rational": _two(lambda a, b: a / b),
    "Pow": _two(lambda a, b: a**b if abs(b) < 64 else _refused()),
    "PowByNatural": _two(lambda a, b: a**b if abs(b) < 64 else _refused()),
    "FloatPow": _two(lambda a, b: float(a) ** b if abs(b) < 64 else _refused()),
    "FloorDiv": _two(lambda a, b: a // b),
    "CleanDiv": _two(lambda a, b: a // b),
    "CeilToInt": _one(ceil),
    "ceiling": _one(ceil),
    "FloorToInt": _one(floor),
    "floor": _one(floor),
    "TruncToInt": _one(int),
    "RoundToInt": _one(round),
    "ToFloat": _one(float),
    "IntTrueDiv": _two(lambda a, b: a / b),
    "FloatTrueDiv": _two(lambda a, b: a / b),
    "Mod": _two(lambda a, b: a % b),
    "PythonMod": _two(lambda a, b: a % b),
    "ModularIndexing": lambda given: given[0] // given[1] % given[2],
    "Identity": _one(lambda a: a),
}


def _refused() -> Number:
    raise Unsized


def calculated(text: str, symbols: Mapping[str, int]) -> int:
    """The number of an expression. Raises `Unsized`.

    >>> calculated("Add(Mul(Integer(2), Symbol('s0', integer=True)), Integer(-1))", {"s0": 4})
    7
    """
    stack: list[tuple[str, list[Number]]] = [("", [])]
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Unsized
        at = token.end()
        function, word, _, number, sign = token.groups()
        if function is not None:
            stack.append((function, []))
        elif word is not None:
            stack[-1][1].append(_quoted(stack[-1][0], word[1:-1], symbols))
        elif number is not None:
            stack[-1][1].append(float(number) if "." in number else int(number))
        elif sign == ")":
            name, given = stack.pop()
            if not stack:
                raise Unsized
            stack[-1][1].append(_applied(name, given))
    if len(stack) != 1 or len(stack[0][1]) != 1:
        raise Unsized
    return int(stack[0][1][0])


def _quoted(name: str, word: str, symbols: Mapping[str, int]) -> Number:
    """The number of a word in quotes: of a symbol, or in digits."""
    try:
        return float(word) if name == "Float" else symbols[word]
    except (KeyError, ValueError):
        raise Unsized from None


def _applied(name: str, given: Sequence[Number]) -> Number:
    if name in ("Symbol", "Dummy") and given:
        return given[0]
    try:
        found = _FUNCTIONS[name](given)
    except (KeyError, IndexError, ArithmeticError, ValueError, TypeError):
        raise Unsized from None
    if isinstance(found, complex) or abs(found) > 1e18:
        raise Unsized
    return found
