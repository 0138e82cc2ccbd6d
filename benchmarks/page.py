"""The review page: how large it is, how long the command takes to write it, and how soon Chromium has drawn it.

    python benchmarks/page.py                  # four networks; needs the extra `browser` and a Chromium
    python benchmarks/page.py --check          # exits with 1 if a goal is missed three times in a row
    python benchmarks/page.py --parts          # also which part of the file has how many bytes
    python benchmarks/page.py --no-browser     # sizes and the time to write only

A page is ready in the frame after the one in which its script sets `data-ready`, counted from the start of loading the
file. The time to write is that of the whole command; it and bare Python's start are measured in alternation.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from cold_start import measure

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EXAMPLES = Path(__file__).resolve().parent.parent / "example_models"
#: Loads of a page in the browser, of which the median counts.
LOADS = 5


#: The most that each page may take: bytes, seconds until it is ready, seconds to write, and starts of bare Python.
GOALS: dict[str, dict[str, float]] = {
    "ResNet-50": {"size": 200_000, "ready": 0.5, "ratio": 25},
    "ResNet-152": {"size": 600_000, "ready": 1},
    "9,800 layers in blocks": {"size": 5_000_000, "ready": 1, "write": 5},
    "10,000 layers, flat": {"size": 6_000_000, "ready": 2},
}
#: How a number is written.
UNITS = {"size": (1e-3, "{:,.0f} kB"), "ready": (1, "ready in {:.2f} s"), "write": (1, "written in {:.2f} s"), "ratio": (1, "{:.1f} × bare Python")}  # fmt: skip


def blocks() -> str:
    """ResNet-50 with 980 bottlenecks of 10 layers in its four stages."""
    text = (EXAMPLES / "resnet50.yaml").read_text(encoding="utf-8").partition("budget:")[0]
    return re.sub(r"repeat: \d+", "repeat: 245", text).replace("name: ResNet-50", "name: 980 bottlenecks")


def flat() -> str:
    """A chain of 10,000 unlike convolutions, one a line, so that no neighbours are equal."""
    rng = random.Random(0)
    widths = (rng.randrange(8, 64) for _ in range(10_000))
    lines = "".join(f"  - conv: {{filters: {width}, kernel: 3, padding: 1}}\n" for width in widths)
    return f"input: 64x64x3\nlayers:\n{lines}"


def arguments(folder: Path) -> dict[str, list[str]]:
    """The operands of the command for each network."""
    for name, text in (("blocks", blocks()), ("flat", flat())):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    given = (
        [str(EXAMPLES / "resnet50.yaml")],
        [str(EXAMPLES / "resnet.yaml"), "--set", "depth=152"],
        [str(folder / "blocks.yaml")],
        [str(folder / "flat.yaml")],
    )
    return dict(zip(GOALS, given, strict=True))


@contextmanager
def chromium() -> Iterator[Browser | None]:
    """A started browser, or None after a line that says why there is none."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        print('no browser: playwright is not installed (pip install -e ".[browser]")')
        yield None
        return
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        except Error as error:
            print(f"no browser: {str(error).splitlines()[0]}")
            yield None
            return
        print(f"Chromium {browser.version}")
        yield browser
        browser.close()


def ready(browser: Browser, page: Path) -> float:
    """Median seconds until the page has drawn itself."""
    times = []
    for _ in range(LOADS):
        context = browser.new_context(viewport={"width": 1600, "height": 1000})
        tab = context.new_page()
        start = time.perf_counter()
        tab.goto(page.as_uri(), wait_until="commit")
        tab.wait_for_selector("html[data-ready]", state="attached")
        tab.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        times.append(time.perf_counter() - start)
        context.close()
    return statistics.median(times)


def parts(page: str) -> Mapping[str, int]:
    """The bytes of each part of a page: style, script, the columns of its data, and the HTML of each view."""
    found: dict[str, int] = {}
    for kind, pattern in (("style", r"<style>(.*?)</style>"), ("script", r"<script>(.*?)</script>")):
        found[kind] = sum(len(text.encode()) for text in re.findall(pattern, page, re.DOTALL))
    for data in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL):
        for key, value in json.loads(data).items():
            text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
            found[f"data: {key}"] = len(text.encode())
    starts = [*re.finditer(r'<section[^>]* data-view="(\w+)"', page)]
    ends = [start.start() for start in starts[1:]] + [page.find("</main>")]
    for start, end in zip(starts, ends, strict=True):
        found[f"view: {start[1]}"] = len(page[start.start() : end].encode())
    return {**found, "the rest": len(page.encode()) - sum(found.values())}


def line(name: str, found: Mapping[str, float], goal: Mapping[str, float]) -> str:
    """One line of the table: each number with its goal."""
    cells = []
    for key, (scale, form) in UNITS.items():
        number = form.format(found[key] * scale) if key in found else ""
        cells.append(number + (f" (at most {goal[key] * scale:,g})" if number and key in goal else ""))
    return f"{name:<24}" + "".join(f"{cell:<36}" for cell in cells).rstrip()


def main() -> int:
    """Measures and prints; with `--check`, compares with the goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--only", help="measures networks whose name has this word")
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder, nullcontext() if asked.no_browser else chromium() as browser:
        failed = []
        for name, operands in arguments(Path(folder)).items():
            if asked.only and asked.only not in name:
                continue
            page = Path(folder) / "page.html"
            for _ in range(3 if asked.check else 1):
                found = _measured(operands, page, browser)
                print(line(name, found, GOALS[name]))
                over = [key for key, most in GOALS[name].items() if found.get(key, 0) > most]
                if not over:
                    break
                print(f"beyond its goal: {', '.join(over)}")
            failed += over
            if asked.parts:
                for part, size in sorted(parts(page.read_text(encoding="utf-8")).items(), key=lambda one: -one[1]):
                    print(f"    {part:<24}{size:12,}")
    return int(asked.check and bool(failed))


def _measured(operands: list[str], page: Path, browser: Browser | None) -> dict[str, float]:
    command = [str(Path(sys.executable).with_name("analyzer")), *operands, "-o", str(page)]
    milliseconds, ratio = measure({"python": [sys.executable, "-c", "pass"], "page": command}, 5)["page"]
    found = {"size": page.stat().st_size, "write": milliseconds / 1e3, "ratio": ratio}
    return found if browser is None else {**found, "ready": ready(browser, page)}


if __name__ == "__main__":
    sys.exit(main())
