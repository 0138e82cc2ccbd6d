"""Expressions: `$name`, `4*$mid`, `56x56x$(4*width)`.

A string with `$( )` is text into which values are put (a value itself where it is one `$( )` alone); any other string
with a `$` is one expression. Expressions are parsed with Python's `ast` in eval mode and compiled, node by node of a
white list, to closures; nothing is ever handed to `eval`.
"""

# Longer than most modules: the white list is safe only where all of it is seen at once.

from __future__ import annotations

import _ast
import operator
import re
from collections.abc import Callable

from analyzer.diagnostics import Refusal, listed, nearest
from analyzer.layers.kinds import written
from analyzer.loader.expressions.functions import FUNCTIONS
from analyzer.loader.text.limits import LIMITS
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Lookup: TypeAlias = Callable[[str], Any]
    Run: TypeAlias = Callable[[Lookup], Any]

#: Names that every expression knows: the input volume of the layer, and the repetition.
BUILT_IN = ("H", "W", "D", "i")

# Stands for the dollar inside Python's grammar: a letter that no normalisation changes and no person types.
_DOLLAR = "ǂ"
_ONLY_AST = 0x400
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_VARIABLE = re.compile(r"\$\([^()]*\)|\$([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)
_RUN_TOGETHER = re.compile(
    r"(?<![\w$.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+[A-Za-z_]|(?![eE][+-]?\d)[A-Za-z_])", re.ASCII
)
_LARGEST = 10**30  # beyond it no intermediate result helps any model
#: Words of Python that no variable may be called.
KEYWORDS = frozenset(["False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield"])  # fmt: skip


def is_expression(text: str) -> bool:
    """Whether a string holds an expression."""
    return "$" in text


def valid_name(name: str) -> bool:
    """Whether a variable or block parameter may be called so."""
    return _NAME.fullmatch(name) is not None and name not in KEYWORDS and name not in BUILT_IN


class Expression:
    """A compiled string: `names` are the variables that it reads, `text` what was written."""

    __slots__ = ("names", "run", "text")

    def __init__(self, text: str) -> None:
        """Compiles `text`; raises `Refusal` where it is no expression."""
        self.text = text
        names: set[str] = set()
        if len(text) > LIMITS.expression:
            raise _refusal(f"the expression is longer than {LIMITS.expression} characters", code="LIMIT105")
        self.run = _compile_text(text, names)
        self.names = frozenset(names)

    def __reduce__(self) -> tuple[type[Expression], tuple[str]]:
        """Closures cannot be pickled; the text can, and is compiled again."""
        return Expression, (self.text,)

    def explain(self, lookup: Lookup) -> str | None:
        """The values behind its variables, for a message: '$mid = 5.125'."""
        parts = [f"${name} = {_shown(lookup(name))}" for name in sorted(self.names)]
        return ", ".join(parts) if parts else None


def _shown(value: Any) -> str:
    return written(value).replace("`", "")


def _refusal(message: str, *, code: str = "EXPR101", help: str | None = None) -> Refusal:
    return Refusal(message, code=code, help=help)


def _compile_text(text: str, names: set[str]) -> Run:
    if "$(" not in text:
        return _compile_expression(text, names, bare=False)
    parts: list[str | Run] = []
    place = 0
    while True:
        start = text.find("$(", place)
        if start < 0:
            break
        stop = _closing(text, start + 1)
        if start > place:
            parts.append(text[place:start])
        parts.append(_compile_expression(text[start + 2 : stop], names, bare=True))
        place = stop + 1
    if place < len(text):
        parts.append(text[place:])
    stray = next((p for p in parts if isinstance(p, str) and "$" in p), None)
    if stray is not None:
        whole = shown(_VARIABLE.sub(lambda part: f"$({part.group(1)})" if part.group(1) else part.group(), text))
        raise _refusal(
            f"`{shown(text)}` mixes `$( )` with a `$` outside of it",
            help=f"write `{whole}` for a text with values in it",
        )
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0]
    return lambda lookup: "".join(p if isinstance(p, str) else _in_text(p(lookup)) for p in parts)


