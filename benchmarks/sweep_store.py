"""What the store of a sweep and the Pareto front cost beyond the calculation of the variants.

    python benchmarks/sweep_store.py                 # 1,000,000 variants into SQLite, and the front of three amounts
    python benchmarks/sweep_store.py --check         # exits 1 where a limit is missed three times in a row
    python benchmarks/sweep_store.py --fronts        # the front of 100,000 points, random or all on it, by the goals

Variants with random amounts stand for calculated ones. Making them is the work itself: one process only makes them,
another one stores them too, as a sweep does, in chunks of what a core calculates in a second. The difference is what
the store costs. Each figure is of a process of its own, in seconds that pass, seconds of CPU, and MiB at the peak.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from analyzer.loader.parse.file import parse
from analyzer.sweeping.evaluate import Job
from analyzer.sweeping.front import front
from analyzer.sweeping.result import Axis, Variant
from analyzer.sweeping.store import Store

ROOT = Path(__file__).resolve().parent.parent
#: The variants, and how many of them a chunk has.
NUMBER, CHUNK = 1_000_000, 450
#: The most seconds, and the most MiB of memory.
SECONDS, MEMORY = 10.0, 100.0
AXES = [Axis("width", range(1000)), Axis("depth", range(1000)), Axis("act", ["relu"])]
AMOUNTS = ["params", "macs", "peak_training_memory"]


def chunks(number: int) -> Iterator[list[Variant]]:
    """Variants with amounts that do not depend on each other; two of three fit."""
    draw = random.Random(0)
    for first in range(0, number, CHUNK):
        chunk = []
        for id in range(first, min(first + CHUNK, number)):
            values: dict[str, int | float | str] = {"width": id // 1000, "depth": id % 1000, "act": "relu"}
            amounts: dict[str, int | None] = {key: draw.randrange(10**9) for key in AMOUNTS}
            chunk.append(Variant(id, values, amounts, id % 3 > 0, [] if id % 3 else ["macs"]))
        yield chunk


def work(number: int, stored: bool) -> None:
    """Makes the variants; with `stored`, stores them and marks the front. Prints seconds, seconds of CPU, and MiB."""
    import resource

    start, cpu = time.perf_counter(), time.process_time()
    on_front = 0
    if stored:
        text = (ROOT / "example_models" / "resnet50.yaml").read_text(encoding="utf-8")
        job = Job("resnet50.yaml", AXES, AMOUNTS, model=parse(text, "resnet50.yaml").model)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "runs.sqlite")
            with Store.create(path, job, "ResNet-50") as store:
                for chunk in chunks(number):
                    store.add(chunk)
                on_front = store.mark_front(AMOUNTS, [])
            size = os.path.getsize(path) / 2**20
    else:
        size = 0.0
        for _ in chunks(number):
            pass
    spent = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    print(*spent, peak, size, on_front)


def measured(number: int) -> tuple[float, float]:
    """Prints what the store costs beyond the work; returns the seconds and the MiB."""
    runs = {}
    for part in ("work", "store"):
        command = [sys.executable, __file__, "--part", part, "--number", str(number)]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        runs[part] = [float(word) for word in output.split()]
        seconds, cpu, peak, *_ = runs[part]
        print(f"{part:6} {seconds:6.1f} s  {cpu:6.1f} s of CPU  {peak:6.1f} MiB")
    seconds, cpu, peak = (a - b for a, b in zip(runs["store"][:3], runs["work"][:3], strict=True))
    size, on_front = runs["store"][3:]
    print(f"beyond {seconds:6.1f} s  {cpu:6.1f} s of CPU  {peak:6.1f} MiB", end="")
    print(f"   {number:,} variants, {size:.0f} MiB on the disk, {on_front:.0f} on the front")
    return seconds, peak


def fronts(number: int) -> None:
    """Prints how long the front of points takes, in seconds of CPU, by the number of goals."""
    draw = random.Random(0)
    for goals in range(2, 7):
        some: list[tuple[float, ...]] = [tuple(draw.random() for _ in range(goals)) for _ in range(number)]
        firsts = [[draw.randrange(10**9) for _ in range(goals - 1)] for _ in range(number)]
        for name, points in (("random", some), ("all on it", [(*first, -sum(first)) for first in firsts])):
            start = time.process_time()
            found = front((point, place) for place, point in enumerate(points))
            print(
                f"{goals} goals, {name:9}  {time.process_time() - start:6.2f} s  {len(found):9,} on the front",
                flush=True,
            )


def main() -> int:
    """Prints the figures, and says by the exit code whether they are within the limits."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 where a limit is missed three times in a row")
    parser.add_argument("--fronts", action="store_true", help="the front of points, by the number of goals")
    parser.add_argument("--number", type=int, default=None, help="how many variants, or points")
    parser.add_argument("--part", choices=("work", "store"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.fronts:
        fronts(asked.number or 100_000)
        return 0
    number = asked.number or NUMBER
    if asked.part is not None:
        work(number, asked.part == "store")
        return 0
    for _ in range(3 if asked.check else 1):
        seconds, peak = measured(number)
        if seconds <= SECONDS and peak <= MEMORY:
            return 0
    return 1 if asked.check else 0


if __name__ == "__main__":
    sys.exit(main())
