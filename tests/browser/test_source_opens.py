"""Findings and source: what one marks the other shows, a long text comes in parts, and a wrong model has its page."""

from __future__ import annotations

import re

import pytest
from opening import Opening, serious, sideways

pytestmark = pytest.mark.browser

#: A network of 3,000 lines; a mistake that the checks find is on the first layer and on the last one.
LONG = "input: 8x8x8\nlayers:\n" + "".join(
    "  - conv: {filters: 8, kernel: 3, padding: 1, act: relu}\n" for _ in range(3000)
)
LONG += "  - conv: {filters: 8, kernel: 3, padding: 1, norm: batch_norm}\n"

WRONG = "input: 4x4x3\nlayers:\n  - conv: {filters: 4, kernel: 7}\n  - conv: {filters: </script>, kernel: 3}\n"


def test_a_line_marks_its_layers_and_layers_mark_their_lines(opened: Opening) -> None:
    page = opened("resnet50")
    line = page.locator(".source-line", has=page.locator("b", has_text=re.compile("^19$")))
    line.hover()
    assert line.get_attribute("data-on") == ""
    assert "stage1.1.conv2" in page.locator('[data-view="layers"]').inner_text()
    line.click()
    assert page.evaluate("decodeURIComponent(location.hash)") == "#stage1.1.conv2"
    line.click()
    assert page.evaluate("decodeURIComponent(location.hash)") == "#stage1.2.conv2"


def test_the_address_shows_the_line(opened: Opening) -> None:
    page = opened("resnet50", anchor="#stage2.1.conv2")
    marked = page.locator(".source-line[data-on]")
    assert [int(text.split()[0]) for text in marked.all_inner_texts()] == [19]
    top, bottom = page.locator(".source-text").evaluate(
        "region => { const box = region.getBoundingClientRect(); return [box.top, box.bottom]; }"
    )
    box = marked.bounding_box()
    assert box is not None
    assert top <= box["y"] <= bottom


def test_a_finding_marks_its_layers_and_shows_its_line(opened: Opening) -> None:
    page = opened("resnet50")
    finding = page.locator(".findings-item", has_text="CHECK101")
    finding.hover()
    assert finding.get_attribute("data-on") == ""
    assert page.locator(".source-line[data-on]").count() == 1
    finding.locator("a").focus()
    page.keyboard.press("Enter")
    assert page.locator(".source-line[data-found] b").inner_text() == "22"
    assert page.evaluate("location.hash") == "#stage1.1.conv4"  # the first layer of that line


def test_a_long_text_comes_in_parts(opened: Opening) -> None:
    page = opened(LONG)
    assert page.locator(".source-line").count() < 1000
    page.locator(".findings-item a", has_text="line 3003").click()
    found = page.locator(".source-line[data-found]")
    assert found.locator("b").inner_text() == "3003"
    assert found.locator("mark").inner_text().strip() == LONG.splitlines()[-1].strip()
    assert found.locator("> span").inner_text() == "8×8×8"
    assert page.locator(".source-line").count() < 1500


@pytest.mark.parametrize(("width", "dark"), [(1600, False), (400, True)])
def test_a_wrong_model_has_its_page(opened: Opening, width: int, dark: bool) -> None:
    page = opened(WRONG, width=width, dark=dark, axe=True)
    assert page.locator("h1").inner_text().endswith("net.yaml")
    assert page.locator(".findings-item").count() >= 1
    page.locator(".findings-item a").first.click()
    assert page.locator(".source-line[data-found] mark").count() == 1
    assert sideways(page) == 0
    assert serious(page) == []


def test_a_page_without_a_script_has_findings_and_source(opened: Opening) -> None:
    page = opened("resnet50", script=False)
    assert page.locator(".findings-item").count() == 2
    page.locator(".findings-item a").last.click()
    assert page.url.endswith("#page-line-22")


def test_the_arrows_go_from_line_to_line(opened: Opening) -> None:
    page = opened("resnet50")
    page.locator(".source-line[tabindex='0']").focus()
    assert page.locator(".source-line:focus b").inner_text() == "16"
    page.keyboard.press("ArrowDown")
    assert page.locator(".source-line:focus b").inner_text() == "18"
    assert page.locator(".source-line[data-on] b").all_inner_texts() == ["18"]
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#stage1.1.conv1"
    page.keyboard.press("ArrowUp")
    assert page.locator(".source-line:focus b").inner_text() == "16"


def test_a_finding_of_a_wrong_model_marks_its_line(opened: Opening) -> None:
    page = opened(WRONG)
    page.locator(".findings-item").first.hover()
    assert page.locator(".source-line[data-on] b").inner_text() == "3"
    page.locator("h1").hover()
    assert page.locator("[data-on]").count() == 0
