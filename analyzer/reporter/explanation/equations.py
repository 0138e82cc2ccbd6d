r"""Formulas in LaTeX: math of an expression, names and words as text.

>>> from analyzer.engine.explained.expression import Letter, Number, Quotient, Sum
>>> one = Quotient(Sum(((1, Letter("W", 32)), (-1, Letter("F", 8)))), Letter("S", 2))
>>> math(one), math(one, letters=True)
('\\left\\lfloor\\frac{32 - 8}{2}\\right\\rfloor', '\\left\\lfloor\\frac{W - F}{S}\\right\\rfloor')
>>> symbol("W_out"), symbol("key_depth"), words("the output of `conv_1`")
('W_{\\mathrm{out}}', '\\mathrm{key\\_depth}', 'the output of \\texttt{conv\\_1}')
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from analyzer.engine.explained.expression import (
    Expression,
    Letter,
    Number,
    Power,
    Product,
    Quotient,
    Ratio,
    Rounded,
    Sum,
    written,
)
from analyzer.engine.explained.lettered import AXIS_LETTERS
from analyzer.reporter.analysis.latex import escaped
from analyzer.source import inert

#: Signs in sentences that the text fonts of LaTeX do not have, beside those that every name may have.
_SIGNS = {
    "→": r"$\to$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "⌈": r"$\lceil$", "⌉": r"$\rceil$", "Φ": r"$\Phi$",
    "≤": r"$\leq$", "≥": r"$\geq$", "–": "--",
}  # fmt: skip

#: The same for MathJax.
_IN_MATH = str.maketrans(
    {
        "\\": "∖", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_", "^": "ˆ",
        "~": "∼",
    }
)  # fmt: skip

#: Formulas of more characters than this are broken between terms, each part on a line.
_LONGEST = 70

#: What is written below a word, other than an axis and a number.
_FEET = ("in", "out", "first", "last")

#: How tightly the parts of a formula hold together.
_SUM, _PRODUCT, _ATOM = range(3)


#: Turns words into text in LaTeX, or in the math of a notebook.
Words = Callable[[str], str]


def words(text: str) -> str:
    """A sentence as LaTeX's text, its `names` in typewriter type."""
    return _named(text, lambda part: "".join(_SIGNS.get(sign) or _sign(sign) for sign in part))


def notebook_words(text: str) -> str:
    """The same inside of the math of a notebook: MathJax has every sign, but few commands in text."""
    return _named(text, lambda part: part.translate(_IN_MATH))


def _named(text: str, escape: Words) -> str:
    """A sentence with its signs escaped and its `names` in typewriter type, where every name ends."""
    parts = inert(text).split("`")
    names = len(parts) % 2 == 1
    return "".join(rf"\texttt{{{escape(part)}}}" if names and at % 2 else escape(part) for at, part in enumerate(parts))


def _sign(sign: str) -> str:
    """One character as LaTeX's text."""
    return sign if sign.isspace() or sign.isalnum() else escaped(sign)


def symbol(name: str) -> str:
    """The name of a number in math: one letter with what is below it, or a word."""
    base, low, below = name.rpartition("_")
    indexed = low and (len(base) == 1 or below in _FEET or below in AXIS_LETTERS.values() or below.isdigit())
    if not indexed:
        return name if len(name) == 1 else rf"\mathrm{{{_word(name)}}}"
    foot = below if len(below) == 1 else rf"\mathrm{{{_word(below)}}}"
    return f"{base if len(base) == 1 else rf'{chr(92)}mathrm{{{_word(base)}}}'}_{{{foot}}}"


def _word(name: str) -> str:
    """A word in math."""
    return escaped(name).replace(" ", r"\ ")


def number(value: int | float) -> str:
    """A number in math, its thousands grouped."""
    return (f"{value:,}" if isinstance(value, int) else f"{value:.4g}").replace(",", "{,}")


def math(expression: Expression, *, letters: bool = False) -> str:
    """A formula in math, with the values of its letters or with the letters."""
    return _math(expression, letters)[0]


def lines(expression: Expression, *, letters: bool = False) -> list[str]:
    """The same, a long sum on several lines that are broken before a sign."""
    if not isinstance(expression, Sum) or len(written(expression, letters=letters)) <= _LONGEST:
        return [math(expression, letters=letters)]
    return list(_broken(expression, letters))


def _broken(expression: Sum, letters: bool) -> Iterator[str]:
    """The lines of a long sum."""
    line, length = "", 0
    for sign, term in expression.terms:
        one = written(term, letters=letters)
        if line and length + len(one) > _LONGEST:
            yield line
            line, length = "", 0
            first = False
        else:
            first = not line
        line += _signed(sign, term, letters, first=first)
        length += len(one)
    yield line


def _signed(sign: int, term: Expression, letters: bool, *, first: bool) -> str:
    """A term of a sum with the sign before it."""
    one = _inside(term, _PRODUCT if sign < 0 else _SUM, letters)
    if first:
        return f"-{one}" if sign < 0 else one
    return f" {'-' if sign < 0 else '+'} {one}"


def _math(expression: Expression, letters: bool) -> tuple[str, int]:
    """A formula, and how tightly it holds together."""
    if isinstance(expression, Letter) and letters:
        return symbol(expression.name), _ATOM
    if isinstance(expression, Letter | Number):
        return number(expression.value), _ATOM if expression.value >= 0 else _SUM
    if isinstance(expression, Sum):
        terms = [_signed(sign, term, letters, first=not at) for at, (sign, term) in enumerate(expression.terms)]
        return "".join(terms), _SUM
    if isinstance(expression, Product):
        return r" \cdot ".join(_inside(factor, _PRODUCT, letters) for factor in expression.factors), _PRODUCT
    if isinstance(expression, Power):
        base, exponent = expression.parts
        return f"{_inside(base, _ATOM, letters)}^{{{math(exponent, letters=letters)}}}", _ATOM
    if isinstance(expression, Rounded):
        return _rounded(math(expression.inner, letters=letters), up=expression.up), _ATOM
    assert isinstance(expression, Quotient | Ratio)
    over, by = (math(part, letters=letters) for part in expression.parts)
    fraction = rf"\frac{{{over}}}{{{by}}}"
    if isinstance(expression, Ratio) or expression.by.value == 1 or expression.plain:
        return fraction, _ATOM
    return _rounded(fraction, up=expression.up), _ATOM


def _inside(expression: Expression, least: int, letters: bool) -> str:
    text, tight = _math(expression, letters)
    return rf"\left({text}\right)" if tight < least else text


def _rounded(text: str, *, up: bool) -> str:
    sides = ("lceil", "rceil") if up else ("lfloor", "rfloor")
    return rf"\left\{sides[0]}{text}\right\{sides[1]}"
