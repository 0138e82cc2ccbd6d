"""The page of a comparison in a browser: rows fold by pointer, key and button, and nothing overlaps or leaves the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from looking import seen
from opening import Opening, serious, sideways

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

OLD = "input: 32x32x3\nlayers:\n" + "".join(
    f"  - conv: {{filters: {8 + place}, kernel: 3, padding: same, act: relu}}\n    name: part{place}\n"
    for place in range(9)
)
NEW = OLD.replace("filters: 13, kernel: 3", "filters: 13, kernel: 5") + "  - dropout: 0.5\n"
HOSTILE = [
    f'input: 8x8x1\nname: "</script><b>\'"\nlayers:\n  - conv: {{filters: {filters}, kernel: 3}}\n    name: שלום/a:b\n'
    f"  - relu:\n    name: {'x' * 10_000}\n"
    for filters in (2, 3)
]


def rows(page: Page) -> list[str]:
    """The new names of the rows that are on the screen."""
    boxes = page.locator("[data-view=graph] .dx-box:last-of-type b")
    return [box.inner_text() for box in boxes.all() if box.is_visible()]


@pytest.mark.parametrize(("width", "dark"), [(1600, False), (400, True)])
@pytest.mark.parametrize(
    "pair",
    [("resnet18", "resnet50"), (OLD, NEW), ("lenet5", "lenet5"), tuple(HOSTILE)],
    ids=["blocks", "layers", "equal", "names"],
)
def test_nothing_overlaps_leaves_the_page_or_is_faint(
    opened: Opening, pair: tuple[str, str], width: int, dark: bool
) -> None:
    page = opened("diff", *pair, width=width, dark=dark, axe=True)
    for summary in page.locator("summary").all():
        summary.click()
    assert sideways(page) == 0
    assert seen(page) == []
    assert serious(page) == []


def test_buttons_show_all_rows_or_those_that_changed(opened: Opening) -> None:
    page = opened("diff", OLD, NEW)
    few = ["part4", "part5", "part6", "part7", "part8", "dropout1"]
    assert rows(page) == few
    page.get_by_role("button", name="all", exact=True).click()
    assert rows(page) == [*(f"part{place}" for place in range(9)), "dropout1"]
    button = page.get_by_role("button", name="changed and their neighbours")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert rows(page) == few
    assert button.get_attribute("aria-pressed") == "true"


def test_a_stretch_opens_by_key(opened: Opening) -> None:
    page = opened("diff", OLD, NEW)
    fold = page.get_by_text("4 unchanged: part0 … part3")
    page.locator("summary", has=page.get_by_text("part0 … part3")).focus()
    assert not page.get_by_text("part1", exact=True).first.is_visible()
    page.keyboard.press("Enter")
    assert fold.is_visible()
    assert page.get_by_text("part1", exact=True).first.is_visible()


def test_without_a_script_all_is_there_and_opens(opened: Opening) -> None:
    page = opened("diff", OLD, NEW, script=False)
    assert page.locator("[data-change=added]").count() == 1
    page.locator("summary").first.click()
    assert page.get_by_text("part1", exact=True).first.is_visible()


def test_print_shows_what_is_open(opened: Opening) -> None:
    page = opened("diff", OLD, NEW)
    page.emulate_media(media="print")
    assert rows(page) == ["part4", "part5", "part6", "part7", "part8", "dropout1"]
