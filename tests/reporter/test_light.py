"""`tabulate` and `argparse` do the same without the imports that they do not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from reported import EVERY, render
text = "".join(render("table", network()) for network in EVERY.values())
before = "importlib.metadata" in sys.modules
import importlib.metadata, tabulate
sys.stdout.buffer.write(f"{before} {tabulate.__version__ == importlib.metadata.version('tabulate')}\\n{text}".encode())
"""


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[str]]:
    """What the script prints with and without a real import of `importlib.metadata` before it."""
    path = f"import sys; sys.path[:0] = {sys.path!r};"
    found = {}
    for name, first in (("light", ""), ("real", "import importlib.metadata;")):
        command = [sys.executable, "-S", "-c", path + first + SCRIPT]
        found[name] = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\n")
    return found


def test_the_table_is_the_same(drawn: dict[str, list[str]]) -> None:
    assert drawn["light"][1:] == drawn["real"][1:]
    assert any("conv 8×8 /2 +1" in line for line in drawn["light"])


def test_the_import_is_saved_and_afterwards_it_is_the_real_one(drawn: dict[str, list[str]]) -> None:
    assert drawn["light"][0] == "False True"
    assert drawn["real"][0] == "True True"


def test_dataclasses_are_imported_where_a_row_is_one() -> None:
    code = (
        "import sys; from analyzer.reporter.light import tabulate; draw = tabulate().tabulate\n"
        "draw([[1, 2]], headers=['a', 'b']); print('dataclasses' in sys.modules)\n"
        "import dataclasses\n"
        "row = dataclasses.make_dataclass('Row', ['left', 'right'])(1, 2)\n"
        "print(draw([row], headers='keys').split('\\n')[0].split())"
    )
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r};" + code]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert found == ["False", "['left', 'right']"]


HELP = """
import sys
from analyzer.cli.main import main
try:
    main(["--help"])
except SystemExit:
    print("gettext" in sys.modules)
import gettext
print(gettext.gettext("usage: "), hasattr(gettext, "translation"))
"""


def test_the_help_is_the_same_without_translations() -> None:
    path = f"import sys; sys.path[:0] = {sys.path!r};"
    light, real = (
        subprocess.run([sys.executable, "-S", "-c", path + first + HELP], capture_output=True, text=True, check=True)
        for first in ("", "import gettext;")
    )
    assert light.stdout.splitlines()[-2:] == ["False", "usage:  True"]
    assert real.stdout.splitlines()[-2:] == ["True", "usage:  True"]
    assert light.stdout.splitlines()[:-2] == real.stdout.splitlines()[:-2]
