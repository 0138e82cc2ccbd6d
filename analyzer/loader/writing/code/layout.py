"""Python statements on lines, as `ruff format` lays them out with its default settings.

A statement that fits into 88 columns is one line. Otherwise its last bracket opens: the arguments of a call are on one
line between the brackets if they fit, and else on a line each, as the items of a list, a tuple or a dict always are.

>>> for line in laid_out("x = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False, padding_mode='zeros')"):
...     print(line)
x = nn.Conv2d(
    3, 64, kernel_size=7, stride=2, padding=3, bias=False, padding_mode="zeros"
)
>>> laid_out("x = relu(x)", 8, "14x14x20")
['        x = relu(x)  # 14x14x20']
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import pairwise

#: The columns of a line.
COLUMNS = 88

#: How operators are written, and how strongly they bind.
_OPERATORS: dict[type[ast.AST], tuple[str, int]] = {
    ast.Add: ("+", 11),
    ast.Sub: ("-", 11),
    ast.Mult: ("*", 12),
    ast.Div: ("/", 12),
    ast.FloorDiv: ("//", 12),
    ast.Mod: ("%", 12),
    ast.MatMult: ("@", 12),
    ast.Pow: ("**", 14),
    ast.BitOr: ("|", 7),
    ast.BitXor: ("^", 8),
    ast.BitAnd: ("&", 9),
    ast.LShift: ("<<", 10),
    ast.RShift: (">>", 10),
    ast.Eq: ("==", 6),
    ast.NotEq: ("!=", 6),
    ast.Lt: ("<", 6),
    ast.LtE: ("<=", 6),
    ast.Gt: (">", 6),
    ast.GtE: (">=", 6),
}
_UNARY, _ATOM = 13, 20


def laid_out(statement: str, indent: int = 0, comment: str = "") -> list[str]:
    """The lines of one simple statement, written in any way; `comment` is left out where it does not fit beside it."""
    [node] = ast.parse(statement).body
    lines = _statement(node, indent)
    if comment and len(lines) == 1 and len(lines[0]) + len(comment) + 4 <= COLUMNS:
        lines[0] += f"  # {comment}"
    return lines


def signature(name: str, parameters: Sequence[str], indent: int = 0) -> list[str]:
    """The lines that begin the definition of a function; each parameter with its default."""
    pad, inner = " " * indent, " " * (indent + 4)
    line = f"{pad}def {name}({', '.join(parameters)}):"
    if len(line) <= COLUMNS:
        return [line]
    body = f"{inner}{', '.join(parameters)}"
    if len(body) <= COLUMNS:
        return [f"{pad}def {name}(", body, f"{pad}):"]
    return [f"{pad}def {name}(", *[f"{inner}{one}," for one in parameters], f"{pad}):"]


def literal(value: object) -> str:
    """A value as Python; texts in double quotes."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))):
        return f'float("{value}")'
    return "..." if value is ... else repr(value)


def quoted(text: str) -> str:
    """A text in double quotes, or in single quotes where it has only double ones in it."""
    if '"' in text and "'" not in text:
        return repr(text)
    body = repr("'" + text.replace('"', "'"))[2:-1].replace("\\'", "'")  # repr escapes what cannot be printed
    if '"' not in text:
        return f'"{body}"'
    return '"' + repr('"' + text)[2:-1].replace("\\'", "'").replace('"', '\\"') + '"'


def _statement(node: ast.stmt, indent: int) -> list[str]:
    if isinstance(node, ast.Assign):
        left = " = ".join(_flat(target, bare=True) for target in node.targets)
        return _lines(node.value, indent, f"{left} = ", "", bare=True)
    if isinstance(node, ast.Return):
        return [" " * indent + "return"] if node.value is None else _lines(node.value, indent, "return ", "", bare=True)
    if isinstance(node, ast.Expr):
        return _lines(node.value, indent, "", "", bare=True)
    raise ValueError(f"{type(node).__name__} is no simple statement")


