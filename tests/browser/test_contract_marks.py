"""One layer in every view: what the pointer or the focus is on, and what the address names, is marked everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opening import Opening
from page_networks import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

#: The views with something of each layer.
VIEWS = ["graph", "layers", "memory", "share", "source", "table"]


def marked(page: Page) -> list[str]:
    """The views in which something is marked."""
    return [view for view in VIEWS if page.locator(f"[data-view={view}] [data-on]").count()]


def box(page: Page, label: str) -> str:
    return f'[data-view=graph] [role=button][aria-label*="{label}"]'


@pytest.mark.parametrize("view", ["graph", "table", "layers", "share", "source"])
def test_the_pointer_marks_in_every_view(opened: Opening, view: str) -> None:
    page = opened("resnet50")
    page.mouse.move(0, 0)
    assert marked(page) == []
    target = {
        "graph": box(page, "conv1"),
        "table": "[data-view=table] [role=treegrid] tr[aria-level]:visible",
        "layers": "[data-view=layers] svg",
        "share": "[data-view=share] svg rect",
        "source": "[data-view=source] :text('kernel: 7')",
    }[view]
    place = page.locator(target).first
    place.scroll_into_view_if_needed()
    place.hover()
    assert marked(page) == VIEWS
    page.mouse.move(0, 0)
    assert marked(page) == []


def test_the_focus_marks_in_every_view(opened: Opening) -> None:
    page = opened("resnet50")
    page.locator(box(page, "conv1")).first.focus()
    assert marked(page) == VIEWS


@pytest.mark.parametrize("name", ["stage1.1.conv2", "stage3.5.conv1", "stage2"])
def test_an_address_opens_a_layer(opened: Opening, name: str) -> None:
    page = opened("resnet50", anchor=f"#{name}")
    assert marked(page) == VIEWS
    assert name in page.inner_text("body")
    assert page.evaluate("location.hash") == f"#{name}"


def test_another_address_opens_another_layer(opened: Opening) -> None:
    page = opened("resnet50")
    page.evaluate("location.hash = '#stage4.2.conv3'")
    page.wait_for_timeout(100)
    assert marked(page) == VIEWS
    page.evaluate("location.hash = '#nothing.has.this.name'")
    page.wait_for_timeout(100)


def test_a_click_changes_the_address(opened: Opening) -> None:
    page = opened("resnet50")
    page.locator(box(page, "conv1")).first.click()
    page.mouse.move(0, 0)
    assert page.evaluate("location.hash") == "#conv1"
    assert marked(page) == VIEWS


@pytest.mark.parametrize("name", ["data", "a/b:c", "שלום", "hasOwnProperty", "constructor.2.__proto__", "constructor"])
def test_names_that_mean_something_else(opened: Opening, name: str) -> None:
    page = opened(HOSTILE, anchor=f"#{name}")
    assert {*VIEWS} - {*marked(page)} <= {"share"}  # a layer that costs nothing has no share
