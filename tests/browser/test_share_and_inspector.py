"""The icicles and the inspector in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from opening import Opening

pytestmark = pytest.mark.browser

#: Layers of which something is special: unknown MACs, tied parameters, a frozen layer, a note.
SPECIAL = """
input: 8x8x4
layers:
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: first
    note: "</script> <b>bold</b>"
    frozen: true
  - custom: {output: 8x8x4, weights: 10, macs: unknown}
  - conv: {filters: 4, kernel: 3, padding: 1}
    name: second
    tied: first
"""


def test_the_inspector_has_the_arithmetic_in_both_modes(opened: Opening) -> None:
    page = opened("resnet50", anchor="#stage1.2.conv2")
    text = page.locator("[data-view=inspector]").inner_text()
    for formula in (  # 3·3·64·64 weights, at each of 56·56 places; ⌊(56 − 3 + 2·1)/1⌋ + 1
        "(56 − 3 + 2·1)/1 + 1 = 56",
        "3·3·64·64 = 36,864",
        "3·3·64·64·56·56 = 115,605,504",
        "56·56·64·4 = 802,816 bytes (784.0 KiB)",
    ):
        assert formula in text
    assert "NaN" not in text
    assert "undefined" not in text
    assert "false" not in text


def test_the_inspector_says_what_is_special(opened: Opening) -> None:
    page = opened(SPECIAL)
    inspector = page.locator("[data-view=inspector]")
    assert "at least 9,216" in inspector.inner_text() or "at least 18,432" in inspector.inner_text()
    for name, words in (
        ("first", "frozen"),
        ("first", "</script> <b>bold</b>"),
        ("custom1", "unknown"),
        ("second", "it has the parameters of"),
    ):
        page.evaluate("name => { location.hash = name }", name)
        page.wait_for_function("name => document.querySelector('.inspector-name').textContent === name", arg=name)
        assert words in inspector.inner_text()


def test_a_run_has_the_numbers_of_each_and_of_all(opened: Opening) -> None:
    page = opened("resnet50")
    page.locator("[data-view=table] tr", has_text="2–3").first.hover()
    text = page.locator("[data-view=inspector]").inner_text()
    assert "all 2" in text
    assert "70,400" in text  # 1·1·256·64 + 3·3·64·64 + 1·1·64·256 weights, and 2·(64 + 64 + 256) of batch_norm
    assert "140,800" in text


def test_icicles_are_read_with_keys_and_mark_the_layers(opened: Opening) -> None:
    page = opened("resnet50")
    share = page.locator("[data-view=share]")
    assert share.locator("[tabindex='0']").count() == 1
    share.locator("[role=button][aria-label^='stage3: 36 % of the MACs']").focus()
    page.keyboard.press("ArrowUp")
    assert (page.evaluate("document.activeElement.getAttribute('aria-label')") or "").startswith("stage3.1")
    assert share.locator("[data-on]").count() == 2
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert (page.evaluate("document.activeElement.getAttribute('aria-label')") or "").startswith("stage4: 20 %")
    assert "stage3 has 36 % of the MACs" in share.inner_text()


def test_narrow_boxes_are_together(opened: Opening) -> None:
    page = opened("input: 8x8x4\nlayers:\n  - conv: {filters: 4, kernel: 3, padding: 1}\n    repeat: 10000\n")
    assert page.locator("[data-view=share] [role=button]").count() < 1500
