"""The house of docs/: imports point down only, and only the rooms that may print do.

Read out of the source, so that an import inside a function counts too.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from house import (
    API,
    FILES,
    FOLDERS,
    PACKAGE,
    arrows,
    circles,
    comments,
    explained,
    imports,
    module,
    nodes,
    prose,
    room,
    text,
    tree,
)

#: The floors; a module is on the floor of its folder, or of its own name at the top.
FLOORS = {
    "cli": 7, "__main__": 7, "lsp": 7,
    "reporter": 6,
    "checks": 5, "difference": 5, "sweeping": 5, "matching": 5,
    "contract": 4,
    "loader": 3,
    "engine": 2,
    "layers": 1,
    "volume": 0, "source": 0, "diagnostics": 0, "units": 0, "dtypes": 0, "align": 0, "record": 0, "constructors": 0, "later": 0, "settings": 0, "spelling": 0, "words": 0,
}  # fmt: skip

#: Rooms of one floor of which the first may read the second.
ARROWS = {
    ("__main__", "cli"),
    ("diagnostics", "source"),  # a finding has a place
    ("diagnostics", "record"),  # plain data
    ("diagnostics", "spelling"),  # the nearest name
    ("record", "constructors"),  # of records
    ("settings", "diagnostics"),  # the nearest name
    ("settings", "source"),  # how a value is shown
    ("settings", "words"),  # what a choice is called elsewhere
    ("words", "diagnostics"),  # the nearest name
    ("words", "source"),  # how a word is shown
}  # fmt: skip

#: Built-in functions that one module may call, and no other.
CALLS = {
    ("analyzer.loader.text.files", "open"),  # the one place where a model is read
}

#: Programs of other processes: they run in a Python of the user, which may have frameworks, and answer on a pipe.
PROGRAMS = {"analyzer.loader.formats.exporting"}

#: Arrows that close a circle of files, each with the reason why it may.
BACK: dict[tuple[str, str], str] = {}

#: The folders of a room, or of a folder in it, from the bottom up; those of one line do not import each other. A file
#: beside the folders is either below them all or above them all.
INSIDE = {
    "analyzer": [()],  # the floors
    "analyzer.loader": [
        ("foreign",),
        ("text",),
        ("expressions",),
        ("parse",),
        ("expand", "schema", "formats"),
        ("writing",),
    ],
    "analyzer.loader.formats": [("caffe", "darknet", "keras", "onnx", "pt2")],
    "analyzer.loader.formats.caffe": [("operators",)],
    "analyzer.loader.formats.keras": [("layers",)],
    "analyzer.loader.formats.onnx": [("folding",), ("operators",)],
    "analyzer.loader.formats.pt2": [("operators",)],
    "analyzer.loader.writing": [("code", "folded"), ("keras", "torch")],
    "analyzer.loader.writing.keras": [("helpers", "layers")],
    "analyzer.loader.writing.torch": [("helpers",), ("layers",)],
    "analyzer.engine": [("memory", "sizing"), ("explained",)],
    "analyzer.engine.memory": [("arena", "sharding")],
    "analyzer.checks": [("budget",), ("rules",)],
    "analyzer.reporter": [
        ("analysis",),
        ("findings", "memory", "sizes", "explanation", "matching", "picture"),
        ("page",),
        ("difference",),
        ("sweep",),
    ],
    "analyzer.difference": [("keys",)],
    "analyzer.matching": [("keras", "torch")],
}

#: Arrows between the folders of a room that do not point down, each with the reason why it may.
SIDEWAYS: dict[tuple[str, str], str] = {
    ("analyzer.loader.formats.onnx.reading", "analyzer.loader.formats.onnx.folding"): "the walk is between the two",
    (
        "analyzer.reporter.analysis",
        "analyzer.reporter.page",
    ): "a report's formats list the page, which reads the report",
    (
        "analyzer.reporter.analysis",
        "analyzer.reporter.picture",
    ): "a report's formats list the pictures, which read its rows",
    (
        "analyzer.reporter.memory",
        "analyzer.reporter.page",
    ): "the formats of a memory report list the page, which reads the report",
}

#: What a report in JSON does not import; each costs more than reading a model does.
HEAVY = {"jsonschema", "tabulate", "dataclasses", "difflib", "inspect", "typing", "typing_extensions", "csv", "numpy", "torch", "importlib.metadata"}  # fmt: skip

#: Rooms that training scripts import and the command does not.
BESIDE = ("analyzer.testing", "analyzer.matching")

#: Modules of which one is imported only when what it is for is asked for, with what they may import at their top.
LAZY = {
    ("analyzer.reporter.analysis.csv", "csv"),  # one format of several
    ("analyzer.cli.layers", "inspect"),  # one command of several
    ("analyzer.loader.schema.layers", "inspect"),  # makes the schema, which is a file for all who read it
    ("analyzer.loader.formats.exporting", "inspect"),  # runs in another process
}

#: The path of this process, for one that starts without its site packages' own start-up files.
PATHS = f"import sys; sys.path[:0] = {[str(PACKAGE.parent), *sys.path]!r};"


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
        assert allowed(here, room(name)), f"{path}:{line}: {module(path)} reads {name}, which is above or beside it"


def test_the_test_finds_what_it_looks_for() -> None:
    found = {(room(module(path)), room(name)) for path in FILES for name, _ in imports(path)}
    assert {
        ("cli", "reporter"),
        ("cli", "loader"),
        ("loader", "engine"),
        ("engine", "layers"),
        ("layers", "volume"),
    } <= found
    assert not allowed("layers", "engine")
    assert not allowed("loader", "reporter")
    assert not allowed("reporter", API)
    assert not allowed("volume", "units")
    assert not allowed(API, "cli")


def test_no_circle_of_files() -> None:
    """A circle of files cannot be read from the bottom up; imports for type checkers and inside functions count too."""
    straight = {here: {there for there in read if (here, there) not in BACK} for here, read in arrows().items()}
    for circle in circles(straight):
        inside = sorted((here, there) for here in circle for there in arrows()[here] & circle)
        raise AssertionError("these files import each other:\n" + "\n".join(f"  {a} reads {b}" for a, b in inside))
    for back in BACK:
        fewer = {here: {there for there in read if (here, there) != back} for here, read in arrows().items()}
        assert circles(fewer) != circles(arrows()), f"{back} closes no circle: delete it from BACK"


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [{"b", "c"}]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def folder_arrows(inside: str) -> set[tuple[str, str]]:
    """The arrows between the folders and files directly in a folder of the package."""

    def part(name: str) -> str:
        return ".".join(name.split(".")[: inside.count(".") + 2])

    own = [name for name in arrows() if name.startswith(f"{inside}.") or name == inside]
    pairs = {(part(here), part(there)) for here in own for there in arrows()[here] if there in own}
    return {(here, there) for here, there in pairs if here != there}


@pytest.mark.parametrize("inside", [name for name in INSIDE if name != "analyzer"])
def test_arrows_between_folders_of_a_room_point_down(inside: str) -> None:
    floors = {f"{inside}.{name}": floor for floor, names in enumerate(INSIDE[inside]) for name in names}
    found = folder_arrows(inside) - set(SIDEWAYS)
    for here, there in sorted(found):
        if here in floors and there in floors:
            assert floors[there] < floors[here], f"{here} reads {there}, which is above or beside it"
    below = {here for here, there in found if here in floors and there not in floors}
    above = {here: there for here, there in found if here not in floors and there in floors}
    for there in {there for here, there in found if here in floors and there not in floors}:
        assert there not in above, f"{there} is read by a folder and reads the folder {above[there]}: {sorted(below)}"


def test_every_folder_has_its_place_in_its_room() -> None:
    for folder in FOLDERS:
        parent, _, name = folder.rpartition(".")
        if parent not in ("", API):
            assert any(name in row for row in INSIDE.get(parent, [])), f"{folder} has no place in INSIDE"
    for inside, rows in INSIDE.items():
        assert {f"{inside}.{name}" for row in rows for name in row} <= FOLDERS, f"{inside} lacks a folder of INSIDE"
    for here, there in SIDEWAYS:
        assert (here, there) in folder_arrows(here.rpartition(".")[0]), f"{here} no longer reads {there}: delete it"


@pytest.mark.parametrize("path", FILES, ids=module)
def test_only_the_top_floor_prints_or_exits(path: Path) -> None:
    if FLOORS.get(room(module(path))) == 7 or module(path) in PROGRAMS:
        return
    for node in nodes(path):
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
    refuse(beside(modules), "a report imports these")
    script = script.replace(", '--format', 'json'", "")
    done = subprocess.run(
        [sys.executable, "-S", "-c", PATHS + script, text], capture_output=True, text=True, check=True
    )
    refuse(beside(done.stderr.split()), "a table imports these")


def beside(modules: list[str]) -> set[str]:
    """The modules among these that only training scripts import, and frameworks."""
    return {name for name in modules if name.startswith(BESIDE) or name.partition(".")[0] in FRAMEWORKS}


def test_import_analyzer_imports_nothing_beside_the_api() -> None:
    """Training scripts import `analyzer.testing` beside it; whoever does not pays nothing for it."""
    script = "import sys, analyzer; analyzer.analyze; analyzer.check; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", PATHS + script], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert "analyzer.api" in modules
    refuse(beside(modules), "the API imports these")
    assert not {name for name, read in arrows().items() if "analyzer.testing" in read}


def refuse(found: set[str], says: str) -> None:
    """Refuses whatever was found."""
    assert not found, says + ":\n" + "\n".join(f"  {one}" for one in sorted(found))


def names_of(node: ast.AST) -> str:
    """The name that a node brings into the code: of an attribute, a variable, a parameter or an argument."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    return (node.arg or "") if isinstance(node, ast.arg | ast.keyword) else ""


