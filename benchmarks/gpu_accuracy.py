"""The memory model against steps on a GPU: `python benchmarks/memory_accuracy.py --gpu` prints these tables.

What was measured: `tests/data/gpu/steps.json` (tests/data/README.md says how). No GPU and no framework are needed. Rows
with `cudnn.benchmark` are left out: there cuDNN tries algorithms with workspaces that it does not need.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "engine" / "memory")]

from convolutions_on_gpu import MODES, rows_of_mode  # noqa: E402
from on_gpu import held, rows_of  # noqa: E402

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
def compared() -> list[Compared]:
    """Every figure of every row of training and inference."""
    found = []

    def add(figure: str, row: dict[str, Any], measured: str, ours: int) -> None:
        found.append(Compared(figure, row["model"], row["batch"], row["mode"], row[measured], ours))

    for row in rows_of("train"):
        memory = held(row)
        add("training peak", row, "peak_requested", memory.peak.bytes)
        add("training reserved", row, "peak_reserved", memory.reserved_training)
    for row in rows_of("infer"):
        memory = held(row)
        add("inference peak", row, "peak_requested", memory.eager_bytes)
        add("inference reserved", row, "peak_reserved", memory.reserved_inference)
    return found


class Largest(NamedTuple):
    """The largest batch under a cap: measured, the first that failed, and what the model says."""

    network: str
    gib: float
    measured: int
    failed: int
    safe: int
    at_risk: int


@cache
def largest() -> list[Largest]:
    """Every measured largest batch. The caps are on the allocator, so nothing else takes a part of them."""
    found = {}
    for row in rows_of("maxbatch"):
        memory, room = held(row), int(row["cap_gib"] * GIB)
        growth = Growth(memory.work, memory.run)
        one = Largest(
            row["model"], row["cap_gib"], row["max_batch"], row["first_fail"], growth.safe(room), growth.most(room)
        )
        found[one.network, one.gib] = one  # some were measured twice, with the same result
    return sorted(found.values())


def percent(part: float) -> str:
    """A signed error."""
    return f"{100 * part:+.2f} %".replace("-", "−")


def summary(key: Callable[[Compared], tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], int, float, float]]:
    """For each group of figures its key, how many there are, the mean of their errors' sizes, and the worst error."""
    groups: dict[tuple[str, ...], list[float]] = {}
    for one in compared():
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


def modes() -> Lines:
    """The errors of every figure, by mode."""
    body = [
        [*name, count, f"{100 * mean:.2f} %", percent(worst)]
        for name, count, mean, worst in sorted(summary(lambda one: (one.figure, one.mode)))
    ]
    yield from table(["figure", "mode", "rows", "mean error", "worst"], body, 2)


def networks() -> Lines:
    """The worst error of every figure, by network."""
    worst = {name: one for name, _, _, one in summary(lambda one: (one.network, one.figure))}
    body = [
        [network, *[percent(worst[network, figure]) for figure in LIMITS]]
        for network in dict.fromkeys(network for network, _ in worst)
    ]
    yield from table(["worst error of", *LIMITS], body, 1)


def batches() -> Lines:
    """The largest batches."""
    body = [
        [one.network, f"{one.gib:.0f} GiB", one.measured, one.failed, one.safe, f"{one.safe / one.measured:.2f}",
         one.at_risk, f"{one.at_risk / one.measured:.2f}"]
        for one in largest()
    ]  # fmt: skip
    yield from table(["network", "under", "trained", "failed", "safe", "of trained", "at risk", "of trained"], body, 2)


def hits() -> dict[str, tuple[int, int]]:
    """For each mode the convolutions whose workspaces are hit, forward and backward, and all of them."""
    return {mode: (sum(row.hit for row in rows_of_mode(mode)), len(rows_of_mode(mode))) for mode in MODES}


def operations() -> Lines:
    """The workspaces of single convolutions."""
    body = [[mode, count, hit, f"{100 * hit / count:.0f} %"] for mode, (hit, count) in hits().items()]
    yield from table(["mode", "convolutions", "workspaces within 5 %", "part"], body, 1)


def missed() -> Lines:
    """Every limit that is missed."""
    for (figure,), _, mean, _ in summary(lambda one: (one.figure,)):
        if mean > LIMITS[figure][0]:
            yield f"{figure} on average: {100 * mean:.2f} %, at most {100 * LIMITS[figure][0]:g} %"
    for one in compared():
        if abs(one.error) > LIMITS[one.figure][1]:
            yield (
                f"{one.figure} of {one.network}, batch {one.batch}, {one.mode}: {percent(one.error)}, "
                f"at most {100 * LIMITS[one.figure][1]:g} %"
            )
    for mode, (hit, count) in hits().items():
        if hit < HIT * count:
            yield f"operations in {mode}: {hit} of {count} have the right workspaces, at least {100 * HIT:g} %"
    for case in largest():
        for word, batch, (least, most) in (("safe", case.safe, SAFE), ("at risk", case.at_risk, AT_RISK)):
            # Between the two measured batches nobody knows.
            if not least * case.measured <= batch <= max(most * case.measured, case.failed - 1):
                yield f"{case.network} under {case.gib:.0f} GiB: {batch} {word}, {case.measured} trained"
            if word == "safe" and batch > case.measured:
                yield f"{case.network} under {case.gib:.0f} GiB: {batch} {word}, only {case.measured} trained"


def misses() -> Lines:
    """The same as a list."""
    yield from (f"- {one}" for one in missed()) if any(missed()) else ("None.",)


TABLES: dict[str, Callable[[], Lines]] = {
    "gpu": modes,
    "gpu-networks": networks,
    "gpu-batches": batches,
    "gpu-missed": misses,
    "gpu-operations": operations,
}
