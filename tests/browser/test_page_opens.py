"""A page opens from its file, asks for nothing, complains about nothing, and fits the window."""

from __future__ import annotations

import pytest
from opening import Opening, sideways

pytestmark = pytest.mark.browser

#: One layer.
ONE = "input: 32x32x3\nlayers:\n  - conv: {filters: 20, kernel: 8, stride: 2, padding: 1}\n"
EXAMPLES = ["resnet50", "unet", "alexnet", "vit_b16"]


@pytest.mark.parametrize("model", [*EXAMPLES, ONE])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1600, 400])
def test_it_opens_and_fits(opened: Opening, model: str, dark: bool, width: int) -> None:
    page = opened(model, width=width, dark=dark)
    assert page.locator("h1").count() == 1
    assert sideways(page) == 0


def test_a_complaint_is_seen(opened: Opening) -> None:
    """What the other tests rely on."""
    page = opened(ONE)
    page.evaluate("console.log('a word'); setTimeout(() => { throw new Error('a mistake') })")
    page.evaluate("fetch('file:///nowhere.json').catch(() => 0)")
    page.wait_for_timeout(100)
    seen = "\n".join(opened.complaints)
    assert "a word" in seen
    assert "a mistake" in seen
    assert "nowhere.json" in seen
    opened.complaints.clear()
