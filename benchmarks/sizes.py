"""How long `analyzer sizes` takes on each example, start of the process included, and how many sizes it tries.

    python benchmarks/sizes.py                       # a line for each example, the slowest last
    python benchmarks/sizes.py --limit 2             # exit code 1 if one takes longer than 2 seconds

Every answer is a network placed again. Most are replays of layers that are placed already; examples whose expressions
ask for sizes, such as ViT's `$(H*W)`, are expanded from their description for each size.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "example_models"
COMMAND = str(Path(sys.executable).with_name("analyzer"))


def timed(path: Path) -> tuple[float, dict[str, object]] | None:
    """Seconds (the best of three) and the report of one example; None for a network whose input is a vector."""
    best, report = float("inf"), None
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(
            [COMMAND, "sizes", str(path), "--format", "json"], capture_output=True, text=True, check=False
        )
        best = min(best, time.perf_counter() - start)
        if done.returncode == 2 and "is a vector" in done.stderr:
            return None
        report = json.loads(done.stdout)
    assert report is not None
    return best, report


def tried(report: dict[str, object]) -> int:
    """The sizes that were tried, on each axis and on axes together."""
    axes = report["axes"]
    assert isinstance(axes, dict)
    answers = [*axes.values(), *([report["together"]] if "together" in report else [])]
    return sum(last - first + 1 for answer in answers for first, last in answer["tried"])


def main() -> int:
    """Prints the times, and says by the exit code whether they are within the limit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="the longest that an example may take")
    limit = parser.parse_args().limit
    found = []
    for path in sorted(EXAMPLES.glob("*.yaml")):
        result = timed(path)
        if result is None:
            print(f"{path.stem:24} the input is a vector")
        else:
            found.append((result[0], path.stem, tried(result[1])))
    for seconds, name, sizes in sorted(found):
        print(f"{name:24} {seconds:6.2f} s  {sizes:6,} sizes  {1000 * seconds / sizes:6.2f} ms each")
    return 1 if limit is not None and max(found)[0] > limit else 0


if __name__ == "__main__":
    sys.exit(main())
