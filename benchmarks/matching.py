"""Modules of torch and Keras held against the example models: whether they match, how long it takes, and which mistakes are found.

    python benchmarks/matching.py                 # all of it: the table, times, memory, planted mistakes
    python benchmarks/matching.py --check         # exits with 1 where a goal below is missed
    python benchmarks/matching.py resnet50 vgg    # only the modules whose label has one of these words
    python benchmarks/matching.py --mutants 400 --missed    # more mistakes for each module, and each one that is missed

needs torch; torchvision, timm and Keras where they are installed. The modules are those of tests/peers/live_networks.py. A
planted mistake is one changed line of the YAML (tests/matching/mutations.py), compared with the module as it is: it counts
if the text loads and has other volumes or counts. It is found where the match is not equal, and shown first where the first
difference is at the layer of the mistake.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "peers"), str(ROOT / "tests" / "matching")]

from live_networks import PACKAGES, Live, networks  # noqa: E402
from verdicts import Reviewed, Verdict, reviewed  # noqa: E402

from analyzer import analyze  # noqa: E402
from analyzer.matching.live import observe  # noqa: E402
from analyzer.matching.match import match  # noqa: E402

#: Goals: the modules of torchvision, planted mistakes, and the shares of them that are found and shown first.
NETWORKS, MUTANTS, FOUND, FIRST = 20, 300, 1.0, 0.95
#: Most milliseconds of ResNet-50 in a warm process, and most MiB that ViT-L needs beside its module.
MILLISECONDS, MEBIBYTES = 150, 100


class Tried(NamedTuple):
    """A module that was compared: the observation and the match, and the milliseconds of each."""

    live: Live
    review: Reviewed
    seeing: float
    matching: float


def tried(live: Live) -> Tried:
    """Compares a module with its example several times; the fastest counts."""
    module = live.build()
    analysis = analyze(live.path, set=dict(live.set))
    seeing, matching = [], []
    for _ in range(4):
        start = time.perf_counter()
        seen = observe(module, analysis)
        between = time.perf_counter()
        match(seen, analysis)
        seeing.append(between - start)
        matching.append(time.perf_counter() - between)
    review = reviewed(live.path.read_text("utf-8"), live.set, seen)
    return Tried(live, review, min(seeing) * 1e3, min(matching) * 1e3)


def table(words: list[str]) -> list[Tried]:
    """Compares all modules and prints a line for each."""
    found = []
    print(f"{'module':<44}{'example':<22}{'calls':>6}{'layers':>8}{'see':>8}{'match':>8}   ")
    for package in PACKAGES:
        try:
            for live in networks(package):
                if words and not any(word.lower() in live.label.lower() for word in words):
                    continue
                one = tried(live)
                found.append(one)
                seen, held = one.review.observation, one.review.match
                said = "equal" if held.equal else _first(one.review)
                print(
                    f"{live.label:<44}{live.file:<22}{len(seen.layers):>6}{len(held.pairs):>8}{one.seeing:>6.0f}ms{one.matching:>6.0f}ms   "
                    f"{said}{f' (real tensors: {seen.real})' if seen.real else ''}",
                    flush=True,
                )
        except ImportError as error:
            print(f"{package}: skipped, {error}")
    return found


def _first(review: Reviewed) -> str:
    one = next((one for one in review.match.differences if not one.follows), review.match.differences[0])
    seen, row = (one.observed.name if one.observed else "—"), (one.row.name if one.row else "—")
    return f"{len(review.match.differences)} DIFFER, first {seen} / {row}: {dict(one.fields)}"


def planted(found: list[Tried], count: int) -> Iterator[tuple[Live, Verdict]]:
    """The verdicts of up to so many mistakes in the text of each module that matches."""
    for one in found:
        if one.review.match.equal:
            for verdict in one.review.mutants(count, one.live.label):
                yield one.live, verdict


def mistakes(found: list[Tried], count: int, *, missed: bool) -> tuple[int, float, float]:
    """How many mistakes were planted, and the shares that were found and shown first; prints them by their kinds."""
    kinds: dict[str, Counter[str]] = {}
    for live, verdict in planted(found, count):
        tally = kinds.setdefault(verdict.mutation.kind, Counter())
        tally["planted"] += 1
        tally["found"] += verdict.found
        tally["first"] += verdict.first
        if not verdict.found or (missed and not verdict.first):
            print(f"  {live.label} ({live.file}.yaml), {verdict.mutation}: {verdict.text}")
    print(f"{'mistake':<12}{'planted':>8}{'found':>8}{'shown first':>13}")
    total: Counter[str] = sum(kinds.values(), Counter())
    for kind, tally in [*sorted(kinds.items()), ("all", total)]:
        print(f"{kind:<12}{tally['planted']:>8}{tally['found']:>8}{tally['first']:>13}")
    planted_ = total["planted"]
    return planted_, total["found"] / max(planted_, 1), total["first"] / max(planted_, 1)


MEMORY = """
import sys
sys.path[:0] = {paths!r}
from analyzer import analyze
from analyzer.matching.live import observe
from analyzer.matching.match import match
from live_networks import EXAMPLES
from with_torchvision import torchvision

