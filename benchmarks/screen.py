"""How many lines a report takes on a screen, at 80, 120 and 200 columns, folded as the command folds it.

    python benchmarks/screen.py            # prints a table; --check exits 1 where a network of `LIMITED` is too long

`LINES` of analyzer/reporter/fold.py is the limit where the folds leave any choice.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import analyzer
from analyzer.reporter.analysis.table import render
from analyzer.reporter.fold import ALL, AUTO, LINES
from analyzer.reporter.options import Options

MODELS = Path(__file__).resolve().parent.parent / "example_models"
WIDTHS = (80, 120, 200)

#: Networks by their names: the file, and the variables that are set. EfficientNet-B7 as in Tan & Le 2019: width 2.0,
#: depth 3.1, 600×600.
NETWORKS: dict[str, tuple[str, dict[str, float]]] = {
    "ResNet-50": ("resnet50.yaml", {}),
    "ResNet-152": ("resnet.yaml", {"depth": 152}),
    "EfficientNet-B7": ("efficientnet.yaml", {"width": 2.0, "depth": 3.1, "size": 600}),
    "U-Net": ("unet.yaml", {}),
    "ViT-B/16": ("vit_b16.yaml", {}),
    "Inception-v3": ("inception_v3.yaml", {}),
    "DenseNet-121": ("densenet121.yaml", {}),
}

#: Those that fit at every width. The others have more than a dozen blocks of different names, each of which has a row.
LIMITED = ("ResNet-50", "ResNet-152", "EfficientNet-B7", "U-Net", "ViT-B/16")


def lines(name: str, width: int | None, depth: str = AUTO) -> int:
    """The lines of a network's report."""
    file, variables = NETWORKS[name]
    analysis = analyzer.analyze(MODELS / file, set=variables)
    return "".join(render([analysis], Options(width=width, depth=depth))).count("\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="exit 1 where a network is too long")
    asked = parser.parse_args()
    print(f"{'lines at a width of':<20}{''.join(f'{width:>7}' for width in WIDTHS)}{'unfolded, at 80':>18}")
    missed = []
    for name in NETWORKS:
        counts = [lines(name, width) for width in WIDTHS]
        print(f"{name:<20}{''.join(f'{count:>7}' for count in counts)}{lines(name, 80, ALL):>18}")
        if name in LIMITED and max(counts) > LINES:
            missed.append(name)
    print(f"at most {LINES}: {'missed by ' + ', '.join(missed) if missed else 'kept by ' + ', '.join(LIMITED)}")
    return 1 if asked.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
