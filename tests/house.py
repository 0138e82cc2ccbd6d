"""The source of the package as the tests of the house read it: modules, imports, comments and docstrings."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "analyzer"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
API = "analyzer"


def module(path: Path) -> str:
    """The name of a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


#: Every module with its file.
MODULES = {module(path): path for path in FILES}
#: Modules that are folders: packages.
FOLDERS = {name for name, path in MODULES.items() if path.name == "__init__.py"}


def room(name: str) -> str:
    """The room of a module: the name under the package, or the API, which `testing.py` is a part of."""
    parts = name.split(".")
    return API if parts in ([API], [API, "api"], [API, "testing"]) else parts[1]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


@cache
def nodes(path: Path) -> Sequence[ast.AST]:
    """Every node of a file."""
    return list(ast.walk(tree(path)))


@cache
def comments(path: Path) -> Mapping[int, str]:
    """The comments of a file by line, with their `#`."""
    tokens = tokenize.generate_tokens(io.StringIO(text(path)).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def explained(path: Path, line: int, mark: str = "") -> bool:
    """Whether a comment on this line, besides `mark`, or on the line above gives a reason."""
    beside = comments(path).get(line, "").replace("noqa", "")
    if mark:
        beside = beside.partition(mark)[2].partition("]")[2]
    return len(beside.strip("# ")) > 8 or len(comments(path).get(line - 1, "").strip("# ")) > 8


def prose(path: Path) -> Iterator[int]:
    """The lines of a file that are docstrings or comments."""
    yield from (line for line, comment in comments(path).items() if not comment.startswith(("# fmt:", "# type:")))
    for node in nodes(path):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


@cache
def imports(path: Path) -> Sequence[tuple[str, int]]:
    """What a file imports of this package, wherever it does, with the line."""
    return list(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.split(".")[0] == API)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written out"
            if node.module is not None and node.module.split(".")[0] == API:
                for alias in node.names:
                    if (node.module, alias.name) == (API, "__version__"):
                        continue  # every room may read it: the package's own file imports nothing
                    whole = f"{node.module}.{alias.name}"
                    yield whole if whole in MODULES else node.module, node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(f"{API}."):
            name = node.value.rstrip(".")  # for `import_module`
            if name in MODULES:
                yield name, node.lineno


@cache
def arrows() -> Mapping[str, Set[str]]:
    """For every module the modules of the package that it imports."""
    return {name: {there for there, _ in imports(path) if there != name} for name, path in MODULES.items()}


def circles(of: Mapping[str, Set[str]]) -> list[set[str]]:
    """The groups of modules in which each reaches all others."""
    reach = {name: _reached(name, of) for name in of}
    groups: list[set[str]] = []
    for name in of:
        group = {other for other in reach[name] if name in reach.get(other, ())}
        if group and group not in groups:
            groups.append(group)
    return groups


def _reached(start: str, of: Mapping[str, Set[str]]) -> set[str]:
    """What an arrow or several lead to; `start` itself only where a circle leads back."""
    reached: set[str] = set()
    waiting = list(of.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += of.get(name, ())
    return reached
