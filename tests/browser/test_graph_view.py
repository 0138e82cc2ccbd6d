"""The graph in a browser: nothing overlaps, blocks fold by pointer and key, the focus stays, marks reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opening import Opening

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

SIAMESE = """
inputs: {left: 33x33x1, right: 33x33x1}
blocks:
  Twin:
    layers:
      - conv: {filters: 16, kernel: 10, act: relu}
      - max_pool: 2
      - dense: 64
layers:
  - Twin: {}
    name: a
    from: left
  - Twin: {}
    name: b
    from: right
  - multiply: [a, b]
  - dense: 1
    name: a_name_that_is_much_longer_than_its_box_can_ever_be
outputs: [a, multiply1, a_name_that_is_much_longer_than_its_box_can_ever_be]
"""
DENSE = "input: 8x8x1\nlayers:\n  - conv: {filters: 4, kernel: 3, padding: 1}\n    name: c0\n" + "".join(
    f"  - concat: {{inputs: [input, {', '.join(f'c{m}' for m in range(n))}]}}\n"
    f"  - conv: {{filters: 4, kernel: 3, padding: 1}}\n    name: c{n}\n"
    for n in range(1, 15)
)
FLAT = "input: 8x8x1\nlayers:\n" + "".join(f"  - conv: {{filters: {1 + n % 7}, kernel: 1}}\n" for n in range(700))
#: Boxes, words and lines that touch what they must not touch, in the whole graph, and words that leave it.
TOUCHING = """() => {
  const graph = document.querySelector("[data-view=graph]"), found = [];
  const place = (element) => element.getBoundingClientRect();
  const meet = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
  const boxes = [...graph.querySelectorAll("[role=button]")].map((box) => [box.getAttribute("aria-label"), place(box)]);
  const words = [...graph.querySelectorAll("svg text")].filter((word) => word.textContent)
    .map((word) => [word.textContent, place(word), word.classList.contains("graph-end")]);
  const all = [...boxes, ...words];
  all.forEach(([name, one], at) => all.slice(at + 1).forEach(([other, two]) => { if (meet(one, two)) found.push(`${name} / ${other}`); }));
  for (const path of graph.querySelectorAll(".graph-edge path:not(.graph-tip)")) {
    const length = path.getTotalLength(), matrix = path.getScreenCTM();
    for (let at = 2; at < length - 2; at += 8) {
      const { x, y } = path.getPointAtLength(at).matrixTransform(matrix);
      const within = (one, room) => x > one.left + room && x < one.right - room && y > one.top + 2 && y < one.bottom - 2;
      for (const [name, one, pill] of all) if (!pill && within(one, 0.5)) { found.push(`a line on ${name}`); at = length; }
    }
  }
  const canvas = place(graph.querySelector(".graph-canvas"));
  for (const [name, one] of all) if (one.left < canvas.left - 1 || one.right > canvas.right + 1 || one.bottom > canvas.bottom + 1) found.push(`${name} is outside`);
  return found;
}"""
#: Texts in boxes that are cut, without a title that has the whole; and texts that leave their box.
CUT = """() => [...document.querySelectorAll("[data-view=graph] .graph-name, [data-view=graph] .graph-kind")]
  .filter((text) => (text.scrollWidth > text.clientWidth && text.title !== text.textContent)
    || text.getBoundingClientRect().right > text.parentElement.getBoundingClientRect().right)
  .map((text) => text.textContent)"""


def box(page: Page, name: str) -> Locator:
    """The box with this full name."""
    return page.locator(f'[data-view=graph] [role=button][aria-label^="{name}, "]')


def button(page: Page, name: str) -> Locator:
    return page.locator("[data-view=graph]").get_by_role("button", name=name, exact=True)


def focused(page: Page) -> str:
    """The name of the box that has the focus."""
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")).partition(",")[0]


def opened_boxes(page: Page) -> list[str]:
    """The names of the blocks that are open."""
    labels = page.locator('[data-view=graph] [aria-expanded="true"]').evaluate_all(
        "all => all.map((one) => one.ariaLabel)"
    )
    return [label.partition(",")[0] for label in labels]


@pytest.mark.parametrize("model", ["resnet50", "unet", "inception_v3", "vit_b16", SIAMESE, DENSE])
def test_nothing_touches_in_any_state(opened: Opening, model: str) -> None:
    page = opened(model)
    for _ in range(3):
        assert page.evaluate(TOUCHING) == []
        assert page.evaluate(CUT) == []
        if button(page, "unfold 1").is_enabled():
            button(page, "unfold 1").click()
    if button(page, "fold").is_enabled():
        button(page, "fold").click()
    assert page.evaluate(TOUCHING) == []


def test_it_fits_a_narrow_column(opened: Opening) -> None:
    page = opened("resnet50", width=400)
    assert page.evaluate(TOUCHING) == []
    assert page.evaluate("(s => s.scrollWidth - s.clientWidth)(document.querySelector('.graph-scroll'))") <= 0


def test_the_first_repeated_block_is_open(opened: Opening) -> None:
    page = opened("resnet50")
    assert opened_boxes(page) == ["stage1", "stage1.1"]
    run = page.locator("[data-view=graph] .graph-stack")
    assert run.locator(".graph-name").inner_text().endswith("2–3 ×2")
    assert "output 56×56×256" in str(run.get_attribute("aria-label"))


def test_blocks_fold_and_open_and_the_focus_stays(opened: Opening) -> None:
    page = opened("resnet50")
    stage = box(page, "stage2")
    stage.click()
    assert stage.get_attribute("aria-expanded") == "true"
    assert focused(page) == "stage2"
    for key, expanded in (("Enter", "false"), (" ", "true"), ("Enter", "false")):
        page.keyboard.press(key)
        assert stage.get_attribute("aria-expanded") == expanded
        assert focused(page) == "stage2"
    assert box(page, "max_pool1").get_attribute("aria-expanded") is None


def test_arrows_follow_edges(opened: Opening) -> None:
    """In the first block of ResNet-50 the shortcut has a convolution of its own, `conv4`, beside the three."""
    page = opened("resnet50")
    button(page, "unfold 1").focus()
    page.keyboard.press("Tab")
    seen = [focused(page)]
    for key in ["ArrowDown"] * 4 + ["ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft"]:
        page.keyboard.press(key)
        seen.append(focused(page))
    inside = [f"stage1.1.{name}" for name in ("conv1", "conv4", "add1", "conv3", "conv3")]
    assert seen == ["conv1", "max_pool1", "stage1", "stage1.1", *inside]
    assert page.locator('[data-view=graph] [role=button][tabindex="0"]').count() == 1
    page.keyboard.press("End")
    assert focused(page) == "dense1"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "flatten1"
    page.keyboard.press("Home")
    assert focused(page) == "conv1"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.graph-scroll')") is None


def test_a_layer_elsewhere_marks_the_box_that_holds_it(opened: Opening) -> None:
    page = opened("resnet50", anchor="#stage1.1.conv2")
    assert box(page, "stage1.1.conv2").get_attribute("data-on") == ""
    assert page.locator("[data-view=graph] .graph-edge[data-on]").count() == 2
    box(page, "stage1").press("Enter")
    page.locator("h1").hover()
    assert box(page, "stage1").get_attribute("data-on") == ""
    box(page, "stage3").hover()
    assert box(page, "stage3").get_attribute("data-on") == ""
    assert page.locator("[data-view=graph] [role=button][data-on]").count() == 1


def test_the_address_opens_the_way_to_a_layer(opened: Opening) -> None:
    page = opened("resnet50", anchor="#stage4.3.conv2.batch_norm")
    found = box(page, "stage4.3.conv2.batch_norm")
    assert found.get_attribute("data-on") == ""
    inside = """(one) => { const a = one.getBoundingClientRect(), b = one.closest(".graph-scroll").getBoundingClientRect();
      if (a.top < 0 || a.bottom > innerHeight) return false;
      return a.top >= b.top && a.bottom <= b.bottom && a.left >= b.left && a.right <= b.right }"""
    assert found.evaluate(inside)


def test_the_share_follows_the_metric(opened: Opening) -> None:
    """torchvision's `layer4` has 14,964,736 of the 25,557,032 parameters."""
    page = opened("resnet50")
    button(page, "parameters").click()
    assert box(page, "stage4").locator(".graph-share").inner_text() == "59 %"
    assert "59 % of parameters" in str(box(page, "stage4").get_attribute("aria-label"))
    assert button(page, "parameters").get_attribute("aria-pressed") == "true"
    assert button(page, "MACs").get_attribute("aria-pressed") == "false"


def test_thousands_of_layers_open_in_chunks(opened: Opening) -> None:
    page = opened(FLAT)
    boxes = page.locator("[data-view=graph] [role=button]")
    assert boxes.count() == 12
    took = page.evaluate("""() => { const began = performance.now(), boxes = () => document.querySelectorAll("[data-view=graph] [role=button]");
      boxes()[0].click(); document.body.offsetHeight; return performance.now() - began }""")
    assert boxes.count() == 72
    assert took < 1000
