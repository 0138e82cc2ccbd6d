"""The table of operators is the one that the modules make, and a file imports only the modules of its operators."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from make_table import table

from analyzer.loader.formats.onnx import operators

SAMPLES = Path(__file__).parents[3] / "data" / "foreign"


def test_the_table_is_what_the_modules_make() -> None:
    made = Path(operators.__file__).with_name("table.py").read_text()
    assert made == table(), "run: python tests/loader/formats/of_onnx/make_table.py > …/onnx/operators/table.py"


def test_only_the_modules_of_a_files_operators_are_imported() -> None:
    code = (
        "import sys; from analyzer.loader.formats import read\n"
        f"read({str(SAMPLES / 'hand.onnx')!r})\n"
        "print(*[name.rpartition('.')[2] for name in sys.modules if '.onnx.operators.' in name])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"convolutions", "norms"} <= set(found)
    assert not {"recurrent", "attention", "sequences", "resampling"} & set(found)
