#!/usr/bin/env python3
"""Makes the `.pt2` files beside it of the `net.py` on the page "Review a PyTorch module", as its commands would.

pip install torch==2.13.0 onnx ; python tests/data/review/make.py

The page's commands read these files, so that they run without torch. `tests/peers/test_torch_callables.py` makes them
again and compares. `net.onnx` is a larger network of the same module, for "From ONNX to a design review".
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PAGE = ROOT / "docs" / "how_to" / "review_a_pytorch_module.md"

#: The file of each callable of the page.
FILES = {
    "net.pt2": ("Net", ""),
    "wider.pt2": ("Net", "width=48"),
    "training.pt2": ("training", ""),
}


def code() -> str:
    """The `net.py` of the page."""
    (block,) = re.findall(r"^```py\n(# net\.py\n.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    return str(block)


def made(name: str, folder: Path) -> bytes:
    """A file, made in a folder with `net.py`, without the paths of this machine."""
    sys.path.insert(0, str(ROOT))
    import torch

    from analyzer.loader.formats.exporting import network

    os.chdir(folder)
    built, arguments = FILES[name]
    inputs = [] if built == "training" else [["", [32, 32, 3]]]
    _, data = network({"target": "net.py", "name": built, "arguments": arguments, "inputs": inputs})
    packages = str(Path(torch.__file__).parents[1]) + "/"
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename.endswith("models/model.json"):
                content = content.replace(f"{folder}/".encode(), b"").replace(packages.encode(), b"site-packages/")
            new.writestr(item.filename, content)
    return found.getvalue()


def export_onnx(path: Path) -> None:
    """Writes six blocks of 16 channels as ONNX, as an older exporter does: with batch norms folded into convolutions."""
    import torch

    names: dict[str, Any] = {}
    exec(code(), names)
    torch.manual_seed(0)
    network = names["Net"](width=16, blocks=6).eval()
    image = (torch.zeros(1, 3, 32, 32),)
    torch.onnx.export(network, image, path, dynamo=False, input_names=["image"], output_names=["scores"])


if __name__ == "__main__":
    export_onnx(HERE / "net.onnx")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / "net.py").write_text(code())
        for file in FILES:
            (HERE / file).write_bytes(made(file, folder))