def test_no_layer_knows_the_batch() -> None:
    """Layers calculate for one sample; the batch is multiplied in by the engine."""
    for path in FILES:
        if room(module(path)) == "layers":
            for node in nodes(path):
                assert names_of(node) not in ("batch", "batch_size"), f"{path}:{node.lineno}: a layer reads the batch"  # type: ignore[attr-defined]


#: What asks a text for its parts.
ASKS = {"startswith", "endswith", "find", "rfind", "index", "count", "split", "rsplit", "partition", "rpartition", "removeprefix", "removesuffix", "splitlines"}  # fmt: skip


def is_message(node: ast.AST) -> bool:
    """Whether this is the `message` or `help` of something, or an exception as text."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str" and node.args:
        return isinstance(node.args[0], ast.Name) and node.args[0].id in ("error", "refusal", "problem", "caught")
    return isinstance(node, ast.Attribute) and node.attr in ("message", "help", "notes")


def parsed_messages(path: Path) -> set[str]:
    """Where a file reads a fact out of a message that was written for people."""
    found = set()
    for node in nodes(path):
        asked: list[ast.AST] = []
        if isinstance(node, ast.Compare) and not isinstance(node.ops[0], ast.Is | ast.IsNot):
            asked = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            if node.func.attr in ASKS:
                asked = [of]
            elif isinstance(of, ast.Name) and of.id == "re":
                asked = list(node.args)
        elif isinstance(node, ast.Subscript):
            asked = [node.value]
        if any(is_message(one) for one in asked):
            found.add(f"{module(path)}: {ast.unparse(node)}")
    return found


def test_no_message_is_parsed() -> None:
    """A rule that needs a fact of a refusal asks for its code or reason: wording changes without changing behaviour."""
    found = {one for path in FILES if room(module(path)) != "reporter" for one in parsed_messages(path)}
    refuse(found, "these read a fact out of a message")


#: Frameworks, and what is as heavy as one.
FRAMEWORKS = {"torch", "torchvision", "tensorflow", "keras", "jax", "flax", "onnx", "onnxruntime", "numpy", "pandas"}

#: Modules that make an object of one of them, when somebody asks for that object.
MAKES = {("analyzer.reporter.analysis.dataframe", "pandas")}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_nothing_imports_a_framework(path: Path) -> None:
    if module(path) in PROGRAMS:
        assert not [name for name, read in arrows().items() if module(path) in read], "it is run, and never imported"
        return
    for node in nodes(path):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            top = name.partition(".")[0]
            assert top not in FRAMEWORKS or (module(path), top) in MAKES, f"{path}:{node.lineno}: imports {name}"  # type: ignore[attr-defined]


def test_nothing_heavy_is_imported_at_the_top_of_a_file() -> None:
    """What costs as much as Python's own start is imported inside the function that needs it, or for type checkers."""
    for path in FILES:
        for node in tree(path).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            heavy = {name for name in names if name in HEAVY and (module(path), name) not in LAZY}
            assert not heavy, f"{path}:{node.lineno}: imports {heavy}"


