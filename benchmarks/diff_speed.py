"""Times comparisons: two large networks with their analysis, and two chains of 10,000 layers that differ by 100 edits.

python benchmarks/diff_speed.py                  # the fastest of five runs in a warm process, and the cold command
python benchmarks/diff_speed.py --check          # exits with 1 if a limit is exceeded
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from analyzer import analyze, load
from analyzer.difference import compare, of_analysis
from analyzer.reporter.difference import markdown
from analyzer.reporter.options import Options

ROOT = Path(__file__).resolve().parent.parent
RESNET = ROOT / "example_models" / "resnet.yaml"
LAYERS, EDITS = 10_000, 100
#: The most seconds that each may take.
LIMITS = {"ResNet-50 and ResNet-152": 0.2, "edited chain, unlike": 5.0, "edited chain, alike": 5.0}


#: Two descriptions of which every value was spelled in another way and one changed, so that all keys are compared.
_TEXT = RESNET.read_text(encoding="utf-8")
_MODELS = [(load(_TEXT), 50), (load(_TEXT.replace("filters: $c,", "filters: $(c),").replace("v1: 0", "v1: 1")), 152)]


def resnets() -> None:
    """Analyses two networks, compares them with their files and their peaks, and writes the comment for a review."""
    old, new = (of_analysis(analyze(model, set={"depth": depth}), model) for model, depth in _MODELS)
    "".join(markdown.render(compare(old, new), Options()))


def chains(widths: list[int]) -> Callable[[], None]:
    """A function that compares a chain of convolutions of these widths with a copy after 100 random edits."""
    rng = random.Random(1)
    edited = list(widths)
    for _ in range(EDITS):
        place = rng.randrange(len(edited))
        edit = rng.randrange(3)
        if edit == 0:
            del edited[place]
        elif edit == 1:
            edited.insert(place, 5)
        else:
            edited[place] = 6
    old, new = (_chain(each) for each in (widths, edited))
    return lambda: "".join(markdown.render(compare(old, new), Options())) and None


def _chain(widths: list[int]) -> dict[str, object]:
    layers = "".join(f"  - conv: {{filters: {width}, kernel: 1}}\n" for width in widths)
    return analyze(f"input: 4x4x3\nlayers:\n{layers}").to_dict()


def fastest(work: Callable[[], None]) -> float:
    """Seconds of the fastest of five runs."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def cold() -> float:
    """Seconds of the whole command on two networks, including the start of the interpreter."""
    command = [
        sys.executable,
        "-m",
        "analyzer",
        "diff",
        *(str(RESNET.with_name(f"{n}.yaml")) for n in ("resnet50", "resnet")),
    ]
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False, cwd=ROOT)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> int:
    """Measures and prints; with `--check`, compares with the limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    rng = random.Random(0)
    unlike = [rng.randrange(8, 64) for _ in range(LAYERS)]
    works = dict(zip(LIMITS, (resnets, chains(unlike), chains([8] * LAYERS)), strict=True))
    found = {name: fastest(work) for name, work in works.items()}
    for name, seconds in found.items():
        print(f"{name:<28}{seconds * 1e3:8.1f} ms   at most {LIMITS[name] * 1e3:,.0f}")
    print(f"{'cold command':<28}{cold() * 1e3:8.1f} ms")
    return int(asked.check and any(found[name] > limit for name, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