def _lines(node: ast.expr, indent: int, before: str, after: str, *, bare: bool = False) -> list[str]:
    """The lines of an expression with something before and after it; `bare` where nothing is around it."""
    pad = " " * indent
    line = f"{pad}{before}{_flat(node, bare=bare)}{after}"
    if len(line) <= COLUMNS:
        return [line]
    if isinstance(node, ast.Starred):
        return _lines(node.value, indent, f"{before}*", after)
    if isinstance(node, ast.Call):
        items: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
        chained = _chained(node)
        if chained > 1 and bare and before:
            return [f"{pad}{before}(", *_fluent(node, indent + 4), f"{pad}){after}"]
        head = f"{pad}{before}{_flat(node.func)}("
        too_long = len(head) > COLUMNS or not items
        if too_long and chained and isinstance(node.func, ast.Attribute) and _has_arguments(node.func.value):
            tail = f".{node.func.attr}({', '.join(map(_item, items))}){after}"
            return _lines(node.func.value, indent, before, tail)
        if len(head) > COLUMNS and isinstance(node.func, ast.Call):  # the call that comes first opens instead
            return _lines(node.func, indent, before, f"({', '.join(map(_item, items))}){after}")
        if len(head) > COLUMNS and bare and before:
            return [f"{pad}{before}(", *_lines(node, indent + 4, "", ""), f"{pad}){after}"]
        if items:
            return _opened(head, items, f"{pad}){after}", indent, one_line=True)
    if isinstance(node, ast.List):
        return _opened(f"{pad}{before}[", node.elts, f"{pad}]{after}", indent, one_line=len(node.elts) == 1)
    if isinstance(node, ast.Tuple):
        return _opened(f"{pad}{before}(", node.elts, f"{pad}){after}", indent, one_line=False)
    if isinstance(node, ast.Dict):
        return _opened_dict(node, indent, before, after)
    if isinstance(node, ast.ListComp):
        body = _split_comprehension(node, indent + 4)
        return [f"{pad}{before}[", *body, f"{pad}]{after}"]
    if isinstance(node, ast.BinOp) and bare:
        return [f"{pad}{before}(", *_operands(node, indent + 4), f"{pad}){after}"]
    if isinstance(node, ast.BinOp):
        lines = _operands(node, indent)
        lines[0] = f"{pad}{before}{lines[0][indent:]}"
        lines[-1] += after
        return lines
    if (
        isinstance(node, (ast.Attribute, ast.Subscript))
        and bare
        and before
        and not _has_arguments(node)
        and len(pad) + 4 + len(_flat(node)) <= COLUMNS
    ):
        return [f"{pad}{before}(", f"{pad}    {_flat(node)}", f"{pad}){after}"]
    if (
        isinstance(node, ast.Subscript)
        and _has_arguments(node.value)
        and len(f"{pad}{before}{_flat(node.value)}[") > COLUMNS
    ):
        return _lines(node.value, indent, before, f"[{_index(node.slice)}]{after}")
    if isinstance(node, ast.Subscript):
        indexes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _opened(f"{pad}{before}{_flat(node.value)}[", indexes, f"{pad}]{after}", indent, one_line=True)
    return [line]


def _chained(node: ast.expr) -> int:
    """How many attributes of results of calls an expression reads: 1 for `f(x).flatten(1)`."""
    found = 0
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        inner = node.func if isinstance(node, ast.Call) else node.value
        found += isinstance(node, ast.Attribute) and isinstance(inner, (ast.Call, ast.Subscript))
        node = inner
    return found


def _has_arguments(node: ast.expr) -> bool:
    """Whether a chain has a call with arguments, which opens before what follows it."""
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Call) and (node.args or node.keywords):
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


def _fluent(node: ast.expr, indent: int) -> list[str]:
    """A chain of calls, one on each line if they do not fit on one."""
    whole = " " * indent + _flat(node)
    if len(whole) <= COLUMNS:
        return [whole]
    links: list[ast.Call] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _chained(node):
        links.insert(0, node)
        node = node.func.value
    lines = _lines(node, indent, "", "")
    for link in links:
        assert isinstance(link.func, ast.Attribute)  # only calls of attributes are links
        items: list[ast.expr | ast.keyword] = [*link.args, *link.keywords]
        line = f"{' ' * indent}.{link.func.attr}({', '.join(map(_item, items))})"
        if len(line) <= COLUMNS:
            lines.append(line)
        else:
            lines += _opened(f"{' ' * indent}.{link.func.attr}(", items, f"{' ' * indent})", indent, one_line=True)
    return lines


