"""Pages as a browser shows them: written by the real command, opened from the file, every complaint collected."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "example_models"
#: In a container Chromium runs as root, where it has no sandbox.
ARGUMENTS = ["--no-sandbox"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A started browser: the system's Chromium, or the one that playwright installed. Skips where neither exists."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        pytest.skip('playwright is not installed: pip install -e ".[browser]"')
    system = shutil.which("chromium")
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=system, args=ARGUMENTS)
        except Error as error:
            if system:
                raise
            pytest.skip(f"no Chromium was found: {str(error).splitlines()[0]}")
        try:
            yield browser
        finally:
            browser.close()


def write(folder: Path, *arguments: str) -> Path:
    """The page that the command writes into this folder. A wrong model has a page too, so exit code 1 is fine."""
    page = folder / "page.html"
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "analyzer", *arguments, "--format", "html", "-o", str(page)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (0, 1), done.stderr
    return page


class Opening:
    """Opens pages; `complaints` has every console message, page error and request other than the page itself."""

    def __init__(self, browser: Browser, written: Callable[..., Path]) -> None:
        self._browser = browser
        self._written = written
        self.complaints: list[str] = []

    def __call__(
        self,
        *arguments: str,
        width: int = 1600,
        dark: bool = False,
        script: bool = True,
        anchor: str = "",
        axe: bool = False,
    ) -> Page:
        """The page that the command writes with these arguments: names of examples, YAML texts, paths, options."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 1000},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            bypass_csp=axe,  # axe is a script that the page's policy would refuse
        )
        context.set_default_timeout(5_000)
        page = context.new_page()
        address = self._written(*arguments).as_uri()
        page.on("console", lambda message: self.complaints.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("request", lambda request: self._asked(request.url, address))
        page.goto(address + anchor)
        if script:
            page.wait_for_selector("html[data-ready]", state="attached")
        return page

    def _asked(self, url: str, address: str) -> None:
        if url.partition("#")[0] != address:
            self.complaints.append(f"request: {url[:200]}")


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def serious(page: Page) -> list[str]:
    """What axe finds that is serious or critical, each with the first places."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['help']}, at {[node['html'][:150] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
