"""The site: `sphinx-build -W --keep-going -q docs build/site`. Why Sphinx: decisions/site.md."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import analyzer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "analyzer"
author = "the analyzer authors"
release = version = analyzer.__version__
copyright = "2026, the analyzer authors"

extensions = ["myst_parser", "sphinx_copybutton"]
root_doc = "README"
exclude_patterns = ["conf.py"]
myst_heading_anchors = 4  # links to headings, as on a code host
html_theme = "furo"
html_title = "analyzer"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
copybutton_prompt_text = "$ "  # of a console block only the commands are copied
copybutton_line_continuation_character = "\\"


def navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Adds the pages that an index lists to the navigation: under each heading its links, in their order.

    An index is a README.md. So a page is listed once, and on a code host nothing of this is seen.
    """
    if not page.endswith("README"):
        return
    parts = re.split(r"^## (.*)\n", source[0], flags=re.M)
    trees = [_tree(text, caption) for caption, text in zip(["", *parts[1::2]], parts[::2], strict=True)]
    source[0] += "".join(trees)


def _tree(text: str, caption: str) -> str:
    listed = re.findall(r"^(?:- |\| )\[`?([^\]`]+)`?\]\(([\w/-]+)\.md\)", text, re.M)
    pages = "".join(f"{title} <{page}>\n" for title, page in listed)
    caption = f":caption: {caption}\n" if caption else ""
    return f"\n\n```{{toctree}}\n:hidden:\n{caption}\n{pages}```\n" if pages else ""


def indexes(app: Sphinx, error: Exception | None) -> None:
    """Makes the index of a folder its `index.html` too, which a server shows for the folder."""
    for page in Path(app.outdir).rglob("README.html") if error is None else ():
        shutil.copyfile(page, page.with_name("index.html"))


def setup(app: Sphinx) -> None:
    """Connects the two functions with the build."""
    app.connect("source-read", navigation)
    app.connect("build-finished", indexes)
