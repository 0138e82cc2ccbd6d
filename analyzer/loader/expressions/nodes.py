"""The white list of expressions: Python's syntax tree compiled, node by node, to closures.

A node that is not in `_NODES` is refused, and nothing is ever passed to `eval`. The whole list is in this module, so
that a reader can see that it is safe.
"""

# Longer than most modules: see above.

from __future__ import annotations

import _ast
import operator
import re
from collections.abc import Callable

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.layers.kinds import written
from analyzer.loader.expressions.functions import ARITHMETIC, ELSEWHERE, FUNCTIONS
from analyzer.loader.text.limits import LIMITS
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Lookup: TypeAlias = Callable[[str], Any]
    Run: TypeAlias = Callable[[Lookup], Any]

#: Stands for the dollar inside Python's grammar: a letter that no normalisation changes and no person types.
DOLLAR = "ǂ"

#: Python's flag for a syntax tree without code.
ONLY_AST = 0x400

_LARGEST = 10**30  # beyond it no intermediate result helps any model
_MOST_BITS = _LARGEST.bit_length()


def refusal(message: str, *, code: str = "EXPR101", help: str | None = None) -> Refusal:
    """The refusal of an expression."""
    return Refusal(message, code=code, help=help)


def shown_value(value: Any) -> str:
    """A value as a message shows it inside of backticks."""
    return written(value).replace("`", "")


def compile_node(node: _ast.AST, names: set[str], bare: bool) -> Run:
    """The closure of a node; adds the variables that it reads to `names`. `bare` allows a name without its `$`."""
    make = _NODES.get(node.__class__)
    if make is None:
        raise refusal(
            f"an expression may not use {_DESCRIBED.get(node.__class__.__name__, 'this part of Python')}",
            code="EXPR102",
            help="allowed are + - * / // % **, comparisons, `in`, `and or not`, `a if c else b` and "
            + listed(FUNCTIONS, last="and"),
        )
    return make(node, names, bare)


_DESCRIBED = {
    "Attribute": "attributes (`a.b`)", "Subscript": "indices (`a[b]`)", "Lambda": "`lambda`", "List": "lists",
    "Tuple": "tuples", "Dict": "mappings", "Set": "sets", "ListComp": "comprehensions", "GeneratorExp": "comprehensions",
    "SetComp": "comprehensions", "DictComp": "comprehensions", "JoinedStr": "f-strings", "NamedExpr": "`:=`",
    "Starred": "`*`", "Await": "`await`", "Yield": "`yield`",
}  # fmt: skip


def calculated(text: str) -> int | float | None:
    """The value of a text that is arithmetic of numbers, which needs no `$` where a number is wanted; otherwise None.

    Raises `Refusal` for arithmetic without a value.

    >>> calculated("1024*3"), calculated("1/4"), calculated("min(3*8, 64)"), calculated("3x5"), calculated("64")
    (3072, 0.25, 24, None, None)
    """
    if text[-1:] not in "0123456789.)" or len(text) > LIMITS.expression or not re.match(ARITHMETIC, text, re.ASCII):
        return None
    names: set[str] = set()
    try:
        tree = compile(text.strip(), "", "eval", ONLY_AST, dont_inherit=True)
        run = compile_node(tree.body, names, bare=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, Refusal):
        return None
    value = None if names else run(str)
    return value if value.__class__ in (int, float) else None


def _number(value: Any) -> Any:
    """`value` where arithmetic may use it: a finite number."""
    if value.__class__ is int:
        return value
    if value.__class__ is str:
        number = calculated(value)
        value = value if number is None else number
    if value.__class__ is float or value.__class__ is int:
        return _finite(value, lambda: shown_value(value))
    raise refusal(f"arithmetic takes numbers, not {written(value)}", code="EXPR103")


def _finite(value: Any, what: Callable[[], str]) -> Any:
    if -_LARGEST <= value <= _LARGEST:  # false for nan
        return value
    raise refusal(f"`{what()}` is larger than any number that a model needs", code="EXPR104")


def _power(a: Any, b: Any) -> Any:
    """`a**b`; what is certain to be too large is refused before it takes time to calculate."""
    if a.__class__ is int and abs(a) > 1 and b > _MOST_BITS:
        raise OverflowError
    value = a**b
    if value.__class__ is complex:
        raise refusal(
            f"`({shown_value(a)})**{shown_value(b)}` is not a real number",
            code="EXPR103",
            help="a power of a negative number is whole",
        )
    return value