def kept(key):
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1])

build = torchvision().models
analysis = analyze(EXAMPLES / "vit_b16.yaml", set={{"width": 1024, "heads": 16, "depth": 24}})
small = build.vit_b_16()
observe(small, analyze(EXAMPLES / "vit_b16.yaml"))
module = build.vit_l_16()
open("/proc/self/clear_refs", "w").write("5")
before = kept("VmRSS")
found = match(observe(module, analysis), analysis)
print(found.equal, sum(p.numel() for p in module.parameters()), kept("VmHWM") - before)
"""


def memory() -> float | None:
    """MiB that a match of ViT-L needs at most, beside the module; None where it cannot be measured."""
    try:
        program = MEMORY.format(paths=sys.path[:3])
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    except subprocess.CalledProcessError as error:
        print(f"ViT-L: skipped, {error.stderr.strip().splitlines()[-1]}")
        return None
    equal, parameters, kibibytes = run.stdout.split()
    print(
        f"ViT-L, {int(parameters):,} parameters: {int(kibibytes) / 1024:.1f} MiB more, at most {MEBIBYTES} (equal: {equal})"
    )
    return int(kibibytes) / 1024


def missed(found: list[Tried], planted: int, hits: float, first: float, more: float | None) -> list[str]:
    """The goals that were not reached."""
    ours = [one for one in found if one.live.package == "torchvision"]
    slow = max((one.seeing + one.matching for one in ours if one.live.name == "resnet50"), default=0.0)
    wrong = [one.live.label for one in found if not one.review.match.equal]
    goals = {
        f"modules that differ: {', '.join(wrong)}": not wrong,
        f"{len(ours)} of {NETWORKS} networks of torchvision": not ours or len(ours) >= NETWORKS,
        f"{planted} of {MUTANTS} mistakes": planted >= MUTANTS,
        f"found {hits:.1%} of them": hits >= FOUND,
        f"showed {first:.1%} of them first": first >= FIRST,
        f"{slow:.0f} ms for ResNet-50": slow <= MILLISECONDS,
        f"{more} MiB for ViT-L": more is None or more < MEBIBYTES,
    }
    return [name for name, reached in goals.items() if not reached]


def main() -> int:
    """Measures and prints; with `--check`, compares with the goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="parts of the labels of modules")
    parser.add_argument("--check", action="store_true")
    parser.add_argument(
        "--mutants", type=int, default=30, metavar="N", help="mistakes drawn for each module (default: 30)"
    )
    parser.add_argument(
        "--missed", action="store_true", help="also lists the mistakes that are found but not shown first"
    )
    asked = parser.parse_args()
    if find_spec("torch") is None:
        print("skipped: torch is not installed")
        return 0
    warnings.filterwarnings("ignore")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    found = table(asked.words)
    planted, hits, first = mistakes(found, asked.mutants, missed=asked.missed)
    print(f"{planted} mistakes: {hits:.1%} found, {first:.1%} shown first")
    more = None if asked.words else memory()
    wrong = [] if asked.words else missed(found, planted, hits, first, more)
    for name in wrong:
        print(f"missed: {name}")
    return int(asked.check and bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
