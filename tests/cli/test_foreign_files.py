"""Files of other formats, given to each command: one line on stderr, exit code 2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import run

FILES = {
    "net.tflite": b"\x1c\0\0\0TFL3\x14\0 \0",
    "net.caffemodel": b"\n\x05small\xa2\x06\x40\n\x04data\x12\x05Input",
    "net.yaml": b"class_name: Model\nconfig: {}\n",
}
NAMES = {"net.tflite": b"TensorFlow Lite", "net.caffemodel": b"Caffe caffemodel", "net.yaml": b"Keras model"}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "arguments",
    [
        ["FILE"],
        ["check", "FILE"],
        ["memory", "FILE"],
        ["diff", "FILE", "ok.yaml"],
        ["diff", "ok.yaml", "FILE"],
        ["schema", "--check", "FILE"],
        ["check", "ok.yaml", "--against", "FILE", "--budget", "params=+1%"],
        ["-"],
    ],
    ids=" ".join,
)
def test_a_foreign_file(arguments: list[str], file: str, tmp_path: Path) -> None:
    (tmp_path / file).write_bytes(FILES[file])
    (tmp_path / "ok.yaml").write_text("input: 8x8x3\nlayers: [relu]\n")
    arguments = [argument.replace("FILE", file) for argument in arguments]
    done = run(*arguments, cwd=tmp_path, stdin=FILES[file])
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.count(b"\n") == 1
    assert NAMES[file] in done.stderr


def test_a_foreign_file_in_json(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(FILES["net.tflite"])
    done = run("net.tflite", "--format", "json", cwd=tmp_path)
    assert done.returncode == 2
    (finding,) = json.loads(done.stdout)["diagnostics"]
    assert finding["code"] == "FILE102"