def _divide(a: Any, b: Any) -> Any:
    if a.__class__ is int and b.__class__ is int and a % b == 0:
        return a // b  # exact at any size
    return a / b


_OPERATORS: dict[type, tuple[str, Callable[[Any, Any], Any]]] = {
    _ast.Add: ("+", operator.add),
    _ast.Sub: ("-", operator.sub),
    _ast.Mult: ("*", operator.mul),
    _ast.Div: ("/", _divide),
    _ast.FloorDiv: ("//", operator.floordiv),
    _ast.Mod: ("%", operator.mod),
    _ast.Pow: ("**", _power),
}


#: Operators of Python that an expression does not have, with what is written here.
_OTHERS = {
    "BitXor": ("^", "a power is written `**`, such as `$n**2`"), "BitAnd": ("&", "write out `and`"),
    "BitOr": ("|", "write out `or`"), "Invert": ("~", "write out `not`"), "LShift": ("<<", "write `*2**n`"),
    "RShift": (">>", "write `//2**n`"), "MatMult": ("@", "a product is written `*`"),
}  # fmt: skip


def _no_operator(operator: _ast.AST) -> Refusal:
    """The refusal of an operator that an expression does not have."""
    sign, help = _OTHERS[operator.__class__.__name__]
    return refusal(f"an expression has no operator `{sign}`", code="EXPR102", help=help)


def _binary(node: Any, names: set[str], bare: bool) -> Run:
    known = _OPERATORS.get(node.op.__class__)
    if known is None:
        raise _no_operator(node.op)
    sign, apply = known
    left, right = compile_node(node.left, names, bare), compile_node(node.right, names, bare)

    def run(lookup: Lookup) -> Any:
        a, b = _number(left(lookup)), _number(right(lookup))
        try:
            value = apply(a, b)
        except ZeroDivisionError:
            raise refusal(f"`{shown_value(a)} {sign} {shown_value(b)}` divides by zero", code="EXPR105") from None
        except OverflowError:
            raise refusal(
                f"`{shown_value(a)} {sign} {shown_value(b)}` is larger than any number that a model needs",
                code="EXPR104",
            ) from None
        return _finite(value, lambda: f"{shown_value(a)} {sign} {shown_value(b)}")

    return run


def _unary(node: Any, names: set[str], bare: bool) -> Run:
    operand = compile_node(node.operand, names, bare)
    if isinstance(node.op, _ast.Not):
        return lambda lookup: not truth(operand(lookup))
    if isinstance(node.op, _ast.USub):
        return lambda lookup: -_number(operand(lookup))
    if isinstance(node.op, _ast.UAdd):
        return lambda lookup: _number(operand(lookup))
    raise _no_operator(node.op)


def truth(value: Any) -> bool:
    """A value as a condition: a flag, or a number that is not 0."""
    if value.__class__ is bool or value.__class__ is int or value.__class__ is float:
        return bool(value)
    raise refusal(
        f"a condition must be true or false, not {written(value)}", code="EXPR103", help="compare it: `$act == 'relu'`"
    )


def _boolean(node: Any, names: set[str], bare: bool) -> Run:
    parts = [compile_node(value, names, bare) for value in node.values]
    if isinstance(node.op, _ast.And):
        return lambda lookup: all(truth(part(lookup)) for part in parts)
    return lambda lookup: any(truth(part(lookup)) for part in parts)


_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    _ast.Lt: operator.lt,
    _ast.LtE: operator.le,
    _ast.Gt: operator.gt,
    _ast.GtE: operator.ge,
}


def _among(value: Any, values: Any) -> bool:
    """`value in values`: whether a list has an equal value; `true` is not equal to 1."""
    if values.__class__ is not list:
        raise refusal(
            f"`in` looks for a value in a list, not in {written(values)}",
            code="EXPR103",
            help="write the values in brackets: `$c in (64, 128)`",
        )
    return any(one == value and (one.__class__ is bool) is (value.__class__ is bool) for one in values)


#: The comparisons of any two values; the others compare numbers.
_OF_ANY: dict[type, Callable[[Any, Any], bool]] = {
    _ast.Eq: operator.eq,
    _ast.NotEq: operator.ne,
    _ast.In: _among,
    _ast.NotIn: lambda value, values: not _among(value, values),
}


