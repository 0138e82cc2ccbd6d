"""The house of docs/: imports point down only, and only the rooms that may print do.

Read out of the source, so that an import inside a function counts too.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "analyzer"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))

#: The floors; a module is on the floor of its folder, or of its own name at the top.
FLOORS = {
    "cli": 7, "__main__": 7, "lsp": 7,
    "reporter": 6,
    "checks": 5, "difference": 5, "sweeping": 5, "matching": 5,
    "contract": 4,
    "loader": 3,
    "engine": 2,
    "layers": 1,
    "volume": 0, "source": 0, "diagnostics": 0, "units": 0, "dtypes": 0, "align": 0, "record": 0,
}  # fmt: skip

#: The public API: it stands beside the floors, reads from all but the command, and only the command reads it.
API = "analyzer"

#: Rooms of one floor of which the first may read the second.
ARROWS = {
    ("__main__", "cli"),
    ("diagnostics", "source"),  # a finding has a place
}  # fmt: skip

#: Built-in functions that one module may call, and no other.
CALLS = {
    ("analyzer.loader.text.files", "open"),  # the one place where a model is read
    ("analyzer.record", "exec"),  # writes the constructors of records, from names of fields alone
}

#: What a report in JSON does not import; each costs more than reading a model does.
HEAVY = {"jsonschema", "tabulate", "dataclasses", "difflib", "inspect", "typing", "typing_extensions", "csv", "numpy", "torch", "importlib.metadata"}  # fmt: skip

#: The path of this process, for one that starts without its site packages' own start-up files.
PATHS = f"import sys; sys.path[:0] = {[str(PACKAGE.parent), *sys.path]!r};"


def module(path: Path) -> str:
    """The name of a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(name: str) -> str:
    """The room of a module: the name under the package, or the API itself."""
    parts = name.split(".")
    return API if len(parts) == 1 else parts[1]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """What a file imports of this package, wherever it does, with the line."""
    known = {module(file) for file in FILES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.split(".")[0] == API)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written out"
            if node.module is not None and node.module.split(".")[0] == API:
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield whole if whole in known else node.module, node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(f"{API}."):
            name = node.value.rstrip(".")  # for `import_module`
            if name in known:
                yield name, node.lineno


def allowed(here: str, there: str) -> bool:
    """Whether the one room may read the other."""
    if here == there or (here, there) in ARROWS:
        return True
    if here == API:
        return FLOORS[there] < 7
    if there == API:
        return FLOORS[here] == 7
    return FLOORS[there] < FLOORS[here]


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_point_down(path: Path) -> None:
    here = room(module(path))
    assert here == API or here in FLOORS, f"{here} has no floor: docs/ says where a new thing goes"
    for name, line in imports(path):
        assert allowed(here, room(name)), f"{path}:{line}: {module(path)} reads {name}, which stands above or beside it"


def test_the_test_finds_what_it_looks_for() -> None:
    found = {(room(module(path)), room(name)) for path in FILES for name, _ in imports(path)}
    assert {("cli", API), ("cli", "loader"), ("loader", "engine"), ("engine", "layers"), ("layers", "volume")} <= found
    assert not allowed("layers", "engine")
    assert not allowed("loader", "reporter")
    assert not allowed("reporter", API)
    assert not allowed("volume", "units")
    assert not allowed(API, "cli")


@pytest.mark.parametrize("path", FILES, ids=module)
def test_only_the_top_floor_prints_or_exits(path: Path) -> None:
    if FLOORS.get(room(module(path))) == 7:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            assert name not in ("print", "exit", "quit", "input", "eval", "exec", "open") or (
                (module(path), name) in CALLS
            ), f"{path}:{node.lineno}: {name}()"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sys":
            assert node.attr not in ("stdout", "stderr", "stdin", "argv", "exit"), (
                f"{path}:{node.lineno}: sys.{node.attr}"
            )


def test_nothing_heavy_on_the_way_of_a_report() -> None:
    """The command's cold start is what people feel: what is heavy is imported inside the function that needs it."""
    text = "input: 32x32x3\nlayers: [{conv: {filters: 8, kernel: 3, act: relu}}, {dense: 10}]\n"
    script = (
        "import io, sys; from analyzer.cli.main import main; sys.stdin = io.TextIOWrapper(io.BytesIO(sys.argv[1].encode()));"
        "code = main(['-', '--format', 'json']); print(code, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", PATHS + script, text], capture_output=True, text=True, check=True
    )
    code, *modules = done.stderr.split()
    assert code == "0"
    assert HEAVY.intersection(modules) == set()
