"""Several networks on one page: the dots, the front, names that keep apart, zeros, equal networks, wrong files."""

from __future__ import annotations

import re
from typing import Any

import pytest

import analyzer
from analyzer.diagnostics import Diagnostic
from analyzer.engine.result import Analysis
from analyzer.reporter.options import Failed, Options
from analyzer.reporter.page.comparison import dots_of
from analyzer.reporter.page.labels import Label, placed
from analyzer.reporter.page.page import render
from analyzer.reporter.page.reviewed import Reviewed

FAILED = Failed("bad.yaml", [Diagnostic("MODEL102", "no such layer", None)])


def network(name: str, *layers: Any) -> Reviewed:
    found: Analysis = analyzer.analyze({"name": name, "input": "8x8x3", "layers": [*layers]})
    return Reviewed(analysis=found)


def conv(filters: int, stride: int = 1) -> dict[str, Any]:
    return {"conv": {"filters": filters, "kernel": 1, "stride": stride}}


def page(*reports: Reviewed | Failed, **options: Any) -> str:
    return "".join(render(reports, Options(**options)))


#: 3 + 1 parameters a filter; 3·64 MACs a filter, or 3·16 with a stride of 2.
SMALL, LARGE, STRIDED = network("small", conv(4)), network("large", conv(8)), network("strided", conv(6, 2))


def test_the_front_is_what_no_other_network_undercuts() -> None:
    """By hand: 16, 32 and 24 parameters, 768, 1,536 and 288 MACs; `large` costs more of both than the others."""
    dots = dots_of([SMALL, LARGE, STRIDED], "shared")
    assert [(dot.names, dot.parameters, dot.macs, dot.front) for dot in dots] == [
        (["strided"], 24, 288, True),
        (["small"], 16, 768, True),
        (["large"], 32, 1536, False),
    ]


def test_equal_networks_share_a_dot() -> None:
    dots = dots_of([SMALL, network("twin", conv(4)), FAILED], "shared")
    assert [(dot.names, dot.places, dot.front) for dot in dots] == [(["small", "twin"], [0, 1], True)]


def test_the_comparison_is_the_first_view() -> None:
    text = page(SMALL, LARGE, STRIDED, FAILED)
    views = re.findall(r'data-view="([a-z]+)"', text)
    assert views[0] == "comparison"
    assert views.count("summary") == 4
    assert views.count("layers") == 3
    assert text.count("<h1") == text.count("<main") == 1
    assert "4 networks compared, 1 of them wrong" in text
    assert "On the Pareto front: strided, small." in text
    assert text.count("◆ on it") == 2
    assert " style=" not in text


def test_zeros_and_single_values_have_a_place() -> None:
    text = page(network("none", "relu"), network("other", "relu", "relu"))
    assert "nan" not in text.lower().partition("<script")[0]
    assert re.search(r'text-anchor="middle">0</text>', text)


def test_only_wrong_files_have_no_picture() -> None:
    text = page(FAILED, FAILED)
    assert "<svg" not in text.partition("</section>")[0]
    assert "2 networks compared, 2 of them wrong" in text


@pytest.mark.parametrize("name", ["</script><b>", "a" * 10_000, 'q"q', "`tick"])
def test_names_are_text(name: str) -> None:
    text = page(network(name, conv(4)), LARGE)
    assert text.count("</script>") == 1 + 3  # the script, and a block of data for each part
    assert "</script><b>" not in text


def test_names_keep_apart() -> None:
    """Dots on a grid that is narrower than their names."""
    labels = [Label(20.0 + 9 * place, 20.0 + 7 * (place % 5), 5, 60, 14) for place in range(40)]
    dots = [(one.x, one.y, one.radius) for one in labels]
    found = [(one, *place) for one, place in zip(labels, placed(labels, dots, (0, 0, 500, 300)), strict=True) if place]
    assert found
    for place, (_, x, y) in enumerate(found):
        for _, other_x, other_y in found[:place]:
            assert abs(x - other_x) >= 60 or abs(y - other_y) >= 14


def test_the_same_files_are_the_same_page() -> None:
    assert page(SMALL, LARGE) == page(SMALL, LARGE)
