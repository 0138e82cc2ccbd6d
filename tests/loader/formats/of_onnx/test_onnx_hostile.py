"""Whole ONNX files that are damaged, that contradict themselves, or that ask for too much: no traceback, and soon."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import pytest
from onnx_bytes import InnerTensor, function, graph, info, int64s, model, node, tensor

from analyzer.loader.formats import read
from analyzer.loader.text.files import FileError

SAMPLES = sorted((Path(__file__).parents[3] / "data" / "foreign").glob("*.onnx"))
X, Y = [info("x", [1, 4])], [info("y")]


def told(data: bytes, tmp_path: Path) -> list[str]:
    """What reading a file says."""
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    model, problems, *_ = read(str(path), format="onnx")
    return [problem.message for problem in (*problems, *(model.told if model else ()))]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_with_changed_bytes(path: Path, tmp_path: Path) -> None:
    data, chance = path.read_bytes(), random.Random(3)
    head = min(len(data), 12_000)
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(chance.choice((1, 2, 4))):
            changed[chance.randrange(head)] = chance.choice((0, 1, 2, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        try:
            told(bytes(changed), tmp_path)
        except FileError:
            pass


def whole(nodes: Sequence[bytes], *initializers: bytes, inputs: list[bytes] | None = None) -> bytes:
    return model(graph(nodes, inputs or X, Y, initializers))


def powers() -> bytes:
    """A shape of 10^9 to the power of 10^9."""
    size = int64s("a", [10**9])
    return whole([node("Pow", "a a", "p"), node("Reshape", "x p", "y")], size)


def nested() -> bytes:
    """Branches in branches, 60 deep, with nothing known of their conditions."""
    inner = graph([node("Relu", "x", "r")], [], [info("r")])
    last = inner
    for _ in range(60):
        inner = graph([node("If", "c", "r", then_branch=inner, else_branch=last)], [], [info("r")])
    return whole([node("If", "c", "y", then_branch=inner, else_branch=last)], inputs=[*X, info("c", [1], 9)])


def doubling() -> bytes:
    """Functions that call the next one twice: 4,096 layers."""
    made = [
        function(f"F{i}", "d", "i", "o", [node(f"F{i + 1}", "i", "m", "", "d"), node(f"F{i + 1}", "m", "o", "", "d")])
        for i in range(12)
    ]
    made.append(function("F12", "d", "i", "o", [node("Relu", "i", "o")]))
    return model(graph([node("F0", "x", "y", "", "d")], X, Y), functions=made)


def added(size: int) -> bytes:
    return whole([node("ConstantOfShape", "s", "c"), node("Add", "x c", "y")], int64s("s", [size, 4]))


CASES = {
    "sizes that do not fit": (whole([node("Add", "x w", "y")], tensor("w", [3])), "`Add` does not fit what it reads (1x4, 3)"),
    "an axis that does not exist": (whole([node("Concat", "x x", "y", axis=7)]), "`Concat` does not fit what it reads (1x4, 1x4)"),
    "a stride of 0": (
        whole([node("Conv", "x w", "y", strides=[0, 0])], tensor("w", [4, 3, 3, 3]), inputs=[info("x", [1, 3, 8, 8])]),
        "`stride` of `conv` must be a whole number of at least 1, not 0",
    ),
    "a new version": (model(graph([node("Relu", "x", "y")], X, Y), {"": 99}), "the file cannot be read as ONNX: its operators are those of opset 99 of ai.onnx, newer than 28"),
    "control characters": (whole([node("Relu", "z", "y", "a\x1b[31m\n")]), r"the file cannot be read as ONNX: `a\x1b[31m\n` reads `z`, which no node produces"),
    "a huge input": (whole([node("Relu", "x", "y")], inputs=[info("x", [1, 2**62])]), "the input `x` has more than 10^15 elements"),
    "a huge constant": (added(10**9), ""),
    "a constant beyond all bounds": (added(10**18), "`ConstantOfShape`"),
    "a huge repetition": (whole([node("Tile", "x s", "y")], int64s("s", [1, 10**15])), ""),
    "a huge padding": (whole([node("Pad", "x s", "y")], int64s("s", [0, 10**15, 0, 10**15])), ""),
    "a huge power": (powers(), "`Reshape`"),
    "thousands of axes": (whole([node("Unsqueeze", "x s", "u"), node("Relu", "u", "y")], int64s("s", list(range(2000)))), ""),
    "nested branches": (nested(), ""),
    "calls that double": (doubling(), ""),
    "thousands of initializers": (whole([node("Relu", "x", "y")], *(tensor(f"w{i}", [2, 2], 1, bytes(16)) for i in range(5000))), "20,000 parameters of the file are read by no node"),
    "a constant that nothing reads": (whole([node("Constant", "", "c", value=InnerTensor(tensor("", [2, 3], 1, bytes(24)))), node("Relu", "x", "y")]), "6 parameters of the file are read by no node, and not counted: a constant of 2x3"),
    "a constant of the wrong kind": (whole([node("Constant", "", "c", value=InnerTensor(b"\x08")), node("Relu", "x", "y")]), ""),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), CASES.values(), ids=CASES)
def test_what_is_said(data: bytes, message: str, tmp_path: Path) -> None:
    start = perf_counter()
    found = told(data, tmp_path)
    assert perf_counter() - start < 5
    assert message in " | ".join(found)
