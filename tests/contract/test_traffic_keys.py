"""Traffic, intensity and the MACs of the backward pass in a saved report, and in one from before they were written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import analyzer


def analyzed(*more: dict[str, Any], batch: int = 1) -> analyzer.Analysis:
    """The textbook's convolution, and more layers."""
    conv = {"conv": {"filters": 20, "kernel": 8, "stride": 2, "padding": 1}}
    return analyzer.analyze({"input": "32x32x3", "layers": [conv, *more]}, batch=batch)


def read(report: dict[str, Any]) -> Any:
    return analyzer.read_report(json.dumps(report, indent=1))


def test_the_keys_of_the_textbook_network() -> None:
    """3,072 numbers in, 3,860 or 756,560 parameters, 3,920 out, 4 bytes each; 752,640 MACs."""
    report = analyzed().to_dict()
    shared, local = 4 * (3072 + 3860 + 3920), 4 * (3072 + 756560 + 3920)
    for part in (report["layers"][0], report["totals"]):
        assert part["traffic"] == {"shared": shared, "local": local, "declared": shared}
        assert part["intensity"] == {mode: 1505280 / part["traffic"][mode] for mode in part["traffic"]}
        assert part["backward_macs"] == 752640  # the data need no gradient
    assert not {"traffic", "intensity", "backward_macs"} & set(report["layers"][0]["cumulative"])


def test_a_saved_report_has_them() -> None:
    found = analyzed({"flatten": {}}, batch=3)
    saved = read(found.to_dict())
    for row, old in zip(saved.rows, found.rows, strict=True):
        assert (row.traffic, row.backward_macs, row.intensity("local")) == (
            old.traffic,
            old.backward_macs,
            old.intensity("local"),
        )
    assert saved.totals.traffic == found.totals.traffic


def test_a_report_from_before_them_says_that_they_are_unknown() -> None:
    report = analyzed().to_dict()
    for part in (report["totals"], *report["layers"]):
        for key in ("traffic", "intensity", "backward_macs"):
            del part[key]
    saved = read(report)
    assert [f"{number:,}" for number in (saved.rows[0].traffic.shared, saved.rows[0].backward_macs)] == ["unknown"] * 2
    assert (saved.rows[0].intensity(), saved.rows[0].macs) == (None, 752640)


@pytest.mark.parametrize(
    ("part", "key", "said"),
    [
        ("traffic", "local", "its totals have 1 traffic (local), and its layers add up to 3,054,208"),
        (None, "backward_macs", "its totals have 1 backward_macs, and its layers add up to 752,640"),
    ],
)
def test_totals_that_do_not_add_up_are_refused(part: str | None, key: str, said: str) -> None:
    report = analyzed().to_dict()
    (report["totals"][part] if part else report["totals"])[key] = 1
    with pytest.raises(analyzer.FileError, match=re.escape(said)):
        read(report)
