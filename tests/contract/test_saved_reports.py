"""Saved reports: what is trusted, and what a large one takes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from test_fits import OLD, altered

import analyzer
from analyzer.contract.saved import ReportError, read_report
from analyzer.contract.schema import report_schema
from analyzer.contract.sums import Sums, wrong_names


def contradicts(report: dict[str, Any]) -> bool:
    sums = Sums()
    return any(wrong_names(report)) or any(sums.contradictions(report["layers"])) or any(sums.totals(report["totals"]))


@pytest.mark.parametrize("seed", range(3))
def test_a_report_is_read_where_it_fits_and_adds_up(seed: int) -> None:
    report = json.loads(json.dumps(analyzer.analyze(OLD).to_dict()))
    schema = report_schema()
    validator = Draft7Validator({"$ref": "#/definitions/report", "definitions": schema["definitions"]})
    chance = random.Random(seed)
    for _ in range(250):
        changed = altered(report, chance)
        right = validator.is_valid(changed) and not contradicts(changed)
        for running in (True, False):
            if not right:
                with pytest.raises(ReportError):
                    read_report(json.dumps(changed), running=running)
                continue
            read = read_report(json.dumps(changed), running=running)
            for layer in changed["layers"] if not running else ():
                del layer["cumulative"]
            assert read == changed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"format": 1, "batch": ' + "9" * 5_000 + "}",
            "is not a report: a number in it has thousands of digits",
        ),
        ('{"format": 1, "batch": 1e999}', "is not a report: it contains the number 1e999"),
        ('{"format": 1, "batch": NaN}', "is not a report: it contains NaN, which is not a number"),
        ('{"format": ' + "[" * 50_000, "is not a report: it nests too deeply"),
    ],
)
def test_numbers_and_nesting_that_no_report_has(text: str, said: str) -> None:
    with pytest.raises(ReportError) as caught:
        read_report(text)
    assert str(caught.value) == said


def test_a_large_report_is_compared_in_time_and_memory(tmp_path: Path) -> None:
    """30,000 layers; jsonschema needed 13 s for both, and the comparison 300 MB."""
    model = tmp_path / "large.yaml"
    model.write_text("input: 8x8x3\nlayers:\n  - {conv: {filters: 3, kernel: 3, padding: 1}, repeat: 30000}\n")
    report = tmp_path / "large.json"
    run = [sys.executable, "-m", "analyzer"]
    subprocess.run([*run, str(model), "-o", str(report)], check=True, timeout=60)
    (tmp_path / "copy.json").write_bytes(report.read_bytes())
    limited = ["bash", "-c", 'ulimit -v 260000; exec "$0" "$@"', *run]
    begun = time.perf_counter()
    done = subprocess.run(
        [*limited, "diff", str(report), str(tmp_path / "copy.json")], check=False, capture_output=True, timeout=60
    )
    assert (done.returncode, b"equal: 30,000 layers" in done.stdout) == (0, True), done.stderr
    assert time.perf_counter() - begun < 10  # about 1 s where nothing else runs