def _in_text(value: Any) -> str:
    """A value inside a text: a whole number without a decimal point."""
    if isinstance(value, float):
        near = round(value)
        return str(near) if abs(value - near) <= abs(value) * 1e-9 else repr(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        raise _refusal("a list or a mapping cannot be put into a text", code="EXPR103")
    return str(value)


def _closing(text: str, start: int) -> int:
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place
    raise _refusal(f"`{shown(text)}` has a `$(` that is not closed", help="add a `)`")


def _compile_expression(text: str, names: set[str], *, bare: bool) -> Run:
    """Compiles one expression; `bare` allows a name without its `$`."""
    if "\\" in text or "#" in text or _DOLLAR in text or not text.isprintable():
        raise _refusal(f"`{shown(text)}` is no expression")
    together = _RUN_TOGETHER.search(text)
    if together is not None:
        raise _refusal(
            f"`{shown(text)}` is no expression: `{shown(together.group())}` runs a number and a name together",
            help="a product is written with `*`; a text with values in it uses `$( )`, such as `56x56x$(4*width)`",
        )
    try:
        tree = compile(text.strip().replace("$", _DOLLAR), "", "eval", _ONLY_AST, dont_inherit=True)
    except SyntaxError:
        raise _refusal(f"`{shown(text)}` is no expression", help=_syntax_help(text)) from None
    except (ValueError, RecursionError, MemoryError):
        raise _refusal(f"`{shown(text)}` is too involved for an expression") from None
    assert isinstance(tree, _ast.Expression)
    return _compile(tree.body, names, bare)


def _syntax_help(text: str) -> str | None:
    if text.count("(") != text.count(")"):
        return "its brackets do not match"
    if re.search(r"[a-zA-Z0-9_)]\s*x\s*[$(0-9]", text):
        return "a volume with values in it is written `56x56x$(4*width)`"
    if "&&" in text or "||" in text or "!" in text.replace("!=", ""):
        return "`and`, `or` and `not` are written out"
    if re.search(r"(?<![=<>!])=(?!=)", text):
        return "equality is `==`"
    if re.search(r"\$(?![A-Za-z_(])", text):
        return "a `$` is followed by a name"
    if re.search(r"[\w)]\s*\$", text):
        return "a product is written with `*`"
    return None


def _compile(node: _ast.AST, names: set[str], bare: bool) -> Run:
    make = _NODES.get(node.__class__)
    if make is None:
        raise _refusal(
            f"an expression may not use {_DESCRIBED.get(node.__class__.__name__, 'this')}",
            code="EXPR102",
            help="allowed are + - * / // %, comparisons, `and or not`, `a if c else b` and "
            + listed(FUNCTIONS, last="and"),
        )
    return make(node, names, bare)


_DESCRIBED = {
    "Attribute": "attributes (`a.b`)", "Subscript": "indices (`a[b]`)", "Lambda": "`lambda`", "List": "lists",
    "Tuple": "tuples", "Dict": "mappings", "Set": "sets", "ListComp": "comprehensions", "GeneratorExp": "comprehensions",
    "SetComp": "comprehensions", "DictComp": "comprehensions", "JoinedStr": "f-strings", "NamedExpr": "`:=`",
    "Starred": "`*`", "Await": "`await`", "Yield": "`yield`",
}  # fmt: skip


def _number(value: Any) -> Any:
    """`value` where arithmetic may use it: a finite number."""
    if value.__class__ is int:
        return value
    if value.__class__ is float:
        return _finite(value, lambda: _shown(value))
    raise _refusal(f"arithmetic takes numbers, not {written(value)}", code="EXPR103")


def _finite(value: Any, what: Callable[[], str]) -> Any:
    if -_LARGEST <= value <= _LARGEST:  # false for nan
        return value
    raise _refusal(f"`{what()}` is beyond any number a model needs", code="EXPR104")


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
}


def _binary(node: Any, names: set[str], bare: bool) -> Run:
    known = _OPERATORS.get(node.op.__class__)
    if known is None:
        raise _refusal(
            "an expression may not use " + ("powers (`**`)" if isinstance(node.op, _ast.Pow) else "bits"),
            code="EXPR102",
            help="a power is a product, such as `$n*$n`" if isinstance(node.op, _ast.Pow) else None,
        )
    sign, apply = known
    left, right = _compile(node.left, names, bare), _compile(node.right, names, bare)

    def run(lookup: Lookup) -> Any:
        a, b = _number(left(lookup)), _number(right(lookup))
        try:
            value = apply(a, b)
        except ZeroDivisionError:
            raise _refusal(f"`{_shown(a)} {sign} {_shown(b)}` divides by zero", code="EXPR105") from None
        except OverflowError:
            raise _refusal(
                f"`{_shown(a)} {sign} {_shown(b)}` is beyond any number a model needs", code="EXPR104"
            ) from None
        return _finite(value, lambda: f"{_shown(a)} {sign} {_shown(b)}")

    return run


