"""Makes `open.pt2`, a program with open axes, and `open.json`, torch's own numbers of it at several sizes.

python tests/loader/formats/of_torch/make_open.py          # needs torch 2.13.0
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).parent
SIZES = ((32, 32), (64, 96), (41, 57))


class Open(nn.Module):
    """Sizes that follow from those of the input: halves, doubles, a reshape."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())
        self.head = nn.Linear(8, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.block(self.block(self.stem(image)))
        samples, depth, height, width = x.shape
        x = F.interpolate(x, size=(height * 2, width // 2))
        x = torch.cat([x, x * 2.0], 2).reshape(samples, depth, -1)
        return self.head(x.transpose(1, 2))


def main() -> None:
    """Exports the module and counts at each size."""
    net = Open()
    shapes = ({0: torch.export.Dim("batch"), 2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO},)
    program = torch.export.export(net, (torch.zeros(2, 3, 32, 32),), dynamic_shapes=shapes, strict=False)
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as archive:
        name = next(name for name in archive.namelist() if name.endswith("models/model.json"))
        data = json.loads(archive.read(name))
    for node in data["graph_module"]["graph"]["nodes"]:
        node["metadata"].pop("stack_trace", None)
    with zipfile.ZipFile(HERE / "open.pt2", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("open/models/model.json"), json.dumps(data), zipfile.ZIP_DEFLATED)
    found = {}
    for height, width in SIZES:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            made = net(torch.zeros(1, 3, height, width))
        found[f"{height}x{width}x3"] = {
            "parameters": sum(one.numel() for one in net.parameters()),
            "macs": counter.get_total_flops() // 2,
            "output": "x".join(map(str, made.shape[1:])),
        }
    (HERE / "open.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
