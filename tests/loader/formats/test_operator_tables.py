"""The tables of operators are those that the modules make, and a file imports only the modules of its operators."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from make_table import table

SAMPLES = Path(__file__).parents[2] / "data" / "foreign"


@pytest.mark.parametrize("format", ["onnx", "pt2"])
def test_the_table_is_what_the_modules_make(format: str) -> None:
    room = import_module(f"analyzer.loader.formats.{format}.operators")
    made = Path(room.__file__ or "").with_name("table.py").read_text()
    assert made == table(format), (
        f"run: python tests/loader/formats/make_table.py {format} > …/{format}/operators/table.py"
    )


@pytest.mark.parametrize(
    ("file", "used", "others"),
    [
        ("hand.onnx", {"convolutions", "norms"}, {"recurrent", "attention", "sequences", "resampling"}),
        ("small.pt2", {"convolutions", "norms"}, {"choosing", "attention", "joining", "resampling"}),
    ],
)
def test_only_the_modules_of_a_files_operators_are_imported(file: str, used: set[str], others: set[str]) -> None:
    code = (
        "import sys; from analyzer.loader.formats import read\n"
        f"read({str(SAMPLES / file)!r})\n"
        "print(*[name.rpartition('.')[2] for name in sys.modules if '.operators.' in name])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert used <= set(found)
    assert not others & set(found)
