"""The page for those who use a keyboard or a screen reader, have no script, print, or ask for less motion."""

from __future__ import annotations

import pytest
from looking import faint, unfocused
from opening import Opening, serious
from page_networks import HOSTILE, SEVERAL, WRONG

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    "model", ["resnet50", HOSTILE, SEVERAL, WRONG], ids=["resnet50", "hostile", "several", "wrong"]
)
def test_axe_finds_nothing_serious(opened: Opening, model: str, dark: bool) -> None:
    assert serious(opened(model, dark=dark, axe=True)) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("model", ["resnet50", "unet", SEVERAL], ids=["resnet50", "unet", "several"])
def test_words_of_pictures_have_contrast(opened: Opening, model: str, dark: bool) -> None:
    assert faint(opened(model, dark=dark, axe=True)) == []


def test_the_focus_is_always_visible(opened: Opening) -> None:
    page = opened("resnet50")
    assert unfocused(page) == []


def test_the_first_tab_leads_past_the_head(opened: Opening) -> None:
    page = opened("resnet50")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')").startswith("#")
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector(location.hash || 'main').closest('main') !== null")


def test_without_script_the_rows_are_there(opened: Opening) -> None:
    page = opened("resnet50", script=False)
    text = page.inner_text("[data-view=table]")
    for name in ("conv1", "stage1", "stage4", "dense1"):
        assert name in text
    assert "25,557,032" in page.inner_text("body")  # the total of torchvision's resnet50


def test_print_shows_what_the_screen_shows(opened: Opening) -> None:
    page = opened("resnet50")
    rows = page.locator("[data-view=table] tr:visible").count()
    page.emulate_media(media="print")
    assert page.locator("[data-view=table] tr:visible").count() == rows
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_less_motion(opened: Opening) -> None:
    page = opened("resnet50")
    page.emulate_media(reduced_motion="reduce")
    moving = page.eval_on_selector_all(
        "body *",
        """all => all.filter(one => { const s = getComputedStyle(one);
            return s.animationName !== "none" || /[1-9]/.test(s.transitionDuration); }).map(one => one.outerHTML.slice(0, 100))""",
    )
    assert moving == []
