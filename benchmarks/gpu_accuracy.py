"""The memory model against steps on a GPU: `python benchmarks/memory_accuracy.py --gpu` prints these tables.

What was measured: `tests/data/gpu/steps.json` (tests/data/README.md says how). No GPU and no framework are needed. Rows
with `cudnn.benchmark` are left out: there cuDNN tries algorithms with workspaces that it does not need. `--rows FILE`
takes the rows of another file, which `gpu_measure.py` made.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "engine" / "memory")]

from convolutions_on_gpu import MODES, OPERATIONS, rows_of_mode  # noqa: E402
from gpu_rows import content_of  # noqa: E402
from on_gpu import STEPS, held, rows_of, steps  # noqa: E402

from analyzer.engine.memory.growth import Growth  # noqa: E402

GIB = 2**30

#: The most that a figure may differ from what was measured, in parts of it: on average over all rows, and each.
LIMITS = {
    "training peak": (0.01, 0.03),
    "training reserved": (0.04, 0.10),
    "inference peak": (0.02, 0.06),
    "inference reserved": (0.04, 0.10),
}

#: The least and the most of the measured largest batch that may be safe, and that may be at risk.
SAFE, AT_RISK = (0.93, 1.0), (1.0, 1.04)

#: The part of the operations of each mode whose workspaces are within 5 %, or within 1 MiB where that is more.
HIT = 0.9

Lines = Iterator[str]


class Compared(NamedTuple):
    """A figure of a row: what it is, whose, measured and predicted, in bytes."""

    figure: str
    network: str
    batch: int
    mode: str
    measured: int
    ours: int

    @property
    def error(self) -> float:
        """How much too large, in parts of what was measured."""
        return self.ours / self.measured - 1


@cache
def compared(file: Path) -> list[Compared]:
    """Every figure of every row of training and inference."""
    found = []

    def add(figure: str, row: dict[str, Any], measured: str, ours: int) -> None:
        found.append(Compared(figure, row["model"], row["batch"], row["mode"], row[measured], ours))

    for row in rows_of("train", file):
        memory = held(row)
        add("training peak", row, "peak_requested", memory.peak.bytes)
        add("training reserved", row, "peak_reserved", memory.reserved_training)
    for row in rows_of("infer", file):
        memory = held(row)
        add("inference peak", row, "peak_requested", memory.eager_bytes)
        add("inference reserved", row, "peak_reserved", memory.reserved_inference)
    return found


class Largest(NamedTuple):
    """The largest batch under a cap: measured, the first that failed, and what the model says."""

    network: str
    mode: str
    gib: float
    measured: int
    failed: int
    safe: int
    at_risk: int


@cache
def largest(file: Path) -> list[Largest]:
    """Every measured largest batch. The caps are on the allocator, so nothing else takes a part of them."""
    found = {}
    for row in rows_of("maxbatch", file):
        memory, room = held(row), int(row["cap_gib"] * GIB)
        growth = Growth(memory.work, memory.run)
        one = Largest(
            row["model"], row["mode"], row["cap_gib"], row["max_batch"], row["first_fail"],
            growth.safe(room), growth.most(room),
        )  # fmt: skip
        found[one.network, one.mode, one.gib] = one  # some were measured twice, with the same result
    return sorted(found.values())


def percent(part: float) -> str:
    """A signed error."""
    return f"{100 * part:+.2f} %".replace("-", "−")


def summary(
    key: Callable[[Compared], tuple[str, ...]], file: Path
) -> Iterator[tuple[tuple[str, ...], int, float, float]]:
    """For each group of figures its key, how many there are, the mean of their errors' sizes, and the worst error."""
    groups: dict[tuple[str, ...], list[float]] = {}
    for one in compared(file):
        groups.setdefault(key(one), []).append(one.error)
    for name, errors in groups.items():
        yield name, len(errors), statistics.mean(map(abs, errors)), max(errors, key=abs)


def table(head: Iterable[str], body: Iterable[Iterable[object]], left: int) -> Lines:
    """A table in Markdown; the columns from `left` on are numbers."""
    names = list(head)
    yield "| " + " | ".join(names) + " |"
    yield "|" + "".join("---:|" if place >= left else "---|" for place in range(len(names)))
    for line in body:
        yield "| " + " | ".join(map(str, line)) + " |"


