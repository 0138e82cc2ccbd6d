"""The picture of the page in README.md: its command runs, and it is small."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from opening import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_its_command_runs(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    pictures = importlib.import_module("pictures")
    picture = tmp_path / "page.png"
    pictures.photograph(browser, picture)
    made, kept = picture.read_bytes(), pictures.PAGE.read_bytes()
    assert made[16:24] == kept[16:24], "width and height in the header of a PNG"
    assert len(made) < 200_000
    assert len(kept) < 200_000
