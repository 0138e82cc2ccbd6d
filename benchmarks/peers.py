"""Compares analyzer with other tools on ResNet-50: time to a printed summary, peak memory, and the numbers of each.

    python benchmarks/peers.py                     # the tools that are installed; the others are named
    python benchmarks/peers.py --record            # keeps counts and ratios in tests/data/peers.json, for docs/agreement.md

To set it up, make a virtual environment with `pip install . "torch==2.13.0" numpy`, and add any of torchinfo, thop,
ptflops, fvcore, torchprofile and onnx-tool with `--no-deps`, so that they do not install another torch.

Each command runs in its own process. The commands alternate, and the table shows the medians of their times, divided by
the time of `python -c pass`. The time of a tool includes importing torch and building the network in Python. onnx-tool
reads a file that was exported before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cold_start import MODEL, measure, peak_mib
from counters import TOOLS, TRAPS

import analyzer

HERE = Path(__file__).resolve().parent
FILE = HERE.parent / "tests" / "data" / "peers.json"
#: ResNet-50 in torchvision 0.28.0: the right numbers.
MACS, PARAMETERS = 4_089_184_256, 25_557_032


def installed(tool: str) -> bool:
    """Whether its package is installed, and torch or onnx with it."""
    package = TOOLS[tool].package
    return all(find_spec(name) for name in {package, "onnx" if package == "onnx_tool" else "torch"})


def version_of(tool: str) -> str:
    """The version of a tool's package."""
    try:
        return version(TOOLS[tool].package).partition("+")[0]
    except PackageNotFoundError:
        return "?"


def command(tool: str, folder: str, *more: str) -> list[str]:
    """The command that runs a tool."""
    return [sys.executable, "-W", "ignore", str(HERE / "counters.py"), tool, "--folder", folder, *more]


def counted(tool: str, folder: str) -> dict[str, Any] | str:
    """The numbers of a tool, or the last line of the error that ended it."""
    run = subprocess.run(command(tool, folder, "--count"), capture_output=True, text=True)
    if run.returncode:
        return "fails: " + run.stderr.strip().rpartition("\n")[2].partition(": ")[2]
    found: dict[str, Any] = json.loads(run.stdout.strip().rpartition("\n")[2])
    return found


def our_counts() -> dict[str, Any]:
    """The same numbers of analyzer."""
    totals = analyzer.analyze(MODEL).totals
    traps = {}
    for name, trap in TRAPS.items():
        volume, _, layer = trap.yaml.partition(": ")
        traps[name] = analyzer.analyze(f"input: {volume}\nlayers:\n  - {layer}\n").totals.macs
    return {"macs": totals.macs, "parameters": totals.shared.parameters, "traps": traps}


def compare(ours: str, rounds: int, folder: str) -> dict[str, Any]:
    """Every tool with its version, counts, time ratio and peak memory; or that it is not installed, or why it failed."""
    if find_spec("torch") and find_spec("onnx"):
        subprocess.run([sys.executable, "-W", "ignore", str(HERE / "counters.py"), "--export", folder], check=True)
    found: dict[str, Any] = {}
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "analyzer": [ours, str(MODEL)],
        "analyzer --format json": [ours, str(MODEL), "--format", "json"],
    }
    for name in list(commands)[1:]:
        found[name] = our_counts()
    for tool in TOOLS:
        counts = counted(tool, folder) if installed(tool) else "not installed"
        if isinstance(counts, str):
            found[tool] = {"failed": counts}
        else:
            found[tool] = {"version": version_of(tool), **counts}
            commands[tool] = command(tool, folder)
    if find_spec("torch"):
        found["`import torch` alone"] = {}
        commands["`import torch` alone"] = [sys.executable, "-c", "import torch"]
    times = measure(commands, rounds)
    for name in list(commands)[1:]:
        found[name]["ratio"] = round(times[name][1], 1)
        found[name]["peak_mib"] = round(peak_mib(commands[name]))
    return found


def cell(value: int | str | None, right: int) -> str:
    """A count, in bold if it is right."""
    if value is None:
        return ""
    text = f"{value:,}" if isinstance(value, int) else value
    return f"**{text}**" if value == right else text


def table(tools: dict[str, Any]) -> str:
    """The measurements as a table in markdown."""
    head = ["tool", "start", "peak memory", f"parameters ({PARAMETERS:,})", f"MACs ({MACS:,})"]
    head += [f"{name} ({trap.macs:,})" for name, trap in TRAPS.items()]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" + "---:|" * (len(head) - 1)]
    for name, found in tools.items():
        if "failed" in found:
            lines.append(f"| {name} | {found['failed']} |" + " |" * (len(head) - 2))
            continue
        row = [f"{name} {found['version']}" if "version" in found else name]
        row += [f"{found['ratio']:g}×", f"{found['peak_mib']} MiB"]
        row += [cell(found.get("parameters"), PARAMETERS), cell(found.get("macs"), MACS)]
        row += [cell(found.get("traps", {}).get(trap), TRAPS[trap].macs) for trap in TRAPS]
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--command", default=str(Path(sys.executable).with_name("analyzer")), help="the analyzer to time"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--record", action="store_true", help=f"write {FILE.name}")
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        tools = compare(asked.command, asked.rounds, folder)
    print(table(tools))
    if asked.record:
        whole = json.loads(FILE.read_text("utf-8"))
        whole["tools"] = tools
        FILE.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