def modes(file: Path) -> Lines:
    """The errors of every figure, by mode."""
    body = [
        [*name, count, f"{100 * mean:.2f} %", percent(worst)]
        for name, count, mean, worst in sorted(summary(lambda one: (one.figure, one.mode), file))
    ]
    yield from table(["figure", "mode", "rows", "mean error", "worst"], body, 2)


def networks(file: Path) -> Lines:
    """The worst error of every figure, by network."""
    worst = {name: one for name, _, _, one in summary(lambda one: (one.network, one.figure), file)}
    body = [
        [network, *[percent(worst[network, figure]) if (network, figure) in worst else "" for figure in LIMITS]]
        for network in dict.fromkeys(network for network, _ in worst)
    ]
    yield from table(["worst error of", *LIMITS], body, 1)


def batches(file: Path) -> Lines:
    """The largest batches."""
    body = [
        [one.network, one.mode, f"{one.gib:.0f} GiB", one.measured, one.failed, one.safe, f"{one.safe / one.measured:.2f}",
         one.at_risk, f"{one.at_risk / one.measured:.2f}"]
        for one in largest(file)
    ]  # fmt: skip
    head = ["network", "mode", "under", "trained", "failed", "safe", "of trained", "at risk", "of trained"]
    yield from table(head, body, 3)


def hits(file: Path) -> dict[str, tuple[int, int]]:
    """For each mode the convolutions whose workspaces are hit, forward and backward, and all of them."""
    rows = {mode: rows_of_mode(mode, file) for mode in MODES}
    return {mode: (sum(row.hit for row in found), len(found)) for mode, found in rows.items() if found}


def operations(file: Path) -> Lines:
    """The workspaces of single convolutions."""
    body = [[mode, count, hit, f"{100 * hit / count:.0f} %"] for mode, (hit, count) in hits(file).items()]
    yield from table(["mode", "convolutions", "workspaces within 5 %", "part"], body, 1)


class Files(NamedTuple):
    """What the model is held against; None: nothing."""

    steps: Path | None = STEPS
    operations: Path | None = OPERATIONS


def files_of(path: Path) -> Files:
    """A file of `gpu_measure.py`. Raises ValueError where it is none, or has nothing to compare."""
    if "columns" in content_of(path):
        return Files(steps=None, operations=path)
    steps(path)
    return Files(steps=path, operations=None)


def missed(files: Files) -> Lines:
    """Every limit that is missed."""
    if files.steps:
        yield from missed_steps(files.steps)
    for mode, (hit, count) in hits(files.operations).items() if files.operations else ():
        if hit < HIT * count:
            yield f"operations in {mode}: {hit} of {count} have the right workspaces, at least {100 * HIT:g} %"


def missed_steps(file: Path) -> Lines:
    """Every limit of steps that is missed."""
    for (figure,), _, mean, _ in summary(lambda one: (one.figure,), file):
        if mean > LIMITS[figure][0]:
            yield f"{figure} on average: {100 * mean:.2f} %, at most {100 * LIMITS[figure][0]:g} %"
    for one in compared(file):
        if abs(one.error) > LIMITS[one.figure][1]:
            yield (
                f"{one.figure} of {one.network}, batch {one.batch}, {one.mode}: {percent(one.error)}, "
                f"at most {100 * LIMITS[one.figure][1]:g} %"
            )
    for case in largest(file):
        for word, batch, (least, most) in (("safe", case.safe, SAFE), ("at risk", case.at_risk, AT_RISK)):
            # Between the two measured batches nobody knows.
            if not least * case.measured <= batch <= max(most * case.measured, case.failed - 1):
                yield f"{case.network}, {case.mode}, under {case.gib:.0f} GiB: {batch} {word}, {case.measured} trained"
            if word == "safe" and batch > case.measured:
                yield f"{case.network}, {case.mode}, under {case.gib:.0f} GiB: {batch} {word}, only {case.measured} trained"


def misses(files: Files) -> Lines:
    """The same as a list."""
    yield from [f"- {one}" for one in missed(files)] or ["None."]


def tables(files: Files) -> dict[str, Callable[[], Lines]]:
    """Every table with its name."""
    found: dict[str, Callable[[], Lines]] = {"gpu-missed": partial(misses, files)}
    if files.steps:
        of_steps = {"gpu": modes, "gpu-networks": networks, "gpu-batches": batches}
        found = {**{name: partial(one, files.steps) for name, one in of_steps.items()}, **found}
    if files.operations:
        found["gpu-operations"] = partial(operations, files.operations)
    return found


TABLES = tables(Files())
