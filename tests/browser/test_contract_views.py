"""Every view is drawn on every kind of network, at both widths and in both schemes, and nothing is wrong to see."""

from __future__ import annotations

import pytest
from looking import seen
from opening import Opening, sideways
from page_networks import ALL

pytestmark = pytest.mark.browser

VIEWS = {"summary", "graph", "layers", "memory", "share", "findings", "source", "table"}
EXAMPLES = ["resnet50", "unet", "densenet121", "googlenet", "vit_b16"]


def views(page: object) -> set[str]:
    return set(page.eval_on_selector_all("[data-view]", "found => found.map(one => one.dataset.view)"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [*EXAMPLES, *ALL])
@pytest.mark.parametrize(("width", "dark"), [(1600, False), (400, True)], ids=["wide", "narrow"])
def test_every_view_is_drawn(opened: Opening, name: str, width: int, dark: bool) -> None:
    page = opened(ALL.get(name, name), width=width, dark=dark)
    assert views(page) >= VIEWS
    assert sideways(page) == 0
    assert seen(page) == []
