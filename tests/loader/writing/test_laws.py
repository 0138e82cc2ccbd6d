"""The laws of a conversion, on the examples, on files of every format, and on each key of the language.

`python benchmarks/convert.py FOLDER…` looks at any other files.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import analyzer
from tests.loader.writing.laws import broken

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "example_models").glob("*.yaml"))
FILES = [
    *sorted((ROOT / "tests" / "good").rglob("*.yaml")),
    *sorted(path for path in (ROOT / "tests" / "data" / "foreign").iterdir() if path.suffix not in (".py", ".md")),
    *sorted((ROOT / "tests" / "data" / "models").glob("*.yaml")),
    *sorted(path for path in (ROOT / "tests" / "data" / "review").iterdir() if path.suffix in (".pt2", ".onnx")),
]

#: The inputs of files that leave a size open.
OPEN = {"shuffle.onnx": "48x64x3", "siamese.prototxt": "28x28x2"}


#: The flat form of the examples has tests of its own.
CASES = [*((path, False) for path in (*EXAMPLES, *FILES)), *((path, True) for path in FILES)]


@pytest.mark.parametrize(
    ("path", "flat"), CASES, ids=[f"{path.name}-{'flat' if flat else 'folded'}" for path, flat in CASES]
)
def test_laws(path: Path, flat: bool) -> None:
    if path.name == "expected.json":
        return
    settings = {"input": OPEN[path.name]} if path.name in OPEN else {}
    assert list(broken(path, analyzer.convert(path, flat=flat, **settings), flat=flat, **settings)) == []


def test_what_breaks_a_law_is_found() -> None:
    text = "name: a\ninput: 8x8x3\nlayers:\n  - conv: {filters: 4, kernel: 3}\n    name: c\n  - dropout: 0.25\n    name: d\n"
    source = "name: a\ninput: 8x8x3\nlayers: [{conv: {filters: 4, kernel: 3}}, {dropout: 0.25}]\n"
    header = "# Written by `analyzer convert` from <text>.\n"
    assert list(broken(source, header + text, flat=True)) == []  # other names
    for wrong, law in (
        ("filters: 4", "filters: 5"),
        ("dropout: 0.25", "dropout: 0.5"),
        ("name: a", "name: b"),
        ("name: d", "name: d\n    note: x"),
        ("    name: c", "    name: c\n    expect: 6x6x4"),
        ("name: d", "name:  d"),
        ("kernel: 3", "kernel: 9"),
    ):
        found = list(broken(source, header + text.replace(wrong, law, 1), flat=True))
        assert found, law
