"""A callable is exported by the real torch: the program that reaches analyzer, and what torch refuses."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import analyzer
from analyzer.cli.callables import call_of
from analyzer.loader.formats import exporting
from analyzer.loader.formats.child import Ears, export

pytestmark = pytest.mark.peer
pytest.importorskip("torch")

NET = """
import torch
from torch import nn

class Conv(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.drop = nn.Dropout(0.5)
    def forward(self, x):
        return self.drop(self.conv(x))

class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(100, 16)
        self.last = nn.Linear(16, 3)
    def forward(self, ids):
        return self.last(self.table(ids))

class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.patch = nn.Embedding(100, 16), nn.Conv2d(3, 16, 16, 16)
    def forward(self, image, ids, *, scale=None):
        return self.table(ids).mean(1) + self.patch(image).mean((2, 3))

class OnCPU(nn.Module):
    def __init__(self):
        super().__init__()
        self.rates = [rate.item() for rate in torch.linspace(0, 0.5, 3)]
        self.last = nn.Linear(8, 8)
    def forward(self, x):
        return self.last(x) + torch.arange(8)

class Branch(nn.Module):
    def forward(self, x):
        if x.sum() > 0:
            return x
        return -x

class Wrong(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.last = nn.Embedding(100, 16), nn.Linear(17, 3)
    def forward(self, ids):
        return self.last(self.table(ids))

def lazy():
    return nn.Sequential(nn.LazyConv2d(8, 3), nn.Flatten(), nn.LazyLinear(3))

def pair():
    return nn.Conv1d(3, 4, 3), (torch.zeros(1, 3, 9),)

def named():
    return Both(), (torch.zeros(1, 3, 16, 16),), {"ids": torch.zeros(1, 5, dtype=torch.int64)}

def program():
    return torch.export.export(nn.Dropout(0.5).train(), (torch.zeros(2, 3),))

class Named(nn.Module):
    def forward(self, *, image):
        return image * 2

class Table(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.Parameter(torch.zeros(50, 8))
    def forward(self, ids):
        return self.rows[ids]

def half():
    return Conv().half()

def nothing():
    return [Conv()]

made = Conv(4)
"""


def answer(word: str, place: Path, *inputs: tuple[str, Sequence[int]]) -> tuple[Any, bytes]:
    """What the process answers about a callable of `net.py`, and what it hands back."""
    (place / "net.py").write_text(NET)
    call = call_of(f"{place}/net.py:{word}")
    assert call is not None
    content = io.BytesIO()
    ears = Ears(lambda piece: None, lambda: None)
    found = export(call, inputs, content, python=sys.executable, seconds=100, ears=ears)
    return found, content.getvalue()


def answer_here(
    word: str, place: Path, inputs: Sequence[tuple[str, Sequence[int]]], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, bytes]:
    """The same of the code that runs in that process, in this one, which has torch already."""
    (place / "net.py").write_text(NET)
    call = call_of(f"{place}/net.py:{word}")
    assert call is not None
    for name in ("path", "argv"):
        monkeypatch.setattr(sys, name, list(getattr(sys, name)))
    monkeypatch.delitem(sys.modules, "net", raising=False)
    quiet = logging.getLogger("torch")
    level = quiet.level
    try:
        request = {"target": call.target, "name": call.name, "arguments": call.arguments, "inputs": inputs}
        return exporting.network(request)
    finally:
        quiet.setLevel(level)
        sys.modules.pop("net", None)


def inputs_of(data: bytes) -> list[tuple[list[int], int]]:
    """The sizes and the number format of each input of a program."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("models/model.json")]
        module = json.loads(archive.read(name))["graph_module"]
    values = module["graph"]["tensor_values"]
    found = []
    for one in module["signature"]["input_specs"]:
        if "user_input" in one:
            value = values[one["user_input"]["arg"]["as_tensor"]["name"]]
            found.append(([size["as_int"] for size in value["sizes"]], value["dtype"]))
    return found


FLOAT, HALF, INT64 = 7, 6, 5

EXPORTED = [
    ("Conv", [("", (9, 8, 3))], [([1, 3, 9, 8], FLOAT)]),
    ("Conv(width=2)", [("x", (9, 8, 3))], [([1, 3, 9, 8], FLOAT)]),
    ("made", [("", (9, 8, 3))], [([1, 3, 9, 8], FLOAT)]),
    ("nn.Conv1d(3, 4, 3)", [("", (9, 3))], [([1, 3, 9], FLOAT)]),
    ("nn.Linear(7, 2)", [("", (7,))], [([1, 7], FLOAT)]),
    ("nn.Linear(7, 2)", [("", (5, 7))], [([1, 5, 7], FLOAT)]),
    ("nn.Conv3d(2, 4, 3)", [("", (3, 5, 7, 2))], [([1, 2, 3, 5, 7], FLOAT)]),
    ("Tokens", [("", (12,))], [([1, 12], INT64)]),
    ("Tokens", [("", (12, 1))], [([1, 12], INT64)]),
    ("Both", [("ids", (12,)), ("image", (32, 32, 3))], [([1, 3, 32, 32], FLOAT), ([1, 12], INT64)]),
    ("OnCPU", [("", (8,))], [([1, 8], FLOAT)]),
    ("lazy", [("", (8, 8, 3))], [([1, 3, 8, 8], FLOAT)]),
    ("pair", [], [([1, 3, 9], FLOAT)]),
    ("pair", [("", (20, 3))], [([1, 3, 20], FLOAT)]),
    ("named", [], [([1, 3, 16, 16], FLOAT), ([1, 5], INT64)]),
    ("program", [], [([2, 3], FLOAT)]),
    ("Named", [("", (8, 8, 3))], [([1, 3, 8, 8], FLOAT)]),
    ("Conv", [("", (1, 3, 9, 8))], [([1, 3, 9, 8], FLOAT)]),
    ("Conv", [("", (3, 9, 8))], [([1, 3, 9, 8], FLOAT)]),
    ("Table", [("", (9,))], [([1, 9], INT64)]),
    ("half", [("", (9, 8, 3))], [([1, 3, 9, 8], HALF)]),
]  # fmt: skip


@pytest.mark.parametrize(("word", "inputs", "expected"), EXPORTED)
def test_the_inputs_that_forward_is_given(
    word: str,
    inputs: list[tuple[str, tuple[int, ...]]],
    expected: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind, data = answer_here(word, tmp_path, inputs, monkeypatch)
    assert kind == "pt2"
    assert inputs_of(data) == expected
    assert len(data) < 40_000


def test_torch_refuses_a_branch_on_values_at_its_line(tmp_path: Path) -> None:
    found, _ = answer("Branch", tmp_path, ("", (8,)))
    assert (found["error"], found["type"]) == ("raised", "GuardOnDataDependentSymNode")
    assert (found["file"], NET.split("\n")[found["line"] - 1].strip()) == (str(tmp_path / "net.py"), "if x.sum() > 0:")


def test_a_mistake_behind_the_table_is_that_of_whole_numbers(tmp_path: Path) -> None:
    found, _ = answer("Wrong", tmp_path, ("", (12,)))
    assert found["shapes"] == ["1x12 int64"]
    assert "17" in found["text"]


def test_what_is_no_module_is_shown_where_it_is_returned(tmp_path: Path) -> None:
    found, _ = answer("nothing", tmp_path)
    assert (found["error"], found["type"]) == ("no_network", "list")
    assert NET.split("\n")[found["line"] - 1] == "def nothing():"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for arguments in (["net.py:Conv", "--input", "9x8x3"], ["net.py:Branch", "--input", "8"]):
        environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(temporary)}
        command = [sys.executable, "-m", "analyzer", *arguments]
        subprocess.run(command, cwd=tmp_path, capture_output=True, env=environment)
        assert list(temporary.iterdir()) == []


def test_nothing_of_torch_s_own_noise(tmp_path: Path) -> None:
    """It prints the graph of each network that it refuses."""
    (tmp_path / "net.py").write_text(NET)
    command = [sys.executable, "-m", "analyzer", "net.py:Branch", "--input", "8", "--quiet"]
    path = str(Path(__file__).parents[2])
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": path})
    assert done.returncode == 1
    assert done.stderr.startswith("error[RUN103]: `torch.export` refuses `net.py:Branch`: ")


def test_the_files_of_the_page_are_those_that_its_code_makes(tmp_path: Path) -> None:
    """The page's commands read `tests/data/review`, so that they run without torch."""
    review = Path(__file__).parents[1] / "data" / "review"
    copy = tmp_path / "copy"
    copy.mkdir()
    made = subprocess.run(
        [sys.executable, "-c", MADE, str(review / "make.py"), str(copy)], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    for path in sorted(review.glob("*.pt2")):
        old, new = (analyzer.analyze(str(one)) for one in (path, copy / path.name))
        assert [(row.name, row.output, row.macs, row.shared) for row in old.rows] == [
            (row.name, row.output, row.macs, row.shared) for row in new.rows
        ]


#: Runs `make.py` with another folder for its files.
MADE = """
import importlib.util, sys, tempfile
from pathlib import Path
out = Path(sys.argv[2])
spec = importlib.util.spec_from_file_location("make", sys.argv[1])
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)
with tempfile.TemporaryDirectory() as name:
    folder = Path(name).resolve()
    (folder / "net.py").write_text(make.code())
    for file in make.FILES:
        (out / file).write_bytes(make.made(file, folder))
"""


def test_the_page_s_parameters_are_torch_s() -> None:
    """75,722: `sum(p.numel() for p in Net().parameters())`."""
    net = analyzer.analyze(str(Path(__file__).parents[1] / "data" / "review" / "net.pt2"))
    assert net.totals.shared.parameters == 75_722


def command(place: Path, *arguments: str) -> Any:
    """The command, finished, in a folder with `net.py`."""
    (place / "net.py").write_text(NET)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *arguments], cwd=place, capture_output=True, text=True, env=environment
    )


def test_every_command_reads_a_callable(tmp_path: Path) -> None:
    """Conv: (3·3·3 + 1)·8 = 224 parameters, 7·6·3·3·3·8 = 9,072 MACs; of width 4 half of each."""
    net, half = "net.py:Conv", "net.py:Conv(width=4)"
    report = json.loads(command(tmp_path, net, "--input", "9x8x3", "--format", "json").stdout)
    totals = report["totals"]
    assert (report["name"], totals["shared"]["parameters"], totals["macs"]) == ("Conv", 224, 9_072)
    assert command(tmp_path, "check", net, "--input", "9x8x3", "--severity", "error").returncode == 0
    over = command(tmp_path, "check", net, "--input", "9x8x3", "--budget", "params=200", "--severity", "error")
    assert (over.returncode, "224 − 200 = 24" in over.stdout) == (1, True)
    memory = json.loads(
        command(tmp_path, "memory", net, "--input", "9x8x3", "--mode", "declared", "--format", "json").stdout
    )
    assert memory["inference"]["breakdown"]["parameters"] == 224 * 4
    changed = command(tmp_path, "diff", half, net, "--input", "9x8x3", "--mode", "shared")
    assert (changed.returncode, "112" in changed.stdout, "224" in changed.stdout) == (1, True, True)
    same = command(tmp_path, "diff", net, net, "--input", "9x8x3")
    assert (same.returncode, same.stderr.count("waiting for")) == (0, min(1, same.stderr.count("waiting for")))
    flat = command(tmp_path, "convert", net, "--input", "9x8x3", "--flat")
    assert analyzer.analyze(flat.stdout).totals.shared.parameters == 224
