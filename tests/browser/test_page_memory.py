"""The view of memory in a browser: the peak, the modes, the cursor, zoom, and what is marked."""

from __future__ import annotations

import pytest
from opening import Opening

pytestmark = pytest.mark.browser

ADAM = ("resnet50", "--optimizer", "adam", "--batch", "32", "--device", "24GiB")


def test_the_peak_is_named_and_each_mode_has_its_own(opened: Opening) -> None:
    """The numbers of docs/memory.md."""
    view = opened(*ADAM).locator("[data-view=memory]")
    picture = view.locator("svg")
    assert "peak 2.9 GiB in backward at stage4.1.conv4" in (picture.get_attribute("aria-label") or "")
    assert "device 24.0 GiB" in view.inner_text()
    where = view.locator(".memory-where")
    assert where.inner_text().split("\n") == ["peak · backward · stage4.1.conv4", "2.9 GiB"]
    kinds = view.locator(".memory-kinds").inner_text()
    for words in ("97.5 MiB", "207.9 KiB", "41.9 MiB", "195.0 MiB", "2.4 GiB", "57.1 MiB", "18.4 MiB", "101.8 MiB"):
        assert words in kinds
    view.get_by_role("button", name="locally connected").click()
    assert view.get_by_role("button", name="locally connected").get_attribute("aria-pressed") == "true"
    assert "peak 76.2 GiB in step at conv1" in (picture.get_attribute("aria-label") or "")


def test_the_cursor_moves_with_keys_and_marks_the_layer_that_runs(opened: Opening) -> None:
    page = opened(*ADAM)
    view = page.locator("[data-view=memory]")
    slider = view.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    assert (slider.get_attribute("aria-valuetext") or "").startswith("forward · conv1, ")
    assert view.locator(".memory-band[data-on]").count() == 1
    assert page.locator("[data-view=layers] [data-on]").count() > 0
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuenow") == "2"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash").startswith("#conv1")
    page.keyboard.press("End")
    assert (slider.get_attribute("aria-valuetext") or "").startswith("step")


def test_a_mark_from_elsewhere_shows_where_the_layer_runs(opened: Opening) -> None:
    view = opened(*ADAM, anchor="#stage2.1.conv2").locator("[data-view=memory]")
    band = view.locator(".memory-band[data-on]")
    assert (band.get_attribute("d") or "").count("M") == 2  # in forward and in backward
    assert "stage2.1.conv2 runs with at most" in view.locator(".memory-say").inner_text()


def test_zoom_keeps_every_peak_and_draws_at_most_two_columns_for_a_pixel(opened: Opening) -> None:
    """2,000 layers; a single one of them has an output eight times as deep as the others."""
    narrow, wide = "  - conv: {filters: 4, kernel: 1}\n", "  - conv: {filters: 64, kernel: 1}\n"
    text = "name: long\ninput: 16x16x4\nlayers:\n" + 1300 * narrow + wide + 700 * narrow
    page = opened(text, "--optimizer", "sgd")
    view = page.locator("[data-view=memory]")
    width = view.locator("svg").evaluate("picture => picture.clientWidth")
    paths = view.locator("svg path[class^=memory-]:not(.memory-band)").evaluate_all(
        "all => all.map(one => one.getAttribute('d'))"
    )
    assert paths
    assert max(path.count("H") for path in paths) <= 4 * width + 8  # a roof and a floor, two columns for a pixel
    top = float(view.locator(".memory-ring").get_attribute("cy") or 0)
    heights = [float(step.split("H")[0]) for path in paths for step in path.replace("M", "V").split("V")[2:]]
    assert abs(min(heights) - top) < 0.2
    view.get_by_role("button", name="Zoom in").click()
    assert view.locator(".memory-thumb").count() == 1
    view.get_by_role("slider").focus()
    for key in ("+", "+", "+", "Home", "ArrowRight"):
        page.keyboard.press(key)
    assert "forward · conv" in (view.get_by_role("slider").get_attribute("aria-valuetext") or "")
    page.keyboard.press("0")
    assert view.locator(".memory-thumb").count() == 0


def test_int8_has_words_instead_of_a_step(opened: Opening) -> None:
    view = opened("lenet5", "--dtype", "int8").locator("[data-view=memory]")
    assert "Nobody trains a network in int8" in view.inner_text()
    assert view.locator("svg").count() == 0


def test_the_command_opens_the_page_at_this_view(opened: Opening) -> None:
    page = opened("memory", *ADAM)
    assert page.locator("html").get_attribute("data-opened") == "memory"
    assert abs(page.locator("[data-view=memory]").bounding_box()["y"]) < 400  # type: ignore[index]  # it is drawn
    assert page.locator("[data-view=graph]").count() == 1


def test_the_pointer_marks_and_chooses_the_wheel_zooms_and_a_drag_moves(opened: Opening) -> None:
    page = opened(*ADAM)
    view = page.locator("[data-view=memory]")
    where, usual = view.locator(".memory-where"), view.locator(".memory-where").inner_text()
    slider = view.get_by_role("slider")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    left, top = box["x"] + 150, box["y"] + 120
    page.mouse.move(left, top)
    assert where.inner_text().startswith("forward · ")
    assert page.locator("[data-view=layers] [data-on]").count() > 0
    page.keyboard.down("Control")
    page.mouse.wheel(0, -600)
    page.keyboard.up("Control")
    view.locator(".memory-thumb").wait_for()
    before = view.locator(".memory-thumb").get_attribute("x")
    page.mouse.down()
    page.mouse.move(left - 100, top, steps=3)
    page.mouse.up()
    assert view.locator(".memory-thumb").get_attribute("x") != before
    assert page.evaluate("location.hash") == ""  # a drag chooses nothing
    page.mouse.move(5, 5)
    assert where.inner_text() == usual
    page.mouse.click(left, top)
    assert page.evaluate("location.hash") != ""
    page.mouse.move(5, 5)
    assert where.inner_text().startswith("forward · ")  # a click leaves the cursor there
