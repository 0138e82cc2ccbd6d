"""PyTorch code as text: what it says, and that it is laid out as `ruff format` does."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import analyzer
from analyzer.api import load
from analyzer.loader.expand.expansion import expand
from analyzer.loader.writing.torch import write_torch

ROOT = Path(__file__).parents[3]


def code(text: str, name: str = "net") -> str:
    network, problems = expand(load(text))
    assert not problems
    return write_torch(network, {"name": name})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generated files, one for each example that has a counterpart."""
    folder = tmp_path_factory.mktemp("code")
    for path in sorted((ROOT / "example_models").glob("*.yaml")):
        try:
            text = code(path.read_text(encoding="utf-8"), path.stem)
        except analyzer.ModelError:
            continue
        (folder / f"{path.stem}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", [["format", "--check"], ["check"]])
def test_ruff_has_nothing_to_say(files: Path, command: list[str]) -> None:
    assert len(list(files.iterdir())) >= 10
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(files)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_a_block_that_is_called_several_times_is_one_class() -> None:
    text = code(
        "input: 32x32x8\n"
        "blocks:\n"
        "  Pair:\n"
        "    params: [c, stride=1]\n"
        "    layers:\n"
        "      - conv: {filters: $c, kernel: 3, padding: 1, stride: $stride}\n"
        "      - conv: {filters: $c, kernel: 3, padding: 1}\n"
        "layers:\n"
        "  - Pair: {c: 8}\n"
        "    name: body\n"
        "    repeat: 4\n"
        "  - Pair: {c: 16, stride: 2}\n"
        "    name: wide\n"
        "  - Pair: {c: 24}\n"
        "    name: last\n"
    )
    assert text.count("(nn.Module):") == 2
    assert "*[Pair(8, 8) for _ in range(4)]" in text
    assert "self.wide = Pair(8, 16, stride=2)" in text


def test_every_layer_without_a_counterpart_is_named_at_once() -> None:
    text = (
        "input: 8x8x3\nlayers:\n"
        "  - custom: {output: 8x8x3, macs: 0}\n    name: one\n"
        "  - relu\n"
        "  - custom: {output: 8x8x3, macs: 0}\n    name: two\n"
    )
    with pytest.raises(analyzer.ModelError) as caught:
        code(text)
    found = caught.value.diagnostics
    assert [(one.code, one.severity, one.span and one.span.line) for one in found] == [
        ("CONVERT101", "error", 3),
        ("CONVERT101", "error", 6),
    ]
    assert all(name in one.message for name, one in zip(("`one`", "`two`"), found, strict=True))


def test_a_file_whose_names_have_no_groups_gets_the_blocks_that_folding_finds() -> None:
    def conv(filters: int, size: int, stride: int = 1) -> str:
        return f"[convolutional]\nfilters={filters}\nsize={size}\nstride={stride}\npad=1\nactivation=leaky\n\n"

    def stage(filters: int, times: int) -> str:
        body = conv(filters // 2, 1) + conv(filters, 3) + "[shortcut]\nfrom=-3\nactivation=linear\n\n"
        return conv(filters, 3, 2) + body * times

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.cfg"
        path.write_text("[net]\nwidth=64\nheight=64\nchannels=3\n\n" + stage(16, 2) + stage(32, 4) + stage(64, 4))
        text = analyzer.convert(path, to="torch")
    assert text.count("(nn.Module):") >= 2
    assert text.count("nn.Conv2d(") <= 12  # of 23 layers


def test_names_that_python_does_not_accept_are_made_legal_beside_the_old_ones() -> None:
    text = code(
        "input: 8x8x3\n"
        "layers:\n"
        "  - conv: {filters: 4, kernel: 1}\n    name: lambda\n"
        "  - conv: {filters: 4, kernel: 1}\n    name: res-block\n"
        "  - conv: {filters: 4, kernel: 1}\n    name: res_block\n"
        "  - conv: {filters: 4, kernel: 1}\n    name: 1x1\n"
        "  - conv: {filters: 4, kernel: 1}\n    name: train\n"
    )
    for line in (
        "self.lambda_ = nn.Conv2d(3, 4, 1)  # lambda",
        "self.res_block = nn.Conv2d(4, 4, 1)  # res-block",
        "self.res_block_2 = nn.Conv2d(4, 4, 1)  # res_block",
        "self._1x1 = nn.Conv2d(4, 4, 1)  # 1x1",
        "self.train_2 = nn.Conv2d(4, 4, 1)  # train",
    ):
        assert line in text
