"""The page of a sweep in a browser: values by pointer and by key, other axes, what fits, and nothing out of its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from looking import faint, seen, unfocused
from opening import Opening, serious, sideways
from swept import LIMITS, answered, fronted, moved, render, swept, variant, wrong

from analyzer.sweeping.result import Axis, Counts, Swept, Variant
from analyzer.units import UNKNOWN, AtLeast

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

#: Amounts of which nothing, a part and all is known, and one that a network lacks.
UNSURE = (UNKNOWN, AtLeast(86), 162, None)

HOSTILE = "</script><b>'\"&"
LONG = "x" * 300


def many(number: int, **more: object) -> Swept:
    """Variants whose MACs are spread over four decades; those of more than a hundredth of them break a limit."""

    def rows() -> Iterator[Variant]:
        for id in range(number):
            macs = 10 + id * id * 97 % (number * 100)
            breaks = ["params"] if macs > number else []
            amounts = {"macs": macs, "params": 3 * macs + id, "peak_training_memory": 4096 * (id % 97 + 1)}
            values = {"width": id % 61 + 1, "act": ("relu", "gelu")[id % 2]}
            yield Variant(id, values, amounts, not breaks, breaks, front=id in (0, 2, 4))

    counts = Counts(number, sum(one.fits for one in rows()), 0)
    axes = [Axis("width", range(1, 62)), Axis("act", ["relu", "gelu"])]
    goals = {"minimize": ["macs"], "maximize": ["width"], "front": 3}
    amounts = ["params", "macs", "peak_training_memory"]
    return Swept(**({"file": "net.yaml", "name": "net", "axes": axes, "amounts": amounts, "limits": LIMITS,
                     "counts": counts, "rows": rows} | goals | more))  # fmt: skip


def named(name: str) -> Swept:
    """A sweep in which everything has this name."""
    axes = [Axis(name, [1, 2, 3]), Axis("act", [name, "gelu"])]
    rows = [
        Variant(place, {name: place % 3 + 1, "act": ("gelu", name)[place % 2]}, {"macs": 7 * place + 1})
        for place in range(6)
    ]
    return swept(*rows, name=name, file=name, axes=axes, amounts=["macs"], limits={})


SWEEPS: dict[str, Callable[[], Swept]] = {
    "few": swept,
    "front": fronted,
    "many": lambda: many(4000),
    "equal": lambda: swept(*(variant(0, id=id, front=True) for id in range(5)), front=5, minimize=["macs", "params"]),
    "nothing fits": lambda: swept(variant(2), variant(3), front=0, minimize=["macs"]),
    "nothing": lambda: swept(wrong(0)),
    "one amount": lambda: swept(amounts=["macs"], limits={}),
    "answers": lambda: answered(moves=moved().moves),
    "unknown": lambda: swept(
        *(variant(place, amounts={"params": amount, "macs": 7 * place}) for place, amount in enumerate(UNSURE)),
        limits={},
    ),
    "hostile": lambda: named(HOSTILE),
    "long": lambda: named(LONG),
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The file of the page of a sweep."""
    folder = tmp_path_factory.mktemp("sweep")

    def path(name: str) -> Path:
        page = folder / f"{name.replace(' ', '_')}.html"
        if not page.exists():
            page.write_text(render("html", SWEEPS[name]()), encoding="utf-8")
        return page

    return path


@pytest.fixture
def shown(browser: Browser, drawn: Callable[..., Path]) -> Iterator[Opening]:
    """Opens the page of a sweep. A console message, an error or a request fails the test."""
    opening = Opening(browser, drawn)
    yield opening
    for context in browser.contexts:
        context.close()
    assert not opening.complaints, "\n".join(opening.complaints)


def tip(page: Page) -> dict[str, str]:
    """The values that are shown beside a point, with its first line under ``; empty where none is."""
    box = page.locator(".sweep-tip")
    if not box.is_visible():
        return {}
    names, values = box.locator("dt").all_inner_texts(), box.locator("dd").all_inner_texts()
    return {"": box.locator("p").inner_text(), **dict(zip(names, values, strict=True))}


