"""The table as a tree: its numbers are those of the report, it sorts, filters and folds, by pointer and by keyboard."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from opening import EXAMPLES, ROOT, Opening

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

TREE = "[data-view=table] [role=treegrid]"


def rows(page: Page) -> list[dict[str, Any]]:
    """The rows that are shown: their level, whether they are open, and the texts of their cells."""
    found: list[dict[str, Any]] = page.eval_on_selector_all(
        f"{TREE} tr",
        """all => all.filter(row => row.checkVisibility()).map(row => ({
            level: row.getAttribute("aria-level"), open: row.getAttribute("aria-expanded"),
            heads: [...row.cells].filter(cell => cell.tagName === "TH").length,
            cells: [...row.cells].map(cell => cell.innerText.trim())}))""",
    )
    return found


def leaves(page: Page) -> list[dict[str, Any]]:
    return [row for row in rows(page) if row["level"] and row["open"] is None]


def unfold(page: Page) -> None:
    """Opens every row with the arrow keys."""
    for _ in range(500):
        row = page.locator(f"{TREE} tr[aria-expanded=false]:visible").first
        if not row.count():
            return
        row.focus()
        page.keyboard.press("ArrowRight")
    raise AssertionError("the rows do not open")


def whole(text: str) -> int | None:
    digits = text.replace(",", "").replace("\u202f", "")
    return int(digits) if re.fullmatch(r"\d+", digits) else None


def report(model: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "analyzer", str(EXAMPLES / f"{model}.yaml"), "--format", "json"]
    found: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    return found


@pytest.mark.parametrize("model", ["resnet50", "deepface", "unet"])
def test_its_sums_are_those_of_the_report(opened: Opening, model: str) -> None:
    page = opened(model)
    unfold(page)
    body = leaves(page)
    totals = report(model)["totals"]
    assert len(body) == len(report(model)["layers"])
    columns = zip(*(row["cells"] for row in body), strict=True)
    sums = {sum(whole(text) or 0 for text in column) for column in columns}
    wanted = {totals[mode][key] for mode in ("shared", "local") for key in ("weights", "biases")} | {totals["macs"]}
    assert wanted <= sums
    last = [whole(text) for text in next(row for row in reversed(rows(page)) if not row["level"])["cells"]]
    assert wanted <= set(last), "the row with the totals"


def test_a_row_folds_by_keyboard_and_by_pointer(opened: Opening) -> None:
    page = opened("resnet50")
    row = page.locator(f"{TREE} tr[aria-expanded=false]:visible").first
    name = row.inner_text()
    before = len(rows(page))
    row.focus()
    page.keyboard.press("ArrowRight")
    assert len(rows(page)) > before
    assert page.evaluate("document.activeElement.closest('tr').innerText") == name, "the focus stays"
    page.keyboard.press("ArrowLeft")
    assert len(rows(page)) == before
    row = page.locator(f"{TREE} tr[aria-expanded=false]:visible").first
    row.locator(".table-twist").click()
    assert len(rows(page)) > before


def test_arrows_move(opened: Opening) -> None:
    page = opened("resnet50")
    page.locator(f"{TREE} tr[aria-level]:visible").first.focus()
    here = "[...document.querySelectorAll('[role=treegrid] tr[aria-level]')].filter(row => row.checkVisibility()).indexOf(document.activeElement.closest('tr'))"
    seen = [page.evaluate(here)]
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "End", "Home"):
        page.keyboard.press(key)
        seen.append(page.evaluate(here))
    last = len([row for row in rows(page) if row["level"]]) - 1
    assert seen == [0, 1, 2, 1, last, 0]


def test_it_sorts(opened: Opening) -> None:
    page = opened("resnet50")
    heads = page.locator(f"{TREE} thead th").filter(has_text=re.compile("MACs"))
    head = heads.last if "Σ" not in heads.last.inner_text() else heads.first
    (head.locator("button").first if head.locator("button").count() else head).click()
    assert page.locator(f"{TREE} [aria-sort=descending], {TREE} [aria-sort=ascending]").count() == 1
    place = head.evaluate("head => head.cellIndex")
    numbers = [whole(row["cells"][place]) or 0 for row in rows(page) if row["level"] == "1"]
    assert numbers in (sorted(numbers), sorted(numbers, reverse=True))
    assert len(set(numbers)) > 3


def test_it_filters_what_is_folded_too(opened: Opening) -> None:
    page = opened("resnet50")
    page.locator("[data-view=table] input").first.fill("stage4.3.conv2")
    page.wait_for_timeout(300)
    shown = [row["cells"][0] for row in rows(page) if row["level"]]
    assert any("conv2" in name for name in shown)
    assert not any("stage1" in name for name in shown)
    page.locator("[data-view=table] input").first.fill("no layer has this name")
    page.wait_for_timeout(300)
    assert [row for row in rows(page) if row["level"]] == []
    page.locator("[data-view=table] input").first.fill("")
    page.wait_for_timeout(300)
    assert len([row for row in rows(page) if row["level"]]) > 5
