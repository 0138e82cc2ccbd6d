"""Small changes of a Python file, each of which a test should notice: the usual operators of mutation testing.

    comparison   < for <=, == for !=, `in` for `not in`, …
    arithmetic   + for −, * for //, // for *, …
    boolean      `and` for `or`, no `not`
    constant     a whole number one higher, one lower; a fraction doubled; True for False
    condition    a bare `if` turned round; the two values of `a if b else c` swapped; a filter of a comprehension left out
    return       None for the value
    statement    a call, an assignment with an operator, or a `raise` left out; `break` for `continue`
    arguments    the first two swapped, where that can change the result
    slice        without its start, without its end

Texts and the code inside f-strings, annotations, docstrings and imports for the type checker are left as they are.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from typing import NamedTuple


class Mutant(NamedTuple):
    """One change: the bytes from `start` to `end` of a file replaced by `text`.

    `around` is a digest of the function, or of the statement at the top of a file or a class, and where in it the change
    is. `function` is the name of the class and the function around it, `called` whether that is a function whose calls tell
    which tests can notice the change: not one whose answers are kept, not the top of a file or a class.
    """

    path: str
    line: int
    function: str
    called: bool
    operator: str
    start: int
    end: int
    before: str
    text: str
    around: str

    def applied(self, source: bytes) -> bytes:
        """The file with the change made."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    @property
    def key(self) -> str:
        """What names the change as long as the code around it stays as it is."""
        return f"{self.path}|{self.function}|{self.around}|{self.text}"


_COMPARED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_CALCULATED = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.FloorDiv: "*", ast.Div: "*", ast.Mod: "//", ast.Pow: "*",
    ast.LShift: ">>", ast.RShift: "<<", ast.BitAnd: "|", ast.BitOr: "&",
}  # fmt: skip


#: Calls whose arguments are not swapped: the result is the same, or the call fails wherever it runs.
_LEFT = {"max", "min", "gcd", "lcm", "isinstance", "getattr", "hasattr"}


def mutants_of(path: str, source: str) -> list[Mutant]:
    """All changes of a file, in its order."""
    found = _Finder(path, source)
    found.visit(ast.parse(source))
    return sorted(found.mutants, key=lambda mutant: (mutant.start, mutant.end, mutant.text))


