"""Expressions: what a text is worth, what is refused, and exactness."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from analyzer.diagnostics import Refusal
from analyzer.loader.expressions.expression import Expression, valid_name
from analyzer.loader.expressions.functions import FUNCTIONS, make_divisible

VALUES: dict[str, Any] = {
    "a": 6, "b": 4, "f": 0.75, "yes": True, "no": False, "word": "relu", "zero": 0, "big": 10**29, "half": 0.5,
    "D": 3, "H": 32, "W": 48, "i": 2, "minus": -3, "nothing": None, "list": [1],
}  # fmt: skip


def worth(text: str) -> Any:
    """The value of a text."""
    return Expression(text).run(VALUES.__getitem__)


def refused(text: str) -> str:
    """The code of a refusal."""
    with pytest.raises(Refusal) as caught:
        worth(text)
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$a", 6), ("$a + $b", 10), ("4*$a", 24), ("$a-$b", 2), ("$a*$f", 4.5), ("-$a", -6), ("+$a", 6), ("--$a", 6),
        # precedence
        ("2+3*$b", 14), ("(2+3)*$b", 20), ("$a-$b-1", 1), ("64//$b//2", 8), ("-$a*2", -12), ("2*-$a", -12),
        ("$a % $b * 2", 4), ("not $no and $yes", True), ("$no or not $no", True), ("$yes or $no and $no", True),
        ("1 if $yes else 2 if $yes else 3", 1), ("1 + 1 if $no else 5", 5),
        # division
        ("$a/$b", 1.5), ("$a/2", 3), ("7//$b", 1), ("-7//$b", -2), ("-7 % $b", 1), ("7 % -$b", -1),
        # comparisons
        ("$a > $b", True), ("$a >= 6", True), ("$a < $b", False), ("$a <= 6", True), ("$a == 6.0", True),
        ("$a != 6", False), ("1 < $b < 6", True), ("1 < $b < 3", False), ("$word == 'relu'", True),
        ("$word != 'tanh'", True), ("$word == 6", False), ("$word == \"relu\"", True), ("$nothing == 1", False),
        ("$a in (6, 8)", True), ("$a in [4, 8]", False), ("$a not in (4, 8)", True), ("$a in (6,)", True), ("$a in ()", False),
        ("$word in ('relu', 'gelu')", True), ("$word not in ('tanh', 'gelu')", True), ("$i in ($b, 2)", True),
        ("1 in $list", True), ("$a not in $list", True), ("6.0 in ($a, 1)", True), ("$yes in (1, 2)", False),
        ("1 < $b in (4, 8)", True), ("not $a in (6, 8)", False), ("$(a in (6, 8) and 1 < b)", True),
        # powers bind stronger than a sign before them, and from right to left
        ("2**$a", 64), ("-2**2", -4), ("2**3**2", 512), ("$a**-1", 1/6), ("9**0.5", 3.0), ("$b**$half", 2.0),
        ("0**0", 1), ("1**(10**29)", 1), ("(-1)**(10**29 + 1)", -1), ("2*$a**2", 72), ("10**30", 10**30), ("2**99", 2**99),
        # logic
        ("$a > 3 and $b > 3", True), ("$a > 3 and $b > 5", False), ("$zero or $a", True), ("not $zero", True),
        ("$no and 1/$zero", False), ("$yes or 1/$zero", True), ("$a if $yes else 1/$zero", 6),
        ("true if $yes else false", True),
        # functions
        ("min($a, $b)", 4), ("max($a, $b, 9)", 9), ("round(2.5*$yes if $no else 2.6)", 3), ("floor($a*$f)", 4),
        ("ceil($a*$f)", 5), ("abs($minus)", 3), ("log2(8*$b)", 5.0), ("make_divisible(32*$f)", 24),
        ("make_divisible($a, 4)", 8), ("round($half)", 0), ("round(1.5*$yes if $no else 1.5)", 2),
        ("floor(-$half)", -1), ("ceil(-$half)", 0),
        # what is built in
        ("$D*$H*$W", 4608), ("2*$i", 4),
        # $( ) alone is a number, in a text a text
        ("$(4*a)", 24), ("$(4*$a)", 24), ("$(a)x$(b)", "6x4"), ("56x56x$(4*a)", "56x56x24"), ("x$(a/b)", "x1.5"),
        ("$(a/3)x1", "2x1"), ("$(yes) $(no)", "true false"), ("$(word)_$(a)", "relu_6"), ("$( (a+b)*2 )", 20),
        ("$(min(a, b))x1", "4x1"), ("$(f*4)x1", "3x1"), ("$('a' if yes else 'b')", "a"), ("a $(a) b", "a 6 b"),
        ("$(0.1+0.2)x", "0.30000000000000004x"), ("$(1e3)", 1000.0), ("$(1e-5)", 1e-5), ("$(1.5E+2)", 150.0), ("$(.5)", 0.5),
        ("$(12.)", 12.0), ("$(007 if no else 7)" if False else "$(7)", 7),
        # blanks do not matter
        ("  $a  ", 6), ("$a   +$b", 10), ("$( a )", 6),
        # words stay words
        ("$word", "relu"), ("'relu' if $a > 3 else 'tanh'", "relu"), ("$yes", True),
    ],
)  # fmt: skip
def test_value(text: str, value: object) -> None:
    result = worth(text)
    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$big + 1", 10**29 + 1),
        ("$big*9//7", 9 * 10**29 // 7),
        ("$big*8/4", 2 * 10**29),
        ("(2*$big)/2", 10**29),
        ("($big + 1) % 10", 1),
        ("max($big, $big + 1)", 10**29 + 1),
    ],
)
def test_whole_numbers_are_exact(text: str, value: int) -> None:
    result = worth(text)
    assert (result, type(result)) == (value, int)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # no expression
        ("$a +", "EXPR101"), ("$a $b", "EXPR101"), ("2$a", "EXPR101"), ("($a", "EXPR101"), ("$a)", "EXPR101"),
        ("$(a", "EXPR101"), ("$()", "EXPR101"), ("$", "EXPR101"), ("$$a", "EXPR101"), ("${a}", "EXPR101"), ("a + $b", "EXPR101"),
        ("$a && $b", "EXPR101"), ("!$a", "EXPR101"), ("$a = 6", "EXPR101"), ("$(a)x$b", "EXPR101"), ("$a x $b", "EXPR101"),
        ("32x$a", "EXPR101"), ("$a; $b", "EXPR101"), ("$a\n+1", "EXPR101"), ("\\$a", "EXPR101"), ("0x10*$a", "EXPR101"),
        ("1_000*$a", "EXPR101"), ("3a*$b", "EXPR101"), ("$a.", "EXPR101"), ("$1", "EXPR101"), ("import $a", "EXPR101"),
        ("$a # comment", "EXPR101"), ("0777*$a", "EXPR101"),
        # not allowed
        ("$a.real", "EXPR102"), ("$list[0]", "EXPR102"), ("[$a]", "EXPR102"),
        ("($a, $b)", "EXPR102"), ("{$a: 1}", "EXPR102"), ("{$a}", "EXPR102"), ("lambda: $a", "EXPR102"), ("~$a", "EXPR102"),
        ("$a << 2", "EXPR102"), ("$a & 1", "EXPR102"), ("$a | 1", "EXPR102"), ("$a ^ 1", "EXPR102"), ("$a @ $b", "EXPR102"),
        ("$a is 6", "EXPR102"), ("($x := $a)", "EXPR102"), ("f'{$a}'", "EXPR102"),
        ("eval('1') + $a", "EXPR102"), ("__import__('os') if $a else 1", "EXPR102"), ("open('x') if $a else 1", "EXPR102"),
        ("min($a)", "EXPR102"), ("round($a, 2)", "EXPR102"), ("make_divisible($a, 8, 2)", "EXPR102"), ("abs()*$a", "EXPR102"),
        ("min($a, key=$b)", "EXPR102"), ("max(*$list)", "EXPR102"), ("$a()", "EXPR102"), ("[x for x in $list]", "EXPR102"),
        ("None if $a else 1", "EXPR102"), ("... if $a else 1", "EXPR102"), ("1j*$a", "EXPR101"), ("b'x' if $a else 1", "EXPR102"),
        # kinds
        ("$word*2", "EXPR103"), ("-$word", "EXPR103"), ("$yes + 1", "EXPR103"), ("$nothing + 1", "EXPR103"), ("$word > 3", "EXPR103"),
        ("min($word, 1)", "EXPR103"), ("not $word", "EXPR103"), ("$word and $a", "EXPR103"), ("1 if $word else 2", "EXPR103"),
        ("$list*2", "EXPR103"), ("x$(list)", "EXPR103"), ("log2($zero)", "EXPR103"), ("log2($minus)", "EXPR103"),
        ("make_divisible($a, 0)", "EXPR103"), ("'a' + $word", "EXPR103"), ("$yes < 2", "EXPR103"),
        ("$a in $word", "EXPR103"), ("'r' in $word", "EXPR103"), ("$a in 6", "EXPR103"), ("(-8)**$half", "EXPR103"),
        ("($a, 1) in $list", "EXPR102"), ("$a == (6, 7)", "EXPR102"), ("$word**2", "EXPR103"), ("$a in (x, 1)", "EXPR101"),
        # size
        ("9**9**9*$a", "EXPR104"), ("9**9**$a", "EXPR104"), ("10**31", "EXPR104"), ("2**100", "EXPR104"), ("2**(10**29)", "EXPR104"),
        ("(-3)**$big", "EXPR104"), ("1.5**$big", "EXPR104"), ("10**10**10**10", "EXPR104"), ("0.1**-40", "EXPR104"),
        ("$big*$big", "EXPR104"), ("$big*10 + 1", "EXPR104"), ("-$big*11", "EXPR104"), (f"1{'0' * 40} + $a", "EXPR104"), ("1e999*$a", "EXPR104"),
        # zero
        ("$zero**-1", "EXPR105"), ("$a/$zero", "EXPR105"), ("$a//0", "EXPR105"), ("$a % $zero", "EXPR105"), ("$a/0.0", "EXPR105"),
        # length
        ("$a" + "+1" * 100, "LIMIT105"),
    ],
)  # fmt: skip
def test_refusal(text: str, code: str) -> None:
    assert refused(text) == code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("$a && $b", "write out `and`, `or` and `not`"),
        ("$a = 6", "write equality as `==`"),
        ("($a", "its brackets do not match"),
        ("2$a", "write a product with `*`"),
        ("${a}", "a name must follow the `$`"),
        ("$(a)x$b", "write `$(a)x$(b)` for a text with values in it"),
        ("a + $b", "`$a` is the variable, `'a'` the word"),
        ("sqrt($a)", "write a root as a power: `$n**0.5`"),
        ("int($a)", "`floor` rounds down, `round` to the nearest whole number"),
        ("sum($a)", "the functions are `min`, `max`, `round`, `floor`, `ceil`, `abs`, `log2` and `make_divisible`"),
        ("flor($a)", "did you mean `floor`?"),
        ("32x$a", "write a product with `*`; a text with values in it uses `$( )`, such as `56x56x$(4*width)`"),
        ("$a^2", "a power is written `**`, such as `$n**2`"),
        ("$a & 3", "write out `and`"),
        ("~$a", "write out `not`"),
        ("1 << $a", "write `*2**n`"),
        ("2*a$b", "write a product with `*`"),
        ("b$a", "write a product with `*`"),
        ("$a in $word", "write the values in brackets: `$c in (64, 128)`"),
    ],
)
def test_help(text: str, said: str) -> None:
    with pytest.raises(Refusal) as caught:
        worth(text)
    assert caught.value.help == said


def test_names() -> None:
    assert Expression("$a*max($b, 2) if $c else $(d)"[:25] + "0").names == {"a", "b", "c"}
    assert Expression("$(a)x$(4*b)").names == {"a", "b"}
    assert Expression("'word' if true else 1 + $D").names == {"D"}


def test_explained() -> None:
    assert Expression("$a*$f").explain(VALUES.__getitem__) == "$a = 6, $f = 0.75"
    assert Expression("$(2*3)").explain(VALUES.__getitem__) is None


@pytest.mark.parametrize(
    ("value", "divisor", "result"),
    [
        # torchvision's _make_divisible and the channels of MobileNetV2 at width 0.75, 0.5, 0.35, 1.4
        (24.0, 8, 24), (18, 8, 24), (12.0, 8, 16), (8.4, 8, 8), (5.6, 8, 8), (11.2, 8, 16), (22.4, 8, 24), (33.6, 8, 32),
        (44.8, 8, 48), (134.4, 8, 136), (224.0, 8, 224), (448.0, 8, 448), (960, 8, 960), (1, 8, 8), (3.9, 8, 8), (20, 8, 24), (19, 8, 24),
        (17, 8, 16), (10, 4, 12), (9, 4, 12), (32, 16, 32), (0, 8, 8),
    ],
)  # fmt: skip
def test_make_divisible(value: float, divisor: int, result: int) -> None:
    """max(d, ⌊v + d/2⌋ to a multiple of d), d more where that is below 90 % of v."""
    assert make_divisible(value, divisor) == result


@pytest.mark.parametrize("name", ["a", "A1", "_x", "width_mult", "e1", "min"])
def test_valid_names(name: str) -> None:
    assert valid_name(name)


@pytest.mark.parametrize(
    "name", ["", "1a", "a-b", "a.b", "a b", "é", "if", "and", "None", "H", "W", "D", "i", "$a", "ａ"]
)
def test_invalid_names(name: str) -> None:
    assert not valid_name(name)


def test_no_function_reaches_outside() -> None:
    assert set(FUNCTIONS) == {"min", "max", "round", "floor", "ceil", "abs", "log2", "make_divisible"}


@pytest.mark.parametrize("value", [inf, -inf, nan])
def test_only_finite_numbers(value: float) -> None:
    with pytest.raises(Refusal) as caught:
        Expression("$x + 1").run({"x": value}.__getitem__)
    assert caught.value.code == "EXPR104"


@pytest.mark.parametrize("function", ["round", "floor", "ceil", "log2", "abs", "make_divisible"])
def test_functions_take_finite_numbers(function: str) -> None:
    for value in (inf, nan):
        with pytest.raises(Refusal):
            Expression(f"{function}($x)").run({"x": value}.__getitem__)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$(a.bit_length())", "an expression may not use attributes (`a.b`)"),
        ("$a.real()", "an expression may not use attributes (`a.b`)"),
        ("$(list[0](1))", "an expression may not use indices (`a[b]`)"),
        ("min(1, 2)(3) + $a", "an expression calls functions by their names only"),
        ("2*a$b", "`2*a$b` is not a valid expression: a sign is missing before a `$`"),
        ("$a$b", "`$a$b` is not a valid expression: a sign is missing before a `$`"),
        ("$a ^ 2", "an expression has no operator `^`"),
        ("$a >> 2", "an expression has no operator `>>`"),
        ("~$a", "an expression has no operator `~`"),
        ("$foo$(", "`$foo$(` has a `$(` that is not closed"),
        ("2**200*$a", "`2 ** 200` is larger than any number that a model needs"),
        ("(-8)**0.5*$a", "`(−8)**0.5` is not a real number"),
    ],
)
def test_message(text: str, message: str) -> None:
    with pytest.raises(Refusal) as caught:
        worth(text)
    assert caught.value.message == message