def _opened(head: str, items: Sequence[ast.expr | ast.keyword], tail: str, indent: int, *, one_line: bool) -> list[str]:
    """A bracket whose items are on lines of their own: on one if they fit and may, otherwise on one each."""
    inner = indent + 4
    if len(items) == 1 and isinstance(items[0], ast.GeneratorExp):
        return [head, *_split_comprehension(items[0], inner), tail]
    body = " " * inner + ", ".join(map(_item, items))
    if one_line and len(body) <= COLUMNS:
        return [head, body, tail]
    lines = [head]
    end = "," if len(items) > 1 or not one_line else ""
    for item in items:
        before, value = (
            (f"{item.arg}=" if item.arg else "**", item.value) if isinstance(item, ast.keyword) else ("", item)
        )
        lines += _lines(value, inner, before, end)
    return [*lines, tail]


def _opened_dict(node: ast.Dict, indent: int, before: str, after: str) -> list[str]:
    pad = " " * indent
    lines = [f"{pad}{before}{{"]
    for key, value in zip(node.keys, node.values, strict=True):
        lines += _lines(value, indent + 4, "**" if key is None else f"{_flat(key)}: ", ",")
    return [*lines, f"{pad}}}{after}"]


def _split_comprehension(node: ast.ListComp | ast.GeneratorExp, indent: int) -> list[str]:
    whole = " " * indent + f"{_flat(node.elt)} {_loops(node)}"
    if len(whole) <= COLUMNS:
        return [whole]
    return [*_lines(node.elt, indent, "", ""), " " * indent + _loops(node)]


def _operands(node: ast.BinOp, indent: int) -> list[str]:
    """The operands of the weakest operator, a line each, where they do not fit into one."""
    whole = " " * indent + _flat(node)
    if len(whole) <= COLUMNS:
        return [whole]
    rank = _OPERATORS[type(node.op)][1]
    lines: list[str] = []
    rest: ast.expr = node
    while isinstance(rest, ast.BinOp) and _OPERATORS[type(rest.op)][1] == rank:
        sign = _OPERATORS[type(rest.op)][0]
        lines = [*_lines(rest.right, indent, f"{sign} ", ""), *lines]
        rest = rest.left
    return [*_lines(rest, indent, "", ""), *lines]


def _loops(node: ast.ListComp | ast.GeneratorExp) -> str:
    return " ".join(
        " ".join([f"for {_flat(one.target, bare=True)} in {_flat(one.iter)}", *[f"if {_flat(i)}" for i in one.ifs]])
        for one in node.generators
    )


def _item(node: ast.expr | ast.keyword) -> str:
    if isinstance(node, ast.keyword):
        return f"{node.arg}={_flat(node.value)}" if node.arg else f"**{_flat(node.value)}"
    return _flat(node)


def _flat(node: ast.expr, around: int = 0, *, bare: bool = False) -> str:
    """An expression on one line, in brackets where an operator `around` it binds more strongly."""
    text, binds = _written(node, bare=bare)
    return f"({text})" if binds < around else text


