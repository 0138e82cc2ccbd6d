"""Writes `networks/` again: exported networks of Python packages, and torch's own numbers in `expected.json`.

    python benchmarks/torch_networks.py FOLDER       # in a Python with the packages
    python tests/loader/formats/of_torch/make_networks.py FOLDER

A file has only `models/model.json`, the paths of the machine taken out, compressed.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path

NETWORKS = Path(__file__).parent / "networks"
CHOSEN = """
    torchvision/resnet18 torchvision/mobilenet_v3_small torchvision/shufflenet_v2_x0_5 torchvision/googlenet
    torchvision/efficientnet_b0 torchvision/convnext_tiny torchvision/vit_b_16 torchvision/swin_t torchvision/r3d_18
    torchvision/deeplabv3_mobilenet_v3_large timm/levit_384_s8 timm/swiftformer_xs ultralytics/yolo11n
    projects/monai.UNet projects/facenet.ONet
"""


def compact(source: Path, target: Path) -> None:
    """Writes the description of a network, and the two members that name the format."""
    with zipfile.ZipFile(source) as old:
        names = {name.partition("/")[2]: name for name in old.namelist()}
        text = old.read(names["models/model.json"]).decode()
    text = re.sub(r'[^"]*/site-packages/', "site-packages/", text)
    text = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name, data in (("archive_format", "pt2"), ("archive_version", "0"), ("models/model.json", text)):
            member = zipfile.ZipInfo(f"{target.stem}/{name}")  # of a fixed time: the same network gives the same bytes
            new.writestr(member, data, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    NETWORKS.mkdir(exist_ok=True)
    expected = {}
    for path in CHOSEN.split():
        corpus, name = path.split("/")
        compact(folder / corpus / f"{name}.pt2", NETWORKS / f"{name}.pt2")
        expected[name] = json.loads((folder / corpus / "expected.json").read_text())[name]
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in expected.items())
    (NETWORKS / "expected.json").write_text(f"{{\n{rows}\n}}\n")