def middle(page: Page, id: int) -> tuple[float, float]:
    """Where a point is on the screen."""
    box = page.locator(f"svg [data-id='{id}']").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def select(page: Page, which: str, option: str) -> None:
    page.get_by_label(f"What {which} is").select_option(label=option)


@pytest.mark.parametrize(("width", "dark"), [(1600, False), (400, True)])
@pytest.mark.parametrize("name", SWEEPS)
def test_nothing_overlaps_leaves_the_page_or_is_faint(shown: Opening, name: str, width: int, dark: bool) -> None:
    page = shown(name, width=width, dark=dark, axe=True)
    assert sideways(page) == 0
    assert seen(page) == []
    assert serious(page) == []
    assert faint(page) == []


@pytest.mark.parametrize("width", [1600, 400])
def test_a_pointer_shows_the_values_of_the_nearest_point(shown: Opening, width: int) -> None:
    page = shown("front", width=width)
    assert tip(page) == {}
    for id, verdict, values in (
        (0, "on the front", {"width": "4", "act": "relu", "params": "86", "macs": "72"}),
        (6, "breaks params", {"width": "32", "act": "relu", "params": "618", "macs": "576"}),
    ):
        x, y = middle(page, id)
        page.mouse.move(x + 6, y + 6)
        assert tip(page) == {"": f"variant {id} · {verdict}", **values}
        box, frame = page.locator(".sweep-tip").bounding_box(), page.locator(".sweep-plot").bounding_box()
        assert box is not None
        assert frame is not None
        assert frame["x"] - 1 <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    page.mouse.move(2, 2)
    assert tip(page) == {}


def test_keys_move_from_point_to_point(shown: Opening) -> None:
    page = shown("front")
    assert page.locator("svg [tabindex='0']").count() == 1
    page.get_by_role("button", name="fits only").focus()
    page.keyboard.press("Tab")
    assert tip(page)[""] == "variant 0 · on the front"
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label == "variant 0, on the front: params 86, macs 72, width 4, act relu"
    for key, id in (("ArrowRight", 2), ("ArrowRight", 4), ("ArrowRight", 6), ("ArrowRight", 6), ("ArrowLeft", 4),
                    ("Home", 0), ("End", 6), ("ArrowDown", 4), ("ArrowUp", 6), ("Shift+ArrowLeft", 2)):  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.dataset.id") == str(id)
        assert tip(page)[""].startswith(f"variant {id} ")
    page.keyboard.press("Escape")
    assert tip(page) == {}
    page.keyboard.press("Shift+Tab")
    assert tip(page) == {}


def test_whatever_has_the_focus_shows_it(shown: Opening) -> None:
    assert unfocused(shown("answers")) == []
    assert unfocused(shown("front")) == []


def test_a_click_goes_to_a_point(shown: Opening) -> None:
    page = shown("front")
    page.mouse.click(*middle(page, 4))
    page.mouse.move(2, 2)
    assert tip(page)[""] == "variant 4 · breaks params"
    page.keyboard.press("ArrowRight")
    assert tip(page)[""] == "variant 6 · breaks params"


def test_a_row_of_the_front_and_its_point_mark_each_other(shown: Opening) -> None:
    page = shown("front")
    row = page.locator("tr[data-id='2']")
    row.hover()
    assert tip(page)[""] == "variant 2 · on the front"
    page.mouse.move(*middle(page, 0))
    assert page.locator("tr[data-on]").get_attribute("data-id") == "0"