def _unary(node: Any, names: set[str], bare: bool) -> Run:
    operand = _compile(node.operand, names, bare)
    if isinstance(node.op, _ast.Not):
        return lambda lookup: not truth(operand(lookup))
    if isinstance(node.op, _ast.USub):
        return lambda lookup: -_number(operand(lookup))
    if isinstance(node.op, _ast.UAdd):
        return lambda lookup: _number(operand(lookup))
    raise _refusal("an expression may not use bits", code="EXPR102")


def truth(value: Any) -> bool:
    """A value as a condition: a flag, or a number that is not 0."""
    if value.__class__ is bool or value.__class__ is int or value.__class__ is float:
        return bool(value)
    raise _refusal(
        f"a condition is true or false, not {written(value)}", code="EXPR103", help="compare it: `$act == 'relu'`"
    )


def _boolean(node: Any, names: set[str], bare: bool) -> Run:
    parts = [_compile(value, names, bare) for value in node.values]
    if isinstance(node.op, _ast.And):
        return lambda lookup: all(truth(part(lookup)) for part in parts)
    return lambda lookup: any(truth(part(lookup)) for part in parts)


_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    _ast.Eq: operator.eq,
    _ast.NotEq: operator.ne,
    _ast.Lt: operator.lt,
    _ast.LtE: operator.le,
    _ast.Gt: operator.gt,
    _ast.GtE: operator.ge,
}


def _compare(node: Any, names: set[str], bare: bool) -> Run:
    parts = [_compile(part, names, bare) for part in (node.left, *node.comparators)]
    if any(op.__class__ not in _COMPARISONS for op in node.ops):
        raise _refusal("an expression may compare with == != < <= > >= alone", code="EXPR102")
    tests = [(_COMPARISONS[op.__class__], op.__class__ in (_ast.Eq, _ast.NotEq)) for op in node.ops]

    def run(lookup: Lookup) -> bool:
        left = parts[0](lookup)
        for (test, equality), part in zip(tests, parts[1:], strict=True):
            right = part(lookup)
            if not (test(left, right) if equality else test(_number(left), _number(right))):
                return False
            left = right
        return True

    return run


def _choice(node: Any, names: set[str], bare: bool) -> Run:
    test, body, otherwise = (_compile(part, names, bare) for part in (node.test, node.body, node.orelse))
    return lambda lookup: body(lookup) if truth(test(lookup)) else otherwise(lookup)


def _constant(node: Any, names: set[str], bare: bool) -> Run:
    value = node.value
    if value.__class__ not in (int, float, str, bool):
        raise _refusal("an expression may hold numbers and words alone", code="EXPR102")
    if value.__class__ in (int, float):
        _finite(value, lambda: _shown(value))
    return lambda lookup: value


_CONSTANT_WORDS = {"true": True, "false": False}


def _name(node: Any, names: set[str], bare: bool) -> Run:
    name = node.id
    if name.startswith(_DOLLAR):
        name = name[1:]
        if _NAME.fullmatch(name) is None:
            raise _refusal(
                f"`${shown(name.replace(_DOLLAR, '$'))}` is no variable" if name else "a `$` stands without a name",
                help="`$name` is a variable, `$( )` holds an expression",
            )
    elif not bare:
        if name in _CONSTANT_WORDS:
            return lambda lookup: _CONSTANT_WORDS[name]
        raise _refusal(
            f"`{shown(name)}` stands without its `$`",
            help=f"`${name}` is the variable, `'{name}'` the word"
            + (f", `{name}( )` the function" if name in FUNCTIONS else ""),
        )
    elif name in _CONSTANT_WORDS:
        return lambda lookup: _CONSTANT_WORDS[name]
    names.add(name)
    return lambda lookup: lookup(name)


def _call(node: Any, names: set[str], bare: bool) -> Run:
    name = node.func.id if isinstance(node.func, _ast.Name) else ""
    known = FUNCTIONS.get(name)
    if known is None:
        near = nearest(name, FUNCTIONS)
        raise _refusal(
            f"`{shown(name.replace(_DOLLAR, '$') or 'this')}` is no function of expressions",
            code="EXPR102",
            help=f"did you mean `{near}`?" if near else "the functions are " + listed(FUNCTIONS, last="and"),
        )
    apply, least, most = known
    if node.keywords or not least <= len(node.args) <= most:
        count = f"{least}" if least == most else f"at least {least}" if most == 99 else f"{least} or {most}"
        raise _refusal(f"`{name}` takes {count} argument{'s' if most > 1 else ''}, in their order", code="EXPR102")
    parts = [_compile(part, names, bare) for part in node.args]

    def run(lookup: Lookup) -> Any:
        values = [_number(part(lookup)) for part in parts]
        return _finite(apply(*values), lambda: f"{name}({', '.join(map(_shown, values))})")

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