class _Finder(ast.NodeVisitor):
    """Walks a file and notes the changes, with the function that each is in."""

    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.source = source.encode()
        self.mutants: list[Mutant] = []
        self.lines = [0]
        for line in self.source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        self.inside: list[tuple[str, bool]] = []
        self.span = (0, 0)

    def note(self, node: ast.AST, operator: str, text: str) -> None:
        """Notes that the source of `node` may be replaced by `text`."""
        start = self.lines[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self.lines[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        name = ".".join(name for name, _ in self.inside)
        called = bool(self.inside) and self.inside[-1][1]
        before = self.source[start:end].decode()
        line: int = node.lineno  # type: ignore[attr-defined]
        digest = hashlib.sha256(self.source[self.span[0] : self.span[1]]).hexdigest()[:12]
        around = f"{digest}+{start - self.span[0]}"
        self.mutants.append(Mutant(self.path, line, name, called, operator, start, end, before, text, around))

    def visit(self, node: ast.AST) -> None:
        """Remembers the function or the statement that it is in."""
        outside = self.span
        if isinstance(node, ast.FunctionDef) or (isinstance(node, ast.stmt) and not any(c for _, c in self.inside)):
            last = self.lines[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
            self.span = (self.lines[node.lineno - 1] + node.col_offset, last)
        super().visit(node)
        self.span = outside

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._within(node.name, False, node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        cached = any("cache" in ast.unparse(one) for one in node.decorator_list)
        for default in (*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)):
            self.visit(default)
        self._within(node.name, not cached, node.body)

    def _within(self, name: str, called: bool, body: list[ast.stmt]) -> None:
        self.inside.append((name, called))
        for statement in body:
            self.visit(statement)
        self.inside.pop()

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.inside.append(("<lambda>", True))
        self.visit(node.body)
        self.inside.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """The places inside an f-string are not known before Python 3.12, and most of them are words."""

    def visit_Import(self, node: ast.Import) -> None: ...

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None: ...

    def visit_Assign(self, node: ast.Assign) -> None:
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if not names & {"__slots__", "TYPE_CHECKING"}:
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return
        self._turned(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        swapped = f"{ast.unparse(node.orelse)} if {ast.unparse(node.test)} else {ast.unparse(node.body)}"
        self.note(node, "condition", f"({swapped})")
        self.generic_visit(node)

    def _turned(self, test: ast.expr) -> None:
        if isinstance(test, ast.Name | ast.Attribute | ast.Call):
            self.note(test, "condition", f"(not {ast.unparse(test)})")

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self.note(test, "condition", "True")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for place, operator in enumerate(node.ops):
            parts = [ast.unparse(node.left)]
            for number, (each, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
                sign = _COMPARED[type(each)] if number == place else _sign(each)
                parts += [sign, f"({ast.unparse(right)})"]
            if type(operator) in _COMPARED:
                self.note(node, "comparison", f"({' '.join(parts)})")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        sign = _CALCULATED.get(type(node.op))
        texts = isinstance(node.left, ast.JoinedStr) or isinstance(node.right, ast.JoinedStr)
        if sign is not None and not texts:
            self.note(node, "arithmetic", f"(({ast.unparse(node.left)}) {sign} ({ast.unparse(node.right)}))")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        sign = " and " if isinstance(node.op, ast.Or) else " or "
        self.note(node, "boolean", f"({sign.join(f'({ast.unparse(value)})' for value in node.values)})")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub):
            self.note(
                node, "boolean" if isinstance(node.op, ast.Not) else "arithmetic", f"({ast.unparse(node.operand)})"
            )
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self.note(node, "constant", str(not value))
        elif isinstance(value, int):
            self.note(node, "constant", str(value + 1))
            self.note(node, "constant", str(value - 1) if value else "(-1)")
        elif isinstance(value, float):
            self.note(node, "constant", str(value * 2))

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self.note(node, "return", "return None")
            self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.note(node, "statement", "pass")
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.note(node, "statement", "pass")
        self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self.note(node, "statement", "pass")
        self.generic_visit(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self.note(node, "statement", "break")

    def visit_Break(self, node: ast.Break) -> None:
        self.note(node, "statement", "continue")

    def visit_Call(self, node: ast.Call) -> None:
        starred = any(isinstance(one, ast.Starred) for one in node.args[:2])
        same = len(node.args) >= 2 and ast.unparse(node.args[0]) == ast.unparse(node.args[1])
        if len(node.args) >= 2 and not starred and not same and ast.unparse(node.func) not in _LEFT:
            first, second, *others = node.args
            rest = [*others, *node.keywords]
            arguments = ", ".join(ast.unparse(one) for one in (second, first, *rest))
            self.note(node, "arguments", f"{ast.unparse(node.func)}({arguments})")
        for part in (node.func, *node.args, *(one.value for one in node.keywords if one.arg != "strict")):
            self.visit(part)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Slice):
            low, high, step = (None if one is None else ast.unparse(one) for one in _ends(node.slice))
            tail = "" if step is None else f":{step}"
            value = ast.unparse(node.value)
            if low is not None:
                self.note(node, "slice", f"{value}[:{high or ''}{tail}]")
            if high is not None:
                self.note(node, "slice", f"{value}[{low or ''}:{tail}]")
        self.generic_visit(node)


def _ends(of: ast.Slice) -> Iterator[ast.expr | None]:
    yield from (of.lower, of.upper, of.step)


def _sign(operator: ast.cmpop) -> str:
    """How a comparison is written."""
    shown = ast.unparse(ast.Compare(ast.Name("a"), [operator], [ast.Name("b")]))
    return shown[2:-2]
