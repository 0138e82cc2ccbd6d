"""A user's code, typed: `mypy --strict` accepts it, and every name of the public API is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import analyzer
from analyzer import Analysis, Diagnostic, Findings, Row, SavedReport, SavedRow, Volume
from analyzer.testing import Match, Mismatch, assert_budget, assert_clean, assert_matches

MODEL: dict[str, object] = {"input": "32x32x3", "layers": [{"conv": {"filters": 20, "kernel": 8}}]}


def biggest(analysis: Analysis | SavedReport) -> str:
    rows: list[Row | SavedRow] = [*analysis.rows]
    row = max(rows, key=lambda row: row.shared.parameters)
    kernel: tuple[int, ...] | None = row.kernel
    padding: tuple[tuple[int, int], ...] | None = row.padding
    groups: int | None = row.groups
    read: Volume = row.input
    return f"{row.name}: {row.kind} {read} -> {row.output}, {kernel}, {padding}, {groups}, {row.cumulative.macs}"


def totals(analysis: Analysis) -> tuple[int, int, int]:
    cost: analyzer.Cost = analysis.totals.shared
    sums: analyzer.Sums = analysis.totals
    return cost.parameters, cost.bytes, sums.macs


def wrong(model: analyzer.Model) -> list[Diagnostic]:
    found: Findings = analyzer.check(model, select=["CHECK2"])
    for finding in found:
        place = None if finding.span is None else (finding.span.file, finding.span.line)
        print(finding.severity, finding.code, finding.message, place, finding.notes, finding.help)
    return found.errors + found.warnings


def remembered(path: Path) -> int:
    found: analyzer.MemoryAnalysis = analyzer.memory(path, batch=8, optimizer="adam", device="24GiB")
    verdict = found.verdict()
    largest: tuple[int, int] | None = found.largest
    print(found, largest, None if verdict is None else verdict.word)
    return found.held("shared").peak.bytes + found.held().inference.peak.bytes


def tested(module: object, path: Path) -> tuple[int, list[str]]:
    try:
        match: Match = assert_matches(module, path, input="32x32x3", strict=True)
    except Mismatch as error:
        match = error.match
    found: Findings = assert_clean(path, select=["CHECK2"], severity="error")
    numbers: dict[str, int] = assert_budget(path, params="5M", layers={"min": 3})
    numbers |= analyzer.analyze(path).amounts(batch=8, optimizer="adam")
    return numbers["params"] + len(found), [one.row.name for one in match.differences if one.row is not None]


def compared(old: Path, new: dict[str, object]) -> bool:
    difference: analyzer.Difference = analyzer.diff(analyzer.read_report(old), new)
    changes: list[str] = [change.what for change in difference.layers]
    print(difference, changes, difference.changed_totals())
    return difference.equal


def swept(path: Path) -> list[tuple[int, int | None]]:
    found: list[analyzer.Variant] = [
        *analyzer.sweep(path, {"width": range(8, 65, 8)}, budget={"params": "5M"}, batch=8)
    ]
    front: list[analyzer.Variant] = analyzer.pareto_front(found, minimize=["macs"], maximize=["width"])
    return [(one.id, one.amounts["params"]) for one in front if one.fits]


def main() -> None:
    analysis: Analysis = analyzer.analyze(MODEL, batch=2, dtype="float16", input="64x64x3")
    document: dict[str, Any] = analysis.to_dict()
    Path("report.json").write_text(json.dumps(document), encoding="utf-8")
    frame = analysis.to_dataframe(mode="shared")
    print(frame.head(), analysis.peak.bytes, biggest(analysis), totals(analysis))
    explanation: analyzer.Explanation = analyzer.explain(MODEL, "conv1")
    sizes: analyzer.Sizes = analyzer.sizes(MODEL)
    accepted: analyzer.Accepted = sizes.axes["height"]
    reached: analyzer.Reached | None = sizes.reached
    print(explanation, accepted, reached)
    code: str = analyzer.convert(MODEL, to="torch") + analyzer.convert(MODEL, flat=True)
    print(code)
    try:
        analyzer.load("missing.yaml")
    except analyzer.ModelError as error:
        print(error.diagnostics[0].message)
    except (analyzer.FileError, analyzer.SettingError) as error:
        print(error)