def unexplained(path: Path) -> set[str]:
    """Where a file silences the type checker, or asks for an attribute by its name, and does not say why."""
    found = set()
    for line, comment in comments(path).items():
        if "type: ignore" in comment and not explained(path, line, "type: ignore"):
            found.add(f"{module(path)}: {text(path).splitlines()[line - 1].partition('#')[0].strip()}")
    for node in nodes(path):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("getattr", "hasattr", "setattr")
            and isinstance(node.args[1], ast.Constant)
            and not explained(path, node.lineno)
        ):
            found.add(f"{module(path)}: {ast.unparse(node)}")
    return found


def test_a_type_is_asked_and_not_guessed() -> None:
    """A layer declares what others ask of it; `getattr` by name and `type: ignore` need a reason in a comment."""
    rooms = ("engine", "checks", "loader")
    found = {one for path in FILES if room(module(path)) in rooms for one in unexplained(path)}
    refuse(found, "these need a reason in a comment on the line or the line above")


def test_prose_fits_into_120_characters() -> None:
    """Docstrings and comments; the formatter looks after the code, and messages may be longer."""
    found = set()
    for path in FILES:
        lines = text(path).split("\n")
        if any(len(lines[number - 1]) > 120 for number in prose(path)):
            found.add(module(path))
    refuse(found, "these have a line of a docstring or a comment longer than 120 characters")