def _compare(node: Any, names: set[str], bare: bool) -> Run:
    sides = [(None, node.left), *zip(node.ops, node.comparators, strict=True)]
    parts = [_side(op, side, names, bare) for op, side in sides]
    tests = []
    for op in node.ops:
        test = _OF_ANY.get(op.__class__) or _COMPARISONS.get(op.__class__)
        if test is None:
            raise refusal("an expression may only compare with == != < <= > >= and `in`", code="EXPR102")
        tests.append((test, op.__class__ in _OF_ANY))

    def run(lookup: Lookup) -> bool:
        left = parts[0](lookup)
        for (test, of_any), part in zip(tests, parts[1:], strict=True):
            right = part(lookup)
            if not (test(left, right) if of_any else test(_number(left), _number(right))):
                return False
            left = right
        return True

    return run


def _side(op: Any, node: Any, names: set[str], bare: bool) -> Run:
    """One side of a comparison; a list of values may only follow `in`."""
    if not isinstance(op, (_ast.In, _ast.NotIn)) or not isinstance(node, (_ast.Tuple, _ast.List)):
        return compile_node(node, names, bare)
    values = [compile_node(value, names, bare) for value in node.elts]
    return lambda lookup: [value(lookup) for value in values]


def _choice(node: Any, names: set[str], bare: bool) -> Run:
    test, body, otherwise = (compile_node(part, names, bare) for part in (node.test, node.body, node.orelse))
    return lambda lookup: body(lookup) if truth(test(lookup)) else otherwise(lookup)


def _constant(node: Any, names: set[str], bare: bool) -> Run:
    value = node.value
    if value.__class__ not in (int, float, str, bool):
        raise refusal("an expression may only have numbers and words", code="EXPR102")
    if value.__class__ in (int, float):
        _finite(value, lambda: shown_value(value))
    return lambda lookup: value


_CONSTANT_WORDS = {"true": True, "false": False}


def is_name(text: str) -> bool:
    """Whether a text is a name: a letter or `_`, then letters, digits and `_`, all of ASCII."""
    return text.isascii() and text.isidentifier()


def _name(node: Any, names: set[str], bare: bool) -> Run:
    name = node.id
    if name.startswith(DOLLAR):
        name = name[1:]
        if not is_name(name):
            raise refusal(
                f"`${shown(name.replace(DOLLAR, '$'))}` is not a variable" if name else "a `$` has no name after it",
                help="`$name` is a variable, `$( )` is an expression",
            )
    elif not bare:
        if name in _CONSTANT_WORDS:
            return lambda lookup: _CONSTANT_WORDS[name]
        raise refusal(
            f"`{shown(name)}` has no `$`",
            help=f"`${name}` is the variable, `'{name}'` the word"
            + (f", `{name}( )` the function" if name in FUNCTIONS else ""),
        )
    elif name in _CONSTANT_WORDS:
        return lambda lookup: _CONSTANT_WORDS[name]
    names.add(name)
    return lambda lookup: lookup(name)


def _call(node: Any, names: set[str], bare: bool) -> Run:
    if not isinstance(node.func, _ast.Name):
        compile_node(node.func, names, bare)  # an attribute is refused as what it is
        raise refusal("an expression calls functions by their names only", code="EXPR102")
    name = node.func.id
    known = FUNCTIONS.get(name)
    if known is None:
        near = nearest(name, FUNCTIONS)
        help = f"did you mean `{near}`?" if near else "the functions are " + listed(FUNCTIONS, last="and")
        raise refusal(
            f"`{shown(name.replace(DOLLAR, '$'))}` is not a function of expressions",
            code="EXPR102",
            help=ELSEWHERE.get(name, help),
        )
    apply, least, most = known
    if node.keywords or not least <= len(node.args) <= most:
        count = f"{least}" if least == most else f"at least {least}" if most == 99 else f"{least} or {most}"
        raise refusal(f"`{name}` takes {count} argument{'s' if most > 1 else ''}, in their order", code="EXPR102")
    parts = [compile_node(part, names, bare) for part in node.args]

    def run(lookup: Lookup) -> Any:
        values = [_number(part(lookup)) for part in parts]
        return _finite(apply(*values), lambda: f"{name}({', '.join(map(shown_value, values))})")

    return run


_NODES: dict[type, Callable[[Any, set[str], bool], Run]] = {
    _ast.BinOp: _binary,
    _ast.UnaryOp: _unary,
    _ast.BoolOp: _boolean,
    _ast.Compare: _compare,
    _ast.IfExp: _choice,
    _ast.Constant: _constant,
    _ast.Name: _name,
    _ast.Call: _call,
}
