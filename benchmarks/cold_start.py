"""The command's cold start in units of bare Python's, and the peak memory of its process.

    python benchmarks/cold_start.py                  # the analyzer of this environment; an installed wheel, not a checkout
    python benchmarks/cold_start.py --check          # exits 1 where a limit is missed three times in a row
    python benchmarks/cold_start.py --peer 'python other_tool.py'

Commands are run in alternation and medians compared, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "example_models" / "resnet50.yaml"
#: A small file in each of the other formats; `--onnx` and the like give others, such as ResNet-50 of 102 MB.
OTHERS = {
    "darknet": ROOT / "tests" / "data" / "foreign" / "detector.cfg",
    "onnx": ROOT / "tests" / "data" / "foreign" / "hand.onnx",
    "keras": ROOT / "tests" / "data" / "foreign" / "functional.json",
    "pt2": ROOT / "tests" / "data" / "foreign" / "small.pt2",
}
#: The most that each path may take, in units of `python -c pass`, and the most memory in MiB.
LIMITS = {"table": 8.0, "json": 6.5, "darknet": 6.5, "onnx": 8.0, "keras": 7.0, "pt2": 10.0}
MEMORY = 40


def seconds(command: list[str]) -> float:
    """Wall-clock seconds of one run."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def peak_mib(command: list[str]) -> float:
    """Peak resident memory of one run, in MiB, measured in a process of its own."""
    code = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    output = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True).stdout
    return int(output) / (1024 if sys.platform != "darwin" else 1024**2)


def measure(commands: dict[str, list[str]], rounds: int) -> dict[str, tuple[float, float]]:
    """For each command the median milliseconds, and the median over the rounds of its time in units of the first one's.

    A round runs every command once, so that both times of a ratio are of one moment of the machine.
    """
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        seconds(command)  # compiles what is not compiled yet
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(seconds(command))
    bare = next(iter(times.values()))
    return {
        name: (statistics.median(own) * 1e3, statistics.median(a / b for a, b in zip(own, bare, strict=True)))
        for name, own in times.items()
    }


def report(commands: dict[str, list[str]], rounds: int) -> list[str]:
    """Prints one measurement; returns what is over its limit."""
    missed = []
    for name, (milliseconds, ratio) in measure(commands, rounds).items():
        limit = LIMITS.get(name)
        verdict = f"  limit {limit:g}" if limit else ""
        print(f"{name:<8}{milliseconds:8.1f} ms {ratio:7.2f}×{verdict}")
        if limit is not None and ratio > limit:
            missed.append(name)
    for name in LIMITS.keys() & commands.keys():
        size = peak_mib(commands[name])
        print(f"{name:<8}{size:8.1f} MiB peak     limit {MEMORY}")
        if size > MEMORY:
            missed.append(f"{name} memory")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = str(Path(sys.executable).with_name("analyzer"))
    parser.add_argument("--command", default=beside, help="the analyzer to measure")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--check", action="store_true", help="exit 1 where a limit is missed three times in a row")
    for name, file in OTHERS.items():
        parser.add_argument(f"--{name}", type=Path, default=file, help=f"the {name} file to measure, as JSON")
    parser.add_argument("--peer", action="append", default=[], help="another command to measure in the same rounds")
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "table": [asked.command, str(MODEL)],
        "json": [asked.command, str(MODEL), "--format", "json"],
        **{
            name: [asked.command, str(vars(asked)[name]), "--format", "json"]
            for name in OTHERS
            if vars(asked)[name].is_file()
        },
        **{text: shlex.split(text) for text in asked.peer},
    }
    missed: list[str] = []
    for _ in range(3 if asked.check else 1):
        missed = report(commands, asked.rounds)
        if not missed:
            break
        print(f"over the limit: {', '.join(missed)}")
    return 1 if missed and asked.check else 0


if __name__ == "__main__":
    sys.exit(main())
