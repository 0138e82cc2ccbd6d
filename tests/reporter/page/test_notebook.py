"""What a notebook shows: summary, graph and table, without a script, without ids, and small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import analyzer

MODELS = Path(__file__).parents[3] / "example_models"


@pytest.mark.parametrize("settings", [{}, {"depth": 152}], ids=["resnet50", "resnet152"])
def test_a_notebook_shows_summary_graph_and_table(settings: dict[str, int]) -> None:
    analysis = analyzer.analyze(MODELS / "resnet.yaml", set=settings)
    shown = analysis._repr_html_() or ""
    assert shown.index("<dl") < shown.index("<svg") < shown.index("<table")
    assert shown.count("<svg") == 1
    assert len(shown.encode()) < 90_000
    assert not re.search(r"<script|<button|<link|\son[a-z]+=|javascript:|\bid=", shown)
    assert f"{analysis.totals.shared.parameters:,}" in shown


def test_its_style_is_only_about_its_own_element() -> None:
    shown = analyzer.analyze({"input": "8x8x3", "layers": [{"conv": {"filters": 4, "kernel": 3}}]})._repr_html_() or ""
    style = shown.partition("<style>")[2].partition("</style>")[0]
    rules = re.sub(r"@media[^{]*\{", "", style)
    for selectors in re.findall(r"(?:^|\})\s*([^{}@]+)\{", rules):
        assert all(".analyzer" in one for one in selectors.split(",")), selectors


def test_a_name_is_text() -> None:
    name = "</svg><script>alert(1)</script>"
    shown = analyzer.analyze({"name": name, "input": "8x8x3", "layers": ["relu"]})._repr_html_() or ""
    assert "<script" not in shown
