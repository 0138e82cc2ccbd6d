"""The page for those who use a keyboard or a screen reader, have no script, print, or ask for less motion."""

from __future__ import annotations

import pytest
from looking import faint, unfocused
from opening import Opening, serious, sideways
from page_networks import HOSTILE, SEVERAL

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("model", ["resnet50", HOSTILE, SEVERAL], ids=["resnet50", "hostile", "several"])
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


def test_print_shows_what_the_screen_shows(opened: Opening) -> None:
    page = opened("resnet50")
    rows = page.locator("[data-view=table] tr:visible").count()
    page.emulate_media(media="print")
    assert page.locator("[data-view=table] tr:visible").count() == rows
    page.set_viewport_size({"width": 750, "height": 1000})
    assert sideways(page) == 0
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
