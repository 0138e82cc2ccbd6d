"""How time and memory grow with the number of layers, repeated and written out; and a warm analysis of ResNet-50.

    python benchmarks/scale.py                       # prints seconds, ratios and peak memory

Ten times the layers should take about ten times as long. 10,000 layers written out, one per line, should take about as
long as 10,000 repetitions.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import analyzer
from analyzer.reporter.analysis import FORMATS
from analyzer.reporter.options import Options

EXAMPLES = Path(__file__).resolve().parent.parent / "example_models"
COMMAND = str(Path(sys.executable).with_name("analyzer"))
CONV = "conv: {filters: 64, kernel: 3, padding: 1}"


def repeated(count: int) -> str:
    """A model with `count` convolutions in one `repeat`."""
    return f"input: 64x64x64\nlayers:\n  - {CONV}\n    repeat: {count}\n"


def written_out(count: int) -> str:
    """The same model with one line per convolution."""
    return "input: 64x64x64\nlayers:\n" + f"  - {CONV}\n" * count


def run(text: str) -> tuple[float, float]:
    """Seconds (median of three runs) and peak MiB of the command that writes this model as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.yaml")
        Path(path).write_text(text)
        code = (
            "import resource, subprocess, sys, time; start = time.perf_counter(); "
            "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
            "print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
        )
        command = [sys.executable, "-c", code, COMMAND, path, "--format", "json"]
        times, peaks = [], []
        for _ in range(3):
            seconds, peak = map(
                float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            )
            times.append(seconds)
            peaks.append(peak)
        return statistics.median(times), max(peaks)


def warm() -> float:
    """Milliseconds to parse ResNet-50, analyse it and write it as JSON, in a process that has done so before."""
    text = (EXAMPLES / "resnet50.yaml").read_text()
    times = []
    for _ in range(30):
        start = time.perf_counter()
        "".join(FORMATS["json"].render([analyzer.analyze(analyzer.load(text))], Options()))
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    base, base_peak = run(repeated(10_000))
    print(f"10,000 repeated      {base:6.2f} s {base_peak:6.0f} MiB")
    many, many_peak = run(repeated(100_000))
    print(f"100,000 repeated     {many:6.2f} s {many_peak:6.0f} MiB   {many / base:.1f}× the time of 10,000")
    lines, lines_peak = run(written_out(10_000))
    print(
        f"10,000 written out   {lines:6.2f} s {lines_peak:6.0f} MiB   {lines / base:.1f}× the time of 10,000 repeated"
    )
    print(f"ResNet-50, warm      {warm():6.2f} ms from text to JSON")


if __name__ == "__main__":
    main()