def test_a_reader_chooses_what_x_and_y_are(shown: Opening) -> None:
    page = shown("many")
    assert page.get_by_label("What x is").input_value() == "1"  # macs
    stairs = page.locator(".sweep-stairs")
    assert stairs.get_attribute("d")
    select(page, "x", "peak_training_memory")
    assert stairs.get_attribute("d") == ""  # no goal
    assert "128 KiB" in page.locator(".sweep-axis").all_text_contents()
    select(page, "y", "act (axis)")
    assert {"relu", "gelu"} <= set(page.locator(".sweep-axis").all_text_contents())
    heights = {middle(page, id)[1] for id in (0, 2, 4)}
    assert len(heights) == 1  # all have relu
    select(page, "y", "peak_training_memory")  # it was x: the two change places
    assert page.get_by_label("What x is").input_value() == "4"
    assert seen(page) == []


def test_equal_points_say_how_many_there_are(shown: Opening) -> None:
    page = shown("equal")
    page.mouse.move(*middle(page, 0))
    assert page.locator(".sweep-tip small").inner_text() == "4 other points here"


def test_an_amount_of_which_a_part_is_unknown_says_so(shown: Opening) -> None:
    page = shown("unknown")
    assert page.locator(".sweep-outside").inner_text() == "2 points are not drawn: they have no known params."
    page.mouse.move(*middle(page, 2))
    assert tip(page)["params"] == "≥ 86"
    select(page, "x", "width (axis)")
    for id, said in ((0, "unknown"), (6, "–")):
        page.mouse.move(*middle(page, id))
        assert tip(page)["params"] == said


def test_a_filter_shows_what_fits_on_its_own_scale(shown: Opening) -> None:
    page = shown("front")
    before = middle(page, 2)
    page.get_by_role("button", name="fits only").click()
    assert not page.locator("svg [data-id='6']").is_visible()
    after = middle(page, 2)
    assert after[0] > before[0] + 100  # it is the greatest of those that fit
    page.locator("svg [tabindex='0']").focus()
    page.keyboard.press("End")
    assert tip(page)[""].startswith("variant 2 ")
    page.get_by_role("button", name="all", exact=True).click()
    assert page.locator("svg [data-id='6']").is_visible()
    assert middle(page, 2) == before


def test_the_script_draws_what_the_file_shows_without_it(shown: Opening) -> None:
    """Both have the same ticks, titles and limits, and the points in the same order."""
    for name in ("front", "many", "one amount", "few", "unknown"):
        both = [shown(name, script=script) for script in (True, False)]
        for place in (".sweep-axis", ".sweep-title", ".sweep-words", ".sweep-outside"):
            live, still = (sorted(page.locator(place).all_text_contents()) for page in both)
            assert live == still, place
        assert both[0].locator("svg [data-id]").count() == both[1].locator("svg [data-id]").count()


def test_the_command_writes_the_page(opened: Opening) -> None:
    """A dense layer of w units over 8 numbers and one of 10: 19w + 10 parameters, so 16 is the largest of at most 320."""
    net = "vars: {width: 8}\ninput: 8\nlayers:\n  - dense: $width\n  - dense: 10\n"
    asked = ("--set", "width=4:32:4", "--budget", "params=320", "--largest", "width", "--minimize", "macs")
    page = opened("sweep", net, *asked)
    assert page.locator("[data-view=found] tbody tr").inner_text().split() == ["16", "314", "288", "20", "params"]
    page.mouse.move(*middle(page, 3))
    assert tip(page) == {"": "variant 3 · fits", "width": "16", "params": "314", "macs": "288"}
    assert page.locator("tr[data-id]").count() == 1  # the fewest MACs are those of the smallest width
    assert seen(page) == []


def test_without_a_script_the_page_fits_a_small_window(shown: Opening) -> None:
    page = shown("many", width=400, script=False)
    assert sideways(page) == 0
    assert page.locator("svg [data-id='0']").count() == 1
    assert page.locator("tr[data-id]").count() == 3


def test_a_window_that_becomes_small_has_a_small_picture(shown: Opening) -> None:
    page = shown("many")
    page.set_viewport_size({"width": 420, "height": 900})
    page.wait_for_function("document.querySelector('.sweep-picture').clientWidth < 420")
    assert sideways(page) == 0
    assert seen(page) == []
