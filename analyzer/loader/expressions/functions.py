"""The functions of expressions: how they are calculated, and how many arguments they take."""

from __future__ import annotations

import math
from collections.abc import Callable

from analyzer.diagnostics import Refusal
from analyzer.layers.kinds import written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def make_divisible(value: Any, divisor: Any = 8) -> int:
    """MobileNet's rounding to a multiple of `divisor`, never below 90 % of `value`.

    >>> make_divisible(32 * 0.75), make_divisible(18), make_divisible(11)
    (24, 24, 16)
    """
    if divisor <= 0:
        raise Refusal(f"make_divisible takes a divisor above 0, not {written(divisor)}", code="EXPR103")
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    if rounded < 0.9 * value:
        rounded += divisor
    return int(rounded) if rounded == int(rounded) else rounded


def _log2(value: Any) -> float:
    if value <= 0:
        raise Refusal(f"log2 takes a number above 0, not {written(value)}", code="EXPR103")
    return math.log2(value)


#: The functions of expressions, each with the least and the most arguments that it takes.
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "min": (min, 2, 99),
    "max": (max, 2, 99),
    "round": (round, 1, 1),
    "floor": (math.floor, 1, 1),
    "ceil": (math.ceil, 1, 1),
    "abs": (abs, 1, 1),
    "log2": (_log2, 1, 1),
    "make_divisible": (make_divisible, 1, 2),
}

_OPERATOR = rf"[0-9.)]\s*[-+*/%]|(?:{'|'.join(FUNCTIONS)})\s*\("
#: What arithmetic of numbers looks like, for the schema too: it has an operator behind a number, or calls a function.
ARITHMETIC = rf"^(?=.*(?:{_OPERATOR}))(?=.*[0-9.)]$)(?:[-+*/%(),.\s0-9eE]|{'|'.join(FUNCTIONS)})*$"

#: What is written here for functions of Python that an expression does not have.
ELSEWHERE = {
    "sqrt": "write a root as a power: `$n**0.5`",
    "pow": "write a power as `$n**2`",
    "int": "`floor` rounds down, `round` to the nearest whole number",
    "log": "`log2` is the logarithm to the base 2",
}
