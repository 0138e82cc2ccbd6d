"""The keys of a layer's window: textbook numbers, reports from before they existed, and changes by hand."""

from __future__ import annotations

import json

import pytest

import analyzer
from analyzer.contract.saved import ReportError, read_report

TEXTBOOK = "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}\n  - relu\n"
KEYS = ("input", "kernel", "stride", "padding", "dilation", "groups")


def test_a_layer_has_its_window_on_each_axis() -> None:
    conv, relu = analyzer.analyze(TEXTBOOK).to_dict()["layers"]
    # CS231n: F = 8, S = 2, P = 1
    assert [conv[key] for key in KEYS] == ["32x32x3", [8, 8], [2, 2], [[1, 1], [1, 1]], [1, 1], 1]
    assert {key: relu[key] for key in KEYS if key in relu} == {"input": "14x14x20"}


def test_a_report_from_before_these_keys_is_still_read() -> None:
    report = json.loads(json.dumps(analyzer.analyze(TEXTBOOK).to_dict()))
    for layer in report["layers"]:
        for key in KEYS:
            layer.pop(key, None)
    assert read_report(json.dumps(report)) == report
    assert analyzer.diff(analyzer.analyze(TEXTBOOK), analyzer.analyze(TEXTBOOK)).equal


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("input", "16x16x3", "`relu1` reads 16x16x3, which is not the output of `conv1`"),
        ("kernel", [0, 0], "does not fit the report's schema"),
        ("padding", [[1, 1, 1]], "does not fit the report's schema"),
    ],
)
def test_a_window_changed_by_hand_is_refused(key: str, value: object, said: str) -> None:
    report = json.loads(json.dumps(analyzer.analyze(TEXTBOOK).to_dict()))
    report["layers"][-1][key] = value
    with pytest.raises(ReportError, match=said):
        read_report(json.dumps(report))
