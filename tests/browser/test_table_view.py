"""The table in a browser: it folds, sorts and filters by mouse and keys, and its sums are those of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opening import EXAMPLES

from analyzer import analyze

if TYPE_CHECKING:
    from opening import Opening
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

#: Weights beyond 2^53: their sum must not lose a digit.
HUGE = """
input: 3000x3000x64
layers:
  - conv: {filters: 64, kernel: 9, padding: 4}
  - conv: {filters: 3, kernel: 9, padding: 4}
  - conv: {filters: 64, kernel: 11, padding: 5}
"""


def table(page: Page) -> Locator:
    return page.locator("[data-view=table]")


def rows(page: Page) -> Locator:
    return table(page).locator("tbody tr")


def focused(page: Page) -> str:
    return str(
        page.evaluate("document.activeElement.querySelector('th')?.textContent ?? document.activeElement.textContent")
    )


def column(page: Page, name: str, part: str = "tbody tr[aria-level='1']") -> list[int]:
    """The numbers of a column in rows of the first level."""
    texts = page.evaluate(
        """([name, part]) => {
            const view = document.querySelector('[data-view=table]');
            const at = [...view.querySelectorAll('[data-column]')].findIndex((one) => one.dataset.column === name);
            return [...view.querySelectorAll(part)].map((row) => row.cells[at].textContent);
        }""",
        [name, part],
    )
    return [int(text.replace(",", "")) for text in texts]


@pytest.mark.parametrize("model", ["resnet50", "cudaconvnet_local", HUGE], ids=lambda one: one.split()[0])
def test_sums_are_those_of_the_report(opened: Opening, model: str) -> None:
    page = opened(model)
    totals = analyze(EXAMPLES / f"{model}.yaml" if "\n" not in model else model).totals
    table(page).get_by_role("button", name="all rows").click()
    for mode in ("shared", "local"):
        for name in ("weights", "biases", "parameters"):
            total = getattr(getattr(totals, mode), name)
            assert sum(column(page, f"{mode}.{name}")) == total
            assert sum(column(page, f"{mode}.{name}", "tbody tr:not([aria-expanded])")) == total
            assert column(page, f"{mode}.{name}", "tfoot tr") == [total]
    assert sum(column(page, "macs")) == totals.macs
    assert column(page, "macs_sum", "tbody tr")[-1] == totals.macs


def test_keys_fold_and_move(opened: Opening) -> None:
    page = opened("resnet50")
    assert table(page).locator("[tabindex='0']").count() == 1
    table(page).get_by_role("button", name="fold all").click()
    many = rows(page).count()
    rows(page).nth(0).focus()
    for key, name in (
        ("ArrowDown", "max_pool1"),
        ("ArrowRight", "max_pool1"),
        ("ArrowDown", "stage1"),
        ("ArrowRight", "stage1"),
        ("ArrowRight", "1"),
        ("ArrowLeft", "stage1"),
        ("ArrowLeft", "stage1"),
        ("End", "dense1"),
        ("Home", "conv1"),
    ):
        page.keyboard.press(key)
        assert focused(page) == name, key
    assert rows(page).count() == many
    page.keyboard.press("ArrowUp")
    assert focused(page) == "layer"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert table(page).locator("[aria-sort=descending]").get_attribute("data-column") == "output"
    assert focused(page) == "output"


def test_a_click_on_a_row_folds_it(opened: Opening) -> None:
    page = opened("resnet50")
    row = table(page).locator("tr[data-box]", has_text="stage2").first
    assert row.get_attribute("aria-expanded") == "true"
    row.click()
    assert row.get_attribute("aria-expanded") == "false"
    assert row.get_attribute("data-on") == ""
    assert focused(page) == "stage2"
    row.click()
    assert row.get_attribute("aria-expanded") == "true"


def test_sorting_keeps_blocks_together_and_says_so(opened: Opening) -> None:
    page = opened("resnet50")
    heading = table(page).locator("[data-column=macs]")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert column(page, "macs") == sorted(column(page, "macs"), reverse=True)
    assert "The rows of each block" in table(page).inner_text()
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") is None
    assert rows(page).nth(0).locator("th").inner_text() == "conv1"


def test_the_filter_shows_matches_with_what_is_around_them(opened: Opening) -> None:
    page = opened("resnet50")
    field = table(page).get_by_role("searchbox")
    field.fill("conv2 14x14")
    names = rows(page).locator("th").all_inner_texts()
    assert names[:3] == ["stage3", "1", "conv2"]
    assert names.count("conv2") == 6
    assert table(page).get_by_role("status").inner_text() == "6 matches, 18 layers"
    table(page).locator("[data-column='shared.weights'] button").click()
    assert rows(page).count() == 18  # flat: every layer of the matches
    assert rows(page).locator("th").nth(0).inner_text().startswith("stage3.")
    field.fill("nowhere")
    assert rows(page).count() == 0
    assert table(page).get_by_role("status").inner_text() == "nothing matches"
    field.fill("")
    assert rows(page).count() > 20


def test_what_is_marked_elsewhere_is_marked_on_the_row_that_holds_it(opened: Opening) -> None:
    page = opened("resnet50", anchor="#stage4.2.conv3")
    marked = table(page).locator("[data-on]")
    assert marked.count() == 1
    assert marked.locator("th").inner_text() == "conv3"
    table(page).get_by_role("button", name="fold all").click()
    assert marked.locator("th").inner_text() == "stage4"


def test_the_options_of_the_command(opened: Opening) -> None:
    page = opened("resnet50", "--top", "5", "--sort", "macs", "--columns", "layer,macs,saved,line")
    assert rows(page).count() == 5
    assert rows(page).nth(0).locator("th").inner_text() == "conv1"
    assert table(page).get_by_role("status").inner_text() == "5 of 175 layers"


def test_ten_thousand_rows(opened: Opening) -> None:
    page = opened("input: 8x8x4\nlayers:\n  - conv: {filters: 4, kernel: 3, padding: 1}\n    repeat: 10000\n")
    spent = page.evaluate(
        """() => {
            const button = [...document.querySelectorAll('[data-view=table] button')].find((one) => one.textContent === 'all rows');
            const began = performance.now();
            button.click();
            document.body.offsetHeight;
            return performance.now() - began;
        }"""
    )
    assert rows(page).count() > 10_000
    assert rows(page).last.locator("th").text_content() == "10000"
    assert spent < 2000