#: Plain data written by hand, each with the reason.
BY_HAND: dict[str, str] = {}


def is_plain(method: ast.FunctionDef) -> bool:
    """Whether a constructor only assigns to fields."""
    body = [one for one in method.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    targets = [
        one.targets[0] if isinstance(one, ast.Assign) else one.target if isinstance(one, ast.AnnAssign) else one
        for one in body
    ]
    return all(isinstance(target, ast.Attribute) for target in targets)


def hand_written_records(path: Path) -> set[str]:
    """Classes of plain data with slots and a constructor of their own, without a reason above the constructor."""
    found = set()
    for node in nodes(path):
        if not isinstance(node, ast.ClassDef):
            continue
        names = [target for one in node.body if isinstance(one, ast.Assign) for target in one.targets]
        slotted = any(isinstance(name, ast.Name) and name.id == "__slots__" for name in names)
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name == "__init__" and slotted:
                first = method.decorator_list[0].lineno if method.decorator_list else method.lineno
                if is_plain(method) and not explained(path, first):
                    found.add(f"{module(path)}.{node.name}")
    return found


def test_plain_data_is_a_record() -> None:
    """`analyzer.record.Record` writes slots, constructor and `repr`; a constructor by hand says why above it."""
    found = {one for path in FILES if room(module(path)) != "record" for one in hand_written_records(path)}
    refuse(found - set(BY_HAND), "these are plain data: make them a Record, or say why above `__init__`")
    assert set(BY_HAND) <= found, "delete from BY_HAND what is no longer written by hand"


def test_no_two_files_of_tests_share_a_name() -> None:
    """pytest imports each by its name alone, and would refuse to run the whole suite."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
