"""Expressions: `$name`, `4*$mid`, `56x56x$(4*width)`.

A string with `$( )` is a text with values in it (the value itself where the string is a single `$( )`); any other
string with a `$` is one expression. Expressions are parsed with Python's `ast` in eval mode and compiled to closures,
node by node of a white list; nothing is ever passed to `eval`.
"""

from __future__ import annotations

import _ast
import re

from analyzer.loader.expressions.nodes import DOLLAR, ONLY_AST, compile_node, is_name, refusal, shown_value
from analyzer.loader.text.limits import LIMITS
from analyzer.source import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from analyzer.loader.expressions.nodes import Lookup, Run

#: Names that every expression knows: the input volume of the layer, and the repetition.
BUILT_IN = ("H", "W", "D", "i")

#: Those of them that ask for the volume.
VOLUME = frozenset("HWD")

_VARIABLE = r"\$\([^()]*\)|\$([A-Za-z_][A-Za-z0-9_]*)"
_RUN_TOGETHER = re.compile(
    r"(?<![\w$.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+[A-Za-z_]|(?![eE][+-]?\d)[A-Za-z_])", re.ASCII
)
#: Words of Python that are no names for variables.
KEYWORDS = frozenset([
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
])  # fmt: skip


def is_expression(text: str) -> bool:
    """Whether a string has an expression in it."""
    return "$" in text


def valid_name(name: str) -> bool:
    """Whether a variable or block parameter may have this name."""
    return is_name(name) and name not in KEYWORDS and name not in BUILT_IN


class Expression:
    """A compiled string: `names` are the variables that it reads, `text` what was written."""

    __slots__ = ("names", "run", "text")

    def __init__(self, text: str) -> None:
        """Compiles `text`; raises `Refusal` where it is not a valid expression."""
        self.text = text
        names: set[str] = set()
        if len(text) > LIMITS.expression:
            raise refusal(f"the expression is longer than {LIMITS.expression} characters", code="LIMIT105")
        self.run = _compile_text(text, names)
        self.names = frozenset(names)

    def __reduce__(self) -> tuple[type[Expression], tuple[str]]:
        """Closures cannot be pickled; the text can, and is compiled again."""
        return Expression, (self.text,)

    def explain(self, lookup: Lookup) -> str | None:
        """The values behind its variables, for a message: '$mid = 5.125'."""
        parts = [f"${name} = {shown_value(lookup(name))}" for name in sorted(self.names)]
        return ", ".join(parts) if parts else None


def _compile_text(text: str, names: set[str]) -> Run:
    name = text[1:]
    if text[:1] == "$" and is_name(name):  # the most frequent expression needs no syntax tree
        names.add(name)
        return lambda lookup: lookup(name)
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
        whole = shown(re.sub(_VARIABLE, _in_parentheses, text, flags=re.ASCII))
        raise refusal(
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
        raise refusal("a list or a mapping cannot be put into a text", code="EXPR103")
    return str(value)


def _closing(text: str, start: int) -> int:
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place
    raise refusal(f"`{shown(text)}` has a `$(` that is not closed", help="add a `)`")


def _in_parentheses(part: re.Match[str]) -> str:
    """A `$name` as `$(name)`; what has parentheses already is kept."""
    return f"$({part.group(1)})" if part.group(1) else part.group()


def _compile_expression(text: str, names: set[str], *, bare: bool) -> Run:
    """Compiles one expression; `bare` allows a name without its `$`."""
    if "\\" in text or "#" in text or DOLLAR in text or not text.isprintable():
        raise refusal(f"`{shown(text)}` is not a valid expression")
    together = _RUN_TOGETHER.search(text)
    if together is not None:
        raise refusal(
            f"`{shown(text)}` is not a valid expression: `{shown(together.group())}` is a number and a name without a sign between them",
            help="write a product with `*`; a text with values in it uses `$( )`, such as `56x56x$(4*width)`",
        )
    if re.search(r"[\w)]\$", text):
        raise refusal(
            f"`{shown(text)}` is not a valid expression: a sign is missing before a `$`", help=_syntax_help(text)
        )
    try:
        tree = compile(text.strip().replace("$", DOLLAR), "", "eval", ONLY_AST, dont_inherit=True)
    except SyntaxError:
        raise refusal(f"`{shown(text)}` is not a valid expression", help=_syntax_help(text)) from None
    except (ValueError, RecursionError, MemoryError):
        raise refusal(f"`{shown(text)}` is too complicated for an expression") from None
    assert isinstance(tree, _ast.Expression)
    return compile_node(tree.body, names, bare)


def _syntax_help(text: str) -> str | None:
    if text.count("(") != text.count(")"):
        return "its brackets do not match"
    if re.search(r"[a-zA-Z0-9_)]\s*x\s*[$(0-9]", text):
        return "write a volume with values in it as `56x56x$(4*width)`"
    if "&&" in text or "||" in text or "!" in text.replace("!=", ""):
        return "write out `and`, `or` and `not`"
    if re.search(r"(?<![=<>!])=(?!=)", text):
        return "write equality as `==`"
    if re.search(r"\$(?![A-Za-z_(])", text):
        return "a name must follow the `$`"
    if re.search(r"[\w)]\s*\$", text):
        return "write a product with `*`"
    return None
