"""Makes the pictures of README.md: `python docs/pictures.py`. That of the page needs the extra `browser` and a Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
PAGE, DRAWING = PICTURES / "resnet50.png", PICTURES / "inception3a.svg"

#: The run that the page is about.
RUN = ("--batch", "32", "--optimizer", "adam", "--device", "24GiB")

#: The window, in CSS pixels, of which the picture shows the first screen.
WIDTH, HEIGHT = 1600, 1120
#: Of the picture, which is shown about 1,000 pixels wide.
SCALE = 0.6


def command(model: str, *options: str) -> str:
    """What `analyzer` prints for an example model."""
    path = ROOT / "example_models" / f"{model}.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "analyzer", str(path.relative_to(ROOT)), *options],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def drawing() -> str:
    """Two blocks of GoogLeNet as SVG."""
    return command("inception3a", "--format", "svg", "--depth", "3")


def photograph(browser: Browser, picture: Path) -> None:
    """The first screen of the page of ResNet-50, with one layer chosen."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(command("resnet50", "--format", "html", *RUN), encoding="utf-8")
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE)
        tab.goto(f"{page.as_uri()}#stage1.1.conv2")
        tab.wait_for_selector("html[data-ready]", state="attached")
        tab.evaluate("scrollTo(0, 0)")
        tab.screenshot(path=str(picture))
        tab.close()


def main() -> None:
    """Makes both, the one without a browser first, and says where."""
    DRAWING.write_text(drawing(), encoding="utf-8")
    print(DRAWING.relative_to(ROOT))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        photograph(browser, PAGE)
        browser.close()
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
