"""Files of other formats, given to each command: one line on stderr, exit code 2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import run

FILES = {
    "net.onnx": b"\x08\x08:\xec\x0e\n-",
    "net.cfg": b"[net]\nwidth=8\n",
    "net.yaml": b"class_name: Model\nconfig: {}\n",
}
NAMES = {"net.onnx": b"ONNX model", "net.cfg": b"Darknet network", "net.yaml": b"Keras model"}


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
    (tmp_path / "net.cfg").write_bytes(FILES["net.cfg"])
    done = run("net.cfg", "--format", "json", cwd=tmp_path)
    assert done.returncode == 2
    (finding,) = json.loads(done.stdout)["diagnostics"]
    assert finding["code"] == "FILE102"