def _written(node: ast.expr, *, bare: bool) -> tuple[str, int]:
    """An expression on one line, and how strongly it binds."""
    if isinstance(node, ast.Name):
        return node.id, _ATOM
    if isinstance(node, ast.Constant):
        return literal(node.value), _ATOM
    if isinstance(node, ast.Attribute):
        owner = _flat(node.value, _ATOM)
        return f"({owner}).{node.attr}" if owner.isdigit() else f"{owner}.{node.attr}", _ATOM
    if isinstance(node, ast.Call):
        if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
            one = node.args[0]
            return f"{_flat(node.func, _ATOM)}({_flat(one.elt)} {_loops(one)})", _ATOM
        items = [*map(_item, node.args), *map(_item, node.keywords)]
        return f"{_flat(node.func, _ATOM)}({', '.join(items)})", _ATOM
    if isinstance(node, ast.BinOp):
        return _binary(node)
    if isinstance(node, ast.UnaryOp):
        sign = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}.get(type(node.op), "not ")
        return f"{sign}{_flat(node.operand, _UNARY)}", _UNARY
    if isinstance(node, ast.Starred):
        return f"*{_flat(node.value)}", _ATOM
    return _brackets(node, bare=bare)


def _binary(node: ast.BinOp) -> tuple[str, int]:
    sign, rank = _OPERATORS[type(node.op)]
    left, right = _flat(node.left, rank), _flat(node.right, rank + 1)
    simple = sign == "**" and all(
        isinstance(one, (ast.Name, ast.Constant, ast.Attribute)) for one in (node.left, node.right)
    )
    return (f"{left}**{right}" if simple else f"{left} {sign} {right}"), rank


def _brackets(node: ast.expr, *, bare: bool) -> tuple[str, int]:
    """An expression that has brackets of its own, a comparison or a condition."""
    if isinstance(node, ast.Tuple):
        items = ", ".join(map(_flat, node.elts)) + ("," if len(node.elts) == 1 else "")
        return (items if bare and node.elts else f"({items})"), _ATOM
    if isinstance(node, ast.List):
        return f"[{', '.join(map(_flat, node.elts))}]", _ATOM
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return "{" + ", ".join(
            f"**{_flat(v)}" if k is None else f"{_flat(k)}: {_flat(v)}" for k, v in pairs
        ) + "}", _ATOM
    if isinstance(node, ast.ListComp):
        return f"[{_flat(node.elt)} {_loops(node)}]", _ATOM
    if isinstance(node, ast.GeneratorExp):
        return f"({_flat(node.elt)} {_loops(node)})", _ATOM
    if isinstance(node, ast.Subscript):
        return f"{_flat(node.value, _ATOM)}[{_index(node.slice)}]", _ATOM
    if isinstance(node, ast.Slice):
        return _index(node), _ATOM
    if isinstance(node, ast.Compare):
        signs = [
            f"{_OPERATORS[type(op)][0]} {_flat(one, 7)}" for op, one in zip(node.ops, node.comparators, strict=True)
        ]
        return " ".join([_flat(node.left, 7), *signs]), 6
    if isinstance(node, ast.JoinedStr):
        return _f_string(node), _ATOM
    if isinstance(node, ast.IfExp):
        return f"{_flat(node.body, 2)} if {_flat(node.test, 2)} else {_flat(node.orelse, 1)}", 1
    if isinstance(node, ast.JoinedStr):
        parts = [
            f"{{{_flat(one.value)}}}" if isinstance(one, ast.FormattedValue) else quoted(ast.literal_eval(one))[1:-1]
            for one in node.values
        ]
        return f'f"{"".join(parts)}"', _ATOM
    return ast.unparse(node), _ATOM


def _f_string(node: ast.JoinedStr) -> str:
    """A text with expressions in it, in double quotes where it has none."""
    text = ast.unparse(node)
    body = text[2:-1]
    return f'f"{body}"' if text[1] == "'" and '"' not in body else text


def _index(node: ast.expr) -> str:
    if isinstance(node, ast.Tuple):
        return ", ".join(map(_index, node.elts)) + ("," if len(node.elts) == 1 else "")
    if not isinstance(node, ast.Slice):
        return _flat(node)
    ends = [node.lower, node.upper] if node.step is None else [node.lower, node.upper, node.step]
    texts = ["" if one is None else _flat(one) for one in ends]
    if all(isinstance(one, (ast.Name, ast.Constant, ast.UnaryOp, type(None))) for one in ends):
        return ":".join(texts)
    return texts[0] + "".join(
        f"{' ' if before else ''}:{' ' if after else ''}{after}" for before, after in pairwise(texts)
    )
