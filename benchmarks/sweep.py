"""How many variants of ResNet-50 a sweep calculates a second, what a second process brings, and what it holds in memory.

    python benchmarks/sweep.py                       # prints each number beside its goal, about two minutes
    python benchmarks/sweep.py --check               # exit code 1 if a goal is missed
    python benchmarks/sweep.py --only rates          # rates, processes or memory
    python benchmarks/sweep.py --ratios --check      # judges only what is as large on any machine

The rates are variants in a second of CPU time on one core, the best of several rounds, in which `analyze` and the sweep
take turns: whatever else a machine does slows down both. The garbage collector is off, as it is in the command. What a
second process brings can only be seen where two processors have nothing else to do; otherwise a line says so.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from analyzer import Model, analyze, load
from analyzer.sweeping.evaluate import Job
from analyzer.sweeping.result import Axis
from analyzer.sweeping.run import run

EXAMPLES = Path(__file__).resolve().parent.parent / "example_models"
#: Without its budget, whose amounts would be calculated too.
RESNET = (EXAMPLES / "resnet50.yaml").read_text(encoding="utf-8").partition("\nbudget:")[0] + "\n"
#: The width of ResNet-50 in the rates, and so many variants a round.
WIDTHS = range(16, 256)
ROUNDS = 7
#: A network of 16 layers that are others for every rate; so many rates are drawn.
RATES = "input: 16x16x8\nvars: {rate: 0.5}\nlayers:\n" + 16 * "  - conv: {filters: 8, kernel: 1}\n  - dropout: $rate\n"
DRAWN = 100_000
#: At least so much, where the number is no size in MiB.
GOALS = {"params, macs": 450.0, "× analyze": 1.6, "training memory": 90.0, "× one process": 1.8, "MiB": 150.0}


def job(model: Model, *keys: str, widths: Sequence[int] = WIDTHS) -> Job:
    """A sweep of widths that calculates these amounts."""
    return Job(label="resnet50.yaml", axes=[Axis("width", widths)], keys=keys, model=model)


def rate(work: Callable[[int], object], number: int) -> float:
    """How often `work` is done in a second of CPU time."""
    start = time.process_time()
    for place in range(number):
        work(place)
    return number / (time.process_time() - start)


def rates() -> Iterator[tuple[str, float]]:
    """Variants a second: `analyze`, the sweep, their ratio, and the sweep with the memory of training."""
    model = load(RESNET)
    plain, training = (job(model, "params", "macs", *more).evaluator() for more in ((), ("peak_training_memory",)))
    works: list[tuple[Callable[[int], object], int]] = [
        (lambda place: analyze(model, set={"width": WIDTHS[place]}), 60),
        (plain.of, 120),
        (training.of, 30),
    ]
    found = [max(each) for each in zip(*([rate(*work) for work in works] for _ in range(ROUNDS)), strict=True)]
    yield from zip(("analyze", "params, macs", "training memory"), found, strict=True)
    yield "× analyze", found[1] / found[0]


def processes() -> Iterator[tuple[str, float]]:
    """How many times as fast two processes are as one, by the clock; nothing where processors are busy."""
    busy, there = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if there < 2 or busy > 0.5:
        print(f"two processes: not measured, with {there} processors and a load of {busy:.1f}; 2 idle ones are needed")
        return
    sweep = job(load(RESNET), "params", "macs", widths=range(16, 16 + 8_000))
    seconds = []
    for workers in (1, 2):
        start = time.perf_counter()
        done = sum(map(len, run(sweep, sweep.order().ids, workers=workers)))
        seconds.append(time.perf_counter() - start)
        assert done == 8_000
    yield "× one process", seconds[0] / seconds[1]


def memory() -> Iterator[tuple[str, float]]:
    """The most MiB that the command holds which draws 100,000 random numbers."""
    axis, drawn = "rate=0.1:0.9", str(DRAWN)
    command = [sys.executable, "-m", "analyzer", "sweep", "-", "--set", axis, "--random", drawn, "--quiet"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert child.stdin is not None
    child.stdin.write(RATES.encode())
    child.stdin.close()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    yield "MiB", used.ru_maxrss / 1024


#: What each number is, beside it.
WORDS = {
    "analyze": "variants/s: `analyze` of ResNet-50",
    "params, macs": "variants/s: the sweep of ResNet-50, `params` and `macs`",
    "training memory": "variants/s: the same and `peak_training_memory`",
    "× analyze": "times as fast as `analyze`",
    "× one process": "times as fast with two processes as with one",
    "MiB": f"MiB at the peak: {DRAWN:,} random rates of 16 dropouts",
}


def main() -> int:
    """Measures and prints; with `--check`, compares with the goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    measured = {"processes": processes, "rates": rates, "memory": memory}
    parser.add_argument("--only", choices=measured)
    parser.add_argument("--ratios", action="store_true")
    asked = parser.parse_args()
    gc.disable()
    missed = False
    for name, measure in measured.items():
        for key, number in measure() if asked.only in (None, name) else ():
            judged = GOALS.get(key) if key[0] == "×" or not asked.ratios else None
            least, most = (None, judged) if key == "MiB" else (judged, None)
            goal = f"at least {least:g}" if least is not None else f"at most {most:g}" if most is not None else ""
            print(f"{number:8.1f}  {WORDS[key]:<64}{goal}".rstrip())
            missed |= (least is not None and number < least) or (most is not None and number > most)
    return int(asked.check and missed)


if __name__ == "__main__":
    sys.exit(main())
